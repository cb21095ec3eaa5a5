"""The tables of siting.html: candidates in order, areas before and after, the front, thresholds, rows left out."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from api.report.bilingual import Both, known, named, records, say
from api.report.tables import Cell, Column, Sheet, num
from data.rules_file import Rules
from sim.siting_result import Siting

_CNY = 1e4  # of the unit that costs are given in
_WIDE = ("city", "district", "street")  # levels that the page lists; siting_areas.csv has all
_WORDS = {
    "name", "area", "verdict", "set", "layer", "place", "reason", "value", "threshold", "rule", "clause", "checked",
}  # fmt: skip


def ranking_table(found: Siting) -> Sheet:
    """Candidates in their order: what each brings, alone and beside the chosen."""
    rows = []
    areas = {row.code: named(row.name, row.name_en, row.code) for row in records(found.areas)}
    for row in records(found.candidates):
        possible = not row.excluded
        rank = f"{row.rank} " if possible else ""  # what cannot be chosen has no rank
        name, kind = named(row.name, row.name_en, row.id), known("report.site", row.site_type)
        said = Both(f"{rank}{name.zh}（{kind.zh}）", f"{rank}{name.en} ({kind.en})")
        area = areas.get(row.area, Both(row.area or "–", row.area or "–"))
        per_person = row.cost * _CNY / row.served_gain if possible and row.served_gain > 0 else math.nan
        rows.append(
            [
                Cell(said, row.rank),
                outcome_cell(row),
                _count(row.served_gain if possible else None),
                _count(row.served_alone if possible else None),
                num(row.cost),
                num(per_person),
                num(row.capacity),
                _count(row.assigned if row.chosen else None),
                Cell(f"{row.saved_person_min:+,.0f}", row.saved_person_min, "num") if row.chosen else num(None),
                Cell(area, area.zh),
            ]
        )
    keys = (
        "name", "verdict", "gain", "alone", "cost", "per_person", "capacity", "assigned", "saved", "area",
    )  # fmt: skip
    return Sheet("ranking", _columns(*keys), rows, say("siting.empty.candidates"), shown=40)


def outcome_cell(row: Any) -> Cell:
    """Chosen, not chosen, or excluded and why."""
    if row.excluded:
        words, why = say("siting.outcome.excluded"), known("adequacy.reason", row.excluded)
        return Cell(Both(f"{words.zh}：{why.zh}", f"{words.en}: {why.en}"), f"3{row.excluded}", "bad")
    return (
        Cell(say("siting.outcome.chosen"), "1", "good") if row.chosen else Cell(say("siting.outcome.not_chosen"), "2")
    )


def areas_table(found: Siting) -> Sheet:
    """Areas before and after, those where most people gain a place first."""
    wide = found.areas[found.areas["level"].isin(_WIDE)]
    table = wide if len(wide) else found.areas
    order = table["level"].map({level: k for k, level in enumerate(_WIDE)}).fillna(len(_WIDE))
    gained = table["without_place_before"] - table["without_place_after"]
    table = table.assign(_order=order, _gained=-gained).sort_values(["_order", "_gained"], kind="stable")
    rows = []
    for row in records(table.drop(columns=["_order", "_gained"])):
        name = named(row.name, row.name_en, row.code)
        share = [value / row.people if row.people else math.nan
                 for value in (row.without_place_before, row.without_place_after)]  # fmt: skip
        rows.append(
            [
                Cell(name, name.zh),
                num(row.people),
                num(row.chosen),
                num(row.added_m2),
                _pair(row.m2_per_person_before, row.m2_per_person_after, 2, better_up=True),
                _pair(row.without_place_before, row.without_place_after, 0),
                _pair(100.0 * share[0], 100.0 * share[1], 0, unit="%"),
            ]
        )
    keys = ("area", "people", "chosen", "added", "space", "without", "share")
    return Sheet("areas", _columns(*keys), rows, say("siting.empty.areas"), shown=30)


def front_table(found: Siting) -> Sheet:
    """The sets of the front, the smallest first."""
    names = {row.id: named(row.name, row.name_en, row.id) for row in records(found.candidates)}
    rows = []
    for row in records(found.front):
        sites = [names.get(one, Both(one, one)) for one in row.chosen.split()]
        said = Both("、".join(one.zh for one in sites) or "–", ", ".join(one.en for one in sites) or "–")
        bound = math.nan if math.isnan(row.bound) else math.ceil(row.bound - 1e-6)
        rows.append([num(row.sites), num(row.cost), num(row.without_place), num(bound), Cell(said)])
    return Sheet("front", _columns("sites", "cost", "without", "bound", "set"), rows, say("siting.empty.front"))


def thresholds_table(found: Siting, rules: Rules) -> Sheet:
    """The rules behind the answer, with where they come from and whether anybody has checked them."""
    words = {
        f"m2_per_person_{found.stay}": "adequacy.rule.m2_per_person",
        f"distance_m_{found.stay}": "adequacy.rule.distance_m",
        "target_m2_per_person": "adequacy.rule.target_m2_per_person",
        "closed_from_class": "adequacy.rule.closed_from_class",
        "open_air_in_storm": "adequacy.rule.open_air_in_storm",
        "site_cost_per_m2": "siting.threshold.site_cost_per_m2",
    }
    rows = []
    for key, name in words.items():
        rule = rules["shelters"][key]
        rows.append(
            [
                Cell(say(name)),
                Cell(f"{rule.value:g}", rule.value, "num"),
                Cell(f"shelters.{key}"),
                Cell("; ".join(part for part in (rule.clause, rule.source) if part)),
                Cell(say(f"siting.checked.{'yes' if rule.verified else 'no'}")),
            ]
        )
    return Sheet("thresholds", _columns("threshold", "limit", "rule", "clause", "checked"), rows, sortable=False)


def left_out_table(found: Siting) -> Sheet:
    """Rows of the pack that could not be trusted and took no part."""
    rows = [
        [Cell(f"{one.id} {one.name}".strip()), Cell(known("report.layer", one.layer)), Cell(one.place),
         Cell(known("adequacy.left_out", one.reason)), Cell(one.value)]
        for one in found.city.left_out
    ]  # fmt: skip
    return Sheet("left_out", _columns("name", "layer", "place", "reason", "value"), rows)


def _columns(*keys: str) -> list[Column]:
    return [Column(say(f"siting.column.{key}"), "" if key in _WORDS else "num") for key in keys]


def _count(value: float | None) -> Cell:
    return num(None if value is None or pd.isna(value) else value)


def _pair(before: float, after: float, digits: int, unit: str = "", *, better_up: bool = False) -> Cell:
    """Before → after, sorted by the change."""
    if not (math.isfinite(before) and math.isfinite(after)):
        return num(None)
    said = [f"{value:,.{digits}f}{unit}" for value in (before, after)]
    if said[0] == said[1]:
        return Cell(said[0], after - before, "num")
    return Cell(" → ".join(said), after - before, "good num" if (after > before) == better_up else "bad num")
