"""The whole `summary.json` of a drill, part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.schema import LEVELS
from sim.clock import Stopwatch
from sim.crowd_plan import crowd_summary
from sim.flood_sewers import drains_summary
from sim.flooding import FloodedCity
from sim.moving import Moving
from sim.result import Result
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

_STAGES = ("city", "flood", "plan", "evacuation", "judgement", "summary")


def drill_summary(
    result: Result, flooded: FloodedCity, moving: Moving, risk: np.ndarray, clock: Stopwatch
) -> dict[str, Any]:
    """Every key that others rely on; `risk` as `area_results` takes it, times are those of the clock so far."""
    wall = {name: round(clock.laps.get(name, 0.0), 2) for name in _STAGES}
    drains = flooded.run.drains
    engine_s = 0.0 if drains is None else round(drains.engine_wall_s, 2)  # a part of that of the flood
    deaths, without = moving.deadly.deaths(moving.outcome), moving.deadly.deaths(None)
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
        "plan": {**plan_summary(moving.plan), **crowd_summary(moving.crowded)},
        "evacuation": evacuation_summary(moving.outcome, moving.plan, deaths, without, moving.in_flooded),
        "shelters": shelters_summary(result.sites),
    }
