"""The tables of the report: the same facts as the map, for reading, sorting and printing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from api.messages import event_text, has
from api.report.bilingual import Both, known, named, number, records, say
from api.report.facts import Facts, left_out
from api.warning.notice import measured
from api.wording import EN, ZH
from data.schema import LEVELS
from sim.result import Evidence, Result, Warning

_M2_PER_HA = 1e4
_DASH = "–"
_SPARE_ROWS = 5  # a button that hides fewer is not worth a click


@dataclass(frozen=True)
class Cell:
    """One cell: what it shows, what it sorts by, and how it is drawn.

    Kinds: "num", "nowrap", "short" (in one line in Chinese), "level", "bar", "good", "bad", "list" (several lines),
    "strip" (spans of a line: left edge and width in per cent).
    """

    show: Any
    sort: Any = ""
    kind: str = ""
    value: float = 0.0  # level of a badge, share of a bar


@dataclass(frozen=True)
class Column:
    """Head of a column."""

    name: Both
    kind: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table ready for the page."""

    key: str
    columns: list[Column]
    rows: list[list[Cell]]
    empty: Both | None = None
    shown: int = 15
    caption: Both | None = None
    sortable: bool = True
    stacked: bool = False  # on a phone each row is a card, its cells named by their columns

    @property
    def first_rows(self) -> int:
        """Rows shown before the button; a table little longer than `shown` is shown whole."""
        return len(self.rows) if len(self.rows) <= self.shown + _SPARE_ROWS else self.shown


def columns(*keys: str) -> list[Column]:
    """Heads by key of the catalogue, `report.column.KEY`."""
    numbers = {
        "lead", "at_risk", "people", "danger", "depth", "ponded", "drain_down", "limit", "evacuees", "unserved",
        "index", "capacity", "assigned", "peak", "space", "turned_away", "persons", "volume", "share", "sea_share",
        "worst_depth", "closed_h", "count", "starts", "running_h", "lacking_min", "person_risk", "excess", "gap",
        "score",
    }  # fmt: skip
    return [Column(say(f"report.column.{key}"), "num" if key in numbers else "") for key in keys]


