"""One set of shelter sites under one storm: which are used, who reaches them, and who gets a place."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from shelters.allocation import Allocation
from shelters.assignment import assign
from shelters.nearest import RoadTravel
from shelters.reach import Nearest, nearest_site, ways_in_metres
from shelters.routes import route_count
from sim.coping import coping_gaps, coping_rules
from sim.plan import ShelterPlan, make_plan
from sim.plan_terms import PlanTerms, plan_terms
from sim.site_use import SiteUse
from sim.streets import Streets
from sim.study import Study


class StormView:
    """Everything about `sites` (a SHELTERS frame with x_m, y_m) under storm number `storm` of a study, made when asked.

    Reach, routes and the plan for everyone are judged on the roads at their worst: an edge that closes at any moment
    is out. The plan for people in danger counts a road until it closes.
    """

    def __init__(self, study: Study, sites: pd.DataFrame, storm: int, stay: str, like: StormView | None = None) -> None:
        self.study, self.sites, self.storm, self.stay = study, sites, storm, stay
        self.like = like  # a view of nearly the same sites: its prices of places save work
        self.water, self.roads = study.storms[storm], study.roads[storm]
        self.places = study.places(sites)
        self.reach_m = study.rules.number(f"shelters.distance_m_{stay}")

    @cached_property
    def use(self) -> SiteUse:
        """Which sites are used, and why the others are not."""
        return self.study.use(self.sites, self.storm, self.stay, places=self.places)

    @cached_property
    def streets(self) -> Streets:
        """Roads, homes and doors as the plan of a drill takes them."""
        blocks = self.study.blocks
        return Streets(
            self.study.graph, blocks.node, blocks.access_m, self.places.node, self.places.access_m,
            self.study.walk_speed_m_s, self.roads.walk_time_s,
        )  # fmt: skip

    @cached_property
    def terms(self) -> PlanTerms:
        """What the scenario asks of a plan: priority, households, aid, and how far people walk."""
        return plan_terms(self.study.scenario, self.study.city_with(self.sites), self.study.rules)

    @cached_property
    def nearest(self) -> Nearest:
        """The nearest site of each block within the class distance: open ones on a dry day, used ones in a storm."""
        blocks, closed = self.study.blocks, np.isinf(self.roads.length_m)
        ways = ways_in_metres(
            self.study.graph, closed, blocks.node, blocks.access_m, self.places.node, self.places.access_m, self.reach_m
        )
        return nearest_site(ways, self.use.used if self.water.is_storm else self.use.open)

    @cached_property
    def routes(self) -> np.ndarray:
        """Routes of each block to used sites that share no road, at most 2; int64 (blocks,)."""
        closed = np.isinf(self.roads.length_m)
        return route_count(self.study.graph, closed, self.study.blocks.node, self.places.node[self.use.used])

    @property
    def travel(self) -> RoadTravel:
        """Walking from every block to every site on the roads at their worst."""
        blocks = self.study.blocks
        return RoadTravel(
            self.study.graph, self.roads.slowest_s, blocks.node, self.study.access_s(blocks),
            self.places.node, self.study.access_s(self.places),
        )  # fmt: skip

    @property
    def room(self) -> np.ndarray:
        """Places for the plan for everyone: of used sites in a storm, of open ones on a dry day; int64 (sites,)."""
        return np.where(self.use.used if self.water.is_storm else self.use.open & self._on_roads, self.use.places, 0)

    @cached_property
    def everyone(self) -> Allocation:
        """The plan when all people must go, under the terms of the scenario's plan."""
        demand = self.terms.by_group(self.study.persons)
        terms, prices = self.terms, self._prices()
        return assign(demand, self.travel, self.room, terms.options, terms.districts, price_ms=prices).allocation

    @cached_property
    def at_risk(self) -> ShelterPlan:
        """The plan for the people in danger, as a drill makes it."""
        water = self.water
        return make_plan(self.streets, self.use.usable_places, water.at_risk, water.timing, water.time_s, self.terms)

    @cached_property
    def coping_gap(self) -> np.ndarray:
        """People of each block in danger without a place that they can count on; float64 (blocks,)."""
        rules = coping_rules(self.study.rules, self.stay)
        water = self.water
        return coping_gaps(
            self.streets, water.time_s, water.rain_start_s, self.sites, self.use, self.study.persons, water.in_danger,
            rules,
        )  # fmt: skip

    def _prices(self) -> np.ndarray | None:
        """Prices of the places of each site in the plan of the view that this one is like; 0 for a new site."""
        if self.like is None or self.like.everyone.price_ms is None:
            return None
        known = dict(zip(self.like.sites["id"], self.like.everyone.price_ms.tolist(), strict=True))
        return np.array([known.get(site, 0) for site in self.sites["id"]], np.int64)

    @property
    def _on_roads(self) -> np.ndarray:
        return self.use.cut_s > 0.0


def unchanged(study: Study, storm: int, stay: str) -> StormView:
    """The view of the city's own sites: made once and kept with the study, and gone with it."""
    assert study.city.shelters is not None
    if (storm, stay) not in study.views:
        study.views[storm, stay] = StormView(study, study.city.shelters, storm, stay)
    return study.views[storm, stay]
