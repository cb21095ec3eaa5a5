"""A city small enough for a test: a tilted plane with one hollow, a street grid, a river, four shelters."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer
from shapely.geometry import LineString, box

from data.readers.columns import fill_absent
from data.schema import CANDIDATES, SHELTERS, City, Grid, RoadNetwork

CELLS = 60
CELL_M = 10.0
WEST_M, NORTH_M = 410_000.0, 3_392_000.0
CRS = "EPSG:32648"
BLOCK_M = 100.0


def tiny_city() -> City:
    """600 m x 600 m, 36 blocks of 50 people, a hollow 1.6 m deep around (250, 350) m from the south-west corner."""
    grid = Grid(CELLS, CELLS, CELL_M, WEST_M, NORTH_M, CRS)
    x, y = np.meshgrid(grid.x_centres - WEST_M, grid.y_centres - grid.south_m)
    terrain = 500.0 + 0.002 * y - 0.001 * x - 1.6 * np.exp(-(((x - 250.0) / 70.0) ** 2 + ((y - 350.0) / 70.0) ** 2))
    return City(
        name="小城",
        name_en="Tiny City",
        grid=grid,
        terrain=terrain,
        areas=_areas(grid),
        people=_people(grid),
        shelters=_shelters(grid),
        candidates=_candidates(grid),
        roads=_roads(grid),
        sensors=_sensors(grid),
        provenance={"terrain": "synthetic: a plane with a hollow"},
        synthetic=("terrain", "people"),
    )


def _areas(grid: Grid) -> gpd.GeoDataFrame:
    west, south, east, north = grid.bounds
    middle = 0.5 * (west + east)
    rows = [
        ("510100", "小城", "Tiny City", "", "city", "new_town", box(west, south, east, north)),
        ("510101", "西街", "West Street", "510100", "street", "old_town", box(west, south, middle, north)),
        ("510102", "东街", "East Street", "510100", "street", "new_town", box(middle, south, east, north)),
    ]
    names = ["code", "name", "name_en", "parent", "level", "drainage_class", "geometry"]
    frame = gpd.GeoDataFrame(rows, columns=names, geometry="geometry", crs=grid.crs)
    return frame.assign(drainage_mm_h=5.0, source="synthetic")


def _people(grid: Grid) -> pd.DataFrame:
    centres = np.arange(BLOCK_M / 2, CELLS * CELL_M, BLOCK_M)
    x, y = (a.ravel() for a in np.meshgrid(WEST_M + centres, grid.south_m + centres))
    lon, lat = _degrees(x, y)
    count = len(x)
    shares = {f"share_{name}": np.full(count, 0.1) for name in ("65", "14", "disabled", "basement")}
    shares["share_hospital"] = np.where(np.arange(count) == 7, 0.2, 0.0)
    area = np.where(x < WEST_M + 300.0, "510101", "510102")
    return pd.DataFrame(
        {
            "id": [f"B{k:02d}" for k in range(count)], "lon": lon, "lat": lat, "footprint_m2": BLOCK_M**2,
            "population_day": 60, "population_night": 50, **shares, "source": "synthetic", "x_m": x, "y_m": y,
            "area": area,
        }
    )  # fmt: skip


def _shelters(grid: Grid) -> pd.DataFrame:
    x = WEST_M + np.array([105.0, 505.0, 505.0, 255.0])
    y = grid.south_m + np.array([105.0, 105.0, 505.0, 355.0])
    lon, lat = _degrees(x, y)
    flags = dict.fromkeys(("water", "power", "toilets", "supplies", "fire", "medical", "accessible"), True)
    frame = pd.DataFrame(
        {
            "id": ["S1", "S2", "S3", "S4"], "name": ["一校", "二园", "三馆", "洼地校"],
            "name_en": ["School 1", "Park 2", "Hall 3", "Hollow School"], "lon": lon, "lat": lat,
            "shelter_class": "fixed", "site_type": ["school", "park", "building", "school"],
            "area_m2": [200.0, 1000.0, 400.0, 800.0], "usable_share": 1.0, "indoor": [True, False, True, True],
            **flags, "water_l": [1500.0, np.nan, 0.0, 6000.0], "toilet_count": [4.0, 20.0, np.nan, 8.0],
            "conversion_time_h": [6.0, 3.0, 1.0, 6.0], "open_year": [np.nan, 2015.0, np.nan, np.nan],
            "source": "synthetic", "x_m": x, "y_m": y,
        }
    )  # fmt: skip
    return fill_absent(frame, SHELTERS)


def _sensors(grid: Grid) -> pd.DataFrame:
    """Two rain gauges."""
    x, y = WEST_M + np.array([150.0, 450.0]), grid.south_m + np.array([150.0, 450.0])
    lon, lat = _degrees(x, y)
    return pd.DataFrame(
        {
            "id": ["R1", "R2"], "name": ["一号", "二号"], "name_en": ["One", "Two"], "quantity": "rain", "lon": lon,
            "lat": lat, "interval_s": 300.0, "asset": "", "source": "synthetic", "x_m": x, "y_m": y,
        }
    )  # fmt: skip


def _candidates(grid: Grid) -> pd.DataFrame:
    """A dry square and a school field in the hollow."""
    x, y = WEST_M + np.array([105.0, 245.0]), grid.south_m + np.array([505.0, 345.0])
    lon, lat = _degrees(x, y)
    frame = pd.DataFrame(
        {
            "id": ["C1", "C2"], "name": ["新广场", "洼地操场"], "name_en": ["New Square", "Hollow Field"], "lon": lon,
            "lat": lat, "shelter_class": "fixed", "site_type": ["square", "school"], "area_m2": [900.0, 700.0],
            "usable_share": 1.0, "indoor": [False, True], "source": "synthetic", "cost": [45.0, np.nan], "x_m": x,
            "y_m": y,
        }
    )  # fmt: skip
    return fill_absent(frame, CANDIDATES)


def _roads(grid: Grid) -> RoadNetwork:
    at = np.arange(5.0, CELLS * CELL_M, 50.0)
    side = len(at)
    x, y = (a.ravel() for a in np.meshgrid(WEST_M + at, grid.south_m + at))
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
         np.column_stack([number[:-1].ravel(), number[1:].ravel()])]
    )  # fmt: skip
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    lines = [LineString([(x[a], y[a]), (x[b], y[b])]) for a, b in pairs]
    edges = gpd.GeoDataFrame(
        {
            "tail": pairs[:, 0], "head": pairs[:, 1], "length_m": 50.0, "road_class": "residential", "lanes": 1,
            "speed_m_s": 8.3, "bridge": False, "underpass": False, "id": [f"R{k}" for k in range(len(pairs))],
        },
        geometry=lines, crs=grid.crs,
    )  # fmt: skip
    return RoadNetwork(nodes=pd.DataFrame({"x_m": x, "y_m": y}), edges=edges)


def _degrees(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
