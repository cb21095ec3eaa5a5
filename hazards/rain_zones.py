"""Rain from one series, from gauges (nearest or inverse distance) and from rain grids, laid on the model grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from data.schema import Grid
from hazards.rain import RainForcing

_MOST_ZONES = 65536  # the zone map is uint16


@dataclass(frozen=True)
class InverseDistance:
    """Interpolation of gauges with weights 1 / distance^power on square blocks of cells (Shepard 1968).

    A block is one zone, so its size sets how finely the rain field is drawn.
    """

    power: float = 2.0
    block_cells: int = 20

    def __post_init__(self) -> None:
        if not self.power > 0.0:
            raise ValueError(f"power(={self.power}) must be > 0")
        if self.block_cells < 1:
            raise ValueError(f"block_cells(={self.block_cells}) must be >= 1")


def uniform_rain(edges_s: np.ndarray, rate_m_s: np.ndarray) -> RainForcing:
    """The same rain everywhere: edges (n + 1,) and rates (n,), as `chicago_storm` gives them."""
    return RainForcing(edges_s, rate_m_s)


def common_intervals(series: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Several series (edges_s (n + 1,), rate_m_s (n,)) on the union of their edges: edges, rates (intervals, series).

    A series is dry outside its own edges.
    """
    edges = np.unique(np.concatenate([np.asarray(e, dtype=np.float64) for e, _ in series]))
    single = [RainForcing(e, r) for e, r in series]
    columns = [np.concatenate([rain.rate_m_s(t) for t in edges[:-1]]) for rain in single]
    return edges, np.column_stack(columns)


def gauge_rain(
    grid: Grid,
    x_m: np.ndarray,
    y_m: np.ndarray,
    edges_s: np.ndarray,
    rates_m_s: np.ndarray,
    inverse_distance: InverseDistance | None = None,
) -> RainForcing:
    """Rain of gauges at (x_m, y_m): each cell takes its nearest gauge (Thiessen), or inverse-distance blocks.

    `rates_m_s` has shape (intervals, gauges). With the nearest gauge, zone number = gauge number, also for gauges
    that own no cell.
    """
    rates = np.asarray(rates_m_s, dtype=np.float64)
    places = np.column_stack([np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)])
    if rates.ndim != 2 or rates.shape[1] != places.shape[0] or places.shape[0] == 0:
        raise ValueError(f"rates_m_s of shape {rates.shape} must have one column per gauge ({places.shape[0]})")
    if not np.all(np.isfinite(places)):
        raise ValueError("gauge coordinates must be finite")
    if inverse_distance is None:
        centres = np.column_stack([a.ravel() for a in np.meshgrid(grid.x_centres, grid.y_centres)])
        nearest = cKDTree(places).query(centres)[1]
        return RainForcing(edges_s, rates, _zone_map(nearest.reshape(grid.shape), places.shape[0]))
    zone, x_block, y_block = _blocks(grid, inverse_distance.block_cells)
    distance = np.hypot(x_block[:, None] - places[:, 0], y_block[:, None] - places[:, 1])
    relative = distance / np.maximum(distance.min(axis=1, keepdims=True), 1e-3)  # 1 mm: a gauge at the very centre
    weight = np.maximum(relative, 1.0) ** -inverse_distance.power
    weight /= weight.sum(axis=1, keepdims=True)
    return RainForcing(edges_s, rates @ weight.T, zone)


def gridded_rain(
    grid: Grid, x_m: np.ndarray, y_m: np.ndarray, edges_s: np.ndarray, rates_m_s: np.ndarray
) -> RainForcing:
    """Rain of a rectilinear rain grid: each cell of the model takes the rain cell with the nearest centre.

    `x_m` (nx,) and `y_m` (ny,) are the centres in the CRS of the model grid, in any order; `rates_m_s` has shape
    (intervals, ny, nx). Only rain cells that are used become zones. Model cells beyond the rain grid take its edge.
    """
    rates = np.asarray(rates_m_s, dtype=np.float64)
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    if rates.ndim != 3 or rates.shape[1:] != (y.size, x.size) or rates.size == 0:
        raise ValueError(f"rates_m_s of shape {rates.shape} must be (intervals, {y.size}, {x.size})")
    row, col = _nearest(y, grid.y_centres), _nearest(x, grid.x_centres)
    rows_used, row_number = np.unique(row, return_inverse=True)
    cols_used, col_number = np.unique(col, return_inverse=True)
    zone = row_number[:, None] * cols_used.size + col_number[None, :]
    used = rates[:, rows_used][:, :, cols_used].reshape(rates.shape[0], -1)
    return RainForcing(edges_s, used, _zone_map(zone, used.shape[1]))


def _nearest(centres: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of the nearest centre for each wanted coordinate; of two equally near ones the lower coordinate."""
    order = np.argsort(centres, kind="stable")
    rising = centres[order]
    return order[np.searchsorted(0.5 * (rising[1:] + rising[:-1]), wanted, side="left")]


def _blocks(grid: Grid, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Square blocks of cells: zone map, and x and y of the centre of each block's cells."""
    row_block, col_block = np.arange(grid.rows) // size, np.arange(grid.cols) // size
    blocks_across = int(col_block[-1]) + 1
    zone = row_block[:, None] * blocks_across + col_block[None, :]
    x_block = np.bincount(col_block, grid.x_centres) / np.bincount(col_block)
    y_block = np.bincount(row_block, grid.y_centres) / np.bincount(row_block)
    y_all, x_all = np.meshgrid(y_block, x_block, indexing="ij")
    return _zone_map(zone, x_all.size), x_all.ravel(), y_all.ravel()


def _zone_map(zone: np.ndarray, zones: int) -> np.ndarray:
    if zones > _MOST_ZONES:
        raise ValueError(f"{zones} rain zones; at most {_MOST_ZONES} (use larger blocks or a coarser rain grid)")
    return zone.astype(np.uint16)
