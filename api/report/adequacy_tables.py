"""Tables of the adequacy page on areas: every level, the score in its parts, before and after, aid, years, practice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from api.messages import has
from api.report.adequacy_areas import compared, compared_level, whole
from api.report.adequacy_words import THREE, each, storm_names
from api.report.bilingual import Both, known, named, number, records, say
from api.report.listing import Facet, Listing
from api.report.tables import Cell, Column, Sheet, num
from data.schema import AREA_LEVELS
from sim.adequacy_result import Adequacy

_DASH = "–"
_M2_PER_HA = 1e4
_MOST_ROWS = 1500  # of areas on the page; finer levels are in the file
_TEXT = {
    "area", "level", "target", "site", "place", "kind", "class", "stay", "missing", "reason", "two_roads", "accessible",
    "from", "to", "way", "stage", "storm_name", "layer", "row", "why", "value", "remedy", "rule", "clause", "checked",
}  # fmt: skip
# Figures of a what-if: column, digits, whether more is better.
_CHANGES = (
    ("m2_per_person", 2, True), ("dry_m2_per_person", 2, True), ("storm_m2_per_person", 2, True),
    ("in_reach_storm", 3, True), ("without_place", 0, False), ("at_risk_without_place", 0, False),
    ("deficit_persons", 0, False), ("risk_score", 0, False),
)  # fmt: skip
_CHANGE_HEADS = (
    "nominal", "dry", "storm", "in_reach_storm", "without_place", "at_risk_without_place", "deficit_persons",
    "risk_score",
)  # fmt: skip


def heads(*keys: str) -> list[Column]:
    """Heads by key of the catalogue, `adequacy.column.KEY`."""
    return [Column(say(f"adequacy.column.{key}"), "" if key in _TEXT else "num") for key in keys]


def areas_listing(found: Adequacy) -> Listing:
    """Areas of every level that fits on a page, the coarsest first and within a level the least dry ground first."""
    kept = _fitting(found)
    rows = [
        [
            _name(a),
            Cell(say(f"planner_map.level.{a.level}"), AREA_LEVELS.index(a.level), "nowrap"),
            num(a.people), num(a.people_65), num(a.people_14), num(a.people_disabled),
            Cell(f"{a.sites_used:,} / {a.sites:,}", a.sites_used, "num"),
            *(per_person(getattr(a, column), found.target_m2) for column in THREE.values()),
            Cell(_DASH) if a.people == 0 else verdict(bool(a.target_ok)),
            *(share(getattr(a, name)) for name in ("in_reach_dry", "in_reach_storm", "two_routes")),
            num(a.without_place), num(a.at_risk), num(a.at_risk_without_place),
            num(a.deficit_persons), num(a.deficit_m2 / _M2_PER_HA, ",.1f"), num(a.deficit_sites),
            share(a.fixed_share), num(np.floor(a.latest_departure_min)), num(a.risk_score), num(a.risk_index, ".0f"),
        ]
        for a in records(kept)
    ]  # fmt: skip
    columns = heads(
        "area", "level", "people", "people_65", "people_14", "people_disabled", "sites", "nominal", "dry", "storm",
        "target", "in_reach_dry", "in_reach_storm", "two_routes", "without_place", "at_risk", "at_risk_without_place",
        "deficit_persons", "deficit_m2", "deficit_sites", "fixed_share", "latest_departure", "risk_score", "risk_index",
    )  # fmt: skip
    present = [level for level in AREA_LEVELS if level in set(kept["level"])]
    facet = Facet(
        "level", say("adequacy.column.level"), [(level, say(f"planner_map.level.{level}")) for level in present],
        list(kept["level"]), first=compared_level(found) if len(present) > 1 else "",
    )  # fmt: skip
    return Listing("areas", columns, rows, shown=25, ids=[f"area-{code}" for code in kept["code"]], facets=[facet])


def left_to_files(found: Adequacy) -> list[Both]:
    """Levels that have too many areas for the page."""
    kept = set(_fitting(found)["level"])
    return [say(f"planner_map.level.{level}") for level in AREA_LEVELS if level in set(found.areas["level"]) - kept]


def risk_table(found: Adequacy) -> Sheet:
    """The score of the compared areas and its weighted parts."""
    rows = []
    table = compared(found).sort_values("risk_score", ascending=False, kind="stable")
    most = max(float(table["risk_score"].max()), 1e-9)
    for a in records(table):
        bar = Cell(f"{a.risk_score:,.0f}", a.risk_score, "bar per num", a.risk_score / most)
        parts = (num(value, ",.0f") for value in (a.person_risk, a.waterlogging_excess, a.coping_gap))
        rows.append([_name(a), num(a.people), num(a.at_risk), *parts, bar, num(a.risk_index, ".0f")])
    keys = ("area", "people", "at_risk", "person_risk", "waterlogging_excess", "coping_gap", "risk_score", "risk_index")
    return Sheet("risk", heads(*keys), rows, shown=25)


def change_table(found: Adequacy) -> Sheet | None:
    """Areas whose figures the change moves, the city first; None where nothing was changed."""
    if found.before is None:
        return None
    names = [name for name, _, _ in _CHANGES]
    both = found.areas.merge(found.before.areas[["code", *names]], on="code", suffixes=("", "_before"))
    both["rank"] = both["level"].map({level: rank for rank, level in enumerate(AREA_LEVELS)})
    rows = []
    for a in records(both.sort_values(["rank", "code"], kind="stable")):
        cells = [
            _pair(getattr(a, f"{name}_before"), getattr(a, name), digits, up=up, percent=name.startswith("in_reach"))
            for name, digits, up in _CHANGES
        ]
        if a.level != "grid" and (a.level == "city" or any("→" in str(cell.show) for cell in cells)):
            level = say(f"planner_map.level.{a.level}")
            rows.append([_name(a), Cell(level, a.rank, "nowrap"), *cells])
    return Sheet("change", heads("area", "level", *_CHANGE_HEADS), rows, say("adequacy.change.unchanged"), shown=15)


def curve_table(found: Adequacy) -> Sheet:
    """What each storm leaves, of the whole city."""
    code = str(whole(found)["code"])
    rows = found.curve[found.curve["code"] == code]
    rows = rows if len(rows) else found.curve[found.curve["level"] == "city"]
    labels = storm_names(found.storms)
    cells = [
        [
            Cell(labels.get(r.storm, Both(r.storm, r.storm)), k), num(r.rain_mm, ".0f"),
            *(per_person(getattr(r, column)) for column in THREE.values()),
            num(r.sites_used), share(r.in_reach_storm), num(r.without_place), num(r.at_risk),
            num(r.at_risk_without_place), num(r.risk_score),
        ]
        for k, r in enumerate(records(rows))
    ]  # fmt: skip
    keys = ("storm_name", "rain", "nominal", "dry", "storm", "sites_used", "in_reach_storm", "without_place", "at_risk",
            "at_risk_without_place", "risk_score")  # fmt: skip
    return Sheet("curve", heads(*keys), cells, shown=20)


def years_listing(found: Adequacy) -> Listing:
    """The city and the compared areas year by year."""
    names = [named(r.name, r.name_en, r.code) for r in records(found.years)]
    rows = [
        [
            Cell(name, name.zh), Cell(str(r.year), r.year, "num"), num(r.sites),
            num(r.effective_m2 / _M2_PER_HA, ",.1f"),
            per_person(r.m2_per_person, r.target_m2), num(r.target_m2, ".2f"), verdict(bool(r.target_ok)),
        ]
        for name, r in zip(names, records(found.years), strict=True)
    ]  # fmt: skip
    codes = list(found.years["code"])
    choices = list(dict(zip(codes, names, strict=True)).items())
    facet = Facet("code", say("adequacy.column.area"), choices, codes, first=codes[0] if codes else "")
    columns = heads("area", "year", "open_sites", "effective_ha", "nominal", "path", "target")
    return Listing("years", columns, rows, shown=12, facets=[facet], search=False)


def aid_table(found: Adequacy) -> Sheet:
    """Who takes in whose people when all must go."""
    nowhere = say("adequacy.no_area")
    rows = [
        [
            _named_or(a.from_name, a.from_name_en, a.from_code, nowhere),
            _named_or(a.to_name, a.to_name_en, a.to_code, nowhere),
            num(a.persons), num(a.mean_min, ".1f"),
        ]
        for a in records(found.aid.sort_values("persons", ascending=False, kind="stable"))
    ]  # fmt: skip
    return Sheet("aid", heads("from", "to", "persons", "mean_min"), rows, say("adequacy.none"), shown=20)


def practice_table(found: Adequacy) -> Sheet:
    """Ours, the fair one and the field's own way on the same data."""
    rows = []
    for key in ("ours", "fair", "nearest_with_room"):
        told = found.practice.get(key)
        if told:
            rows.append(
                [
                    Cell(say(f"adequacy.practice.{key}")), num(told["served"]), num(told["without_place"]),
                    num(told["mean_min"], ".1f"), num(told["worst_min"]), num(told["walk_person_min"] / 60.0),
                ]
            )  # fmt: skip
    keys = ("way", "served", "without_place", "mean_min", "worst_min", "walk_hours")
    return Sheet("practice", heads(*keys), rows, say("adequacy.practice.missing"), sortable=False)


