"""The ground: a plain falling NW to SE with micro-relief, former ponds, lowered streets, channels and sunken roads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import gaussian_filter, map_coordinates
from shapely.geometry import LineString, Polygon

from data.sample.plan import CENTRE, CENTRE_X_M, CENTRE_Y_M, CityPlan
from data.sample.rivers import Reach, bed_profiles
from data.sample.underpasses import Underpass, sink_underpasses
from data.schema import Grid

Sampler = Callable[[np.ndarray, np.ndarray], np.ndarray]

STREET_DROP_M = 0.15  # streets lie this far below the mean ground, blocks the same above it
PARK_DROP_M = 0.30
RAIL_RISE_M = 0.9


@dataclass(frozen=True)
class Pocket:
    """Low ground without an outlet, the bed of a former pond that was built over."""

    x_m: float
    y_m: float
    radius_m: float
    depth_m: float  # below the lowest point of its rim
    ditch_bearing: float  # where the old feeding ditch comes from (rad, mathematical)


def burn(grid: Grid, geometries: list[shapely.Geometry]) -> np.ndarray:
    """Cells whose centre lies in one of the geometries, bool (rows, cols)."""
    if not geometries:
        return np.zeros(grid.shape, bool)
    return rasterize(geometries, out_shape=grid.shape, transform=Affine(*grid.affine), dtype="uint8").astype(bool)


def place_pockets(plan: CityPlan, avoid: shapely.Geometry) -> list[Pocket]:
    """Former ponds, spread over the quarters, clear of rivers and railway."""
    rng = plan.rng("pockets")
    pockets: list[Pocket] = []
    for _ in range(20_000):
        if len(pockets) == plan.pockets:
            break
        # a third of them in the old town, where most ponds were filled in
        half = plan.old_town_radius_m * 0.85 if len(pockets) % 3 == 0 else plan.half_m - 380.0
        x, y = rng.uniform(-half, half, 2) + CENTRE
        radius = float(rng.uniform(120.0, 185.0))
        apart = all(np.hypot(x - p.x_m, y - p.y_m) > 2.2 * (radius + p.radius_m) for p in pockets)
        if apart and avoid.distance(shapely.Point(x, y)) > radius * 1.6:
            bearing = np.deg2rad(135.0 + rng.uniform(-35.0, 35.0))
            pockets.append(Pocket(float(x), float(y), radius, float(rng.uniform(0.9, 1.6)), float(bearing)))
    return pockets


def smooth_ground(plan: CityPlan, pockets: list[Pocket]) -> np.ndarray:
    """The ground before anything is built, float64 (rows, cols)."""
    grid = plan.grid
    rng = plan.rng("relief")
    x, y = np.meshgrid(grid.x_centres - CENTRE_X_M, grid.y_centres - CENTRE_Y_M)
    ground = plan.level_m - plan.slope * (x - y) / np.sqrt(2.0)
    for length_m, height_m in ((700.0, 0.55), (260.0, 0.16), (80.0, 0.035)):
        field = gaussian_filter(rng.standard_normal(grid.shape), length_m / grid.cell_m, mode="reflect")
        ground += height_m * (field - field.mean()) / field.std()
    for pocket in pockets:
        _hollow(ground, pocket, x + CENTRE_X_M, y + CENTRE_Y_M)
    return ground


def _hollow(ground: np.ndarray, pocket: Pocket, x: np.ndarray, y: np.ndarray) -> None:
    """Press a bowl into the ground in place: z = rim - depth (1 - (r/R)^2), with rim the lowest level at r = R."""
    dx, dy = x - pocket.x_m, y - pocket.y_m
    r = np.hypot(dx, dy) / pocket.radius_m
    # the ditch that fed the pond: 0.4 m deep, 90 m wide, 500 m long, fading out upstream
    along = dx * np.cos(pocket.ditch_bearing) + dy * np.sin(pocket.ditch_bearing)
    across = -dx * np.sin(pocket.ditch_bearing) + dy * np.cos(pocket.ditch_bearing)
    fade = np.clip(1.0 - along / 620.0, 0.0, 1.0) * (along > 0)
    ground -= 0.4 * fade * np.exp(-0.5 * (across / 45.0) ** 2)
    rim = ground[(r > 0.95) & (r < 1.05)].min()
    bowl = rim - pocket.depth_m * (1.0 - np.minimum(r, 1.0) ** 2)
    weight = np.clip((1.6 - r) / 0.6, 0.0, 1.0)
    ground[:] = np.where(bowl < ground, ground + weight * (bowl - ground), ground)


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


def sampler(grid: Grid, field: np.ndarray) -> Sampler:
    """A function of x and y that interpolates a raster linearly and holds its edge values outside."""

    def at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        row = (grid.north_m - np.asarray(y)) / grid.cell_m - 0.5
        col = (np.asarray(x) - grid.west_m) / grid.cell_m - 0.5
        return map_coordinates(field, [row, col], order=1, mode="nearest")

    return at


def rail_strip(railway: list[LineString]) -> list[Polygon]:
    """The track bed: 24 m wide."""
    return [line.buffer(12.0, cap_style="flat") for line in railway]
