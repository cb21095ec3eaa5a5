"""What happens at a shelter's door and to people who need another site (numba)."""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.evacuation.search import Doors, Heap, Nearest, Roads, withdraw_site
from sim.evacuation.units import MOVING, NO_SITE, SHELTERED, STRANDED, TURNED_AWAY, Units
from sim.evacuation.walking import Books, record_of, release, resume, stop


@njit(cache=True)
def admit(
    at_door: np.ndarray,
    end_s: float,
    count: int,
    units: Units,
    capacity: np.ndarray,
    doors: Doors,
    books: Books,
    lost: np.ndarray,
    without: int,
) -> tuple[int, int]:
    """Let in those who stand at a door (sorted by site and time) while the site is open and has room.

    A group that fits in part splits. Who is turned away goes back to the road and joins `lost`, which already holds
    `without` units. Returns the new count of units and of lost ones.
    """
    for i in range(at_door.size):
        u = at_door[i]
        site = units.site[u]
        place = 0
        if units.ready_s[u] < doors.closed_at_s[site]:
            place = min(max(capacity[site] - books.admitted[site], 0), units.persons[u])
        if place < units.persons[u]:
            away = u
            if place > 0:
                away = count
                count = _split(u, away, units.persons[u] - place, units)
            books.turned_at_door[site] += units.persons[away]
            release(away, units, books)
            units.state[away] = MOVING
            units.node[away] = doors.node[site]
            units.ready_s[away] += doors.access_s[site]
            if units.ready_s[away] < end_s:
                lost[without] = away
                without += 1
        if place > 0:
            books.admitted[site] += place
            books.arrivals[record_of(units.ready_s[u], books), site] += place
            stop(u, SHELTERED, units, books)
    return count, without


@njit(cache=True)
def find_other_sites(
    lost: np.ndarray,
    end_s: float,
    count: int,
    units: Units,
    capacity: np.ndarray,
    doors: Doors,
    closing: np.ndarray,
    open_in_reach: np.ndarray,
    roads: Roads,
    edge_time: np.ndarray,
    books: Books,
    field: Nearest,
    heap: Heap,
    again: np.ndarray,
) -> tuple[int, int]:
    """Send the `lost` units (sorted by time) to the nearest open site they can reach that has room, and reserve it.

    `field` holds the nearest open site with room of every node; `closing` lists the sites that close within the
    step, by time. A group that fits in part splits. Where no such site is left: who still has a place waits for
    the road (stranded), who has none is turned away if `open_in_reach` of the node says that a full open site can be
    reached, else stranded. Returns the new count of units and how many walk on before `end_s` (`again`).
    """
    onward = 0
    next_closing = 0
    for i in range(lost.size):
        u = lost[i]
        while next_closing < closing.size and doors.closed_at_s[closing[next_closing]] <= units.ready_s[u]:
            if field.offered[closing[next_closing]]:
                withdraw_site(closing[next_closing], roads, edge_time, doors, field, heap)
            next_closing += 1
        while True:
            site = field.owner[units.node[u]]
            if site < 0:
                _give_up(u, open_in_reach[units.node[u]], units, books)
                break
            room = capacity[site] - books.reserved[site]
            if room <= 0:
                withdraw_site(site, roads, edge_time, doors, field, heap)
                continue
            rest = units.persons[u] - room
            if rest > 0:
                count = _split(u, count, rest, units)
            if units.site[u] != NO_SITE:
                release(u, units, books)
            units.site[u] = site
            books.reserved[site] += units.persons[u]
            if units.state[u] == STRANDED:
                resume(u, units.ready_s[u], units, books)
            if units.ready_s[u] < end_s:
                again[onward] = u
                onward += 1
            if rest <= 0:
                break
            u = count - 1
    return count, onward


@njit(cache=True)
def _give_up(u: int, open_in_reach: bool, units: Units, books: Books) -> None:
    if units.site[u] == NO_SITE and open_in_reach:
        if units.state[u] == STRANDED:
            resume(u, units.ready_s[u], units, books)
        stop(u, TURNED_AWAY, units, books)
    elif units.state[u] != STRANDED:
        stop(u, STRANDED, units, books)


@njit(cache=True)
def _split(u: int, v: int, persons: int, units: Units) -> int:
    """Move `persons` of unit u into the new unit v, alike in all else; return the new count of units."""
    units.block[v] = units.block[u]
    units.site[v] = units.site[u]
    units.state[v] = units.state[u]
    units.node[v] = units.node[u]
    units.edge[v] = units.edge[u]
    units.entered_s[v] = units.entered_s[u]
    units.ready_s[v] = units.ready_s[u]
    units.departed_s[v] = units.departed_s[u]
    units.sheltered_s[v] = units.sheltered_s[u]
    units.persons[v] = persons
    units.persons[u] -= persons
    return v + 1
