"""Water put in, held and let out at cells and edges, each step, in float64 and booked; run by one thread."""

from __future__ import annotations

import numpy as np

from hazards.surface.compiled import kernel
from hazards.surface.kernels import open_edge
from hazards.surface.state import INFLOW, OUTFLOW
from hazards.surface.tiles import is_fast

_NO_WALL = np.float32(1e29)


@kernel
def series_integral(time, value, first, end, t0, t1):  # type: ignore[no-untyped-def]
    """Exact integral from t0 to t1 of the series time[first:end], value[first:end]; ends keep their value."""
    total = 0.0
    if t0 < time[first]:
        total += value[first] * (min(t1, time[first]) - t0)
    if t1 > time[end - 1]:
        total += value[end - 1] * (t1 - max(t0, time[end - 1]))
    for k in range(first, end - 1):
        a = max(t0, time[k])
        b = min(t1, time[k + 1])
        if b > a:
            slope = (value[k + 1] - value[k]) / (time[k + 1] - time[k])
            total += (b - a) * (value[k] + slope * (0.5 * (a + b) - time[k]))
    return total


@kernel
def series_value(time, value, first, end, t):  # type: ignore[no-untyped-def]
    """Value of the series at t."""
    if t <= time[first]:
        return value[first]
    for k in range(first, end - 1):
        if t <= time[k + 1]:
            return value[k] + (value[k + 1] - value[k]) * (t - time[k]) / (time[k + 1] - time[k])
    return value[end - 1]


@kernel
def put(h, lead, rest, i, j, total):  # type: ignore[no-untyped-def]
    """Set depth plus residue of a cell to `total` (float64, m, >= 0)."""
    h[i, j] = np.float32(total)
    lead[i, j] = max(h[i, j], np.float32(0.0))
    rest[i, j] = np.float32(total - np.float64(h[i, j]))


@kernel
def inflow_rises(inflows, tiles, now, ahead, area):  # type: ignore[no-untyped-def]
    """Fastest rise (m/s) that an inflow alone brings to its cells from `now` to `now + ahead`: to any, to slow ones."""
    rise = slow = 0.0
    for k in range(inflows.cell_start.size - 1):
        cells = inflows.cell_start[k + 1] - inflows.cell_start[k]
        first, end = inflows.time_start[k], inflows.time_start[k + 1]
        flow = max(
            series_value(inflows.time, inflows.value, first, end, now),
            series_value(inflows.time, inflows.value, first, end, now + ahead),
        )
        rise = max(rise, flow / (cells * area))
        for c in range(inflows.cell_start[k], inflows.cell_start[k + 1]):
            if not is_fast(tiles, inflows.row[c], inflows.col[c]):
                slow = max(slow, flow / (cells * area))
    return rise, slow


@kernel
def point_rises(points, tiles):  # type: ignore[no-untyped-def]
    """Fastest rise (m/s) that the points bring to a cell: to any, to slow ones."""
    rise = slow = 0.0
    for k in range(points.rise.size):
        rise = max(rise, points.rise[k])
        if points.rise[k] > slow and not is_fast(tiles, points.row[k], points.col[k]):
            slow = points.rise[k]
    return rise, slow


@kernel
def add_inflows(h, lead, rest, deepest, inflows, now, dt, area, book):  # type: ignore[no-untyped-def]
    """Add what the inflows bring from `now` to `now + dt`; return the greatest depth among their cells."""
    greatest = 0.0
    for k in range(inflows.cell_start.size - 1):
        first, end = inflows.cell_start[k], inflows.cell_start[k + 1]
        volume = series_integral(
            inflows.time, inflows.value, inflows.time_start[k], inflows.time_start[k + 1], now, now + dt
        )
        if volume > 0.0:
            share = volume / ((end - first) * area)
            for c in range(first, end):
                i, j = inflows.row[c], inflows.col[c]
                put(h, lead, rest, i, j, np.float64(h[i, j]) + np.float64(rest[i, j]) + share)
                deepest[i, j] = max(deepest[i, j], h[i, j])
                greatest = max(greatest, np.float64(h[i, j]))
            book[INFLOW] += volume
    return greatest


@kernel
def add_points(h, lead, rest, deepest, points, dt, area, book):  # type: ignore[no-untyped-def]
    """Add what the point sources bring in `dt`; return the greatest depth among their cells."""
    greatest = 0.0
    for k in range(points.row.size):
        volume = points.rate[k] * dt
        if volume > 0.0:
            i, j = points.row[k], points.col[k]
            put(h, lead, rest, i, j, np.float64(h[i, j]) + np.float64(rest[i, j]) + volume / area)
            deepest[i, j] = max(deepest[i, j], h[i, j])
            greatest = max(greatest, np.float64(h[i, j]))
            book[points.place[k]] += volume
    return greatest


