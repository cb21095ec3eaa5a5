"""What a run leaves in memory: water, people, warnings, plan, and the balances of both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.schema import City

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from sim.command.record import DrillRecord
    from sim.flood_run import FloodRun
    from sim.mishaps import Mishap
    from sim.replicates import Replicates


CLOSURE_COLUMNS = ("underpass", "closed_s", "reopened_s")


@dataclass(frozen=True)
class Evidence:
    """Why a warning has its colour: the rule, the value that met it and the threshold."""

    rule: str  # "rain_3h", "people_h3_up", "underpass_depth", ...
    value: float
    threshold: float
    unit: str


def highest_reached(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Of each rule the first, where the worst colour comes first: a higher threshold met says the lower ones too."""
    found: dict[str, Evidence] = {}
    for one in evidence:
        found.setdefault(one.rule, one)
    return tuple(found.values())


@dataclass(frozen=True)
class ShelterUse:
    """One shelter that a warning sends people to."""

    shelter: str
    name: str
    name_en: str
    persons: int
    walk_min: float
    leave_by_s: float | None = None  # latest safe departure of all who go there; None: no way ever closes
    way: tuple[str, ...] = ()  # names of the streets walked, in order (sim.way_words)
    way_en: tuple[str, ...] = ()
    lon: float | None = None  # WGS84, degrees
    lat: float | None = None


@dataclass(frozen=True)
class RiskParts:
    """The risk score of an area over the whole run and the parts it is made of, in persons."""

    person_risk: float
    waterlogging_excess: float
    coping_gap: float
    score: float
    index: float  # 0-100, of the score


@dataclass(frozen=True)
class Warning:
    """One message about one area. Messages of an area form a chain: Alert, then Updates, then Cancel."""

    id: str
    area: str  # area code
    area_name: str
    area_name_en: str
    event: str  # "rainstorm" or "waterlogging": what set the colour
    level: int  # index into data.schema.LEVELS; 0 for a Cancel
    message_type: str  # "Alert", "Update", "Cancel"
    references: str  # id of the message this one succeeds; "" for an Alert
    sent_s: float  # seconds since the start of the run
    onset_s: float  # when the danger begins
    expires_s: float
    lead_time_min: float  # onset - sent, not below zero
    people_at_risk: int | None  # people in H3 or worse while it holds; None: nobody could be counted
    evidence: tuple[Evidence, ...]
    shelters: tuple[ShelterUse, ...]
    leave_by_s: float | None  # latest safe departure, where people are told to leave
    polygon: BaseGeometry  # WGS84, lon/lat
    risk: RiskParts | None = None  # of its area; sets no colour
    area_level: str = "street"  # one of AREA_LEVELS
    probability: tuple[float, ...] | None = None  # of blue, yellow, orange, red or worse; None: not known
    made_from: tuple[str, ...] = ()  # provenance: rain source, sensors used, synthetic layers; words of the catalogue


@dataclass(frozen=True)
class AreaOrder:
    """People of an area told to leave."""

    area: str
    area_name: str
    area_name_en: str
    time_s: float
    persons: int


@dataclass(frozen=True)
class Event:
    """One line of the story, told by `api.messages` in either language: a key and its values."""

    time_s: float
    kind: str  # key of the message catalogue
    values: dict[str, Any]


@dataclass(frozen=True)
class Result:
    """A finished drill.

    `sites` columns: id, name, name_en, lon, lat, x_m, y_m, site_type, indoor, effective_m2, capacity, assigned,
    peak, closed_s (NaN = stayed open), turned_away, m2_per_person_at_peak, overflow, excluded (why
    the plan leaves it out, a word of EXCLUSIONS; "" = used), status
    ("empty", "part", "full": every place taken or assigned, "flooded").
    `site_occupancy`: persons, shape (timeline rows, sites).
    `underpasses` columns: id, name, name_en, lon, lat, max_depth_m, closed_from_s (NaN = never; first time),
    closed_until_s (last time; NaN = never closed, or not open again).
    `closures` columns: underpass (id), closed_s, reopened_s (NaN = still closed); one row per closure, in time.
    `structures`: what each pump, gate and breach has done, as their `state` says (hazards.structures).
    `blocks` columns: id, area, x_m, y_m, lon, lat, people, evacuees, order_s, unserved, people_h3_up.
    `roads_closed_frames`: bool, shape (frames, edges): edge closed to walkers at the frame.
    """

    city: City
    scenario: dict[str, Any]  # resolved, as written to scenario.toml
    start: datetime  # with its offset
    rules_hash: str
    unverified_rules: tuple[str, ...]
    rain_time_s: np.ndarray  # starts of the intervals, s; the last one is the end of the rain, with rate 0
    rain_mm_h: np.ndarray  # mean over the city
    flood: FloodRun
    areas: pd.DataFrame  # schema AREAS_RESULT
    warnings: tuple[Warning, ...]
    orders: tuple[AreaOrder, ...]
    events: tuple[Event, ...]
    plan: pd.DataFrame  # schema PLAN
    sites: pd.DataFrame
    site_occupancy: np.ndarray
    underpasses: pd.DataFrame
    blocks: pd.DataFrame
    roads_closed_frames: np.ndarray
    timeline: pd.DataFrame  # schema TIMELINE
    summary: dict[str, Any]  # keys of the design, section 5
    closures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CLOSURE_COLUMNS)))
    structures: tuple[dict[str, Any], ...] = ()
    mishaps: tuple[Mishap, ...] = ()
    record: DrillRecord | None = None  # of command and movement; None where nobody moved
    worth: pd.DataFrame | None = None  # what each order was worth: id, worth_arrived, worth_stranded, worth_deaths
    replicates: Replicates | None = None

    def moment(self, time_s: float) -> datetime:
        """The clock time of a simulated second."""
        return self.start + timedelta(seconds=round(time_s))
