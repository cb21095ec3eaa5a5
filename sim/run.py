"""`run(scenario) -> Result`: the only orchestrator. Every part of the main job is called here, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from data.readers.city import read_city
from data.rules_file import Rules, load_rules
from data.sample import sample_city
from data.schema import LEVELS, PLAN, City
from data.units import hours_to_s, m_s_to_mm_h, minutes_to_s
from hazards import RainForcing
from sim.apply_measures import apply_measures
from sim.area_result import area_results, risk_of_cells
from sim.area_risk import warnings_with_risk
from sim.clock import Stopwatch
from sim.coping import coping_of_flood
from sim.crowd_plan import crowd_summary, crowds_of, plan_for_crowds
from sim.demand import AreaOrders, area_codes, order_times, orders_by_area, orders_of, people_to_move
from sim.evacuation import EvacuationOutcome
from sim.exodus import expected_deaths, inside_flooded, run_evacuation
from sim.failures import check_within_run
from sim.feedback import Improved
from sim.flood_sewers import drains_summary
from sim.flooding import FloodedCity, flood_city
from sim.layers import (
    block_table,
    closed_frames,
    closure_table,
    occupancy,
    site_table,
    timeline_table,
    underpass_table,
)
from sim.mishaps import mishaps_of
from sim.plan import ShelterPlan, make_plan, plan_nobody, plan_table
from sim.plan_terms import check_aid, plan_terms
from sim.result import Result
from sim.rulebook import drain_down_limit_s
from sim.scenario import CHINA, Scenario
from sim.site_stock import SiteStock, stock_sites, wet_sites
from sim.storm import make_rain
from sim.story import tell_story
from sim.streets import Streets, lay_streets
from sim.summary import (
    evacuation_summary,
    flood_summary,
    people_summary,
    plan_summary,
    shelters_summary,
    structures_summary,
    underpasses_summary,
    warnings_summary,
)
from sim.warnings import issue_warnings

Progress = Callable[[str, float], None]  # (stage in words, fraction of it done)


def run(scenario: Scenario, rules: Rules | None = None, on_progress: Progress | None = None) -> Result:
    """Run a drill. The same scenario gives the same result, whatever the number of threads."""
    rules = rules or load_rules()
    tell = on_progress or (lambda stage, fraction: None)
    clock = Stopwatch()
    tell("Reading the city", 0.0)
    city = apply_measures(load_city(scenario), scenario.measure, rules)
    check_aid(scenario, city)
    rain = make_rain(scenario.storm, city.grid, rules)
    until_s = end_of_run(scenario, city, rain, rules)
    check_within_run(scenario.failure, scenario.breach, until_s, scenario.file)
    clock.lap("city")

    flooded = flood_city(scenario, city, rain, rules, until_s, lambda done: tell("Flooding the city", done))
    clock.lap("flood")

    tell("Planning shelters", 0.0)
    block_area = area_codes(city, flooded.watch)
    moved = _Move(scenario, city, flooded, rain, rules)
    table = pd.DataFrame(columns=list(PLAN.names))
    if moved.plan is not None:
        table = plan_table(city, moved.plan, block_area)
    warnings = issue_warnings(city, rain, flooded.watch, table, moved.orders, rules)
    clock.lap("plan")

    tell("Walking to the shelters", 0.0)
    deaths = moved.walk(until_s)
    clock.lap("evacuation")

    tell("Summing up", 0.0)
    fallen = rain.until(until_s)
    rain_end_s = min(rain.end_s(), until_s)
    inside = np.isfinite(city.terrain)
    risk = risk_of_cells(city, flooded.exposure, flooded.run.maxima, rules)
    coping = coping_of_flood(scenario, city, flooded, float(rain.edges_s[0]), rules, moved.streets)
    areas = area_results(city, flooded, risk, table, warnings, rain_end_s, until_s, rules, coping)
    warnings = warnings_with_risk(warnings, areas)
    area_map = flooded.watch.points.area_map
    orders = orders_of(moved.plan, area_map.areas, block_area) if moved.plan is not None else ()
    sites = site_table(city, moved.stock, moved.plan, moved.outcome)
    underpasses = underpass_table(city, flooded.watch)
    closures, mishaps = closure_table(city, flooded.watch), mishaps_of(scenario, city)
    events = tell_story(
        fallen, inside, warnings, orders, underpasses, closures, mishaps, sites,
        areas[areas["level"] == area_map.level], moved.outcome, rain_end_s, until_s,
    )  # fmt: skip
    result = Result(
        city=city,
        scenario=scenario.resolved(),
        start=scenario.start.astimezone(CHINA),  # one clock in every file, the one that messages must carry
        rules_hash=rules.hash,
        unverified_rules=tuple(rules.unverified()),
        rain_time_s=fallen.edges_s,
        rain_mm_h=np.append(m_s_to_mm_h(fallen.mean_rate_m_s(inside)), 0.0),
        flood=flooded.run,
        areas=areas,
        warnings=warnings,
        orders=orders,
        events=events,
        plan=table,
        sites=sites,
        site_occupancy=occupancy(moved.outcome, np.array(flooded.watch.time_s), len(sites)),
        underpasses=underpasses,
        blocks=block_table(city, flooded, moved.plan, block_area),
        roads_closed_frames=closed_frames(moved.streets, flooded.watch, flooded.run),
        timeline=timeline_table(city, rain, flooded.watch, moved.streets, moved.plan, moved.outcome),
        summary={},
        closures=closures,
        structures=tuple(structure.state for structure in flooded.structures),
        mishaps=mishaps,
    )
    clock.lap("summary")
    return replace(result, summary=_summary(result, flooded, moved, risk, deaths, clock))


def load_city(scenario: Scenario) -> City:
    """The city pack of the scenario, or the sample city."""
    return sample_city(scenario.sample) if scenario.city is None else read_city(scenario.city)


def end_of_run(scenario: Scenario, city: City, rain: RainForcing, rules: Rules) -> float:
    """The end that the scenario asks for, else when the slowest drainage class present must have drained."""
    if scenario.flood.duration_h is not None:
        return hours_to_s(scenario.flood.duration_h)
    limit_s = drain_down_limit_s(rules)
    present = limit_s if city.areas is None else set(city.areas["drainage_class"])
    return rain.end_s() + max(limit_s[name] for name in present)


class _Move:
    """The part of a run that moves people; without roads or shelters they are told to leave and have no place."""

    def __init__(self, scenario: Scenario, city: City, flooded: FloodedCity, rain: RainForcing, rules: Rules) -> None:
        self.scenario, self.city, self.flooded, self.rules = scenario, city, flooded, rules
        self.streets: Streets | None = None
        self.stock: SiteStock | None = None
        self.plan: ShelterPlan | None = None
        self.outcome: EvacuationOutcome | None = None
        self.orders: AreaOrders | None = None
        self.crowded: Improved[ShelterPlan] | None = None
        self.in_flooded = 0  # people in shelters that the water entered
        if city.people is None or city.people.empty:
            return
        self.from_class = int(rules.number("evacuation.evacuate_from_class"))
        watch = flooded.watch
        lead_min = scenario.evacuation.order_lead_min
        lead_s = rules.number("evacuation.forecast_lead_s") if lead_min is None else minutes_to_s(lead_min)
        demand = people_to_move(scenario.plan.demand, flooded, self.from_class)
        timing = order_times(flooded, self.from_class, lead_s, float(rain.edges_s[0]))
        self.orders = orders_by_area(watch, demand, timing, self.from_class)
        if city.roads is None or city.shelters is None or city.shelters.empty:
            self.plan = plan_nobody(demand, timing)
            return
        self.streets = lay_streets(city, watch, rules)
        time_s = np.array(watch.time_s)
        self.stock = stock_sites(city, wet_sites(watch, rules), self.streets, time_s, scenario, rules)
        terms = plan_terms(scenario, city, rules)
        plan = partial(make_plan, self.streets, self.stock.open_capacity, demand, timing, time_s, terms)
        if scenario.plan.feedback_rounds:
            crowds, rounds = crowds_of(scenario, rules), scenario.plan.feedback_rounds
            self.crowded = plan_for_crowds(plan, self.streets.graph.edges, rounds, crowds)
        self.plan = plan() if self.crowded is None else self.crowded.plan

    def walk(self, until_s: float) -> float:
        """Walk the plan; returns the expected deaths among those who stay in danger."""
        if self.plan is None:
            return 0.0
        if self.streets is not None and self.stock is not None:
            time_s = np.array(self.flooded.watch.time_s)
            self.outcome = run_evacuation(
                self.scenario, self.streets, self.stock, self.plan, time_s, until_s, self.rules
            )
            self.in_flooded = int(inside_flooded(self.stock, self.outcome).sum())
        at_risk = people_to_move("at_risk", self.flooded, self.from_class)
        return expected_deaths(
            self.city, self.flooded, self.stock, self.plan, self.outcome, at_risk, self.from_class, self.rules
        )


def _summary(
    result: Result, flooded: FloodedCity, moved: _Move, risk: np.ndarray, deaths: float, clock: Stopwatch
) -> dict[str, Any]:
    wall = {name: round(clock.laps.get(name, 0.0), 2) for name in ("city", "flood", "plan", "evacuation", "summary")}
    drains = flooded.run.drains
    engine_s = 0.0 if drains is None else round(drains.engine_wall_s, 2)  # a part of that of the flood
    return {
        "city": result.city.name,
        "city_en": result.city.name_en,
        "exercise": True,
        "synthetic": list(result.city.synthetic),
        "notes": list(result.city.notes),
        "scenario": {**result.scenario, "start": result.start.isoformat()},
        "rules_hash": result.rules_hash,
        "wall_s": {**wall, "drains": engine_s, "report": 0.0, "total": round(clock.total_s, 2)},
        "flood": flood_summary(flooded, result.areas),
        "drains": None if drains is None else drains_summary(drains, flooded.run.book),
        "structures": structures_summary(result.structures),
        "underpasses": underpasses_summary(result.underpasses, result.closures),
        "people": people_summary(flooded.exposure, flooded.run.maxima.max_hazard, risk),
        "warnings": warnings_summary(result.warnings, LEVELS),
        "plan": {**plan_summary(moved.plan), **crowd_summary(moved.crowded)},
        "evacuation": evacuation_summary(moved.outcome, moved.plan, deaths, moved.in_flooded),
        "shelters": shelters_summary(result.sites),
    }
