"""Queues at the ends of links (numba): gates, room on the next link, turns among those who wait for it, entering it."""

from __future__ import annotations

from data.compiling import njit
from sim.movement.calendar import put_queue, put_unit
from sim.movement.choosing import ASIDE, ASK, HERE, next_link
from sim.movement.compiled import PART
from sim.movement.flow import ASK_QUEUES, ASKING, BLOCKED, CROWD_STEPS, IDLE, MOVES, RIPE, STALLED_EVER, Flow, Scene
from sim.movement.harm import struck
from sim.movement.junctions import may_pass, nobody_waits, somebody_waits
from sim.movement.links import OPEN
from sim.movement.off_road import go_to_door, strand
from sim.movement.units import CAR, NO_REASON, NOWHERE, UNWILLING, Units


@njit(**PART)
def join(q: int, u: int, flow: Flow, units: Units) -> bool:
    """Unit u comes to the end of queue q; whether the queue is to be served now."""
    queue = flow.queue[q]
    units.behind[u] = NOWHERE
    if queue.first >= 0:
        units.behind[queue.last] = u
        queue.last = u
        return False
    queue.first = u
    queue.last = u
    if queue.phase >= 0:
        somebody_waits(queue.head, queue.phase, flow)
    return queue.status == IDLE


@njit(**PART)
def take_first(q: int, ms: int, scene: Scene) -> int:
    """Take the first unit off queue q, and off its link if it stands on one."""
    flow, units = scene.flow, scene.units
    queue = flow.queue[q]
    u = queue.first
    queue.first = units.behind[u]
    if queue.first < 0 and queue.phase >= 0:
        nobody_waits(queue.head, queue.phase, ms, flow)
    if q < scene.roads.links.tail.size:
        if queue.occupancy + units.size[u] > queue.storage:
            queue.room_ms = ms  # it was full until now
        queue.occupancy -= units.size[u]
        if queue.waiters >= 0:
            get_ripe(q, ms, flow)
    return u


@njit(**PART)
def get_ripe(link: int, ms: int, flow: Flow) -> None:
    """Room on `link`, for which others wait."""
    if not flow.queue[link].ripe:
        flow.queue[link].ripe = 1
        flow.ripe[flow.tally[RIPE]] = link
        flow.ripe_ms[link] = ms
        flow.tally[RIPE] += 1


@njit(**PART)
def has_room(link: int, size: int, flow: Flow) -> bool:
    """Whether a unit fits on a link; an empty link takes a unit of any size."""
    queue = flow.queue[link]
    return queue.occupancy == 0 or queue.occupancy + size <= queue.storage


