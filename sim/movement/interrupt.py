"""What acts on units from outside between two steps: water that rises on a road, orders that are changed (numba)."""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from sim.movement.books import move_to
from sim.movement.calendar import put_queue, put_unit
from sim.movement.choosing import ASK, dares
from sim.movement.compiled import LOOP
from sim.movement.doors import bind, release
from sim.movement.flow import (
    BLOCKED,
    BUCKET,
    CAUGHT_EVER,
    COUNT,
    DUE,
    FINISH_MS,
    STALLED_EVER,
    STEP_MS,
    Flow,
    Scene,
)
from sim.movement.harm import struck
from sim.movement.junctions import nobody_waits
from sim.movement.links import CLOSED, OPEN
from sim.movement.off_road import strand
from sim.movement.units import CAUGHT, HOME, MOVING, NO_REASON, NO_SITE, NOWHERE, REFUSED, STALLED, Units

MARKED = 8  # bit of `news`: to be taken off its list

BACK = 255  # instead of a reason: turns back


@njit(**LOOP)
def is_due(u: int, flow: Flow, units: Units) -> bool:
    """Whether unit u stands in the calendar; if not, it waits in a queue (its time has passed)."""
    return units.ready_ms[u] >= flow.tally[BUCKET] * flow.fixed[STEP_MS]


@njit(**LOOP)
def unschedule(ids: np.ndarray, scene: Scene) -> None:
    """Take units off the calendar; those that are not in it are left alone."""
    for u in ids:
        scene.news[u] |= MARKED
    for u in ids:
        if scene.news[u] & MARKED:
            if is_due(u, scene.flow, scene.units):
                _sweep_bucket(scene.units.ready_ms[u], scene)
            scene.news[u] &= ~np.uint8(MARKED)


@njit(**LOOP)
def _sweep_bucket(ms: int, scene: Scene) -> None:
    """Take all marked units out of one list of the calendar, and their marks off."""
    flow, units = scene.flow, scene.units
    b = ms // flow.fixed[STEP_MS]
    if b >= flow.unit_first.size:
        return
    last = NOWHERE
    u = flow.unit_first[b]
    flow.unit_first[b] = NOWHERE
    while u >= 0:
        behind = units.behind[u]
        if scene.news[u] & MARKED:
            scene.news[u] &= ~np.uint8(MARKED)
            flow.tally[DUE] -= 1
        else:
            if last < 0:
                flow.unit_first[b] = u
            else:
                units.behind[last] = u
            last = u
        u = behind
    if last >= 0:
        units.behind[last] = NOWHERE
    flow.unit_last[b] = last


@njit(**LOOP)
def _sweep_queue(q: int, now_ms: int, scene: Scene) -> None:
    """Take all marked units out of one queue, and their marks off."""
    flow, units = scene.flow, scene.units
    queue = flow.queue[q]
    last = NOWHERE
    u = queue.first
    some = u >= 0
    queue.first = NOWHERE
    while u >= 0:
        behind = units.behind[u]
        if scene.news[u] & MARKED:
            scene.news[u] &= ~np.uint8(MARKED)
        else:
            if last < 0:
                queue.first = u
            else:
                units.behind[last] = u
            last = u
        u = behind
    if last >= 0:
        units.behind[last] = NOWHERE
    queue.last = last
    if some and queue.first < 0 and queue.phase >= 0:
        nobody_waits(queue.head, queue.phase, now_ms, flow)


