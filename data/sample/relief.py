"""The ground before anything is built: a plain falling NW to SE with micro-relief, lost brooks and former ponds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.ndimage import distance_transform_edt, gaussian_filter
from shapely.geometry import LineString

from data.sample.plan import CENTRE, CENTRE_X_M, CENTRE_Y_M, CityPlan
from data.sample.raster import burn

BROOK_DEPTH_M = 0.9
BROOK_HALF_WIDTH_M = 70.0
BROOK_SPACING_M = 1_150.0


@dataclass(frozen=True)
class Pocket:
    """Low ground without an outlet, the bed of a former pond that was built over."""

    x_m: float
    y_m: float
    radius_m: float
    flatness: float  # width over length
    depth_m: float  # below the lowest point of its rim
    bearing: float  # of its long axis (rad, mathematical)
    wave: tuple[float, float]  # phases of the shore's bends (rad)


def draw_brooks(plan: CityPlan) -> list[LineString]:
    """Brooks that were built over and still lead the water of heavy rain, winding from NW to SE."""
    rng = plan.rng("brooks")
    reach = plan.half_m * 1.45
    down, aside = np.array([1.0, -1.0]) / np.sqrt(2.0), np.array([1.0, 1.0]) / np.sqrt(2.0)
    count = round(2 * reach / BROOK_SPACING_M)
    brooks = []
    for number in range(count):
        offset = -reach + (number + rng.uniform(0.3, 0.7)) * 2 * reach / count
        s = np.arange(-reach, reach, 50.0)
        bend = 170.0 * np.sin(s / rng.uniform(420.0, 620.0) + rng.uniform(0, 6.28))
        bend += 90.0 * np.sin(s / rng.uniform(180.0, 260.0) + rng.uniform(0, 6.28))
        brooks.append(LineString(CENTRE + s[:, None] * down + (offset + bend)[:, None] * aside))
    return brooks


def place_pockets(plan: CityPlan, brooks: list[LineString], avoid: shapely.Geometry) -> list[Pocket]:
    """Former ponds on the brooks, half of them in and near the old town; clear of what is in `avoid`."""
    rng = plan.rng("pockets")
    pockets: list[Pocket] = []
    for attempt in range(3_000):
        if len(pockets) == plan.pockets:
            break
        half = plan.old_town_radius_m * 1.15 if attempt % 2 == 0 else plan.half_m - 380.0
        brook = brooks[int(rng.integers(len(brooks)))]
        point = brook.interpolate(rng.uniform(0.0, brook.length))
        radius = float(rng.uniform(170.0, 290.0))
        apart = all(np.hypot(point.x - p.x_m, point.y - p.y_m) > 1.15 * (radius + p.radius_m) for p in pockets)
        inside = max(abs(point.x - CENTRE_X_M), abs(point.y - CENTRE_Y_M)) < half
        if inside and apart and avoid.distance(point) > radius * 1.05:
            bearing = float(np.deg2rad(135.0 + rng.uniform(-35.0, 35.0)))
            flatness, depth = float(rng.uniform(0.5, 0.9)), float(rng.uniform(1.0, 1.9))
            wave = float(rng.uniform(0, 6.28)), float(rng.uniform(0, 6.28))
            pockets.append(Pocket(point.x, point.y, radius, flatness, depth, bearing, wave))
    return pockets


def lay_ground(plan: CityPlan, brooks: list[LineString], pockets: list[Pocket]) -> np.ndarray:
    """The natural ground level, float64 (rows, cols)."""
    grid = plan.grid
    rng = plan.rng("relief")
    x, y = np.meshgrid(grid.x_centres - CENTRE_X_M, grid.y_centres - CENTRE_Y_M)
    ground = plan.level_m - plan.slope * (x - y) / np.sqrt(2.0)
    for length_m, height_m in ((700.0, 0.50), (260.0, 0.16), (80.0, 0.035)):
        ground += height_m * _noise(grid.shape, length_m / grid.cell_m, rng)
    line = burn(grid, [brook.buffer(0.8 * grid.cell_m) for brook in brooks])
    away = distance_transform_edt(~line, sampling=grid.cell_m)
    ground -= BROOK_DEPTH_M * np.exp(-0.5 * (away / BROOK_HALF_WIDTH_M) ** 2)
    for pocket in pockets:
        _hollow(ground, pocket, x + CENTRE_X_M, y + CENTRE_Y_M)
    return ground + 0.10 * _noise(grid.shape, 90.0 / grid.cell_m, rng)


def _noise(shape: tuple[int, int], length_cells: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth random field with mean 0 and standard deviation 1."""
    field = gaussian_filter(rng.standard_normal(shape), length_cells, mode="reflect")
    return (field - field.mean()) / field.std()


def _hollow(ground: np.ndarray, pocket: Pocket, x: np.ndarray, y: np.ndarray) -> None:
    """Press a bowl into the ground in place: z = rim - depth (1 - r^2)^0.9, with rim the lowest level at r = 1.

    r is the distance from the middle over the distance of the shore, an ellipse with bends.
    """
    reach = 2.2 * pocket.radius_m
    cols = np.flatnonzero(np.abs(x[0] - pocket.x_m) < reach)
    rows = np.flatnonzero(np.abs(y[:, 0] - pocket.y_m) < reach)
    window = np.s_[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
    dx, dy, level = x[window] - pocket.x_m, y[window] - pocket.y_m, ground[window]
    along = dx * np.cos(pocket.bearing) + dy * np.sin(pocket.bearing)
    across = -dx * np.sin(pocket.bearing) + dy * np.cos(pocket.bearing)
    angle = np.arctan2(across, along)
    shore = 1.0 + 0.16 * np.cos(2 * angle + pocket.wave[0]) + 0.13 * np.cos(3 * angle + pocket.wave[1])
    r = np.hypot(along, across / pocket.flatness) / (pocket.radius_m * shore)
    rim = level[(r > 0.95) & (r < 1.05)].min()
    bowl = rim - pocket.depth_m * (1.0 - np.minimum(r, 1.0) ** 2) ** 0.9
    weight = np.clip((1.5 - r) / 0.5, 0.0, 1.0)
    level += np.where(bowl < level, weight * (bowl - level), 0.0)
