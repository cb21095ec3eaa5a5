"""What covers the ground: the land-cover raster and its table of roughness and infiltration."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.sample.plan import CityPlan
from data.sample.raster import burn
from data.sample.terrain import Masks

ROAD, BUILDING, PAVED, GREEN, WATER, FARMLAND, BARE = 1, 2, 3, 4, 5, 6, 7
RIVER_MANNING = 0.033


def cover_table() -> pd.DataFrame:
    """The LAND_COVER table.

    Manning's n: Chow (1959) and the ranges usual in urban 2-D models. Green-Ampt: loam (parks) and silt loam
    (fields) of Rawls, Brakensiek and Miller (1983, table 2); the deficit is that of wet soil in the rainy season.
    """
    columns = [
        "code",
        "name",
        "manning_n",
        "infiltration",
        "constant_mm_h",
        "conductivity_mm_h",
        "suction_mm",
        "moisture_deficit",
    ]
    rows = [
        (ROAD, "road", 0.016, "none", 0.0, 0.0, 0.0, 0.0),
        (BUILDING, "building", 0.020, "none", 0.0, 0.0, 0.0, 0.0),
        (PAVED, "paved", 0.025, "none", 0.0, 0.0, 0.0, 0.0),
        (GREEN, "green", 0.050, "green_ampt", 0.0, 3.4, 88.9, 0.20),
        (WATER, "water", RIVER_MANNING, "none", 0.0, 0.0, 0.0, 0.0),
        (FARMLAND, "farmland", 0.060, "green_ampt", 0.0, 6.5, 166.8, 0.10),
        (BARE, "bare", 0.030, "constant", 5.0, 0.0, 0.0, 0.0),
    ]
    table = pd.DataFrame(rows, columns=columns)
    for name in ("horton_f0_mm_h", "horton_fc_mm_h", "horton_k_1_h"):
        table[name] = 0.0
    table["source"] = "derived"
    return table


def cover_land(plan: CityPlan, masks: Masks, blocks: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> np.ndarray:
    """The land-cover raster, uint8 (rows, cols).

    Old-town courts are paved; in new quarters lawns lie between the houses.
    """
    grid = plan.grid
    rng = plan.rng("land_cover")
    cover = np.full(grid.shape, PAVED, np.uint8)
    new = blocks[(blocks["use"] == "residential") & (blocks["zone"] != "old")]
    lawn = burn(grid, list(new.geometry)) & (rng.random(grid.shape) < 0.35)
    old = blocks[(blocks["use"] == "residential") & (blocks["zone"] == "old")]
    lawn |= burn(grid, list(old.geometry)) & (rng.random(grid.shape) < 0.10)
    cover[lawn] = GREEN
    cover[burn(grid, list(blocks[blocks["use"] == "farmland"].geometry))] = FARMLAND
    cover[burn(grid, list(blocks[blocks["use"] == "garden"].geometry))] = GREEN
    cover[masks.park] = GREEN
    cover[masks.rail] = BARE
    cover[masks.road] = ROAD
    cover[masks.underpass] = ROAD
    cover[burn(grid, list(buildings.geometry))] = BUILDING
    cover[masks.water] = WATER
    return cover
