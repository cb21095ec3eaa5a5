"""The city in memory: what readers produce and `sim` consumes. Metric CRS, SI, arrays and frames."""

from __future__ import annotations

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from data.schema.drainage import DrainageNetwork
from data.schema.grid import Grid


@dataclass(frozen=True)
class RoadNetwork:
    """A directed walking and driving graph, largest strongly connected part.

    `nodes`: columns x_m, y_m; the index 0..n-1 is the node number.
    `edges`: columns tail, head (node numbers), length_m, road_class, lanes, speed_m_s, bridge, underpass,
    id and `geometry` (line, metric CRS). A two-way road is two rows; walkers may use every row both ways,
    so readers add the reverse row of a one-way road with speed_m_s = 0 (closed to cars).
    """

    nodes: pd.DataFrame
    edges: gpd.GeoDataFrame
    dropped_edges: int = 0  # left out because they hang on no common network


@dataclass(frozen=True)
class SpongeGround:
    """What measures let the ground take up beside its soil; arrays of shape (rows, cols). No part of a pack."""

    storage_m: np.ndarray  # float64, depth kept before anything runs off
    rate_m_s: np.ndarray  # float64, further infiltration


@dataclass(frozen=True)
class LeftOut:
    """A row of a pack that cannot be trusted and takes no part: which, why, and what to do."""

    layer: str  # "shelters", "candidates" or "people"
    id: str
    name: str
    place: str  # file and row
    reason: str  # a key: "zero_coordinates", "outside", "no_area", "area_unit", "duplicate", "overfull", "existing"
    value: str  # what the row says
    remedy: str  # what was expected, in words


@dataclass(frozen=True)
class City:
    """A city pack, read and checked. Layers that a pack lacks are None or empty; `notes` says what that costs."""

    name: str
    name_en: str
    grid: Grid
    terrain: np.ndarray  # bed level (m), float64, shape (rows, cols); NaN outside the domain
    land_cover: np.ndarray | None = None  # uint8, shape (rows, cols)
    land_cover_table: pd.DataFrame | None = None  # columns of schema LAND_COVER
    buildings: gpd.GeoDataFrame | None = None  # BUILDINGS; all vectors in grid.crs
    barriers: gpd.GeoDataFrame | None = None  # BARRIERS
    underpasses: gpd.GeoDataFrame | None = None  # UNDERPASSES
    rivers: gpd.GeoDataFrame | None = None  # RIVERS
    areas: gpd.GeoDataFrame | None = None  # AREAS
    people: pd.DataFrame | None = None  # PEOPLE + x_m, y_m, area (code of the lowest area that holds it)
    shelters: pd.DataFrame | None = None  # SHELTERS + x_m, y_m
    candidates: pd.DataFrame | None = None  # CANDIDATES + x_m, y_m
    roads: RoadNetwork | None = None
    teams: pd.DataFrame | None = None  # TEAMS + x_m, y_m
    sensors: pd.DataFrame | None = None  # SENSORS + x_m, y_m
    drainage: DrainageNetwork | None = None
    pumps: pd.DataFrame | None = None  # PUMPS + x_m, y_m, to_x_m, to_y_m (NaN: out of the model)
    gates: gpd.GeoDataFrame | None = None  # GATES
    lifelines: pd.DataFrame | None = None  # LIFELINES
    river_series: dict[str, pd.DataFrame] = field(default_factory=dict)  # file named in RIVERS -> its rows
    sponge: SpongeGround | None = None
    provenance: dict[str, str] = field(default_factory=dict)  # layer -> one of SOURCES + ": " + words
    synthetic: tuple[str, ...] = ()  # layers that maps must label as synthetic
    left_out: tuple[LeftOut, ...] = ()  # rows of shelters, candidates and people that cannot be trusted
    notes: tuple[str, ...] = ()  # what is missing or was left out, in words
