"""Two rivers that join below the old town: their lines, their water surface and their embankments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon, box

from data.sample.plan import CENTRE, CityPlan
from data.sample.raster import Sampler

INCISION_M = 4.2  # bed below the ground of the banks
BANK_ROAD_M = 28.0  # centre line of the riverside road outside the water's edge


@dataclass(frozen=True)
class Reach:
    """A river reach, drawn from its upstream to its downstream end."""

    line: LineString
    width_m: float
    flow_m3_s: float  # base flow that enters at the upstream end
    name: str
    name_en: str

    @property
    def polygon(self) -> Polygon:
        return self.line.buffer(self.width_m / 2, cap_style="flat")


def draw_rivers(plan: CityPlan) -> list[Reach]:
    """The north river round the east of the old town, the west river round its south, and the joined river."""
    rng = plan.rng("rivers")
    old = plan.old_town_radius_m
    half = plan.half_m
    confluence = np.array([0.72 * old, -0.98 * old])
    beyond = half + 300.0
    # control points around the old town; the rivers embrace it as the two rivers of Chengdu do
    north = np.array(
        [
            [-0.30 * half, beyond],
            [-0.02 * half, 0.5 * (half + 1.35 * old)],
            [0.55 * old, 1.33 * old],
            [1.22 * old, 0.62 * old],
            [1.28 * old, -0.25 * old],
            confluence,
        ]
    )
    west = np.array(
        [
            [-beyond, 0.34 * half],
            [-0.5 * (half + 1.4 * old), 0.16 * half],
            [-1.38 * old, -0.42 * old],
            [-0.72 * old, -1.20 * old],
            [0.02 * old, -1.32 * old],
            confluence,
        ]
    )
    south = np.array(
        [
            confluence,
            [1.30 * old, -1.42 * old],
            [0.46 * (half + 1.4 * old), -0.66 * half],
            [0.42 * half, -beyond],
        ]
    )
    wobble = 0.035 * old
    return [
        Reach(_smooth(north, rng, wobble), 42.0, 35.0, "锦水（北支）", "Jinshui River, north branch"),
        Reach(_smooth(west, rng, wobble), 36.0, 25.0, "锦水（西支）", "Jinshui River, west branch"),
        Reach(_smooth(south, rng, wobble), 58.0, 60.0, "锦水（干流）", "Jinshui River, main stem"),
    ]


def _smooth(points: np.ndarray, rng: np.random.Generator, wobble_m: float) -> LineString:
    """A smooth line through control points (Chaikin's corner cutting), moved a little by chance inside its ends."""
    points = points.copy()
    points[1:-1] += rng.normal(0.0, wobble_m, points[1:-1].shape)
    for _ in range(5):
        first = 0.75 * points[:-1] + 0.25 * points[1:]
        second = 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([first, second], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], inner[1:-1], points[-1:]])
    return LineString(np.round(points + CENTRE, 2))


def water_surface(plan: CityPlan, reaches: list[Reach]) -> Polygon:
    """All river cells as one polygon inside the domain; a disc closes the notch where the rivers join."""
    confluence = Point(reaches[2].line.coords[0])
    parts = [reach.polygon for reach in reaches] + [confluence.buffer(30.0)]
    return shapely.union_all(parts).intersection(box(*plan.grid.bounds))


def valley_of(water: Polygon) -> Polygon:
    """The river and its banks; the riverside roads run on its edge and other streets end there."""
    return water.buffer(BANK_ROAD_M).simplify(1.0)


def bed_profiles(reaches: list[Reach], ground_at: Sampler) -> list[tuple[np.ndarray, np.ndarray]]:
    """Distance along each reach (m) and bed level (m): ground less the incision, falling all the way.

    `ground_at(x, y)` gives the smoothed ground level. The joined river starts at the lower of the two beds.
    """
    profiles = []
    start = np.inf
    for reach in reaches:
        s = np.arange(0.0, reach.line.length, 20.0)
        xy = shapely.get_coordinates(shapely.line_interpolate_point(reach.line, s))
        bed = ground_at(xy[:, 0], xy[:, 1]) - INCISION_M
        if reach is reaches[-1]:
            bed[0] = min(bed[0], start)
        # a fall of at least 0.8 per mille: running minimum of the level above a line of that slope
        least = 0.0008 * s
        bed = np.minimum.accumulate(bed + least) - least
        start = min(start, float(bed[-1]))
        profiles.append((s, bed))
    return profiles


def normal_depth_m(reach: Reach, profile: tuple[np.ndarray, np.ndarray], manning_n: float) -> float:
    """Depth of uniform flow in a wide channel: h = (q n / sqrt(S))^(3/5), q = flow / width (Manning)."""
    s, bed = profile
    slope = max((bed[0] - bed[-1]) / (s[-1] - s[0]), 1e-4)
    return float((reach.flow_m3_s / reach.width_m * manning_n / slope**0.5) ** 0.6)
