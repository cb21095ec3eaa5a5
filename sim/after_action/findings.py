"""The lessons of a drill: what went wrong for how many people, most people first."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from data.records import records
from data.rules_file import Rules
from data.units import minutes_to_s, s_to_minutes
from sim.after_action.course import NEVER, Course

_MOST_NAMES = 3


@dataclass(frozen=True)
class Lesson:
    """One thing to change, and how many people it touched in this drill.

    `kind` is a key of the message catalogue (after_action.lesson.KIND); `values` fill it, names in pairs (x, x_en).
    """

    kind: str
    persons: int
    values: dict[str, Any] = field(default_factory=dict)


def find_lessons(
    course: Course, stranded: pd.DataFrame, shelters: pd.DataFrame, orders: pd.DataFrame, rules: Rules
) -> tuple[Lesson, ...]:
    """Everything that touched somebody, most people first; what is equal stays in this order."""
    found = [
        *_untold(course),
        *_late_orders(course, rules),
        *_unreached(course),
        *_stranded(stranded),
        *_turned_away(course, shelters),
        *_flooded_shelters(shelters),
        *_left_waiting(course),
        *_late_rescues(course, rules),
        *_harmful_orders(orders),
        *_stayed(course),
        *_unfinished(course),
    ]
    return tuple(sorted((lesson for lesson in found if lesson.persons > 0), key=lambda lesson: -lesson.persons))


def _untold(course: Course) -> list[Lesson]:
    """People in danger in areas that nobody was told to leave."""
    return _of_areas("not_told", course, course.untold, {})


def _late_orders(course: Course, rules: Rules) -> list[Lesson]:
    """People told to leave later than the time before the danger that counts in full.

    The areas told only once the danger was there make a lesson of their own.
    """
    target_min = rules.number("readiness.lead_target_min")
    told = {area: course.danger(area) - told_s for area, told_s in course.ordered_areas.items()}
    lead_min = {area: float(s_to_minutes(lead_s)) for area, lead_s in told.items() if math.isfinite(lead_s)}
    after = {area: -lead for area, lead in lead_min.items() if lead < 0.0}
    short = {area: lead for area, lead in lead_min.items() if 0.0 <= lead < target_min}
    lessons = []
    for kind, areas, minutes in (
        ("order_after", after, max(after.values(), default=0.0)),
        ("order_short", short, min(short.values(), default=0.0)),
    ):
        people = {area: course.told_persons.get(area, 0) for area in areas}
        lessons += _of_areas(kind, course, people, {"minutes": minutes, "target_min": target_min})
    return lessons


def _unreached(course: Course) -> list[Lesson]:
    missed: dict[str, int] = {}
    warned = course.record.warned.sort_values("time_s", kind="stable").groupby("area", sort=True).last()
    for area, row in warned.iterrows():
        if row["persons"] > row["reached"]:
            missed[str(area)] = int(row["persons"] - row["reached"])
    return _of_areas("not_reached", course, missed, {})


def _of_areas(kind: str, course: Course, people: dict[str, int], values: dict[str, Any]) -> list[Lesson]:
    """One lesson about all these areas; those with most people are named."""
    if not people:
        return []
    first = sorted(people, key=lambda area: (-people[area], area))[:_MOST_NAMES]
    names = [course.name_of(area) for area in first]
    values = {**values, "areas": [zh for zh, _ in names], "areas_en": [en or zh for zh, en in names]}
    return [Lesson(kind, sum(people.values()), {**values, "count": len(people)})]


def _stranded(stranded: pd.DataFrame) -> list[Lesson]:
    """One lesson for each reason, with the place where it held most."""
    lessons = []
    for reason, rows in stranded[stranded["reason"] != "turned_away"].groupby("reason", sort=True):
        worst = records(rows.sort_values("persons", ascending=False, kind="stable"))[0]
        values = {"area": worst["place"], "area_en": worst["place_en"] or worst["place"], "there": worst["persons"]}
        lessons.append(Lesson(f"stranded_{reason}", int(rows["persons"].sum()), values))
    return lessons


def _turned_away(course: Course, shelters: pd.DataFrame) -> list[Lesson]:
    """People without a place at the end, and the site that turned most away."""
    count = _at_end(course, "turned_away")
    worst = shelters.sort_values("turned_away", ascending=False, kind="stable")
    if not count or worst.empty or not worst["turned_away"].iloc[0]:
        return [Lesson("no_place", count)]
    return [Lesson("turned_away", count, {**_shelter(records(worst)[0]), "there": int(worst["turned_away"].iloc[0])})]


def _flooded_shelters(shelters: pd.DataFrame) -> list[Lesson]:
    rows = records(shelters[shelters["inside_when_closed"] > 0])
    if not rows:
        return []
    worst = max(rows, key=lambda row: row["inside_when_closed"])
    return [Lesson("shelter_closed", sum(row["inside_when_closed"] for row in rows), _shelter(worst))]


def _shelter(row: dict[str, Any]) -> dict[str, Any]:
    return {"shelter": row["name"] or row["id"], "shelter_en": row["name_en"] or row["name"] or row["id"]}


def _left_waiting(course: Course) -> list[Lesson]:
    return [Lesson("no_ride", _at_end(course, "waiting"))]


def _late_rescues(course: Course, rules: Rules) -> list[Lesson]:
    """People who called and were not reached within the rescue circle's time."""
    calls, limit_min = course.record.rescues, rules.number("command.circle_min")
    late = calls[(calls["reached_s"] - calls["time_s"]).fillna(NEVER) > float(minutes_to_s(limit_min))]
    never = int(late.loc[late["reached_s"].isna(), "persons"].sum())
    kind = "rescue_never" if never else "rescue_late"
    values = {"limit_min": limit_min, **({"never": never} if never else {})}
    return [Lesson(kind, int(late["persons"].sum()), values)]


def _harmful_orders(orders: pd.DataFrame) -> list[Lesson]:
    """Orders without which more people would have reached a shelter."""
    return [
        Lesson("order_harmed", round(-row["worth_arrived"]), {"order": row["id"]})
        for row in records(orders[orders["worth_arrived"] < 0])
    ]


def _stayed(course: Course) -> list[Lesson]:
    return [Lesson("stayed", _at_end(course, "refused"))]


def _unfinished(course: Course) -> list[Lesson]:
    """People who set out, or still wanted to, and were nowhere yet when the run ended."""
    return [Lesson("unfinished", sum(_at_end(course, name) for name in ("home", "moving", "riding", "at_door")))]


def _at_end(course: Course, column: str) -> int:
    line = course.record.outcome.timeline
    return int(line[column].iloc[-1]) if len(line) else 0
