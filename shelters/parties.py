"""Parties: the people of a block that count alike in a plan, by priority and in households."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.compiling import njit
from shelters.candidates import CandidateTable


@dataclass(frozen=True)
class Parties:
    """People of one block and group, who count alike: party p has `persons[p]` of them, in households of `size`.

    The last household of a party is smaller where its people do not come out even.
    """

    block: np.ndarray  # int64, shape (parties,)
    group: np.ndarray  # int64, shape (parties,)
    persons: np.ndarray  # int64, shape (parties,)
    size: int = 1

    @classmethod
    def of(cls, demand: np.ndarray, size: int = 1) -> Parties:
        """One party for each block and group with people; `demand` int64 (groups, blocks), persons."""
        block, group = np.nonzero(demand.T)
        return cls(block, group, demand[group, block], size)

    def __len__(self) -> int:
        return len(self.block)

    @property
    def households(self) -> np.ndarray:
        """Households of each party, int64, shape (parties,)."""
        return -(-self.persons // self.size)

    def people(
        self, party: np.ndarray, households: np.ndarray, time_s: np.ndarray, unserved: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(persons per row, unserved persons per party) of a plan in households, with rows (party, households, time).

        The smaller household of a party is the one that stays unserved, else the one that goes farthest: so the fewest
        people do.
        """
        short = self.households * self.size - self.persons
        left = unserved * self.size - np.where(unserved > 0, short, 0)
        persons = households * self.size
        order = np.lexsort((time_s, party))
        last = order[np.append(party[order][1:] != party[order][:-1], True)] if len(order) else order
        persons[last] -= np.where(unserved[party[last]] > 0, 0, short[party[last]])
        return persons, left


@dataclass(frozen=True)
class PartyTravel:
    """The ways of blocks as parties see them: a person or household of party p at site j counts w_p (t_bj + e_pj).

    t_bj is the time of the party's block, e_pj the time that a site in another district counts as farther off
    (`foreign_ms`; None: nobody may go there). Times stay real; only what they count changes.
    """

    table: CandidateTable  # all pairs of blocks and sites, by time
    block: np.ndarray  # int64, shape (parties,)
    weight: np.ndarray  # int64, shape (parties,), >= 1
    district: np.ndarray  # int64, shape (parties,)
    site_district: np.ndarray  # int64, shape (sites,)
    foreign_ms: int | None = 0

    def __post_init__(self) -> None:
        if not self.table.complete:
            raise ValueError("parties need the table of all pairs")
        if len(self.weight) and int(self.weight.min()) < 1:
            raise ValueError("weights must be whole numbers >= 1")

    @property
    def blocks(self) -> int:
        return len(self.block)

    @property
    def sites(self) -> int:
        return self.table.sites

    @property
    def limited(self) -> bool:
        return False

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k usable sites of each party with the smallest cost + price (ties: smaller site), in that order."""
        price = np.zeros(self.sites, np.int64) if price_ms is None else np.asarray(price_ms, np.int64)
        usable = np.ones(self.sites, bool) if usable is None else np.asarray(usable, bool)
        k = max(1, min(k, self.sites))
        count = np.zeros(self.blocks, np.int64)
        pair, cost = np.empty((2, self.blocks, k), np.int64)
        whole = _best_of_parties(
            self.table.first, self.table.site, self.table.time_ms, self.block, self.weight, self.district,
            self.site_district, -1 if self.foreign_ms is None else self.foreign_ms, price, usable, count, pair, cost,
        )  # fmt: skip
        here = np.arange(k) < count[:, None]
        party, chosen = np.nonzero(here)[0], pair[here]
        return CandidateTable(
            self.blocks, self.sites, party, self.table.site[chosen], self.table.time_ms[chosen], bool(whole), cost[here]
        )

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair of party and site that is allowed."""
        return self._of_parties(self.table.all_pairs(usable))

    def within(self, limit_ms: int, usable: np.ndarray | None = None) -> CandidateTable:
        """Every allowed pair that takes `limit_ms` or less."""
        return self._of_parties(self.table.within(limit_ms, usable))

    def longest_ms(self) -> int:
        """An upper bound of what any pair counts."""
        if not len(self.table) or not len(self.weight):
            return 0
        return int(self.weight.max()) * (int(self.table.time_ms.max()) + (self.foreign_ms or 0))

    def _of_parties(self, table: CandidateTable) -> CandidateTable:
        first = table.first
        count = np.diff(first)[self.block]
        party = np.repeat(np.arange(self.blocks), count)
        pair = np.arange(len(party)) - np.repeat(np.cumsum(count) - count - first[self.block], count)
        foreign = self.district[party] != self.site_district[table.site[pair]]
        if self.foreign_ms is None:
            party, pair, foreign = party[~foreign], pair[~foreign], False
        extra = np.where(foreign, self.foreign_ms or 0, 0)
        time = table.time_ms[pair]
        return CandidateTable(
            self.blocks, self.sites, party, table.site[pair], time, True, self.weight[party] * (time + extra)
        )


@njit(nogil=True, cache=True)
def _best_of_parties(  # type: ignore[no-untyped-def]
    first, site, time, block, weight, district, site_district, foreign_ms, price, usable, count, pair, cost
):
    """Rows of `pair` and `cost`: the k best pairs of each party in rising (cost + price, site). True = all listed."""
    k = pair.shape[1]
    label = np.empty(k, np.int64)
    whole = True
    for i in range(count.size):
        have = 0
        for p in range(first[block[i]], first[block[i] + 1]):
            j = site[p]
            if not usable[j]:
                continue
            extra = np.int64(0)
            if district[i] != site_district[j]:
                if foreign_ms < 0:
                    continue
                extra = foreign_ms
            counted = weight[i] * (time[p] + extra)
            found = counted + price[j]
            if have == k:
                whole = False
                if found > label[k - 1] or (found == label[k - 1] and j > site[pair[i, k - 1]]):
                    continue
                at = k - 1
            else:
                at = have
                have += 1
            while at > 0 and (label[at - 1] > found or (label[at - 1] == found and site[pair[i, at - 1]] > j)):
                label[at] = label[at - 1]
                pair[i, at] = pair[i, at - 1]
                cost[i, at] = cost[i, at - 1]
                at -= 1
            label[at] = found
            pair[i, at] = p
            cost[i, at] = counted
        count[i] = have
    return whole
