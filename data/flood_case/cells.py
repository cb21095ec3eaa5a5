"""Which cells of a grid a point, a line or a polygon of a flood case means."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry import Polygon

from data.schema import Grid

Point = tuple[float, float]
Cells = tuple[np.ndarray, np.ndarray]  # rows and columns, int64, each cell once, in row-major order
_ON_THE_LINE = 1e-9  # of a cell: pieces shorter than this are a touch, not a crossing


def point_cells(grid: Grid, points: tuple[Point, ...]) -> Cells:
    """The cells that hold the points; a point on the outer border belongs to the cell inside, one beyond to none."""
    return _cells_of(grid, np.array(points))


def line_cells(grid: Grid, points: tuple[Point, ...]) -> Cells:
    """Every cell that the line runs through over some length; a cell touched at a corner alone is not among them.

    The line is cut where it crosses cell borders and each piece counts for the cell that holds its middle, so a
    line of 20 m along the border of a 5 m grid means exactly its four cells. A line exactly between two cells
    means the one to its east or south; on the outer border the one inside.
    """
    middles = []
    for (x0, y0), (x1, y1) in pairwise(points):
        cuts = np.concatenate(
            [[0.0, 1.0], _cuts(x0, x1, grid.west_m, grid.cell_m), _cuts(y0, y1, grid.north_m, grid.cell_m)]
        )
        cuts = np.unique(cuts)
        length = np.hypot(x1 - x0, y1 - y0)
        long_enough = np.diff(cuts) * length > _ON_THE_LINE * grid.cell_m
        t = (0.5 * (cuts[:-1] + cuts[1:]))[long_enough]
        middles.append(np.column_stack([x0 + t * (x1 - x0), y0 + t * (y1 - y0)]))
    return _cells_of(grid, np.concatenate(middles)) if middles else _cells_of(grid, np.empty((0, 2)))


def polygon_cells(grid: Grid, points: tuple[Point, ...]) -> Cells:
    """Every cell whose centre lies in the polygon."""
    inside = rasterize([Polygon(points)], out_shape=grid.shape, transform=Affine(*grid.affine), dtype=np.uint8)
    rows, cols = np.nonzero(inside)
    return rows.astype(np.int64), cols.astype(np.int64)


def is_outside(grid: Grid, points: tuple[Point, ...]) -> Point | None:
    """The first of the points that lies beyond the grid, or None; the outer border counts as inside."""
    west, south, east, north = grid.bounds
    slack = _ON_THE_LINE * grid.cell_m
    for x, y in points:
        if not (west - slack <= x <= east + slack and south - slack <= y <= north + slack):
            return x, y
    return None


def _cuts(a: float, b: float, origin: float, cell: float) -> np.ndarray:
    """Shares of the way from a to b at which a border of the cells is crossed."""
    if a == b:
        return np.empty(0)
    low, high = sorted(((a - origin) / cell, (b - origin) / cell))
    borders = origin + np.arange(np.ceil(low), np.floor(high) + 1.0) * cell
    shares = (borders - a) / (b - a)
    return shares[(shares > 0.0) & (shares < 1.0)]


def _cells_of(grid: Grid, xy: np.ndarray) -> Cells:
    x, y = xy[:, 0], xy[:, 1]
    col = np.floor((x - grid.west_m) / grid.cell_m + _ON_THE_LINE).astype(np.int64)
    row = np.floor((grid.north_m - y) / grid.cell_m + _ON_THE_LINE).astype(np.int64)
    slack = _ON_THE_LINE * grid.cell_m
    inside = (x >= grid.west_m - slack) & (x <= grid.east_m + slack)
    inside &= (y >= grid.south_m - slack) & (y <= grid.north_m + slack)
    row = np.clip(row, 0, grid.rows - 1)[inside]
    col = np.clip(col, 0, grid.cols - 1)[inside]
    flat = np.unique(row * grid.cols + col)
    return flat // grid.cols, flat % grid.cols
