"""A flood case in memory: what the loader produces and `sim` runs. Metric grid, SI, arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.readers.rain_grid import RainGrid
from data.schema import DrainageNetwork, Grid


@dataclass(frozen=True)
class Series:
    """A discharge or level over time: linear between its rows, the end values beyond them."""

    time_s: np.ndarray  # float64, rising
    value: np.ndarray  # float64, SI


@dataclass(frozen=True)
class RainSeries:
    """Rain on every cell: interval i from edges_s[i] to edges_s[i + 1] has rate_m_s[i]; dry outside."""

    edges_s: np.ndarray  # (intervals + 1,) float64
    rate_m_s: np.ndarray  # (intervals,) float64


@dataclass(frozen=True)
class Source:
    """An inflow (value: m3/s over all its cells) or a given level (value: m above datum)."""

    name: str
    rows: np.ndarray  # int64
    cols: np.ndarray  # int64
    series: Series


@dataclass(frozen=True)
class Gauge:
    """A named cell."""

    name: str
    row: int
    col: int


@dataclass(frozen=True)
class SewerCase:
    """The sewers of a case."""

    network: DrainageNetwork
    runoff: str  # "surface" or "lumped"
    outfalls_to_surface: tuple[str, ...]  # names of outfalls that end on the grid where they lie
    exchange_step_s: float | None  # None: from the rules


@dataclass(frozen=True)
class FloodCase:
    """A flood case, read and checked."""

    file: Path
    grid: Grid
    bed: np.ndarray  # (rows, cols) float64, m; NaN outside the domain; buildings not yet raised
    building_height: np.ndarray  # (rows, cols) float64, m; 0 where none stands
    barriers: gpd.GeoDataFrame | None  # schema BARRIERS, in grid.crs
    manning_n: np.ndarray  # (rows, cols) float64, s m(-1/3); NaN outside
    initial_depth: np.ndarray | None  # (rows, cols) float64, m; NaN outside; None = dry
    edges: dict[str, str | Series]  # west, east, south, north: "closed", "open" or a level over time
    duration_s: float
    output_step_s: float
    gauge_step_s: float
    threads: int | None
    rain: RainSeries | RainGrid | None
    loss_rate_m_s: float
    land_cover: np.ndarray | None  # (rows, cols) uint8, where infiltration follows it
    land_cover_table: pd.DataFrame | None  # schema LAND_COVER
    drainage_m_s: np.ndarray | None  # (rows, cols) float64; NaN outside; None = none
    inflows: tuple[Source, ...]
    stages: tuple[Source, ...]
    gauges: tuple[Gauge, ...]
    notes: tuple[str, ...]  # what a careful user would want to know, in words
    drains: SewerCase | None = None
