"""What a scenario asks of the shelter plan: when people have left, whose minutes count more, who helps whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.errors import InputError
from data.rules_file import Rules
from data.schema import City
from data.units import minutes_to_s
from shelters import whole_parts
from shelters.aid import Districts
from shelters.assignment import AssignmentOptions
from sim.area_map import area_of_points, map_areas, present_levels
from sim.behaviour.leave_curve import LeaveCurve
from sim.behaviour_rules import behaviour
from sim.scenario import Scenario


@dataclass(frozen=True)
class PlanTerms:
    """The terms of one plan."""

    options: AssignmentOptions
    max_walk_s: float
    leave_delay_s: float  # after the order: by then the share of people that trips are computed for has left
    group_share: np.ndarray  # float64 (groups, blocks), columns that add up to 1; one group where all count alike
    districts: Districts | None  # None where aid is free

    def by_group(self, demand: np.ndarray) -> np.ndarray:
        """People of each group and block, int64 (groups, blocks), from those of each block."""
        return whole_parts(demand, self.group_share)


def plan_terms(scenario: Scenario, city: City, rules: Rules) -> PlanTerms:
    """The terms of the scenario for the blocks and sites of a city."""
    assert city.people is not None
    check_aid(scenario, city)
    plan, blocks = scenario.plan, len(city.people)
    share = np.ones((1, blocks))
    weight: tuple[int, ...] = (1,)
    if plan.priority:
        share = priority_shares(city)
        weight = (
            1,
            int(rules.number("shelters.priority_vulnerable")),
            int(rules.number("shelters.priority_hospital")),
        )
    districts = None if plan.aid == "free" else districts_of(city)
    options = AssignmentOptions(
        choice=plan.choice,  # type: ignore[arg-type]
        weight=weight,
        household_persons=int(rules.number("shelters.household_persons")) if plan.households else 1,
        aid=plan.aid,  # type: ignore[arg-type]
        penalty_s=minutes_to_s(rules.number("shelters.aid_penalty_min")),
        nearest=plan.nearest,
    )
    leaves = departure_curve(scenario, rules).delay(np.asarray(rules.number("evacuation.leave_quantile")))
    return PlanTerms(options, minutes_to_s(plan.max_walk_min), float(leaves), share, districts)


def departure_curve(scenario: Scenario, rules: Rules) -> LeaveCurve:
    """How long after the order people leave: warning and preparation together."""
    return LeaveCurve.of(behaviour(scenario, rules))


def priority_shares(city: City) -> np.ndarray:
    """Shares of the groups in each block, float64 (3, blocks): all others, the vulnerable, hospital patients.

    The old, the young and the disabled are added up, as far as the patients leave room: who is old and disabled counts
    twice, so the group is rather too large than too small.
    """
    assert city.people is not None
    hospital = city.people["share_hospital"].to_numpy(float)
    frail = sum(city.people[f"share_{name}"].to_numpy(float) for name in ("65", "14", "disabled"))
    frail = np.minimum(frail, 1.0 - hospital)
    return np.stack([np.maximum(1.0 - hospital - frail, 0.0), frail, hospital])


def check_aid(scenario: Scenario, city: City) -> None:
    """Raise InputError where the scenario tells districts apart and the city has none."""
    if scenario.plan.aid != "free" and "district" not in present_levels(city):
        raise InputError(
            "the city has no districts to help each other", file=scenario.file, place="[plan] aid",
            value=scenario.plan.aid, expected="free, or a pack with areas of level district",
        )  # fmt: skip


def districts_of(city: City) -> Districts:
    """The district of every block and site."""
    assert city.people is not None
    assert city.shelters is not None
    level = map_areas(city, "district")
    of_block, of_site = (
        area_of_points(level, city, frame["x_m"].to_numpy(float), frame["y_m"].to_numpy(float)).astype(np.int64)
        for frame in (city.people, city.shelters)
    )
    return Districts(of_block, of_site)
