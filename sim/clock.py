"""Wall time of the parts of a run."""

from __future__ import annotations

import time


class Stopwatch:
    """Adds up seconds on the clock by the name of the part that just ended."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """The time since the last lap belongs to `name`."""
        now = time.perf_counter()
        self.laps[name] = self.laps.get(name, 0.0) + now - self._last
        self._last = now

    @property
    def total_s(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._start
