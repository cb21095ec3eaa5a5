"""Colours of the report and the bands of the depth legend.

Water runs from pale to dark blue, hazard from pale yellow to dark red: both orders survive grey print and the
common colour blindness. Nothing is told by colour alone: letters, shapes and patterns go with it.
"""

from __future__ import annotations

from dataclasses import dataclass

# Lower limits of the depth bands (m). They only colour the map: kerb, ponding depth, closed underpass, then the
# bands 0.5 / 1 / 2 m of Chinese flood-risk maps. No decision rests on them.
DEPTH_BANDS_M = (0.05, 0.15, 0.3, 0.5, 1.0, 2.0)
DEPTH_COLOURS = ("#a9d0ef", "#6fb1e4", "#3a8bd2", "#1463b0", "#0b3f86", "#1d1259")
DEPTH_ALPHA = (185, 220, 240, 248, 252, 255)

HAZARD_COLOURS = ("#d9e8f2", "#ffe38a", "#fdae45", "#ee6b2d", "#c2231c", "#6b0f1a")
HAZARD_ALPHA = (110, 190, 215, 225, 235, 240)


@dataclass(frozen=True)
class LevelMark:
    """How a warning level looks: fill, ink on it, and the shape that tells it without colour."""

    fill: str
    ink: str
    shape: str  # SVG path in a box of 24 x 24


LEVEL_MARKS = (
    LevelMark("#ffffff", "#44505c", "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20Z"),  # none: empty disc
    LevelMark("#1f5fae", "#ffffff", "M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22Z"),  # blue: disc
    LevelMark("#f5c400", "#1d2329", "M12 0.5L24 23H0Z"),  # yellow: triangle
    LevelMark("#e36c0a", "#1d1300", "M12 0L24 12L12 24L0 12Z"),  # orange: diamond
    LevelMark("#b3161b", "#ffffff", "M7 0H17L24 7V17L17 24H7L0 17V7Z"),  # red: octagon
)

SITE_COLOURS = {
    "part": "#1a7f5a",
    "full": "#1d2b36",
    "flooded": "#8c1d5b",
    "empty": "#7b8791",
    "dark": "#4a4038",
    "out": "#7b8791",
}
PEOPLE_COLOURS = {
    "sheltered": "#1a7f5a",
    "moving": "#5aa9d6",
    "home": "#c9d3da",
    "stuck": "#b3161b",
    "refused": "#8b7355",
}


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green, blue (0-255) of "#rrggbb"."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


# Pipes by their worst state: the fuller, the darker and the wider.
PIPE_COLOURS = {"room": "#7fa39a", "nearly": "#c79a2b", "full": "#d2601a", "long": "#9c1f24"}
PIPE_WIDTHS = {"room": 1.2, "nearly": 1.8, "full": 2.4, "long": 3.4}
