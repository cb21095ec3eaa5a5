"""What covers the ground: the land-cover raster, its table of roughness and infiltration, and the embankments."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Polygon

from data.sample.plan import CityPlan
from data.sample.terrain import Masks, burn, sampler

ROAD, BUILDING, PAVED, GREEN, WATER, FARMLAND, BARE = 1, 2, 3, 4, 5, 6, 7
RIVER_MANNING = 0.033

CREST_M = 0.7  # embankment above the ground beside it
PIECE_M = 60.0  # length of embankment between two drain openings' possible places


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


def embankments(plan: CityPlan, water: Polygon, ground: np.ndarray) -> gpd.GeoDataFrame:
    """The BARRIERS layer: walls along both banks, open at every third place so that streets drain to the river."""
    grid = plan.grid
    at = sampler(grid, ground)
    inside = shapely.box(*grid.bounds).buffer(-2.0 * grid.cell_m)
    edge = water.buffer(0.6 * grid.cell_m).simplify(2.0).boundary.intersection(inside)
    rows = []
    for line in shapely.get_parts(shapely.line_merge(edge)):
        count = max(round(line.length / PIECE_M), 1)
        for number in range(count):
            if number % 3 == 2:
                continue
            piece = shapely.ops.substring(line, number / count, (number + 1) / count, normalized=True)
            xy = shapely.get_coordinates(piece)
            rows.append((piece, round(float(at(xy[:, 0], xy[:, 1]).max()) + CREST_M, 2)))
    return gpd.GeoDataFrame(
        {"crest_m": [crest for _, crest in rows], "name": "锦水堤防"},
        geometry=[piece for piece, _ in rows],
        crs=grid.crs,
    )
