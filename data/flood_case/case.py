"""A flood case in memory: what the loader produces and `sim` runs. Metric grid, SI, arrays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from data.schema import Grid


@dataclass(frozen=True)
class Series:
    """A quantity over time; linear between rows for discharge and level, held until the next row for rain."""

    time_s: np.ndarray  # float64, rising
    value: np.ndarray  # float64, SI


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
class RainMaps:
    """Rain of several zones over time: cell -> zone -> rate."""

    time_s: np.ndarray  # starts of the intervals, float64; the last row holds on
    rate_m_s: np.ndarray  # (times, zones)
    zone: np.ndarray | None  # (rows, cols) uint16; None = one zone everywhere


@dataclass(frozen=True)
class FloodCase:
    """A flood case, read and checked."""

    file: Path
    grid: Grid
    bed: np.ndarray  # (rows, cols) float64, m; NaN outside the domain; without buildings
    building_height: np.ndarray | None  # (rows, cols) float64, m, 0 where none
    barriers: gpd.GeoDataFrame | None  # schema BARRIERS, in grid.crs
    manning_n: np.ndarray  # (rows, cols) float32
    initial_depth: np.ndarray | None  # (rows, cols) float32, m; None = dry
    edges: dict[str, str | Series]  # west, east, south, north: "closed", "open" or a level over time
    duration_s: float
    output_step_s: float
    gauge_step_s: float
    threads: int | None
    rain: RainMaps | None
    loss_rate_m_s: float
    land_cover: np.ndarray | None  # (rows, cols) uint8, where infiltration follows it
    land_cover_table: pd.DataFrame | None  # schema LAND_COVER
    drainage_m_s: np.ndarray | None  # (rows, cols) float32
    inflows: tuple[Source, ...]
    stages: tuple[Source, ...]
    gauges: tuple[Gauge, ...]
    notes: tuple[str, ...] = ()  # what a careful user would want to know, in words
