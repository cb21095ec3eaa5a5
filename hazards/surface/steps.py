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
from hazards.surface.kernels import (
    add_rain,
    fill,
    flow_east,
    flow_east_plain,
    flow_south,
    flow_south_plain,
    row_sum,
    take_losses,
    track_motion,
    track_ponding,
    weir_limit,
)
from hazards.surface.repair import repair
from hazards.surface.sources import add_inflows, add_points, edge_outflow, greatest_rise, hold_stages, set_edges
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
    HYDROLOGY_DT,
    HYDROLOGY_PHASE,
    INFILTRATED,
    LAND,
    LAST_TRACKING,
    NEXT_DT,
    NEXT_TRACKING,
    NOT_A_NUMBER,
    OPEN,
    OUTFLOW,
    PHASE,
    REPAIRED,
    STATUS,
    STEP_TOO_SHORT,
    STEPS,
    STOP,
    SWEEP_PHASE,
    TIME,
    TRACK,
)

_TIME_SLACK = 1e-9  # s
_INFINITY_BITS = np.int32(0x7F800000)


@kernel
def _choose_step(desk, inflows, points, number):  # type: ignore[no-untyped-def]
    """Longest stable step, noted in the clock, shortened so that equal steps land on the requested time.

    Equal, for a rhythm of long and short steps makes the shortest waves grow that `lead_share` damps: landing every 5 s
    with steps of 2.0, 1.5 and 1.5 s raised a checkerboard of 0.4 m on a pond 0.7 m deep.
    """
    clock = desk.clock
    dt = number.longest_step
    if clock[DEEPEST] > 0.0:
        dt = min(dt, clock[CAUTION] * number.courant * number.dx / np.sqrt(number.gravity * clock[DEEPEST]))
    if clock[FASTEST] > 0.0:
        dt = min(dt, clock[CAUTION] * number.advective_courant * number.dx / clock[FASTEST])
    # Water that a source heaps up in the step itself must not run further than `courant` either.
    rise = greatest_rise(inflows, clock[TIME], dt, number.dx * number.dx) + points.rise[0]
    if rise > 0.0:
        dt = min(dt, np.cbrt((number.courant * number.dx) ** 2 / (number.gravity * rise)))
    clock[NEXT_DT] = dt
    ahead = clock[LAND] - clock[TIME]
    if dt < number.shortest_step:
        desk.flags[STATUS] = STEP_TOO_SHORT
    return ahead / max(np.ceil(ahead / dt), 1.0)


@kernel
def _begin_step(f, desk, inflows, points, number):  # type: ignore[no-untyped-def]
    """Choose the step and set the edges; or say that the loop is done."""
    clock, flags = desk.clock, desk.flags
    dt = _choose_step(desk, inflows, points, number)
    if clock[TIME] >= clock[LAND] or flags[STATUS] != FINE or clock[TIME] + dt > clock[STOP] + _TIME_SLACK:
        flags[DONE] = 1
        return
    clock[DT] = dt
    if flags[OPEN] != 0:
        set_edges(f, dt, number)
    lands = dt == clock[LAND] - clock[TIME]
    flags[TRACK] = 1 if lands or clock[TIME] + dt >= clock[NEXT_TRACKING] else 0