@njit(**PART)
def serve(q: int, ms: int, granted: int, scene: Scene) -> None:
    """Let the units of queue q go on, one by one, until something holds them up.

    `granted`: the link whose room queue q has been given by turn, NOWHERE if none.
    """
    flow, units = scene.flow, scene.units
    queue = flow.queue[q]
    links = scene.roads.links.tail.size
    while queue.first >= 0:
        u = queue.first
        now_ms = max(ms, units.ready_ms[u])
        if queue.gate_us > now_ms * 1000:
            put_queue(q, (queue.gate_us + 999) // 1000, flow)
            return
        link = next_link(u, queue.head, flow, scene.roads, units)
        if link == ASK:
            queue.status = ASKING
            queue.wake_ms = now_ms
            flow.ask[flow.tally[ASK_QUEUES]] = q
            flow.tally[ASK_QUEUES] += 1
            return
        if link == ASIDE:
            take_first(q, now_ms, scene)
            units.link[u] = NOWHERE
            strand(u, UNWILLING, now_ms, scene)
            continue
        if link == HERE:
            take_first(q, now_ms, scene)
            shut_gate(q, units.size[u], now_ms, flow)
            go_to_door(u, now_ms, scene)
            continue
        if q >= links and link != q - links:  # it knows better now, and stands in the wrong queue
            take_first(q, now_ms, scene)
            units.ready_ms[u] = now_ms
            put_unit(u, flow, units)
            continue
        room = has_room(link, units.size[u], flow)
        if not room or (link != granted and flow.queue[link].waiters >= 0):
            wait_for(q, link, flow)
            if room:
                get_ripe(link, now_ms, flow)
            return
        now_ms = max(now_ms, flow.queue[link].room_ms)  # events of one step have no order: not before there was room
        if queue.phase >= 0 and not may_pass(q, queue.head, queue.phase, now_ms, flow):
            return
        if link == granted:
            flow.served_us[link] = flow.turn_us[q]
            flow.turn_us[q] += units.size[u] * queue.headway_us
            granted = NOWHERE
        take_first(q, now_ms, scene)
        shut_gate(q, units.size[u], now_ms, flow)
        enter(u, link, now_ms, scene)
    queue.status = IDLE


@njit(**PART)
def shut_gate(q: int, size: int, now_ms: int, flow: Flow) -> None:
    """A unit of this size passes now; a gate that opened just now counts on from then, to the microsecond."""
    queue = flow.queue[q]
    now_us = now_ms * 1000
    if now_us - queue.gate_us >= 1000:
        queue.gate_us = now_us
    queue.gate_us += size * queue.headway_us


@njit(**PART)
def wait_for(q: int, link: int, flow: Flow) -> None:
    """Queue q waits for room on `link`, at the end of its list.

    Who comes anew begins at the virtual time of the last one served, so that nobody saves up turns.
    """
    if flow.turn_link[q] != link:
        flow.turn_link[q] = link
        flow.turn_us[q] = flow.served_us[link]
    else:
        flow.turn_us[q] = max(flow.turn_us[q], flow.served_us[link])
    flow.queue[q].status = BLOCKED
    flow.queue[q].next = NOWHERE
    other = flow.queue[link].waiters
    if other < 0:
        flow.queue[link].waiters = q
        return
    while flow.queue[other].next >= 0:
        other = flow.queue[other].next
    flow.queue[other].next = q


@njit(**PART)
def take_best(link: int, scene: Scene) -> int:
    """Of the queues that wait for room on `link` the one with the least virtual time (stride scheduling by capacity).

    It is taken off the list if its first unit fits; NOWHERE where there is none or it does not: nobody is overtaken
    because of his size.
    """
    flow, units = scene.flow, scene.units
    best = flow.queue[link].waiters
    if best < 0:
        return NOWHERE
    before_best, before = NOWHERE, best
    q = flow.queue[before].next
    while q >= 0:
        if flow.turn_us[q] < flow.turn_us[best]:
            best, before_best = q, before
        before, q = q, flow.queue[q].next
    first = flow.queue[best].first
    if first >= 0 and not has_room(link, units.size[first], flow):
        return NOWHERE
    if before_best < 0:
        flow.queue[link].waiters = flow.queue[best].next
    else:
        flow.queue[before_best].next = flow.queue[best].next
    return best


@njit(**PART)
def enter(u: int, link: int, ms: int, scene: Scene) -> None:
    """Unit u enters `link` and is due at its end; a car that its water stops at once is left there."""
    flow, units, water = scene.flow, scene.units, scene.roads.water
    queue = flow.queue[link]
    edges = water.depth_m.size
    by_car = link >= edges
    edge = link - edges if by_car else link
    flow.tally[MOVES] += 1
    units.link[u] = link
    units.entered_ms[u] = ms
    if by_car and water.open[link] != OPEN:
        depth, product = water.depth_m[edge], water.depth_speed_m2_s[edge]
        reason = struck(CAR, units.group[u], depth, product, scene.roads.limits)
        if reason != NO_REASON:
            units.node[u] = scene.roads.links.tail[link]
            flow.tally[STALLED_EVER] += units.persons[u]
            flow.struck[edge] += units.persons[u]
            strand(u, reason, ms, scene)
            return
    queue.occupancy += units.size[u]
    queue.entered += units.size[u]
    units.node[u] = queue.head
    if by_car:
        ready = max(ms + int(queue.free_ms / water.car_slow[edge] + 0.5), queue.car_ms)
        queue.car_ms = ready
    else:
        place = int(queue.occupancy / scene.roads.links.area_m2[edge] * flow.fixed[CROWD_STEPS])
        group = units.group[u]
        share = water.walk_slow[group, edge] * flow.crowd[min(place, flow.crowd.size - 1)]
        ready = ms + int(queue.free_ms * flow.pace[group] / share + 0.5)
    units.ready_ms[u] = ready
    put_unit(u, flow, units)
