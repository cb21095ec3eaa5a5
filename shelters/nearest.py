"""The k nearest sites of every block, in one search over the road graph instead of one per site.

Every node keeps a list of its k best (label, site) pairs, label = time to the site plus the site's price. With all
prices zero these are the nearest sites; with the prices of a plan they are the sites that the plan has to beat, which
is how `certificate` looks at all pairs of block and site without listing them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from shelters.candidates import CandidateTable
from shelters.graph import Adjacency, RoadGraph
from shelters.k_search import search_k
from shelters.paths import FAR, TICKS_PER_S, access_ticks, bucket_layout, limit_ticks, shortest_times, to_ticks

_BUCKETS_PER_EDGE = 64.0  # finer than for one site: a list that fills in the wrong order is filled twice


@dataclass(frozen=True)
class RoadTravel:
    """Walking from blocks to sites over the roads: access at the block, edges, access at the site; all in s.

    An infinite access time or a closed edge (infinite) cannot be passed. Pairs farther apart than `max_time_s` do not
    exist.
    """

    graph: RoadGraph
    edge_time_s: np.ndarray  # float64, shape (edges,)
    block_node: np.ndarray  # int32, shape (blocks,)
    block_access_s: np.ndarray  # float64, shape (blocks,)
    site_node: np.ndarray  # int32, shape (sites,)
    site_access_s: np.ndarray  # float64, shape (sites,)
    max_time_s: float = np.inf
    threads: int | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        for name in ("block", "site"):
            node, access = np.asarray(getattr(self, f"{name}_node")), np.asarray(getattr(self, f"{name}_access_s"))
            if node.shape != access.shape or node.ndim != 1:
                raise ValueError(f"{name}_node {node.shape} and {name}_access_s {access.shape}: one value each")
            self.graph.check_nodes(f"{name}_node", node)
            if np.isnan(access).any() or (access < 0.0).any():
                raise ValueError(f"{name}_access_s must be numbers >= 0")

    @property
    def blocks(self) -> int:
        return len(self.block_node)

    @property
    def sites(self) -> int:
        return len(self.site_node)

    @property
    def limited(self) -> bool:
        return bool(np.isfinite(self.max_time_s))

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k sites of each block with the smallest time + price (ties: smaller site number), in that order.

        `price_ms` (int64, per site, >= 0) needs an unlimited `max_time_s`: a cheap site out of reach would hide a
        dear one within it. `usable` leaves sites out.
        """
        price = np.zeros(self.sites, np.int64) if price_ms is None else np.asarray(price_ms, np.int64)
        if self.limited and price.any():
            raise ValueError("prices and a time limit do not go together; take all_pairs()")
        usable = np.ones(self.sites, bool) if usable is None else np.asarray(usable, bool)
        k = max(1, min(k, int(usable.sum())))
        reverse = self.graph.reverse
        count, site, label = _nearest(
            reverse, self._ticks[reverse.edge], self.site_node, self._site_ms + price,
            usable & (self._site_ms < FAR), k, limit_ticks(self.max_time_s), self._asks,
        )  # fmt: skip
        node = np.asarray(self.block_node)
        rank = np.arange(k)
        here = (rank < count[node][:, None]) & (self._block_ms < FAR)[:, None]
        block = np.broadcast_to(np.arange(self.blocks)[:, None], here.shape)[here]
        chosen = site[node][here].astype(np.int64)
        time = label[node][here] - price[chosen] + self._block_ms[block]
        keep = time <= limit_ticks(self.max_time_s)
        whole = bool((count[node] < k).all()) or k == int(usable.sum())
        return CandidateTable(self.blocks, self.sites, block[keep], chosen[keep], time[keep], whole)

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair of block and site within `max_time_s`: one bounded search per site."""
        usable = np.ones(self.sites, bool) if usable is None else np.asarray(usable, bool)
        limit = limit_ticks(self.max_time_s)
        parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        numbers = np.flatnonzero(usable & (self._site_ms < FAR))
        for some in np.array_split(numbers, max(1, len(numbers) // 64)):
            time = shortest_times(
                self.graph, self.edge_time_s, np.asarray(self.site_node)[some], self.max_time_s,
                towards=True, threads=self.threads,
            )[:, self.block_node].astype(np.int64)  # fmt: skip
            total = time + self._site_ms[some, None] + self._block_ms
            row, block = np.nonzero((time < FAR) & (total <= limit))
            parts.append((block, some[row], total[row, block]))
        block, site, time = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((site, time, block))
        return CandidateTable(self.blocks, self.sites, block[order], site[order], time[order], True)

    def within(self, limit_ms: int, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair of block and site of at most `limit_ms`."""
        near = replace(self, max_time_s=min(self.max_time_s, max(limit_ms, 0) / TICKS_PER_S))
        return near.all_pairs(usable)

    def longest_ms(self) -> int:
        """An upper bound of the time of any pair that can be walked.

        Within each connected part one site serves as a hub: walking there and on to any other site is a way, so no
        shortest way is longer. Where edges closed in one direction only break that, it is the limit itself.
        """
        access = int(_largest(self._block_ms)) + int(_largest(self._site_ms))
        if self.limited:
            return limit_ticks(self.max_time_s)
        is_open = self._ticks < FAR
        ends = (self.graph.tail[is_open], self.graph.head[is_open])
        shape = (self.graph.nodes, self.graph.nodes)
        part = connected_components(coo_array((np.ones(len(ends[0]), np.int8), ends), shape), directed=False)[1]
        _, hub = np.unique(part[self.site_node], return_index=True)
        hub_node = np.asarray(self.site_node)[hub]
        asked = np.isin(part, part[hub_node])
        bound = access
        for adjacency, node in ((self.graph.reverse, self.block_node), (self.graph.forward, self.site_node)):
            count, _, label = _nearest(
                adjacency, self._ticks[adjacency.edge], hub_node, np.zeros(len(hub), np.int64),
                np.ones(len(hub), bool), 1, FAR - 1, asked,
            )  # fmt: skip
            inside = np.asarray(node)[asked[node]]
            if (count[inside] == 0).any():
                return FAR + access
            bound += int(label[inside, 0].max()) if len(inside) else 0
        return bound

    @cached_property
    def _ticks(self) -> np.ndarray:
        return to_ticks(self.edge_time_s)

    @cached_property
    def _block_ms(self) -> np.ndarray:
        return access_ticks(self.block_access_s)

    @cached_property
    def _site_ms(self) -> np.ndarray:
        return access_ticks(self.site_access_s)

    @cached_property
    def _asks(self) -> np.ndarray:
        asks = np.zeros(self.graph.nodes, bool)
        asks[np.asarray(self.block_node)[self._block_ms < FAR]] = True
        return asks


