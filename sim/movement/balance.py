"""The balance of a run: the books held against the units themselves, and both against the people there ever were."""

from __future__ import annotations

import numpy as np

from sim.movement.books import count_people
from sim.movement.flow import COUNT, Scene
from sim.movement.units import SHELTERED, Units


class Balance:
    """Sums of people that must agree at all times; `error` is the largest difference ever seen."""

    def __init__(self, units: Units, count: int, sites: int) -> None:
        self.start = count_people(count, units)  # persons in each state before anything happened, with those added
        self.error = 0
        self._checked_ms: int | None = None
        self._inside, self._closed_rows = np.zeros(sites, np.int64), 0

    def add(self, units: Units, count: int) -> None:
        """More people."""
        persons = units.persons[:count].astype(np.int64)
        np.add.at(self.start, units.state[:count], persons)

    def by_state(self, scene: Scene) -> np.ndarray:
        """Persons in each of STATES by the books, int64 (9,)."""
        return self.start + scene.books.change.sum(axis=0)

    def inside(self, scene: Scene, now_ms: int) -> np.ndarray:
        """Persons let in so far at each site: rows of the books that nothing is added to any more are summed once."""
        books = scene.books
        row = min(int(now_ms // books.record_ms[0]), len(books.arrivals))
        self._inside += books.arrivals[self._closed_rows : row].sum(axis=0)
        self._closed_rows = row
        return self._inside + books.arrivals[row : row + 2].sum(axis=0)

    def check(self, scene: Scene, now_ms: int, until_ms: int) -> None:
        """Compare books, units and shelters, once per record and at the end."""
        last = self._checked_ms
        if last is not None and now_ms - last < scene.books.record_ms[0] and now_ms < until_ms:
            return
        self._checked_ms = now_ms
        counted = count_people(int(scene.flow.tally[COUNT]), scene.units)
        self.error = max(
            self.error,
            int(np.abs(counted - self.by_state(scene)).max()),
            abs(int(counted.sum() - self.start.sum())),
            abs(int(counted[SHELTERED] - self.inside(scene, now_ms).sum())),
        )
