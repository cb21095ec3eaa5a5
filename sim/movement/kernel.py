"""The movement kernel: units pass links, queue at their ends, and are let in at doors, event by event (numba).

Within a step of the calendar events happen in the order in which they were put there; each carries its own millisecond,
so that times are exact while two events less than a step apart may change places.
"""

from __future__ import annotations

from numba import njit

from sim.movement.books import move_to, record_of
from sim.movement.calendar import put_queue, put_unit
from sim.movement.choosing import ASIDE, ASK, HERE, next_link
from sim.movement.compiled import LOOP, PART
from sim.movement.doors import at_door, let_in
from sim.movement.flow import (
    ASK_FIRST,
    ASK_LAST,
    ASK_QUEUES,
    ASKING,
    BLOCKED,
    BUCKET,
    COUNT,
    CROWD_STEPS,
    DUE,
    IDLE,
    MOVES,
    NEWLY_STRANDED,
    NEWLY_WAITING,
    NEWS,
    RIPE,
    STALLED_EVER,
    Flow,
    Scene,
)
from sim.movement.harm import struck
from sim.movement.junctions import may_pass, nobody_waits, on_junction, somebody_waits
from sim.movement.links import OPEN
from sim.movement.prefetch import prefetch
from sim.movement.units import (
    AT_DOOR,
    CAR,
    HOME,
    MOVING,
    NO_REASON,
    NO_SITE,
    NOWHERE,
    SHELTERED,
    STRANDED,
    TO_DOOR,
    UNWILLING,
    WAITING,
    Units,
)

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


@njit(**PART)
def leave_home(u: int, ms: int, scene: Scene) -> None:
    """WALK and CAR set out for the road; BUS and ASSISTED wait for a vehicle."""
    flow, units = scene.flow, scene.units
    block = units.block[u]
    units.left_ms[u] = ms
    units.node[u] = flow.block_node[block]
    if units.mode[u] > CAR:
        move_to(u, WAITING, ms, units, scene.books)
        tell(u, NEWLY_WAITING, scene)
        return
    move_to(u, MOVING, ms, units, scene.books)
    units.ready_ms[u] = ms + flow.block_access_ms[block]
    put_unit(u, flow, units)


@njit(**PART)
def tell(u: int, what: int, scene: Scene) -> None:
    """Note for the next exchange what happened to unit u."""
    scene.news[u] |= what
    scene.flow.tally[NEWS] += 1


@njit(**PART)
def choose_queue(u: int, ms: int, scene: Scene) -> int:
    """Unit u stands at a node, off the roads: the queue it joins, or -1 where something else becomes of it."""
    flow, units = scene.flow, scene.units
    link = next_link(u, units.node[u], flow, scene.roads, units)
    if link >= 0:
        return scene.roads.links.tail.size + link
    if link == HERE:
        go_to_door(u, ms, scene)
    elif link == ASIDE:
        strand(u, UNWILLING, ms, scene)
    else:
        ask(u, scene)
    return NOWHERE


@njit(**PART)
def ask(u: int, scene: Scene) -> None:
    """Unit u, off the roads, asks for a way or a site."""
    flow, units = scene.flow, scene.units
    units.behind[u] = NOWHERE
    if flow.tally[ASK_FIRST] < 0:
        flow.tally[ASK_FIRST] = u
    else:
        units.behind[flow.tally[ASK_LAST]] = u
    flow.tally[ASK_LAST] = u


@njit(**PART)
def strand(u: int, reason: int, ms: int, scene: Scene) -> None:
    """Unit u cannot go on."""
    scene.units.reason[u] = reason
    move_to(u, STRANDED, ms, scene.units, scene.books)
    tell(u, NEWLY_STRANDED, scene)


@njit(**PART)
def go_to_door(u: int, ms: int, scene: Scene) -> None:
    """Unit u is at its site's node and walks to the door."""
    units = scene.units
    units.link[u] = TO_DOOR
    units.ready_ms[u] = ms + scene.doors.access_ms[units.site[u]]
    put_unit(u, scene.flow, units)


@njit(**PART)
def knock(u: int, ms: int, scene: Scene) -> None:
    """Unit u is at the door of its site: who gets a place queues there, the rest are due at the node without a site."""
    flow, units = scene.flow, scene.units
    before = flow.tally[COUNT]
    count, _, away = at_door(u, ms, before, units, scene.doors)
    flow.tally[COUNT] = count
    if away != u:
        if units.state[u] != AT_DOOR:
            move_to(u, AT_DOOR, ms, units, scene.books)
        put_unit(u, flow, units)
    if away >= 0:
        if units.state[away] != MOVING:
            move_to(away, MOVING, ms, units, scene.books)
        put_unit(away, flow, units)


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
