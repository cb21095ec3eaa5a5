"""Quality of observations: stuck, spike, range, unit, late, future, duplicate, conflict; marked, never thrown away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from data.rules_file import Rules
from sim.observing.intake import QUANTITY, Sensor
from sim.observing.neighbours import COVERED, Neighbours
from sim.observing.observation import Observation
from sim.observing.quality_memory import QualityMemory, SensorMemory

_TERMS = (
    "late_after_s", "future_slack_s", "rain_max_mm_h", "stuck_rain_s", "stuck_agree_factor", "stuck_water_s",
    "stuck_least", "blocked_window_s", "blocked_sum_mm", "spike_water_m_min", "spike_confirm", "spike_rain_mm_h",
    "spike_rain_factor", "neighbour_reach_m", "neighbour_least", "memory_s", "silent_intervals",
)  # fmt: skip


@dataclass(frozen=True)
class QualityTerms:
    """Limits of data/rules/observations.toml, of the same names."""

    late_after_s: float
    future_slack_s: float
    rain_max_mm_h: float
    stuck_rain_s: float
    stuck_agree_factor: float
    stuck_water_s: float
    stuck_least: float
    blocked_window_s: float
    blocked_sum_mm: float
    spike_water_m_min: float
    spike_confirm: float
    spike_rain_mm_h: float
    spike_rain_factor: float
    neighbour_reach_m: float
    neighbour_least: float
    memory_s: float
    silent_intervals: float


def quality_terms(rules: Rules) -> QualityTerms:
    """The limits as the rules set them."""
    return QualityTerms(*(rules.number(f"observations.{name}") for name in _TERMS))


def judge(
    batch: Iterable[Observation], sensors: dict[str, Sensor], memory: QualityMemory, terms: QualityTerms
) -> tuple[list[Observation], QualityMemory]:
    """The batch in its order with qualities, and the memory to judge the next one with; `memory` stays as it was.

    Within the batch observations are judged in the order of their times, so a batch that came in disorder is judged as
    one that did not. What comes with a quality other than "good" (a wrong unit) keeps it.
    """
    rows = list(batch)
    judge_of = _Judge(sensors, memory.opened(), terms)
    order = sorted(range(len(rows)), key=lambda k: (rows[k].time, rows[k].received, rows[k].sensor, rows[k].quantity))
    judge_of.neighbours.hear(one for one in rows if one.quality == "good" and judge_of.possible(one))
    judged: list[Observation] = list(rows)
    for k in order:
        judged[k] = judge_of.one(rows[k])
    return judged, judge_of.memory.closed(terms.memory_s)


class _Judge:
    def __init__(self, sensors: dict[str, Sensor], memory: QualityMemory, terms: QualityTerms) -> None:
        self.sensors = sensors
        self.memory = memory
        self.terms = terms
        self.neighbours = Neighbours(sensors, memory, terms.neighbour_reach_m)

    def one(self, seen: Observation) -> Observation:
        """The observation with its quality; the memory of its sensor takes it in."""
        mine = self.memory.of(seen.sensor, seen.quantity)
        quality, remark = (seen.quality, seen.remark) if seen.quality != "good" else self._quality(seen, mine)
        time_s = seen.time.timestamp()
        if quality not in ("unit", "future", "duplicate", "conflict"):
            mine.take(time_s, seen.value, quality)
        if quality not in ("unit", "future"):
            mine.last_s = max(mine.last_s, time_s)
        return replace(seen, quality=quality, remark=remark)

    def possible(self, seen: Observation) -> bool:
        """Whether there can be such a value at all, and already."""
        ahead = (seen.time - seen.received).total_seconds()
        return ahead <= self.terms.future_slack_s and self._range(seen) is None

    def _quality(self, seen: Observation, mine: SensorMemory) -> tuple[str, str]:
        """The first of the checks that fails, the surest first."""
        time_s = seen.time.timestamp()
        ahead = time_s - seen.received.timestamp()
        if ahead > self.terms.future_slack_s:
            return "future", f"{ahead:.0f} s ahead of our clock"
        known = mine.value_at(time_s)
        if known is not None:
            return ("duplicate", "") if known == seen.value else ("conflict", f"{known:g} was reported before")
        out = self._range(seen)
        if out:
            return ("duplicate", "") if mine.holds(time_s, seen.value) else out
        moved = self._moves(seen, mine, time_s)
        if moved:
            return moved
        if -ahead > self.terms.late_after_s:
            return "late", f"came {_duration(-ahead)} after its interval"
        return "good", ""

    def _range(self, seen: Observation) -> tuple[str, str] | None:
        quantity = QUANTITY[seen.quantity]
        if not quantity.minimum <= seen.value <= quantity.maximum:
            return "range", f"must be {quantity.minimum:g} to {quantity.maximum:g} {quantity.unit}"
        if quantity.moves == "rain" and self._mm_h(seen) > self.terms.rain_max_mm_h:
            return "range", f"{self._mm_h(seen):.0f} mm/h is more than {self.terms.rain_max_mm_h:g}"
        return None

    def _moves(self, seen: Observation, mine: SensorMemory, time_s: float) -> tuple[str, str] | None:
        moves = QUANTITY[seen.quantity].moves
        if moves == "rain":
            return self._rain_spike(seen, time_s) or self._rain_stuck(seen, mine, time_s)
        if moves == "water":
            return self._water_spike(seen, mine, time_s) or self._held(seen, mine, time_s, self.terms.stuck_water_s)
        return None

    def _rain_spike(self, seen: Observation, time_s: float) -> tuple[str, str] | None:
        rate = self._mm_h(seen)
        if rate <= self.terms.spike_rain_mm_h:
            return None
        others = self.neighbours.largest_mm_h(seen.sensor, time_s)
        if len(others) < self.terms.neighbour_least or rate <= self.terms.spike_rain_factor * max(others):
            return None
        return "spike", f"{rate:.0f} mm/h, {len(others)} neighbours at most {max(others):.0f}"

    def _rain_stuck(self, seen: Observation, mine: SensorMemory, time_s: float) -> tuple[str, str] | None:
        """Rain that stays the same to the last digit, or none at all while it pours all around."""
        if seen.value > 0.0:
            held = self._held(seen, mine, time_s, self.terms.stuck_rain_s)
            return None if held and self._confirmed(seen, time_s) else held
        window = self.terms.blocked_window_s
        if mine.held != 0.0 or time_s - mine.held_since_s < window:
            return None
        own_s = (len(mine.between(time_s - window, time_s)) + 1) * self._interval_s(seen.sensor)
        if own_s < COVERED * window:
            return None  # it was silent, not dry
        sums = sorted(self.neighbours.sums_mm(seen.sensor, time_s, window))
        if len(sums) < self.terms.neighbour_least:
            return None
        middle = sums[(len(sums) - 1) // 2]
        if middle < self.terms.blocked_sum_mm:
            return None
        return "stuck", f"nothing in {window:.0f} s, {len(sums)} neighbours {middle:.0f} mm in the middle"

    def _confirmed(self, seen: Observation, time_s: float) -> bool:
        """Whether a gauge nearby has seen about as much: steady rain is no fault of the gauge."""
        window = self.terms.stuck_rain_s
        own = self._mm_h(seen) * window / 3600.0
        factor = self.terms.stuck_agree_factor
        return any(
            own <= factor * other and other <= factor * own
            for other in self.neighbours.sums_mm(seen.sensor, time_s, window)
        )

    def _held(self, seen: Observation, mine: SensorMemory, time_s: float, limit_s: float) -> tuple[str, str] | None:
        """The same value above 0 for too long."""
        if seen.value == 0.0 or seen.value != mine.held or mine.held_count + 1 < self.terms.stuck_least:
            return None
        held_s = time_s - mine.held_since_s
        return ("stuck", f"{seen.value:g} for {held_s:.0f} s") if held_s >= limit_s else None

    def _water_spike(self, seen: Observation, mine: SensorMemory, time_s: float) -> tuple[str, str] | None:
        """A jump faster than water rises; where several values in a row agree with each other it has risen."""
        before = mine.before(time_s)
        if before is None:
            return None
        limit = self.terms.spike_water_m_min
        jump = abs(seen.value - before[1])
        if jump <= limit * max(time_s - before[0], 60.0) / 60.0:
            return None
        run = mine.spikes_before(time_s)
        agree, last = 1, (time_s, seen.value)
        for row in reversed(run):
            if abs(row[1] - last[1]) > limit * max(last[0] - row[0], 60.0) / 60.0:
                break
            agree, last = agree + 1, (row[0], row[1])
        if agree >= self.terms.spike_confirm:
            return None
        return "spike", f"{jump:.2f} m in {time_s - before[0]:.0f} s"

    def _mm_h(self, seen: Observation) -> float:
        return seen.value * 3600.0 / self._interval_s(seen.sensor)

    def _interval_s(self, sensor: str) -> float:
        return self.sensors[sensor].interval_s


def _duration(seconds: float) -> str:
    """A time as people say it: the largest unit of which there are two or more."""
    for unit_s, unit in ((86400.0, "days"), (3600.0, "h"), (60.0, "min")):
        if seconds >= 2.0 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} s"
