"""The part of a drill that moves people: who must leave, who is told when, the plan, and the drill of command on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np

from data.rules_file import Rules
from data.schema import City
from data.units import minutes_to_s
from hazards import RainForcing
from sim.casualties import DeadlyWater, deadly_water, inside_flooded
from sim.command.check import check_script
from sim.command.places import Places
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup, GivenOrder
from sim.crowd_plan import crowds_of, plan_for_crowds
from sim.demand import AreaOrders, Timing, order_times, orders_by_area, people_to_move
from sim.drill_setup import city_places, plan_rows, set_up_drill
from sim.feedback import Improved
from sim.flooding import FloodedCity
from sim.leave_orders import blocks_of_areas, orders_of_rules, told_by
from sim.movement.outcome import MovementOutcome
from sim.plan import ShelterPlan, make_plan, plan_nobody
from sim.plan_terms import plan_terms
from sim.result import Warning
from sim.scenario import Scenario
from sim.site_stock import SiteStock, stock_sites, wet_sites
from sim.streets import Streets, lay_streets


class Moving:
    """People of a flooded city: demand, orders and plan at once; the drill itself by `set_up`, then `moved`.

    Without people nothing is there; without roads or shelters people are told to leave and have no place.
    """

    def __init__(
        self, scenario: Scenario, city: City, flooded: FloodedCity, rain: RainForcing, until_s: float, rules: Rules
    ) -> None:
        self.scenario, self.city, self.flooded, self.rules, self.until_s = scenario, city, flooded, rules, until_s
        self.streets: Streets | None = None
        self.stock: SiteStock | None = None
        self.plan: ShelterPlan | None = None
        self.orders: AreaOrders | None = None
        self.crowded: Improved[ShelterPlan] | None = None
        self.places: Places | None = None
        self.given: tuple[GivenOrder, ...] = ()
        self.record: DrillRecord | None = None
        if city.people is None or city.people.empty:
            return
        self.from_class = int(rules.number("evacuation.evacuate_from_class"))
        watch = flooded.watch
        self.demand = people_to_move(scenario.plan.demand, flooded, self.from_class)
        timing = self._order(rain)
        told = np.where(np.isfinite(timing.told_s), self.demand, 0)
        self.orders = orders_by_area(watch, told, timing, self.from_class)
        if city.roads is None or city.shelters is None or city.shelters.empty:
            self.plan = plan_nobody(told, timing)
            return
        self.streets = lay_streets(city, watch, rules)
        time_s = np.array(watch.time_s)
        self.stock = stock_sites(city, wet_sites(watch, rules), self.streets, time_s, scenario, rules)
        terms = plan_terms(scenario, city, rules)
        plan = partial(make_plan, self.streets, self.stock.open_capacity, told, timing, time_s, terms)
        if scenario.plan.feedback_rounds:
            crowds, rounds = crowds_of(scenario, rules), scenario.plan.feedback_rounds
            self.crowded = plan_for_crowds(plan, self.streets.graph.edges, rounds, crowds)
        self.plan = plan() if self.crowded is None else self.crowded.plan

    def _order(self, rain: RainForcing) -> Timing:
        """Who is told when: by the rules, by the script, or nobody. Checks the script against the city."""
        scenario, flooded = self.scenario, self.flooded
        warned = flooded.watch.points.area_map
        blocks = blocks_of_areas(self.city, warned)
        self.places = city_places(self.city, warned, blocks)
        lead_min = scenario.evacuation.order_lead_min
        lead_s = self.rules.number("evacuation.forecast_lead_s") if lead_min is None else minutes_to_s(lead_min)
        timing = order_times(flooded, self.from_class, lead_s, float(rain.edges_s[0]))
        check_script(self.places, scenario.order, scenario.inject, self.until_s, scenario.file)
        by_rules = []
        if scenario.evacuation.orders == "rules":
            by_rules = orders_of_rules(timing, self.demand, blocks, warned)
        silent = scenario.evacuation.orders == "none"
        scripted = [order for order in scenario.order if not (silent and order.kind == "leave")]
        given = [GivenOrder(order, "rules") for order in by_rules] + [GivenOrder(order, "script") for order in scripted]
        self.given = tuple(sorted(given, key=lambda one: one.order.at_min))
        return told_by([*by_rules, *scripted], timing, blocks)

    def set_up(self, warnings: Sequence[Warning]) -> DrillSetup | None:
        """The drill of command and movement; None where there is nobody to move or nowhere to go."""
        if self.streets is None or self.stock is None or self.plan is None or self.places is None:
            return None
        return set_up_drill(
            self.scenario, self.city, self.flooded, self.streets, self.stock, self.plan,
            plan_rows(self.plan, self.demand), self.places, self.given, self.scenario.inject, warnings, self.until_s,
            self.rules,
        )  # fmt: skip

    @property
    def outcome(self) -> MovementOutcome | None:
        """What the movement came to; None before the drill or without one."""
        return None if self.record is None else self.record.outcome

    @property
    def in_flooded(self) -> int:
        """People in shelters that the water entered."""
        if self.stock is None or self.outcome is None:
            return 0
        return int(inside_flooded(self.stock, self.outcome).sum())

    @cached_property
    def deadly(self) -> DeadlyWater:
        """Mortality wherever people stay; nowhere where there are no people."""
        if self.plan is None:
            nobody = np.zeros(0)
            return DeadlyWater(nobody, nobody, nobody, nobody, nobody)
        at_risk = people_to_move("at_risk", self.flooded, self.from_class)
        return deadly_water(self.city, self.flooded, self.stock, self.demand, at_risk, self.from_class, self.rules)
