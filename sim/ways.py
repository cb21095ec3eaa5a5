"""The ways of the rows of a plan, edge by edge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.paths import TICKS_PER_S


@dataclass(frozen=True)
class Ways:
    """One way per row: the edges edge[first[i]:last[i]], each walked in walk_ms of the same position."""

    first: np.ndarray  # int64, shape (rows,)
    last: np.ndarray  # int64, shape (rows,)
    edge: np.ndarray  # int32, shape (steps,)
    walk_ms: np.ndarray  # int64, shape (steps,): without queues

    @property
    def rows(self) -> int:
        return len(self.first)

    @property
    def walk_s(self) -> np.ndarray:
        """Walking time of each row (s), shape (rows,)."""
        total = np.concatenate(([0], np.cumsum(self.walk_ms)))
        return (total[self.last] - total[self.first]) / TICKS_PER_S
