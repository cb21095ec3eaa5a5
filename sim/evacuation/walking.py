"""The movement kernel: units walk along the tree of their site until the end of a step (numba)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.evacuation.search import Doors, Heap, Roads, Tree, tree_to_node
from sim.evacuation.units import ENTERING, HOME, MOVING, NO_SITE, SHELTERED, STRANDED, TURNED_AWAY, Units


class Books(NamedTuple):
    """Changes of the people counts per recorded interval (int64): entry k holds what happened up to record k.

    `home`, `moving`, `sheltered`, `stranded`, `turned_away`: shape (records,). `arrivals`: shape (records, sites).
    `admitted`, `reserved` (admitted and on the way), `given_up` (reservations that become free with the next step),
    `turned_at_door`: persons per site. `interval_s`: length of an interval, shape (1,).
    """

    home: np.ndarray
    moving: np.ndarray
    sheltered: np.ndarray
    stranded: np.ndarray
    turned_away: np.ndarray
    arrivals: np.ndarray
    admitted: np.ndarray
    reserved: np.ndarray
    given_up: np.ndarray
    turned_at_door: np.ndarray
    interval_s: np.ndarray


@njit(cache=True)
def record_of(time_s: float, books: Books) -> int:
    """The first recorded moment at or after `time_s`."""
    return min(int(np.ceil(time_s / books.interval_s[0])), books.home.size - 1)


@njit(cache=True)
def turn_back(count: int, units: Units, tail: np.ndarray, edge_time: np.ndarray, now_s: float, finish_s: float) -> None:
    """Those on an edge that is closed since `now_s` finish it if they need `finish_s` or less, else they turn back.

    Who turns back reaches the tail of the edge after the time already spent on it.
    """
    for u in range(count):
        e = units.edge[u]
        left_s = units.ready_s[u] - now_s
        if units.state[u] == MOVING and e >= 0 and left_s > finish_s and left_s > 0.0 and not np.isfinite(edge_time[e]):
            units.node[u] = tail[e]
            units.ready_s[u] = now_s + (now_s - units.entered_s[u])
            units.edge[u] = -1


@njit(cache=True)
def walk(
    active: np.ndarray,
    end_s: float,
    stamp: int,
    units: Units,
    block_node: np.ndarray,
    block_access_s: np.ndarray,
    roads: Roads,
    doors: Doors,
    edge_time: np.ndarray,
    books: Books,
    tree: Tree,
    heap: Heap,
    at_door: np.ndarray,
    lost: np.ndarray,
) -> tuple[int, int, int]:
    """Move the `active` units (sorted by site) until each has nothing to do before `end_s`.

    Returns the next free stamp, how many units stand at a door (`at_door`) and how many need another site (`lost`).
    """
    arrived = 0
    without = 0
    first = 0
    while first < active.size:
        site = units.site[active[first]]
        last = first
        while last < active.size and units.site[active[last]] == site:
            last += 1
        if site != NO_SITE:
            wanted = 0
            for i in range(first, last):
                u = active[i]
                v = block_node[units.block[u]] if units.state[u] == HOME else units.node[u]
                if units.state[u] != ENTERING and tree.wanted[v] != stamp:
                    tree.wanted[v] = stamp
                    wanted += 1
            tree_to_node(doors.node[site], wanted, stamp, roads, edge_time, tree, heap)
        for i in range(first, last):
            u = active[i]
            _leave_home(u, units, block_node, block_access_s, doors, books)
            if units.state[u] == STRANDED and site != NO_SITE and doors.closed_at_s[site] <= units.ready_s[u]:
                release(u, units, books)
            if units.site[u] == NO_SITE:
                if units.ready_s[u] < end_s:
                    lost[without] = u
                    without += 1
                continue
            if units.state[u] == STRANDED and tree.seen[units.node[u]] == stamp:
                resume(u, units.ready_s[u], units, books)
            while units.state[u] != ENTERING and units.ready_s[u] < end_s:
                v = units.node[u]
                units.edge[u] = -1
                if v == doors.node[site]:
                    units.state[u] = ENTERING
                    units.ready_s[u] += doors.access_s[site]
                elif tree.seen[v] != stamp:
                    lost[without] = u
                    without += 1
                    break
                else:
                    e = tree.next_edge[v]
                    units.edge[u] = e
                    units.node[u] = roads.head[e]
                    units.entered_s[u] = units.ready_s[u]
                    units.ready_s[u] += edge_time[e]
            if units.state[u] == ENTERING and units.ready_s[u] < end_s:
                at_door[arrived] = u
                arrived += 1
        stamp += 1
        first = last
    return stamp, arrived, without


@njit(cache=True)
def _leave_home(
    u: int, units: Units, block_node: np.ndarray, block_access_s: np.ndarray, doors: Doors, books: Books
) -> None:
    if units.state[u] != HOME:
        return
    k = record_of(units.ready_s[u], books)
    books.home[k] -= units.persons[u]
    books.moving[k] += units.persons[u]
    units.departed_s[u] = units.ready_s[u]
    units.state[u] = MOVING
    site = units.site[u]
    if site != NO_SITE and doors.closed_at_s[site] <= units.ready_s[u]:
        release(u, units, books)  # who has not left yet hears that the site is closed
    units.node[u] = block_node[units.block[u]]
    units.ready_s[u] += block_access_s[units.block[u]]


@njit(cache=True)
def release(u: int, units: Units, books: Books) -> None:
    """Give up the place reserved for unit u; others may have it from the next step on."""
    books.given_up[units.site[u]] += units.persons[u]
    units.site[u] = NO_SITE


@njit(cache=True)
def resume(u: int, time_s: float, units: Units, books: Books) -> None:
    """A stranded unit sets out again."""
    k = record_of(time_s, books)
    books.stranded[k] -= units.persons[u]
    books.moving[k] += units.persons[u]
    units.state[u] = MOVING


@njit(cache=True)
def stop(u: int, state: int, units: Units, books: Books) -> None:
    """A moving unit ends its way, for good or for now: sheltered, stranded or turned away."""
    k = record_of(units.ready_s[u], books)
    books.moving[k] -= units.persons[u]
    if state == SHELTERED:
        books.sheltered[k] += units.persons[u]
        units.sheltered_s[u] = units.ready_s[u]
    elif state == STRANDED:
        books.stranded[k] += units.persons[u]
    elif state == TURNED_AWAY:
        books.turned_away[k] += units.persons[u]
    units.state[u] = state
