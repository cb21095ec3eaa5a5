"""What a forecast cycle says of the city: the outlook of every area, and what it was made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sim.result import Evidence, ShelterUse

if TYPE_CHECKING:
    import pandas as pd
    from shapely.geometry.base import BaseGeometry

UNCOUNTED = frozenset(f"forecast.note.{name}" for name in ("rain_only", "water_stopped", "no_people"))


def people_counted(notes: Iterable[str]) -> bool:
    """Whether people in danger were counted: with one of these among the notes of a cycle, none are known of."""
    return UNCOUNTED.isdisjoint(notes)


@dataclass(frozen=True)
class AreaOutlook:
    """One area of one level. Colours are indices into data.schema.LEVELS."""

    area: str  # code; of the whole city "city" where the pack has no areas
    area_level: str  # one of AREA_LEVELS
    parent: str  # code of the area above, "" at the top
    name: str
    name_en: str
    colour_now: int  # by what is observed and analysed at the time of the cycle
    colour: int  # to warn of: what is there now, or probable enough within the horizon
    event: str  # "rainstorm", "waterlogging", ...: what sets the colour; "" where there is none
    probability: tuple[float, float, float, float]  # of blue, yellow, orange, red or worse within the horizon
    onset: datetime | None  # first moment of `colour`; None where colour is 0
    people: int  # in H3 or worse at the worst moment, mean of the members, rounded up
    people_range: tuple[int, int]  # 10th and 90th percentile of the members
    evidence: tuple[Evidence, ...]  # the rules that hold, worst first
    shelters: tuple[ShelterUse, ...]  # where people told to leave go
    leave_by: datetime | None  # latest safe departure; None where nobody must leave
    polygon: BaseGeometry  # WGS84, simplified for messages


@dataclass(frozen=True)
class Gauges:
    """On how many rain gauges the rain of a cycle rests."""

    heard: int = 0  # of late
    all: int = 0  # of the city; 0: the rain is not from gauges

    @property
    def few(self) -> bool:
        """Whether fewer than half are heard: the rain between them is hardly known."""
        return 2 * self.heard < self.all

    @property
    def deaf(self) -> bool:
        """Whether none is heard of those that there are: nobody knows whether it still rains."""
        return self.all > 0 and self.heard == 0


NO_GAUGES = Gauges()


@dataclass(frozen=True)
class Outlook:
    """A finished forecast cycle."""

    cycle: str  # identifier: the UTC time it stands for, YYYYMMDDTHHMMSSZ
    time: datetime  # what it knows reaches until here, with its offset
    horizon_s: float
    areas: tuple[AreaOutlook, ...]  # every area of every level that is present
    rain: str  # "nowcast", "supplied" or "ensemble"
    members: int
    sensors_used: int
    sensors_silent: tuple[str, ...]  # that should have reported and did not
    rules_hash: str
    unverified_rules: tuple[str, ...]
    synthetic: tuple[str, ...]  # layers of the city
    notes: tuple[str, ...]  # what was missing and what that costs, keys of the message catalogue
    plan: pd.DataFrame  # schema PLAN: where people in danger go
    wall_s: float
    seed: int
    gauges: Gauges = NO_GAUGES

    @property
    def counted(self) -> bool:
        """Whether people in danger were counted; where not, a count of nought says nothing."""
        return people_counted(self.notes)
