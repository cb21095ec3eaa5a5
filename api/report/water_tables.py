"""Tables of the report about water: drain-down and sea, underpasses, sewers, pumps and gates, the books."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from api.report.bilingual import Both, known, named, number, records, say
from api.report.facts import Facts
from api.report.sewers import Sewers
from api.report.tables import Cell, Column, Sheet, clock, columns, name_cell, num
from data.units import s_to_hours, s_to_minutes
from sim.result import Result

_M_PER_KM = 1e3
_LEAST_SHARE = 1e-4  # of all water of the sewers; smaller entries are left out, but for what was lost


def drain_down_table(result: Result, facts: Facts) -> Sheet:
    """How fast each reported area drained, whether it became a sea, and its worst place; what failed comes first."""
    worst = {entry["area"]: entry["worst"] for entry in result.summary.get("flood", {}).get("sea", [])}
    order = facts.areas.assign(
        failed=~facts.areas.drain_down_ok.astype(bool) | ~facts.areas.sea_ok.astype(bool),
        hours=facts.areas.drain_down_h.fillna(math.inf),
    ).sort_values(["failed", "hours", "sea_share"], ascending=False, kind="stable")
    rows = []
    for a in records(order):
        open_end = not math.isfinite(a.drain_down_h)
        hours = Cell(say("report.table.undrained"), 1e9) if open_end else num(a.drain_down_h, ".1f")
        place = worst.get(a.code)
        rows.append(
            [
                name_cell(a, a.code),
                Cell(known("report.drainage", a.drainage_class), a.drainage_class, "nowrap"),
                _judged(hours, a.drain_down_ok, a.drain_down_known),
                num(a.drain_down_limit_h, ".1f"),
                _judged(Cell(f"{100.0 * a.sea_share:.1f}%", a.sea_share), a.sea_ok, a.sea_known),
                num(a.worst_depth_m, ".2f"),
                _place(place),
            ]
        )
    head = columns("area", "drainage", "drain_down", "limit", "sea_share", "worst_depth", "worst_place")
    return Sheet("drain_down", head, rows)


def _judged(cell: Cell, ok: bool, judged: bool) -> Cell:
    kind = ("num good" if ok else "num bad") if judged else "num"
    return Cell(cell.show, cell.sort, kind)


def _place(place: dict[str, Any] | None) -> Cell:
    if place is None:
        return Cell("–")
    where = named(place["place"], place["place_en"])
    at = f"{place['lon']:.4f}, {place['lat']:.4f}"
    return Cell(Both(f"{where.zh}（{at}）", f"{where.en} ({at})"), where.zh, "nowrap")


def underpasses_table(result: Result) -> Sheet:
    """Underpasses, deepest water first: each time that one was closed, in words and along the time of the run."""
    last_s = float(result.timeline.time_s.iloc[-1]) if len(result.timeline) else 0.0
    rows = []
    for u in records(result.underpasses.sort_values("max_depth_m", ascending=False, kind="stable")):
        times = records(result.closures[result.closures.underpass == u.id])
        spans = [(t.closed_s, t.reopened_s if math.isfinite(t.reopened_s) else None) for t in times]
        shut_s = sum((last_s if until is None else until) - since for since, until in spans)
        rows.append(
            [
                name_cell(u, u.id),
                num(u.max_depth_m, ".2f"),
                Cell([_span(result, *span) for span in spans], spans[0][0], "list")
                if spans
                else Cell(say("report.table.never"), -1.0, "good"),
                num(float(s_to_hours(shut_s)) if spans else None, ".1f"),
                Cell([_bar(since, until, last_s) for since, until in spans], kind="strip"),
            ]
        )
    head = columns("underpass", "depth", "closed", "closed_h")
    if len(result.timeline):
        head.append(Column(say("report.column.strip", start=result.moment(0.0), end=result.moment(last_s))))
    else:
        head.append(Column(say("report.column.strip_plain")))
    return Sheet("underpasses", head, rows, say("report.table.empty_underpasses"))


def _span(result: Result, since_s: float, until_s: float | None) -> Both:
    start = f"{result.moment(since_s):%H:%M}"
    if until_s is None:
        still = say("report.table.still")
        return Both(f"{start} 起，{still.zh}", f"from {start}, {still.en}")
    text = f"{start}–{result.moment(until_s):%H:%M}"
    return Both(text, text)


def _bar(since_s: float, until_s: float | None, last_s: float) -> tuple[float, float]:
    """Left edge and width of a closure in per cent of the run."""
    end = last_s if until_s is None else until_s
    return 100.0 * since_s / last_s, 100.0 * (end - since_s) / last_s


def sewers_table(sewers: Sewers | None) -> Sheet | None:
    """How the network stood at its worst."""
    if sewers is None:
        return None
    length = sewers.length_m()
    manholes, outfalls = len(sewers.manholes), len(sewers.outfalls)
    lines = [
        ("pipes", length / _M_PER_KM, None, ".1f"),
        ("pipes_full", sewers.length_m("full", "long") / _M_PER_KM, length / _M_PER_KM, ".1f"),
        ("pipes_long", sewers.length_m("long") / _M_PER_KM, length / _M_PER_KM, ".1f"),
        ("manholes", sewers.manhole_count, None, ",.0f"),
        ("manholes_full", manholes, sewers.manhole_count, ",.0f"),
        ("outfalls", outfalls, None, ",.0f"),
        ("outfalls_drowned", int(sewers.outfalls.drowned.sum()), outfalls, ",.0f"),
    ]
    rows = [
        [
            Cell(say(f"report.sewers.{key}")),
            num(value, spec),
            Cell(number(value / whole, "share") if whole else "", kind="num"),
        ]
        for key, value, whole, spec in lines
    ]
    head = [Column(Both("", "")), *columns("count", "share")]
    return Sheet("sewers", head, rows, caption=say("report.sewers.caption"), sortable=False)


def works_table(result: Result) -> Sheet | None:
    """Pumps and gates: what each has done; None where the city has none."""
    rows = []
    for state in result.structures:
        kind, _, id_ = str(state["name"]).partition(" ")
        if state["kind"] == "pump":
            # A crew's pump lacks nothing before it comes: it is not there.
            lacking = 0.0 if kind == "crew" else float(s_to_minutes(state["lacking_s"]))
            rows.append(
                [
                    _asset(result, kind, id_),
                    Cell(say(f"report.works.{kind}")),
                    num(state["starts"]),
                    num(float(s_to_hours(state["running_s"])), ".1f"),
                    num(state["volume_m3"]),
                    Cell(f"{lacking:,.0f}", lacking, "num bad") if lacking > 0.0 else num(0.0),
                ]
            )
        elif state["kind"] == "gate":
            moved = [clock(result, time_s) for time_s in state["moved_s"]]
            now = say("report.works.gate_closed" if state["closed"] else "report.works.gate_open")
            words = Both(f"闸门，{now.zh}", f"gate, {now.en}")
            rows.append([_asset(result, kind, id_), Cell(words), num(len(moved)), num(None), num(None), num(None)])
    if not rows:
        return None
    head = columns("works", "kind_of_works", "starts", "running_h", "volume", "lacking_min")
    return Sheet("works", head, rows, caption=say("report.works.caption"))


def _asset(result: Result, kind: str, id_: str) -> Cell:
    tables = {
        "pump": result.city.pumps,
        "gate": result.city.gates,
        "underpass": result.underpasses,
        "crew": result.city.teams,
    }
    table: pd.DataFrame | None = tables.get(kind)
    if table is None:
        return Cell(id_, id_)
    found = table[table["id"].astype(str) == id_]
    if found.empty:
        return Cell(id_, id_)
    name = named(str(found["name"].iloc[0]), str(found["name_en"].iloc[0]), id_)
    return Cell(name, name.zh)


def water_table(result: Result) -> Sheet | None:
    """The book of the surface in m3; None where the run has none. What has not happened at all is left out."""
    book = getattr(result.flood, "book", None)
    if book is None:
        return None
    names = ("initial", "rain", "inflow", "from_sewers", "pumped_in", "outflow", "infiltrated", "drained", "to_sewers",
             "pumped_out", "stored")  # fmt: skip
    volumes = {name: float(getattr(book, f"{name}_m3")) for name in names}
    came = max(sum(volumes[name] for name in names[:5]), 1e-9)
    shown = [name for name in names if volumes[name] > 0.0 or name in ("rain", "stored")]
    return _volumes("water", "report.balance", {name: volumes[name] for name in shown}, came)


def sewer_water_table(result: Result) -> Sheet | None:
    """The book of the sewers in m3; None without a network, or where its engine gave no book."""
    drains = result.flood.drains
    if drains is None or not math.isfinite(drains.book.stored_m3):
        return None
    book, exchange = drains.book, drains.book.exchange
    came = {
        "down": exchange.down_m3,
        "lifted": exchange.lifted_m3,
        "outfall_in": exchange.outfall_in_m3,
        "own": book.inflow_m3 - exchange.down_m3 - exchange.lifted_m3 - exchange.outfall_in_m3,
    }
    went = {
        "up": exchange.up_m3,
        "outfall_out": exchange.outfall_out_m3,
        "out": book.outflow_m3 - exchange.up_m3 - exchange.outfall_out_m3,
        "flooded": book.flooded_m3,
        "stored": book.stored_m3 - book.initial_m3,
        "error": book.engine_error_m3,
    }
    total = max(sum(came.values()), 1e-9)
    volumes = came | went
    shown = {
        name: volume
        for name, volume in volumes.items()
        if abs(volume) > _LEAST_SHARE * total or name in ("down", "error") or (name == "flooded" and volume >= 0.5)
    }
    return _volumes("sewer_water", "report.sewers", shown, total)


def _volumes(key: str, prefix: str, volumes: dict[str, float], total: float) -> Sheet:
    rows = [
        [Cell(say(f"{prefix}.{name}")), num(volume), Cell(number(volume / total, "share"), kind="num")]
        for name, volume in volumes.items()
    ]
    head = [Column(Both("", "")), *columns("volume", "share")]
    return Sheet(key, head, rows, caption=say(f"{prefix}.water_caption"), sortable=False)
