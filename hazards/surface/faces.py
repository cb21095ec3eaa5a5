"""What stands between cells: bed levels of faces, raised buildings, and the crests of walls and embankments."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from data.schema.grid import Grid

WALL = np.float32(1e30)  # level of a face that water never passes


def raise_buildings(bed: np.ndarray, building: np.ndarray, height_m: float | np.ndarray) -> np.ndarray:
    """Bed level (m) with the cells where `building` is true raised by `height_m` (m): rain runs off them."""
    if not np.all(np.asarray(height_m) > 0.0):
        raise ValueError("height_m must be > 0")
    return np.where(building, bed + height_m, bed)


def face_levels(
    bed: np.ndarray,
    crest: np.ndarray | None,
    axis: int,
    lowest_m: float,
    open_first: bool = False,
    open_last: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels of the faces across `axis` and where a crest stands above the bed.

    Parameters: `bed` (rows, cols) in m, NaN outside; `crest` with one more entry along `axis`, m, -inf where none;
    `lowest_m` is taken off every level. Returns (level float32, start, position): a face has the higher bed of its two
    cells or its crest; faces beside NaN are walls, and so are the outermost unless their edge is open. `start`
    (rows of faces + 1) and `position` list, row by row, the columns of the faces whose crest lies above the bed: there
    the flow is that of a weir.
    """
    first, second = (bed[:, :-1], bed[:, 1:]) if axis == 1 else (bed[:-1], bed[1:])
    inner = np.maximum(first, second)
    shape = (bed.shape[0] + (axis == 0), bed.shape[1] + (axis == 1))
    level = np.full(shape, np.inf)
    inside = (slice(None), slice(1, -1)) if axis == 1 else (slice(1, -1), slice(None))
    level[inside] = np.where(np.isnan(inner), np.inf, inner)
    over = np.zeros(shape, bool)
    for is_open, outer in ((open_first, 0), (open_last, -1)):
        if is_open:
            edge = np.take(bed, outer, axis)
            np.moveaxis(level, axis, 0)[outer] = np.where(np.isnan(edge), np.inf, edge)
    if crest is not None:
        if crest.shape != shape:
            raise ValueError(f"crest has shape {crest.shape}, expected {shape}")
        if np.isnan(crest).any():
            raise ValueError("crest holds NaN; -inf means none")
        over[inside] = ((crest > level) & np.isfinite(crest))[inside]
        level = np.maximum(level, crest)
    start = np.concatenate([[0], np.cumsum(over.sum(axis=1))]).astype(np.int64)
    position = np.nonzero(over)[1].astype(np.int64)
    relative = np.where(np.isfinite(level), level - lowest_m, WALL)
    return relative.astype(np.float32), start, position


def barrier_crests(
    grid: Grid, lines: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray | float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Crest levels on the faces of the grid from polylines (x, y, crest), each in metres.

    Vertices move to the nearest cell corner and every segment becomes a connected path of cell sides, so water that
    goes from side to side finds no diagonal gap. Along a segment the crest is interpolated; where lines meet, the
    higher holds. Returns (crest_x (rows, cols + 1), crest_y (rows + 1, cols)), -inf where nothing stands.
    """
    crest_x = np.full((grid.rows, grid.cols + 1), -np.inf)
    crest_y = np.full((grid.rows + 1, grid.cols), -np.inf)
    for x, y, crest in lines:
        crest = np.broadcast_to(np.asarray(crest, float), np.shape(x))
        column = np.rint((np.asarray(x, float) - grid.west_m) / grid.cell_m).astype(int)
        row = np.rint((grid.north_m - np.asarray(y, float)) / grid.cell_m).astype(int)
        for k in range(len(column) - 1):
            ends = row[k], column[k], row[k + 1], column[k + 1]
            for where, along in _corner_path(*ends):
                level = (1.0 - along) * crest[k] + along * crest[k + 1]
                _raise(crest_x, crest_y, where, level)
    return crest_x, crest_y


def _corner_path(row: int, column: int, row_end: int, column_end: int) -> list[tuple[tuple[int, int, bool], float]]:
    """Cell sides from corner to corner as ((row, column, vertical), share of the way), nearest to the straight line."""
    down, right = row_end - row, column_end - column
    steps_down, steps_right = abs(down), abs(right)
    total = steps_down + steps_right
    path = []
    gone_down = gone_right = 0
    for step in range(total):
        if (1 + 2 * gone_right) * steps_down < (1 + 2 * gone_down) * steps_right:
            next_column = column + (1 if right > 0 else -1)
            path.append(((row, min(column, next_column), False), (step + 0.5) / total))
            column = next_column
            gone_right += 1
        else:
            next_row = row + (1 if down > 0 else -1)
            path.append(((min(row, next_row), column, True), (step + 0.5) / total))
            row = next_row
            gone_down += 1
    return path


def _raise(crest_x: np.ndarray, crest_y: np.ndarray, where: tuple[int, int, bool], level: float) -> None:
    row, column, vertical = where
    crest = crest_x if vertical else crest_y
    if 0 <= row < crest.shape[0] and 0 <= column < crest.shape[1]:
        crest[row, column] = max(crest[row, column], level)
