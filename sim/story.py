"""The story of a drill: its events in order, each a key of the message catalogue and its values."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.records import records
from data.units import hours_to_s, m_s_to_mm_h, m_to_mm, s_to_minutes
from hazards import RainForcing
from sim.mishaps import Mishap
from sim.movement.outcome import MovementOutcome
from sim.result import AreaOrder, Event, Warning


def tell_story(
    rain: RainForcing,
    inside: np.ndarray,
    warnings: tuple[Warning, ...],
    orders: tuple[AreaOrder, ...],
    underpasses: pd.DataFrame,
    closures: pd.DataFrame,
    mishaps: tuple[Mishap, ...],
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    outcome: MovementOutcome | None,
    rain_end_s: float,
    end_s: float,
) -> tuple[Event, ...]:
    """All events of the run, by time; `areas` are those whose drain-down is told."""
    events = _rain_events(rain, inside, rain_end_s, end_s)
    for warning in warnings:
        values = {"area": warning.area_name, "area_en": warning.area_name_en, "level": warning.level}
        values |= {"message_type": warning.message_type, "event": warning.event}
        events.append(Event(warning.sent_s, "warning", {**values, "lead_time_min": warning.lead_time_min}))
    for order in orders:
        values = {"area": order.area_name, "area_en": order.area_name_en, "persons": order.persons}
        events.append(Event(order.time_s, "order", values))
    names = {row["id"]: {"underpass": row["name"], "underpass_en": row["name_en"]} for row in records(underpasses)}
    deepest = {row["id"]: row["max_depth_m"] for row in records(underpasses)}
    for row in records(closures):
        values = {**names[row["underpass"]], "depth_m": deepest[row["underpass"]]}
        events.append(Event(row["closed_s"], "underpass_closed", values))
        if np.isfinite(row["reopened_s"]):
            events.append(Event(row["reopened_s"], "underpass_reopened", values))
    events += _mishap_events(mishaps, end_s)
    for row in records(areas):
        if row["ponded_m2"] > 0.0 and np.isfinite(row["drain_down_h"]):
            values = {"area": row["name"], "area_en": row["name_en"], "hours": row["drain_down_h"]}
            events.append(Event(rain_end_s + float(hours_to_s(row["drain_down_h"])), "drained", values))
    if outcome is not None:
        events += _shelter_events(outcome, sites) + _people_events(outcome)
    return tuple(sorted(events, key=lambda event: event.time_s))


def _rain_events(rain: RainForcing, inside: np.ndarray, rain_end_s: float, end_s: float) -> list[Event]:
    rate = rain.mean_rate_m_s(inside)
    wet = np.flatnonzero(rate > 0.0)
    if not wet.size:
        return []
    peak = int(np.argmax(rate))
    events = [
        Event(float(rain.edges_s[wet[0]]), "rain_starts", {}),
        Event(float(rain.edges_s[peak]), "rain_peak", {"rain_mm_h": float(m_s_to_mm_h(rate[peak]))}),
    ]
    if rain_end_s < end_s:
        total = float((rate * np.diff(rain.edges_s)).sum())
        events.append(Event(rain_end_s, "rain_ends", {"total_mm": float(m_to_mm(total))}))
    return [event for event in events if event.time_s <= end_s]


def _mishap_events(mishaps: tuple[Mishap, ...], end_s: float) -> list[Event]:
    events = []
    for mishap in mishaps:
        values = {"asset": mishap.name, "asset_en": mishap.name_en, "share": mishap.share}
        if mishap.from_s <= end_s:
            events.append(Event(mishap.from_s, f"{mishap.kind}_fails" if mishap.kind != "breach" else "breach", values))
        if mishap.until_s is not None and mishap.until_s <= end_s:
            events.append(Event(mishap.until_s, f"{mishap.kind}_works_again", values))
    return events


def _shelter_events(outcome: MovementOutcome, sites: pd.DataFrame) -> list[Event]:
    events = []
    time_s = outcome.timeline["time_s"].to_numpy(float)
    inside = outcome.occupancy
    for number, row in enumerate(records(sites)):
        names = {"shelter": row["name"], "shelter_en": row["name_en"]}
        full = np.flatnonzero(inside[:, number] >= row["capacity"]) if row["capacity"] > 0 else np.empty(0, int)
        if full.size:
            events.append(Event(float(time_s[full[0]]), "shelter_full", {**names, "persons": int(row["capacity"])}))
        if np.isfinite(row["closed_s"]) and row["closed_s"] > 0.0:  # closed from the start is no event of the storm
            persons = int(outcome.inside_when_closed[number])
            kind = "shelter_dark" if row["status"] == "dark" else "shelter_flooded"
            events.append(Event(float(row["closed_s"]), kind, {**names, "persons": persons}))
    anywhere = np.flatnonzero(inside.sum(axis=1) > 0)
    if anywhere.size:
        first = records(sites)[int(np.argmax(inside[anywhere[0]]))]
        values = {"shelter": first["name"], "shelter_en": first["name_en"]}
        events.append(Event(float(time_s[anywhere[0]]), "first_arrival", values))
    return events


def _people_events(outcome: MovementOutcome) -> list[Event]:
    timeline = outcome.timeline
    time_s, sheltered = timeline["time_s"].to_numpy(float), timeline["sheltered"].to_numpy(int)
    events = []
    total = int(sheltered[-1]) if len(sheltered) else 0
    if total:
        k = int(np.searchsorted(sheltered, int(np.ceil(0.9 * total))))
        minutes = float(s_to_minutes(time_s[k] - outcome.first_order_s))
        events.append(Event(float(time_s[k]), "t90", {"minutes": minutes, "persons": int(sheltered[k])}))
    stranded = timeline["stranded"].to_numpy(int)
    if stranded.max(initial=0) > 0:
        k = int(np.argmax(stranded))
        events.append(Event(float(time_s[k]), "people_stranded", {"persons": int(stranded[k])}))
    return events
