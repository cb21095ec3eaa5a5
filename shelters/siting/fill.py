"""Who goes where for a set of open sites, kept optimal while sites are added one by one.

A site that opens brings free places. Each looks for the exchange that saves most: somebody unserved moves in, or
somebody leaves a place elsewhere for it, which then is free and looks on. That is a shortest path in the residual
network of the transport problem; with the prices kept from before, all arcs cost >= 0 and the search stays around the
new site (successive shortest paths, Ahuja, Magnanti and Orlin 1993, 9.7). One more site is milliseconds, not a solve.

Nobody who has a place ever loses it: a chain ends with an unserved person or a place left free, so more sites never
leave more people unserved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from data.compiling import njit
from shelters.siting.problem import SitingProblem

COUNT_UNIT = 1000  # what an unserved person costs where walking costs nothing: prices of places are fractions of it

_FAR = 2**62


@dataclass
class Filling:
    """The cheapest plan for the open sites; `weight` and `unserved` are what a pair and an unserved person cost."""

    problem: SitingProblem
    weight: np.ndarray  # int64 (pairs,)
    unserved: int
    persons: np.ndarray  # int64 (pairs,)
    left: np.ndarray  # int64 (groups,): people without a place
    room: np.ndarray  # int64 (sites,): free places of open sites
    price: np.ndarray  # int64 (sites,): what one place more would save
    label: np.ndarray  # int64 (groups,): what one person more would cost
    open: np.ndarray  # bool (sites,)

    @classmethod
    def empty(cls, problem: SitingProblem, count_only: bool = False) -> Filling:
        """Nothing open. `count_only`: walking costs nothing, so that the plan serves the most people there can be."""
        weight = np.zeros_like(problem.distance_m) if count_only else problem.distance_m
        unserved = COUNT_UNIT if count_only else problem.unserved_m
        return cls(
            problem, weight, unserved, np.zeros(len(problem.site), np.int64), problem.people.copy(),
            np.zeros(problem.sites, np.int64), np.zeros(problem.sites, np.int64),
            np.full(problem.groups, unserved, np.int64), np.zeros(problem.sites, bool),
        )  # fmt: skip

    @classmethod
    def existing(cls, problem: SitingProblem, count_only: bool = False) -> Filling:
        """The sites that are there."""
        return cls.empty(problem, count_only).add(np.flatnonzero(problem.fixed))

    def copy(self) -> Filling:
        return Filling(
            self.problem, self.weight, self.unserved, self.persons.copy(), self.left.copy(), self.room.copy(),
            self.price.copy(), self.label.copy(), self.open.copy(),
        )  # fmt: skip

    def add(self, sites: Iterable[int]) -> Filling:
        """Open these sites, in place."""
        problem = self.problem
        start, pairs = problem.by_site
        for site in sites:
            if self.open[site]:
                raise ValueError(f"site {site} is open already")
            self.open[site] = True
            _fill(
                site, problem.capacity[site], problem.first, problem.site, self.weight, start, pairs,
                problem.pair_group, self.persons, self.left, self.room, self.price, self.label,
            )  # fmt: skip
        return self

    def beside(self, site: int) -> Filling:
        """A copy with one site more."""
        return self.copy().add([site])

    @property
    def unserved_people(self) -> int:
        """People without a place, those out of reach of every site included."""
        return int(self.left.sum()) + self.problem.out_of_reach

    @property
    def served(self) -> int:
        return int(self.persons.sum())

    @property
    def walk_m(self) -> int:
        """Person-metres that the served walk."""
        return int(self.persons @ self.problem.distance_m)

    @property
    def cost(self) -> int:
        """What the plan costs: person-metres, or COUNT_UNIT per person unserved under `count_only`."""
        return int(self.persons @ self.weight) + self.unserved * self.unserved_people

    @property
    def occupancy(self) -> np.ndarray:
        """People in each site, int64 (sites,)."""
        used = np.flatnonzero(self.persons)
        occupancy = np.zeros(self.problem.sites, np.int64)
        np.add.at(occupancy, self.problem.site[used], self.persons[used])
        return occupancy

    @property
    def bids(self) -> np.ndarray:
        """At most so much can each site save if it opens, int64 (sites,): its places at the present prices."""
        start, pairs = self.problem.by_site
        return site_values(
            self.problem.capacity, self.problem.people, self.weight, self.label, start, pairs, self.problem.pair_group
        )

    def unserved_of_blocks(self) -> np.ndarray:
        """People without a place per block, int64 (blocks,); within a group the first blocks get places first."""
        problem = self.problem
        out = problem.demand.copy()
        inside = np.flatnonzero(problem.group >= 0)
        inside = inside[np.argsort(problem.group[inside], kind="stable")]
        group, demand = problem.group[inside], problem.demand[inside]
        before = np.cumsum(demand) - demand
        before -= before[np.searchsorted(group, group)]  # of the same group, listed before
        places = (problem.people - self.left)[group]
        out[inside] = demand - np.clip(places - before, 0, demand)
        return out


@njit(nogil=True, cache=True)
def site_values(capacity, people, weight, label, start, pairs, group):  # type: ignore[no-untyped-def]
    """Best use of each site if a person of group i moving in is worth label_i - weight: a continuous knapsack."""
    value = np.zeros(capacity.size, np.int64)
    for j in range(capacity.size):
        count = start[j + 1] - start[j]
        worth = np.empty(count, np.int64)
        for k in range(count):
            pair = pairs[start[j] + k]
            worth[k] = weight[pair] - label[group[pair]]
        order = np.argsort(worth)
        places = capacity[j]
        for k in order:
            if worth[k] >= 0 or places == 0:
                break
            taken = min(places, people[group[pairs[start[j] + k]]])
            value[j] -= taken * worth[k]
            places -= taken
    return value


@njit(nogil=True, cache=True)
def _push(heap_key, heap_node, size, key, node):  # type: ignore[no-untyped-def]
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if heap_key[up] <= key:
            break
        heap_key[at] = heap_key[up]
        heap_node[at] = heap_node[up]
        at = up
    heap_key[at] = key
    heap_node[at] = node


@njit(nogil=True, cache=True)
def _pop(heap_key, heap_node, size):  # type: ignore[no-untyped-def]
    """Remove the first of `size` entries."""
    key, node = heap_key[size - 1], heap_node[size - 1]
    last = size - 1
    at = 0
    while True:
        down = 2 * at + 1
        if down >= last:
            break
        if down + 1 < last and heap_key[down + 1] < heap_key[down]:
            down += 1
        if heap_key[down] >= key:
            break
        heap_key[at] = heap_key[down]
        heap_node[at] = heap_node[down]
        at = down
    heap_key[at] = key
    heap_node[at] = node


@njit(nogil=True, cache=True)
def _fill(new, places, first, site, weight, start, pairs, group, persons, left, room, price, label):  # type: ignore[no-untyped-def]
    """Send the places of site `new` where they save most, until none saves anything.

    Nodes: sites 0..sites-1, then groups. A place moves site -> group (a person takes it, + weight) and group -> site
    (that person's old place, - weight). Reduced costs: weight + price - label, and 0 where people sit.
    """
    sites, groups = room.size, left.size
    reach = np.full(sites + groups, _FAR, np.int64)
    parent = np.empty(sites + groups, np.int64)
    touched = np.empty(sites + groups, np.int64)
    heap_key = np.empty(2 * site.size + 2, np.int64)
    heap_node = np.empty(2 * site.size + 2, np.int64)
    room[new] = places
    price[new] = 0
    for k in range(start[new], start[new + 1]):
        price[new] = max(price[new], label[group[pairs[k]]] - weight[pairs[k]])
    while room[new] > 0 and price[new] > 0:
        best, end = price[new], new  # staying free
        touched[0] = new
        count = 1
        reach[new] = 0
        heap_key[0] = 0
        heap_node[0] = new
        size = 1
        while size > 0 and heap_key[0] < best:
            key, node = heap_key[0], heap_node[0]
            _pop(heap_key, heap_node, size)
            size -= 1
            if key > reach[node]:
                continue
            if node < sites:
                if node != new and key + price[node] < best:
                    best, end = key + price[node], node
                for k in range(start[node], start[node + 1]):
                    pair = pairs[k]
                    i = group[pair]
                    onward = key + weight[pair] + price[node] - label[i]
                    if onward < best and onward < reach[sites + i]:
                        if reach[sites + i] == _FAR:
                            touched[count] = sites + i
                            count += 1
                        reach[sites + i] = onward
                        parent[sites + i] = pair
                        if left[i] > 0:
                            best, end = onward, sites + i
                        else:
                            _push(heap_key, heap_node, size, onward, sites + i)
                            size += 1
            else:
                i = node - sites
                for pair in range(first[i], first[i + 1]):
                    j = site[pair]
                    if persons[pair] > 0 and key < reach[j]:
                        if reach[j] == _FAR:
                            touched[count] = j
                            count += 1
                        reach[j] = key
                        parent[j] = pair
                        _push(heap_key, heap_node, size, key, j)
                        size += 1
        for k in range(count):
            node = touched[k]
            if reach[node] < best:
                if node < sites:
                    price[node] -= best - reach[node]
                else:
                    label[node - sites] -= best - reach[node]
        if end != new:
            flow = room[new]
            if end >= sites:
                flow = min(flow, left[end - sites])
            node = end
            while node != new:
                pair = parent[node]
                if node < sites:
                    flow = min(flow, persons[pair])
                    node = sites + group[pair]
                else:
                    node = site[pair]
            node = end
            while node != new:
                pair = parent[node]
                if node < sites:
                    persons[pair] -= flow
                    node = sites + group[pair]
                else:
                    persons[pair] += flow
                    node = site[pair]
            room[new] -= flow
            if end < sites:
                room[end] += flow
            else:
                left[end - sites] -= flow
        for k in range(count):
            reach[touched[k]] = _FAR
        if end == new:
            break
