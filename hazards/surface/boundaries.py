"""Water that enters and leaves: inflows, held stages, and the four edges of the raster."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Cells = tuple[np.ndarray, np.ndarray]


def _checked_series(time_s: np.ndarray, values: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    time = np.atleast_1d(np.asarray(time_s, float))
    value = np.atleast_1d(np.asarray(values, float))
    if time.shape != value.shape or time.ndim != 1 or not len(time):
        raise ValueError(f"time_s and {name} must be equally long and not empty")
    if not (np.isfinite(time).all() and np.isfinite(value).all()):
        raise ValueError(f"time_s and {name} must be finite")
    if np.any(np.diff(time) <= 0.0):
        raise ValueError("time_s must rise")
    return time, value


def _checked_cells(cells: Cells) -> Cells:
    rows, cols = (np.atleast_1d(np.asarray(index, np.int64)) for index in cells)
    if rows.shape != cols.shape or not len(rows):
        raise ValueError("cells must be two equally long, not empty index arrays (rows, cols)")
    return rows, cols


@dataclass(frozen=True)
class Inflow:
    """Water put on cells: a total flow in m3/s shared equally over the cells of a point or line.

    Between its times the flow is interpolated, before the first and after the last it keeps the end value. Negative
    flow is refused: water is taken out by losses, edges and stages, which cannot take what is not there.
    """

    cells: Cells
    time_s: np.ndarray
    flow_m3_s: np.ndarray

    def __post_init__(self) -> None:
        time, flow = _checked_series(self.time_s, self.flow_m3_s, "flow_m3_s")
        if np.any(flow < 0.0):
            raise ValueError("flow_m3_s must be >= 0")
        object.__setattr__(self, "cells", _checked_cells(self.cells))
        object.__setattr__(self, "time_s", time)
        object.__setattr__(self, "flow_m3_s", flow)


@dataclass(frozen=True)
class StageBoundary:
    """Cells whose water level is held at a series of stages (m, absolute); what that takes or gives is booked."""

    cells: Cells
    time_s: np.ndarray
    stage_m: np.ndarray

    def __post_init__(self) -> None:
        time, stage = _checked_series(self.time_s, self.stage_m, "stage_m")
        object.__setattr__(self, "cells", _checked_cells(self.cells))
        object.__setattr__(self, "time_s", time)
        object.__setattr__(self, "stage_m", stage)


@dataclass(frozen=True)
class StageSeries:
    """Stages (m, absolute) over time along one edge."""

    time_s: np.ndarray
    stage_m: np.ndarray

    def __post_init__(self) -> None:
        time, stage = _checked_series(self.time_s, self.stage_m, "stage_m")
        object.__setattr__(self, "time_s", time)
        object.__setattr__(self, "stage_m", stage)


Edge = str | StageSeries


@dataclass(frozen=True)
class EdgeConditions:
    """What each side of the raster does: "closed", "open", or a StageSeries.

    Open: water leaves by normal (Manning) flow on the steepest of the bed slope and the water slope at the edge and a
    least slope; none enters. A stage is held in the outermost cells.
    """

    west: Edge = field(default="closed")
    east: Edge = field(default="closed")
    south: Edge = field(default="closed")
    north: Edge = field(default="closed")

    def __post_init__(self) -> None:
        for name, edge in self.sides():
            if not isinstance(edge, StageSeries) and edge not in ("closed", "open"):
                raise ValueError(f'edge {name}(={edge!r}) must be "closed", "open" or a StageSeries')

    def sides(self) -> tuple[tuple[str, Edge], ...]:
        """(name, condition) of the four edges in the order west, east, north, south."""
        return ("west", self.west), ("east", self.east), ("north", self.north), ("south", self.south)

    def stage_boundaries(self, bed: np.ndarray) -> list[StageBoundary]:
        """The edges with stages as cells of the raster; cells outside (NaN bed) are left out."""
        rows, cols = bed.shape
        lines = {
            "west": (np.arange(rows), np.zeros(rows, int)),
            "east": (np.arange(rows), np.full(rows, cols - 1)),
            "north": (np.zeros(cols, int), np.arange(cols)),
            "south": (np.full(cols, rows - 1), np.arange(cols)),
        }
        boundaries = []
        for name, edge in self.sides():
            if isinstance(edge, StageSeries):
                row, col = lines[name]
                inside = np.isfinite(bed[row, col])
                if inside.any():
                    boundaries.append(StageBoundary((row[inside], col[inside]), edge.time_s, edge.stage_m))
        return boundaries
