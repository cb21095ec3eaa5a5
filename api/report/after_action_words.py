"""What the first screen of an after-action review says: verdict, five figures, what was late, the lessons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from api.messages import has
from api.report.bilingual import Both, first_names, named, number, records, say
from data.units import s_to_minutes
from sim.after_action.findings import Lesson
from sim.after_action.plans import Plan, PlanStep
from sim.after_action.review import AfterAction

_PLACES = ("refused", "home", "stranded", "turned_away", "waiting", "moving", "riding", "at_door")
_NONE = Both("–", "–")
_MOST_PARTS = 3
_MOST_PLACES = 2


@dataclass(frozen=True)
class Figure:
    """One of the five figures of the first screen; `ok`: good, bad or neither."""

    name: Both
    value: Both
    note: Both
    ok: bool | None = None


@dataclass(frozen=True)
class LateLine:
    """One step of a plan that was late or missing, with everywhere it was."""

    words: Both
    persons: Both | None
    missed: bool


def at_end(found: AfterAction) -> dict[str, int]:
    """People by where they are when the drill ends; `total` is all who were told or left on their own."""
    line = found.record.outcome.timeline
    if line.empty:
        return dict.fromkeys((*_PLACES, "sheltered", "total"), 0)
    last = line.iloc[-1]
    people = {name: int(last[name]) for name in (*_PLACES, "sheltered")}
    return {**people, "total": int(last["ordered"] + last["unordered"])}


def lead(found: AfterAction) -> Both:
    """The verdict in one sentence; in two where people in danger were told by nobody."""
    verdict, behind = _verdict(found), found.course.left_behind
    if not behind:
        return verdict
    more = say("after_action.lead_untold", untold=behind)
    return Both(verdict.zh + more.zh, f"{verdict.en} {more.en}")


def _verdict(found: AfterAction) -> Both:
    people = at_end(found)
    total, sheltered = people["total"], people["sheltered"]
    if not total:
        return say("after_action.lead_nobody")
    who = say(f"after_action.who_{_who(found)}")
    if sheltered == total:
        return say("after_action.lead_all", total=total, who=who)
    values = {
        "who": who,
        "total": total,
        "sheltered": sheltered,
        "share": sheltered / total,
        "missing": total - sheltered,
    }
    return say("after_action.lead", **values)


def _who(found: AfterAction) -> str:
    """Which words name the people of the drill: those told, those who left on their own, or both."""
    last = found.record.outcome.timeline.iloc[-1]
    if not last["unordered"]:
        return "told"
    return "both" if last["ordered"] else "left"


def missing(found: AfterAction) -> Both | None:
    """Where those are who are in no shelter, most people first; None where everybody is in one."""
    people = at_end(found)
    parts = sorted(((people[name], name) for name in _PLACES if people[name]), key=lambda part: -part[0])
    if not parts:
        return None
    # A list that says "others" for a single small part saves nothing.
    shown = parts if len(parts) <= _MOST_PARTS + 1 else parts[:_MOST_PARTS]
    words: list[Any] = [say(f"after_action.missing_part.{name}", count=count) for count, name in shown]
    if len(shown) < len(parts):
        rest = sum(count for count, _ in parts[_MOST_PARTS:])
        words.append(say("after_action.missing_rest", count=rest))
    return say("after_action.missing", parts=words)


def figures(found: AfterAction) -> list[Figure]:
    """The five figures."""
    people, outcome, ready = at_end(found), found.record.outcome, found.readiness
    total = people["total"]
    share = people["sheltered"] / total if total else math.nan
    moved = found.result.summary.get("evacuation", {})
    deaths, without = moved.get("casualties_expected"), moved.get("casualties_without")
    note = {"stranded": people["stranded"]}
    return [
        Figure(
            say("after_action.card.sheltered"),
            number(share, "share") if total else Both("–", "–"),
            say("after_action.card.sheltered_note", sheltered=people["sheltered"], total=total),
        ),
        Figure(
            say("after_action.card.missing"),
            number(total - people["sheltered"], "people"),
            say("after_action.card.missing_note", deaths=_deaths(deaths), without=_deaths(without), **note)
            if deaths is not None and without is not None
            else say("after_action.card.missing_note_bare", **note),
        ),
        _t90(outcome.t50_s, outcome.t90_s) if total else Figure(say("after_action.card.t90"), _NONE, _NONE),
        _latest_order(found),
        Figure(
            say("after_action.card.readiness"),
            Both("–", "–") if ready.score is None else Both(*[f"{ready.score:.0f}"] * 2),
            _weakest(found),
        ),
    ]


def _deaths(expected: float) -> str:
    return f"{expected:,.{1 if expected >= 1.0 else 2}f}"


def _t90(t50_s: float, t90_s: float) -> Figure:
    value = say("after_action.card.t90_never")
    if math.isfinite(t90_s):
        value = number(float(s_to_minutes(t90_s)), "minutes")
    note = say("after_action.card.t90_note_never")
    if math.isfinite(t50_s):
        note = say("after_action.card.t90_note", t50=float(s_to_minutes(t50_s)))
    return Figure(say("after_action.card.t90"), value, note)


def _latest_order(found: AfterAction) -> Figure:
    """How long before or after the danger the latest order to leave was given, over the areas."""
    course = found.course
    leads = {area: course.danger(area) - told_s for area, told_s in course.ordered_areas.items()}
    leads = {area: lead_s for area, lead_s in leads.items() if math.isfinite(lead_s)}
    name = say("after_action.card.order")
    if not leads:
        return Figure(name, say("after_action.card.order_none"), say("after_action.card.order_none_note"))
    area = min(leads, key=lambda code: (leads[code], code))
    minutes = float(s_to_minutes(leads[area]))
    key = "order_at" if not round(minutes) else "order_after" if minutes < 0.0 else "order_before"
    note = say("after_action.card.order_note", area=named(*course.name_of(area), area))
    return Figure(name, say(f"after_action.card.{key}", minutes=abs(minutes)), note, not _told_late(found))


def _told_late(found: AfterAction) -> bool:
    """Whether any area was told to leave later than the time before the danger that counts in full."""
    return any(lesson.kind in ("order_short", "order_after") for lesson in found.lessons)


def _weakest(found: AfterAction) -> Both:
    known = {name: score for name, score in found.readiness.abilities.items() if score is not None}
    if not known:
        return say("after_action.card.readiness_note_none")
    if len(known) < len(found.readiness.abilities):
        return say("after_action.card.readiness_note_part", known=len(known), count=len(found.readiness.abilities))
    name = min(known, key=lambda ability: known[ability])
    words = say(f"after_action.ability.{name}")
    return say("after_action.card.readiness_note", ability=words, score=f"{known[name]:.0f}")


def late_lines(found: AfterAction) -> list[LateLine]:
    """Steps that were late or missing, most people concerned first, one line for each step.

    Of a step that was missing somewhere and late elsewhere, the line tells where it was missing.
    """
    steps = steps_of(found.plans)
    lines = []
    for (plan, step), rows in found.late.groupby(["plan", "step"], sort=False):
        missed = rows[rows["state"] == "missed"]
        rows = missed if len(missed) else rows
        lines.append((_late_line(steps[str(plan), str(step)][1], rows), int(rows["persons"].sum())))
    return [line for line, _ in sorted(lines, key=lambda pair: -pair[1])]


def _late_line(step: PlanStep, rows: pd.DataFrame) -> LateLine:
    areas = [named(row.place, row.place_en) for row in records(rows) if row.area]
    places = say("after_action.late.places", **first_names(areas, _MOST_PLACES)) if areas else Both("", "")
    persons = int(rows["persons"].sum())
    missed = bool((rows["state"] == "missed").any())
    values: dict[str, Any] = {"step": named(step.name, step.name_en), "places": places}
    if not missed:
        values["minutes"] = max(1.0, float(rows["late_min"].max()))
    return LateLine(
        say(f"after_action.late.{'missed' if missed else 'late'}", **values),
        say("after_action.late.persons", persons=persons) if persons else None,
        missed,
    )


def steps_of(plans: tuple[Plan, ...]) -> dict[tuple[str, str], tuple[Plan, PlanStep]]:
    """(plan, step) -> both in full."""
    return {(plan.id, step.id): (plan, step) for plan in plans for step in plan.steps}


def lesson_words(lesson: Lesson) -> Both:
    """What a lesson says."""
    values = _paired(lesson.values)
    if "order" in values:
        values["order"] = order_words(str(values["order"]))
    return say(f"after_action.lesson.{lesson.kind}", **values)


def order_words(name: str) -> Both:
    """An order by its id; an id made of its kind and a number, or by the rules, in words."""
    kind, _, rest = name.partition(" ") if name.startswith("leave ") else name.rpartition("-")
    if not rest.isalnum() or not (rest.isdigit() or " " in name) or not has(f"after_action.order.{kind}"):
        return Both(name, name)
    words = say(f"after_action.order.{kind}")
    return Both(f"{words.zh} {rest}", f"{words.en} {rest}")


def _paired(values: dict[str, Any]) -> dict[str, Any]:
    """Values with their English side (`x_en`) as pairs, so that each language gets its own."""
    pairs = {name: Both(value, values[f"{name}_en"]) for name, value in values.items() if f"{name}_en" in values}
    return {name: pairs.get(name, value) for name, value in values.items() if not name.endswith("_en")}
