"""Impact rules: colours from people standing in dangerous water and from water in underpasses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hazards.warning_rules import Rule, RuleSeries

_WORST_CLASS = 6


@dataclass(frozen=True)
class PeopleRule:
    """So many people or more in hazard class `hazard_class` or worse."""

    level: int
    hazard_class: int  # 1-6
    persons: float

    def __post_init__(self) -> None:
        if not 1 <= self.hazard_class <= _WORST_CLASS:
            raise ValueError(f"hazard_class(={self.hazard_class}) must be 1 to {_WORST_CLASS}")


@dataclass(frozen=True)
class UnderpassRule:
    """Water deeper than this in an underpass."""

    level: int
    depth_m: float


@dataclass(frozen=True)
class ImpactRules:
    """All impact rules; the thresholds come from the rules (our proposals, to be set by officers)."""

    people: tuple[PeopleRule, ...]
    underpasses: tuple[UnderpassRule, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The same as plain rules: people first, then underpasses."""
        people = [Rule(f"people_h{r.hazard_class}_up", r.level, r.persons, "persons") for r in self.people]
        return (*people, *(Rule("underpass_depth", r.level, r.depth_m, "m", strict=True) for r in self.underpasses))


def impact_series(
    time_s: np.ndarray,
    people_by_class: np.ndarray,
    underpass_depth_m: np.ndarray,
    underpass_area: np.ndarray,
    rules: ImpactRules,
) -> RuleSeries:
    """Impact rules of every area at each time.

    `people_by_class` (times, areas, 7) counts people by the class they stand in, dry and H1-H6;
    `underpass_depth_m` (times, underpasses) is the deepest water of each underpass that counts, `underpass_area`
    (underpasses,) the number of its area, -1 = none. An area takes its deepest underpass.
    """
    people = np.asarray(people_by_class, dtype=np.float64)
    depth = np.asarray(underpass_depth_m, dtype=np.float64)
    if people.ndim != 3 or people.shape[2] != _WORST_CLASS + 1:
        raise ValueError(f"people_by_class of shape {people.shape} must be (times, areas, {_WORST_CLASS + 1})")
    if depth.shape != (people.shape[0], len(underpass_area)):
        raise ValueError(f"underpass_depth_m of shape {depth.shape} must be {(people.shape[0], len(underpass_area))}")
    or_worse = np.cumsum(people[:, :, ::-1], axis=2)[:, :, ::-1]
    deepest = np.zeros(people.shape[:2])
    for number, area in enumerate(underpass_area):
        if area >= 0:
            np.maximum(deepest[:, area], depth[:, number], out=deepest[:, area])
    columns = [or_worse[:, :, rule.hazard_class] for rule in rules.people] + [deepest] * len(rules.underpasses)
    value = np.stack(columns, axis=2)
    met = np.stack([rule.holds(column) for rule, column in zip(rules.rules, columns, strict=True)], axis=2)
    return RuleSeries(np.asarray(time_s, dtype=np.float64), rules.rules, value, met)
