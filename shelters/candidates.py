"""A table of pairs (block, site, time): where the people of each block could go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numba as nb
import numpy as np

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
        """The k usable sites of each block with the smallest time + price."""

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair that can be travelled."""

    def longest_ms(self) -> int:
        """An upper bound of the time of any pair."""


@dataclass(frozen=True)
class CandidateTable:
    """Pairs sorted by block. `complete` says that every pair that can be travelled is listed."""

    blocks: int
    sites: int
    block: np.ndarray  # int64, shape (pairs,)
    site: np.ndarray  # int64, shape (pairs,)
    time_ms: np.ndarray  # int64, shape (pairs,)
    complete: bool

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
    def limited(self) -> bool:
        return False

    @property
    def first(self) -> np.ndarray:
        """Where the pairs of each block start, shape (blocks + 1,)."""
        return np.searchsorted(self.block, np.arange(self.blocks + 1))

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k usable pairs of each block with the smallest time + price (ties: smaller site), in that order."""
        price = np.zeros(self.sites, np.int64) if price_ms is None else np.asarray(price_ms, np.int64)
        usable = np.ones(self.sites, bool) if usable is None else np.asarray(usable, bool)
        k = max(1, min(k, self.sites))
        count = np.zeros(self.blocks, np.int64)
        pair = np.empty((self.blocks, k), np.int64)
        _best_pairs(self.first, self.site, self.time_ms, price, usable, count, pair)
        chosen = pair[np.arange(k) < count[:, None]]
        whole = self.complete and len(chosen) == int(usable[self.site].sum())
        return CandidateTable(
            self.blocks, self.sites, self.block[chosen], self.site[chosen], self.time_ms[chosen], whole
        )

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """The table itself, or what is left of it on usable sites."""
        if usable is None or np.asarray(usable).all():
            return self
        keep = np.asarray(usable, bool)[self.site]
        return CandidateTable(
            self.blocks, self.sites, self.block[keep], self.site[keep], self.time_ms[keep], self.complete
        )

    def longest_ms(self) -> int:
        return int(self.time_ms.max()) if len(self) else 0


@nb.njit(nogil=True, cache=True)
def _best_pairs(first, site, time, price, usable, count, pair):  # type: ignore[no-untyped-def]
    """Row i of `pair` becomes the k best pairs of block i in rising (time + price, site): insertion into k places."""
    k = pair.shape[1]
    label = np.empty(k, np.int64)
    for i in range(count.size):
        have = 0
        for p in range(first[i], first[i + 1]):
            j = site[p]
            if not usable[j]:
                continue
            found = time[p] + price[j]
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
