"""The after-action review: everything the after-action report rests on, made from a drill once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data.rules_file import Rules
from sim.after_action.findings import Lesson
from sim.after_action.plans import Plan
from sim.after_action.readiness import Readiness
from sim.command.record import DrillRecord
from sim.result import Result

WORTH_COLUMNS = ("worth_arrived", "worth_stranded", "worth_deaths")


@dataclass(frozen=True)
class AfterAction:
    """A drill reviewed. Times in s since the start of the run.

    `orders`: schema ORDERS_RESULT; worth_* are NaN where the drill was not run again without the order.
    `plan_steps`: schema PLAN_STEPS. `replicates`: schema REPLICATES, None where there are none.
    `bands` columns: figure (a column of REPLICATES), this, p05, p50, p95, least, most; empty without replicates.
    `stranded` columns: place, place_en, road, road_en, reason, mode, persons, lon, lat; most people first.
    `shelters` columns: id, name, name_en, capacity, peak, turned_away, full_s, closed_s, inside_when_closed,
    queue_peak, queue_peak_s; those that something happened to, most people concerned first.
    `late` columns: what ("order", "step"), id, plan, place, place_en, due_s, done_s, late_min, persons, state.
    """

    result: Result
    record: DrillRecord
    plans: tuple[Plan, ...]
    orders: pd.DataFrame
    plan_steps: pd.DataFrame
    stranded: pd.DataFrame
    shelters: pd.DataFrame
    late: pd.DataFrame
    lessons: tuple[Lesson, ...]
    readiness: Readiness
    replicates: pd.DataFrame | None
    bands: pd.DataFrame


def review(
    result: Result,
    record: DrillRecord,
    rules: Rules,
    *,
    plans: tuple[Plan, ...],
    worth: pd.DataFrame | None = None,
    replicates: pd.DataFrame | None = None,
) -> AfterAction:
    """Review a finished drill.

    `worth`: columns id, worth_arrived, worth_stranded, worth_deaths, one row per order that the drill was run again
    without. `replicates`: schema REPLICATES.
    """
    raise NotImplementedError
