"""A town of random streets with shelters, and a driver that moves people by still travel times from door to door."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from shelters import RoadGraph
from sim.movement.build_links import assemble_links
from sim.movement.doors import DoorTerms, at_door, build_doors, count_reserved, let_in, set_hours
from sim.movement.links import Doors, Links
from sim.movement.overflow import CUT_OFF, FULL, SENT, Overflow
from sim.movement.units import (
    AT_DOOR,
    MOVING,
    NEVER_MS,
    NO_SITE,
    NOWHERE,
    SHELTERED,
    STRANDED,
    TURNED_AWAY,
    WALK,
    Units,
    no_units,
)

TERMS = DoorTerms(places_per_desk=30.0, service_s=2.0, opening_s=0.0)


@dataclass
class Town:
    """`away_ms[site, node]`: walking time to the site's door, inf where there is no way."""

    links: Links
    doors: Doors
    away_ms: np.ndarray


def streets(tail: np.ndarray, head: np.ndarray, seconds: np.ndarray, nodes: int) -> Links:
    graph = RoadGraph.build(tail, head, seconds, nodes)
    edges = len(tail)
    return assemble_links(
        graph,
        walk_s=seconds,
        walk_flow_per_s=np.ones(edges),
        walk_room=np.full(edges, 1000.0),
        area_m2=np.full(edges, 1000.0),
        car_s=seconds,
        car_flow_per_s=np.ones(edges),
        car_room=np.full(edges, 100.0),
    )


