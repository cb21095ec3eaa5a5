"""siting.html: which sites to build, how good the set is proven to be, what each candidate brings, what is left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from api.report.bilingual import Both, records, say
from api.report.compare_words import cost_words
from api.report.shell import Line, render
from api.report.siting_charts import NARROW, WIDE, front_legend, front_svg
from api.report.siting_map import siting_map
from api.report.siting_tables import areas_table, front_table, left_out_table, ranking_table, thresholds_table
from api.report.siting_words import (
    arrow,
    assumptions,
    case_words,
    counted_words,
    is_optimal,
    joined,
    lead,
    people_gap,
    plan_words,
    proof_words,
    question_words,
    rained,
    share_words,
)
from data.rules_file import Rules
from data.schema import AREA_LEVELS
from sim.siting_result import Siting

_OWN = ("siting.css", "planner_map.css", "planner_map.js")


@dataclass(frozen=True)
class Card:
    """One figure."""

    value: Any
    words: Both


def render_siting(found: Siting, rules: Rules) -> str:
    """The whole page as text."""
    return render(
        "siting.html",
        found.city,
        title=say("siting.title"),
        unverified=rules.unverified(),
        own=_OWN,
        case=case_words(found),
        lead=lead(found),
        cards=cards(found, rules),
        map=siting_map(found) if len(found.shapes) else None,
        charts=front_svg(found, WIDE) + front_svg(found, NARROW),
        legend=front_legend(),
        plan=joined(plan_words(found)),
        proof=proof_words(found),
        assumptions=assumptions(found, rules),
        sheets={
            "ranking": ranking_table(found),
            "front": front_table(found),
            "areas": areas_table(found),
            "thresholds": thresholds_table(found, rules),
            "left_out": left_out_table(found),
        },
        about=[
            Line(say("siting.about.question"), joined_by_comma(question_words(found))),
            Line(say("siting.about.storm"), rained(found)),
            Line(say("siting.about.people"), counted_words(found)),
            Line(say("siting.about.time_limit"), say("siting.about.seconds", seconds=found.question.time_limit_s)),
            Line(say("report.about.drill"), found.scenario.name),
            Line(say("report.about.rules"), rules.hash[:16]),
            Line(say("compare.about.version"), version("rongan")),
        ],
    )


def cards(found: Siting, rules: Rules) -> list[Card]:
    """The figures before and after, the gap and the cost."""
    proof, chosen = found.proof, found.candidates[found.candidates["chosen"]]
    before, after = space_per_person(found)
    known_cost, missing = float(chosen["cost"].sum()), int(chosen["cost"].isna().sum())
    if missing == len(chosen):
        cost = Card("–", say("siting.card.cost_none"))
    else:
        words = say("siting.card.cost_part", missing=missing) if missing else say("siting.card.cost")
        cost = Card(cost_words(known_cost), words)
    gap = share_words(0.0 if is_optimal(found) else people_gap(found))
    target = rules.number("shelters.target_m2_per_person")
    return [
        Card(arrow(found.served_before, proof.served), say("siting.card.served", people=found.people)),
        Card(arrow(found.people - found.served_before, found.people - proof.served), say("siting.card.without")),
        Card(arrow(before, after, ",.2f") if math.isfinite(before) else "–", say("siting.card.space", target=target)),
        Card(str(len(chosen)), say("siting.card.sites", total=len(found.candidates))),
        cost,
        Card(gap, say("siting.card.gap")),
    ]


def space_per_person(found: Siting) -> tuple[float, float]:
    """m2 per person before and after over the coarsest level of areas; NaN where there is none."""
    present = set(found.areas["level"])
    level = next((level for level in AREA_LEVELS if level in present), None)
    rows = [row for row in records(found.areas) if row.level == level and row.people > 0]
    people = sum(row.people for row in rows)
    if not people:
        return float("nan"), float("nan")
    before = sum(row.m2_per_person_before * row.people for row in rows) / people
    return before, sum(row.m2_per_person_after * row.people for row in rows) / people


def joined_by_comma(parts: list[Both]) -> Both:
    """Parts of one line."""
    return Both("，".join(part.zh for part in parts), ", ".join(part.en for part in parts))
