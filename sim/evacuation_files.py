"""What the run of an evacuation case leaves in its folder: a summary, and tables of time, links and shelters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.run_folder import SUMMARY, RunFolder
from data.schema import CASE_LINKS, CASE_SITES, CASE_TIMELINE
from data.units import hours_to_s, s_to_minutes
from sim.evacuation_places import off_crossings
from sim.evacuation_run import CaseRun
from sim.movement.units import REASONS

_STATES = CASE_TIMELINE.names[1:]


def write_evacuation_case(run: CaseRun, out: Path) -> dict[str, Any]:
    """summary.json, timeline.csv, links.csv and shelters.csv in `out`; returns the summary."""
    summary = summary_of(run)
    with RunFolder(out) as folder:
        folder.write_json(SUMMARY, summary)
        folder.write_table(CASE_TIMELINE, run.outcome.timeline[list(CASE_TIMELINE.names)])
        folder.write_table(CASE_LINKS, _links(run))
        folder.write_table(CASE_SITES, _sites(run))
    return summary


def summary_of(run: CaseRun) -> dict[str, Any]:
    """The content of summary.json; times in minutes since the order, None where they never came."""
    outcome, last = run.outcome, run.outcome.timeline.iloc[-1]
    stuck = outcome.stuck.groupby("reason")["persons"].sum()
    people = {"total": int(run.origins.persons.sum()) + run.origins.off_network, "off_network": run.origins.off_network}
    people |= {name: int(last[name]) for name in _STATES}
    people["cut_off"] = run.cut_off
    return {
        "case": run.case.file.name,
        "network": {
            "nodes": run.network.graph.nodes,
            "links": run.network.graph.edges,
            "length_km": round(float(run.network.graph.length_m.sum()) / 1000.0, 3),
        },
        "people": people,
        "stranded_by_reason": {reason: int(stuck.get(reason, 0)) for reason in REASONS if stuck.get(reason, 0)},
        **{f"{name}_min": _minutes(getattr(outcome, f"{name}_s")) for name in ("t50", "t90", "t95")},
        **{f"trip_{name}_min": _minutes(getattr(outcome, f"trip_{name}_s")) for name in ("mean", "p95", "worst")},
        "units": outcome.unit_count,
        "platoon": run.platoon,
        "moves": outcome.link_moves,
        "balance_error": outcome.balance_error,
        "cpu_s": round(run.cpu_s, 3),
        "wall_s": round(run.wall_s, 3),
        "notes": list(run.network.notes) + _notes(run),
    }


def _links(run: CaseRun) -> pd.DataFrame:
    used = np.flatnonzero((run.flow > 0) | (run.worst_queue > 0))
    used = used[np.lexsort((used, -run.flow[used], -run.worst_queue[used]))]
    edge, by_car = used % run.network.graph.edges, used >= run.network.graph.edges
    frame = run.network.edges.iloc[edge].reset_index(drop=True)
    return frame.assign(
        mode=np.where(by_car, "car", "walk"),
        flow=run.flow[used],
        capacity_per_h=hours_to_s(1.0) * 1e6 / run.network.links.headway_us[used],
        worst_queue=run.worst_queue[used],
        room=run.network.links.storage[used],
    )[list(CASE_LINKS.names)]


def _sites(run: CaseRun) -> pd.DataFrame:
    inside = run.outcome.occupancy
    full = inside >= run.goals.capacity
    record = np.where(full.any(axis=0), full.argmax(axis=0), -1)
    time_s = run.outcome.timeline["time_s"].to_numpy(float)
    return pd.DataFrame(
        {
            "name": run.goals.name, "sent": run.sent, "sheltered": run.outcome.peak,
            "turned_at_door": run.outcome.turned_at_door,
            "capacity": np.where(np.isfinite(run.goals.capacity), run.goals.capacity, np.nan),
            "full_s": np.where(record >= 0, time_s[record], np.nan),
        }
    )  # fmt: skip


def _notes(run: CaseRun) -> list[str]:
    notes = []
    by_car = run.case.car_share > 0.0
    apart = off_crossings(run.network, by_car)
    if apart:
        who = "cars" if by_car else "walkers"
        notes.append(f"crossings outside the largest connected part of the roads for {who}: {apart}")
    if run.origins.off_network:
        notes.append(
            f"{run.origins.off_network} people live farther than {run.case.access_m:g} m from any crossing: they are "
            "counted and do not move"
        )
    if run.cut_off:
        notes.append(f"{run.cut_off} people start where no way leads to any shelter")
    unused = [
        name for name, sent, peak in zip(run.goals.name, run.sent, run.outcome.peak, strict=True) if not sent + peak
    ]
    if unused:
        more = f" and {len(unused) - 3} more" if len(unused) > 3 else ""
        notes.append("nobody went to " + ", ".join(unused[:3]) + more)
    return notes


def _minutes(time_s: float) -> float | None:
    return round(s_to_minutes(time_s), 3) if np.isfinite(time_s) else None
