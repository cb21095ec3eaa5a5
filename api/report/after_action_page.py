"""after_action.html: the verdict of a drill on one screen, then what lies behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from api.report.after_action_chart import lanes_svg, stranded_legend, stranded_svg
from api.report.after_action_fans import fan_svgs
from api.report.after_action_plans import gaps, places_table, plans_table, steps_count, steps_table
from api.report.after_action_tables import (
    MOST_ROWS,
    bands_table,
    circles_table,
    lessons_table,
    orders_table,
    rescues_table,
    shelters_table,
    stranded_table,
    trips_table,
)
from api.report.after_action_words import at_end, figures, late_lines, lead, lesson_words, missing
from api.report.bilingual import Both, number, say
from api.report.chart import NARROW, PEOPLE_BANDS, WIDE, timeline_svg
from api.report.palette import PEOPLE_COLOURS
from api.report.shell import Line, render, storm_words
from data.rules_file import Rules
from sim.after_action.readiness import ABILITIES
from sim.after_action.review import AfterAction

_MOST_LATE = 4
_MOST_LESSONS = 3
_STATES = ("on_time", "late", "missed", "not_measured", "not_asked")


@dataclass(frozen=True)
class Ability:
    """One ability of the score with its parts; `score` is None where it could not be measured."""

    name: Both
    score: float | None
    weight: Both
    parts: list[tuple[Both, float | None]]


def render_after_action(found: AfterAction, rules: Rules) -> str:
    """The whole page as text."""
    late = late_lines(found)
    sheets = {
        "steps": steps_table(found), "places": places_table(found), "orders": orders_table(found),
        "stranded": stranded_table(found),
        "shelters": shelters_table(found), "rescues": rescues_table(found), "trips": trips_table(found),
        "circles": circles_table(found), "lessons": lessons_table(found), "bands": bands_table(found),
        "plans": plans_table(found),
    }  # fmt: skip
    return render(
        "after_action.html",
        found.result.city,
        title=say("after_action.title"),
        unverified=list(found.result.unverified_rules),
        own=("after_action.css",),
        storm=storm_words(found.result.scenario),
        subtitle=say("report.subtitle", city=Both(found.result.city.name, found.result.city.name_en),
                     start=found.result.start),
        lead=lead(found),
        missing=missing(found),
        figures=figures(found),
        late=late[:_MOST_LATE],
        late_more=len(late) > _MOST_LATE,
        lessons=[(number(lesson.persons, "people"), lesson_words(lesson)) for lesson in found.lessons[:_MOST_LESSONS]],
        lesson_count=len(found.lessons),
        example_plans=any(plan.example for plan in found.plans),
        charts=timeline_svg(found.result, WIDE) + lanes_svg(found, WIDE)
        + timeline_svg(found.result, NARROW) + lanes_svg(found, NARROW),
        someone_left=at_end(found)["total"] > 0,
        bands={name: PEOPLE_COLOURS[name] for name in PEOPLE_BANDS},
        states=[(state, steps_count(found)[state], say(f"after_action.state.{state}")) for state in _STATES
                if steps_count(found).get(state)],
        worth_known=bool(found.orders["worth_arrived"].notna().any()),
        map=stranded_svg(found),
        legend=stranded_legend(found),
        abilities=_abilities(found, rules),
        score=None if found.readiness.score is None else f"{found.readiness.score:.0f}",
        readiness_notes=_readiness_notes(found),
        replicates=0 if found.replicates is None else len(found.replicates),
        fans=fan_svgs(found),
        gaps=gaps(found),
        sheets=sheets,
        left_out=_left_out(found),
        about=_about(found),
    )  # fmt: skip


def _left_out(found: AfterAction) -> dict[str, Both]:
    """Tables that show only their first rows -> a line that says how many stand where else."""
    counts = {
        "places": (len(found.plan_steps), "plan_steps.csv"),
        "stranded": (len(found.stranded), "after_action.json"),
        "rescues": (len(found.record.rescues), "rescues.csv"),
    }
    return {
        key: say("after_action.in_file", count=count - MOST_ROWS, file=file)
        for key, (count, file) in counts.items()
        if count > MOST_ROWS
    }


def _abilities(found: AfterAction, rules: Rules) -> list[Ability]:
    values: dict[str, Any] = {
        "target": rules.number("readiness.lead_target_min"),
        "t90": rules.number("readiness.evacuation_target_min"),
        "circle": rules.number("command.circle_min"),
    }
    ready = found.readiness
    total = sum(ready.weights.values())
    return [
        Ability(
            say(f"after_action.ability.{name}"),
            ready.abilities[name],
            say("after_action.readiness.weight", weight=ready.weights[name] / total if total else 0.0),
            [(say(f"after_action.readiness.{part.key}", **values), part.score)
             for part in ready.parts if part.ability == name],
        )
        for name in ABILITIES
    ]  # fmt: skip


def _readiness_notes(found: AfterAction) -> list[Both]:
    ready = found.readiness
    notes = [say("after_action.readiness.note")]
    left_out = [say(f"after_action.ability.{name}") for name in ABILITIES if ready.abilities[name] is None]
    if left_out and ready.score is not None:
        notes.append(say("after_action.readiness.note_renormalised", names=left_out))
    if ready.unmeasured:
        notes.append(say("after_action.readiness.note_parts", count=len(ready.unmeasured)))
    return notes


def _about(found: AfterAction) -> list[Line]:
    record, result = found.record, found.result
    seed = result.scenario.get("seed", record.header.get("seed", ""))
    entries = len(record.log)
    error = record.outcome.balance_error
    return [
        Line(say("after_action.about.scenario"), str(result.scenario.get("name", ""))),
        Line(say("after_action.about.seed"), str(seed)),
        Line(say("after_action.about.units"), number(record.outcome.unit_count, "count")),
        Line(say("after_action.about.log"), say("after_action.about.log_value", count=entries)),
        Line(say("after_action.about.balance"), "–" if math.isnan(error) else f"{error:,}"),
        Line(say("report.about.rules"), result.rules_hash[:16]),
        Line(say("after_action.about.version"), version("rongan")),
        Line(say("after_action.about.files"), say("after_action.about.files_value")),
    ]