@kernel
def hold_stages(h, lead, rest, z, deepest, stages, now, area, book):  # type: ignore[no-untyped-def]
    """Set the held cells to their stage; return the greatest depth among them."""
    greatest = 0.0
    for k in range(stages.cell_start.size - 1):
        level = series_value(stages.time, stages.value, stages.time_start[k], stages.time_start[k + 1], now)
        for c in range(stages.cell_start[k], stages.cell_start[k + 1]):
            i, j = stages.row[c], stages.col[c]
            before = np.float64(h[i, j]) + np.float64(rest[i, j])
            put(h, lead, rest, i, j, max(level - np.float64(z[i, j]), 0.0))
            gain = (np.float64(h[i, j]) + np.float64(rest[i, j]) - before) * area
            if gain > 0.0:
                book[INFLOW] += gain
            else:
                book[OUTFLOW] -= gain
            deepest[i, j] = max(deepest[i, j], h[i, j])
            greatest = max(greatest, np.float64(h[i, j]))
    return greatest


@kernel
def deepest_slow(h, tiles, sources):  # type: ignore[no-untyped-def]
    """Greatest depth (m) among the cells of inflows, stages or points that take long steps."""
    greatest = 0.0
    for k in range(sources.row.size):
        if not is_fast(tiles, sources.row[k], sources.col[k]):
            greatest = max(greatest, np.float64(h[sources.row[k], sources.col[k]]))
    return greatest


@kernel
def _edge_flow(f, i, j, inward_i, inward_j, flow, level, dt, number):  # type: ignore[no-untyped-def]
    """Outflow per width from edge cell (i, j) over a face at `level`; the way inward is (inward_i, inward_j).

    The slope is that of the water between the first and second cell behind the edge cell: taken at the edge cell
    itself, a falling level would steepen its own outflow, and the edge would never come to rest.
    """
    if level > _NO_WALL:
        return np.float32(0.0)
    depth = f.h[i, j] - max(level - f.z[i, j], np.float32(0.0))
    near_i, near_j = i + inward_i, j + inward_j
    far_i, far_j = near_i + inward_i, near_j + inward_j
    drop = bed_drop = 0.0
    if 0 <= near_i < f.h.shape[0] and 0 <= near_j < f.h.shape[1]:
        bed_drop = np.float64(f.z[near_i, near_j] - f.z[i, j])
    if 0 <= far_i < f.h.shape[0] and 0 <= far_j < f.h.shape[1] and f.h[near_i, near_j] > number.flow_depth:
        drop = np.float64(f.h[far_i, far_j] - f.h[near_i, near_j]) + np.float64(f.z[far_i, far_j] - f.z[near_i, near_j])
    return open_edge(
        np.float64(flow),
        np.float64(depth),
        drop,
        bed_drop,
        np.float64(f.friction[i, j]),
        number.dx,
        dt,
        number.gravity,
        number.flow_depth,
        number.least_slope,
    )


@kernel
def set_edges(f, tiles, dt, long_dt, every, number):  # type: ignore[no-untyped-def]
    """Set the flow over the four outer edges, of slow cells where it is `every` cell's turn; walls get none."""
    rows, cols = f.h.shape
    for i in range(rows):
        fast = is_fast(tiles, i, 0)
        if fast or every:
            step = dt if fast else long_dt
            f.qx[i, 0] = -_edge_flow(f, i, 0, 0, 1, -f.qx[i, 0], f.zx[i, 0], step, number)
        fast = is_fast(tiles, i, cols - 1)
        if fast or every:
            step = dt if fast else long_dt
            f.qx[i, cols] = _edge_flow(f, i, cols - 1, 0, -1, f.qx[i, cols], f.zx[i, cols], step, number)
    for j in range(cols):
        fast = is_fast(tiles, 0, j)
        if fast or every:
            step = dt if fast else long_dt
            f.qy[0, j] = -_edge_flow(f, 0, j, 1, 0, -f.qy[0, j], f.zy[0, j], step, number)
        fast = is_fast(tiles, rows - 1, j)
        if fast or every:
            step = dt if fast else long_dt
            f.qy[rows, j] = _edge_flow(f, rows - 1, j, -1, 0, f.qy[rows, j], f.zy[rows, j], step, number)


@kernel
def edge_outflow(f):  # type: ignore[no-untyped-def]
    """Flow (m2/s, times the cell width m3/s) that leaves over the four edges."""
    rows, cols = f.h.shape
    total = 0.0
    for i in range(rows):
        total += np.float64(f.qx[i, cols]) - np.float64(f.qx[i, 0])
    for j in range(cols):
        total += np.float64(f.qy[rows, j]) - np.float64(f.qy[0, j])
    return total
