"""Studies of the tiny city with water put on its roads and sites by hand: no flood has to run."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from data.rules_file import Rules, load_rules
from data.schema import AREAS_RESULT, City
from sim.adequacy_result import StormCase
from sim.demand import Timing
from sim.exposure import whole_persons
from sim.scenario import Plan, Scenario
from sim.storm_water import StormWater, dry_water
from sim.study import Study
from tests.tiny_city import tiny_city

STEPS_S = np.arange(0.0, 7201.0, 300.0)


@lru_cache(maxsize=1)
def rules() -> Rules:
    return load_rules()


@lru_cache(maxsize=1)
def city() -> City:
    return tiny_city()


def scenario(**plan: object) -> Scenario:
    return replace(Scenario(), plan=Plan(**plan))  # type: ignore[arg-type]


def water(
    rain_mm: float = 50.0,
    *,
    flooded_edges: dict[int, float] | None = None,
    wet_sites: dict[str, float] | None = None,
    danger: np.ndarray | None = None,
    label: str = "test",
) -> StormWater:
    """Edges (number -> moment, s) stand 2 m deep from then on; sites (id -> moment) reach their limit."""
    place, steps = city(), STEPS_S
    assert place.roads is not None
    assert place.shelters is not None
    depth = np.zeros((len(steps), len(place.roads.edges)), np.float32)
    for edge, since in (flooded_edges or {}).items():
        depth[steps >= since, edge] = 2.0
    limit = np.full(place.grid.shape, np.inf, np.float32)
    for site, since in (wet_sites or {}).items():
        row = place.shelters[place.shelters["id"] == site].iloc[0]
        at = place.grid.cell_of(np.array([row["x_m"]]), np.array([row["y_m"]]))
        limit[at] = since
    persons = whole_persons(place, "night")
    people = np.zeros(len(persons)) if danger is None else np.asarray(danger, float)
    begins = np.where(people > 0, 3600.0, np.inf)
    return StormWater(
        case=StormCase(label, None, rain_mm),
        rain_start_s=0.0,
        time_s=steps,
        edge_depth=depth,
        edge_speed=np.zeros_like(depth),
        edge_depth_speed=np.zeros_like(depth),
        site_limit_s=limit,
        at_risk=np.ceil(people).astype(np.int64),
        in_danger=people,
        timing=Timing(np.maximum(begins - 3600.0, 0.0), begins),
        areas=pd.DataFrame(columns=list(AREAS_RESULT.names)),
    )


def study(*waters: StormWater, place: City | None = None, asked: Scenario | None = None) -> Study:
    place, asked = place or city(), asked or scenario()
    return Study(place, asked, rules(), [dry_water(place, asked), *waters])
