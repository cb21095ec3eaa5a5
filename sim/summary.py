"""`summary.json` of a drill: the figures others rely on, under the keys of the design."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from data.records import records
from data.schema import City
from hazards import exposed_people
from sim.area_map import names_of_places
from sim.area_result import whole_people
from sim.exposure import Exposure
from sim.flooding import FloodedCity
from sim.movement.outcome import MovementOutcome
from sim.plan import ShelterPlan
from sim.result import Warning


def flood_summary(flooded: FloodedCity, areas: pd.DataFrame) -> dict[str, Any]:
    """Water: cost, balance, street area by worst class, drain-down of the areas that warnings are issued for.

    `max_depth_m` is the deepest water on any street, underpasses among them; rivers and buildings are left out.
    """
    run, watch = flooded.run, flooded.watch
    cell_m2, level = watch.city.grid.cell_area_m2, watch.points.area_map.level
    street = flooded.ground.street
    worst = np.bincount(run.maxima.max_hazard[street], minlength=7)
    rows = areas[areas["level"] == level]
    return {
        "cells": run.cells,
        "cell_m": run.cell_m,
        "steps": run.steps,
        "continuity_error": run.book.continuity_error,
        "max_depth_m": round(float(np.max(run.maxima.max_depth[street], initial=0.0)), 3),
        "volume_in_m3": round(run.book.volume_in_m3, 1),
        "volume_out_m3": round(run.book.volume_out_m3, 1),
        "volume_stored_m3": round(run.book.stored_m3, 1),
        "cell_updates_per_s": round(run.cell_updates_per_s),
        "area_m2_by_class": {f"H{k}": float(worst[k] * cell_m2) for k in range(1, 7)},
        "drain_down": [
            {
                "area": row["code"],
                "class": row["drainage_class"],
                "limit_h": row["drain_down_limit_h"],
                "hours": plain(row["drain_down_h"]),
                "ok": bool(row["drain_down_ok"]) if row["drain_down_known"] else None,
            }
            for row in records(rows)
        ],
        "sea": _sea(watch.city, rows),
    }


def _sea(city: City, areas: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per area: the share of its streets that stood deep for long, and its worst place where it has one."""
    wet = areas[areas["worst_lon"].notna()]
    names = dict(
        zip(
            wet["code"],
            names_of_places(city, wet["worst_lon"].to_numpy(float), wet["worst_lat"].to_numpy(float)),
            strict=True,
        )
    )
    return [
        {
            "area": row["code"],
            "class": row["drainage_class"],
            "share": row["sea_share"],
            "ok": bool(row["sea_ok"]) if row["sea_known"] else None,
            "worst": None if row["code"] not in names else {
                "lon": row["worst_lon"],
                "lat": row["worst_lat"],
                "depth_m": row["worst_depth_m"],
                "place": names[row["code"]][0],
                "place_en": names[row["code"]][1],
            },
        }
        for row in records(areas)
    ]  # fmt: skip


def people_summary(exposure: Exposure, max_hazard: np.ndarray, risk: np.ndarray) -> dict[str, Any]:
    """Everybody in the pack by the worst class they stood in, inside an area or not, and their risk.

    `off_the_ground` are people outside the terrain, of whom nothing can be said; they are in no class.
    """
    everywhere = np.zeros(max_hazard.shape, np.int32)
    by_class = whole_people(exposed_people(exposure.persons_per_cell, max_hazard, everywhere, 1))[0]
    return {
        "total": int(exposure.persons.sum()),
        "off_the_ground": int(exposure.persons[~exposure.placed].sum()),
        "exposed_by_class": {f"H{k}": int(by_class[k]) for k in range(1, 7)},
        "person_risk": round(float(risk.sum()), 3),
    }


def warnings_summary(warnings: tuple[Warning, ...], levels: tuple[str, ...]) -> list[dict[str, Any]]:
    """One entry per message."""
    return [
        {
            "id": warning.id,
            "area": warning.area,
            "event": warning.event,
            "level": levels[warning.level],
            "message_type": warning.message_type,
            "sent": warning.sent_s,
            "onset": warning.onset_s,
            "expires": warning.expires_s,
            "lead_time_min": round(warning.lead_time_min, 1),
        }
        for warning in warnings
    ]


