"""Row kernels of the surface flow: faces and depths of a few rows, tracking, rain and losses of one.

Symbols: h depth (m), rest its rounding residue (m), qx and qy flow per width over the west and north faces (m2/s,
positive eastward and southward), z bed (m above the lowest), zx and zy face levels (m), friction g n^2. All float32.
Few rows are worked at a time so that a chunk of the raster stays in cache from its fluxes to its maxima, and more than
one because a call with so many arrays takes as long as a face takes of 50 columns.
"""

from __future__ import annotations

import numpy as np

from hazards.surface.arithmetic import FAST, HALF, ZERO, bits_of, face_flow, float_of
from hazards.surface.compiled import kernel
from hazards.surface.tiles import TILE_COLS, is_fast

_STRETCH = 64  # cells
NEXT = np.uint64(1)  # columns between bounds count unsigned: a signed one might be negative, and no vector code is made


@kernel(fastmath=FAST)
def flow_east(top, bottom, first, end, qx, qy, h, z, zx, plain, friction, peak, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    """Update the west-east faces first..end-1 of rows top..bottom-1; raise the bits of each column's greatest speed.

    Rows of faces that are `plain`, without a wall, take their levels from the beds: less memory to read.
    """
    for i in range(np.uint64(top), np.uint64(bottom)):
        if plain[i] != 0:
            for j in range(np.uint64(first), np.uint64(end)):
                level = max(z[i, j - NEXT], z[i, j])
                qx[i, j], speed = _east_face(i, j, level, qx, qy, h, z, friction, push, half_dt, flow_depth, easing)
                peak[j] = max(peak[j], bits_of(speed))
        else:
            for j in range(np.uint64(first), np.uint64(end)):
                level = zx[i, j]
                qx[i, j], speed = _east_face(i, j, level, qx, qy, h, z, friction, push, half_dt, flow_depth, easing)
                peak[j] = max(peak[j], bits_of(speed))


@kernel(fastmath=FAST)
def _east_face(i, j, level, qx, qy, h, z, friction, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    west = j - NEXT
    return face_flow(
        qx[i, j],
        HALF * min(abs(qy[i, west] + qy[i + 1, west]), abs(qy[i, j] + qy[i + 1, j])),
        h[i, west],
        h[i, j],
        z[i, west],
        z[i, j],
        level,
        friction[i, west] + friction[i, j],
        push,
        half_dt,
        flow_depth,
        easing,
    )


@kernel(fastmath=FAST)
def flow_south(top, bottom, first, end, qx, qy, h, z, zy, plain, friction, peak, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    """Update columns first..end-1 of the faces north of rows top..bottom-1, as `flow_east`."""
    for i in range(np.uint64(top), np.uint64(bottom)):
        if plain[i] != 0:
            for j in range(np.uint64(first), np.uint64(end)):
                level = max(z[i - NEXT, j], z[i, j])
                qy[i, j], speed = _south_face(i, j, level, qx, qy, h, z, friction, push, half_dt, flow_depth, easing)
                peak[j] = max(peak[j], bits_of(speed))
        else:
            for j in range(np.uint64(first), np.uint64(end)):
                level = zy[i, j]
                qy[i, j], speed = _south_face(i, j, level, qx, qy, h, z, friction, push, half_dt, flow_depth, easing)
                peak[j] = max(peak[j], bits_of(speed))


@kernel(fastmath=FAST)
def _south_face(i, j, level, qx, qy, h, z, friction, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    above = i - NEXT
    return face_flow(
        qy[i, j],
        HALF * min(abs(qx[above, j] + qx[above, j + NEXT]), abs(qx[i, j] + qx[i, j + NEXT])),
        h[above, j],
        h[i, j],
        z[above, j],
        z[i, j],
        level,
        friction[above, j] + friction[i, j],
        push,
        half_dt,
        flow_depth,
        easing,
    )


@kernel(fastmath=FAST)
def weir_limit(i, down, q, h, z, level, start, position, coefficient, tiles, every):  # type: ignore[no-untyped-def]
    """Hold the flow over the crests of face row i to coefficient * head^1.5 (free overfall at critical depth).

    `down` is 1 where the faces lie between rows i - 1 and i, 0 where they lie between columns j - 1 and j. Unless it is
    `every` face's turn, those are passed over that do not lie among fast tiles.
    """
    for k in range(start[i], start[i + 1]):
        j = position[k]
        if not (every or (is_fast(tiles, i, j) and is_fast(tiles, i - down, j - 1 + down))):
            continue
        above_first = h[i - down, j - 1 + down] + (z[i - down, j - 1 + down] - level[i, j])
        above_second = h[i, j] + (z[i, j] - level[i, j])
        head = max(max(above_first, above_second), ZERO)
        most = coefficient * head * np.sqrt(head)
        q[i, j] = min(max(q[i, j], -most), most)


@kernel(fastmath=FAST)
def fill(top, bottom, first, end, h, lead, rest, qx, qy, deepest, row_union, peak, dt_over_dx, lead_share):  # type: ignore[no-untyped-def]
    """Update depths first..end-1 of rows top..bottom-1 by compensated sums; add their bits to the union of the row.

    `lead` becomes the depth and `lead_share` of its change: what the faces of the next step see (FlowParameters).
    `peak` is raised to the bits of each column's greatest depth; a NaN shows as one above infinity.

    The union is negative where any depth is: such rows are repaired after the sweep. An empty `deepest` is left out.
    """
    for i in range(np.uint64(top), np.uint64(bottom)):
        union = np.int32(0)
        if deepest.shape[0] != 0:
            for j in range(np.uint64(first), np.uint64(end)):
                after = _fill_cell(i, j, h, lead, rest, qx, qy, dt_over_dx, lead_share)
                deepest[i, j] = max(deepest[i, j], after)
                bits = bits_of(after)
                peak[j] = max(peak[j], bits)
                union |= bits
        else:
            for j in range(np.uint64(first), np.uint64(end)):
                bits = bits_of(_fill_cell(i, j, h, lead, rest, qx, qy, dt_over_dx, lead_share))
                peak[j] = max(peak[j], bits)
                union |= bits
        row_union[i] |= union


@kernel(fastmath=FAST)
def _fill_cell(i, j, h, lead, rest, qx, qy, dt_over_dx, lead_share):  # type: ignore[no-untyped-def]
    change = rest[i, j] + dt_over_dx * ((qx[i, j] - qx[i, j + NEXT]) + (qy[i, j] - qy[i + NEXT, j]))
    before = h[i, j]
    after = before + change
    rest[i, j] = change - (after - before)
    h[i, j] = after
    lead[i, j] = max(after + lead_share * (after - before), ZERO)
    return after


@kernel
def note_peaks(t, peak, tile_bits):  # type: ignore[no-untyped-def]
    """Raise the greatest values (bits) of the tiles of tile row t by those of the columns, which begin anew."""
    for u in range(tile_bits.shape[1]):
        greatest = np.int32(0)
        for j in range(np.uint64(u * TILE_COLS), np.uint64(min((u + 1) * TILE_COLS, peak.size))):
            greatest = max(greatest, peak[j])
            peak[j] = 0
        tile_bits[t, u] = max(tile_bits[t, u], greatest)


@kernel(fastmath=FAST)
def track_motion(i, h, qx, qy, deepest, fastest, strongest, speed_depth, speed_scale):  # type: ignore[no-untyped-def]
    """Raise the greatest depth (m), speed (m/s) and depth times speed (m2/s) of row i.

    The flow at a cell is the mean of its opposite faces; depth times speed is its magnitude. The speed is at most
    speed_scale * sqrt(depth): a thin film that a deeper neighbour feeds does not race.
    """
    for j in range(h.shape[1]):
        east = HALF * (qx[i, j] + qx[i, j + 1])
        south = HALF * (qy[i, j] + qy[i + 1, j])
        depth = h[i, j]
        deepest[i, j] = max(deepest[i, j], depth)
        flow = np.sqrt(east * east + south * south)
        flow = flow if depth > speed_depth else ZERO
        strongest[i, j] = max(strongest[i, j], flow)
        speed = min(flow / max(depth, speed_depth), speed_scale * np.sqrt(max(depth, ZERO)))
        fastest[i, j] = max(fastest[i, j], speed)


@kernel(fastmath=FAST)
def track_ponding(i, h, arrival, last, ponded, ponding_depth, now, since):  # type: ignore[no-untyped-def]
    """Note first and last time (s) and duration (s) of row i above the ponding depth; `since` is the time covered.

    Stretches of the row without such a cell are passed over, so that their times need not be read.
    """
    cols = h.shape[1]
    for first in range(0, cols, _STRETCH):
        end = min(cols, first + _STRETCH)
        greatest = np.int32(0)
        for j in range(first, end):
            greatest = max(greatest, bits_of(h[i, j]))
        if float_of(greatest) > ponding_depth:
            for j in range(first, end):
                wet = h[i, j] > ponding_depth
                arrival[i, j] = min(arrival[i, j], now) if wet else arrival[i, j]
                last[i, j] = now if wet else last[i, j]
                ponded[i, j] += since if wet else ZERO


@kernel(fastmath=FAST)
def add_rain(i, rest, zone, rain):  # type: ignore[no-untyped-def]
    """Add the rain of each cell's zone (m) to the residues of row i; `take_losses` then settles them."""
    if rain.size == 2:  # one zone and the outside
        everywhere = rain[0]
        for j in range(rest.shape[1]):
            rest[i, j] += everywhere if zone[i, j] == 0 else ZERO
    else:
        for j in range(rest.shape[1]):
            rest[i, j] += rain[zone[i, j]]


@kernel(fastmath=FAST)
def take_losses(i, h, lead, rest, soil, capacity, drained, dt):  # type: ignore[no-untyped-def]
    """Take infiltration, then drainage from row i, never more than lies there, and settle depth and residue.

    `soil` holds the potential rate (m/s) and gets the depth that went in (m); `capacity` is the drainage rate (m/s);
    `drained` (1, cols) gets the depth that it took (m).
    """
    for j in range(h.shape[1]):
        there = h[i, j] + rest[i, j]
        into_soil = max(min(soil[i, j] * dt, there), ZERO)
        into_drain = max(min(capacity[i, j] * dt, there - into_soil), ZERO)
        soil[i, j] = into_soil
        drained[0, j] = into_drain
        rest[i, j] = rest[i, j] - into_soil - into_drain
    for j in range(h.shape[1]):
        before = h[i, j]
        change = rest[i, j]
        after = before + change
        dry = after <= ZERO
        rest[i, j] = ZERO if dry else change - (after - before)
        h[i, j] = ZERO if dry else after
        lead[i, j] = max(lead[i, j] + (h[i, j] - before), ZERO)


@kernel(fastmath={"reassoc", "contract"})
def row_sum(i, values):  # type: ignore[no-untyped-def]
    """Sum of row i in float64."""
    total = 0.0
    for j in range(values.shape[1]):
        total += np.float64(values[i, j])
    return total


@kernel
def open_edge(flow, depth, drop, bed_drop, friction, dx, dt, gravity, flow_depth, least_slope):  # type: ignore[no-untyped-def]
    """Outflow per width (m2/s) over an open edge after one step from `flow` (>= 0), by the rule of `face_flow`.

    It tends to Manning's normal flow on the slope drop/dx; taking that at once would make the edge cell swing. Water
    that falls off freely leaves at critical flow (Froude number 1; Chow, Open-Channel Hydraulics, 1959, section 3-4)
    and no faster, unless the bed before the edge, bed_drop/dx, is steep enough for more: without this bound the water
    draws itself down ever faster, and the bank of a river that leaves at an angle passes for its slope.
    """
    if depth <= flow_depth:
        return ZERO
    slope = max(drop / dx, least_slope)
    wanted = flow + gravity * dt * depth * slope
    friction_dt = dt * friction / (depth * depth * np.cbrt(depth))
    normal = 2.0 * wanted / (1.0 + np.sqrt(1.0 + 4.0 * friction_dt * wanted))
    critical = depth * np.sqrt(gravity * depth)
    if normal <= critical:
        return np.float32(normal)
    down_the_bed = depth * np.cbrt(depth * depth) * np.sqrt(gravity * max(bed_drop / dx, 0.0) / friction)
    return np.float32(min(normal, max(critical, down_the_bed)))
