"""A forecast cycle as the store keeps it and clients read it: the cycle, the outlook of every area, the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from api.service.content import refuge_of
from api.warning.notice import stamp
from api.warning.notice_json import refuge_to_json
from api.warning.provenance import items_of
from data.records import records
from sim.forecast.outlook import AreaOutlook, Gauges, Outlook

if TYPE_CHECKING:
    from api.store import Writer


def area_form(area: AreaOutlook, time: datetime, counted: bool = True) -> dict[str, Any]:
    """The outlook of an area by a cycle of `time`. Colours are indices 0-4; moments are ISO 8601.

    People are null where nobody could be `counted`.
    """
    return {
        "area": area.area,
        "areaLevel": area.area_level,
        "parent": area.parent,
        "name": area.name,
        "name_en": area.name_en,
        "colourNow": area.colour_now,
        "colour": area.colour,
        "event": area.event,
        "probability": list(area.probability),
        "onset": None if area.onset is None else stamp(area.onset),
        "people": area.people if counted else None,
        "peopleRange": list(area.people_range) if counted else None,
        "evidence": [asdict(one) for one in area.evidence],
        "shelters": [refuge_to_json(refuge_of(use, time)) for use in area.shelters],
        "leaveBy": None if area.leave_by is None else stamp(area.leave_by),
    }


def cycle_form(outlook: Outlook) -> dict[str, Any]:
    """What a cycle was made from, and what was missing."""
    return {
        "cycle": outlook.cycle,
        "time": stamp(outlook.time),
        "horizon_s": outlook.horizon_s,
        "rain": outlook.rain,
        "members": outlook.members,
        "sensorsUsed": outlook.sensors_used,
        "sensorsSilent": list(outlook.sensors_silent),
        "gaugesHeard": outlook.gauges.heard,
        "gauges": outlook.gauges.all,
        "rulesVersion": outlook.rules_hash,
        "unverifiedThresholds": list(outlook.unverified_rules),
        "syntheticLayers": list(outlook.synthetic),
        "notes": list(outlook.notes),
        "seed": outlook.seed,
        "areas": len(outlook.areas),
    }


def made_from_form(cycle: Mapping[str, Any]) -> tuple[str, ...]:
    """What a cycle was made from, as its messages say it (`api.warning.provenance`), read from `cycle_form`."""
    silent = len(cycle["sensorsSilent"])
    used, notes = cycle["sensorsUsed"], cycle["notes"]
    gauges = Gauges(cycle.get("gaugesHeard", 0), cycle.get("gauges", 0))  # not in cycles of older programs
    return items_of(cycle["cycle"], cycle["rain"], cycle["members"], used, silent, notes, gauges)


def plan_form(outlook: Outlook) -> dict[str, Any]:
    """The plan of a cycle: rows as in plan.csv, `leave_by_s` counted from the time of the cycle."""
    return {
        "cycle": outlook.cycle,
        "time": stamp(outlook.time),
        "assignments": [
            {name: None if value != value else value for name, value in row.items()} for row in records(outlook.plan)
        ],
    }


def save_outlook(tx: Writer, outlook: Outlook) -> None:
    """Keep a finished cycle with its outlook and plan, and tell subscribers, all in the transaction given."""
    tx.save_cycle(outlook.cycle, outlook.time, "done", outlook.wall_s, cycle_form(outlook))
    forms = {area.area: area_form(area, outlook.time, outlook.counted) for area in outlook.areas}
    tx.save_outlook(outlook.cycle, forms)
    worst = max((area.colour for area in outlook.areas), default=0)
    told = {"cycle": outlook.cycle, "worst": worst, "members": outlook.members, "rain": outlook.rain}
    tx.entry("cycle", outlook.cycle, told)
    before = tx.current_plan()
    plan = tx.save_plan(outlook.cycle, plan_form(outlook), outlook.time, outlook.cycle)
    same = before is not None and before.body.get("assignments") == plan.body["assignments"]
    if not same:
        tx.entry("plan", plan.id, {"plan": plan.id, "cycle": outlook.cycle, "rows": len(plan.body["assignments"])})