def nearest_shelters(
    graph: RoadGraph,
    edge_time_s: np.ndarray,
    block_node: np.ndarray,
    block_access_s: np.ndarray,
    site_node: np.ndarray,
    site_access_s: np.ndarray,
    k: int,
    max_time_s: float = np.inf,
) -> CandidateTable:
    """The k nearest sites of each block within `max_time_s`, nearest first."""
    return RoadTravel(graph, edge_time_s, block_node, block_access_s, site_node, site_access_s, max_time_s).candidates(
        k
    )


def _largest(access_ms: np.ndarray) -> int:
    finite = access_ms[access_ms < FAR]
    return int(finite.max()) if len(finite) else 0


def _nearest(
    adjacency: Adjacency,
    ticks: np.ndarray,
    source: np.ndarray,
    start: np.ndarray,
    usable: np.ndarray,
    k: int,
    limit: int,
    asks: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(count, site, label) per node: how many pairs, and the best k of them in rising (label, site)."""
    nodes = len(adjacency.first) - 1
    order = np.argsort(start, kind="stable")
    order = order[usable[order]]
    shift, turn = bucket_layout(ticks, _BUCKETS_PER_EDGE)
    count = np.zeros(nodes, np.int32)
    site = np.empty((nodes, k), np.int32)
    label = np.empty((nodes, k), np.int64)
    search_k(
        adjacency.first, adjacency.target, ticks, np.asarray(source, np.int32), start, order, limit, shift, turn,
        asks, count, site, label,
    )  # fmt: skip
    return count, site, label