def random_town(rng: np.random.Generator, nodes: int, sites: int, people: int) -> Town:
    """Places for 0.4 to 1.4 of the people; some sites close, some open late, some have a price."""
    edges = 3 * nodes
    pairs = np.unique(rng.integers(0, nodes, (edges, 2)), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    seconds = rng.integers(1, 300, len(pairs)).astype(float)
    node = rng.integers(0, nodes, sites)
    capacity = np.floor(rng.dirichlet(np.ones(sites)) * people * rng.choice([0.4, 1.0, 1.4])).astype(int)
    doors = build_doors(
        node,
        rng.integers(0, 60, sites).astype(float),
        capacity,
        TERMS,
        opens_s=np.where(rng.random(sites) < 0.3, rng.integers(0, 600, sites), 0.0),
        closes_s=np.where(rng.random(sites) < 0.3, rng.integers(1, 1200, sites), np.inf),
        price_ms=rng.integers(0, 200_000, sites) * rng.integers(0, 2, sites),
    )
    graph = coo_array((seconds, (pairs[:, 1], pairs[:, 0])), (nodes, nodes)).tocsr()
    away = dijkstra(graph, indices=node) * 1000.0 + doors.access_ms[:, None]
    return Town(streets(pairs[:, 0], pairs[:, 1], seconds, nodes), doors, away)


def people_of(rng: np.random.Generator, town: Town, units: int, room: int) -> Units:
    made = no_units(room)
    sites, nodes = town.away_ms.shape
    made.persons[:units] = made.size[:units] = rng.integers(1, 21, units)
    made.node[:units] = rng.integers(0, nodes, units)
    made.site[:units] = rng.integers(-1, sites, units)  # some are bound for none
    made.ready_ms[:units] = rng.integers(0, 300_000, units)
    made.state[:units] = MOVING
    made.mode[:units] = WALK
    return made


@dataclass
class DoorDrill:
    """Events in time: a unit reaches its door, or is let in; the lost are asked at once. `sent`: who went where."""

    town: Town
    units: Units
    count: int
    events: list[tuple[int, int, int]] = field(default_factory=list)
    sent: list[tuple[int, int, float, float]] = field(default_factory=list)  # unit, site, its cost, least cost
    let_in_late: int = 0

    def __post_init__(self) -> None:
        self.overflow = Overflow(self.town.links, self.town.doors)
        count_reserved(self.units, self.count, self.town.doors)
        self.total = int(self.units.persons[: self.count].sum())
        for u in range(self.count):
            self.set_out(u)

    def set_out(self, u: int) -> None:
        """To the door, or, without a way or a site, to ask (its number below zero)."""
        site, t = self.units.site[u], int(self.units.ready_ms[u])
        away = np.inf if site == NO_SITE else self.town.away_ms[site, self.units.node[u]]
        heapq.heappush(self.events, (int(t + away), u, 1) if np.isfinite(away) else (t, u, 0))

    def run(self, until_ms: int = 10_000_000) -> None:
        while self.events and self.events[0][0] <= until_ms:
            t, u, at_the_door = heapq.heappop(self.events)
            if self.units.state[u] == AT_DOOR:
                self.finish_queueing(u, t)
            elif at_the_door:
                self.reach(u, t)
            else:
                self.ask(u, t)
            self.check()

    def reach(self, u: int, t: int) -> None:
        self.count, wake, away = at_door(u, t, self.count, self.units, self.town.doors)
        if wake != NEVER_MS:
            self.units.state[u] = AT_DOOR
            heapq.heappush(self.events, (wake, u, 1))
        if away != NOWHERE:
            self.units.state[away] = MOVING
            heapq.heappush(self.events, (int(self.units.ready_ms[away]), away, 0))

    def finish_queueing(self, u: int, t: int) -> None:
        site = self.units.site[u]
        if let_in(u, t, self.units, self.town.doors):
            self.let_in_late += int(t >= self.town.doors.closes_ms[site] or t < self.town.doors.opens_ms[site])
            self.units.state[u] = SHELTERED
        else:
            self.units.state[u] = MOVING
            heapq.heappush(self.events, (int(self.units.ready_ms[u]), u, 0))

    def ask(self, u: int, t: int) -> None:
        """Ask for another place; whoever is sent goes to the site of least time plus price that has room."""
        doors = self.town.doors
        is_open = (doors.opens_ms < doors.closes_ms) & (doors.closes_ms > t)
        room = np.where(is_open, doors.capacity - doors.reserved, 0)
        cost = self.town.away_ms[:, self.units.node[u]] + doors.price_ms
        self.count, answer = self.overflow.relocate(np.array([u]), t, self.count, self.units, doors)
        left = int(self.units.persons[answer.units].sum())
        for v, verdict in zip(answer.units.tolist(), answer.verdict.tolist(), strict=True):
            if verdict == SENT:
                site = int(self.units.site[v])
                self.sent.append((v, site, float(cost[site]), float(cost[room > 0].min())))
                room[site] -= self.units.persons[v]
                left -= int(self.units.persons[v])
                self.units.ready_ms[v] = max(t, int(self.units.ready_ms[v]))
                self.units.state[v] = MOVING
                self.set_out(v)
            else:
                assert not np.isfinite(cost[room > 0]).any()  # nobody is refused a place that there is
                self.units.state[v] = TURNED_AWAY if verdict == FULL else STRANDED
                in_reach = np.isfinite(cost[is_open]).any()
                assert verdict == (FULL if in_reach and self.units.site[v] == NO_SITE else CUT_OFF)

    def close(self, site: int, t: int) -> None:
        """The site closes now."""
        doors = self.town.doors
        queue = set_hours(site, int(doors.opens_ms[site]), t, t, self.units, self.count, doors).tolist()
        self.events = [event for event in self.events if event[1] not in queue]
        heapq.heapify(self.events)
        for u in queue:
            self.reach(u, t)
        self.check()

    def check(self) -> None:
        """Nobody lost, places as counted, no site over its capacity."""
        persons, units, doors = self.units.persons[: self.count], self.units, self.town.doors
        assert persons.min() > 0
        assert persons.sum() == self.total
        site, state = units.site[: self.count], units.state[: self.count]
        for s in range(len(doors.node)):
            assert doors.reserved[s] == persons[site == s].sum()
            assert doors.admitted[s] == persons[(site == s) & ((state == AT_DOOR) | (state == SHELTERED))].sum()
        assert (doors.admitted <= doors.capacity).all()
