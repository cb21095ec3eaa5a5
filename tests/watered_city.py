"""The tiny city with everything that acts on water: a river, a levee, a gate, an underpass, pumps and power lines."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, box

from data.datum import WGS84, transform
from data.schema import City
from tests.tiny_city import CRS, NORTH_M, WEST_M, tiny_city

SOUTH_M = NORTH_M - 600.0
RIVER_X = WEST_M + 470.0, WEST_M + 540.0  # from the north edge, which lies higher, to the south edge
LEVEE_X = WEST_M + 470.0


def degrees(x_m: float, y_m: float) -> tuple[float, float]:
    """(lon, lat) of a place given in metres from the south-west corner."""
    lon, lat = transform(np.array([WEST_M + x_m]), np.array([SOUTH_M + y_m]), CRS, WGS84)
    return float(lon[0]), float(lat[0])


def watered_city() -> City:
    """Bed 500 to 501 m; the river is 70 m wide along the east, dug to 3 m below, behind a levee with a gate in it."""
    city = tiny_city()
    x = np.broadcast_to(city.grid.x_centres, city.grid.shape)
    terrain = np.where((x > RIVER_X[0]) & (x < RIVER_X[1]), city.terrain - 3.0, city.terrain)
    reach = gpd.GeoDataFrame(
        {
            "name": ["东河"], "name_en": ["East River"], "base_depth_m": [0.5], "inflow_m3_s": [2.0],
            "inflow_series": [""], "stage_series": [""], "source": ["synthetic"],
        },
        geometry=[box(RIVER_X[0], SOUTH_M, RIVER_X[1], NORTH_M)], crs=CRS,
    )  # fmt: skip
    return replace(
        city,
        terrain=terrain,
        rivers=reach,
        barriers=_levee(),
        gates=_gates(),
        underpasses=_underpasses(),
        pumps=_pumps(),
        lifelines=_lifelines(),
    )


def _levee() -> gpd.GeoDataFrame:
    parts = [(SOUTH_M, SOUTH_M + 300.0), (SOUTH_M + 320.0, NORTH_M)]
    return gpd.GeoDataFrame(
        {"crest_m": [503.0, 503.0], "id": ["L1", "L2"], "name": ["南堤", "北堤"]},
        geometry=[LineString([(LEVEE_X, low), (LEVEE_X, high)]) for low, high in parts],
        crs=CRS,
    )


def _gates() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": ["G1"], "name": ["一号闸"], "name_en": ["Gate 1"], "closed_m": [503.0], "sill_m": [499.0],
            "open_at_start": [True], "close_above_m": [500.0], "source": ["synthetic"],
        },
        geometry=[LineString([(LEVEE_X, SOUTH_M + 300.0), (LEVEE_X, SOUTH_M + 320.0)])], crs=CRS,
    )  # fmt: skip


def _underpasses() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "id": ["U1", "U2"], "name": ["东下穿", "西下穿"], "name_en": ["East underpass", "West underpass"],
            "closure_depth_m": [0.3, 0.3], "pump_m3_s": [0.1, 0.0], "pump_on_depth_m": [0.1, 0.05],
            "reopen_depth_m": [0.05, 0.05], "pump_node": ["N7", ""], "source": ["synthetic"] * 2,
        },
        geometry=[box(WEST_M + x, SOUTH_M + 340.0, WEST_M + x + 30.0, SOUTH_M + 360.0) for x in (240.0, 100.0)],
        crs=CRS,
    )  # fmt: skip


def _pumps() -> pd.DataFrame:
    places = [(255.0, 355.0), (405.0, 105.0), (305.0, 305.0)]
    lon, lat = zip(*(degrees(*place) for place in places), strict=True)
    to_lon, to_lat = degrees(515.0, 325.0)
    return pd.DataFrame(
        {
            "id": ["P1", "P2", "P3"], "name": ["一泵站", "二泵站", "三泵站"],
            "name_en": ["Station 1", "Station 2", "Station 3"], "lon": lon, "lat": lat, "rate_m3_s": [0.5, 0.3, 0.2],
            "on_depth_m": [0.2, 0.2, 0.2], "off_depth_m": [0.1, 0.1, 0.1], "to_lon": [to_lon, np.nan, np.nan],
            "to_lat": [to_lat, np.nan, np.nan], "to_node": ["", "", "N3"], "source": "synthetic",
            "x_m": [WEST_M + x for x, _ in places], "y_m": [SOUTH_M + y for _, y in places],
            "to_x_m": [WEST_M + 515.0, np.nan, np.nan], "to_y_m": [SOUTH_M + 325.0, np.nan, np.nan],
        }
    )  # fmt: skip


def _lifelines() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "source_id": ["SS1", "SS1", "SS1", "SS2"], "source_name": ["东站", "东站", "东站", "西站"],
            "source_name_en": ["East", "East", "East", "West"], "asset_kind": ["pump", "underpass", "shelter", "gate"],
            "asset_id": ["P1", "U1", "S1", "G1"], "backup_h": [2.0, 0.0, 4.0, 0.0], "source": "synthetic",
        }
    )  # fmt: skip