def plan_summary(plan: ShelterPlan | None) -> dict[str, Any]:
    """The allocation; times are None where nobody has a place.

    `with_deadline` are those of `assigned` whose ways all close at some time, `first_deadline_s` the earliest of their
    latest safe departures (None: nobody's ways close).
    """
    if plan is None:
        times = dict.fromkeys(("mean_min", "p95_min", "worst_min", "first_deadline_s"))
        counts = dict.fromkeys(("evacuees", "assigned", "unserved", "with_deadline"), 0)
        return {**counts, **times, "optimality_gap": 0.0, "certified": True}
    given, closes = plan.allocation, np.isfinite(plan.leave_by_s)
    return {
        "evacuees": int(plan.demand.sum()),
        "assigned": given.assigned,
        "unserved": int(given.unserved.sum()),
        "mean_min": _minutes(given.mean_s),
        "p95_min": _minutes(given.quantile_s(0.95)),
        "worst_min": _minutes(given.worst_s),
        "with_deadline": int(given.persons[closes].sum()),
        "first_deadline_s": plain(float(np.floor(plan.leave_by_s[closes].min(initial=np.inf)))),
        "optimality_gap": given.gap,
        "certified": given.certified,
    }


def evacuation_summary(
    outcome: MovementOutcome | None, plan: ShelterPlan | None, deaths: float, deaths_without: float, in_flooded: int
) -> dict[str, Any]:
    """People at the end of the run; times count from the first order.

    `in_flooded_shelters` are those of `arrived` whose shelter the water entered; `casualties_without`: had nobody
    moved.
    """
    places = {"arrived": "sheltered", "refused_to_leave": "refused"}
    counts = ("ordered", "unordered", "arrived", "moving", "waiting", "riding", "at_door", "home", "stranded",
              "refused_to_leave", "turned_away")  # fmt: skip
    ever = ("not_reached", "caught", "stalled", "rescued", "ridden")
    casualties = {"casualties_expected": round(deaths, 2), "casualties_without": round(deaths_without, 2)}
    times = ("t50", "t90", "t95", "trip_mean", "door_wait_mean")
    if outcome is None:
        found: dict[str, Any] = dict.fromkeys((*counts, *ever, "in_flooded_shelters"), 0)
        if plan is not None:  # told, and nowhere to go
            found["ordered"] = found["home"] = int(plan.demand.sum())
        none = dict.fromkeys(f"{name}_min" for name in times)
        return {**found, **casualties, **none, "units": 0, "link_moves": 0, "balance_error": 0}
    return {
        **{name: outcome.final(places.get(name, name)) for name in counts},
        "in_flooded_shelters": in_flooded,
        **{name: getattr(outcome, name) for name in ever},
        **casualties,
        **{f"{name}_min": _minutes(getattr(outcome, f"{name}_s")) for name in times},
        "units": outcome.unit_count,
        "link_moves": outcome.link_moves,
        "balance_error": outcome.balance_error,
    }


def shelters_summary(sites: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per site."""
    columns = ["id", "capacity", "peak", "m2_per_person_at_peak", "overflow"]
    return [{key: plain(value) for key, value in row.items()} for row in records(sites[columns])]


def underpasses_summary(underpasses: pd.DataFrame, closures: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per underpass: its deepest water and every time that it was closed (s; None: still closed)."""
    times: dict[str, list[list[float | None]]] = {str(name): [] for name in underpasses["id"]}
    for row in records(closures):
        times[str(row["underpass"])].append([row["closed_s"], plain(row["reopened_s"])])
    return [
        {"id": row["id"], "max_depth_m": round(float(row["max_depth_m"]), 3), "closed": times[str(row["id"])]}
        for row in records(underpasses)
    ]


def structures_summary(structures: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """One entry per pump, gate and breach: what it has done."""
    return [
        {key: round(value, 1) if isinstance(value, float) else value for key, value in state.items()}
        for state in structures
    ]


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN and infinity become None, numpy scalars plain ones."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _minutes(seconds: float) -> float | None:
    return round(seconds / 60.0, 1) if math.isfinite(seconds) else None
