"""Adequacy behind the figures: the sites and the population blocks, one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.schema import ADEQUACY_BLOCKS, ADEQUACY_SITES
from data.units import s_to_minutes
from shelters.allocation import Allocation
from shelters.approach import approach_directions
from shelters.inventory import functions_of, longest_stay, missing_functions, supplies_when_full
from shelters.reach import Nearest
from shelters.sites import unit_count
from sim.adequacy_areas import deadline_min, latest_departure_s
from sim.rulebook import approach_rules, space_rules, stay_rules, supply_rules
from sim.storm_view import StormView

_HAZARDS = ("flood", "waterlogging", "landslide", "earthquake", "fire")


def site_rows(storm: StormView) -> pd.DataFrame:
    """One row per shelter site, columns of schema ADEQUACY_SITES."""
    study, sites, use = storm.study, storm.sites, storm.use
    has = functions_of(sites)
    water_l, toilets, kits = (sites[name].to_numpy(float) for name in ("water_l", "toilet_count", "kits"))
    stores = supplies_when_full(use.places, water_l, toilets, kits, supply_rules(study.rules))
    assert study.city.roads is not None
    nodes = study.city.roads.nodes
    directions = approach_directions(
        study.graph, np.zeros(study.graph.edges, bool), nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float),
        storm.places.node, approach_rules(study.rules),
    )  # fmt: skip
    kind = sites["shelter_class"].to_numpy()
    stated = sites["longest_stay"].to_numpy()
    risky = storm.water.at_risk.any()
    table = sites[["id", "name", "name_en", "lon", "lat", "shelter_class", "site_type", "indoor", "area_m2"]].assign(
        area=study.lowest_area(sites),
        longest_stay=longest_stay(kind, use.effective_m2, stated, stay_rules(study.rules)),
        effective_m2=np.round(use.effective_m2, 1),
        capacity=use.places,
        occupants=np.ceil(sites["occupants"].to_numpy(float)).astype(np.int64),
        units=unit_count(use.places, space_rules(study.rules).unit_persons),
        functions=has.sum(axis=1),
        functions_missing=missing_functions(has),
        accessible=sites["accessible"].to_numpy(bool),
        fit_for=_fit_for(sites),
        in_floodplain=sites["in_floodplain"].to_numpy(bool),
        conversion_time_h=sites["conversion_time_h"].to_numpy(float),
        approach_directions=directions,
        two_roads_ok=directions >= 2,
        water_days=np.round(np.where(use.places > 0, stores.water_days, np.nan), 2),
        toilets_short=stores.toilets_short,
        kits_short=stores.kits_short,
        wet_at_min=_minutes(use.wet_s),
        cut_off_at_min=_minutes(use.cut_s),
        excluded=use.excluded,
        assigned=storm.everyone.occupancy,
        assigned_at_risk=storm.at_risk.allocation.occupancy if risky else np.zeros(len(sites), np.int64),
        worst_trip_min=_worst_trip(storm.everyone, len(sites)),
    )
    return table[list(ADEQUACY_SITES.names)].reset_index(drop=True)


def block_rows(dry: StormView, storm: StormView) -> pd.DataFrame:
    """One row per population block, columns of schema ADEQUACY_BLOCKS."""
    study = storm.study
    people = study.city.people
    assert people is not None
    ids = storm.sites["id"].astype(str).to_numpy(object)
    risky = storm.water.at_risk.any()
    table = people[["lon", "lat"]].assign(
        block=people["id"].astype(str),
        area=study.lowest_area(people),
        people=study.persons,
        at_risk=storm.water.at_risk,
        nearest_dry=_names(dry.nearest, ids),
        distance_dry_m=_metres(dry.nearest),
        nearest_storm=_names(storm.nearest, ids),
        distance_storm_m=_metres(storm.nearest),
        routes=storm.routes,
        without_place=storm.everyone.unserved,
        at_risk_without_place=storm.at_risk.allocation.unserved if risky else 0,
        latest_departure_min=deadline_min(latest_departure_s(storm)),
        coping_gap=np.round(storm.coping_gap, 3),
    )
    return table[list(ADEQUACY_BLOCKS.names)].reset_index(drop=True)


def _fit_for(sites: pd.DataFrame) -> list[str]:
    """The hazards that each site is fit for, separated by spaces."""
    fit = sites[[f"fit_for_{hazard}" for hazard in _HAZARDS]].to_numpy(bool)
    return [" ".join(np.array(_HAZARDS)[row]) for row in fit]


def _worst_trip(plan: Allocation, sites: int) -> np.ndarray:
    worst = np.full(sites, -np.inf)
    np.maximum.at(worst, plan.site, plan.time_s)
    return _minutes(np.where(np.isinf(worst), np.inf, worst))


def _minutes(time_s: np.ndarray) -> np.ndarray:
    """Minutes to a tenth, NaN where infinite."""
    return np.where(np.isfinite(time_s), np.round(s_to_minutes(np.where(np.isfinite(time_s), time_s, 0.0)), 1), np.nan)


def _names(nearest: Nearest, ids: np.ndarray) -> np.ndarray:
    named = np.full(len(nearest.site), "", object)
    named[nearest.within] = ids[nearest.site[nearest.within]]
    return named


def _metres(nearest: Nearest) -> np.ndarray:
    return np.where(nearest.within, np.round(np.where(nearest.within, nearest.distance_m, 0.0), 1), np.nan)
