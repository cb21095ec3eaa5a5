"""How many people find a place over given pairs: maximum flow from blocks to sites, in whole persons.

Dinic's method (1970) on the two-sided graph: layers by breadth-first search from blocks with people left over, then
augmenting chains along rising layers until none is left; repeated until no site with room is reached. A flow found
under one time limit stays valid under a longer one, and under a shorter one less the people on longer pairs, so a
search over limits never starts anew.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data.compiling import njit
from shelters.candidates import CandidateTable


class MaxFlow:
    """The most people over the pairs of a table within a time limit, which can be moved up and down."""

    def __init__(self, demand: np.ndarray, table: CandidateTable, capacity: np.ndarray) -> None:
        self.table = table
        self.persons = np.zeros(len(table), np.int64)  # on each pair
        self._left = np.array(demand, np.int64)  # people of each block without a place
        self._room = np.array(capacity, np.int64)  # places of each site that are free
        self._total = int(self._left.sum())
        by_site = np.argsort(table.site, kind="stable")
        first_at_site = np.searchsorted(table.site[by_site], np.arange(table.sites + 1))
        self._pairs = (table.first, table.block, table.site, table.time_ms, by_site, first_at_site)

    def served(self, limit_ms: int) -> int:
        """The most people that find a place over pairs of at most `limit_ms`; `persons` then holds such a plan."""
        long = np.flatnonzero((self.persons > 0) & (self.table.time_ms > limit_ms))
        np.add.at(self._left, self.table.block[long], self.persons[long])
        np.add.at(self._room, self.table.site[long], self.persons[long])
        self.persons[long] = 0
        state: tuple[Any, ...] = (*self._pairs, np.int64(limit_ms), self.persons, self._left, self._room)
        _fill(*state)
        return self._total - int(self._left.sum())

    def stuck(self, limit_ms: int) -> np.ndarray:
        """After `served(limit_ms)`: blocks from which a chain starts at somebody left over, bool (blocks,).

        All sites within the limit of these blocks are full of their people: a minimum cut.
        """
        block_layer = np.empty(self.table.blocks, np.int64)
        site_layer = np.empty(self.table.sites, np.int64)
        flow = self.persons, self._left, self._room
        state: tuple[Any, ...] = (*self._pairs, np.int64(limit_ms), *flow, block_layer, site_layer)
        _layers(*state)
        return block_layer >= 0


def most_served(demand: np.ndarray, capacity: np.ndarray, table: CandidateTable, stuck: np.ndarray) -> int:
    """An upper bound of the people that any plan on the table's pairs serves, for any set `stuck` of blocks.

    People of these blocks only find room at sites that they have pairs with: at most the places there, and at most
    everybody else (Ford and Fulkerson 1956: a cut).
    """
    reached = np.zeros(table.sites, bool)
    reached[table.site[stuck[table.block]]] = True
    return int(demand[~stuck].sum()) + int(capacity[reached].sum())


@njit(nogil=True, cache=True)
def _layers(  # type: ignore[no-untyped-def]
    first, block, site, time, by_site, first_at_site, limit, persons, left, room, block_layer, site_layer
):
    """Breadth-first layers from blocks with people left over; whether a site with room is reached. -1 = not reached."""
    block_layer[:] = -1
    site_layer[:] = -1
    queue = np.empty(left.size, np.int64)
    tail = 0
    for i in range(left.size):
        if left[i] > 0:
            block_layer[i] = 0
            queue[tail] = i
            tail += 1
    head = 0
    enough = np.int64(2**62)
    while head < tail:
        i = queue[head]
        head += 1
        layer = block_layer[i]
        if layer >= enough:
            break
        for p in range(first[i], first[i + 1]):
            j = site[p]
            if time[p] > limit or site_layer[j] >= 0:
                continue
            site_layer[j] = layer
            if room[j] > 0:
                enough = layer  # the layer is finished, no deeper one is needed
                continue
            for q in range(first_at_site[j], first_at_site[j + 1]):
                r = by_site[q]
                if persons[r] > 0 and block_layer[block[r]] < 0:
                    block_layer[block[r]] = layer + 1
                    queue[tail] = block[r]
                    tail += 1
    return enough < 2**62


@njit(nogil=True, cache=True)
def _fill(first, block, site, time, by_site, first_at_site, limit, persons, left, room):  # type: ignore[no-untyped-def]
    """Raise the flow to its maximum."""
    blocks, sites = left.size, room.size
    block_layer = np.empty(blocks, np.int64)
    site_layer = np.empty(sites, np.int64)
    next_out = np.empty(blocks, np.int64)
    next_back = np.empty(sites, np.int64)
    chain_out = np.empty(sites + 1, np.int64)  # pairs taken on along the chain
    chain_back = np.empty(sites + 1, np.int64)  # pairs given up along it
    while _layers(
        first, block, site, time, by_site, first_at_site, limit, persons, left, room, block_layer, site_layer
    ):
        next_out[:] = first[:-1]
        next_back[:] = first_at_site[:-1]
        for start in range(blocks):
            while left[start] > 0:
                depth = 0  # the chain: start -> site, back to a block there, -> site, ...
                i = start
                while True:
                    moved = False
                    while next_out[i] < first[i + 1]:
                        p = next_out[i]
                        if time[p] <= limit and site_layer[site[p]] == block_layer[i]:
                            moved = True
                            break
                        next_out[i] += 1
                    if not moved:  # a dead end: one step back
                        block_layer[i] = -1
                        if depth == 0:
                            break
                        depth -= 1
                        next_back[site[chain_out[depth]]] += 1
                        p = chain_out[depth]  # the same site again, with its next people
                        i = block[p]
                    j = site[p]
                    if room[j] > 0:
                        chain_out[depth] = p
                        amount = min(left[start], room[j])
                        for d in range(depth):
                            amount = min(amount, persons[chain_back[d]])
                        left[start] -= amount
                        room[j] -= amount
                        for d in range(depth + 1):
                            persons[chain_out[d]] += amount
                        for d in range(depth):
                            persons[chain_back[d]] -= amount
                        break
                    found = False
                    while next_back[j] < first_at_site[j + 1]:
                        r = by_site[next_back[j]]
                        if persons[r] > 0 and block_layer[block[r]] == site_layer[j] + 1:
                            found = True
                            break
                        next_back[j] += 1
                    if found:
                        chain_out[depth] = p
                        chain_back[depth] = r
                        depth += 1
                        i = block[r]
                    else:
                        next_out[i] += 1
                if block_layer[start] < 0:
                    break
