"""What went wrong at shelters and what was late, as tables."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from data.records import records
from data.rules_file import Rules
from data.units import minutes_to_s
from sim.after_action.course import Course
from sim.after_action.plans import Plan, PlanStep

SHELTER_COLUMNS = (
    "id", "name", "name_en", "capacity", "peak", "turned_away", "full_s", "closed_s", "inside_when_closed",
    "queue_peak", "queue_peak_s",
)  # fmt: skip
LATE_COLUMNS = ("plan", "step", "area", "place", "place_en", "due_s", "done_s", "late_min", "state", "persons")


def troubled_shelters(course: Course, rules: Rules) -> pd.DataFrame:
    """Sites that were full, closed, turned people away or had a long queue; most people concerned first.

    Columns SHELTER_COLUMNS. A queue is long from the rule readiness.long_queue_share of the places on. `full_s`: when
    its places were taken. People concerned: turned away, inside when it
    closed, and queueing at its worst.
    """
    outcome, sites, record = course.record.outcome, course.result.sites, course.record
    time_s = outcome.timeline["time_s"].to_numpy(float)
    inside, share = outcome.occupancy, rules.number("readiness.long_queue_share")
    rows = []
    for number, site in enumerate(records(sites)):
        capacity = int(site["capacity"])
        full = np.flatnonzero(inside[:, number] >= capacity) if capacity > 0 else np.empty(0, int)
        queue = record.site_queue[:, number] if record.site_queue.size else np.zeros(1, np.int64)
        peak_at = int(np.argmax(queue))
        row = {
            **{key: site[key] for key in ("id", "name", "name_en")},
            "capacity": capacity,
            "peak": int(outcome.peak[number]),
            "turned_away": int(outcome.turned_at_door[number]),
            "full_s": float(time_s[full[0]]) if full.size else math.nan,
            "closed_s": float(site["closed_s"]),
            "inside_when_closed": int(outcome.inside_when_closed[number]),
            "queue_peak": int(queue[peak_at]),
            "queue_peak_s": float(record.site_time_s[peak_at]) if queue[peak_at] else math.nan,
        }
        closed_in_use = math.isfinite(row["closed_s"]) and (row["peak"] > 0 or int(site["assigned"]) > 0)
        long_queue = row["queue_peak"] > 0 and row["queue_peak"] >= share * capacity
        if row["turned_away"] or long_queue or full.size or closed_in_use:
            rows.append(row)
    rows.sort(key=lambda row: -(row["turned_away"] + row["inside_when_closed"] + row["queue_peak"]))
    return pd.DataFrame(rows, columns=list(SHELTER_COLUMNS))


def late_steps(course: Course, plans: tuple[Plan, ...], plan_steps: pd.DataFrame) -> pd.DataFrame:
    """Plan steps late or missed, most people concerned first.

    Columns LATE_COLUMNS. `persons`: people told to leave in the area, or in H3 or worse where nobody was told; of the
    city as a whole; of those who called, the ones for whom the step was late; of those told to leave, the share that
    goes by bus, for a step about buses.
    """
    steps = {(plan.id, step.id): step for plan in plans for step in plan.steps}
    rows = []
    for row in records(plan_steps[plan_steps["state"].isin(("late", "missed"))]):
        step = steps[row["plan"], row["step"]]
        place, place_en = course.name_of(row["area"])
        if step.trigger == "call":
            persons = _called_in_vain(course, step)
        elif row["area"] in course.told_persons:
            persons = course.told_persons[row["area"]]
        else:
            persons = course.in_danger(row["area"]) if row["area"] else course.leaving
        if step.measured_by == "buses":
            persons = round(course.bus_share * persons)
        if step.trigger == "underpass_flooded":
            persons = 0  # nobody knows how many would have driven in
        found = {key: row[key] for key in ("plan", "step", "area", "due_s", "done_s", "late_min", "state")}
        rows.append({**found, "place": place, "place_en": place_en, "persons": persons})
    frame = pd.DataFrame(rows, columns=list(LATE_COLUMNS))
    return frame.sort_values(["persons", "late_min"], ascending=False, kind="stable", ignore_index=True)


def _called_in_vain(course: Course, step: PlanStep) -> int:
    """People of the calls that a step about calls was late for, or never done."""
    calls = course.record.rescues
    done_s = calls["reached_s" if step.measured_by == "team_reached" else "done_s"]
    late = (done_s - calls["time_s"]).fillna(math.inf) > float(minutes_to_s(step.within_min))
    return int(calls.loc[late, "persons"].sum())
