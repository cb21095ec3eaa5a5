"""The land of the big city: mountains in the west, the plain, the ridge in the east, its rivers and its cover."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import gaussian_filter
from shapely.geometry import LineString

from data.sample.land_cover import FARMLAND, GREEN, PAVED, WATER, cover_table
from data.sample.plan import CENTRE_X_M, CENTRE_Y_M
from data.sample.raster import burn, sampler
from data.sample.rivers import Reach, bed_profiles, normal_depth_m
from data.schema import Grid

FOREST = 8
PLAIN_SLOPE = 0.0035
RIVER_MANNING = 0.035

# names: the plans; courses (km east and north of the centre), widths (m) and flows (m3/s): synthetic
RIVERS = (
    ("岷江（金马河）", "Minjiang (Jinmahe)", 220.0, 180.0, [(-48, 46), (-40, 22), (-29, 2), (-20, -20), (-13, -47)]),
    ("锦江", "Jinjiang", 120.0, 60.0, [(-34, 38), (-14, 16), (-1, 3), (4, -8), (3, -26), (-6, -47)]),
    ("沱江", "Tuojiang", 220.0, 160.0, [(-12, 73), (4, 42), (18, 26), (30, 17), (36, 0), (38, -22), (42, -47)]),
    ("南河", "Nanhe", 140.0, 70.0, [(-71, -16), (-52, -20), (-38, -30), (-24, -36), (-15.5, -39)]),
)


def raise_land(grid: Grid, rng: np.random.Generator) -> np.ndarray:
    """Ground level, float64 (rows, cols): the plain of 3.5 per mille, mountains to 3,000 m, a ridge of 400 m."""
    x, y = np.meshgrid((grid.x_centres - CENTRE_X_M) / 1e3, (grid.y_centres - CENTRE_Y_M) / 1e3)
    land = 500.0 - PLAIN_SLOPE * 1e3 * (x - y) / np.sqrt(2.0)
    inland = (-x + 0.9 * y) / np.hypot(1.0, 0.9) - 66.0  # km behind the foot of the mountains
    rough = _noise(grid.shape, 14.0, rng)
    land += 58.0 * np.maximum(inland, 0.0) * (1.0 + 0.30 * rough) * np.clip(inland / 6.0, 0.0, 1.0)
    ridge = np.exp(-0.5 * ((x - 28.0 - 0.28 * y) / 3.2) ** 2)
    land += 380.0 * ridge * (1.0 + 0.30 * _noise(grid.shape, 18.0, rng))
    hills = np.clip((x - 30.0 - 0.28 * y) / 6.0, 0.0, 1.0)
    land += 22.0 * hills * _noise(grid.shape, 9.0, rng)
    for cells, height_m in ((40.0, 2.2), (12.0, 0.8), (3.0, 0.3)):
        land += height_m * _noise(grid.shape, cells, rng)
    return land


def cut_rivers(grid: Grid, land: np.ndarray) -> gpd.GeoDataFrame:
    """Carve the rivers into the land in place and give the RIVERS layer."""
    domain = shapely.box(*grid.bounds)
    rows = []
    for name, name_en, width, flow, points in RIVERS:
        course = _smooth(np.array(points, float) * 1e3 + [CENTRE_X_M, CENTRE_Y_M])
        reach = Reach(course, width, flow, name, name_en)
        at = sampler(grid, gaussian_filter(land, 4.0))
        profile = bed_profiles([reach], at)[0]
        water = burn(grid, [reach.polygon])
        r, c = np.nonzero(water)
        points_in = shapely.points(grid.x_centres[c], grid.y_centres[r])
        bed = np.interp(shapely.line_locate_point(course, points_in), *profile)
        land[r, c] = np.minimum(land[r, c], bed)
        depth = round(normal_depth_m(reach, profile, RIVER_MANNING), 2)
        rows.append((name, name_en, depth, flow, "", "", "synthetic", reach.polygon.intersection(domain)))
    columns = ["name", "name_en", "base_depth_m", "inflow_m3_s", "inflow_series", "stage_series", "source", "geometry"]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=columns), geometry="geometry", crs=grid.crs)


def cover_megacity(grid: Grid, land: np.ndarray, built: np.ndarray, rivers: gpd.GeoDataFrame) -> np.ndarray:
    """The land-cover raster, uint8: built-up where people are dense, forest on slopes, fields elsewhere."""
    steep = np.hypot(*np.gradient(gaussian_filter(land, 3.0), grid.cell_m)) > 0.03
    cover = np.where(steep, FOREST, FARMLAND).astype(np.uint8)
    cover[built] = PAVED
    rows, cols = np.nonzero(built)
    cover[rows[::7], cols[::7]] = GREEN
    cover[burn(grid, list(rivers.geometry))] = WATER
    return cover


def megacity_cover_table() -> pd.DataFrame:
    """The LAND_COVER table of 100 m cells: built-up cells hold houses, so their roughness stands for both."""
    table = cover_table()
    table = table[table["code"].isin([PAVED, GREEN, WATER, FARMLAND])].copy()
    built = table["code"] == PAVED
    table["name"] = table["name"].mask(built, "built-up")
    table["manning_n"] = table["manning_n"].mask(built, 0.08)
    forest = table[table["code"] == GREEN].assign(code=FOREST, name="forest", manning_n=0.12, conductivity_mm_h=10.9)
    return pd.concat([table, forest], ignore_index=True)


def _noise(shape: tuple[int, int], length_cells: float, rng: np.random.Generator) -> np.ndarray:
    field = gaussian_filter(rng.standard_normal(shape), length_cells, mode="reflect")
    return field / field.std()


def _smooth(points: np.ndarray) -> LineString:
    for _ in range(5):
        first, second = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.vstack([points[:1], np.stack([first, second], axis=1).reshape(-1, 2)[1:-1], points[-1:]])
    return LineString(np.round(points, 1))
