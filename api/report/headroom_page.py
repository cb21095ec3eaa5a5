"""headroom.html: the answer in one line, every limit, and how near each comes as the rain grows."""

from __future__ import annotations

import math
from importlib.metadata import version

from api.report.bilingual import Both, known, say
from api.report.headroom_chart import NARROW, WIDE, headroom_legend, headroom_svg
from api.report.headroom_words import found_there, lead, place_name
from api.report.shell import Line, render, storm_words
from api.report.tables import Cell, Column, Sheet
from data.rules_file import Rules
from sim.headroom import CRITERIA, Headroom, Limit

_DASH = "–"


def render_headroom(found: Headroom, rules: Rules) -> str:
    """The whole page as text."""
    return render(
        "headroom.html",
        found.city,
        title=say("headroom.title"),
        unverified=rules.unverified(),
        storm=storm_words(found.scenario.resolved()),
        lead=lead(found),
        within=say("headroom.within", tolerance=found.parameters.tolerance, floods=len(found.probes)),
        not_monotone=not all(limit.monotone for limit in found.limits),
        criteria=CRITERIA,
        charts=headroom_svg(found, WIDE) + headroom_svg(found, NARROW),
        legend=headroom_legend(found),
        sheets={"limits": limits_table(found), "probes": probes_table(found)},
        about=[
            Line(say("report.about.drill"), found.scenario.name),
            Line(say("report.about.rules"), rules.hash[:16]),
            Line(say("compare.about.version"), version("rongan")),
        ],
    )


def limits_table(found: Headroom) -> Sheet:
    """Every limit, the first to go first."""
    ordered = sorted(found.limits, key=lambda one: (one.fails_at or math.inf, one.holds_to or 0.0))
    rows = [_limit_row(limit, found) for limit in ordered]
    numbers = {"areas", "holds", "rain", "period", "fails"}
    keys = ("criterion", "class", "areas", "holds", "rain", "period", "fails", "place", "found")
    columns = [Column(say(f"headroom.column.{key}"), "num" if key in numbers else "") for key in keys]
    return Sheet("limits", columns, rows, shown=20)


def _limit_row(limit: Limit, found: Headroom) -> list[Cell]:
    name = say(f"headroom.criterion.{limit.criterion}")
    kind = known("report.drainage", limit.drainage_class)
    holds = Cell(_DASH, 0.0, "bad num")
    if limit.holds_to is not None:
        more = ">" if limit.fails_at is None else ""
        holds = Cell(f"{more}×{limit.holds_to:.3g}", limit.holds_to, "good num" if limit.holds_to >= 1.0 else "bad num")
    fails = Cell(_DASH, math.inf, "num")
    place, there = Cell(_DASH), Cell(_DASH)
    if limit.fails_at is not None and limit.first is not None:
        least = "≤" if limit.holds_to is None else ""
        fails = Cell(f"{least}×{limit.fails_at:.3g}", limit.fails_at, "num")
        where = place_name(limit.first)
        place, there = Cell(where, where.zh), Cell(found_there(limit.criterion, limit.first))
    years = limit.return_period_a
    return [
        Cell(name, name.zh),
        Cell(kind, kind.zh),
        Cell(f"{limit.areas}", limit.areas, "num"),
        holds,
        Cell(_DASH if limit.rain_mm is None else f"{limit.rain_mm:.0f}", limit.rain_mm or 0.0, "num"),
        Cell(_DASH if years is None else f"{years:.0f}", years or 0.0, "num"),
        fails,
        place,
        there,
    ]


def probes_table(found: Headroom) -> Sheet:
    """Every flood, with how much of each limit it used."""
    pairs = [(limit.criterion, limit.drainage_class) for limit in found.limits]
    columns = [Column(say("headroom.column.holds"), "num"), Column(say("headroom.column.rain"), "num")]
    for criterion, name in pairs:
        what, kind = say(f"headroom.criterion.{criterion}"), known("report.drainage", name)
        columns.append(Column(Both(f"{what.zh} · {kind.zh}", f"{what.en} · {kind.en}"), "num"))
    columns[0] = Column(Both("×", "×"), "num")
    rows = []
    for probe in found.probes:
        cells = [Cell(f"{probe.uplift:.3g}", probe.uplift, "num"), Cell(f"{probe.rain_mm:.0f}", probe.rain_mm, "num")]
        for pair in pairs:
            worst = probe.worst[pair]
            said = f"{'>' if worst.open else ''}{100 * worst.used:.0f}%"
            cells.append(Cell(said, worst.used, "good num" if worst.ok else "bad num"))
        rows.append(cells)
    return Sheet("probes", columns, rows, shown=30)
