"""What a unit does off the roads: it leaves home, asks for a way, is stranded, walks to a door and knocks (numba)."""

from __future__ import annotations

from data.compiling import njit
from sim.movement.books import move_to
from sim.movement.calendar import put_unit
from sim.movement.choosing import ASIDE, HERE, next_link
from sim.movement.compiled import PART
from sim.movement.doors import at_door
from sim.movement.flow import ASK_FIRST, ASK_LAST, COUNT, NEWLY_STRANDED, NEWLY_WAITING, NEWS, Scene
from sim.movement.units import AT_DOOR, CAR, MOVING, NOWHERE, STRANDED, TO_DOOR, UNWILLING, WAITING


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
