"""Floods of one city under several scenarios, side by side in processes where memory allows."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from data.errors import RunStopped
from data.rules_file import Rules
from data.schema import PLAN, City
from data.units import s_to_hours
from hazards import exposed_people
from sim.area_map import warning_level
from sim.area_result import area_results, whole_people
from sim.coping import coping_of_flood
from sim.flooding import FloodedCity
from sim.scenario import Scenario
from sim.storm_flood import flood_of_storm
from sim.underpass_states import underpass_closures
from sim.workers import run_in_processes

Progress = Callable[[str, float], None]
T = TypeVar("T")
Job = Callable[[Scenario, City, Rules, Callable[[float], None]], T]  # a function that processes can find by name

_M2_PER_HA = 1e4
_FEWEST_CELLS = 50_000  # a smaller grid floods sooner than a process starts
_BYTES_PER_CELL = 1200  # of a run with few frames, measured on the sample city; and of the program itself:
_BYTES_OF_PROCESS = 400e6
_USABLE_MEMORY = 0.8


@dataclass(frozen=True, eq=False)
class FloodOutcome:
    """What a flood did, without warnings, plan or evacuation.

    `totals`: people_h3_up (persons), person_risk (persons), ponded_ha_h (ha h), ponded_ha (ha, ever), max_depth_m (of
    streets without underpasses), drained and drain_judged, no_sea and sea_judged (areas of the warning level),
    underpasses_closed, underpass_closed_h (h, sum of all), rain_mm, to_ground_m3 (soil, sponges and tanks on the
    street), to_sewers_m3 and from_sewers_m3 (through inlets and manholes, down and up), continuity_error.
    """

    areas: pd.DataFrame  # schema AREAS_RESULT
    totals: dict[str, float]
    rain_end_s: float
    end_s: float
    max_depth: np.ndarray  # float32 (rows, cols), m; NaN off the streets
    risk: np.ndarray  # float32 (rows, cols), person-risk
    pipes: pd.DataFrame | None = None  # links of the drains' result by name: max_fill, full_s; None without a network


def flood_outcome(
    scenario: Scenario, city: City, rules: Rules, tell: Callable[[float], None] = lambda fraction: None
) -> FloodOutcome:
    """Run the flood of a scenario over a city (its measures are built first) and sum it up."""
    storm = flood_of_storm(scenario, city, rules, tell)
    city, flooded, risk = storm.city, storm.flooded, storm.risk
    nobody_moves = pd.DataFrame(columns=list(PLAN.names))
    coping = coping_of_flood(scenario, city, flooded, storm.rain_start_s, rules)
    areas = area_results(city, flooded, risk, nobody_moves, (), storm.rain_end_s, storm.until_s, rules, coping)
    deepest = np.where(flooded.dry_street, flooded.run.maxima.max_depth, np.float32(np.nan))
    drains = flooded.run.drains
    return FloodOutcome(
        areas=areas,
        totals={**_totals(city, flooded, areas, risk), "rain_mm": storm.rain_mm},
        rain_end_s=storm.rain_end_s,
        end_s=storm.until_s,
        max_depth=deepest.astype(np.float32),
        risk=risk.astype(np.float32),
        pipes=None if drains is None else drains.links,
    )


def _totals(city: City, flooded: FloodedCity, areas: pd.DataFrame, risk: np.ndarray) -> dict[str, float]:
    maxima, book, cell_m2 = flooded.run.maxima, flooded.run.book, city.grid.cell_area_m2
    street = flooded.dry_street
    everywhere = np.zeros(city.grid.shape, np.int32)
    by_class = exposed_people(flooded.exposure.persons_per_cell, maxima.max_hazard, everywhere, 1)
    rows = areas[areas["level"] == warning_level(city)]
    time_s = np.array(flooded.watch.time_s)
    closures = underpass_closures(city, time_s, flooded.watch.stacked("underpass_depth"))
    closed_s = sum((time_s[-1] if one.reopened_s is None else one.reopened_s) - one.closed_s for one in closures)
    drains = flooded.run.drains
    ponded_s = float(maxima.ponded_s[street].sum(dtype=np.float64))
    return {
        "people_h3_up": int(whole_people(by_class)[0, 3:].sum()),
        "person_risk": round(float(risk.sum()), 3),
        "ponded_ha_h": round(s_to_hours(ponded_s) * cell_m2 / _M2_PER_HA, 3),
        "ponded_ha": round(float((maxima.ponded_s[street] > 0.0).sum() * cell_m2 / _M2_PER_HA), 3),
        "max_depth_m": round(float(np.max(maxima.max_depth[street], initial=0.0)), 3),
        "drained": int((rows["drain_down_ok"] & rows["drain_down_known"]).sum()),
        "drain_judged": int(rows["drain_down_known"].sum()),
        "no_sea": int((rows["sea_ok"] & rows["sea_known"]).sum()),
        "sea_judged": int(rows["sea_known"].sum()),
        "underpasses_closed": len({one.underpass for one in closures}),
        "underpass_closed_h": round(s_to_hours(closed_s), 3),
        "to_ground_m3": round(book.infiltrated_m3, 1),
        "to_sewers_m3": 0.0 if drains is None else round(drains.book.exchange.down_m3, 1),
        "from_sewers_m3": 0.0 if drains is None else round(drains.book.exchange.up_m3, 1),
        "continuity_error": book.continuity_error,
    }


def run_floods(
    city: City,
    scenarios: Sequence[Scenario],
    rules: Rules,
    *,
    workers: int | None = None,
    tell: Callable[[float], None] = lambda fraction: None,
) -> list[FloodOutcome | RunStopped]:
    """The outcome of each scenario, in order; RunStopped stands where one stopped itself. See `run_jobs`."""
    return run_jobs(flood_outcome, city, scenarios, rules, workers=workers, tell=tell)


def run_jobs(
    job: Job[T],
    city: City,
    scenarios: Sequence[Scenario],
    rules: Rules,
    *,
    workers: int | None = None,
    tell: Callable[[float], None] = lambda fraction: None,
) -> list[T | RunStopped]:
    """What `job` makes of the flood of each scenario, in order; RunStopped stands where one stopped itself.

    `workers` processes at most (None: as many as cores and memory allow); with more than one, each floods on one
    thread, which changes no result. InputError where a scenario does not fit the city.
    """
    # Frames are not looked at here: as few as can be are kept.
    quiet = [replace(one, flood=replace(one.flood, output_step_min=120.0)) for one in scenarios]
    usable = workers_for(city, len(quiet)) if workers is None else min(workers, len(quiet))
    if usable > 1:
        return _side_by_side(job, city, quiet, rules, usable, tell)
    made: list[T | RunStopped] = []
    for number, scenario in enumerate(quiet):
        made.append(_safe(job, scenario, city, rules, lambda done, k=number: tell((k + done) / len(quiet))))  # type: ignore[misc]
    return made


def workers_for(city: City, runs: int) -> int:
    """Processes for so many runs: as many as cores, and as fit into the memory that is free; one for a small grid."""
    if city.grid.cells < _FEWEST_CELLS:
        return 1
    fit = int(_USABLE_MEMORY * _free_memory() / (city.grid.cells * _BYTES_PER_CELL + _BYTES_OF_PROCESS))
    return max(1, min(runs, len(os.sched_getaffinity(0)), fit))


def _free_memory() -> float:
    """Bytes that a new process may take."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return 1024.0 * next(float(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _side_by_side(
    job: Job[T],
    city: City,
    scenarios: list[Scenario],
    rules: Rules,
    workers: int,
    tell: Callable[[float], None],
) -> list[T | RunStopped]:
    lent = city, Rules({name: dict(entries) for name, entries in rules.files.items()})
    return run_in_processes(partial(_lent, job), [_one_thread(one) for one in scenarios], workers, _lend, lent, tell)


def _one_thread(scenario: Scenario) -> Scenario:
    return replace(scenario, flood=replace(scenario.flood, threads=1))


_LENT: dict[str, Any] = {}  # of a worker process: the city and the rules, sent once


def _lend(city: City, rules: Rules) -> None:
    _LENT.update(city=city, rules=rules)


def _lent(job: Job[T], scenario: Scenario) -> T | RunStopped:
    return _safe(job, scenario, _LENT["city"], _LENT["rules"], lambda fraction: None)


def _safe(job: Job[T], scenario: Scenario, city: City, rules: Rules, tell: Callable[[float], None]) -> T | RunStopped:
    try:
        return job(scenario, city, rules, tell)
    except RunStopped as stop:  # the partial run stays behind: it may be large
        return RunStopped(stop.message, time_s=stop.time_s, place=stop.place)
