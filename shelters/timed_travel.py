"""Walking to sites on roads that change: each block leaves at its own moment and meets the roads of its own hours.

One forward search per block lists its sites in rising time as far as it is asked, its horizon. A pair that is not
listed takes at least the horizon, so under prices only blocks where such a pair could still matter are searched
farther: what is said about the best pairs stays exact over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from shelters.candidates import CandidateTable
from shelters.paths import FAR, access_ticks, limit_ticks
from shelters.threads import share_out
from shelters.timed_lists import list_sites, list_ways, too_short
from shelters.timed_roads import NEVER, TICKS, TimedRoads, step_ms
from shelters.timed_search import LONGEST_MS, MOST_ITEMS


@dataclass(frozen=True)
class _Lists:
    """What is known of each block: its sites in rising time, all of those nearer than its horizon."""

    first: np.ndarray  # int64, shape (blocks + 1,)
    site: np.ndarray  # int64, shape (pairs,)
    time_ms: np.ndarray  # int64, shape (pairs,)
    horizon_ms: np.ndarray  # int64, shape (blocks,); NEVER: nothing beyond


@dataclass(frozen=True)
class TimedWays:
    """One way per pair: the edges edge[first[i]:last[i]], with the ms spent on each, waiting before it included."""

    first: np.ndarray  # int64, shape (pairs,)
    last: np.ndarray  # int64, shape (pairs,); -1 where there is no way
    edge: np.ndarray  # int32, shape (steps,)
    spent_ms: np.ndarray  # int64, shape (steps,)

    def length_m(self, edge_length_m: np.ndarray) -> np.ndarray:
        """Metres of each way, NaN where there is none, shape (pairs,)."""
        row = np.repeat(np.arange(len(self.first)), np.maximum(self.last - self.first, 0))
        metres = np.bincount(row, np.asarray(edge_length_m, np.float64)[self.edge], minlength=len(self.first))
        return np.where(self.last < 0, np.nan, metres)


@dataclass(frozen=True)
class TimedTravel:
    """Trips from blocks to sites on `roads`, as a `candidates.Travel`; all times in s.

    A block leaves home at `leave_s` (infinite: nobody leaves), walks its access, the edges in their hour and the
    access of the site, and must reach the door before `site_closes_s`. It may wait at nodes. Roads count that were
    open at `told_s` of the block, until they close; infinite (as when not given): roads that open again count too.
    The time of a pair is what passes from leaving home to the door. Pairs beyond `max_time_s` do not exist.
    """

    roads: TimedRoads
    block_node: np.ndarray  # int32, shape (blocks,)
    block_access_s: np.ndarray  # float64, shape (blocks,)
    leave_s: np.ndarray  # float64, shape (blocks,)
    site_node: np.ndarray  # int32, shape (sites,)
    site_access_s: np.ndarray  # float64, shape (sites,)
    site_closes_s: np.ndarray  # float64, shape (sites,), infinite: never
    max_time_s: float = np.inf
    told_s: np.ndarray | None = None  # float64, shape (blocks,)
    threads: int | None = field(default=None, compare=False)
    _known: dict[bytes, _Lists] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, columns in (("block", ("access_s", "leave_s", "told_s")), ("site", ("access_s", "closes_s"))):
            node = np.asarray(getattr(self, f"{name}_node"))
            self.roads.graph.check_nodes(f"{name}_node", node)
            for column in columns:
                owned = column in ("leave_s", "told_s")
                value = getattr(self, column if owned else f"{name}_{column}")
                if value is not None and (np.shape(value) != node.shape or np.isnan(value).any()):
                    raise ValueError(f"{column} of {name}s: one number per {name}, {node.shape}, got {np.shape(value)}")
        for access in (self.block_access_s, self.site_access_s):
            if (np.asarray(access) < 0.0).any():
                raise ValueError("access times must be >= 0")
        if self.told_s is not None and (np.asarray(self.told_s) > self.leave_s).any():
            raise ValueError("told_s must not be later than leave_s")
        if self.roads.graph.nodes + self.sites >= MOST_ITEMS:
            raise ValueError(f"more than {MOST_ITEMS} nodes and sites")

    @property
    def blocks(self) -> int:
        return len(self.block_node)

    @property
    def sites(self) -> int:
        return len(self.site_node)

    @property
    def limited(self) -> bool:
        """Never in the way of prices: every block has a list of its own, which ends at the time limit."""
        return False

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k usable sites of each block with the smallest time + price (ties: smaller site), in that order."""
        price = np.zeros(self.sites, np.int64) if price_ms is None else np.asarray(price_ms, np.int64)
        if len(price) and price.min() < 0:
            raise ValueError("price_ms must be >= 0")
        usable = self._all_sites(usable)
        k = max(1, min(k, int(usable.sum())))
        known = self._lists(usable)
        order = np.argsort(price, kind="stable")
        cheapest = order[usable[order]]
        short = np.zeros(self.blocks, bool)
        too_short(known.first, known.site, known.time_ms, known.horizon_ms, price, cheapest, k, short)
        table = self._table(self._extended(usable, np.flatnonzero(short), price, k))
        return table.candidates(k, price)

    def within(self, limit_ms: int, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair that takes `limit_ms` or less."""
        usable = self._all_sites(usable)
        short = np.flatnonzero(self._lists(usable).horizon_ms <= limit_ms)
        none = np.zeros(self.sites, np.int64)
        known = self._extended(usable, short, none, self.sites + 1, limit_ms)
        table = self._table(known)
        near = known.time_ms <= limit_ms
        if near.all():
            return table
        return CandidateTable(self.blocks, self.sites, table.block[near], table.site[near], table.time_ms[near], False)

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair that can be walked: one search per block, to the end of its roads or of the time limit."""
        return self.within(NEVER - 1, usable)

    def longest_ms(self) -> int:
        """An upper bound of the time of any pair: the limit, or the last step waited for and then every edge."""
        if np.isfinite(self.max_time_s):
            return limit_ticks(self.max_time_s)
        spells, leave = self.roads.spells[1], self._leave_ms[self._leaves]
        if not len(leave):
            return 0
        wait = max(0, int(step_ms(self.roads.step_s)[-1] - leave.min()))
        access = sum(int(ms[ms < FAR].max(initial=0)) for ms in (self._block_ms, self._site_ms))
        longest = int(spells[:, TICKS].max(initial=0)) * min(self.roads.edges, self.roads.graph.nodes)
        return min(access + wait + longest, limit_ticks(np.inf))

    def ways(self, block: np.ndarray, site: np.ndarray) -> TimedWays:
        """The quickest ways of pairs of block and site (int64, shape (pairs,)), edge by edge."""
        block, site = np.asarray(block, np.int64), np.asarray(site, np.int64)
        order = np.argsort(block, kind="stable")
        start = np.searchsorted(block[order], np.arange(self.blocks + 1))
        found: list[tuple[np.ndarray, ...]] = []

        def search(some: np.ndarray) -> None:
            arguments: tuple[Any, ...] = (
                *self._roads_and_sites, np.asarray(self.site_node), self.roads.graph.tail, *self._homes(some),
                limit_ticks(self.max_time_s), start, order, site, some,
            )  # fmt: skip
            found.append(list_ways(*arguments))

        asked = np.flatnonzero(np.diff(start))
        share_out(lambda part: search(asked[part]), len(asked), self.threads)
        steps = np.full(len(block), -1, np.int64)
        begin = np.zeros(len(block), np.int64)
        before = 0
        for pair, count, edge, _ in found:
            steps[pair] = count
            begin[pair] = before + np.cumsum(np.maximum(count, 0)) - np.maximum(count, 0)
            before += len(edge)
        taken = np.maximum(steps, 0)
        last = np.cumsum(taken)
        at = np.arange(int(taken.sum())) + np.repeat(begin - (last - taken), taken)  # in the order of the pairs
        edge = np.concatenate([np.empty(0, np.int32), *(part[2] for part in found)])[at]
        spent = np.concatenate([np.empty(0, np.int64), *(part[3] for part in found)])[at]
        return TimedWays(last - taken, np.where(steps < 0, -1, last), edge, spent)

    @property
    def _roads_and_sites(self) -> tuple[np.ndarray, ...]:
        forward = self.roads.graph.forward
        return (
            forward.first, forward.target, forward.edge, *self.roads.spells, *self._at_node,
            self._site_ms, step_ms(self.site_closes_s),
        )  # fmt: skip

    def _homes(self, some: np.ndarray) -> tuple[np.ndarray, ...]:
        told = np.full(self.blocks, NEVER) if self.told_s is None else step_ms(self.told_s)
        return np.asarray(self.block_node)[some], self._block_ms[some], self._leave_ms[some], told[some]

    @cached_property
    def _at_node(self) -> tuple[np.ndarray, np.ndarray]:
        """The sites of each node as compressed rows."""
        node = np.asarray(self.site_node, np.int64)
        here = np.argsort(node, kind="stable")
        return np.searchsorted(node[here], np.arange(self.roads.graph.nodes + 1)), here

    @cached_property
    def _leave_ms(self) -> np.ndarray:
        leave = step_ms(self.leave_s)
        if len(leave) and (np.abs(leave[leave < NEVER]) > LONGEST_MS).any():
            raise ValueError("leave_s lies more than 8 years from the start")
        return leave

    @cached_property
    def _leaves(self) -> np.ndarray:
        return (self._leave_ms < NEVER) & (self._block_ms < FAR)

    @cached_property
    def _block_ms(self) -> np.ndarray:
        return access_ticks(self.block_access_s)

    @cached_property
    def _site_ms(self) -> np.ndarray:
        return access_ticks(self.site_access_s)

    def _all_sites(self, usable: np.ndarray | None) -> np.ndarray:
        return np.ones(self.sites, bool) if usable is None else np.asarray(usable, bool)

    def _lists(self, usable: np.ndarray) -> _Lists:
        """What is known so far with these sites; to begin with, that a trip takes no less than nothing."""
        if usable.tobytes() not in self._known:
            self._known.clear()
            empty = np.empty(0, np.int64)
            horizon = np.where(self._leaves, 0, NEVER)
            self._known[usable.tobytes()] = _Lists(np.zeros(self.blocks + 1, np.int64), empty, empty, horizon)
        return self._known[usable.tobytes()]

    def _extended(
        self, usable: np.ndarray, some: np.ndarray, price: np.ndarray, k: int, limit_ms: int = NEVER - 1
    ) -> _Lists:
        """Search the blocks `some` again, until their k best sites by time + price are known, or all to the limit."""
        known = self._lists(usable)
        if not len(some):
            return known
        order = np.argsort(price, kind="stable")
        cheapest = order[usable[order] & (self._site_ms[order] < FAR)]
        reach = limit_ticks(self.max_time_s)
        found: list[tuple[np.ndarray, ...]] = []

        def search(part: np.ndarray) -> None:
            arguments: tuple[Any, ...] = (
                *self._roads_and_sites, usable & (self._site_ms < FAR), price, cheapest, *self._homes(part),
                min(reach, limit_ms), k,
            )  # fmt: skip
            count, horizon, site, time = list_sites(*arguments)
            if limit_ms < reach:
                horizon = np.where(horizon == NEVER, limit_ms + 1, horizon)
            found.append((part, count, horizon, site, time))

        share_out(lambda part: search(some[part]), len(some), self.threads)
        searched, count, horizon, site, time = (np.concatenate(column) for column in zip(*found, strict=True))
        again = np.zeros(self.blocks, bool)
        again[searched] = True
        owner = np.repeat(np.arange(self.blocks), np.diff(known.first))
        keep = ~again[owner]
        block = np.concatenate((owner[keep], np.repeat(searched, count)))
        by_block = np.argsort(block, kind="stable")
        beyond = known.horizon_ms.copy()
        beyond[searched] = horizon
        lists = _Lists(
            np.searchsorted(block[by_block], np.arange(self.blocks + 1)),
            np.concatenate((known.site[keep], site))[by_block],
            np.concatenate((known.time_ms[keep], time))[by_block],
            beyond,
        )
        self._known[usable.tobytes()] = lists
        return lists

    def _table(self, known: _Lists) -> CandidateTable:
        block = np.repeat(np.arange(self.blocks), np.diff(known.first))
        whole = bool((known.horizon_ms == NEVER).all())
        return CandidateTable(self.blocks, self.sites, block, known.site, known.time_ms, whole)
