"""What `rongan site` finds: the best set of candidate sites, how good it is proven to be, and what each one brings."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from data.schema import City
from sim.adequacy_result import StormCase
from sim.scenario import Scenario


@dataclass(frozen=True)
class SitingQuestion:
    """What is asked; None: no such limit."""

    count: int | None  # sites to choose at most
    budget: float | None  # 1e4 CNY
    area_limits: tuple[tuple[str, int], ...]  # at most so many new sites in an area (code)
    cover_m: float  # people count as served within so much of walking
    time_limit_s: float


@dataclass(frozen=True)
class SitingProof:
    """How good the set is proven to be; costs in person-metres, an unserved person counts `unserved_m`."""

    objective: float
    bound: float
    gap: float  # (objective - bound) / objective; 0: proven best
    served: int  # people, and the most that any allowed set could serve:
    served_bound: float
    solver: str  # name and version
    stopped: str  # "optimal", "gap" or "time"
    wall_s: float
    greedy_objective: float  # of the start it was given
    unserved_m: float


@dataclass(frozen=True)
class Siting:
    """Tables as files hold them. `shapes` as in `Adequacy`, for the areas of `areas`."""

    city: City
    scenario: Scenario
    question: SitingQuestion
    storm: StormCase
    stay: str
    space_m2: float
    proof: SitingProof
    people: int  # counted
    served_before: int  # by the existing sites alone
    candidates: pd.DataFrame  # schema SITING
    areas: pd.DataFrame  # SITING_AREAS
    shapes: gpd.GeoDataFrame
    existing: pd.DataFrame  # sites that are there: id, name, name_en, lon, lat, capacity, excluded
    front: pd.DataFrame  # SITING_FRONT
