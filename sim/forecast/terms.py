"""What a forecast cycle is run under."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from data.rules_file import Rules
from data.units import s_to_hours
from sim.scenario import CHINA, Drains, Flood, Plan, Scenario


@dataclass(frozen=True)
class ForecastTerms:
    """Terms of all cycles of one city."""

    flood: bool = True  # False: rain signals alone, for a city whose terrain says nothing of its water
    drains: bool = True  # the sewer network of the pack, where it has one
    drainage_factor: float = 1.0  # share of the equivalent drainage capacity that works
    horizon_s: float | None = None  # None: from the rules
    plan: Plan = field(default_factory=Plan)  # how places in shelters are given to people in danger

    def horizon(self, rules: Rules) -> float:
        """How far ahead a cycle looks, s."""
        return rules.number("forecast.horizon_s") if self.horizon_s is None else self.horizon_s

    def scenario(self, time: datetime, rules: Rules) -> Scenario:
        """The terms in the words of a drill that begins at `time`, for the parts that drills and cycles share."""
        return Scenario(
            name="forecast",
            start=time.astimezone(CHINA),
            time_of_day=time_of_day(time, rules),
            flood=Flood(duration_h=s_to_hours(self.horizon(rules)), drainage_factor=self.drainage_factor),
            drains=Drains(network=self.drains, exchange_step_s=rules.number("forecast.exchange_step_s")),
            plan=self.plan,
        )


def time_of_day(time: datetime, rules: Rules) -> str:
    """Whether the population of the "day" or of the "night" counts at a time."""
    begins, ends = rules.numbers("forecast.day_hours")
    local = time.astimezone(CHINA)
    return "day" if begins <= local.hour + local.minute / 60.0 < ends else "night"


def cycle_name(time: datetime) -> str:
    """Identifier of the cycle that stands for a time: that time in UTC, YYYYMMDDTHHMMSSZ."""
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
