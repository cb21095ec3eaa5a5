"""Steps of the plans held against a drill: asked when, done when, late by how much."""

from __future__ import annotations

import math

import pandas as pd

from data.schema import PLAN_STEPS
from data.units import minutes_to_s, s_to_minutes
from sim.after_action.course import Case, Course
from sim.after_action.plans import Plan, PlanStep

_NONE = float("nan")


def judge_steps(plans: tuple[Plan, ...], course: Course, end_s: float) -> pd.DataFrame:
    """One row of schema PLAN_STEPS for each step and area it was asked in; one for a step judged for the city.

    A step is due `within_min` after its trigger. State: "on_time", "late", "missed" (never done, and due before the
    run ended at `end_s`), "not_asked" (its trigger never came), "not_measured" (nothing in the drill tells, or the run
    ended before it was due). Where a step has several cases under one verdict, the worst case gives the row.
    """
    rows = []
    for plan in plans:
        for step in plan.steps:
            for area, cases in _groups(step, course.cases(step)).items():
                judged = [_judge(step, case, end_s) for case in cases]
                due_s, done_s, late_min, state = max(judged, key=_badness)
                rows.append([plan.id, step.id, step.who, area, due_s, done_s, late_min, state])
    return pd.DataFrame(rows, columns=list(PLAN_STEPS.names))


def _groups(step: PlanStep, cases: list[Case]) -> dict[str, list[Case]]:
    if not cases:
        return {"": [Case("", math.inf, math.inf)]}
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault("" if step.per_city else case.area, []).append(case)
    return groups


def _judge(step: PlanStep, case: Case, end_s: float) -> tuple[float, float, float, str]:
    """Due, done, minutes late and state of one case."""
    if math.isinf(case.trigger_s):
        return _NONE, _NONE, _NONE, "not_asked"
    due_s = case.trigger_s + float(minutes_to_s(step.within_min))
    if math.isnan(case.done_s):
        return due_s, _NONE, _NONE, "not_measured"
    if math.isinf(case.done_s):
        return due_s, _NONE, _NONE, "missed" if due_s <= end_s else "not_measured"
    late_s = max(0.0, case.done_s - due_s)
    return due_s, case.done_s, float(s_to_minutes(late_s)), "late" if late_s > 0.0 else "on_time"


def _badness(judged: tuple[float, float, float, str]) -> tuple[int, float]:
    """What makes one case worse than another: never done, then the latest, then the one with the least to spare."""
    due_s, done_s, late_min, state = judged
    rank = ("not_asked", "not_measured", "on_time", "late", "missed").index(state)
    if state == "on_time":
        return rank, done_s - due_s
    return rank, late_min if state == "late" else 0.0
