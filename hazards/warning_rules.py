"""Warning rules through time: which rule holds where and when, the colour that follows, and why.

Levels are numbers 0-4, the index into data.schema.LEVELS (none, blue, yellow, orange, red). An area's colour is the
highest level of all rules that hold there: rain signals (`rain_signals`) and impact rules (`impact_rules`) are put
together by `RuleSeries.joined`. Keeping a colour for a while is the business of `hysteresis`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.schema import LEVELS

_ROUNDING = 1.0e-9  # relative: 50 mm summed from thirds of millimetres still counts as 50 mm


@dataclass(frozen=True)
class Rule:
    """One threshold: `level` follows where the value reaches it, or passes it if `strict`."""

    name: str  # e.g. "rain_3h", "people_h3_up"; rules of several levels may share it
    level: int
    threshold: float
    unit: str
    strict: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.level < len(LEVELS):
            raise ValueError(f"level(={self.level}) of rule {self.name} must be 1 to {len(LEVELS) - 1}")
        if not self.threshold > 0.0:
            raise ValueError(f"threshold(={self.threshold}) of rule {self.name} must be > 0")

    def holds(self, value: np.ndarray) -> np.ndarray:
        """Where the rule holds (bool, shape of `value`)."""
        if self.strict:
            return np.asarray(value) > self.threshold * (1.0 + _ROUNDING)
        return np.asarray(value) >= self.threshold * (1.0 - _ROUNDING)


@dataclass(frozen=True)
class Cause:
    """Why a level was reached: the rule, the value found and the threshold it met."""

    rule: str
    level: int
    value: float
    threshold: float
    unit: str


@dataclass(frozen=True, eq=False)
class RuleSeries:
    """Values of several rules over time in several areas."""

    time_s: np.ndarray  # (times,) s, rising
    rules: tuple[Rule, ...]
    value: np.ndarray  # (times, areas, rules), in the unit of the rule
    met: np.ndarray  # bool, the same shape

    def __post_init__(self) -> None:
        shape = (self.time_s.size, self.value.shape[1], len(self.rules))
        if self.value.shape != shape or self.met.shape != shape:
            raise ValueError(f"value of shape {self.value.shape} and met of shape {self.met.shape} must be {shape}")
        if np.any(np.diff(self.time_s) <= 0.0):
            raise ValueError("time_s must rise strictly")

    @property
    def level(self) -> np.ndarray:
        """Highest level of the rules that hold, uint8 (times, areas)."""
        levels = np.array([rule.level for rule in self.rules], dtype=np.uint8)
        return np.where(self.met, levels, np.uint8(0)).max(axis=2, initial=0)

    def causes(self, time_s: float, area: int) -> tuple[Cause, ...]:
        """The rules that hold in an area at one of the times, highest level first."""
        step = int(np.searchsorted(self.time_s, time_s))
        if step == self.time_s.size or self.time_s[step] != time_s:
            raise ValueError(f"time_s(={time_s}) must be one of the times of the series")
        held = [
            Cause(rule.name, rule.level, float(self.value[step, area, k]), rule.threshold, rule.unit)
            for k, rule in enumerate(self.rules)
            if self.met[step, area, k]
        ]
        return tuple(sorted(held, key=lambda cause: -cause.level))

    def joined(self, other: RuleSeries) -> RuleSeries:
        """Both sets of rules over the same times and areas; the level is the higher of both."""
        if not np.array_equal(self.time_s, other.time_s) or self.value.shape[1] != other.value.shape[1]:
            raise ValueError("series must have the same times and areas to be joined")
        return RuleSeries(
            self.time_s,
            self.rules + other.rules,
            np.concatenate([self.value, other.value], axis=2),
            np.concatenate([self.met, other.met], axis=2),
        )

    def ahead(self, lead_s: float) -> RuleSeries:
        """What a forecast that reaches `lead_s` ahead tells at each time: the worst of t to t + lead_s."""
        if not lead_s >= 0.0:
            raise ValueError(f"lead_s(={lead_s}) must be >= 0")
        ends = np.searchsorted(self.time_s, self.time_s + lead_s, side="right")
        value, met = np.empty_like(self.value), np.empty_like(self.met)
        for step, end in enumerate(ends):
            self.value[step:end].max(axis=0, out=value[step])
            self.met[step:end].any(axis=0, out=met[step])
        return RuleSeries(self.time_s, self.rules, value, met)
