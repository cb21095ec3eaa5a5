"""Keeps depths from falling below zero without inventing water."""

from __future__ import annotations

import numpy as np

from hazards.surface.compiled import kernel
from hazards.surface.sources import put
from hazards.surface.tiles import is_fast


@kernel
def _booked(tiles, i, j, dt_over_dx, parts_left):  # type: ignore[no-untyped-def]
    """What a flow (m2/s) to or from cell (i, j) comes to there (m): a slow cell has booked all parts left at once."""
    return dt_over_dx if is_fast(tiles, i, j) else dt_over_dx * parts_left


@kernel
def _sums(f, i, j, dt_over_dx):  # type: ignore[no-untyped-def]
    """What came into cell (i, j) in the step and what left it, in m of depth."""
    west, east = np.float64(f.qx[i, j]), np.float64(f.qx[i, j + 1])
    north, south = np.float64(f.qy[i, j]), np.float64(f.qy[i + 1, j])
    came = max(west, 0.0) + max(-east, 0.0) + max(north, 0.0) + max(-south, 0.0)
    left = max(-west, 0.0) + max(east, 0.0) + max(-north, 0.0) + max(south, 0.0)
    return came * dt_over_dx, left * dt_over_dx


@kernel
def _take_back(f, q, i, j, share, to_i, to_j, dt_over_dx, parts_left, desk, count):  # type: ignore[no-untyped-def]
    """Scale the flow over one face by `share` and take the difference from the cell that had received it."""
    stack, marked = desk.stack, desk.marked
    before = np.float64(q[i, j])
    q[i, j] = np.float32(before * share)
    rows, cols = f.h.shape
    if to_i < 0 or to_j < 0 or to_i >= rows or to_j >= cols:
        return count
    lost = abs(before - np.float64(q[i, j])) * _booked(desk.tiles, to_i, to_j, dt_over_dx, parts_left)
    put(f.h, f.lead, f.rest, to_i, to_j, np.float64(f.h[to_i, to_j]) + np.float64(f.rest[to_i, to_j]) - lost)
    if f.h[to_i, to_j] < 0.0 and marked[to_i, to_j] == 0:
        marked[to_i, to_j] = 1
        stack[count] = to_i * cols + to_j
        count += 1
    return count


@kernel
def repair(f, desk, dt_over_dx, parts_left):  # type: ignore[no-untyped-def]
    """Limit the outflow of every cell that a sweep left below zero to the water it held before.

    A cell so limited keeps what flowed in and cannot fall below zero again, so each is treated once. Its receivers get
    less and may need the same. Which cells are treated, and by how much, does not depend on the order. Nothing is
    clipped: what a cell does not give, its neighbour does not get. `dt_over_dx` is that of a short step, of which
    `parts_left`, this one with them, are to come in the long one. Returns the number of cells treated, -1 where a depth
    is not a number.
    """
    stack, marked = desk.stack, desk.marked
    rows, cols = f.h.shape
    count = 0
    for i in range(rows):
        if desk.row_union[i] < 0:
            for j in range(cols):
                if not f.h[i, j] >= 0.0:
                    if f.h[i, j] != f.h[i, j]:
                        return -1
                    marked[i, j] = 1
                    stack[count] = i * cols + j
                    count += 1
    done = 0
    while done < count:
        i, j = stack[done] // cols, stack[done] % cols
        done += 1
        own = _booked(desk.tiles, i, j, dt_over_dx, parts_left)
        came, left = _sums(f, i, j, own)
        held = max(np.float64(f.h[i, j]) + np.float64(f.rest[i, j]) - came + left, 0.0)
        share = min(held / left, 1.0) if left > 0.0 else 1.0
        if f.qx[i, j] < 0.0:
            count = _take_back(f, f.qx, i, j, share, i, j - 1, dt_over_dx, parts_left, desk, count)
        if f.qx[i, j + 1] > 0.0:
            count = _take_back(f, f.qx, i, j + 1, share, i, j + 1, dt_over_dx, parts_left, desk, count)
        if f.qy[i, j] < 0.0:
            count = _take_back(f, f.qy, i, j, share, i - 1, j, dt_over_dx, parts_left, desk, count)
        if f.qy[i + 1, j] > 0.0:
            count = _take_back(f, f.qy, i + 1, j, share, i + 1, j, dt_over_dx, parts_left, desk, count)
        # Until all are treated the cell shows what it kept plus what came in; others may still take from that.
        left_now = _sums(f, i, j, own)[1]
        put(f.h, f.lead, f.rest, i, j, held - left_now + came)
    for k in range(count):
        i, j = stack[k] // cols, stack[k] % cols
        if f.h[i, j] < 0.0:  # rounding of the last digit
            put(f.h, f.lead, f.rest, i, j, 0.0)
        f.deepest[i, j] = max(f.deepest[i, j], f.h[i, j])
        marked[i, j] = 0
    return count
