"""Another shelter for people who lost theirs: the open site with room where time plus the plan's price is least.

The prices are the duals of the plan (`shelters.Allocation.price_ms`): what one more place at a site would save others.
People take the place that costs everybody least, not simply the nearest (evacuation.md 6).

For every node and mode a field holds the best site and its cost. It is made once and then mended where a site fills up,
gets room again or a road changes: whoever is sent away costs microseconds, not a search of the city.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.compiling import njit
from sim.movement.doors import bind, split
from sim.movement.links import NEVER, Doors, Links, RoadWater
from sim.movement.overflow_field import Field, Streets, new_field, new_times, offer, reach_of, withdraw
from sim.movement.routes import FAR, route_ms
from sim.movement.units import CAR, NO_SITE, Units

SENT, FULL, CUT_OFF = range(3)  # verdicts: has a place; every open site in reach is full; no open site in reach


class Sent(NamedTuple):
    """What became of those who asked: unit numbers (with the new ones that splits made) and their verdicts."""

    units: np.ndarray  # int32
    verdict: np.ndarray  # uint8, SENT, FULL or CUT_OFF


class Overflow:
    """The fields of a run. The same calls in the same order give the same answers."""

    def __init__(self, links: Links, doors: Doors) -> None:
        edges, self._links = len(links.area_m2), links
        tail, head = links.tail[:edges], links.head[:edges]
        nodes = len(links.out_first) - 1
        in_first = np.zeros(nodes + 1, np.int64)
        np.cumsum(np.bincount(head, minlength=nodes), out=in_first[1:])
        self._into = in_first, np.argsort(head, kind="stable").astype(np.int32)
        self._out = links.out_first, links.out_edge, tail, head
        self._ways: list[tuple[Streets, Field] | None] = [None, None]  # on foot, by car; made when first asked for
        self._reach: list[tuple[bytes, np.ndarray] | None] = [None, None]
        self._current = [False, False]  # whether the times of that mode are those of the water
        self._water: RoadWater | None = None
        self._site_cost = doors.price_ms + doors.access_ms
        self._site_node, self._sites = doors.node, len(doors.node)

    def set_water(self, water: RoadWater) -> None:
        """The roads as they are from now on: with every flood epoch, and whenever a road is barred or opened."""
        self._water, self._current = water, [False, False]

    def relocate(self, lost: np.ndarray, now_ms: int, count: int, units: Units, doors: Doors) -> tuple[int, Sent]:
        """Give the `lost` units (any order; each once) another site, in order of ready_ms and number.

        Each stands at units.node; drivers look for ways by car, all others on foot. A place is kept from now on; one
        that it still had elsewhere is given up. A unit that fits in part splits; room for one more unit per site is
        needed. Sites that have not opened yet count as open if they will.

        SENT: informed, bound for its site, sets out from `node` at `ready_ms`. FULL: turned away; ask again when a
        site opens. CUT_OFF: no open site in reach, or a place at one without a way to it and no other place; ask again
        when the roads change. Returns the new count of units, and what became of whom.
        """
        if units.room < count + self._sites:
            raise ValueError(f"units have room for {units.room}; {count} in use and {self._sites} sites need more")
        lost = np.asarray(lost, np.int32)
        lost = lost[np.lexsort((lost, units.ready_ms[lost]))]
        is_open = (doors.opens_ms < doors.closes_ms) & (doors.closes_ms > now_ms)
        by_car = units.mode[lost] == CAR
        if not by_car.all():
            self._mend(0, is_open, doors)
        if by_car.any():
            self._mend(1, is_open, doors)
        found, verdict = np.empty(lost.size + self._sites, np.int32), np.empty(lost.size + self._sites, np.uint8)
        on_foot, driving = self._ways[0] or self._ways[1], self._ways[1] or self._ways[0]
        if on_foot is None or driving is None:  # nobody asked
            return count, Sent(lost, np.empty(0, np.uint8))
        count, answered = _relocate(
            lost, count, units, doors, self._site_cost, *on_foot, *driving, found, verdict
        )  # fmt: skip
        sent = Sent(found[:answered], verdict[:answered])
        self._tell_full_from_cut_off(sent, is_open, units)
        return count, sent

    def _mend(self, by_car: int, is_open: np.ndarray, doors: Doors) -> None:
        """Bring the field of a mode to the present roads and sites."""
        ways = self._ways[by_car]
        if ways is None:
            edges, nodes = len(self._links.area_m2), len(self._links.out_first) - 1
            streets = Streets(*self._into, *self._out, self._times(by_car))
            ways = self._ways[by_car] = streets, new_field(nodes, edges, self._sites)
        elif not self._current[by_car]:
            new_times(self._times(by_car), self._site_node, self._site_cost, *ways)
            self._reach[by_car] = None
        self._current[by_car] = True
        offered, wanted = ways[1].offered == 1, is_open & (doors.reserved < doors.capacity)
        for site in np.flatnonzero(offered & ~wanted):
            withdraw(int(site), self._site_node, self._site_cost, *ways)
        offer(np.flatnonzero(wanted & ~offered), self._site_node, self._site_cost, *ways)

    def _times(self, by_car: int) -> np.ndarray:
        """Time of every edge in the present water (ms), NEVER where this mode may not pass."""
        edges = len(self._links.area_m2)
        time = route_ms(self._links, self._water)[by_car * edges : (by_car + 1) * edges]
        return np.where(time == FAR, NEVER, time).astype(np.int32)

    def _tell_full_from_cut_off(self, sent: Sent, is_open: np.ndarray, units: Units) -> None:
        """Who holds no place but could reach an open site, were it not full, is turned away and not stranded."""
        for by_car in (0, 1):
            asked = (sent.verdict == CUT_OFF) & (units.site[sent.units] == NO_SITE)
            asked &= (units.mode[sent.units] == CAR) == by_car
            ways = self._ways[by_car]
            if not asked.any() or ways is None:
                continue
            known = self._reach[by_car]
            if known is None or known[0] != is_open.tobytes():
                known = self._reach[by_car] = is_open.tobytes(), reach_of(is_open, self._site_node, *ways)
            here = np.flatnonzero(asked)
            sent.verdict[here[known[1][units.node[sent.units[here]]] == 1]] = FULL


@njit(nogil=True, cache=True)
def _relocate(
    lost: np.ndarray,
    count: int,
    units: Units,
    doors: Doors,
    site_cost: np.ndarray,
    walked: Streets,
    on_foot: Field,
    driven: Streets,
    by_car: Field,
    found: np.ndarray,
    verdict: np.ndarray,
) -> tuple[int, int]:
    """Each of `lost` in its order to the best site of its node; returns the new count and how many were answered."""
    answered = 0
    for i in range(lost.size):
        u = lost[i]
        while True:
            v = units.node[u]
            site = by_car.owner[v] if units.mode[u] == CAR else on_foot.owner[v]
            if site < 0:
                verdict[answered] = CUT_OFF
                break
            rest = 0
            if units.site[u] != site:
                room = doors.capacity[site] - doors.reserved[site]
                if room <= 0:
                    withdraw(site, doors.node, site_cost, walked, on_foot)
                    withdraw(site, doors.node, site_cost, driven, by_car)
                    continue
                rest = units.persons[u] - room
                if rest > 0:
                    count = split(u, count, rest, units)
                bind(u, site, units, doors)
            units.informed[u] = 1
            verdict[answered] = SENT
            if rest <= 0:
                break
            found[answered] = u
            answered += 1
            u = count - 1
        found[answered] = u
        answered += 1
    return count, answered
