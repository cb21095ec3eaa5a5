"""The compiled step loop: hydrology, step size, faces, depths, tracking, books, until a given time.

All threads run `run_until`: number 0 leads and does what is short and must be done once, between phases; blocks of rows
are shared out by ticket. Every value is computed from the same operands whatever the number of threads and the blocks,
so results are equal to the last bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hazards.surface.arithmetic import float_of
from hazards.surface.compiled import kernel, source_stamp
from hazards.surface.crew import finish_ticket, open_phase, take_ticket, wait_for_blocks, wait_for_work
from hazards.surface.repair import repair
from hazards.surface.sources import (
    add_inflows,
    add_points,
    deepest_slow,
    edge_outflow,
    hold_stages,
    inflow_rises,
    point_rises,
    set_edges,
)
from hazards.surface.state import (
    BORDER_PHASE,
    BUILD,
    CAUTION,
    DEEPEST,
    DONE,
    DRAINED,
    DT,
    FASTEST,
    FINE,
    HYDROLOGY,
    HYDROLOGY_PHASE,
    INFILTRATED,
    LAND,
    LAST_TRACKING,
    LONG_DT,
    LONG_END,
    NEXT_DT,
    NEXT_TRACKING,
    NOT_A_NUMBER,
    OPEN,
    OUTFLOW,
    PART,
    PARTS,
    PARTS_WANTED,
    PHASE,
    REPAIRED,
    SHARED_SINCE,
    SLOW_DEEPEST,
    SLOW_FASTEST,
    STATUS,
    STEP_TOO_SHORT,
    STEPS,
    STOP,
    SWEEP_PHASE,
    TILE_DEEPEST,
    TILE_FASTEST,
    TIME,
    TRACK,
    TRACK_LONG,
)
from hazards.surface.sweep import do_block
from hazards.surface.tiles import SHARED_AFTER, forget_fast, greatest_bits, share_out

_TIME_SLACK = 1e-9  # s
_ROUNDING = 1.0 + 1e-9
_INFINITY_BITS = np.int32(0x7F800000)


@kernel
def _stable_step(deepest, fastest, number):  # type: ignore[no-untyped-def]
    """Longest stable step (s) for water of this depth (m) and speed (m/s), infinite where it stands dry."""
    dt = np.inf
    if deepest > 0.0:
        dt = min(dt, number.courant * number.dx / np.sqrt(number.gravity * deepest))
    if fastest > 0.0:
        dt = min(dt, number.advective_courant * number.dx / fastest)
    return dt


@kernel
def _heaping_step(rise, number):  # type: ignore[no-untyped-def]
    """Longest step (s) in which water that rises at this rate (m/s) from a dry cell does not outrun `courant`."""
    return np.cbrt((number.courant * number.dx) ** 2 / (number.gravity * rise)) if rise > 0.0 else np.inf


@kernel
def _choose_step(desk, inflows, points, number):  # type: ignore[no-untyped-def]
    """Longest stable long step, noted in the clock, shortened so that equal ones land on the requested time.

    Equal, for a rhythm of long and short steps makes the shortest waves grow that `lead_share` damps: landing every 5 s
    with steps of 2.0, 1.5 and 1.5 s raised a checkerboard of 0.4 m on a pond 0.7 m deep.
    """
    clock, flags = desk.clock, desk.flags
    dt = min(number.longest_step, clock[CAUTION] * _stable_step(clock[DEEPEST], clock[FASTEST], number))
    slow_dt = clock[CAUTION] * _stable_step(clock[SLOW_DEEPEST], clock[SLOW_FASTEST], number)
    slow_dt = min(min(number.longest_step, slow_dt), flags[PARTS_WANTED] * dt)
    # Water that a source heaps up in the step itself must not run further than `courant` either.
    inflow_rise, slow_inflow_rise = inflow_rises(inflows, desk.tiles, clock[TIME], max(dt, slow_dt), number.dx**2)
    point_rise, slow_point_rise = point_rises(points, desk.tiles)
    dt = min(dt, _heaping_step(inflow_rise + point_rise, number))
    slow_dt = min(slow_dt, _heaping_step(slow_inflow_rise + slow_point_rise, number))
    parts = 1
    while parts < flags[PARTS_WANTED] and (parts + 1) * dt <= slow_dt * _ROUNDING:
        parts += 1
    flags[PARTS] = parts
    clock[NEXT_DT] = parts * dt
    ahead = clock[LAND] - clock[TIME]
    if dt < number.shortest_step:
        flags[STATUS] = STEP_TOO_SHORT
    return ahead / max(np.ceil(ahead / (parts * dt)), 1.0)


@kernel
def _begin_long_step(desk, inflows, points, number):  # type: ignore[no-untyped-def]
    """Choose the step; or say that the loop is done."""
    clock, flags = desk.clock, desk.flags
    long_dt = _choose_step(desk, inflows, points, number)
    if clock[TIME] >= clock[LAND] or flags[STATUS] != FINE or clock[TIME] + long_dt > clock[STOP] + _TIME_SLACK:
        flags[DONE] = 1
        return
    lands = long_dt == clock[LAND] - clock[TIME]
    clock[LONG_DT] = long_dt
    clock[LONG_END] = clock[LAND] if lands else clock[TIME] + long_dt
    clock[DT] = long_dt / flags[PARTS]
    flags[TRACK_LONG] = 1 if lands or clock[TIME] + long_dt >= clock[NEXT_TRACKING] else 0


@kernel
def _begin_step(part, f, desk, number):  # type: ignore[no-untyped-def]
    """Begin a short step: set the edges, say what is to be tracked."""
    clock, flags = desk.clock, desk.flags
    flags[PART] = part
    if part == 0:
        desk.tile_bits[:] = 0
    else:
        forget_fast(desk.tiles, desk.tile_bits)
    if flags[OPEN] != 0:
        set_edges(f, desk.tiles, clock[DT], clock[LONG_DT], part == 0, number)
    flags[TRACK] = 1 if flags[TRACK_LONG] != 0 and part == flags[PARTS] - 1 else 0


@kernel
def _end_step(f, desk, inflows, stages, points, number):  # type: ignore[no-untyped-def]
    """Repair, book the edges, add inflows and points, hold stages, move the clock."""
    clock, flags = desk.clock, desk.flags
    dt = clock[DT]
    last = flags[PART] == flags[PARTS] - 1
    union = np.int32(0)
    for i in range(desk.row_union.size):
        union |= desk.row_union[i]
    greatest, slow_greatest = greatest_bits(desk.tiles, desk.tile_bits[TILE_DEEPEST])
    speed, slow_speed = greatest_bits(desk.tiles, desk.tile_bits[TILE_FASTEST])
    # Outflow over several sides can empty a cell in a step that is stable for each side alone (a point inflow does it):
    # after a step that had to be limited the next ones are shorter, then lengthen little by little.
    clock[CAUTION] = min(1.0, clock[CAUTION] * number.recovery)
    if union < 0:
        treated = repair(f, desk, np.float64(np.float32(dt / number.dx)), flags[PARTS] - flags[PART])
        flags[REPAIRED] += max(treated, 0)
        clock[CAUTION] = max(clock[CAUTION] * number.shortening, number.least_share)
        if treated < 0:
            flags[STATUS] = NOT_A_NUMBER
    if greatest >= _INFINITY_BITS or speed >= _INFINITY_BITS:
        flags[STATUS] = NOT_A_NUMBER
    if flags[OPEN] != 0:
        desk.book[OUTFLOW] += edge_outflow(f) * number.dx * dt
    now = clock[LONG_END] if last else clock[TIME] + dt
    # After the sweep, so that depths are seen in balance with the flow, not swollen by what is about to leave.
    risen = add_inflows(f.h, f.lead, f.rest, f.deepest, inflows, clock[TIME], dt, number.dx * number.dx, desk.book)
    risen = max(risen, add_points(f.h, f.lead, f.rest, f.deepest, points, dt, number.dx * number.dx, desk.book))
    held = hold_stages(f.h, f.lead, f.rest, f.z, f.deepest, stages, now, number.dx * number.dx, desk.book)
    clock[DEEPEST] = max(np.float64(float_of(greatest)), held, risen)
    clock[FASTEST] = np.float64(float_of(speed))
    clock[SLOW_DEEPEST] = np.float64(float_of(slow_greatest))
    clock[SLOW_FASTEST] = np.float64(float_of(slow_speed))
    clock[TIME] = now
    flags[STEPS] += 1
    if flags[TRACK] != 0:
        clock[LAST_TRACKING] = now
        clock[NEXT_TRACKING] = now + number.tracking_step


@kernel
def _share_out(desk, number):  # type: ignore[no-untyped-def]
    """Which tiles take short steps from now on, by the water in them; note what that leaves slow."""
    clock = desk.clock
    for t in range(desk.tiles.shape[0]):
        for u in range(desk.tiles.shape[1]):
            deepest = np.float64(float_of(desk.tile_bits[TILE_DEEPEST, t, u]))
            fastest = np.float64(float_of(desk.tile_bits[TILE_FASTEST, t, u]))
            desk.tile_dt[t, u] = _stable_step(deepest, fastest, number)
    dt = _stable_step(clock[DEEPEST], clock[FASTEST], number)
    most_parts = np.int64(min(np.float64(number.most_parts), number.longest_step / dt))
    share_out(desk.tiles, desk.trial, desk.tile_dt, dt, desk.flags, most_parts)
    clock[SLOW_DEEPEST] = np.float64(float_of(greatest_bits(desk.tiles, desk.tile_bits[TILE_DEEPEST])[1]))
    clock[SLOW_FASTEST] = np.float64(float_of(greatest_bits(desk.tiles, desk.tile_bits[TILE_FASTEST])[1]))


@kernel
def _end_long_step(f, desk, inflows, stages, points, number):  # type: ignore[no-untyped-def]
    """Share out the tiles anew when it is time; see how deep sources have made slow ones."""
    clock, flags = desk.clock, desk.flags
    if number.most_parts <= 1:
        return
    flags[SHARED_SINCE] += flags[PARTS]
    if flags[SHARED_SINCE] >= SHARED_AFTER:
        flags[SHARED_SINCE] = 0
        _share_out(desk, number)
    deepest = max(deepest_slow(f.h, desk.tiles, inflows), deepest_slow(f.h, desk.tiles, stages))
    clock[SLOW_DEEPEST] = max(clock[SLOW_DEEPEST], max(deepest, deepest_slow(f.h, desk.tiles, points)))


@kernel
def _work(me, blocks, block_rows, f, crests, desk, number):  # type: ignore[no-untyped-def]
    """Take and do blocks until none is left."""
    ticket = take_ticket(desk.counters)
    while ticket >= 0:
        do_block(me, ticket % blocks, block_rows, f, crests, desk, number)
        finish_ticket(desk.counters)
        ticket = take_ticket(desk.counters)


@kernel
def _lead(phase, blocks, block_rows, f, crests, desk, number):  # type: ignore[no-untyped-def]
    """Open a phase, work in it, see it finished."""
    desk.flags[PHASE] = phase
    open_phase(desk.counters, blocks)
    _work(0, blocks, block_rows, f, crests, desk, number)
    wait_for_blocks(desk.counters)


@kernel
def _book_losses(desk, number):  # type: ignore[no-untyped-def]
    area = number.dx * number.dx
    for i in range(desk.row_losses.shape[0]):
        desk.book[INFILTRATED] += desk.row_losses[i, 0] * area
        desk.book[DRAINED] += desk.row_losses[i, 1] * area


def _compile(stamp: int) -> Any:
    @kernel(nogil=True, cache=True)
    def run_until(me, block_rows, f, crests, inflows, stages, points, desk, number):  # type: ignore[no-untyped-def]
        """Leader (0): run long steps while they end by STOP. Helper: do blocks until dismissed."""
        blocks = (f.h.shape[0] + block_rows - 1) // block_rows
        if me != 0:
            while wait_for_work(desk.counters):
                _work(me, blocks, block_rows, f, crests, desk, number)
            return
        desk.flags[BUILD] = stamp  # a closure variable, so part of the key that numba keeps the code by
        if desk.flags[HYDROLOGY] != 0:
            _lead(HYDROLOGY_PHASE, blocks, block_rows, f, crests, desk, number)
            _book_losses(desk, number)
        while True:
            _begin_long_step(desk, inflows, points, number)
            if desk.flags[DONE] != 0:
                break
            for part in range(desk.flags[PARTS]):
                _begin_step(part, f, desk, number)
                _lead(BORDER_PHASE, blocks, block_rows, f, crests, desk, number)
                _lead(SWEEP_PHASE, blocks, block_rows, f, crests, desk, number)
                _end_step(f, desk, inflows, stages, points, number)
            _end_long_step(f, desk, inflows, stages, points, number)

    return run_until


run_until = _compile(source_stamp())