def stages_table(found: Adequacy) -> Sheet:
    """Stay by stay: who needs which kind of site after the storm, and who finds none."""
    rows = [
        [
            Cell(say(f"adequacy.class.{row.stage}")), Cell(say(f"adequacy.stay.{row.stay}")),
            num(row.space_m2, ".1f"), num(row.sites), num(row.places), num(row.people), num(row.home), num(row.kept),
            num(row.moved), num(row.without_place), num(row.mean_min, ".1f"), num(row.worst_min),
        ]
        for row in records(found.stages)
    ]  # fmt: skip
    keys = ("stage", "stay", "space", "serving", "capacity", "people", "home", "kept", "moved", "without_place")
    return Sheet(
        "stages", heads(*keys, "mean_min", "worst_min"), rows, say("adequacy.stages.none"), sortable=False
    )  # fmt: skip


def left_out_table(found: Adequacy) -> Sheet:
    """Rows of the data that take part in nothing, and why."""
    rows = []
    for row in found.city.left_out:
        layer, name = known("adequacy.layer", row.layer), row.name or row.id
        why = known("adequacy.left_out", row.reason)
        key = f"adequacy.remedy.{row.reason}"
        remedy = say(key) if has(key) else row.remedy
        title = name if name == row.id else f"{name} ({row.id})"
        rows.append([Cell(title, name), Cell(layer, layer.zh), Cell(row.place), Cell(why, why.zh), Cell(row.value),
                     Cell(remedy)])  # fmt: skip
    columns = heads("site", "layer", "row", "why", "value", "remedy")
    return Sheet("left_out", columns, rows, say("adequacy.left_out.none"), shown=20)


