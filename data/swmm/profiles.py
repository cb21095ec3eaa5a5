"""Cross-sections that SWMM gives elsewhere than in their own row: transects, custom shapes and streets.

Each becomes height, width, full area and hydraulic radius, by the section's own roughness. A composite section is cut
where the roughness changes and conveyances add up: K = sum A_i (A_i / P_i)^(2/3) / n_i, and the radius is the one
with which Manning's formula, total area A and main roughness n give it: R = (K n / A)^(3/2).
Source: EPA SWMM 5.2 reference manual volume II, section 5.2.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from data.swmm.inp import Row
from data.swmm.shapes import full_section


@dataclass(frozen=True)
class Profile:
    """A full section given by points: m and m2; `roughness` is Manning's n, None where the conduit has its own."""

    height_m: float
    width_m: float
    area_m2: float
    radius_m: float
    roughness: float | None = None
    length_factor: float = 1.0  # main channel over flood plain


def transects(rows: list[Row], metre: float) -> dict[str, Profile]:
    """[TRANSECTS] by name; a transect that is no section is left out (the engine tells it)."""
    found: dict[str, Profile] = {}
    left = right = main = 0.0
    name, banks, factors, points = "", (0.0, 0.0), (1.0, 1.0, 0.0), list[tuple[float, float]]()
    manning = (0.0, 0.0, 0.0)

    def close() -> None:
        if name and len(points) > 1:
            profile = _transect(points, banks, manning, factors[0], metre)
            if profile is not None:
                found[name] = profile

    for row in rows:
        numbers = _numbers(row.tokens[1:] if row.tokens[0].upper() != "X1" else row.tokens[2:])
        kind = row.tokens[0].upper()[:2]
        if kind == "NC" and len(numbers) >= 3:
            close()
            name = ""
            left, right, main = (
                new if new > 0.0 else old for new, old in zip(numbers, (left, right, main), strict=False)
            )
        elif kind == "X1" and len(numbers) >= 8:
            close()
            name, points = row.token(1), []
            length, across, up = (numbers[5] or 1.0, numbers[6] or 1.0, numbers[7])
            factors = (length, across, up)
            banks = (numbers[1] * across, numbers[2] * across)
            manning = (left or main, main, right or main)
        elif kind == "GR":
            points += [(x * factors[1], y + factors[2]) for y, x in zip(numbers[::2], numbers[1::2], strict=False)]
    close()
    return found


def streets(rows: list[Row], metre: float) -> dict[str, Profile]:
    """Height and width of [STREETS] by name; a street is no pipe, so its full area and flow stay unknown.

    A row: name, width to the crown, height of the kerb, cross slope (%), n, depression and width of the gutter, sides,
    width and slope (%) of the strip behind the kerb.
    """
    found = {}
    for row in rows:
        numbers = [*_numbers(row.tokens[1:]), *([0.0] * 9)]
        crown, kerb, slope, manning, depression, _, sides, back, back_slope = numbers[:9]
        height = depression + max(kerb + back * back_slope / 100.0, crown * slope / 100.0)
        width = (crown + back) * (1.0 if sides == 1.0 else 2.0)
        if height > 0.0 and manning > 0.0:
            found[row.tokens[0]] = Profile(height * metre, width * metre, math.nan, math.nan, manning)
    return found


def custom_shape(widths: list[tuple[float, float]], height_m: float) -> Profile | None:
    """A shape curve, pairs of depth / height and width / height, as a closed section of a height."""
    points = sorted((min(max(y, 0.0), 1.0), max(w, 0.0)) for y, w in widths)
    if len(points) < 2:
        return None
    if points[0][0] > 0.0:
        points.insert(0, (0.0, points[0][1]))
    if points[-1][0] < 1.0:
        points.append((1.0, points[-1][1]))
    pairs = list(itertools.pairwise(points))
    area = sum((y1 - y0) * (w0 + w1) / 2.0 for (y0, w0), (y1, w1) in pairs)
    perimeter = points[0][1] + points[-1][1] + sum(2.0 * math.hypot(y1 - y0, (w1 - w0) / 2.0)
                                                   for (y0, w0), (y1, w1) in pairs)  # fmt: skip
    if not (area > 0.0 and perimeter > 0.0):
        return None
    width = max(w for _, w in points)
    return Profile(height_m, width * height_m, area * height_m**2, area / perimeter * height_m)


def curves_of_kind(rows: list[Row], kind: str) -> dict[str, list[tuple[float, float]]]:
    """[CURVES] of one kind (SHAPE, STORAGE) by name; the kind stands on the first row of a curve alone."""
    found: dict[str, list[tuple[float, float]]] = {}
    other: set[str] = set()
    for row in rows:
        name = row.tokens[0]
        rest = row.tokens[1:]
        if name not in found and name not in other:
            if rest and rest[0].upper().startswith(kind):
                found[name] = []
                rest = rest[1:]
            else:
                other.add(name)
        if name in found:
            numbers = _numbers(rest)
            found[name] += list(zip(numbers[::2], numbers[1::2], strict=False))
    return found


def plain_profile(shape: str, size: list[float]) -> Profile:
    """A section by formula as a profile."""
    return Profile(*full_section(shape, size))


def _transect(
    points: list[tuple[float, float]], banks: tuple[float, float], manning: tuple[float, float, float],
    length_factor: float, metre: float,
) -> Profile | None:  # fmt: skip
    """Stations (x, level) between vertical walls up to the highest of them, full.

    As in the engine a strip ends where the roughness changes or the ground reaches the top, and the wall at the right
    end has no friction.
    """
    top, bottom = max(y for _, y in points), min(y for _, y in points)
    main = manning[1] * math.sqrt(length_factor)
    if not (top > bottom and main > 0.0):
        return None
    slices = list(itertools.pairwise([(points[0][0], top), *points]))
    roughness = [manning[2] if b[0] > banks[1] else manning[0] if a[0] < banks[0] else main for a, b in slices]
    total, conveyance, area, perimeter = 0.0, 0.0, 0.0, 0.0
    for number, ((x0, y0), (x1, y1)) in enumerate(slices):
        area += (x1 - x0) * (top - (y0 + y1) / 2.0)
        perimeter += math.hypot(x1 - x0, y1 - y0)
        ends = y1 >= top or number + 1 == len(slices) or roughness[number + 1] != roughness[number]
        if ends and area > 0.0:
            conveyance += area * (area / perimeter) ** (2.0 / 3.0) / roughness[number]
            total, area, perimeter = total + area, 0.0, 0.0
    if not total > 0.0:
        return None
    radius = (conveyance * main / total) ** 1.5
    width = points[-1][0] - points[0][0]
    return Profile((top - bottom) * metre, width * metre, total * metre**2, radius * metre, manning[1], length_factor)


def _numbers(tokens: tuple[str, ...]) -> list[float]:
    """The numbers of a row up to the first token that is none."""
    found: list[float] = []
    for token in tokens:
        try:
            value = float(token)
        except ValueError:
            break
        if not math.isfinite(value):
            break
        found.append(value)
    return found
