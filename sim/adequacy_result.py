"""What `rongan adequacy` finds: shelter area per person area by area, under each storm, before and after a change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd

from data.schema import STAGES, City
from sim.scenario import Scenario


@dataclass(frozen=True)
class StormCase:
    """One storm of a study."""

    label: str  # as given on the command line ("50a/120min", a file name), "dry" for none
    return_period_a: float | None
    rain_mm: float


@dataclass(frozen=True)
class SiteChange:
    """One change of a what-if: a site added, removed or resized."""

    kind: str  # "add", "remove", "resize"
    site: str  # id
    name: str
    name_en: str
    before_m2: float  # gross area, 0 for an added site
    after_m2: float  # gross area, 0 for a removed site


@dataclass(frozen=True)
class Adequacy:
    """Tables as files hold them; `areas`, `sites`, `blocks` and `aid` are for the last of `storms`.

    `shapes`: one row per area of `areas`, in the same order: code, level, geometry (EPSG:4326).
    `practice`: the plan that the field would make, nearest place with room, beside ours: keys `served`,
    `without_place`, `walk_person_min`, `mean_min`, `worst_min` for each of "ours", "fair" and "nearest_with_room".
    `proof`: of the plan when all must go: `certified`, `gap`, `rounds`.
    """

    city: City
    scenario: Scenario
    stay: str
    space_m2: float  # m2 per person of the stay, by which places are counted
    target_m2: float  # m2 per person that areas are held against
    reach_m: float  # class distance of the stay
    storms: tuple[StormCase, ...]  # the driest first; the first is always "dry"
    areas: pd.DataFrame  # schema ADEQUACY
    shapes: gpd.GeoDataFrame
    sites: pd.DataFrame  # ADEQUACY_SITES
    blocks: pd.DataFrame  # ADEQUACY_BLOCKS
    curve: pd.DataFrame  # ADEQUACY_CURVE
    years: pd.DataFrame  # ADEQUACY_YEARS
    aid: pd.DataFrame  # AID
    practice: dict[str, dict[str, float]]
    proof: dict[str, Any]
    stages: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(STAGES.names)))
    changes: tuple[SiteChange, ...] = ()
    before: Adequacy | None = None  # the same without the changes

    @property
    def storm(self) -> StormCase:
        """The storm that areas, sites and blocks are for."""
        return self.storms[-1]
