"""The figures the report tells: read off a Result once, so that story, cards and tables agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from api.report.sewers import Sewers, gather_sewers
from data.schema import AREA_LEVELS, LEVELS
from sim.result import Result

_DANGEROUS = ("H3", "H4", "H5", "H6")


@dataclass(frozen=True)
class Rain:
    """The rain over the city; times in s, None where it stayed dry."""

    total_mm: float
    peak_mm_h: float
    start_s: float | None
    peak_s: float | None
    end_s: float | None


UNDER_WAY = ("moving", "waiting", "riding", "at_door")  # columns of the timeline


@dataclass(frozen=True)
class Movement:
    """Where the people are at the end who were told to leave or left of their own accord; parts sum to `total`."""

    ordered: int
    unordered: int  # left of their own accord: at the first warning, or on a rumour
    sheltered: int
    moving: int  # on the road, waiting for a ride, riding, or queueing at a door
    home: int
    stranded: int
    turned_away: int
    refused: int
    unserved: int  # of them, without a place in the plan; overlaps the others
    stranded_by: dict[str, int]  # why, a word of REASONS -> people; empty where nobody knows

    @property
    def total(self) -> int:
        """People told to leave and those who left of their own accord."""
        return self.ordered + self.unordered

    @property
    def missing(self) -> int:
        """Those of them who are in no shelter."""
        return self.total - self.sheltered


@dataclass(frozen=True)
class Facts:
    """Everything the words and figures of the report rest on."""

    rain: Rain
    areas: pd.DataFrame  # rows of the level that is reported, worst first
    all_areas: pd.DataFrame  # rows of every level
    people: int
    people_h3_up: int
    people_h4_up: int
    deepest_m: float  # in the streets
    ponded_peak_m2: float
    ponded_peak_s: float
    alerts: pd.DataFrame  # first message and highest level per warned area: area, name, name_en, level, lead_min
    wide_alerts: pd.DataFrame  # the same for areas of other levels: the whole city
    movement: Movement
    closed_underpasses: pd.DataFrame
    open_sites: int
    full_sites: pd.DataFrame
    flooded_sites: pd.DataFrame
    empty_sites: int
    free_places: int
    late_areas: pd.DataFrame  # drain-down longer than allowed
    sea_areas: pd.DataFrame  # became a sea
    sewers: Sewers | None

    def of_class(self, names: tuple[str, ...]) -> pd.DataFrame:
        """Areas of these drainage classes, of the reported level or, where it has none, of the finest that has."""
        own = self.areas[self.areas.drainage_class.isin(names)]
        if len(own):
            return own
        found = self.all_areas[self.all_areas.drainage_class.isin(names)]
        finest = next((level for level in reversed(AREA_LEVELS) if (found.level == level).any()), "")
        return found[found.level == finest]


def gather(result: Result) -> Facts:
    """Read the figures off the result."""
    areas = reported_areas(result)
    exposed = result.summary.get("people", {}).get("exposed_by_class", {})
    timeline = result.timeline
    peak = int(timeline.ponded_m2.to_numpy().argmax()) if len(timeline) else 0
    sites = result.sites
    flooded = sites[sites.closed_s.notna() & ~left_out(sites)]
    full = sites[(sites.status == "full") & sites.closed_s.isna()]
    free = (sites.capacity - sites.peak).where(sites.closed_s.isna(), 0).clip(lower=0)
    late = areas[areas.drain_down_known.astype(bool) & ~areas.drain_down_ok.astype(bool)]
    alerts = _alerts(result)
    here = alerts.area.isin(areas.code)
    return Facts(
        rain=_rain(result),
        areas=areas,
        all_areas=result.areas,
        people=int(result.summary.get("people", {}).get("total", areas.people.sum())),
        people_h3_up=sum(int(exposed.get(name, 0)) for name in _DANGEROUS),
        people_h4_up=sum(int(exposed.get(name, 0)) for name in _DANGEROUS[1:]),
        deepest_m=float(areas.max_depth_m.max()) if len(areas) else 0.0,
        ponded_peak_m2=float(timeline.ponded_m2.iloc[peak]) if len(timeline) else 0.0,
        ponded_peak_s=float(timeline.time_s.iloc[peak]) if len(timeline) else 0.0,
        alerts=alerts[here],
        wide_alerts=alerts[~here],
        movement=_movement(result),
        closed_underpasses=result.underpasses[result.underpasses.closed_from_s.notna()].sort_values("closed_from_s"),
        open_sites=len(sites) - len(flooded),
        full_sites=full.sort_values("peak", ascending=False),
        flooded_sites=flooded.sort_values("closed_s"),
        empty_sites=int(((sites.peak == 0) & sites.closed_s.isna() & ~left_out(sites)).sum()),
        free_places=int(free.sum()),
        late_areas=late.sort_values("drain_down_h", ascending=False),
        sea_areas=areas[areas.sea_known.astype(bool) & ~areas.sea_ok.astype(bool)],
        sewers=gather_sewers(result),
    )


def left_out(sites: pd.DataFrame) -> pd.Series:
    """Sites that the plan leaves out and nobody is in: not those that took people in until water closed them (bool)."""
    return (sites.excluded != "") & (sites.peak == 0) & ((sites.capacity == 0) | (sites.status == "empty"))


def reported_areas(result: Result) -> pd.DataFrame:
    """Rows of one administrative level, most people in danger first.

    The level is that of the warnings; without any, streets; else the finest level above one row.
    """
    areas = result.areas
    present = set(areas.level)
    warned = areas[areas.code.isin({w.area for w in result.warnings})]
    if len(warned):
        level = str(warned.level.mode().iloc[0])
    elif "street" in present:
        level = "street"
    else:
        level = next((name for name in reversed(AREA_LEVELS) if name in present), "city")
    rows = areas[areas.level == level].copy()
    rows["people_h3_up"] = rows[["people_h3", "people_h4", "people_h5", "people_h6"]].sum(axis=1)
    return rows.sort_values(["people_h3_up", "max_depth_m"], ascending=False, kind="stable").reset_index(drop=True)


def _rain(result: Result) -> Rain:
    time, rate = np.asarray(result.rain_time_s, float), np.asarray(result.rain_mm_h, float)
    wet = np.flatnonzero(rate > 0.0)
    if not wet.size:
        return Rain(0.0, 0.0, None, None, None)
    end = float(result.timeline.time_s.iloc[-1]) if len(result.timeline) else float(time[-1])
    edges = np.append(time, max(end, time[-1]))
    total = float((rate * np.diff(edges)).sum() / 3600.0)
    peak = int(rate.argmax())
    return Rain(total, float(rate[peak]), float(edges[wet[0]]), float(time[peak]), float(edges[wet[-1] + 1]))


def _alerts(result: Result) -> pd.DataFrame:
    rows: dict[str, dict[str, Any]] = {}
    for warning in result.warnings:
        row = rows.setdefault(
            warning.area,
            {
                "area": warning.area,
                "name": warning.area_name,
                "name_en": warning.area_name_en,
                "level": 0,
                "lead_min": warning.lead_time_min,
                "sent_s": warning.sent_s,
            },
        )
        row["level"] = max(row["level"], warning.level)
    columns = ["area", "name", "name_en", "level", "lead_min", "sent_s"]
    return pd.DataFrame(list(rows.values()), columns=columns)


def _movement(result: Result) -> Movement:
    plan = result.summary.get("plan", {})
    if not len(result.timeline):
        return Movement(0, 0, 0, 0, 0, 0, 0, 0, 0, {})
    last = result.timeline.iloc[-1]
    names = ("ordered", "unordered", "sheltered", "home", "stranded", "turned_away", "refused")
    return Movement(
        moving=int(last[list(UNDER_WAY)].sum()),
        unserved=int(plan.get("unserved", 0)),
        stranded_by=stranded_by(result),
        **{name: int(last[name]) for name in names},
    )


def stranded_by(result: Result) -> dict[str, int]:
    """Why people are stranded at the end of the run, most people first."""
    if result.record is None:
        return {}
    stuck = result.record.outcome.stuck
    persons = stuck[stuck["reason"] != ""].groupby("reason", sort=True)["persons"].sum()
    return {str(reason): int(count) for reason, count in persons.sort_values(ascending=False, kind="stable").items()}


def level_counts(alerts: pd.DataFrame) -> dict[int, int]:
    """Warned areas by the highest level they reached, red first."""
    return {
        level: int((alerts.level == level).sum())
        for level in range(len(LEVELS) - 1, 0, -1)
        if (alerts.level == level).any()
    }
