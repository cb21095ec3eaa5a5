"""Vital signs of an area: what the newest cycle says, the water there, shelters, and the warnings that concern it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.http.chains import moment
from api.http.context import Context
from api.store.records import Cycle, StoredPlan
from data.schema import LEVELS

if TYPE_CHECKING:
    from api.service.places import Place
    from api.store import Reader

_OUTLOOK = (
    "colourNow", "colour", "event", "probability", "onset", "people", "peopleRange", "evidence", "shelters", "leaveBy",
)  # fmt: skip


def place_form(place: Place) -> dict[str, Any]:
    """An area without its state."""
    return {
        "area": place.code,
        "areaLevel": place.level,
        "parent": place.parent,
        "name": place.name,
        "name_en": place.name_en,
    }


def outlook_part(body: dict[str, Any] | None) -> dict[str, Any]:
    """What the newest cycle says of it; nulls where there is no cycle yet."""
    said = {name: None if body is None else body.get(name) for name in _OUTLOOK}
    for name in ("colourNow", "colour"):
        level = said[name]
        said[f"{name}Word"] = LEVELS[level] if isinstance(level, int) else None
    return said


def vitals(context: Context, rx: Reader, place: Place, cycle: Cycle | None, plan: StoredPlan | None) -> dict[str, Any]:
    """All of an area."""
    places = context.places
    lineage = (place.code,) if places is None else places.lineage(place.code)
    water = context.depths.water(place.code, place.polygon)
    refuges = context.refuges
    depth = context.depths.at(refuges.lon, refuges.lat)
    inside = refuges.inside(place.polygon)
    sites = [
        site for site, here in zip(refuges.forms(plan, context.clock.now().year, depth), inside, strict=False) if here
    ]
    in_force = [item for items in context.board.in_force.values() for item in items if item.area in lineage]
    return {
        **place_form(place),
        "children": [] if places is None else [one.code for one in iter(places) if one.parent == place.code],  # type: ignore[attr-defined]
        "cycle": None if cycle is None else cycle.id,
        "cycleTime": None if cycle is None else moment(cycle.time),
        **outlook_part(rx.outlook(place.code)),
        "deepest_m": water.deepest_m,
        "deepestAhead_m": water.deepest_ahead_m,
        "roadsClosed": water.roads_closed,
        "roadsClosedAhead": water.roads_closed_ahead,
        "sheltersOpen": sum(site["state"] == "open" for site in sites),
        "sheltersFull": sum(site["state"] == "full" for site in sites),
        "sheltersClosed": sum(site["state"] == "closed" for site in sites),
        "placesFree": sum(site["free"] for site in sites if site["state"] == "open"),
        "warnings": [
            {"identifier": item.identifier, "status": item.status, "area": item.area, "level": item.level}
            for item in in_force
        ],
    }
