"""A notice as JSON and back, exactly. Names follow CAP 1.2 where CAP has one; English texts end in `_en`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from api.warning.notice import BEIJING, Notice, Refuge, Words, stamp
from api.wording import EN, ZH
from data.errors import InputError
from sim.result import Evidence, RiskParts

_PLAIN = {
    "identifier": "identifier", "sender": "sender", "status": "status", "msgType": "msg_type", "scope": "scope",
    "references": "references", "drill": "drill", "note": "note", "restriction": "restriction", "event": "event",
    "areaCode": "area", "areaLevel": "area_level", "level": "level", "leaveNow": "leave_now", "severity": "severity",
    "urgency": "urgency", "certainty": "certainty", "peopleAtRisk": "people", "leadTimeMinutes": "lead_time_min",
    "rulesVersion": "rules_hash",
}  # fmt: skip
_LISTS = {
    "responseType": "response_types", "unverifiedThresholds": "unverified", "syntheticLayers": "synthetic",
    "madeFrom": "made_from", "probability": "probability",
}  # fmt: skip
_PAIRS = {"eventCode": "event_code", "geocode": "geocode"}
_MOMENTS = {"sent": "sent", "onset": "onset", "expires": "expires", "latestSafeDeparture": "leave_by"}
_TEXTS = {
    "senderName": "sender", "eventName": "event", "areaDesc": "area", "responsibleUnit": "responsible",
    "headline": "headline", "description": "description", "instruction": "instruction",
}  # fmt: skip
_RISK = {
    "riskIndex": "index", "riskScore": "score", "personRisk": "person_risk",
    "waterloggingExcess": "waterlogging_excess", "copingGap": "coping_gap",
}  # fmt: skip
_REFUGE = {
    "id": "id", "name": "name", "name_en": "name_en", "persons": "persons", "walkMinutes": "walk_min",
    "lon": "lon", "lat": "lat", "leaveNow": "leave_now",
}  # fmt: skip


def notice_to_json(notice: Notice) -> dict[str, Any]:
    """JSON values of a notice; `severityColor` repeats the level in words."""
    said: dict[str, Any] = {key: getattr(notice, name) for key, name in _PLAIN.items()}
    said["severityColor"] = notice.colour
    for key, name in _MOMENTS.items():
        said[key] = _written(getattr(notice, name))
    for key, name in _LISTS.items():
        value = getattr(notice, name)
        said[key] = None if value is None else list(value)
    for key, name in _PAIRS.items():
        table, code = getattr(notice, name)
        said[key] = {"valueName": table, "value": code}
    for key, name in _TEXTS.items():
        said[key], said[f"{key}_en"] = getattr(notice.words[ZH], name), getattr(notice.words[EN], name)
    said["evidence"] = [
        {"rule": e.rule, "value": e.value, "threshold": e.threshold, "unit": e.unit} for e in notice.evidence
    ]
    said["shelters"] = [refuge_to_json(refuge) for refuge in notice.refuges]
    said |= {key: None if notice.risk is None else getattr(notice.risk, name) for key, name in _RISK.items()}
    said["polygon"] = [[[lon, lat] for lon, lat in ring] for ring in notice.rings]
    return said


def notice_from_json(content: Mapping[str, Any]) -> Notice:
    """The notice behind `notice_to_json`; InputError names what is missing, unknown or of another kind."""
    try:
        unknown = set(content) - _KEYS
        if unknown:
            raise KeyError(sorted(unknown)[0])
        values: dict[str, Any] = {name: content[key] for key, name in _PLAIN.items()}
        values |= {name: _read(content[key]) for key, name in _MOMENTS.items()}
        values |= {name: None if content[key] is None else tuple(content[key]) for key, name in _LISTS.items()}
        values |= {name: (content[key]["valueName"], content[key]["value"]) for key, name in _PAIRS.items()}
        values["words"] = {
            lang: Words(**{name: content[f"{key}{suffix}"] for key, name in _TEXTS.items()})
            for lang, suffix in ((ZH, ""), (EN, "_en"))
        }
        values["evidence"] = tuple(Evidence(**item) for item in content["evidence"])
        values["refuges"] = tuple(refuge_from_json(item) for item in content["shelters"])
        known = content["riskIndex"] is not None
        values["risk"] = RiskParts(**{name: content[key] for key, name in _RISK.items()}) if known else None
        values["rings"] = tuple(tuple((lon, lat) for lon, lat in ring) for ring in content["polygon"])
        notice = Notice(**values)
        if content["severityColor"] != notice.colour:
            raise ValueError(f"severityColor {content['severityColor']!r} is not that of level {notice.level}")
        return notice
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise InputError(f"not a notice: {fault!r}", expected="what Notice.to_json wrote") from None


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)


def _read(moment: str | None) -> datetime | None:
    if moment is None:
        return None
    read = datetime.fromisoformat(moment)
    if read.tzinfo is None:
        raise ValueError(f"{moment!r} has no offset")
    return read.astimezone(BEIJING)


def refuge_to_json(refuge: Refuge) -> dict[str, Any]:
    """JSON values of a shelter with the way there."""
    said = {key: getattr(refuge, name) for key, name in _REFUGE.items()}
    said["latestSafeDeparture"] = _written(refuge.leave_by)
    return said | {"way": list(refuge.way), "way_en": list(refuge.way_en)}


def refuge_from_json(said: Mapping[str, Any]) -> Refuge:
    """The shelter behind `refuge_to_json`; KeyError, TypeError or ValueError where it is something else."""
    values = {name: said[key] for key, name in _REFUGE.items()}
    leave_by = _read(said["latestSafeDeparture"])
    return Refuge(**values, leave_by=leave_by, way=tuple(said["way"]), way_en=tuple(said["way_en"]))


_KEYS = {
    *_PLAIN, *_LISTS, *_PAIRS, *_MOMENTS, *_TEXTS, *(f"{key}_en" for key in _TEXTS), *_RISK,
    "severityColor", "evidence", "shelters", "polygon",
}  # fmt: skip
