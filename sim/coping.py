"""Coping gap of each block: people in danger without a place on dry ground that they can reach in time.

The formula is `shelters.entitlement`'s. A site shares its places at the target space among the residents within the
walking distance of the stay on dry roads. In the storm a block keeps its share of a site that takes people in and that
it reaches in time: told when the rain begins, its people have left after the departure time, and walk no farther than
that distance within what is left of the lead time, on the roads of that lead time at their worst (each edge at its
slowest, one that closes meanwhile out). The hours are the same for every storm, so more water never keeps more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import City
from shelters.entitlement import coping_gap, entitled_places
from shelters.nearest import RoadTravel
from shelters.reach import Reach, sites_in_reach, ways_in_metres
from shelters.sites import flooded, free_places
from sim.behaviour.decisions import leave_delay
from sim.behaviour_rules import behaviour
from sim.flooding import FloodedCity
from sim.rulebook import site_limits
from sim.scenario import Scenario
from sim.site_stock import stock_sites
from sim.site_use import SiteUse
from sim.streets import Streets, lay_streets


@dataclass(frozen=True)
class CopingRules:
    """What a place is and what in time means; values from the rules files."""

    target_m2: float  # per person
    reach_m: float  # walking distance of the stay
    lead_s: float  # from being told to the danger
    leave_s: float  # of that until people have left home

    def __post_init__(self) -> None:
        if not 0.0 <= self.leave_s <= self.lead_s:
            raise ValueError(f"leave_s(={self.leave_s}) must lie between 0 and lead_s(={self.lead_s})")


def coping_rules(rules: Rules, stay: str) -> CopingRules:
    """The parameters for a stay."""
    lead_s = rules.number("evacuation.forecast_lead_s")
    by_day = Scenario(time_of_day="day")  # one clock for all storms, whatever the hour of a scenario
    leave_s = leave_delay(behaviour(by_day, rules), rules.number("evacuation.leave_quantile"))
    return CopingRules(
        target_m2=rules.number("shelters.target_m2_per_person"),
        reach_m=rules.number(f"shelters.distance_m_{stay}"),
        lead_s=lead_s,
        leave_s=min(leave_s, lead_s),
    )


def in_danger(flooded_city: FloodedCity, from_class: int) -> np.ndarray:
    """People of each block on cells that reach the class at any time, float64 (blocks,); not rounded."""
    exposure = flooded_city.exposure
    return exposure.of_blocks(exposure.seen(flooded_city.run.maxima.max_hazard) >= from_class)


def coping_gaps(
    streets: Streets,
    step_s: np.ndarray,
    told_s: float,
    sites: pd.DataFrame,
    use: SiteUse,
    persons: np.ndarray,
    danger: np.ndarray,
    rules: CopingRules,
) -> np.ndarray:
    """Coping gap of each block (persons, float64) in one storm.

    `step_s` (steps,) is when each row of the streets' walking times begins, `told_s` the beginning of the rain. `sites`
    is a SHELTERS frame judged by `use`, both in the order of the sites of `streets`; `persons` and `danger` (blocks,)
    are the residents and those of them in danger.
    """
    # What a site gives depends on no other site, so those that the storm takes need not be shared out at all.
    everybody = np.arange(len(persons))
    dry = _within(streets, everybody, np.zeros(streets.graph.edges, bool), rules.reach_m, use.used)
    area, share, inside = (sites[name].to_numpy(float) for name in ("area_m2", "usable_share", "occupants"))
    entitled = entitled_places(dry, persons, free_places(area, share, inside, rules.target_m2))
    hours = np.asarray(step_s) < told_s + rules.lead_s
    hours[0] = True
    slowest = streets.walk_time_s[hours].max(axis=0)
    endangered = np.flatnonzero(danger)
    near = _within(streets, endangered, np.isinf(slowest), rules.reach_m, use.used)
    in_time = sites_in_reach(
        RoadTravel(
            streets.graph, slowest, streets.block_node[endangered], streets.block_access_s[endangered],
            streets.site_node, streets.site_access_s, rules.lead_s - rules.leave_s,
        ),
        use.used,
    )  # fmt: skip
    asked = np.flatnonzero(np.asarray(danger)[dry.block])
    row, site = np.searchsorted(endangered, dry.block[asked]), dry.site[asked]
    kept = np.zeros(len(dry), bool)
    kept[asked] = near.has(row, site) & in_time.has(row, site)
    return coping_gap(dry, entitled, kept, danger)


def coping_of_flood(
    scenario: Scenario,
    city: City,
    flooded_city: FloodedCity,
    rain_start_s: float,
    rules: Rules,
    streets: Streets | None = None,
) -> np.ndarray:
    """Coping gap of each block after a flood (persons, float64); all people in danger without roads or shelters."""
    danger = in_danger(flooded_city, int(rules.number("evacuation.evacuate_from_class")))
    if city.roads is None or city.shelters is None or city.shelters.empty or danger.size == 0:
        return danger
    watch = flooded_city.watch
    streets = streets or lay_streets(city, watch, rules)
    step_s = np.array(watch.time_s)
    wet = flooded(watch.stacked("site_depth"), watch.stacked("site_class"), site_limits(rules))
    use = stock_sites(city, wet, streets, step_s, scenario, rules).use
    return coping_gaps(
        streets, step_s, rain_start_s, city.shelters, use, flooded_city.exposure.persons, danger,
        coping_rules(rules, scenario.plan.stay),
    )  # fmt: skip


def _within(streets: Streets, blocks: np.ndarray, closed: np.ndarray, limit_m: float, sites: np.ndarray) -> Reach:
    ways = ways_in_metres(
        streets.graph, closed, streets.block_node[blocks], streets.block_access_m[blocks], streets.site_node,
        streets.site_access_m, limit_m,
    )  # fmt: skip
    return sites_in_reach(ways, sites)
