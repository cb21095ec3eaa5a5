"""The movement kernel: units pass links, queue at their ends, and are let in at doors, event by event (numba).

Within a step of the calendar events happen in the order in which they were put there; each carries its own millisecond,
so that times are exact while two events less than a step apart may change places.
"""

from __future__ import annotations

from data.compiling import njit
from sim.movement.books import move_to, record_of
from sim.movement.calendar import put_unit
from sim.movement.compiled import LOOP, PART
from sim.movement.doors import let_in
from sim.movement.flow import ASK_FIRST, ASK_QUEUES, BUCKET, COUNT, DUE, IDLE, RIPE, Scene
from sim.movement.junctions import on_junction
from sim.movement.off_road import choose_queue, knock, leave_home
from sim.movement.prefetch import prefetch
from sim.movement.queues import join, serve, take_best
from sim.movement.units import AT_DOOR, CAR, HOME, MOVING, NO_SITE, NOWHERE, SHELTERED, TO_DOOR

_ASK_STEPS = 10  # who asks is heard every so many steps, and goes on as of the moment at which he asked

DONE, ASKED, FULL = range(3)  # why `run` comes back: the time is reached; somebody asks; no room for splits


@njit(**LOOP)
def run(to_bucket: int, scene: Scene) -> int:
    """Work off the calendar up to, not including, step `to_bucket`.

    Comes back earlier, at the end of a step, with ASKED where units ask for a way or a site (`ask` and the list from
    ASK_FIRST; nobody is left asking at the end), and with FULL where the arrays need more room; call again once that
    is settled.
    """
    flow, units = scene.flow, scene.units
    spare = scene.doors.node.size + 1
    while flow.tally[BUCKET] < to_bucket:
        b = flow.tally[BUCKET]
        while True:
            if units.persons.size - flow.tally[COUNT] < spare:
                return FULL
            granted, ms = NOWHERE, 0
            if flow.tally[RIPE] > 0:  # room that came free goes first; what is left behind comes free in turn
                granted = flow.ripe[flow.tally[RIPE] - 1]
                ms = flow.ripe_ms[granted]
                q = take_best(granted, scene)
                if q < 0:
                    flow.tally[RIPE] -= 1
                    flow.queue[granted].ripe = 0
            elif flow.unit_first[b] >= 0:
                u = flow.unit_first[b]
                soon = units.behind[u]
                if soon >= 0:
                    look_forward(soon, scene)
                flow.unit_first[b] = soon
                flow.tally[DUE] -= 1
                ms = units.ready_ms[u]
                q = on_unit(u, ms, scene)
            elif flow.queue_first[b] >= 0:
                q = flow.queue_first[b]
                flow.queue_first[b] = flow.queue[q].next
                flow.tally[DUE] -= 1
                ms = flow.queue[q].wake_ms
            elif flow.node_first[b] >= 0:
                v = flow.node_first[b]
                flow.node_first[b] = flow.junction[v].next
                flow.tally[DUE] -= 1
                on_junction(v, flow)
                continue
            else:
                break
            if q >= 0:
                flow.queue[q].status = IDLE
                serve(q, ms, granted, scene)
        idle = flow.tally[DUE] == 0
        if (flow.tally[ASK_FIRST] >= 0 or flow.tally[ASK_QUEUES] > 0) and (
            (b + 1) % _ASK_STEPS == 0 or b + 1 == to_bucket or idle
        ):
            return ASKED
        if idle:
            flow.tally[BUCKET] = to_bucket
            return DONE
        flow.tally[BUCKET] = b + 1
    return DONE


@njit(**PART)
def look_forward(u: int, scene: Scene) -> None:
    """Begin to fetch what the unit that is due next, and the one behind it, will need: half of the time is waiting."""
    units = scene.units
    behind = units.behind[u]
    if behind >= 0:
        prefetch(units.behind, behind)
    link = units.link[u]
    if link >= 0:
        prefetch(scene.flow.queue, link)
    node, site = units.node[u], units.site[u]
    if node >= 0 and site >= 0:
        prefetch(scene.roads.links.out_first, node)
        row = scene.roads.ways.row[units.informed[u], 1 if units.mode[u] == CAR else 0, site]
        if row >= 0:
            prefetch(scene.roads.ways.slot[row], node)


@njit(**PART)
def on_unit(u: int, ms: int, scene: Scene) -> int:
    """Unit u is due: at the end of its link, at a door, at a node, at home. The queue that is to be served, or -1."""
    flow, units = scene.flow, scene.units
    q = units.link[u]
    if q < 0:
        state = units.state[u]
        if state == HOME:
            leave_home(u, ms, scene)
            return NOWHERE
        if state == AT_DOOR:
            if let_in(u, ms, units, scene.doors):
                move_to(u, SHELTERED, ms, units, scene.books)
                scene.books.arrivals[record_of(ms, scene.books), units.site[u]] += units.persons[u]
            else:
                move_to(u, MOVING, ms, units, scene.books)
                put_unit(u, flow, units)
            return NOWHERE
        at_the_door = q == TO_DOOR and units.site[u] != NO_SITE
        if at_the_door and scene.doors.node[units.site[u]] == units.node[u]:
            knock(u, ms, scene)
            return NOWHERE
        units.link[u] = NOWHERE  # at a node; who was sent elsewhere on the way to a door, back at it
        q = choose_queue(u, ms, scene)
        if q < 0:
            return NOWHERE
    return q if join(q, u, flow, units) else NOWHERE