@njit(**LOOP)
def flood(now_ms: int, scene: Scene, ids: np.ndarray, fate: np.ndarray) -> int:
    """The water has changed: who on the roads is swept off or stalls, and who turns back from a road that is closed.

    First the water itself: whoever cannot stand is CAUGHT, whose car stalls or floats is STALLED, both on their link.
    Of the others on a link that is closed (to a driver: that he does not dare), those at its end or with `finish_s` or
    less to go finish; the others turn back and are at its beginning after the time already spent. `ids` (int32) and
    `fate` (uint8), of the shape of the units, are room to work in. Returns how many were concerned.
    """
    flow, units, roads = scene.flow, scene.units, scene.roads
    edges = roads.water.depth_m.size
    found = 0
    for u in range(flow.tally[COUNT]):
        if units.state[u] != MOVING:
            continue
        link = units.link[u]
        if link < 0 or roads.water.open[link] == OPEN:
            continue
        edge = link % edges
        what = struck(
            units.mode[u], units.group[u], roads.water.depth_m[edge], roads.water.depth_speed_m2_s[edge], roads.limits
        )
        if what == NO_REASON:
            if units.ready_ms[u] - now_ms <= flow.fixed[FINISH_MS] or not is_due(u, flow, units):
                continue
            closed = roads.water.open[link] == CLOSED
            if not closed or dares(u, link, edge, flow, roads, units) != ASK:
                continue
            what = BACK
        ids[found], fate[found] = u, what
        scene.news[u] |= MARKED
        found += 1
    for i in range(found):
        u = ids[i]
        if scene.news[u] & MARKED:
            if is_due(u, flow, units):
                _sweep_bucket(units.ready_ms[u], scene)
            else:
                _sweep_queue(units.link[u], now_ms, scene)
    for i in range(found):
        u = ids[i]
        scene.news[u] &= ~np.uint8(MARKED)
        link = units.link[u]
        flow.queue[link].occupancy -= units.size[u]
        units.node[u] = roads.links.tail[link]
        if fate[i] == BACK:
            units.link[u] = NOWHERE
            units.ready_ms[u] = now_ms + max(now_ms - units.entered_ms[u], 0)
            put_unit(u, flow, units)
        else:
            if fate[i] == CAUGHT:
                flow.tally[CAUGHT_EVER] += units.persons[u]
            elif fate[i] == STALLED:
                flow.tally[STALLED_EVER] += units.persons[u]
            flow.struck[link % flow.struck.size] += units.persons[u]
            strand(u, fate[i], now_ms, scene)
    return found


@njit(**LOOP)
def wake_blocked(now_ms: int, flow: Flow) -> None:
    """All queues that wait for room look again: roads or what people know of them have changed."""
    for blocked in range(flow.turn_link.size):
        link = flow.turn_link[blocked]
        if link < 0 or flow.queue[blocked].status != BLOCKED:
            continue
        q = flow.queue[link].waiters
        flow.queue[link].waiters = NOWHERE
        while q >= 0:
            behind = flow.queue[q].next
            put_queue(q, now_ms, flow)
            q = behind


@njit(nogil=True, cache=True)
def in_circle(flow: Flow, held: np.ndarray) -> None:
    """Mark the queues (uint8 `held`) that wait for room on a link which waits, in the end, for them or for each other.

    A link that is blocked, whose next link is blocked, and so on back to itself, never moves again on its own: neither
    do those who wait behind such a circle.
    """
    links = flow.served_us.size
    seen = np.zeros(links, np.int32)  # 0: not looked at; k > 0: in walk k; -1: moves; -2: held
    for start in range(links):
        q, walk = start, start + 1
        while seen[q] == 0:
            seen[q] = walk
            if flow.queue[q].status != BLOCKED:
                break
            q = flow.turn_link[q]
        end = -2 if flow.queue[q].status == BLOCKED and (seen[q] == walk or seen[q] == -2) else -1
        q = start
        while seen[q] == walk:
            seen[q] = end
            if flow.queue[q].status != BLOCKED:
                break
            q = flow.turn_link[q]
    for q in range(held.size):
        if q < links:
            held[q] = seen[q] == -2
        else:
            held[q] = flow.queue[q].status == BLOCKED and seen[flow.turn_link[q]] == -2


@njit(**LOOP)
def in_held_queues(flow: Flow, held: np.ndarray, units: Units, stuck: np.ndarray) -> None:
    """stuck[u] = 1 for the units that wait at a node in a held queue of those who start there."""
    for q in range(flow.served_us.size, held.size):
        if held[q]:
            u = flow.queue[q].first
            while u >= 0:
                stuck[u] = 1
                u = units.behind[u]


@njit(**LOOP)
def plan_leave(ids: np.ndarray, at_ms: np.ndarray, scene: Scene) -> None:
    """Units at home are due to leave at `at_ms`; one that is not in the calendar goes into it."""
    for i in range(ids.size):
        u = ids[i]
        if scene.units.state[u] == HOME:
            scene.units.ready_ms[u] = at_ms[i]
            put_unit(u, scene.flow, scene.units)


@njit(**LOOP)
def refuse(ids: np.ndarray, now_ms: int, scene: Scene) -> None:
    """Units at home will not leave: they are REFUSED, and the places kept for them are free."""
    for i in range(ids.size):
        u = ids[i]
        if scene.units.state[u] == HOME:
            if scene.units.site[u] != NO_SITE:
                release(u, scene.units, scene.doors)
            move_to(u, REFUSED, now_ms, scene.units, scene.books)


@njit(**LOOP)
def send_to(ids: np.ndarray, site: int, scene: Scene) -> None:
    """Units are bound for another site; wherever they are they find out at their next crossing."""
    for i in range(ids.size):
        bind(ids[i], site, scene.units, scene.doors)
