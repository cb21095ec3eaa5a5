"""The answer of siting as tables: candidates, areas, sites that are there, and the front."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema import SITING, SITING_AREAS, SITING_FRONT
from data.units import s_to_minutes
from shelters.siting import Choice, FrontPoint, Gains
from sim.area_sums import per_person, sum_in
from sim.site_use import SiteUse
from sim.study import Level, Study


def candidate_rows(
    study: Study,
    sites: pd.DataFrame,
    is_candidate: np.ndarray,
    use: SiteUse,
    cost: np.ndarray,
    found: Choice,
    gains: Gains,
) -> pd.DataFrame:
    """One row per candidate, columns of schema SITING: the chosen by gain, then the others, excluded ones last."""
    chosen = np.isin(np.arange(len(sites)), found.chosen)
    table = sites[["id", "name", "name_en", "lon", "lat", "site_type"]].assign(
        area=study.lowest_area(sites),
        effective_m2=np.round(use.effective_m2, 1),
        capacity=use.places,
        cost=np.round(cost, 2),
        chosen=chosen,
        excluded=use.excluded,
        assigned=found.filling.occupancy,
        served_alone=gains.served_alone,
        served_gain=gains.served,
        saved_person_min=np.round(s_to_minutes(gains.saved_m / study.walk_speed_m_s), 1),
    )
    order = np.lexsort((np.arange(len(sites)), -gains.cost, -gains.served, use.excluded != "", ~chosen))
    table = table.iloc[order[is_candidate[order]]].reset_index(drop=True)
    table["id"] = table["id"].astype(str)
    table["rank"] = np.arange(1, len(table) + 1)
    return table[list(SITING.names)]


def area_rows(study: Study, sites: pd.DataFrame, is_candidate: np.ndarray, use: SiteUse, found: Choice) -> pd.DataFrame:
    """One row per area of every level, columns of schema SITING_AREAS."""
    chosen = np.isin(np.arange(len(sites)), found.chosen)
    before = np.where(~is_candidate & use.open, use.effective_m2, 0.0)
    added = np.where(chosen, use.effective_m2, 0.0)
    left = found.base.unserved_of_blocks(), found.filling.unserved_of_blocks()
    tables = [
        _level_rows(level, study.area_of(sites, level), study.persons, chosen, before, added, left)
        for level in study.levels
        if len(level.map.areas)
    ]
    return pd.concat(tables, ignore_index=True)[list(SITING_AREAS.names)]


def _level_rows(
    level: Level,
    of_site: np.ndarray,
    persons: np.ndarray,
    chosen: np.ndarray,
    before: np.ndarray,
    added: np.ndarray,
    left: tuple[np.ndarray, np.ndarray],
) -> pd.DataFrame:
    areas = level.map.areas
    people = sum_in(level.block, persons, len(areas))
    had, new = (sum_in(of_site, area_m2, len(areas)) for area_m2 in (before, added))
    return pd.DataFrame(
        {
            "code": areas["code"].astype(str),
            "name": areas["name"],
            "name_en": areas["name_en"],
            "level": level.map.level,
            "people": people,
            "chosen": sum_in(of_site, chosen.astype(np.int64), len(areas)),
            "added_m2": np.round(new, 1),
            "m2_per_person_before": per_person(had, people),
            "m2_per_person_after": per_person(had + new, people),
            "without_place_before": sum_in(level.block, left[0], len(areas)),
            "without_place_after": sum_in(level.block, left[1], len(areas)),
        }
    )


def existing_rows(existing: pd.DataFrame, use: SiteUse) -> pd.DataFrame:
    """Sites that are there, the first rows of `use`: what they hold and why some are not used."""
    count = len(existing)
    table = existing[["id", "name", "name_en", "lon", "lat"]].assign(
        capacity=use.places[:count], excluded=use.excluded[:count]
    )
    return table.reset_index(drop=True)


def front_rows(front: list[FrontPoint], ids: np.ndarray, cost: np.ndarray) -> pd.DataFrame:
    """Columns of schema SITING_FRONT; `ids` and `cost` (1e4 CNY) per site."""
    rows = [
        {
            "sites": len(point.chosen),
            "cost": round(float(cost[list(point.chosen)].sum()), 2),
            "without_place": point.unserved,
            "bound": np.nan if point.bound is None else float(point.bound),
            "chosen": " ".join(ids[list(point.chosen)]),
        }
        for point in front
    ]
    return pd.DataFrame(rows, columns=list(SITING_FRONT.names))
