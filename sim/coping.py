"""Coping gap of each block: people in danger without a place on dry ground that they can reach in time.

The formula is `shelters.entitlement`'s. A site shares its places at the target space among the residents within the
walking distance of the stay on dry roads. In the storm a block keeps its share of a site that takes people in, while
the way there is no longer than that distance and takes no longer than the warning comes ahead, on the roads at their
worst: each edge at its slowest of the whole run, a closed one out.
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
from shelters.sites import access_cut, capacity_persons, closing_time, flooded
from sim.flooding import FloodedCity
from sim.rulebook import site_limits, space_rules
from sim.scenario import Scenario
from sim.site_use import SiteUse, judge_sites
from sim.streets import Streets, lay_streets


@dataclass(frozen=True)
class CopingRules:
    """What a place is and what in time means; values from the rules files."""

    target_m2: float  # per person
    reach_m: float  # walking distance of the stay
    lead_s: float  # the warning comes so long ahead of the danger


def coping_rules(rules: Rules, stay: str) -> CopingRules:
    """The parameters for a stay."""
    return CopingRules(
        target_m2=rules.number("shelters.target_m2_per_person"),
        reach_m=rules.number(f"shelters.distance_m_{stay}"),
        lead_s=rules.number("evacuation.forecast_lead_s"),
    )


def in_danger(flooded_city: FloodedCity, from_class: int) -> np.ndarray:
    """People of each block on cells that reach the class at any time, float64 (blocks,); not rounded."""
    exposure = flooded_city.exposure
    return exposure.of_blocks(exposure.seen(flooded_city.run.maxima.max_hazard) >= from_class)


def coping_gaps(
    streets: Streets,
    sites: pd.DataFrame,
    use: SiteUse,
    persons: np.ndarray,
    danger: np.ndarray,
    rules: CopingRules,
) -> np.ndarray:
    """Coping gap of each block (persons, float64) in one storm.

    `sites` is a SHELTERS frame judged by `use`, both in the order of the sites of `streets`; `persons` and `danger`
    (blocks,) are the residents and those of them in danger.
    """
    # What a site gives depends on no other site, so those that the storm takes need not be shared out at all.
    dry = _within(streets, np.zeros(streets.graph.edges, bool), rules.reach_m, use.used)
    entitled = entitled_places(dry, persons, _places(sites, rules.target_m2))
    slowest = streets.walk_time_s.max(axis=0)
    near = _within(streets, np.isinf(slowest), rules.reach_m, use.used)
    in_time = sites_in_reach(
        RoadTravel(
            streets.graph, slowest, streets.block_node, streets.block_access_s, streets.site_node,
            streets.site_access_s, rules.lead_s,
        ),
        use.used,
    )  # fmt: skip
    kept = near.has(dry.block, dry.site) & in_time.has(dry.block, dry.site)
    return coping_gap(dry, entitled, kept, danger)


def coping_of_flood(
    scenario: Scenario, city: City, flooded_city: FloodedCity, rules: Rules, streets: Streets | None = None
) -> np.ndarray:
    """Coping gap of each block after a flood (persons, float64); all people in danger without roads or shelters."""
    danger = in_danger(flooded_city, int(rules.number("evacuation.evacuate_from_class")))
    if city.roads is None or city.shelters is None or city.shelters.empty or danger.size == 0:
        return danger
    streets = streets or lay_streets(city, flooded_city.watch, rules)
    use = _use_of_flood(scenario, city, flooded_city, rules, streets)
    residents = flooded_city.exposure.persons
    return coping_gaps(streets, city.shelters, use, residents, danger, coping_rules(rules, scenario.plan.stay))


def _use_of_flood(scenario: Scenario, city: City, flooded_city: FloodedCity, rules: Rules, streets: Streets) -> SiteUse:
    assert city.shelters is not None
    watch = flooded_city.watch
    time_s = np.array(watch.time_s)
    wet = flooded(watch.stacked("site_depth"), watch.stacked("site_class"), site_limits(rules))
    cut = access_cut(streets.graph, streets.walk_time_s, streets.site_node)
    open_air = scenario.plan.open_air
    return judge_sites(
        city.shelters,
        closing_time(time_s, wet),
        closing_time(time_s, cut),
        m2_per_person=space_rules(rules).m2_per_person(scenario.plan.stay),
        year=scenario.start.year,
        open_air=rules.number("shelters.open_air_in_storm") > 0.0 if open_air is None else open_air,
    )


def _places(sites: pd.DataFrame, m2_per_person: float) -> np.ndarray:
    """Free places at the target space (persons, int64): who is already inside has taken one."""
    area, share = sites["area_m2"].to_numpy(float), sites["usable_share"].to_numpy(float)
    inside = np.ceil(sites["occupants"].to_numpy(float)).astype(np.int64)
    return np.maximum(capacity_persons(area, share, m2_per_person) - inside, 0)


def _within(streets: Streets, closed: np.ndarray, limit_m: float, sites: np.ndarray) -> Reach:
    ways = ways_in_metres(
        streets.graph, closed, streets.block_node, streets.block_access_m, streets.site_node, streets.site_access_m,
        limit_m,
    )  # fmt: skip
    return sites_in_reach(ways, sites)