def per_person(value: float, target: float | None = None) -> Cell:
    """Square metres per person; enough digits to show that it is below a target."""
    return Cell(each(value, target), -1.0 if math.isnan(value) else round(float(value), 4), "num")


def share(value: float) -> Cell:
    """A share in per cent."""
    return Cell(_DASH, -1.0, "num") if math.isnan(value) else Cell(number(value, "share"), round(value, 4), "num")


def verdict(ok: bool | None) -> Cell:
    """Yes with a tick, no with a cross; a dash where it is not known."""
    if ok is None:
        return Cell(_DASH)
    return Cell(say("adequacy.yes" if ok else "adequacy.no"), int(ok), "good" if ok else "bad")


def _fitting(found: Adequacy) -> pd.DataFrame:
    parts: list[pd.DataFrame] = []
    for level in AREA_LEVELS:
        rows = found.areas[found.areas["level"] == level]
        if sum(map(len, parts)) + len(rows) > _MOST_ROWS:
            break
        parts.append(rows.sort_values("dry_m2_per_person", kind="stable", na_position="last"))
    return pd.concat(parts) if parts else found.areas.head(_MOST_ROWS)


def _name(row: Any) -> Cell:
    name = named(row.name, row.name_en, row.code)
    return Cell(name, name.zh)


def _named_or(zh: str, en: str, code: str, other: Both) -> Cell:
    name = named(zh, en, code) if code else other
    return Cell(name, name.zh)


def _pair(before: float, after: float, digits: int, *, up: bool, percent: bool) -> Cell:
    """Before → after, green where it got better."""
    if percent:
        before, after, digits = 100.0 * before, 100.0 * after, 0
    said: Sequence[str] = [
        _DASH if math.isnan(value) else f"{value:,.{digits}f}" + ("%" if percent else "") for value in (before, after)
    ]
    if said[0] == said[1]:
        return Cell(said[0], 0.0, "num")
    return Cell(f"{said[0]} → {said[1]}", after - before, "good num" if (after > before) == up else "bad num")
