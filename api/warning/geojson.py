"""`warnings.geojson`: the warnings of a drill as features with CAP-shaped properties (RFC 7946, WGS84)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shapely.geometry import MultiPolygon, mapping

from api.warning.notice import Notice, Profile, measured, notices, stamp
from api.warning.outline import outlines
from api.wording import EN, ZH
from sim.result import Result, RiskParts


def warnings_geojson(result: Result, profile: Profile) -> dict[str, Any]:
    """The FeatureCollection; one feature per message, in the order sent."""
    return {
        "type": "FeatureCollection",
        "name": "warnings",
        "exercise": profile.drill,
        "rulesVersion": result.rules_hash,
        "unverifiedThresholds": list(result.unverified_rules),
        "syntheticLayers": list(result.city.synthetic),
        "features": [_feature(notice, result, profile) for notice in notices(result, profile)],
    }


def write_warnings_geojson(result: Result, path: Path, profile: Profile) -> None:
    """The collection as UTF-8 JSON."""
    text = json.dumps(warnings_geojson(result, profile), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _feature(notice: Notice, result: Result, profile: Profile) -> dict[str, Any]:
    warning = notice.warning
    rings = outlines(warning.polygon)
    geometry = mapping(rings[0] if len(rings) == 1 else MultiPolygon(rings))
    return {
        "type": "Feature",
        "id": notice.identifier,
        "geometry": geometry,
        "properties": {
            "identifier": notice.identifier,
            "sender": profile.sender,
            "sent": stamp(notice.sent),
            "status": profile.status,
            "msgType": warning.message_type,
            "scope": profile.scope,
            "references": notice.references,
            "event": warning.event,
            "urgency": notice.urgency,
            "severity": notice.severity,
            "certainty": notice.certainty,
            "responseType": list(notice.response_types),
            "onset": stamp(notice.onset),
            "expires": stamp(notice.expires),
            "severityColor": notice.colour,
            "level": warning.level,
            "areaCode": warning.area,
            **_texts(notice),
            "leadTimeMinutes": round(warning.lead_time_min, 1),
            "peopleAtRisk": warning.people_at_risk,
            "latestSafeDeparture": None if notice.leave_by is None else stamp(notice.leave_by),
            "evidence": [
                {"rule": e.rule, "value": value, "threshold": limit, "unit": unit}
                for e, (value, limit, unit) in ((e, measured(e)) for e in warning.evidence)
            ],
            "shelters": [
                {
                    "id": use.shelter,
                    "name": use.name,
                    "name_en": use.name_en,
                    "persons": use.persons,
                    "walkMinutes": round(use.walk_min, 1),
                }
                for use in warning.shelters
            ],
            **_risk(warning.risk),
            "rulesVersion": result.rules_hash,
        },
    }


def _risk(risk: RiskParts | None) -> dict[str, float | None]:
    """The risk of the area over the whole run, persons; None where not known. It sets no colour."""
    names = {
        "riskIndex": "index", "riskScore": "score", "personRisk": "person_risk",
        "waterloggingExcess": "waterlogging_excess", "copingGap": "coping_gap",
    }  # fmt: skip
    return {key: None if risk is None else round(getattr(risk, name), 1) for key, name in names.items()}


def _texts(notice: Notice) -> dict[str, str]:
    parts = {
        "eventName": notice.event,
        "areaDesc": notice.area,
        "headline": notice.headline,
        "description": notice.description,
        "instruction": notice.instruction,
    }
    return {f"{name}{suffix}": by[lang] for name, by in parts.items() for suffix, lang in (("", ZH), ("_en", EN))}
