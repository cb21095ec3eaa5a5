"""The rules of every level in every member, and which member the plan is made for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.rules_file import Rules
from hazards import RainForcing, RuleSeries
from sim.city_water import WATCH_STEP_S
from sim.forecast.areas import LevelMembers
from sim.forecast.levels import Level, SignalAreas, impact_of
from sim.forecast.member import MemberFlood
from sim.forecast.probability import planned_member

DANGER_CLASS = 3  # people in H3 or worse are those in danger


def level_members(
    levels: tuple[Level, ...], signals: SignalAreas, rains: Sequence[RainForcing], floods: Sequence[MemberFlood],
    horizon_s: float, rules: Rules,
) -> tuple[LevelMembers, ...]:  # fmt: skip
    """Rain signals of every member, and with its flood (parallel to `rains`; none: signals alone) the impact rules.

    Rain in seconds since the cycle.
    """
    time_s = floods[0].time_s if floods else np.append(np.arange(0.0, horizon_s, WATCH_STEP_S), horizon_s)
    from_class = int(rules.number("evacuation.evacuate_from_class"))
    series: list[list[RuleSeries]] = [[] for _ in levels]
    people: list[list[np.ndarray]] = [[] for _ in levels]
    for member, rain in enumerate(rains):
        by_rain = signals.series(rain, time_s)
        for place, level in enumerate(levels):
            own, danger = by_rain[place], np.zeros(level.count)
            if floods:
                counts = floods[member].people[place]
                own = own.joined(impact_of(level, time_s, counts, floods[member].underpass_depth, from_class))
                danger = counts[:, :, DANGER_CLASS:].sum(axis=2).max(axis=0)
            series[place].append(own)
            people[place].append(danger)
    return tuple(
        LevelMembers(level, tuple(of), np.stack(rows)) for level, of, rows in zip(levels, series, people, strict=True)
    )


def member_to_plan(found: tuple[LevelMembers, ...], rules: Rules) -> int:
    """The percentile of the rules by people in danger, or a worse member that has people in every area told to leave.

    The worst where none has.
    """
    own = next(level for level in found if level.level.told is not None)
    total = own.people.sum(axis=1)
    order = np.argsort(total, kind="stable")
    first = planned_member(total, rules.number("forecast.plan_percentile"))
    told = own.told(rules)
    for member in order[int(np.flatnonzero(order == first)[0]) :]:
        if (own.people[member, told] > 0.0).all():
            return int(member)
    return int(order[-1])
