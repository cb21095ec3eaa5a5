"""The ground as built: lowered streets, raised blocks, track beds, river channels and sunken roads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.ndimage import gaussian_filter
from shapely.geometry import LineString, Polygon

from data.sample.plan import CityPlan
from data.sample.raster import burn, sampler
from data.sample.rivers import Reach, bed_profiles
from data.sample.underpasses import Underpass, sink_underpasses

STREET_DROP_M = 0.15  # streets lie this far below the mean ground, blocks the same above it
PARK_DROP_M = 0.30
RAIL_RISE_M = 0.9


@dataclass(frozen=True)
class Masks:
    """Which cells are what, bool (rows, cols)."""

    road: np.ndarray
    water: np.ndarray
    rail: np.ndarray
    park: np.ndarray
    underpass: np.ndarray


def build_terrain(
    plan: CityPlan,
    ground: np.ndarray,
    masks: Masks,
    reaches: list[Reach],
    underpasses: list[Underpass],
    hollow_parks: list[Polygon],
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """The bed level the water sees (buildings apart), and the river bed profiles."""
    grid = plan.grid
    rng = plan.rng("roughness")
    terrain = ground + np.where(masks.road, -STREET_DROP_M, STREET_DROP_M)
    terrain[masks.park] = ground[masks.park]
    terrain[burn(grid, hollow_parks)] -= PARK_DROP_M
    terrain += rng.normal(0.0, 0.015, grid.shape)
    terrain[masks.rail & ~masks.road] = ground[masks.rail & ~masks.road] + RAIL_RISE_M
    profiles = bed_profiles(reaches, sampler(grid, gaussian_filter(ground, 8.0)))
    rows, cols = np.nonzero(masks.water)
    points = shapely.points(grid.x_centres[cols], grid.y_centres[rows])
    away = np.stack([shapely.distance(reach.line, points) for reach in reaches])
    nearest = np.argmin(away, axis=0)
    for number, (reach, (s, bed)) in enumerate(zip(reaches, profiles, strict=True)):
        mine = nearest == number
        level = np.interp(shapely.line_locate_point(reach.line, points[mine]), s, bed)
        terrain[rows[mine], cols[mine]] = level
    sink_underpasses(terrain, grid.x_centres, grid.y_centres, underpasses)
    return terrain, profiles


def rail_strip(railway: list[LineString]) -> list[Polygon]:
    """The track bed: 24 m wide."""
    return [line.buffer(12.0, cap_style="flat") for line in railway]
