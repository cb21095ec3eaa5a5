"""`run(scenario) -> Result`: the only orchestrator. Every part of the main job is called here, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from data.readers.city import read_city
from data.rules_file import Rules, load_rules
from data.sample import sample_city
from data.schema import PLAN, City
from data.units import hours_to_s, m_s_to_mm_h
from hazards import RainForcing
from sim.after_action.plans import read_plans
from sim.apply_measures import apply_measures
from sim.area_result import area_results, risk_of_cells
from sim.area_risk import warnings_with_risk
from sim.clock import Stopwatch
from sim.command.event_log import inputs_of
from sim.command.incident import run_incident
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.coping import coping_of_flood
from sim.demand import area_codes, orders_of
from sim.drill_judge import DrillJudge
from sim.drill_summary import drill_summary
from sim.failures import check_within_run
from sim.flood_record import FloodRun
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
from sim.moving import Moving
from sim.order_worth import orders_worth
from sim.plan import plan_table
from sim.plan_terms import check_aid
from sim.pump_crews import PumpCrew, crews_at_work
from sim.replicates import Replicates, run_replicates
from sim.result import Result, Warning
from sim.rulebook import drain_down_limit_s
from sim.scenario import CHINA, Scenario
from sim.storm import make_rain
from sim.story import tell_story
from sim.summary import plan_summary
from sim.warnings import issue_warnings
from sim.way_words import named_ways

Progress = Callable[[str, float], None]  # (stage in words, fraction of it done)
Conduct = Callable[[DrillSetup], DrillRecord]  # runs the drill of command and movement


@dataclass(frozen=True)
class _Storm:
    """The city under the storm: water, people who must leave, plan and warnings."""

    flooded: FloodedCity
    moving: Moving
    block_area: np.ndarray
    plan: pd.DataFrame  # PLAN
    warnings: tuple[Warning, ...]


def run(
    scenario: Scenario,
    rules: Rules | None = None,
    on_progress: Progress | None = None,
    conduct: Conduct = run_incident,
) -> Result:
    """Run a drill. The same scenario gives the same result, whatever the number of threads.

    `conduct` runs command and movement; one of its own lets people step through the drill, or replays a log.
    """
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

    storm = _flood_and_plan(scenario, city, rain, rules, until_s, tell, clock)
    setup = storm.moving.set_up(storm.warnings)
    if setup is not None:
        tell("Moving people", 0.0)
        record = conduct(setup)
        orders, injects = inputs_of(record.header)  # with those given on the way
        crews = crews_at_work(record.pumps)
        if crews:  # their pumps change the water: flood again with them, and let the same things happen
            clock.lap("evacuation")
            storm = _flood_and_plan(scenario, city, rain, rules, until_s, tell, clock, crews)
            again = storm.moving.set_up(storm.warnings)
            assert again is not None
            setup = again
            record = run_incident(setup.with_inputs(orders, injects))
        setup = setup.with_inputs(orders, injects)
        storm.moving.record = record
    clock.lap("evacuation")
    tell("Summing up", 0.0)
    risk = risk_of_cells(city, storm.flooded.exposure, storm.flooded.run.maxima, rules)
    result = _result(scenario, city, rain, storm, risk, until_s, rules)
    clock.lap("summary")
    worth, replicates = _judged(scenario, storm.moving, setup, result, rules, tell)
    clock.lap("judgement")
    summary = drill_summary(result, storm.flooded, storm.moving, risk, clock)
    return replace(result, summary=summary, worth=worth, replicates=replicates)


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


def _flood_and_plan(
    scenario: Scenario, city: City, rain: RainForcing, rules: Rules, until_s: float, tell: Progress, clock: Stopwatch,
    crews: Sequence[PumpCrew] = (),
) -> _Storm:  # fmt: skip
    stage = "Flooding the city again with the crews' pumps" if crews else "Flooding the city"
    flooded = flood_city(scenario, city, rain, rules, until_s, partial(tell, stage), crews)
    clock.lap("flood")
    tell("Planning shelters", 0.0)
    block_area = area_codes(city, flooded.watch)
    moving = Moving(scenario, city, flooded, rain, until_s, rules)
    plan, ways = pd.DataFrame(columns=list(PLAN.names)), None
    if moving.plan is not None:
        plan = plan_table(city, moving.plan, block_area)
        ways = named_ways(city, moving.plan, block_area)
    warnings = issue_warnings(city, rain, flooded.watch, plan, moving.orders, rules, ways)
    clock.lap("plan")
    return _Storm(flooded, moving, block_area, plan, warnings)


def _judged(
    scenario: Scenario, moving: Moving, setup: DrillSetup | None, result: Result, rules: Rules, tell: Progress
) -> tuple[pd.DataFrame | None, Replicates | None]:
    """What each order was worth, and the bands of more runs, where the scenario asks for them."""
    if setup is None or moving.record is None:
        return None, None
    worth, replicates = None, None
    if scenario.drill.worth:
        stage = "Running without each order"
        worth = orders_worth(setup, moving.record, moving.deadly, tell=partial(tell, stage))
    if scenario.drill.replicates:
        stage = "Running replicates"
        known = replace(result, flood=without_frames(result.flood), summary={"plan": plan_summary(moving.plan)})
        plans = read_plans(scenario.drill.plans)
        judge = DrillJudge(known, moving.stock, moving.plan, moving.deadly, plans, rules)
        replicates = run_replicates(setup, scenario.drill.replicates, judge=judge, tell=partial(tell, stage))
    return worth, replicates


def without_frames(flood: FloodRun) -> FloodRun:
    """The run without its frames and sewers, which are most of it: for those who need what it came to."""
    none = {name: getattr(flood, name)[:0] for name in ("time_s", "depth", "speed_x", "speed_y")}
    return replace(flood, **none, drains=None)


def _result(
    scenario: Scenario, city: City, rain: RainForcing, storm: _Storm, risk: np.ndarray, until_s: float, rules: Rules
) -> Result:
    flooded, moving = storm.flooded, storm.moving
    fallen = rain.until(until_s)
    rain_end_s = min(rain.end_s(), until_s)
    inside = np.isfinite(city.terrain)
    coping = coping_of_flood(scenario, city, flooded, float(rain.edges_s[0]), rules, moving.streets)
    areas = area_results(city, flooded, risk, storm.plan, storm.warnings, rain_end_s, until_s, rules, coping)
    warnings = warnings_with_risk(storm.warnings, areas)
    area_map = flooded.watch.points.area_map
    orders = orders_of(moving.plan, area_map.areas, storm.block_area) if moving.plan is not None else ()
    sites = site_table(city, moving.stock, moving.plan, moving.outcome)
    underpasses = underpass_table(city, flooded.watch)
    closures, mishaps = closure_table(city, flooded.watch), mishaps_of(scenario, city)
    events = tell_story(
        fallen, inside, warnings, orders, underpasses, closures, mishaps, sites,
        areas[areas["level"] == area_map.level], moving.outcome, rain_end_s, until_s,
    )  # fmt: skip
    return Result(
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
        plan=storm.plan,
        sites=sites,
        site_occupancy=occupancy(moving.outcome, np.array(flooded.watch.time_s), len(sites)),
        underpasses=underpasses,
        blocks=block_table(city, flooded, moving.plan, storm.block_area),
        roads_closed_frames=closed_frames(moving.streets, flooded.watch, flooded.run),
        timeline=timeline_table(city, rain, flooded.watch, moving.streets, moving.plan, moving.outcome),
        summary={},
        closures=closures,
        structures=tuple(structure.state for structure in flooded.structures),
        mishaps=mishaps,
        record=moving.record,
    )