@kernel
def _end_step(f, desk, inflows, stages, points, number):  # type: ignore[no-untyped-def]
    """Repair, book the edges, add inflows and points, hold stages, move the clock."""
    clock, flags = desk.clock, desk.flags
    dt = clock[DT]
    greatest = union = speed = np.int32(0)
    for i in range(desk.row_bits.shape[0]):
        greatest = max(greatest, desk.row_bits[i, 0])
        union |= desk.row_bits[i, 1]
        speed = max(speed, max(desk.row_bits[i, 2], desk.row_bits[i, 3]))
    # Outflow over several sides can empty a cell in a step that is stable for each side alone (a point inflow does it):
    # after a step that had to be limited the next ones are shorter, then lengthen little by little.
    clock[CAUTION] = min(1.0, clock[CAUTION] * number.recovery)
    if union < 0:
        treated = repair(f, desk.row_bits, np.float64(np.float32(dt / number.dx)), desk.stack, desk.marked)
        flags[REPAIRED] += max(treated, 0)
        clock[CAUTION] = max(clock[CAUTION] * number.shortening, number.least_share)
        if treated < 0:
            flags[STATUS] = NOT_A_NUMBER
    if greatest >= _INFINITY_BITS or speed >= _INFINITY_BITS:
        flags[STATUS] = NOT_A_NUMBER
    if flags[OPEN] != 0:
        desk.book[OUTFLOW] += edge_outflow(f) * number.dx * dt
    now = clock[LAND] if dt == clock[LAND] - clock[TIME] else clock[TIME] + dt
    # After the sweep, so that depths are seen in balance with the flow, not swollen by what is about to leave.
    risen = add_inflows(f.h, f.lead, f.rest, f.deepest, inflows, clock[TIME], dt, number.dx * number.dx, desk.book)
    risen = max(risen, add_points(f.h, f.lead, f.rest, f.deepest, points, dt, number.dx * number.dx, desk.book))
    held = hold_stages(f.h, f.lead, f.rest, f.z, f.deepest, stages, now, number.dx * number.dx, desk.book)
    clock[DEEPEST] = max(np.float64(float_of(greatest)), held, risen)
    clock[FASTEST] = np.float64(float_of(speed))
    clock[TIME] = now
    flags[STEPS] += 1
    if flags[TRACK] != 0:
        clock[LAST_TRACKING] = now
        clock[NEXT_TRACKING] = now + number.tracking_step


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
def _faces_south(i, f, desk, crests, number, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    if crests.plain_y[i] != 0:
        fastest = flow_south_plain(i, f.qx, f.qy, f.lead, f.z, f.zy, f.friction, push, half_dt, flow_depth, easing)
    else:
        fastest = flow_south(i, f.qx, f.qy, f.lead, f.z, f.zy, f.friction, push, half_dt, flow_depth, easing)
    desk.row_bits[i, 3] = fastest
    if crests.start_y[i] < crests.start_y[i + 1]:
        weir = np.float32(number.weir_coefficient)
        weir_limit(i, 1, f.qy, f.h, f.z, f.zy, crests.start_y, crests.position_y, weir)


@kernel
def _faces_east(i, f, desk, crests, number, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    if crests.plain_x[i] != 0:
        fastest = flow_east_plain(i, f.qx, f.qy, f.lead, f.z, f.zx, f.friction, push, half_dt, flow_depth, easing)
    else:
        fastest = flow_east(i, f.qx, f.qy, f.lead, f.z, f.zx, f.friction, push, half_dt, flow_depth, easing)
    desk.row_bits[i, 2] = fastest
    if crests.start_x[i] < crests.start_x[i + 1]:
        weir = np.float32(number.weir_coefficient)
        weir_limit(i, 0, f.qx, f.h, f.z, f.zx, crests.start_x, crests.position_x, weir)


@kernel
def _sweep_block(f, desk, crests, number, first, end, push, half_dt, flow_depth, easing):  # type: ignore[no-untyped-def]
    """Faces and depths of rows first..end-1; the faces north of `first` are already done."""
    dt = desk.clock[DT]
    now = np.float32(desk.clock[TIME] + dt)
    since = np.float32(desk.clock[TIME] + dt - desk.clock[LAST_TRACKING])
    dt_over_dx = np.float32(dt / number.dx)
    speed_depth = np.float32(number.speed_depth)
    speed_scale = np.float32(number.speed_scale)
    lead_share = np.float32(number.lead_share)
    ponding_depth = np.float32(number.ponding_depth)
    track = desk.flags[TRACK] != 0
    for i in range(first, end):
        # South before east, always: friction on southward flow sees the old eastward flow, on eastward flow the new
        # southward one, whatever the blocks.
        if i + 1 < end:
            _faces_south(i + 1, f, desk, crests, number, push, half_dt, flow_depth, easing)
        _faces_east(i, f, desk, crests, number, push, half_dt, flow_depth, easing)
        greatest, union = fill(i, f.h, f.lead, f.rest, f.qx, f.qy, f.deepest, dt_over_dx, lead_share)
        desk.row_bits[i, 0] = greatest
        desk.row_bits[i, 1] = union
        if track:
            track_motion(i, f.h, f.qx, f.qy, f.fastest, f.strongest, speed_depth, speed_scale)
            track_ponding(i, f.h, f.arrival, f.last, f.ponded, ponding_depth, now, since)


@kernel
def _do_block(me, block, block_rows, f, crests, desk, number):  # type: ignore[no-untyped-def]
    """One block of rows of the phase under way."""
    rows = f.h.shape[0]
    first, end = block * block_rows, min(rows, (block + 1) * block_rows)
    phase = desk.flags[PHASE]
    if phase == HYDROLOGY_PHASE:
        _hydrology_block(f, desk, me, first, end)
        return
    dt = desk.clock[DT]
    push = np.float32(number.gravity * dt / number.dx)
    half_dt = np.float32(0.5 * dt)
    flow_depth = np.float32(number.flow_depth)
    easing = np.float32(number.kinematic_ratio**2 / number.gravity)
    if phase == SWEEP_PHASE:
        _sweep_block(f, desk, crests, number, first, end, push, half_dt, flow_depth, easing)
    elif first > 0:
        _faces_south(first, f, desk, crests, number, push, half_dt, flow_depth, easing)


@kernel
def _work(me, blocks, block_rows, f, crests, desk, number):  # type: ignore[no-untyped-def]
    """Take and do blocks until none is left."""
    ticket = take_ticket(desk.counters)
    while ticket >= 0:
        _do_block(me, ticket % blocks, block_rows, f, crests, desk, number)
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
        """Leader (0): run steps while they end by STOP. Helper: do blocks until dismissed."""
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
            _begin_step(f, desk, inflows, points, number)
            if desk.flags[DONE] != 0:
                break
            _lead(BORDER_PHASE, blocks, block_rows, f, crests, desk, number)
            _lead(SWEEP_PHASE, blocks, block_rows, f, crests, desk, number)
            _end_step(f, desk, inflows, stages, points, number)

    return run_until


run_until = _compile(source_stamp())
