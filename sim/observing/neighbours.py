"""Rain gauges near each other: what the others reported at the same time."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable

from sim.observing.intake import Sensor
from sim.observing.observation import Observation
from sim.observing.quality_memory import AT_THE_DOOR, USED, QualityMemory

COVERED = 0.8  # share of a window that a gauge must have reported for its sum to count
_MOST = 6  # nearest gauges that are asked


class Neighbours:
    """Asks the memory and the batch at hand; a batch is heard whole, so its order does not matter."""

    def __init__(self, sensors: dict[str, Sensor], memory: QualityMemory, reach_m: float) -> None:
        self.sensors = sensors
        self.memory = memory
        self.reach_m = reach_m
        self._near: dict[str, list[str]] = {}
        self._batch: dict[str, list[tuple[float, float]]] = {}  # gauge -> (time, mm), in order of time

    def hear(self, batch: Iterable[Observation]) -> None:
        """Take in what the batch says of rain, before it is judged."""
        told: dict[str, dict[float, float]] = {}
        for one in batch:
            if one.quantity == "rain":
                told.setdefault(one.sensor, {}).setdefault(one.time.timestamp(), one.value)
        self._batch = {name: sorted(rows.items()) for name, rows in told.items()}

    def near(self, sensor: str) -> list[str]:
        """The nearest other gauges within reach, the nearest first."""
        if sensor not in self._near:
            here = self.sensors.get(sensor)
            apart = [
                (math.hypot(one.x_m - here.x_m, one.y_m - here.y_m), one.id)
                for one in self.sensors.values()
                if here is not None and one.quantity == "rain" and one.id != sensor
            ]
            self._near[sensor] = [name for away, name in sorted(apart)[:_MOST] if away <= self.reach_m]
        return self._near[sensor]

    def largest_mm_h(self, sensor: str, time_s: float) -> list[float]:
        """Largest rate (mm/h) of each neighbour within an interval of either before and after; silent ones left out."""
        found = []
        for name in self.near(sensor):
            interval = self.sensors[name].interval_s
            slack = max(interval, self.sensors[sensor].interval_s)
            values = [value for _, value in self._rows(name, time_s - 1.5 * slack, time_s + 1.5 * slack)]
            if values:
                found.append(max(values) * 3600.0 / interval)
        return found

    def sums_mm(self, sensor: str, time_s: float, window_s: float) -> list[float]:
        """Sum (mm) of each neighbour over the window; those that did not report most of it are left out."""
        found = []
        for name in self.near(sensor):
            rows = self._rows(name, time_s - window_s, time_s)
            if len(rows) * self.sensors[name].interval_s >= COVERED * window_s:
                found.append(sum(value for _, value in rows))
        return found

    def _rows(self, name: str, since_s: float, until_s: float) -> list[tuple[float, float]]:
        """(time, mm) with since < time <= until: usable rows of the memory, and of the batch what is not yet judged."""
        mine = self.memory.sensors.get((name, "rain"))
        kept = mine.between(since_s, until_s) if mine else []
        judged = {row[0] for row in kept if row[2] not in AT_THE_DOOR}
        told = self._batch.get(name, [])
        low, high = bisect_right(told, (since_s, math.inf)), bisect_right(told, (until_s, math.inf))
        return [(row[0], row[1]) for row in kept if row[2] in USED] + [r for r in told[low:high] if r[0] not in judged]
