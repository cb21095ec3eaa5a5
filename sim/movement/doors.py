"""What happens at a shelter's door (numba): places, desks, opening and closing hours, who is turned away.

How an engine uses it. A unit that reaches the door (`access_ms` after the site's node; at once from a bus) goes
through `at_door`, which takes a place and a desk for it and says when to look again; the unit is AT_DOOR till then. At
that time `let_in` says whether it is in. Whoever is turned away stands at the site's node without a site when
`ready_ms` comes and goes through `Overflow.relocate` (sim/movement/overflow.py). The engine keeps `state` and its
books; these kernels keep the doors, and the unit's site, node, link and ready_ms.

When hours change while people queue: take the queue of the site off the calendar, `set_hours`, and put each of the ids
that it returns through `at_door` again, in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.compiling import njit
from sim.movement.desks import seize_desk
from sim.movement.links import NEVER, Doors
from sim.movement.units import AT_DOOR, NEVER_MS, NO_SITE, NOWHERE, Units

_MS_PER_S = 1000.0


@dataclass(frozen=True)
class DoorTerms:
    """How people get in at a door; one desk for every begun `places_per_desk` places."""

    places_per_desk: float
    service_s: float  # per person at a desk; 0: no check-in
    opening_s: float  # from the order to open to the open door

    def __post_init__(self) -> None:
        if not self.places_per_desk > 0.0:
            raise ValueError(f"places_per_desk(={self.places_per_desk}) must be positive")
        if not (self.service_s >= 0.0 and self.opening_s >= 0.0):
            raise ValueError(f"service_s(={self.service_s}), opening_s(={self.opening_s}) must not be negative")


def build_doors(
    node: np.ndarray,
    access_s: np.ndarray,
    capacity: np.ndarray,
    terms: DoorTerms,
    *,
    opens_s: np.ndarray | None = None,
    closes_s: np.ndarray | None = None,
    price_ms: np.ndarray | None = None,
) -> Doors:
    """The sites as the kernels take them, empty, nobody on the way; one value per site in every array.

    `opens_s`: NaN or inf where no opening is planned; None: all open from the start. `closes_s`: NaN or inf where a
    site stays open; None: all do. `price_ms`: `shelters.Allocation.price_ms`; None: all 0. Times s on the run's clock.
    """
    places = np.asarray(capacity, np.int64)
    sites = len(places)
    if (places < 0).any():
        raise ValueError(f"capacity {places.min()} must not be negative")
    desks = np.maximum(1, np.ceil(places / terms.places_per_desk)).astype(np.int64)
    return Doors(
        node=np.asarray(node, np.int32),
        access_ms=_clock_ms(access_s),
        capacity=places,
        opens_ms=np.zeros(sites, np.int32) if opens_s is None else _clock_ms(opens_s),
        closes_ms=np.full(sites, NEVER, np.int32) if closes_s is None else _clock_ms(closes_s),
        price_ms=np.zeros(sites, np.int64) if price_ms is None else np.asarray(price_ms, np.int64),
        admitted=np.zeros(sites, np.int64),
        reserved=np.zeros(sites, np.int64),
        turned=np.zeros(sites, np.int64),
        desk_first=np.concatenate(([0], np.cumsum(desks))).astype(np.int64),
        desk_free_ms=np.zeros(int(desks.sum()), np.int64),
        service_ms=np.full(sites, round(terms.service_s * _MS_PER_S), np.int32),
    )


@njit(nogil=True, cache=True)
def at_door(u: int, now_ms: int, count: int, units: Units, doors: Doors) -> tuple[int, int, int]:
    """Unit u stands at the door of its site at `now_ms`: what fits gets a place and the desk that is free first.

    Returns (count, wake_ms, away). `wake_ms`: when to call `let_in` for u, the end of its service or the hour at which
    the site closes, whichever comes first (a site that is not open yet serves from its opening on); NEVER_MS where u
    got no place. `away`: the unit that was turned away, NOWHERE where all fit: u itself, or a new unit at the old
    `count` in the same state as u that holds those who did not fit. A site splits one unit at most until it gets free
    places again: room for one more unit per site is enough for any number of calls.
    """
    site = units.site[u]
    closes_ms = doors.closes_ms[site]
    opens_ms = doors.opens_ms[site]
    units.link[u] = NOWHERE
    units.node[u] = doors.node[site]
    if units.state[u] != AT_DOOR:  # else it queued before the hours changed, and has waited since then
        units.entered_ms[u] = now_ms
    place = 0
    if now_ms < closes_ms and opens_ms < closes_ms:  # NEVER opened is never less
        place = min(max(doors.capacity[site] - doors.admitted[site], 0), np.int64(units.persons[u]))
    away = NOWHERE
    if place < units.persons[u]:
        away = u
        if place > 0:
            away = count
            count = split(u, count, units.persons[u] - place, units)
        _turn_away(away, now_ms, units, doors)
    if place == 0:
        return count, NEVER_MS, away
    doors.admitted[site] += place
    starts_ms = max(now_ms, opens_ms)
    done_ms = starts_ms
    if doors.service_ms[site] > 0:
        first, last = doors.desk_first[site], doors.desk_first[site + 1]
        done_ms = seize_desk(doors.desk_free_ms, first, last, starts_ms, place * doors.service_ms[site])
    units.ready_ms[u] = min(done_ms, closes_ms, NEVER - 1)
    return count, units.ready_ms[u], away


@njit(nogil=True, cache=True)
def let_in(u: int, now_ms: int, units: Units, doors: Doors) -> bool:
    """Whether unit u, which has a place at its site, is in at `now_ms`; if the site has closed it is turned away."""
    site = units.site[u]
    if now_ms < doors.closes_ms[site]:
        units.arrived_ms[u] = now_ms
        return True
    doors.admitted[site] -= units.persons[u]
    _turn_away(u, now_ms, units, doors)
    return False


@njit(nogil=True, cache=True)
def _turn_away(u: int, now_ms: int, units: Units, doors: Doors) -> None:
    site = units.site[u]
    doors.turned[site] += units.persons[u]
    release(u, units, doors)
    units.informed[u] = 1
    units.node[u] = doors.node[site]
    units.ready_ms[u] = now_ms + doors.access_ms[site]


@njit(nogil=True, cache=True)
def bind(u: int, site: int, units: Units, doors: Doors) -> None:
    """Send unit u to `site`: the place kept for it elsewhere is given up, one here is kept (NO_SITE: none).

    Nobody asks whether there is room: a plan or an order may send more than fit, and the door turns them away.
    """
    if units.site[u] != NO_SITE:
        doors.reserved[units.site[u]] -= units.persons[u]
    units.site[u] = site
    if site != NO_SITE:
        doors.reserved[site] += units.persons[u]


@njit(nogil=True, cache=True)
def release(u: int, units: Units, doors: Doors) -> None:
    """Unit u is bound for no site any more."""
    bind(u, NO_SITE, units, doors)


@njit(nogil=True, cache=True)
def split(u: int, v: int, persons: int, units: Units) -> int:
    """Move `persons` of unit u into the new unit v, alike in all else; returns the new count, v + 1.

    Room on a road goes with them in proportion, rounded up, so that no part of a unit travels without any.
    """
    units.block[v] = units.block[u]
    units.site[v] = units.site[u]
    units.mode[v] = units.mode[u]
    units.group[v] = units.group[u]
    units.state[v] = units.state[u]
    units.reason[v] = units.reason[u]
    units.informed[v] = units.informed[u]
    units.node[v] = units.node[u]
    units.link[v] = units.link[u]
    units.ready_ms[v] = units.ready_ms[u]
    units.entered_ms[v] = units.entered_ms[u]
    units.left_ms[v] = units.left_ms[u]
    units.arrived_ms[v] = units.arrived_ms[u]
    units.behind[v] = NOWHERE
    whole, size = units.persons[u], units.size[u]
    units.persons[v] = persons
    units.persons[u] = whole - persons
    units.size[v] = (size * persons + whole - 1) // whole
    units.size[u] = (size * (whole - persons) + whole - 1) // whole
    return v + 1


def set_hours(
    site: int, opens_ms: int, closes_ms: int, now_ms: int, units: Units, count: int, doors: Doors
) -> np.ndarray:
    """Change the hours of a site; who queues there loses place and desk and is returned (ids in order of arrival).

    The caller takes them off its calendar and puts each through `at_door` again at `now_ms`, which lets them queue as
    before, earlier, or turns them away. Those inside stay inside.
    """
    doors.opens_ms[site], doors.closes_ms[site] = opens_ms, closes_ms
    here = (units.state[:count] == AT_DOOR) & (units.site[:count] == site)
    queue = np.flatnonzero(here)
    queue = queue[np.lexsort((queue, units.entered_ms[queue]))]
    doors.admitted[site] -= int(units.persons[queue].sum())
    doors.desk_free_ms[doors.desk_first[site] : doors.desk_first[site + 1]] = now_ms
    return queue


def count_reserved(units: Units, count: int, doors: Doors) -> None:
    """Keep a place for everybody who is bound for a site: once, after units are made and before they move."""
    bound = units.site[:count]
    some = bound != NO_SITE
    np.add.at(doors.reserved, bound[some], units.persons[:count][some].astype(np.int64))


def _clock_ms(time_s: np.ndarray | Sequence[float]) -> np.ndarray:
    """Whole milliseconds, rounded to the nearest; NEVER for NaN and what the clock cannot hold."""
    ms = np.nan_to_num(np.asarray(time_s, np.float64) * _MS_PER_S, nan=np.inf)
    return np.rint(np.minimum(ms, NEVER)).astype(np.int32)
