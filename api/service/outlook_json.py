"""The outlook of an area as JSON: what the store keeps of a cycle, and what the API answers about an area."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from api.warning.notice import stamp
from data.records import records
from data.schema import LEVELS
from sim.forecast.outlook import AreaOutlook, Outlook


def outlook_json(outlook: Outlook) -> dict[str, dict[str, Any]]:
    """Code of the area -> its outlook, without its outline."""
    return {area.area: area_json(area, outlook) for area in outlook.areas}


def area_json(area: AreaOutlook, outlook: Outlook) -> dict[str, Any]:
    """One area. Colours are words of LEVELS; probabilities are those of blue, yellow, orange, red or worse."""
    return {
        "area": area.area,
        "areaLevel": area.area_level,
        "parent": area.parent,
        "name": area.name,
        "name_en": area.name_en,
        "cycle": outlook.cycle,
        "time": stamp(outlook.time),
        "horizonMinutes": round(outlook.horizon_s / 60.0),
        "colourNow": LEVELS[area.colour_now],
        "colour": LEVELS[area.colour],
        "event": area.event,
        "probability": [round(p, 4) for p in area.probability],
        "onset": None if area.onset is None else stamp(area.onset),
        "people": area.people,
        "peopleRange": list(area.people_range),
        "evidence": [
            {"rule": one.rule, "value": one.value, "threshold": one.threshold, "unit": one.unit}
            for one in area.evidence
        ],
        "shelters": [
            {"id": use.shelter, "name": use.name, "name_en": use.name_en, "persons": use.persons,
             "walkMinutes": round(use.walk_min, 1)}
            for use in area.shelters
        ],
        "latestSafeDeparture": None if area.leave_by is None else stamp(area.leave_by),
    }  # fmt: skip


def cycle_json(outlook: Outlook) -> dict[str, Any]:
    """What is kept of a cycle beside its areas; colours and probabilities of areas where there are any, by code."""
    return {
        "rain": outlook.rain,
        "members": outlook.members,
        "horizonMinutes": round(outlook.horizon_s / 60.0),
        "sensorsUsed": outlook.sensors_used,
        "sensorsSilent": list(outlook.sensors_silent),
        "rulesVersion": outlook.rules_hash,
        "unverifiedThresholds": len(outlook.unverified_rules),
        "syntheticLayers": list(outlook.synthetic),
        "notes": list(outlook.notes),
        "seed": outlook.seed,
        "colourNow": {area.area: area.colour_now for area in outlook.areas if area.colour_now},
        "probability": {
            area.area: [round(p, 4) for p in area.probability] for area in outlook.areas if area.probability[0] > 0.0
        },
        "areaLevels": _levels(outlook),
    }


def _levels(outlook: Outlook) -> dict[str, str]:
    """Level of every area that has a colour or a probability."""
    return {area.area: area.area_level for area in outlook.areas if area.colour_now or area.probability[0] > 0.0}


def plan_json(outlook: Outlook) -> dict[str, Any]:
    """The plan of a cycle: where the people of each block go, until when they can leave, and the sums."""
    rows = [_trip(row, outlook) for row in records(outlook.plan)]
    persons = sum(row["persons"] for row in rows)
    assigned = sum(row["persons"] for row in rows if row["shelter"])
    return {
        "cycle": outlook.cycle,
        "time": stamp(outlook.time),
        "evacuees": persons,
        "assigned": assigned,
        "unserved": persons - assigned,
        "syntheticLayers": list(outlook.synthetic),
        "rulesVersion": outlook.rules_hash,
        "trips": rows,
    }


def _trip(row: dict[str, Any], outlook: Outlook) -> dict[str, Any]:
    leave_by = float(row["leave_by_s"])
    walk, way = float(row["walk_min"]), float(row["distance_m"])
    return {
        "block": str(row["block"]),
        "area": str(row["area"]),
        "shelter": str(row["shelter"]),
        "shelterName": str(row["shelter_name"]),
        "persons": int(row["persons"]),
        "walkMinutes": round(walk, 1) if math.isfinite(walk) else None,
        "distanceMetres": round(way) if math.isfinite(way) else None,
        "latestSafeDeparture": stamp(outlook.time + timedelta(seconds=leave_by)) if math.isfinite(leave_by) else None,
    }
