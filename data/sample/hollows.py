"""Fills hollows of a terrain up to the level at which they spill."""

from __future__ import annotations

import heapq

import numpy as np

from data.compiling import njit


@njit(cache=True)
def spill_levels(land: np.ndarray) -> np.ndarray:
    """Level (m) that water must reach in each cell to flow out over the edge of the raster, float64 (rows, cols).

    Priority-flood (Barnes, Lehman and Mulla 2014, Computers & Geosciences 62, algorithm 1) over the four neighbours:
    cells are visited from the edge inwards, lowest first, and a cell spills no lower than the one it drains to.
    """
    rows, cols = land.shape
    level = np.full(land.shape, np.inf)
    heap = [(land[0, 0], 0)]
    level[0, 0] = land[0, 0]
    for row in range(rows):
        for col in range(cols):
            edge = row in (0, rows - 1) or col in (0, cols - 1)
            if edge and not (row == 0 and col == 0):
                level[row, col] = land[row, col]
                heapq.heappush(heap, (land[row, col], row * cols + col))
    while heap:
        height, cell = heapq.heappop(heap)
        row, col = cell // cols, cell % cols
        for step_row, step_col in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            r, c = row + step_row, col + step_col
            if 0 <= r < rows and 0 <= c < cols and np.isinf(level[r, c]):
                level[r, c] = max(land[r, c], height)
                heapq.heappush(heap, (level[r, c], r * cols + c))
    return level
