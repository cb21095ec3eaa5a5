"""Walking to shelters when streets are told to leave at different times, each on the roads of its own hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from shelters.candidates import CandidateTable
from shelters.nearest import RoadTravel


@dataclass(frozen=True)
class PhasedTravel:
    """One `RoadTravel` per phase, all with the same sites; block i belongs to exactly one of them.

    `members[p]` lists the blocks of phase p in the order of that phase's own block numbers.
    """

    phases: Sequence[RoadTravel]
    members: Sequence[np.ndarray]

    @property
    def blocks(self) -> int:
        return sum(len(member) for member in self.members)

    @property
    def sites(self) -> int:
        return self.phases[0].sites

    @property
    def limited(self) -> bool:
        return any(phase.limited for phase in self.phases)

    def candidates(
        self, k: int, price_ms: np.ndarray | None = None, usable: np.ndarray | None = None
    ) -> CandidateTable:
        """The k usable sites of each block with the smallest time + price."""
        return self._join([phase.candidates(k, price_ms, usable) for phase in self.phases])

    def all_pairs(self, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair that can be walked."""
        return self._join([phase.all_pairs(usable) for phase in self.phases])

    def within(self, limit_ms: int, usable: np.ndarray | None = None) -> CandidateTable:
        """Every pair of at most `limit_ms`."""
        return self._join([phase.within(limit_ms, usable) for phase in self.phases])

    def longest_ms(self) -> int:
        """An upper bound of the time of any pair."""
        return max(phase.longest_ms() for phase in self.phases)

    def _join(self, tables: list[CandidateTable]) -> CandidateTable:
        block = np.concatenate([member[table.block] for member, table in zip(self.members, tables, strict=True)])
        site = np.concatenate([table.site for table in tables])
        time = np.concatenate([table.time_ms for table in tables])
        order = np.argsort(block, kind="stable")
        whole = all(table.complete for table in tables)
        return CandidateTable(self.blocks, self.sites, block[order], site[order], time[order], whole)
