"""One block of rows of a phase: hydrology, the faces between blocks, or faces, depths and tracking.

Within a row the tiles that take short steps and those that take long ones are worked in runs (see tiles.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hazards.surface.compiled import kernel
from hazards.surface.kernels import (
    add_rain,
    fill,
    flow_east,
    flow_east_plain,
    flow_south,
    flow_south_plain,
    note_peaks,
    row_sum,
    take_losses,
    track_motion,
    track_ponding,
    weir_limit,
)
from hazards.surface.state import (
    DT,
    HYDROLOGY_DT,
    HYDROLOGY_PHASE,
    LAST_TRACKING,
    PART,
    PARTS,
    PHASE,
    SWEEP_PHASE,
    TILE_DEEPEST,
    TILE_FASTEST,
    TIME,
    TRACK,
)
from hazards.surface.tiles import TILE_COLS, TILE_ROWS, any_fast, fast_between, is_fast_tile, run_end


class Pace(NamedTuple):
    """What the length of a step makes of the numbers of the kernels, float32."""

    push: np.float32  # g dt/dx
    half_dt: np.float32
    dt_over_dx: np.float32


class Turn(NamedTuple):
    """What holds for all rows of one step."""

    fast: Pace
    slow: Pace
    every: bool  # slow tiles take their step with this one
    flow_depth: np.float32
    easing: np.float32


@kernel
def _pace(dt, number):  # type: ignore[no-untyped-def]
    return Pace(
        np.float32(number.gravity * dt / number.dx),
        np.float32(0.5 * dt),
        np.float32(dt / number.dx),
    )


@kernel
def _faces_south(i, f, desk, crests, number, turn, peak):  # type: ignore[no-untyped-def]
    """Faces between rows i - 1 and i whose turn it is."""
    above, t = (i - 1) // TILE_ROWS, i // TILE_ROWS
    tiles = desk.tiles
    u = 0
    while u < tiles.shape[1]:
        stop = run_end(tiles, above, t, u)
        fast = fast_between(tiles, above, u, t, u)
        if fast or turn.every:
            pace = turn.fast if fast else turn.slow
            first, end = u * TILE_COLS, min(stop * TILE_COLS, f.h.shape[1])
            rasters = f.qx, f.qy, f.lead, f.z, f.zy, f.friction, peak
            numbers = pace.push, pace.half_dt, turn.flow_depth, turn.easing
            if crests.plain_y[i] != 0:
                flow_south_plain(i, first, end, *rasters, *numbers)
            else:
                flow_south(i, first, end, *rasters, *numbers)
        u = stop
    if crests.start_y[i] < crests.start_y[i + 1]:
        weir = np.float32(number.weir_coefficient)
        weir_limit(i, 1, f.qy, f.h, f.z, f.zy, crests.start_y, crests.position_y, weir, tiles, turn.every)


@kernel
def _faces_east(i, f, desk, crests, number, turn, peak):  # type: ignore[no-untyped-def]
    """Inner west-east faces of row i whose turn it is; one between a fast and a slow tile is slow."""
    t = i // TILE_ROWS
    tiles = desk.tiles
    u = 0
    while u < tiles.shape[1]:
        stop = run_end(tiles, t, t, u)
        fast = is_fast_tile(tiles, t, u)
        if fast or turn.every:
            pace = turn.fast if fast else turn.slow
            first, end = u * TILE_COLS, min(stop * TILE_COLS, f.h.shape[1])
            if fast or u == 0:
                first += 1
            if not fast and stop < tiles.shape[1]:
                end += 1
            rasters = f.qx, f.qy, f.lead, f.z, f.zx, f.friction, peak
            numbers = pace.push, pace.half_dt, turn.flow_depth, turn.easing
            if crests.plain_x[i] != 0:
                flow_east_plain(i, first, end, *rasters, *numbers)
            else:
                flow_east(i, first, end, *rasters, *numbers)
        u = stop
    if crests.start_x[i] < crests.start_x[i + 1]:
        weir = np.float32(number.weir_coefficient)
        weir_limit(i, 0, f.qx, f.h, f.z, f.zx, crests.start_x, crests.position_x, weir, tiles, turn.every)


@kernel
def _depths(i, f, desk, number, turn, peak):  # type: ignore[no-untyped-def]
    """Depths of row i whose turn it is."""
    t = i // TILE_ROWS
    tiles = desk.tiles
    lead_share = np.float32(number.lead_share)
    union = np.int32(0)
    u = 0
    while u < tiles.shape[1]:
        stop = run_end(tiles, t, t, u)
        fast = is_fast_tile(tiles, t, u)
        if fast or turn.every:
            pace = turn.fast if fast else turn.slow
            first, end = u * TILE_COLS, min(stop * TILE_COLS, f.h.shape[1])
            rasters = f.h, f.lead, f.rest, f.qx, f.qy, f.deepest, peak
            union |= fill(i, first, end, *rasters, pace.dt_over_dx, lead_share)
        u = stop
    desk.row_union[i] = union


@kernel
def _sweep_block(me, f, desk, crests, number, first, end, turn):  # type: ignore[no-untyped-def]
    """Faces and depths of rows first..end-1; the faces north of `first` are already done."""
    dt = desk.clock[DT]
    now = np.float32(desk.clock[TIME] + dt)
    since = np.float32(desk.clock[TIME] + dt - desk.clock[LAST_TRACKING])
    speed_depth = np.float32(number.speed_depth)
    speed_scale = np.float32(number.speed_scale)
    ponding_depth = np.float32(number.ponding_depth)
    track = desk.flags[TRACK] != 0
    depths, speeds = desk.peaks[me, TILE_DEEPEST], desk.peaks[me, TILE_FASTEST]
    turns = True
    for i in range(first, end):
        if i % TILE_ROWS == 0:
            turns = turn.every or any_fast(desk.tiles, i // TILE_ROWS)
        # South before east, always: friction on southward flow sees the old eastward flow, on eastward flow the new
        # southward one, whatever the blocks.
        if i + 1 < end and turns:
            _faces_south(i + 1, f, desk, crests, number, turn, speeds)
        if turns:
            _faces_east(i, f, desk, crests, number, turn, speeds)
            _depths(i, f, desk, number, turn, depths)
        else:
            desk.row_union[i] = 0
        if turns and ((i + 1) % TILE_ROWS == 0 or i + 1 == end):
            note_peaks(i // TILE_ROWS, depths, desk.tile_bits[TILE_DEEPEST])
            note_peaks(i // TILE_ROWS, speeds, desk.tile_bits[TILE_FASTEST])
        if track:
            track_motion(i, f.h, f.qx, f.qy, f.fastest, f.strongest, speed_depth, speed_scale)
            track_ponding(i, f.h, f.arrival, f.last, f.ponded, ponding_depth, now, since)


@kernel
def _hydrology_block(f, desk, me, first, end):  # type: ignore[no-untyped-def]
    dt = np.float32(desk.clock[HYDROLOGY_DT])
    drained = desk.scratch[me : me + 1]
    for i in range(first, end):
        add_rain(i, f.rest, f.zone, desk.rain)
        take_losses(i, f.h, f.lead, f.rest, f.soil, f.capacity, drained, dt)
        desk.row_losses[i, 0] = row_sum(i, f.soil)
        desk.row_losses[i, 1] = row_sum(0, drained)


@kernel
def do_block(me, block, block_rows, f, crests, desk, number):  # type: ignore[no-untyped-def]
    """One block of rows of the phase under way."""
    rows = f.h.shape[0]
    first, end = block * block_rows, min(rows, (block + 1) * block_rows)
    phase = desk.flags[PHASE]
    if phase == HYDROLOGY_PHASE:
        _hydrology_block(f, desk, me, first, end)
        return
    dt = desk.clock[DT]
    turn = Turn(
        _pace(dt, number),
        _pace(dt * desk.flags[PARTS], number),
        desk.flags[PART] == 0,
        np.float32(number.flow_depth),
        np.float32(number.kinematic_ratio**2 / number.gravity),
    )
    if phase == SWEEP_PHASE:
        _sweep_block(me, f, desk, crests, number, first, end, turn)
    elif first > 0:
        speeds = desk.peaks[me, TILE_FASTEST]
        _faces_south(first, f, desk, crests, number, turn, speeds)
        note_peaks(first // TILE_ROWS, speeds, desk.tile_bits[TILE_FASTEST])