def num(value: float | None, spec: str = ",.0f") -> Cell:
    """A number; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return Cell(_DASH, -1.0, "num")
    return Cell(format(value, spec), float(value), "num")


def clock(result: Result, time_s: float | None) -> Cell:
    """A time of day; a dash where there is none."""
    if time_s is None or not math.isfinite(time_s):
        return Cell(_DASH, -1.0)
    return Cell(f"{result.moment(time_s):%H:%M}", float(time_s))


def name_cell(row: Any, code: str) -> Cell:
    """The name of a row with `name` and `name_en`."""
    name = named(row.name, row.name_en, code)
    return Cell(name, name.zh)


def _level(level: int) -> Cell:
    return Cell(say(f"report.level.{LEVELS[level]}"), level, "level", level)


def warnings_table(result: Result) -> Sheet:
    """Every message, in the order sent."""
    rows = []
    for w in sorted(result.warnings, key=lambda w: w.sent_s):
        kind = say(f"report.kind.{w.message_type}")
        event = say(f"event_name.{w.event}")
        kind = Both(f"{event.zh}{kind.zh}", f"{kind.en}, {event.en}")
        rows.append(
            [
                clock(result, w.sent_s),
                Cell(named(w.area_name, w.area_name_en, w.area), w.area_name, "short"),
                _level(w.level),
                Cell(kind, w.message_type, "short"),
                num(w.lead_time_min if w.level else None),
                num(w.people_at_risk if w.level else None),
                clock(result, w.leave_by_s),
                clock(result, w.expires_s if w.level else None),
                Cell([*map(evidence, w.evidence), *_risk_line(w)], "", "list"),
            ]
        )
    head = columns("time", "area", "level", "kind", "lead", "at_risk", "leave_by", "until", "evidence")
    return Sheet("warnings", head, rows, say("report.table.empty_warnings"), shown=12)


def evidence(e: Evidence) -> Both:
    """Why a warning has its colour."""
    amount, threshold, unit_name = measured(e)
    unit = known("report.unit", unit_name)
    digits = ",.2f" if unit_name == "m" else ",.0f"
    said, limit = format(amount, digits), f"{threshold:,.10g}"
    value = number_with(said, unit)
    return say("report.evidence.line", rule=known("report.rule", e.rule), value=value, threshold=limit)


def _risk_line(warning: Warning) -> list[Both]:
    """What the run makes of the warned area, beside what set the colour; nothing once the warning is lifted."""
    risk = warning.risk
    if risk is None or not warning.level:
        return []
    parts = {"person_risk": risk.person_risk, "excess": risk.waterlogging_excess, "gap": risk.coping_gap}
    return [say("report.evidence.risk", score=risk.score, index=risk.index, **parts)]


def number_with(value: str, unit: Both) -> Both:
    """A number and its unit; nothing after it where the unit has no word."""
    return Both(f"{value} {unit.zh}".strip(), f"{value} {unit.en}".strip())


def areas_table(facts: Facts) -> Sheet:
    """The reported areas, most people in danger first."""
    rows = [
        [
            name_cell(a, a.code),
            Cell(known("report.drainage", a.drainage_class), a.drainage_class, "nowrap"),
            _level(LEVELS.index(a.warning_level)),
            num(a.people),
            num(a.people_h3_up),
            num(a.max_depth_m, ".2f"),
            num(a.ponded_m2 / _M2_PER_HA, ",.1f"),
            num(a.evacuees),
            num(a.unserved),
            num(a.risk_index, ".1f"),
        ]
        for a in records(facts.areas)
    ]
    head = columns(
        "area", "drainage", "level", "people", "danger", "depth", "ponded", "evacuees", "unserved", "index",
    )  # fmt: skip
    return Sheet("areas", head, rows)


def risk_table(facts: Facts) -> Sheet:
    """The risk score of the reported areas and its parts, the highest first; areas without any are left out."""
    areas = facts.areas[facts.areas.risk_score > 0.0].sort_values("risk_score", ascending=False, kind="stable")
    rows = [
        [
            name_cell(a, a.code),
            num(a.person_risk, ",.1f"),
            num(a.waterlogging_excess, ",.1f"),
            num(a.coping_gap, ",.1f"),
            num(a.risk_score, ",.1f"),
            num(a.risk_index, ".1f"),
        ]
        for a in records(areas)
    ]
    head = columns("area", "person_risk", "excess", "gap", "score", "index")
    return Sheet("risk", head, rows, say("report.table.empty_risk"))


def shelters_table(result: Result) -> Sheet:
    """Shelters in use first, fullest first; those that the plan leaves out last, each with the reason."""
    rows = []
    out = left_out(result.sites)
    sites = result.sites.assign(out=out, share=result.sites.peak / result.sites.capacity.clip(lower=1))
    for s in records(sites.sort_values(["out", "peak", "capacity"], ascending=[True, False, False], kind="stable")):
        roof = say("report.site.indoor" if s.indoor else "report.site.outdoor")
        kind = known("report.site", s.site_type)
        # A site that is left out offers nothing and is not empty: no figure stands for it.
        figures = [num(None)] * 3 if s.out else [num(s.capacity), num(s.assigned), num(s.peak)]
        status = s.status if has(f"report.status.{s.status}") else "part"
        share = Cell(number(s.share, "share"), s.share, f"bar {status}", min(s.share, 1.0))
        rows.append(
            [
                name_cell(s, s.id),
                Cell(Both(f"{kind.zh}，{roof.zh}", f"{kind.en}, {roof.en}"), s.site_type, "short"),
                *figures,
                num(None) if s.out else share,
                num(s.m2_per_person_at_peak, ".1f"),
                num(s.turned_away),
                _out_cell(s.excluded) if s.out else Cell(say(f"report.status.{status}"), status, f"status {status}"),
            ]
        )
    head = columns("shelter", "site_type", "capacity", "assigned", "peak", "filled", "space", "turned_away", "status")
    return Sheet("shelters", head, rows, say("report.table.empty_sites"))


def _out_cell(reason: str) -> Cell:
    words = say("report.status.left_out", reason=known("adequacy.reason", reason))
    return Cell(words, f"left_out {reason}", "status left_out")


def people_table(facts: Facts) -> Sheet:
    """Where the people are at the end who were told to leave or left of their own accord; parts sum to the head line.

    Those who left of their own accord are a part of the head line too, and overlap the others.
    """
    move = facts.movement
    names = ("sheltered", "moving", "home", "stranded", "turned_away", "refused")
    heads = [("told", move.total)]
    if move.unordered:
        heads = [("all", move.total), ("unordered", move.unordered)]
    counts = [*heads, *((name, getattr(move, name)) for name in names)]
    rows = [
        [
            Cell(say(f"report.balance.{key}")),
            num(count),
            Cell(number(count / move.total, "share") if move.total else _DASH, kind="num"),
        ]
        for key, count in counts
    ]
    head = [Column(Both("", "")), *columns("persons", "share")]
    return Sheet("people", head, rows, caption=say("report.balance.people_caption"), sortable=False)


def events_table(result: Result) -> Sheet:
    """The story line by line."""
    rows = [
        [clock(result, e.time_s), Cell(Both(event_text(e, ZH), event_text(e, EN)))]
        for e in sorted(result.events, key=lambda e: e.time_s)
    ]
    return Sheet("events", columns("time", "what"), rows, shown=30, sortable=False)
