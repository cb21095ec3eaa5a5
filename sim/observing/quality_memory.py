"""What quality control remembers of each sensor from batch to batch; can be kept as JSON."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from typing import Any

USED = ("good", "late")
AT_THE_DOOR = ("unit", "future", "range")  # no value at all: these keep no later, true one of the same moment away
Row = tuple[float, float, str]  # s since 1970 UTC, value, quality


@dataclass
class SensorMemory:
    """The last hours of one quantity of one sensor, in order of time."""

    rows: list[Row] = field(default_factory=list)
    last_s: float = float("-inf")  # latest time it reported of
    held: float | None = None  # value that it has kept
    held_since_s: float = 0.0
    held_count: int = 0

    def take(self, time_s: float, value: float, quality: str) -> None:
        """Remember an observation; one older than what is there changes nothing of what is held.

        It takes the place of what cannot be of the same moment.
        """
        low = bisect_left(self.rows, (time_s,))
        self.rows[low:] = [row for row in self.rows[low:] if row[0] != time_s or row[2] not in AT_THE_DOOR]
        newest = not self.rows or time_s > self.rows[-1][0]
        insort(self.rows, (time_s, value, quality))
        if not newest:
            return
        if value == self.held:
            self.held_count += 1
        else:
            self.held, self.held_since_s, self.held_count = value, time_s, 1

    def value_at(self, time_s: float) -> float | None:
        """What was reported of this very moment, but for what cannot be."""
        for row in self._of(time_s):
            if row[2] not in AT_THE_DOOR:
                return row[1]
        return None

    def holds(self, time_s: float, value: float) -> bool:
        """Whether this value was reported of this very moment, whatever its quality."""
        return any(row[1] == value for row in self._of(time_s))

    def _of(self, time_s: float) -> list[Row]:
        return self.rows[bisect_left(self.rows, (time_s,)) : bisect_right(self.rows, (time_s, float("inf")))]

    def before(self, time_s: float) -> Row | None:
        """The last usable row before a moment."""
        for row in reversed(self.rows[: bisect_left(self.rows, (time_s,))]):
            if row[2] in USED:
                return row
        return None

    def spikes_before(self, time_s: float) -> list[Row]:
        """The run of spikes that reaches up to a moment, oldest first."""
        run: list[Row] = []
        for row in reversed(self.rows[: bisect_left(self.rows, (time_s,))]):
            if row[2] != "spike":
                break
            run.append(row)
        return run[::-1]

    def between(self, since_s: float, until_s: float) -> list[Row]:
        """Rows of any quality with since < time <= until."""
        low, high = bisect_right(self.rows, (since_s, float("inf"))), bisect_right(self.rows, (until_s, float("inf")))
        return self.rows[low:high]

    def copy(self) -> SensorMemory:
        """One that can be changed without changing this one."""
        return SensorMemory(list(self.rows), self.last_s, self.held, self.held_since_s, self.held_count)


@dataclass
class QualityMemory:
    """All sensors, by id and quantity."""

    sensors: dict[tuple[str, str], SensorMemory] = field(default_factory=dict)
    _own: set[tuple[str, str]] | None = field(default=None, repr=False, compare=False)  # copied since opened

    def of(self, sensor: str, quantity: str) -> SensorMemory:
        """The memory of one sensor, to be changed; only of an opened memory."""
        assert self._own is not None
        key = sensor, quantity
        if key not in self._own:
            self.sensors[key] = self.sensors[key].copy() if key in self.sensors else SensorMemory()
            self._own.add(key)
        return self.sensors[key]

    def opened(self) -> QualityMemory:
        """One to work on: sensors are copied as they are touched."""
        return QualityMemory(dict(self.sensors), set())

    def closed(self, keep_s: float) -> QualityMemory:
        """Without the rows of the touched sensors that are older than `keep_s` before their last."""
        for key in self._own or ():
            mine = self.sensors[key]
            if mine.rows:
                del mine.rows[: bisect_left(mine.rows, (mine.rows[-1][0] - keep_s,))]
        return QualityMemory(self.sensors)

    def to_json(self) -> list[dict[str, Any]]:
        """Plain lists and dictionaries; `from_json` gives an equal memory."""
        return [
            {"sensor": sensor, "quantity": quantity, "rows": [list(row) for row in m.rows],
             "last_s": m.last_s if m.last_s > float("-inf") else None, "held": m.held,
             "held_since_s": m.held_since_s, "held_count": m.held_count}
            for (sensor, quantity), m in self.sensors.items()
        ]  # fmt: skip

    @classmethod
    def from_json(cls, body: list[dict[str, Any]]) -> QualityMemory:
        """What `to_json` wrote."""
        return cls(
            {
                (one["sensor"], one["quantity"]): SensorMemory(
                    [(float(t), float(v), str(q)) for t, v, q in one["rows"]],
                    float("-inf") if one["last_s"] is None else one["last_s"],
                    one["held"],
                    one["held_since_s"],
                    one["held_count"],
                )
                for one in body
            }
        )
