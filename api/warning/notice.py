"""What a message says, whole and by itself: every format (CAP, GB/T 35965.1, GeoJSON, Atom, speech) is written from it.

A notice never changes once it is composed. As JSON it is the public form of a warning, and comes back exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from data.schema import AREA_LEVELS, LEVELS
from data.units import m_to_mm
from sim.result import Evidence, RiskParts

BEIJING = timezone(timedelta(hours=8))
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Refuge:
    """One shelter that the message sends people to, and the way there."""

    id: str
    name: str
    name_en: str
    persons: int
    walk_min: float
    leave_by: datetime | None = None  # latest safe departure of everybody sent there; None: no way closes, or leave_now
    way: tuple[str, ...] = ()  # street names in the order walked
    way_en: tuple[str, ...] = ()
    lon: float | None = None  # WGS84, degrees
    lat: float | None = None
    leave_now: bool = False  # for some who are sent there no departure is safe any more


@dataclass(frozen=True)
class Words:
    """The texts of a message in one language."""

    sender: str
    event: str
    area: str
    responsible: str  # the unit that answers for the area
    headline: str
    description: str
    instruction: str


@dataclass(frozen=True)
class Notice:
    """One message, ready to be written in any format. Moments are in whole seconds and carry their offset."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    msg_type: str  # "Alert", "Update", "Cancel"
    scope: str
    references: str  # "sender,identifier,sent" of the message this one succeeds, or ""
    drill: str  # name of the exercise, "" where Actual
    note: str
    restriction: str
    event: str  # "rainstorm", "waterlogging"
    event_code: tuple[str, str]  # name of the code table, code
    area: str  # code
    area_level: str  # one of AREA_LEVELS
    geocode: tuple[str, str]  # code system, code
    level: int  # index into LEVELS; 0 once lifted
    onset: datetime
    expires: datetime
    leave_by: datetime | None  # None where nobody is told to leave, or it is too late for a safe departure
    leave_now: bool  # people are told to leave and no departure is safe any more
    severity: str
    urgency: str
    certainty: str
    response_types: tuple[str, ...]
    people: int | None  # in H3 or worse while it holds; None: not known
    lead_time_min: float
    probability: tuple[float, ...] | None  # of blue, yellow, orange, red or worse; None: not known
    evidence: tuple[Evidence, ...]  # in the units people read: mm, m, persons
    refuges: tuple[Refuge, ...]  # the one that takes most people first
    risk: RiskParts | None
    rings: tuple[Ring, ...]  # outlines (lon, lat), closed, counter-clockwise, largest first
    rules_hash: str
    unverified: tuple[str, ...]  # rules behind the message that nobody has checked
    synthetic: tuple[str, ...]  # made-up layers of the city
    made_from: tuple[str, ...]  # provenance: "nowcast", "ensemble:20", ... (api.warning.provenance)
    words: Mapping[str, Words]  # by language

    def __post_init__(self) -> None:
        if self.level not in range(len(LEVELS)) or self.area_level not in AREA_LEVELS:
            raise ValueError(f"level(={self.level!r}) or area_level(={self.area_level!r}) is not one of the known ones")
        for moment in (self.sent, self.onset, self.expires, self.leave_by):
            if moment is not None and (moment.tzinfo is None or moment.microsecond):
                raise ValueError(f"{moment!r} must be whole seconds with an offset")

    @property
    def colour(self) -> str:
        """Red, Orange, Yellow, Blue, or None once lifted."""
        return LEVELS[self.level].capitalize()

    def to_json(self) -> dict[str, object]:
        """The notice as JSON values, see api.warning.notice_json."""
        from api.warning.notice_json import notice_to_json

        return notice_to_json(self)

    @staticmethod
    def from_json(content: Mapping[str, object]) -> Notice:
        """The notice that `to_json` wrote; InputError where it is something else."""
        from api.warning.notice_json import notice_from_json

        return notice_from_json(content)


def stamp(moment: datetime) -> str:
    """Whole seconds in Beijing time, the only form that CAP readers here accept."""
    return moment.astimezone(BEIJING).replace(microsecond=0).isoformat()


def measured(evidence: Evidence) -> tuple[float, float, str]:
    """Value, threshold and unit as people read them: rain sums in mm, whole people, depths to the centimetre."""
    value, threshold, unit = evidence.value, evidence.threshold, evidence.unit
    if evidence.rule.startswith("rain") and unit == "m":
        value, threshold, unit = m_to_mm(value), m_to_mm(threshold), "mm"
    digits = {"persons": 0, "mm": 1}.get(unit, 2)
    return round(value, digits), round(threshold, digits), unit
