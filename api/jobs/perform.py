"""`perform`: one task in, one folder of files out. A function of its arguments alone, whoever calls it and where."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from api.jobs.asked import AdequacyAsked, DrillAsked, ForecastAsked, SitingAsked, read_asked
from api.jobs.limits import Limits
from api.jobs.manifest import sync_folder, take_out_clocks, write_manifest
from api.jobs.registry import Registry
from api.jobs.scenario_asked import INPUTS
from api.jobs.sites_asked import changes_on, write_rows
from api.jobs.studies import keep_study, study_file
from api.jobs.task import Task, params_sha256
from data.errors import InputError
from data.rules_file import load_rules
from data.units import hours_to_s

Tell = Callable[[str, float], None]  # (stage in words, fraction of it done)
Measured = dict[str, float]  # seconds on a clock, which differ from run to run


def perform(task: Task, work: Path, tell: Tell, limits: Limits | None = None) -> Path:
    """Do the task in `work`, an empty folder, and return the folder of the result in it: files, then the manifest.

    The process must stand in the home folder, to which every path is relative: so nothing that is written tells where
    that lies. InputError where the city does not have what the params name; RunStopped where a run stopped itself.
    """
    inputs, out = work / INPUTS, work / "out"
    asked = read_asked(task.kind, task.params, Registry(Path()), limits, inputs)
    asked = replace(asked, scenario=replace(asked.scenario, seed=task.seed))
    measured = _PERFORM[task.kind](asked, out, inputs, tell, limits)
    tell("Sealing the result", 0.0)
    if inputs.is_dir():
        shutil.copytree(inputs, out / INPUTS)
    take_out_clocks(out, measured)
    write_manifest(out, task.kind, params_sha256(task.kind, task.params), task.seed)
    sync_folder(out)
    return out


def _drill(asked: DrillAsked, out: Path, inputs: Path, tell: Tell, limits: Limits | None) -> Measured:
    from api.drill_folder import write_drill
    from sim.run import end_of_run, load_city, run
    from sim.storm import make_rain

    if limits is not None and asked.scenario.flood.duration_h is None:
        city, rules = load_city(asked.scenario), load_rules()
        limits.check_end(end_of_run(asked.scenario, city, make_rain(asked.scenario.storm, city.grid, rules), rules))
    result = run(asked.scenario, on_progress=tell)
    wall = result.summary["wall_s"]
    untimed = dict.fromkeys(wall, 0.0)  # a page that says how long it took differs every time
    write_drill(replace(result, summary={**result.summary, "wall_s": untimed}), out, on_progress=tell)
    return dict(wall)


def _adequacy(asked: AdequacyAsked, out: Path, inputs: Path, tell: Tell, limits: Limits | None) -> Measured:
    from api.adequacy_folder import write_adequacy
    from sim.adequacy import assess_study, check_anybody, check_city
    from sim.run import load_city
    from sim.study import Study

    rules = load_rules()
    tell("Reading the city", 0.0)
    city = load_city(asked.scenario)
    check_city(city)
    check_anybody(city, asked.scenario)
    with_left_out, changes = changes_on(city, asked.add, asked.remove, asked.resize, inputs, rules)
    study = Study.prepare(city, asked.scenario, rules, asked.storms, tell=tell)
    keep_study(study_file(Path(), asked.params), study)  # for what-ifs: without what only this request says
    study.city = with_left_out
    found = assess_study(study, stay=asked.stay, target_m2=asked.target_m2, changes=changes or None, tell=tell)
    tell("Writing the study", 0.0)
    write_adequacy(found, rules, out)
    return {}


def _siting(asked: SitingAsked, out: Path, inputs: Path, tell: Tell, limits: Limits | None) -> Measured:
    from api.siting_folder import write_siting
    from data.readers.sites import read_sites
    from data.schema import CANDIDATES
    from sim.run import load_city
    from sim.siting import find_sites
    from sim.siting_result import SitingQuestion

    rules = load_rules()
    tell("Reading the city", 0.0)
    city = load_city(asked.scenario)
    if asked.candidates:
        frame, left_out = read_sites(write_rows(inputs, asked.candidates), city, CANDIDATES)
        kept = tuple(one for one in city.left_out if one.layer != "candidates")
        city = replace(city, candidates=frame, left_out=(*kept, *left_out))
    if city.candidates is None or city.candidates.empty:
        raise InputError("no candidate sites", place="candidates", expected="rows, or a city that has candidates")
    count = asked.count if asked.count is None else min(asked.count, len(city.candidates))
    reach = rules.number(f"shelters.distance_m_{asked.scenario.plan.stay}") if asked.cover_m is None else asked.cover_m
    question = SitingQuestion(count, asked.budget, asked.area_limits, reach, asked.time_limit_s)
    found = find_sites(city, asked.scenario, rules, question, tell=tell)
    tell("Writing the page", 0.0)
    write_siting(replace(found, proof=replace(found.proof, wall_s=0.0)), rules, out)
    return {"solver": found.proof.wall_s}


def _forecast(asked: ForecastAsked, out: Path, inputs: Path, tell: Tell, limits: Limits | None) -> Measured:
    from api.forecast_folder import write_forecast
    from sim.forecast.cycle import ForecastCycle
    from sim.forecast.given import storm_at
    from sim.forecast.terms import ForecastTerms
    from sim.run import load_city
    from sim.storm import make_rain

    rules, scenario = load_rules(), asked.scenario
    hours = scenario.flood.duration_h
    terms = ForecastTerms(
        drains=scenario.drains.network,
        drainage_factor=scenario.flood.drainage_factor,
        horizon_s=None if hours is None else hours_to_s(hours),
        plan=scenario.plan,
    )
    tell("Reading the city", 0.0)
    city = load_city(scenario)
    rain = make_rain(scenario.storm, city.grid, rules)
    now = scenario.start + timedelta(minutes=asked.observed_min)
    given = storm_at(rain, scenario.start, now, "request")
    with ForecastCycle(city, rules, terms) as cycle:
        outlook = cycle.run(
            given.time, given.observed, given.epoch, given.ahead, members=asked.members, seed=scenario.seed, tell=tell
        )
        assert cycle.detail is not None
        tell("Writing the forecast", 0.0)
        write_forecast(outlook, cycle.detail, city, rules, out)
    return {"cycle": outlook.wall_s}


_PERFORM: Mapping[str, Callable[[Any, Path, Path, Tell, Limits | None], Measured]] = {
    "drill": _drill,
    "adequacy": _adequacy,
    "siting": _siting,
    "forecast": _forecast,
}
