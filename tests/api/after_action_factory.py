"""A small made-up drill of command and movement for the after-action tests; its water is that of result_factory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from data.rules_file import load_rules
from data.schema import CIRCLES, ORDERS_RESULT, REPLICATES, RESCUES, TRIPS, WARNED
from sim.after_action.plans import read_plans
from sim.after_action.review import AfterAction, review
from sim.command.event_log import LogEntry
from sim.command.record import DrillRecord
from sim.movement.outcome import MovementOutcome
from sim.result import Result
from tests.api.result_factory import STREETS, make_result

RULES = load_rules()
END_S = 14_400.0
JINHE, DONGQIAO, NANMEN, XIQUAN = (street[0] for street in STREETS)


def make_timeline(danger: bool = True) -> pd.DataFrame:
    """Whole people every five minutes; the places people can be in sum to `ordered` + `unordered`."""
    t = np.arange(0.0, END_S + 1.0, 300.0)
    ordered = np.where(t >= 6600.0, 3550, np.where(t >= 3000.0, 1250, 0)) * danger
    unordered = np.minimum(np.interp(t, [1800, 5400], [0, 180]).astype(int), 180) * danger
    total = ordered + unordered
    refused = (ordered * 0.06).astype(int)
    stranded = np.interp(t, [5400, 9000, 12_600, 14_400], [0, 164, 118, 96]).astype(int) * danger
    turned = np.interp(t, [7200, 9600], [0, 75]).astype(int) * danger
    waiting = np.interp(t, [3000, 3600, 9000, 14_400], [0, 120, 60, 34]).astype(int) * danger
    riding = np.interp(t, [3600, 4200, 10_800, 12_000], [0, 40, 40, 0]).astype(int) * danger
    door = np.interp(t, [4200, 7800, 9600], [0, 130, 0]).astype(int) * danger
    home = ((total - refused) * np.interp(t, [3000, 6600, 9000, 14_400], [1.0, 0.3, 0.06, 0.04])).astype(int)
    left = np.maximum(total - refused - stranded - turned - waiting - riding - door - home, 0)
    sheltered = (left * np.interp(t, [3600, 7200, 12_600], [0.0, 0.5, 1.0])).astype(int)
    places = {
        "moving": left - sheltered, "waiting": waiting, "riding": riding, "at_door": door, "sheltered": sheltered,
        "stranded": stranded, "refused": refused, "turned_away": turned,
    }  # fmt: skip
    home = total - sum(places.values())
    return pd.DataFrame({"time_s": t, "ordered": ordered, "unordered": unordered, "home": home, **places})


def make_outcome(result: Result, timeline: pd.DataFrame) -> MovementOutcome:
    """The outcome that goes with the timeline; the school is full, the stadium closes with people inside."""
    inside = timeline["sheltered"].to_numpy(int)
    shares = np.array([0.34, 0.56, 0.10, 0.0])[: len(result.sites)]
    occupancy = np.minimum((inside[:, None] * shares).astype(int), result.sites["capacity"].to_numpy(int))
    occupancy[:, 1] += inside - occupancy.sum(axis=1)
    stuck = [
        (37, 120, "no_way", "walk", 3, 31), (37, -1, "no_way", "walk", 5, 18), (48, 60, "caught", "walk", 7, 12),
        (48, 61, "stalled", "car", 9, 21), (70, -1, "unwilling", "car", 2, 8), (24, 33, "gridlock", "car", 4, 6),
        (60, -1, "", "walk", 11, 75),
    ]  # fmt: skip
    columns = ["node", "edge", "reason", "mode", "block", "persons"]
    some = bool(timeline["stranded"].iloc[-1])
    blocks = len(result.blocks)
    return MovementOutcome(
        timeline=timeline,
        arrivals=np.diff(occupancy, axis=0, prepend=0),
        turned_at_door=np.array([212, 0, 30, 0])[: len(result.sites)] * some,
        inside_when_closed=np.array([0, 0, 118, 0])[: len(result.sites)] * some,
        stuck=pd.DataFrame(stuck if some else [], columns=columns),
        refused_by_block=np.zeros(blocks, int),
        home_by_block=np.zeros(blocks, int),
        waiting_by_block=np.zeros(blocks, int),
        late_by_block=np.zeros(blocks, int),
        struck_by_edge=np.zeros(len(result.city.roads.edges), int),
        first_order_s=3000.0 if some else np.nan,
        t50_s=4380.0 if some else np.nan,
        t90_s=np.nan,
        t95_s=np.nan,
        trip_mean_s=1330.0,
        trip_p95_s=3010.0,
        trip_worst_s=6120.0,
        door_wait_mean_s=95.0,
        caught=52 * some,
        stalled=33 * some,
        rescued=68 * some,
        ridden=126 * some,
        unit_count=3730 * some,
        link_moves=61_204 * some,
        balance_error=0,
    )


def make_record(result: Result, danger: bool = True) -> DrillRecord:
    """Everything a drill leaves: late orders, a rumour, calls for help, buses, two circles, a queue."""
    timeline = make_timeline(danger)
    outcome = make_outcome(result, timeline)
    time_s = timeline["time_s"].to_numpy(float)
    queue = np.zeros((len(time_s), len(result.sites)), np.int64)
    queue[:, 0] = timeline["at_door"]
    frames = {table.name: pd.DataFrame(rows, columns=list(table.names)) for table, rows in _tables(danger)}
    log = (
        LogEntry(5400.0, 40, "inject", {"id": "rumour-1", "kind": "rumour", "targets": [XIQUAN]}),
        LogEntry(7200.0, 61, "inject", {"id": "bridge", "kind": "road_blocked", "targets": ["r120"]}),
    )
    pumps = [("P1", "U1", 3000.0, 6900.0, 0.5)] if danger else []
    return DrillRecord(
        header={"version": "0.1.0", "scenario_hash": "1a" * 32, "rules_hash": "0f" * 32, "seed": 1},
        log=log if danger else (),
        outcome=outcome,
        orders=frames["orders.csv"].drop(columns=["worth_arrived", "worth_stranded", "worth_deaths"]),
        warned=frames["warned.csv"],
        rescues=frames["rescues.csv"],
        trips=frames["trips.csv"],
        circles=frames["circles.csv"],
        pumps=pd.DataFrame(pumps, columns=["team", "underpass", "called_s", "arrived_s", "pump_m3_s"]),
        site_time_s=time_s,
        site_queue=queue,
        site_open=np.ones(queue.shape, bool),
    )


def _tables(danger: bool) -> list[tuple[Any, list[tuple[Any, ...]]]]:
    none = (np.nan,) * 3
    orders = [
        ("leave-jinhe", "leave", "script", 3000.0, JINHE, 1250, 1172, 3000.0, *none),
        ("tunnel", "close_underpass", "script", 2460.0, "U1", 0, 0, 2460.0, *none),
        ("bus-1", "send_buses", "script", 3300.0, JINHE, 120, 120, 3300.0, *none),
        ("redirect-1", "redirect", "script", 7500.0, "S1", 300, 260, 7500.0, *none),
        ("leave-dongqiao", "leave", "script", 6600.0, DONGQIAO, 2300, 2004, 6600.0, *none),
        ("news-1", "bulletin", "live", 8100.0, "", 0, 0, 8100.0, *none),
    ]
    t = np.arange(3000.0, END_S + 1.0, 60.0)
    warned = []
    for area, persons, start, most in ((JINHE, 1250, 3000.0, 1172), (DONGQIAO, 2300, 6600.0, 2004)):
        for at in t[t >= start]:
            reached = round(most * min(1.0, (at - start) / 1800.0))
            warned.append((at, area, persons, reached, round(0.92 * reached * min(1.0, (at - start) / 4200.0))))
    rescues = [
        (6300.0, 37, 104.06, 30.66, "caught", 21, "R1", 6360.0, 6780.0, 8400.0),
        (6900.0, 48, 104.07, 30.66, "stalled", 12, "R1", 8400.0, 9300.0, 10_800.0),
        (7200.0, 70, 104.08, 30.67, "assisted", 35, "A1", 7260.0, 7620.0, 9000.0),
        (7800.0, 24, 104.06, 30.67, "no_way", 49, "", np.nan, np.nan, np.nan),
    ]
    trips = [
        ("B1/1", "bus", "fetch", 3420.0, 4020.0, 5, 37, 3100.0, 0),
        ("B1/1", "bus", "deliver", 4200.0, 4980.0, 37, 60, 4200.0, 40),
        ("B1/1", "bus", "fetch", 5040.0, np.nan, 60, 37, 900.0, 0),
        ("R1/1", "rescue", "rescue", 6360.0, 6780.0, 12, 37, 2600.0, 0),
        ("A1/1", "ambulance", "rescue", 7260.0, 7620.0, 40, 70, 1900.0, 0),
    ]
    circles = [
        (at, kind, limit, round(39_000 * share), share, dry)
        for kind, limit, dry, shares in (
            ("rescue", 10.0, 0.94, (0.94, 0.86, 0.61, 0.57, 0.72)),
            ("regional", 120.0, 1.0, (1.0, 1.0, 0.98, 0.97, 1.0)),
        )
        for at, share in zip((0.0, 3600.0, 7200.0, 9000.0, 14_400.0), shares, strict=True)
    ]
    rows = [(ORDERS_RESULT, orders), (WARNED, warned), (RESCUES, rescues), (TRIPS, trips), (CIRCLES, circles)]
    return [(table, some if danger else []) for table, some in rows]


def make_worth() -> pd.DataFrame:
    """What the drill would have been without each order."""
    rows = [
        ("leave-jinhe", 904, 61, 0.21), ("tunnel", 0, 14, 0.09), ("bus-1", 96, 0, 0.02), ("redirect-1", -41, 3, 0.0),
        ("leave-dongqiao", 1311, -62, 0.04), ("news-1", 58, 22, 0.01),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "worth_arrived", "worth_stranded", "worth_deaths"])


def make_replicates(count: int = 20) -> pd.DataFrame:
    """Replicates that swing about the drill; half of them reach 90 %."""
    rows = []
    for k in range(count):
        swing = (k * 7) % count - count // 2
        t90 = 148.0 + swing if swing < 0 else np.nan
        counts = (2972 + 11 * swing, 9, 96 - 3 * swing, 213, 75 + swing, 52 - swing, 68)
        rows.append((k, 1000 + k, *counts, 0.3 - 0.01 * swing, 22.0, t90, np.nan, 22.2, 61.0 + 0.4 * swing))
    return pd.DataFrame(rows, columns=list(REPLICATES.names))


def make_spread(timeline: pd.DataFrame) -> pd.DataFrame:
    """Bands over time that lie about the drill's own course."""
    columns: dict[str, Any] = {"time_s": timeline["time_s"]}
    for name in ("sheltered", "moving", "stranded"):
        own = timeline[name].to_numpy(int)
        columns |= {f"{name}_p05": own * 9 // 10, f"{name}_p50": own * 98 // 100, f"{name}_p95": own * 21 // 20}
    return pd.DataFrame(columns)


def make_after_action(*, danger: bool = True, replicates: bool = True, worth: bool = True) -> AfterAction:
    """The drill reviewed; `danger=False` is a storm that moves nobody."""
    result = make_result(danger=danger)
    record = make_record(result, danger)
    timeline = result.timeline.assign(**{name: record.outcome.timeline[name] for name in record.outcome.timeline})
    sites = result.sites.assign(peak=record.outcome.peak, turned_away=record.outcome.turned_at_door)
    scenario = result.scenario | {"evacuation": {"bus_share": 0.1}}
    result = replace(result, timeline=timeline, sites=sites, scenario=scenario)
    return review(
        result,
        record,
        RULES,
        plans=read_plans(),
        worth=make_worth() if worth and danger else None,
        replicates=make_replicates() if replicates and danger else None,
        spread=make_spread(record.outcome.timeline) if replicates and danger else None,
    )
