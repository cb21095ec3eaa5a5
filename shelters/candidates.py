"""A table of pairs (block, site, time): where the people of each block could go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from data.compiling import njit
from shelters.paths import TICKS_PER_S


class Travel(Protocol):
    """What the allocation asks of a way to travel: roads (`RoadTravel`), or a table that already lists all pairs."""

    @property
    def blocks(self) -> int: ...

    @property
    def sites(self) -> int: ...

    @property
    def limited(self) -> bool:
        """Whether a time limit removes pairs, so that only `all_pairs` is exact under prices."""

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k usable sites of each block with the smallest cost + price."""

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair that can be travelled."""

    def within(self, limit_ms: int, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair that takes `limit_ms` or less."""

    def longest_ms(self) -> int:
        """An upper bound of what any pair counts."""


@dataclass(frozen=True)
class CandidateTable:
    """Pairs sorted by block. `complete` says that every pair that can be travelled is listed.

    What a pair counts in a plan is its time, unless `counted_ms` says otherwise (people whose minutes weigh more, sites
    that count as farther off).
    """

    blocks: int
    sites: int
    block: np.ndarray  # int64, shape (pairs,)
    site: np.ndarray  # int64, shape (pairs,)
    time_ms: np.ndarray  # int64, shape (pairs,)
    complete: bool
    counted_ms: np.ndarray | None = None  # int64, shape (pairs,); None: time_ms

    @classmethod
    def from_times(cls, time_s: np.ndarray, max_time_s: float = np.inf) -> CandidateTable:
        """The complete table of a matrix of times (s), shape (blocks, sites); infinite = no way."""
        time_s = np.asarray(time_s, np.float64)
        if np.isnan(time_s).any() or (time_s < 0.0).any():
            raise ValueError("times must be numbers >= 0; infinite where there is no way")
        block, site = np.nonzero(np.isfinite(time_s) & (time_s <= max_time_s))
        time_ms = np.rint(time_s[block, site] * TICKS_PER_S).astype(np.int64)
        return cls(time_s.shape[0], time_s.shape[1], block, site, time_ms, True)

    def __len__(self) -> int:
        return len(self.block)

    @property
    def time_s(self) -> np.ndarray:
        return self.time_ms / TICKS_PER_S

    @property
    def cost_ms(self) -> np.ndarray:
        """What each pair counts for each person, int64, shape (pairs,)."""
        return self.time_ms if self.counted_ms is None else self.counted_ms

    @property
    def limited(self) -> bool:
        return False

    @property
    def first(self) -> np.ndarray:
        """Where the pairs of each block start, shape (blocks + 1,)."""
        return np.searchsorted(self.block, np.arange(self.blocks + 1))

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k usable pairs of each block with the smallest cost + price (ties: smaller site), in that order."""
        price = np.zeros(self.sites, np.int64) if price_ms is None else np.asarray(price_ms, np.int64)
        usable = np.ones(self.sites, bool) if usable is None else np.asarray(usable, bool)
        k = max(1, min(k, self.sites))
        count = np.zeros(self.blocks, np.int64)
        pair = np.empty((self.blocks, k), np.int64)
        _best_pairs(self.first, self.site, self.cost_ms, price, usable, count, pair)
        chosen = pair[np.arange(k) < count[:, None]]
        return self.take(chosen, self.complete and len(chosen) == int(usable[self.site].sum()))

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """The table itself, or what is left of it on usable sites."""
        if usable is None or np.asarray(usable).all():
            return self
        return self.take(np.asarray(usable, bool)[self.site], self.complete)

    def within(self, limit_ms: int, usable: np.ndarray | None = None) -> CandidateTable:
        """The pairs that take `limit_ms` or less, on usable sites."""
        keep = self.time_ms <= limit_ms
        if usable is not None:
            keep &= np.asarray(usable, bool)[self.site]
        return self if keep.all() else self.take(keep, self.complete)

    def longest_ms(self) -> int:
        return int(self.cost_ms.max()) if len(self) else 0

    def take(self, rows: np.ndarray, complete: bool) -> CandidateTable:
        """Some pairs of the table, by number (blocks still rising) or by a mask."""
        counted = None if self.counted_ms is None else self.counted_ms[rows]
        return CandidateTable(
            self.blocks, self.sites, self.block[rows], self.site[rows], self.time_ms[rows], complete, counted
        )


@njit(nogil=True, cache=True)
def _best_pairs(first, site, cost, price, usable, count, pair):  # type: ignore[no-untyped-def]
    """Row i of `pair` becomes the k best pairs of block i in rising (cost + price, site): insertion into k places."""
    k = pair.shape[1]
    label = np.empty(k, np.int64)
    for i in range(count.size):
        have = 0
        for p in range(first[i], first[i + 1]):
            j = site[p]
            if not usable[j]:
                continue
            found = cost[p] + price[j]
            if have == k:
                if found > label[k - 1] or (found == label[k - 1] and j > site[pair[i, k - 1]]):
                    continue
                at = k - 1
            else:
                at = have
                have += 1
            while at > 0 and (label[at - 1] > found or (label[at - 1] == found and site[pair[i, at - 1]] > j)):
                label[at] = label[at - 1]
                pair[i, at] = pair[i, at - 1]
                at -= 1
            label[at] = found
            pair[i, at] = p
        count[i] = have
