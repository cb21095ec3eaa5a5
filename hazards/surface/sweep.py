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
    flow_south,
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
def _faces_south(top, bottom, f, desk, crests, number, turn, peak):  # type: ignore[no-untyped-def]
    """Faces north of rows top..bottom-1 whose turn it is; the rows lie in one row of tiles, or are its first alone."""
    above, t = (top - 1) // TILE_ROWS, top // TILE_ROWS
    tiles = desk.tiles
    u = 0
    while u < tiles.shape[1]:
        stop = run_end(tiles, above, t, u)
        fast = fast_between(tiles, above, u, t, u)
        if fast or turn.every:
            pace = turn.fast if fast else turn.slow
            first, end = u * TILE_COLS, min(stop * TILE_COLS, f.h.shape[1])
            rasters = f.qx, f.qy, f.lead, f.z, f.zy, crests.plain_y, f.friction, peak
            flow_south(top, bottom, first, end, *rasters, pace.push, pace.half_dt, turn.flow_depth, turn.easing)
        u = stop
    weir = np.float32(number.weir_coefficient)
    for i in range(top, bottom):
        if crests.start_y[i] < crests.start_y[i + 1]:
            weir_limit(i, 1, f.qy, f.h, f.z, f.zy, crests.start_y, crests.position_y, weir, tiles, turn.every)


@kernel
def _run_east(top, bottom, first, end, f, crests, turn, pace, peak):  # type: ignore[no-untyped-def]
    """Inner west-east faces first..end-1 of rows top..bottom-1."""
    rasters = f.qx, f.qy, f.lead, f.z, f.zx, crests.plain_x, f.friction, peak
    flow_east(top, bottom, max(first, 1), end, *rasters, pace.push, pace.half_dt, turn.flow_depth, turn.easing)


@kernel
def _faces_east(top, bottom, f, desk, crests, number, turn, peak, aside):  # type: ignore[no-untyped-def]
    """Inner west-east faces of rows top..bottom-1 of a row of tiles whose turn it is.

    A face between a fast and a slow tile is slow. A run of fast ones works it all the same, for whole tiles fill the
    vectors, and takes that back.
    """
    t = top // TILE_ROWS
    tiles = desk.tiles
    u = 0
    while u < tiles.shape[1]:
        stop = run_end(tiles, t, t, u)
        fast = is_fast_tile(tiles, t, u)
        if fast or turn.every:
            first, end = u * TILE_COLS, min(stop * TILE_COLS, f.h.shape[1])
            beside_slow = fast and u > 0
            speed = peak[first]
            if beside_slow:
                for i in range(top, bottom):
                    aside[i - top] = f.qx[i, first]
            _run_east(top, bottom, first, end, f, crests, turn, turn.fast if fast else turn.slow, peak)
            if beside_slow:
                for i in range(top, bottom):
                    f.qx[i, first] = aside[i - top]
                peak[first] = speed
                if turn.every:
                    _run_east(top, bottom, first, first + 1, f, crests, turn, turn.slow, peak)
        u = stop
    weir = np.float32(number.weir_coefficient)
    for i in range(top, bottom):
        if crests.start_x[i] < crests.start_x[i + 1]:
            weir_limit(i, 0, f.qx, f.h, f.z, f.zx, crests.start_x, crests.position_x, weir, tiles, turn.every)


@kernel
def _depths(top, bottom, f, desk, number, turn, peak):  # type: ignore[no-untyped-def]
    """Depths of rows top..bottom-1 of a row of tiles whose turn it is."""
    t = top // TILE_ROWS
    tiles = desk.tiles
    lead_share = np.float32(number.lead_share)
    u = 0
    while u < tiles.shape[1]:
        stop = run_end(tiles, t, t, u)
        fast = is_fast_tile(tiles, t, u)
        if fast or turn.every:
            pace = turn.fast if fast else turn.slow
            first, end = u * TILE_COLS, min(stop * TILE_COLS, f.h.shape[1])
            deepest = f.deepest if number.deepest_each_step != 0 else f.deepest[:0]
            rasters = f.h, f.lead, f.rest, f.qx, f.qy, deepest, desk.row_union, peak
            fill(top, bottom, first, end, *rasters, pace.dt_over_dx, lead_share)
        u = stop


@kernel
def _sweep_tiles(me, f, desk, crests, number, top, bottom, last, turn):  # type: ignore[no-untyped-def]
    """Faces and depths of rows top..bottom-1 of a row of tiles; the faces north of `top` are already done.

    Those north of `bottom` are done here too unless it is the `last` of its block.
    """
    depths, speeds = desk.peaks[me, TILE_DEEPEST], desk.peaks[me, TILE_FASTEST]
    # South before east, always: friction on southward flow sees the old eastward flow, on eastward flow the new
    # southward one, whatever the blocks.
    _faces_south(top + 1, bottom, f, desk, crests, number, turn, speeds)
    if bottom < last:
        _faces_south(bottom, bottom + 1, f, desk, crests, number, turn, speeds)
    _faces_east(top, bottom, f, desk, crests, number, turn, speeds, desk.scratch[me])
    _depths(top, bottom, f, desk, number, turn, depths)
    note_peaks(top // TILE_ROWS, depths, desk.tile_bits[TILE_DEEPEST])
    note_peaks(top // TILE_ROWS, speeds, desk.tile_bits[TILE_FASTEST])


@kernel
def _sweep_block(me, f, desk, crests, number, first, end, turn):  # type: ignore[no-untyped-def]
    """Faces and depths of rows first..end-1; the faces north of `first` are already done."""
    dt = desk.clock[DT]
    now = np.float32(desk.clock[TIME] + dt)
    since = np.float32(desk.clock[TIME] + dt - desk.clock[LAST_TRACKING])
    speed_depth = np.float32(number.speed_depth)
    speed_scale = np.float32(number.speed_scale)
    ponding_depth = np.float32(number.ponding_depth)
    top = first
    while top < end:
        bottom = min((top // TILE_ROWS + 1) * TILE_ROWS, end)
        for i in range(top, bottom):
            desk.row_union[i] = 0
        if turn.every or any_fast(desk.tiles, top // TILE_ROWS):
            _sweep_tiles(me, f, desk, crests, number, top, bottom, end, turn)
        if desk.flags[TRACK] != 0:
            for i in range(top, bottom):
                track_motion(i, f.h, f.qx, f.qy, f.deepest, f.fastest, f.strongest, speed_depth, speed_scale)
                track_ponding(i, f.h, f.arrival, f.last, f.ponded, ponding_depth, now, since)
        top = bottom


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
        _faces_south(first, first + 1, f, desk, crests, number, turn, speeds)
        note_peaks(first // TILE_ROWS, speeds, desk.tile_bits[TILE_FASTEST])
