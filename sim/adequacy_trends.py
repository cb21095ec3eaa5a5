"""Adequacy over storms and over years: what storms leave of the shelters, and the path to the plan's target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import ADEQUACY, ADEQUACY_CURVE, ADEQUACY_YEARS, City
from sim.adequacy_areas import area_table
from sim.area_sums import per_person, sum_in
from sim.storm_view import StormView
from sim.study import Study

LEVELS = ("city", "district")
_PER_PERSON = {
    "m2_per_person": "effective_m2", "dry_m2_per_person": "dry_m2", "storm_m2_per_person": "storm_m2",
}  # fmt: skip


def storm_curve(views: Sequence[StormView], target_m2: float, tables: dict[int, pd.DataFrame]) -> pd.DataFrame:
    """One row per storm and area of the city and district levels, columns of schema ADEQUACY_CURVE.

    `views`: the same sites under every storm, the dry case first. `tables` may hold area tables that are there already.
    """
    rows = []
    for number, view in enumerate(views):
        table = tables.get(number)
        table = area_table(views[0], view, target_m2) if table is None else table
        case = view.water.case
        rows.append(
            _upper(table, view.study.city).assign(
                storm=case.label,
                return_period_a=np.nan if case.return_period_a is None else case.return_period_a,
                rain_mm=case.rain_mm,
            )
        )
    return pd.concat(rows, ignore_index=True)[list(ADEQUACY_CURVE.names)]


def year_path(study: Study, sites: pd.DataFrame, effective_m2: np.ndarray) -> pd.DataFrame:
    """One row per year and area of the city and district levels, columns of schema ADEQUACY_YEARS.

    People stay those of today. Sites count from their open_year; one without a year counts from the start.
    """
    rules = study.rules
    opens = np.nan_to_num(sites["open_year"].to_numpy(float), nan=-np.inf)
    planned = opens[np.isfinite(opens)]
    base, target = int(rules.number("shelters.base_year")), int(rules.number("shelters.target_year"))
    last = int(max(target, study.scenario.start.year, *(planned.astype(int).tolist() or [target])))
    rows = []
    for level in study.levels:
        areas = level.map.areas
        if level.map.level not in LEVELS or areas.empty:
            continue
        people = sum_in(level.block, study.persons, len(areas))
        of_site = study.area_of(sites, level)
        for year in range(base, last + 1):
            there = opens <= year
            area_m2 = sum_in(of_site, np.where(there, effective_m2, 0.0), len(areas))
            path = target_of_year(year, rules)
            rows.append(
                pd.DataFrame(
                    {
                        "year": year,
                        "code": areas["code"].astype(str),
                        "name": areas["name"],
                        "name_en": areas["name_en"],
                        "level": level.map.level,
                        "sites": sum_in(of_site, there.astype(np.int64), len(areas)),
                        "effective_m2": np.round(area_m2, 1),
                        "m2_per_person": per_person(area_m2, people),
                        "target_m2": path,
                        "target_ok": area_m2 >= path * people * (1.0 - 1e-9),
                    }
                )
            )
    if not rows:
        return pd.DataFrame(columns=list(ADEQUACY_YEARS.names))
    return pd.concat(rows, ignore_index=True)[list(ADEQUACY_YEARS.names)]


def target_of_year(year: int, rules: Rules) -> float:
    """The plan's path (m2 per person): the base of its base year, its target from the target year, straight between."""
    years = rules.number("shelters.base_year"), rules.number("shelters.target_year")
    areas = rules.number("shelters.base_m2_per_person"), rules.number("shelters.target_m2_per_person")
    return round(float(np.interp(year, years, areas)), 4)


def _upper(table: pd.DataFrame, city: City) -> pd.DataFrame:
    """The rows of the city and district levels; the sum of the highest level where no area is the whole city."""
    kept = table[table["level"].isin(LEVELS)]
    if not (table["level"] == LEVELS[0]).any():
        kept = pd.concat([_summed(table[table["level"] == table["level"].iloc[0]], city), kept], ignore_index=True)
    return kept[[name for name in ADEQUACY.names if name in ADEQUACY_CURVE.names]]


def _summed(parts: pd.DataFrame, city: City) -> pd.DataFrame:
    """One row of the city level, without a code, from areas that do not overlap."""
    people = parts["people"].sum()
    row: dict[str, object] = {"code": "", "name": city.name, "name_en": city.name_en, "level": LEVELS[0]}
    for name, area in _PER_PERSON.items():
        row[name] = float(per_person(np.array([parts[area].sum()]), np.array([people]))[0])
    for name in ("sites_used", "at_risk", "at_risk_without_place", "without_place", "risk_score"):
        row[name] = parts[name].sum()
    row["in_reach_storm"] = float((parts["in_reach_storm"] * parts["people"]).sum() / max(people, 1))
    return pd.DataFrame([row])
