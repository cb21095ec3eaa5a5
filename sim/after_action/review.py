"""The after-action review: everything the after-action report rests on, made from a drill once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import ORDERS_RESULT, REPLICATES
from data.units import s_to_minutes
from sim.after_action.course import Course
from sim.after_action.findings import Lesson, find_lessons
from sim.after_action.plan_steps import judge_steps
from sim.after_action.plans import Plan
from sim.after_action.readiness import Readiness, readiness
from sim.after_action.stranded import stranded_places
from sim.after_action.troubles import late_steps, troubled_shelters
from sim.command.record import DrillRecord
from sim.result import Result

WORTH_COLUMNS = ("worth_arrived", "worth_stranded", "worth_deaths")
BAND_COLUMNS = ("figure", "this", "least", "p05", "p50", "p95", "most")
_TIMES = ("t50_min", "t90_min", "t95_min")
_DRAWN = tuple(name for name in REPLICATES.names if name not in ("replicate", "seed"))


@dataclass(frozen=True)
class AfterAction:
    """A drill reviewed. Times in s since the start of the run.

    `orders`: schema ORDERS_RESULT; worth_* are NaN where the drill was not run again without the order.
    `plan_steps`: schema PLAN_STEPS. `late`: its steps late or missed, with names and the people concerned.
    `stranded`, `shelters`: where people are stuck at the end, and what happened to shelters.
    `bands`: columns BAND_COLUMNS over the replicates, one row per figure of REPLICATES; empty without replicates.
    """

    result: Result
    record: DrillRecord
    plans: tuple[Plan, ...]
    orders: pd.DataFrame
    plan_steps: pd.DataFrame
    late: pd.DataFrame
    stranded: pd.DataFrame
    shelters: pd.DataFrame
    lessons: tuple[Lesson, ...]
    readiness: Readiness
    replicates: pd.DataFrame | None  # schema REPLICATES
    spread: pd.DataFrame | None  # timeline of sim.replicates.Replicates
    bands: pd.DataFrame
    course: Course


def review(
    result: Result,
    record: DrillRecord,
    rules: Rules,
    *,
    plans: tuple[Plan, ...],
    worth: pd.DataFrame | None = None,
    replicates: pd.DataFrame | None = None,
    spread: pd.DataFrame | None = None,
) -> AfterAction:
    """Review a finished drill.

    `worth`: columns id, worth_arrived, worth_stranded, worth_deaths, one row per order that the drill was run again
    without. `replicates`, `spread`: table and timeline of sim.replicates.Replicates. The sites of the record are the
    rows of `result.sites`; ValueError else.
    """
    if record.outcome.arrivals.shape[1] != len(result.sites):
        raise ValueError(
            f"sites of the record (={record.outcome.arrivals.shape[1]}) are not the {len(result.sites)} rows"
        )
    bus_share = result.scenario.get("evacuation", {}).get("bus_share", rules.number("behaviour.bus_share"))
    course = Course(result, record, bus_share=float(bus_share))
    orders = with_worth(record.orders, worth)
    steps = _steps(course, plans)
    stranded = stranded_places(result, record.outcome.stuck)
    shelters = troubled_shelters(course, rules)
    ready = readiness(course, steps, rules)
    return AfterAction(
        result=result,
        record=record,
        plans=plans,
        orders=orders,
        plan_steps=steps,
        late=late_steps(course, plans, steps),
        stranded=stranded,
        shelters=shelters,
        lessons=find_lessons(course, stranded, shelters, orders, rules),
        readiness=ready,
        replicates=replicates,
        spread=spread,
        bands=bands(replicates, this_drill(course, ready)),
        course=course,
    )


def readiness_of(result: Result, record: DrillRecord, rules: Rules, plans: tuple[Plan, ...]) -> Readiness:
    """The readiness of a drill alone, as `review` finds it."""
    course = Course(result, record)
    return readiness(course, _steps(course, plans), rules)


def _steps(course: Course, plans: tuple[Plan, ...]) -> pd.DataFrame:
    timeline = course.result.timeline
    return judge_steps(plans, course, float(timeline["time_s"].iloc[-1]) if len(timeline) else 0.0)


def with_worth(orders: pd.DataFrame, worth: pd.DataFrame | None) -> pd.DataFrame:
    """The orders with what each was worth; NaN where that is not known. ValueError for an order that is none."""
    if worth is None:
        return orders.assign(**dict.fromkeys(WORTH_COLUMNS, np.nan))[list(ORDERS_RESULT.names)]
    strange = sorted(set(worth["id"]) - set(orders["id"]))
    if strange:
        raise ValueError(f"worth of orders that were never given: {', '.join(strange)}")
    joined = orders.drop(columns=[name for name in WORTH_COLUMNS if name in orders.columns])
    return joined.merge(worth[["id", *WORTH_COLUMNS]], on="id", how="left")[list(ORDERS_RESULT.names)]


def this_drill(course: Course, ready: Readiness) -> dict[str, float]:
    """The figures of REPLICATES for the drill itself; NaN where it has none."""
    outcome = course.record.outcome
    last = outcome.timeline.iloc[-1] if len(outcome.timeline) else pd.Series(dtype=float)
    deaths = course.result.summary.get("evacuation", {}).get("casualties_expected")
    figures = {name: float(last.get(name, 0)) for name in ("moving", "stranded", "refused", "turned_away")}
    return {
        **figures,
        "arrived": float(last.get("sheltered", 0)),
        "caught": float(outcome.caught),
        "rescued": float(outcome.rescued),
        "deaths": np.nan if deaths is None else float(deaths),
        **{f"t{share}_min": float(s_to_minutes(getattr(outcome, f"t{share}_s"))) for share in (50, 90, 95)},
        "trip_mean_min": float(s_to_minutes(outcome.trip_mean_s)),
        "readiness": np.nan if ready.score is None else ready.score,
    }


def bands(replicates: pd.DataFrame | None, this: dict[str, float]) -> pd.DataFrame:
    """Least, 5 %, half, 95 % and most of each figure over the replicates, beside that of the drill itself.

    A replicate where a time was never reached counts as later than all others: its figure is infinite, and so is any
    quantile that falls on it (order statistics, no interpolation).
    """
    if replicates is None or replicates.empty:
        return pd.DataFrame(columns=list(BAND_COLUMNS))
    rows = []
    for name in _DRAWN:
        values = replicates[name].to_numpy(float)
        if np.isnan(values).all():
            continue
        known = np.where(np.isnan(values), np.inf, values) if name in _TIMES else values[~np.isnan(values)]
        cuts = np.quantile(known, (0.0, 0.05, 0.5, 0.95, 1.0), method="inverted_cdf")
        rows.append([name, this[name], *map(float, cuts)])
    return pd.DataFrame(rows, columns=list(BAND_COLUMNS))
