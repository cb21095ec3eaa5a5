"""compare.html: the answer in one line, the figures before and after, the order of measures, a map, every area."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib.metadata import version

import pandas as pd

from api.report.bilingual import Both, known, named, records, say
from api.report.change_map import change_legend, change_svg
from api.report.compare_words import (
    HIGHER_IS_BETTER,
    LOWER_IS_BETTER,
    cost_words,
    differences,
    lead,
    measure_name,
)
from api.report.shell import Line, render, storm_words
from api.report.tables import Cell, Column, Sheet
from data.rules_file import Rules
from sim.area_map import warning_level
from sim.compare import Comparison

_DASH = "–"
_DIGITS = {"person_risk": 0, "ponded_ha_h": 1, "ponded_ha": 1, "max_depth_m": 2, "underpass_closed_h": 1}


@dataclass(frozen=True)
class Built:
    """One measure in words."""

    name: Both
    kind: Both
    cost: Both


def render_compare(comparison: Comparison, rules: Rules) -> str:
    """The whole page as text."""
    city = comparison.city
    base, other = comparison.base.resolved(), comparison.other.resolved()
    storms = storm_words(base), storm_words(other)
    storm = storms[0] if storms[0] == storms[1] else Both(*(f"{getattr(storms[0], side)} → {getattr(storms[1], side)}"
                                                            for side in ("zh", "en")))  # fmt: skip
    rain = say(
        "compare.about.rain_value", before=comparison.before.totals["rain_mm"], after=comparison.after.totals["rain_mm"]
    )
    return render(
        "compare.html",
        city,
        title=say("compare.title"),
        unverified=rules.unverified(),
        storm=storm,
        lead=lead(comparison),
        built=[Built(measure_name(m), known("compare.kind", m.kind), cost_words(m.cost)) for m in comparison.added],
        differences=differences(comparison),
        sheets={
            "totals": totals_table(comparison),
            "ranking": ranking_table(comparison.ranking, "ranking"),
            "pipes": ranking_table(comparison.pipes, "pipes"),
            "areas": areas_table(comparison),
        },
        screened=comparison.screened,
        map=change_svg(city, comparison.before.max_depth, comparison.after.max_depth),
        legend=change_legend(),
        about=[
            Line(say("compare.about.base"), comparison.base.name),
            Line(say("compare.about.other"), comparison.other.name),
            Line(say("compare.about.rain"), rain),
            Line(say("report.about.rules"), rules.hash[:16]),
            Line(say("compare.about.version"), version("rongan")),
        ],
    )


def totals_table(comparison: Comparison) -> Sheet:
    """The figures of the whole city before and after."""
    rows = []
    for name in (*LOWER_IS_BETTER, *HIGHER_IS_BETTER):
        before, after = (flood.totals[name] for flood in (comparison.before, comparison.after))
        if name.endswith("_m3") and not (before or after):
            continue  # a city without sewers, or without soil
        digits = _DIGITS.get(name, 0)
        rows.append(
            [
                Cell(say(f"compare.total.{name}")),
                Cell(f"{before:,.{digits}f}", before, "num"),
                Cell(f"{after:,.{digits}f}", after, "num"),
                _change(before, after, digits, better_up=name in HIGHER_IS_BETTER),
            ]
        )
    columns = _columns("figure", "before", "after", "change")
    return Sheet("totals", columns, rows, sortable=False, shown=20)


def ranking_table(table: pd.DataFrame, key: str) -> Sheet:
    """Measures or pipes in their order, with a bar for what each removes per cost."""
    best = max(table["risk_per_cost"].max(skipna=True), 1e-12) if len(table) else 1.0
    rows = []
    for row in records(table):
        if key == "pipes":
            name = Both(row.id, row.id)
        else:
            words, kind = named(row.name, row.name_en, row.id), known("compare.kind", row.kind)
            name = Both(f"{words.zh}（{kind.zh}）", f"{words.en} ({kind.en})")
        per_cost = row.risk_per_cost
        bar = Cell(_DASH, -math.inf, "num")
        if math.isfinite(per_cost):
            bar = Cell(f"{per_cost:,.3g}", per_cost, "bar per num", max(0.0, per_cost / best))
        if row.stopped:
            rest = [Cell(say("compare.stopped"))] + [Cell(_DASH, -math.inf, "num")] * 4
        else:
            rest = [
                Cell(f"{row.person_risk_removed:,.1f}", row.person_risk_removed, _good(row.person_risk_removed)),
                bar,
                Cell(f"{row.people_h3_up_removed:,}", row.people_h3_up_removed, "num"),
                Cell(f"{row.ponded_ha_h_removed:,.1f}", row.ponded_ha_h_removed, "num"),
                Cell(f"{row.drained_gained:+,}" if row.drained_gained else "0", row.drained_gained, "num"),
            ]
        cost = Cell(_DASH, math.inf, "num") if math.isnan(row.cost) else Cell(f"{row.cost:,.0f}", row.cost, "num")
        rows.append([Cell(str(row.rank), row.rank, "num"), Cell(name, name.zh), cost, *rest])
    head = "pipe" if key == "pipes" else "measure"
    return Sheet(key, _columns("rank", head, "cost", "removed", "per_cost", "people", "ponded", "drained"), rows)


def areas_table(comparison: Comparison) -> Sheet:
    """Areas of the warning level, those whose risk changes most first."""
    table = comparison.areas[comparison.areas["level"] == warning_level(comparison.city)]
    change = (table["person_risk_after"] - table["person_risk_before"]).abs()
    rows = []
    for a in records(table.loc[change.sort_values(ascending=False, kind="stable").index]):
        name = named(a.name, a.name_en, a.code)
        drained = Both(*(_arrow(_hours(a.drain_down_h_before, side), _hours(a.drain_down_h_after, side))
                         for side in ("zh", "en")))  # fmt: skip
        rows.append(
            [
                Cell(name, name.zh),
                Cell(known("report.drainage", a.drainage_class), a.drainage_class),
                _pair(a.people_h3_up_before, a.people_h3_up_after, 0),
                _pair(a.person_risk_before, a.person_risk_after, 0),
                _pair(a.ponded_ha_h_before, a.ponded_ha_h_after, 1),
                Cell(drained, _open_end(a.drain_down_h_after) - _open_end(a.drain_down_h_before),
                     "good" if a.drain_down_ok_after else "bad"),
                _pair(100.0 * a.sea_share_before, 100.0 * a.sea_share_after, 1, "%"),
                _pair(a.max_depth_m_before, a.max_depth_m_after, 2),
            ]
        )  # fmt: skip
    columns = _columns("area", "class", "danger", "risk", "water", "drain_down", "sea", "depth")
    return Sheet("areas", columns, rows, say("compare.empty"), shown=20)


def _columns(*keys: str) -> list[Column]:
    words = {"figure", "measure", "pipe", "area", "class", "drain_down"}
    return [Column(say(f"compare.column.{key}"), "" if key in words else "num") for key in keys]


def _pair(before: float, after: float, digits: int, unit: str = "") -> Cell:
    """Before → after, sorted by the change; lower is better in all of them."""
    said = [f"{value:,.{digits}f}{unit}" for value in (before, after)]
    kind = "num" if said[0] == said[1] else "good num" if after < before else "bad num"
    return Cell(_arrow(*said), after - before, kind)


def _arrow(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _change(before: float, after: float, digits: int, *, better_up: bool) -> Cell:
    change = after - before
    said = f"{change:+,.{digits}f}"
    if not said.strip("+-0.,"):
        return Cell("0", 0.0, "num")
    if before:
        said += f" ({100.0 * change / before:+.0f}%)"
    return Cell(said, change, "good num" if (change > 0.0) == better_up else "bad num")


def _good(removed: float) -> str:
    return "good num" if removed > 0.0 else "bad num" if removed < 0.0 else "num"


def _hours(value: float, side: str) -> str:
    return f"{value:.1f}" if math.isfinite(value) else str(getattr(say("compare.not_drained"), side))


def _open_end(hours: float) -> float:
    return hours if math.isfinite(hours) else 1e3
