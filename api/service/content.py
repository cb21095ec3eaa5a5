"""What a message says of its area, whoever it comes from: an outlook, the message before, or a waiting question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from api.service.places import Place
from api.warning.notice import Notice, Refuge
from api.warning.notice_json import refuge_from_json
from api.wording import EN, ZH
from sim.forecast.outlook import AreaOutlook, people_counted
from sim.result import Evidence, ShelterUse, Warning


@dataclass(frozen=True)
class Content:
    """One area's facts at a moment, without identifier, kind, or times of the message."""

    area: str
    area_level: str
    name: str
    name_en: str
    event: str
    level: int
    onset: datetime | None  # None: now
    people: int | None  # None: nobody could be counted
    evidence: tuple[Evidence, ...]
    shelters: tuple[Refuge, ...]
    leave_by: datetime | None
    leave: bool  # people are told to leave
    probability: tuple[float, ...] | None
    made_from: tuple[str, ...]
    polygon: BaseGeometry  # WGS84

    def warning(self, message_type: str, references: str, sent: datetime, expires: datetime) -> Warning:
        """The same as a warning whose seconds count from `sent`. A Cancel carries neither evidence nor shelters."""
        lifted = message_type == "Cancel"

        def seconds(moment: datetime) -> float:
            return (moment - sent).total_seconds()

        onset = min(sent if self.onset is None or lifted else self.onset, expires)
        leave_by = self.leave_by if self.leave_by is not None else sent
        return Warning(
            id="",
            area=self.area,
            area_name=self.name,
            area_name_en=self.name_en,
            event=self.event,
            level=0 if lifted else self.level,
            message_type=message_type,
            references=references,
            sent_s=0.0,
            onset_s=seconds(onset),
            expires_s=seconds(expires),
            lead_time_min=max(0.0, seconds(onset) / 60.0),
            people_at_risk=0 if lifted and self.people is not None else self.people,
            evidence=() if lifted else self.evidence,
            shelters=() if lifted else tuple(_use(refuge, sent) for refuge in self.shelters),
            leave_by_s=seconds(leave_by) if self.leave and not lifted else None,
            polygon=self.polygon,
            area_level=self.area_level,
            probability=None if lifted else self.probability,
            made_from=self.made_from,
        )


def of_outlook(
    area: AreaOutlook, outlook_time: datetime, level: int, event: str, made_from: tuple[str, ...]
) -> Content:
    """What an outlook says, for a message of that level. Its shelters count seconds from `outlook_time`."""
    return Content(
        area=area.area,
        area_level=area.area_level,
        name=area.name,
        name_en=area.name_en,
        event=event,
        level=level,
        onset=area.onset,
        people=area.people if people_counted(made_from) else None,
        evidence=area.evidence,
        shelters=tuple(refuge_of(use, outlook_time) for use in area.shelters),
        leave_by=area.leave_by,
        leave=area.leave_by is not None or bool(area.shelters),
        probability=area.probability,
        made_from=made_from,
        polygon=area.polygon,
    )


def of_place(place: Place, level: int, event: str) -> Content:
    """What a person says without any outlook: the colour and the area."""
    return Content(
        place.code, place.level, place.name, place.name_en, event, level, None, None, (), (), None, False, None, (),
        place.polygon,
    )  # fmt: skip


def of_area_form(place: Place, said: Mapping[str, Any], made_from: tuple[str, ...], level: int, event: str) -> Content:
    """What the kept outlook of an area says (`api.service.outlook_form`)."""
    onset, leave_by = _moment(said["onset"]), _moment(said["leaveBy"])
    refuges = tuple(refuge_from_json(use) for use in said["shelters"])
    bare = of_place(place, level, event)
    return replace(
        bare,
        onset=onset,
        people=said["people"] if people_counted(made_from) else None,
        evidence=tuple(Evidence(e["rule"], e["value"], e["threshold"], e["unit"]) for e in said["evidence"]),
        shelters=refuges,
        leave_by=leave_by,
        leave=leave_by is not None or bool(refuges),
        probability=tuple(said["probability"]),
        made_from=made_from,
    )


def of_notice(notice: Notice, level: int, event: str) -> Content:
    """What a message said, to be said again; its evidence stays in the units people read."""
    return Content(
        area=notice.area,
        area_level=notice.area_level,
        name=notice.words[ZH].area,
        name_en=notice.words[EN].area,
        event=event,
        level=level,
        onset=notice.onset,
        people=notice.people,
        evidence=notice.evidence,
        shelters=notice.refuges,
        leave_by=notice.leave_by,
        leave=notice.leave_by is not None or notice.leave_now,
        probability=notice.probability,
        made_from=notice.made_from,
        polygon=_polygon(notice),
    )


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _polygon(notice: Notice) -> BaseGeometry:
    rings = [Polygon(ring) for ring in notice.rings]
    return rings[0] if len(rings) == 1 else MultiPolygon(rings)


def refuge_of(use: ShelterUse, since: datetime) -> Refuge:
    """A shelter with its latest safe departure as a clock time."""
    leave_by = None if use.leave_by_s is None else since + timedelta(seconds=use.leave_by_s)
    return Refuge(
        use.shelter, use.name, use.name_en, use.persons, use.walk_min, leave_by, use.way, use.way_en, use.lon, use.lat
    )


def _use(refuge: Refuge, sent: datetime) -> ShelterUse:
    """A shelter with its latest safe departure in seconds after the message."""
    leave_by_s = 0.0 if refuge.leave_now else None
    if refuge.leave_by is not None:
        leave_by_s = (refuge.leave_by - sent).total_seconds()
    return ShelterUse(
        refuge.id, refuge.name, refuge.name_en, refuge.persons, refuge.walk_min, leave_by_s,
        refuge.way, refuge.way_en, refuge.lon, refuge.lat,
    )  # fmt: skip
