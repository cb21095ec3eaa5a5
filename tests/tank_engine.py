"""A sewer without pipes for tests of the coupling: every node is a tank that fills, spills back and leaks."""

from __future__ import annotations

import numpy as np

from hazards.drains.journal import Journal
from hazards.drains.result import EngineResult


class TankEngine:
    """Tanks of `area_m2` from `invert` up, each leaking at most `leak_m3_s`; steps of `step_s`.

    Like SWMM it takes the mean of the old and the new inflow over its first step. Outfalls let out `outfall_m3_s`,
    negative: they take in. `own_m3` and `stored_m3` are its exact books.
    """

    wall_s = 0.0
    journal: Journal | None = None

    def __init__(
        self,
        invert: np.ndarray,
        area_m2: float = 1.167,
        leak_m3_s: float = 0.0,
        step_s: float = 2.0,
        outfall_m3_s: tuple[float, ...] = (),
        gages: int = 0,
    ) -> None:
        count = len(invert)
        self.invert = np.asarray(invert, float)
        self.area = area_m2
        self.leak = leak_m3_s
        self.step_s = step_s
        self.outfall = np.array(outfall_m3_s, float)
        self.head = self.invert.copy()
        self.uptake_m3_s, self.received_m3, self.lateral = np.zeros((3, count))
        self.stage, self.discharge_m3 = np.full(len(self.outfall), np.nan), np.zeros(len(self.outfall))
        self.rain_mm_h = np.zeros(gages)
        self.leaked_m3 = 0.0
        self.time_s = 0.0
        self._applied = np.zeros(count)

    @property
    def stored_m3(self) -> float:
        """Water in all tanks; negative where more was let out than came in."""
        return float((self.head - self.invert).sum()) * self.area

    def advance(self, at_least_s: float, until_s: float = np.inf) -> float:
        goal = min(self.time_s + at_least_s, until_s)
        start = self.time_s
        self.received_m3[:] = 0.0
        leaked = np.zeros(len(self.head))
        while self.time_s < goal:
            came = 0.5 * (self._applied + self.lateral) * self.step_s
            self._applied = self.lateral.copy()
            self.received_m3 += came
            gone = np.clip(self.leak * self.step_s, 0.0, np.maximum((self.head - self.invert) * self.area + came, 0.0))
            self.head += (came - gone) / self.area
            leaked += gone
            self.time_s += self.step_s
        self.leaked_m3 += float(leaked.sum())
        self.uptake_m3_s[:] = leaked / (self.time_s - start)
        self.discharge_m3[:] = self.outfall * (self.time_s - start)
        return self.time_s

    def begin_advance(self, at_least_s: float, until_s: float = np.inf) -> None:
        self._wanted = at_least_s, until_s

    def end_advance(self) -> float:
        return self.advance(*self._wanted)

    def replay(self, journal: Journal, until_window: int | None = None) -> float:
        raise NotImplementedError

    def finish(self) -> EngineResult:
        raise NotImplementedError
