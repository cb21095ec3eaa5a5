"""How ready the city was in this drill: four abilities of the city's plan, each from figures that the run measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.units import minutes_to_s, s_to_minutes
from sim.after_action.course import DANGEROUS, Course
from sim.area_map import warning_level

ABILITIES = ("infrastructure", "risk_control", "response", "society")


@dataclass(frozen=True)
class Part:
    """One figure of an ability: 0-100, or None where this drill cannot tell."""

    ability: str  # of ABILITIES
    key: str
    score: float | None


@dataclass(frozen=True)
class Readiness:
    """Scores 0-100. An ability is the mean of its parts that could be measured; None where none could."""

    parts: tuple[Part, ...]
    abilities: Mapping[str, float | None]
    weights: Mapping[str, float]  # of the abilities, as the rules give them
    score: float | None  # mean of the measured abilities by weight

    @property
    def unmeasured(self) -> tuple[Part, ...]:
        """Parts that this drill cannot tell."""
        return tuple(part for part in self.parts if part.score is None)


def readiness(course: Course, plan_steps: pd.DataFrame, rules: Rules) -> Readiness:
    """The score of a drill.

    score = sum w_a A_a / sum w_a over the abilities a that have a measured part; A_a = mean of its measured parts.
    Weights w by the rule readiness.weight. Each part is 0-100 by the formula of its function.
    """
    figures: dict[str, dict[str, float | None]] = {
        "infrastructure": infrastructure(course),
        "risk_control": risk_control(course, rules),
        "response": response(course, plan_steps, rules),
        "society": society(course, rules),
    }
    weights = dict(zip(ABILITIES, rules.numbers("readiness.weight"), strict=True))
    parts = tuple(Part(name, key, score) for name in ABILITIES for key, score in figures[name].items())
    abilities = {name: _mean([part.score for part in parts if part.ability == name]) for name in ABILITIES}
    return Readiness(parts, abilities, weights, weighted(abilities, weights))


def weighted(abilities: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """Mean of the abilities that are known, by weight; None where none is known or they weigh nothing."""
    known = {name: value for name, value in abilities.items() if value is not None}
    total = sum(weights[name] for name in known)
    return sum(weights[name] * value for name, value in known.items()) / total if total > 0.0 else None


def infrastructure(course: Course) -> dict[str, float | None]:
    """What stood up to the water.

    drained, no_sea: 100 x people in areas that drained in time (had no sea) / people in areas that were judged.
    roads: 100 x (1 - longest closed length at one time / length of all roads).
    underpasses: 100 x underpasses never closed / underpasses.
    shelters: 100 x places of sites in use that stayed open / places of sites in use.
    """
    result = course.result
    areas = result.areas[result.areas["level"] == warning_level(result.city)]
    drained = areas[areas["drain_down_known"].astype(bool)]
    judged = areas[areas["sea_known"].astype(bool)]
    used = result.sites[(result.sites["peak"] > 0) | (result.sites["assigned"] > 0)]
    length_m = 0.0 if result.city.roads is None else float(result.city.roads.edges["length_m"].sum())
    closed_m = float(result.timeline["roads_closed_m"].max()) if len(result.timeline) else 0.0
    underpasses = result.underpasses
    return {
        "drained": _share(drained.loc[drained["drain_down_ok"].astype(bool), "people"].sum(), drained["people"].sum()),
        "no_sea": _share(judged.loc[judged["sea_ok"].astype(bool), "people"].sum(), judged["people"].sum()),
        "roads": _share(length_m - min(closed_m, length_m), length_m),
        "underpasses": _share(underpasses["closed_from_s"].isna().sum(), len(underpasses)),
        "shelters": _share(used.loc[used["closed_s"].isna(), "capacity"].sum(), used["capacity"].sum()),
    }


def risk_control(course: Course, rules: Rules) -> dict[str, float | None]:
    """What was known and said before the danger came.

    warned_ahead: mean over people in H3 or worse, by area, of 100 x min(1, lead / target), lead = danger - first
    message, target the rule readiness.lead_target_min; 0 in an area without a message.
    ordered_ahead: the same for the order to leave, over the people told to leave and, with 0, those in danger whom
    nobody told.
    reached: 100 x people whom a channel reached / people told to leave or in danger and not told.
    """
    target_min = rules.number("readiness.lead_target_min")
    areas = course.result.areas
    areas = areas[areas["level"] == warning_level(course.result.city)]
    in_danger = areas[list(DANGEROUS)].sum(axis=1)
    warned = [_ahead(course.danger(a), course.warning(a, 1), target_min) for a in areas["code"]]
    told = course.told_persons
    untold = sum(course.untold.values())
    ordered = [_ahead(course.danger(area), course.ordered_areas.get(area, math.inf), target_min) for area in told]
    return {
        "warned_ahead": _average([0.0 if w is None else w for w in warned], in_danger.tolist()),
        "ordered_ahead": _average([*ordered, 0.0], [*told.values(), untold]),
        "reached": _share(course.last_told("reached"), course.last_told("persons") + untold),
    }


def response(course: Course, plan_steps: pd.DataFrame, rules: Rules) -> dict[str, float | None]:
    """What was done.

    sheltered: 100 x people in a shelter at the end / people who left or will (told or not, less those who refuse), and
    those in danger whom nobody told and who stayed.
    in_time: 100 up to the rule readiness.evacuation_target_min for 90 % in a shelter, falling to 0 at twice that.
    rescued: 100 x people reached within the rule command.circle_min of their call / people who called.
    rides: 100 x people taken by bus or ambulance / those and the people still waiting for one at the end.
    circle: 100 x least share of the people within the response time of a rescue post while the water was there.
    plan: 100 x plan steps on time / plan steps that were asked and could be judged.
    """
    outcome = course.record.outcome
    line = outcome.timeline
    leaving = course.leaving
    target_min = rules.number("readiness.evacuation_target_min")
    t90_min = float(s_to_minutes(outcome.t90_s))
    in_time = 0.0 if math.isnan(t90_min) else 100.0 * min(1.0, max(0.0, 2.0 - t90_min / target_min))
    calls = course.record.rescues
    soon = calls["reached_s"] - calls["time_s"] <= minutes_to_s(rules.number("command.circle_min"))
    circles = course.record.circles
    near = circles[circles["limit_min"] == circles["limit_min"].min()]
    judged = plan_steps[plan_steps["state"].isin(("on_time", "late", "missed"))]
    return {
        "sheltered": _share(line["sheltered"].iloc[-1] if len(line) else 0, leaving + course.left_behind),
        "in_time": in_time if leaving + course.left_behind else None,
        "rescued": _share(calls.loc[soon, "persons"].sum(), calls["persons"].sum()),
        "rides": _share(outcome.ridden, outcome.ridden + (line["waiting"].iloc[-1] if len(line) else 0)),
        "circle": 100.0 * float(near["share"].min()) if len(near) else None,
        "plan": _share((judged["state"] == "on_time").sum(), len(judged)),
    }


def society(course: Course, rules: Rules) -> dict[str, float | None]:
    """What people could do and did.

    followed: 100 x (1 - people who refuse / people told to leave).
    places: 100 x people with a place in the plan / people the plan is for, and those in danger whom it leaves out.
    space: mean over people in shelters at their fullest of 100 x min(1, m2 per person / norm of an emergency stay).
    """
    outcome, result = course.record.outcome, course.result
    line, plan = outcome.timeline, result.summary.get("plan", {})
    ordered = int(line["ordered"].iloc[-1]) if len(line) else 0
    evacuees = int(plan.get("evacuees", 0))
    norm = rules.number("shelters.m2_per_person_emergency")
    used = result.sites[result.sites["m2_per_person_at_peak"].notna() & (result.sites["peak"] > 0)]
    space = [100.0 * min(1.0, m2 / norm) for m2 in used["m2_per_person_at_peak"]]
    return {
        "followed": _share(ordered - int(line["refused"].iloc[-1]) if len(line) else 0, ordered),
        "places": _share(evacuees - int(plan.get("unserved", 0)), evacuees + sum(course.untold.values())),
        "space": _average(space, used["peak"].tolist()),
    }


def _ahead(danger_s: float, done_s: float, target_min: float) -> float | None:
    """0-100 by how long before the danger it was done; None where there was no danger."""
    if not math.isfinite(danger_s):
        return None
    lead_min = float(s_to_minutes(danger_s - done_s)) if math.isfinite(done_s) else 0.0
    return 100.0 * min(1.0, max(0.0, lead_min / target_min))


def _share(part: float, whole: float) -> float | None:
    return 100.0 * min(1.0, max(0.0, float(part) / float(whole))) if whole > 0 else None


def _average(values: list[float | None] | list[float], weights: list[float]) -> float | None:
    pairs = [(value, weight) for value, weight in zip(values, weights, strict=True) if value is not None and weight > 0]
    total = sum(weight for _, weight in pairs)
    return float(sum(value * weight for value, weight in pairs) / total) if pairs else None


def _mean(scores: list[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if known else None
