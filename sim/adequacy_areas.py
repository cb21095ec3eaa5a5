"""Adequacy per area: shelter area per person, on dry ground, in reach, and what is missing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema import ADEQUACY
from data.units import s_to_minutes
from shelters.whole_numbers import whole_parts
from sim.area_risk import risk_columns
from sim.area_sums import per_person, sum_in
from sim.exposure import whole_persons
from sim.storm_view import StormView
from sim.study import Level

_SPARE = 1.0 - 1e-9  # 2.0 m2 per person must not fail for the last bit of a sum
_OF_PLAN = ("at_risk_without_place", "latest_departure_min")  # columns


def area_table(dry: StormView, storm: StormView, target_m2: float, *, with_plan: bool = True) -> pd.DataFrame:
    """One row per area of every level, columns of schema ADEQUACY; `dry` and `storm` view the same sites.

    Without the plan for people in danger the columns about it are missing.
    """
    study = storm.study
    risk = storm.water.areas.set_index("code")
    tables = []
    for level in study.levels:
        if level.map.areas.empty:
            continue
        table = _level_table(dry, storm, level, risk, target_m2)
        tables.append(table.assign(**_plan_columns(storm, level)) if with_plan else table)
    columns = [name for name in ADEQUACY.names if with_plan or name not in _OF_PLAN]
    return pd.concat(tables, ignore_index=True)[columns]


def _plan_columns(storm: StormView, level: Level) -> dict[str, np.ndarray]:
    left = np.zeros(len(storm.study.persons), np.int64)
    if storm.water.at_risk.any():
        left = storm.at_risk.allocation.unserved
    without = sum_in(level.block, left, len(level.map.areas))
    return dict(zip(_OF_PLAN, (without, earliest_deadline(storm, level)), strict=True))


def _level_table(dry: StormView, storm: StormView, level: Level, risk: pd.DataFrame, target_m2: float) -> pd.DataFrame:
    study, rules = storm.study, storm.study.rules
    areas = level.map.areas
    of_site = study.area_of(storm.sites, level)

    def people_sum(values: np.ndarray) -> np.ndarray:
        return sum_in(level.block, values, len(areas))

    def site_sum(values: np.ndarray) -> np.ndarray:
        return sum_in(of_site, values, len(areas))

    persons, use = study.persons, storm.use
    people = people_sum(persons)
    effective, dry_m2 = (site_sum(np.where(which, use.effective_m2, 0.0)) for which in (use.open, use.dry))
    storm_m2 = site_sum(np.where(use.used, use.effective_m2, 0.0))
    short_m2 = np.maximum(target_m2 * people * _SPARE - dry_m2, 0.0)
    held = np.floor(dry_m2 / target_m2 * (1.0 + 1e-12)).astype(np.int64)
    fixed = use.open & (storm.sites["shelter_class"].to_numpy() != "emergency")
    fixed_share = per_person(site_sum(np.where(fixed, use.places, 0)), people)
    code = areas["code"].astype(str)
    of_risk = risk.reindex(code)
    risk_part, excess = (of_risk[name].fillna(0.0).to_numpy(float) for name in ("person_risk", "waterlogging_excess"))
    score = risk_columns(risk_part, excess, people_sum(storm.coping_gap), level.map.level, rules)
    groups = vulnerable_people(study.city.people, persons)
    table = pd.DataFrame(
        {
            "code": code,
            "name": areas["name"],
            "name_en": areas["name_en"],
            "level": level.map.level,
            "people": people,
            "people_day": people_sum(whole_persons(study.city, "day")),
            "people_night": people_sum(whole_persons(study.city, "night")),
            "people_65": people_sum(groups["65"]),
            "people_14": people_sum(groups["14"]),
            "people_disabled": people_sum(groups["disabled"]),
            "sites": site_sum(use.open.astype(np.int64)),
            "sites_used": site_sum(use.used.astype(np.int64)),
            "effective_m2": np.round(effective, 1),
            "m2_per_person": per_person(effective, people),
            "target_m2": target_m2,
            "target_ok": effective >= target_m2 * people * _SPARE,
            "dry_m2": np.round(dry_m2, 1),
            "dry_m2_per_person": per_person(dry_m2, people),
            "storm_m2": np.round(storm_m2, 1),
            "storm_m2_per_person": per_person(storm_m2, people),
            "in_reach_dry": _share(people_sum(np.where(dry.nearest.within, persons, 0)), people),
            "in_reach_storm": _share(people_sum(np.where(storm.nearest.within, persons, 0)), people),
            "two_routes": _share(people_sum(np.where(storm.routes >= 2, persons, 0)), people),
            "without_place": people_sum(storm.everyone.unserved),
            "at_risk": people_sum(storm.water.at_risk),
            "deficit_persons": np.maximum(people - held, 0),
            "deficit_m2": np.round(short_m2, 1),
            "deficit_sites": np.ceil(short_m2 / rules.number("shelters.first_class_site_m2")).astype(np.int64),
            "fixed_share": np.minimum(np.nan_to_num(fixed_share, nan=1.0), 1.0),
            "fixed_share_ok": np.nan_to_num(fixed_share, nan=1.0) >= rules.number("shelters.fixed_share_min"),
        }
    )
    for name in ("person_risk", "waterlogging_excess", "coping_gap", "risk_score", "risk_index"):
        table[name] = score[name]
    return table


def earliest_deadline(storm: StormView, level: Level) -> np.ndarray:
    """Earliest of the latest safe departures of each area's blocks (min), NaN where there is no limit."""
    deadline = np.full(len(level.map.areas), np.inf)
    block = latest_departure_s(storm)
    inside = level.block >= 0
    np.minimum.at(deadline, level.block[inside], block[inside])
    return deadline_min(deadline)


def deadline_min(time_s: np.ndarray) -> np.ndarray:
    """Minutes of deadlines, NaN where infinite: to a tenth and down, since a second later is too late."""
    finite = np.isfinite(time_s)
    return np.where(finite, np.floor(10.0 * s_to_minutes(np.where(finite, time_s, 0.0)) + 1e-6) / 10.0, np.nan)


def latest_departure_s(storm: StormView) -> np.ndarray:
    """Latest safe departure of each block in danger to its places (s), inf where there is no limit."""
    latest = np.full(len(storm.study.persons), np.inf)
    if storm.water.at_risk.any():
        plan = storm.at_risk
        np.minimum.at(latest, plan.allocation.block, plan.leave_by_s)
    return latest


def vulnerable_people(people: pd.DataFrame | None, persons: np.ndarray) -> dict[str, np.ndarray]:
    """Of each block's persons: 65 and more, 14 and less, with a disability; whole people, int64 (blocks,).

    A person may be counted in more than one group: they are rounded each for itself.
    """
    assert people is not None
    found = {}
    for name in ("65", "14", "disabled"):
        share = people[f"share_{name}"].to_numpy(float)
        found[name] = whole_parts(persons, np.stack([share, 1.0 - share]))[0]
    return found


def _share(part: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Share of the people, 0 where nobody lives."""
    return np.minimum(np.nan_to_num(per_person(part, people), nan=0.0), 1.0)
