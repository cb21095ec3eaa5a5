"""Full area and hydraulic radius of the cross-sections that SWMM knows by formula.

Source: EPA SWMM 5.2 reference manual volume II (hydraulics), chapter 5 and its tables of standard shapes; the factors
of the masonry shapes are those tables' (area per height squared, radius per height).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

# shape: (area / height^2, hydraulic radius / height, width / height)
_MASONRY = {
    "EGG": (0.5105, 0.1931, 2 / 3),
    "HORSESHOE": (0.8293, 0.2538, 1.0),
    "GOTHIC": (0.6554, 0.2269, 0.84),
    "CATENARY": (0.70277, 0.23172, 0.9),
    "SEMIELLIPTICAL": (0.785, 0.242, 1.0),
    "BASKETHANDLE": (0.7862, 0.2464, 0.944),
    "SEMICIRCULAR": (1.2697, 0.2946, 1.64),
}
# what the engine asks for, in its order: the first that fits the beginning is taken (XsectTypeWords)
SHAPES = (
    "DUMMY", "CIRCULAR", "FILLED_CIRCULAR", "RECT_CLOSED", "RECT_OPEN", "TRAPEZOIDAL", "TRIANGULAR", "PARABOLIC",
    "POWER", "RECT_TRIANGULAR", "RECT_ROUND", "MODBASKETHANDLE", "HORIZ_ELLIPSE", "VERT_ELLIPSE", "ARCH", "EGG",
    "HORSESHOE", "GOTHIC", "CATENARY", "SEMIELLIPTICAL", "BASKETHANDLE", "SEMICIRCULAR", "IRREGULAR", "CUSTOM",
    "FORCE_MAIN", "STREET",
)  # fmt: skip
OPEN_SHAPES = ("RECT_OPEN", "TRAPEZOIDAL", "TRIANGULAR", "PARABOLIC", "POWER", "IRREGULAR", "STREET")


def shape_of(word: str) -> str | None:
    """The shape that a word of [XSECTIONS] means; None where the engine knows none."""
    upper = word.upper()
    return next((shape for shape in SHAPES if upper.startswith(shape)), None)


def full_section(shape: str, size: Sequence[float]) -> tuple[float, float, float, float]:
    """Height (m), width (m), area (m2) and hydraulic radius (m) of a full section.

    `size` are the four numbers of [XSECTIONS], lengths in m. Not a number where the numbers make no section, and for
    the standard sizes of elliptical and arch pipes, which the file gives by a code.
    """
    height, second, third, fourth = size
    nothing = (height, math.nan, math.nan, math.nan)
    if not height > 0.0:
        return nothing
    if shape in _MASONRY:
        area, radius, width = _MASONRY[shape]
        return height, width * height, area * height**2, radius * height
    if shape in ("CIRCULAR", "FORCE_MAIN"):
        return height, height, math.pi / 4.0 * height**2, height / 4.0
    if shape == "FILLED_CIRCULAR":
        return _filled_circle(height, second) if 0.0 <= second < height else nothing
    if shape in ("HORIZ_ELLIPSE", "VERT_ELLIPSE", "ARCH"):
        by_size = second > 0.0 and third <= 0.0
        return _ellipse(shape, height, second) if by_size else (math.nan, math.nan, math.nan, math.nan)
    if shape == "TRAPEZOIDAL":
        area = height * (second + height * (third + fourth) / 2.0)
        perimeter = second + height * (math.hypot(1.0, third) + math.hypot(1.0, fourth))
        return height, second + height * (third + fourth), area, area / perimeter
    if not second > 0.0:
        return nothing
    if shape == "RECT_CLOSED":
        return height, second, height * second, height * second / (2.0 * (height + second))
    if shape == "RECT_OPEN":  # the third number: sides without friction, 0 to 2
        return height, second, height * second, height * second / ((2.0 - third) * height + second)
    if shape == "TRIANGULAR":
        area = height * second / 2.0
        return height, second, area, area / (2.0 * math.hypot(height, second / 2.0))
    if shape in ("PARABOLIC", "POWER"):
        power = 2.0 if shape == "PARABOLIC" else third
        return _power(height, second, power) if power > 0.0 else nothing
    if shape == "RECT_TRIANGULAR":
        return _rectangle_on_triangle(height, second, third) if 0.0 < third <= height else nothing
    if shape in ("RECT_ROUND", "MODBASKETHANDLE"):
        return _rectangle_and_arc(height, second, third)
    return nothing


def _filled_circle(diameter: float, fill: float) -> tuple[float, float, float, float]:
    """A circle whose bottom is filled to a depth: the surface of the filling counts as wetted."""
    angle = 2.0 * math.acos(1.0 - 2.0 * fill / diameter)
    filled = diameter**2 / 8.0 * (angle - math.sin(angle))
    area = math.pi / 4.0 * diameter**2 - filled
    perimeter = diameter * (math.pi - angle / 2.0) + diameter * math.sin(angle / 2.0)
    return diameter - fill, diameter, area, area / perimeter


def _ellipse(shape: str, height: float, width: float) -> tuple[float, float, float, float]:
    if shape == "ARCH":
        return height, width, 0.7879 * height * width, 0.2991 * height
    minor = height if shape == "HORIZ_ELLIPSE" else width
    return height, width, 1.2692 * minor**2, 0.3061 * minor


def _power(height: float, width: float, power: float) -> tuple[float, float, float, float]:
    """An open section with depth = height (2 x / width)^power; the perimeter is summed over 500 chords a side."""
    steps = 500
    area = height * width * power / (power + 1.0)
    half = [(width / 2.0 * (i / steps) ** (1.0 / power), height * i / steps) for i in range(steps + 1)]
    perimeter = 2.0 * sum(math.dist(a, b) for a, b in itertools.pairwise(half))
    return height, width, area, area / perimeter


def _rectangle_on_triangle(height: float, width: float, bottom: float) -> tuple[float, float, float, float]:
    area = width * (height - bottom / 2.0)
    perimeter = 2.0 * math.hypot(bottom, width / 2.0) + 2.0 * (height - bottom) + width
    return height, width, area, area / perimeter


def _rectangle_and_arc(height: float, width: float, radius: float) -> tuple[float, float, float, float]:
    """A rectangle that ends in an arc, below (RECT_ROUND) or above (MODBASKETHANDLE); the flat end is wetted too."""
    radius = max(radius, width / 2.0)
    angle = 2.0 * math.asin(width / 2.0 / radius)
    arc_height = radius * (1.0 - math.cos(angle / 2.0))
    straight = height - arc_height
    area = straight * width + radius**2 / 2.0 * (angle - math.sin(angle))
    return height, width, area, area / (radius * angle + 2.0 * straight + width)
