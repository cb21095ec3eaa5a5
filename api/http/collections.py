"""The collections of OGC API - Features: what each holds and how its items are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shapely.geometry import mapping

from api.http.context import Context
from api.http.inputs import Box, touches
from api.http.items import geometry_of
from api.http.problems import Problem
from api.http.routes.observations import sensor_forms
from api.http.vitals import outlook_part, place_form
from api.store.messages import MessageFilter

Span = tuple[datetime | None, datetime | None]
Items = Callable[[Context, Box | None, Span | None], list[dict[str, Any]]]
_MOST = 10_000  # items of a collection that can be paged through
_PAGE = 1_000


@dataclass(frozen=True)
class Collection:
    """One collection."""

    id: str
    title: str
    description: str
    items: Items


def span_of(text: str | None) -> Span | None:
    """A moment, or two with a slash between them, one of which may be open (`..`). 422 where it is neither."""
    if text is None:
        return None
    parts = text.replace(" ", "+").split("/")
    ends = [None if part in ("", "..") else _moment(part) for part in parts]
    if len(ends) == 1 and ends[0] is not None:
        return ends[0], ends[0]
    if len(ends) != 2 or (ends[0] is None and ends[1] is None):
        raise Problem(422, "datetime must be a moment or an interval of two", code="bad-parameter")
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        raise Problem(422, "the interval ends before it begins", code="bad-parameter")
    return ends[0], ends[1]


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(422, f"{text!r} is not a moment of ISO 8601", code="bad-parameter") from None
    if moment.tzinfo is None:
        # RFC 3339, as the standard asks for, always has one; taken for UTC it would be eight hours off here.
        raise Problem(422, f"{text!r} has no offset from UTC", code="bad-parameter")
    if not 1970 <= moment.year <= 2200:
        raise Problem(422, "a moment between 1970 and 2200", code="bad-parameter")
    return moment


def meets(span: Span | None, begin: datetime, end: datetime) -> bool:
    """Whether begin..end and the span have a moment in common."""
    if span is None:
        return True
    return (span[1] is None or begin <= span[1]) and (span[0] is None or end >= span[0])


def _alerts(context: Context, box: Box | None, span: Span | None) -> list[dict[str, Any]]:
    """Messages in force; with a time those that held then, whatever has become of them since."""
    own = "Actual" if context.settings.mode == "actual" else "Exercise"
    found: list[tuple[str, dict[str, Any]]] = []
    if span is None:
        context.board.tick()
        found = [(item.identifier, item.public) for item in context.board.in_force.get(own, ())]
    else:
        since = None if span[0] is None else span[0] - timedelta(hours=24)  # no message holds for longer (rule 7)
        until = None if span[1] is None else span[1] + timedelta(seconds=1)
        with context.store.reading() as rx:
            after: str | None = None
            while len(found) < _MOST:
                page = rx.messages(MessageFilter(status=own, since=since, until=until), _PAGE, after)
                held = [m for m in page if m.msg_type != "Cancel" and meets(span, m.sent, m.expires)]
                found += [(m.identifier, m.notice) for m in held]
                if len(page) < _PAGE:
                    break
                after = page[-1].identifier
    return [
        _feature(name, geometry_of(public), {key: value for key, value in public.items() if key != "polygon"})
        for name, public in found
        if box is None or touches(box, public.get("polygon") or [])
    ]


def _shelters(context: Context, box: Box | None, _: Span | None) -> list[dict[str, Any]]:
    refuges = context.refuges
    with context.store.reading() as rx:
        plan = rx.current_plan()
    depth = context.depths.at(refuges.lon, refuges.lat)
    return _points(refuges.forms(plan, context.clock.now().year, depth), box)


def _areas(context: Context, box: Box | None, _: Span | None) -> list[dict[str, Any]]:
    with context.store.reading() as rx:
        said = {body["area"]: body for body in rx.outlooks()}
    places = [] if context.places is None else list(iter(context.places))  # type: ignore[call-overload]
    found = []
    for place in places:
        west, south, east, north = place.polygon.bounds
        if box is None or (west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1]):
            properties = {**place_form(place), **outlook_part(said.get(place.code))}
            found.append(_feature(place.code, mapping(place.polygon), properties))
    return found


def _observations(context: Context, box: Box | None, span: Span | None) -> list[dict[str, Any]]:
    """The newest observation of every sensor; with a time those whose newest one is of that time."""
    found = []
    for sensor in sensor_forms(context):
        last = sensor["last"]
        if last is None:
            continue
        time = datetime.fromisoformat(last["time"])
        if meets(span, time, time):
            found.append({**sensor, **last, "id": sensor["id"]} | {"last": None})
    return _points(found, box)


def _points(rows: list[dict[str, Any]], box: Box | None) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        lon, lat = row["lon"], row["lat"]
        if box is None or (box[0] <= lon <= box[2] and box[1] <= lat <= box[3]):
            properties = {key: value for key, value in row.items() if key not in ("lon", "lat", "last")}
            found.append(_feature(row["id"], {"type": "Point", "coordinates": [lon, lat]}, properties))
    return found


def _feature(name: str, geometry: Any, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


COLLECTIONS = {
    one.id: one
    for one in (
        Collection("alerts", "Warnings", "Messages in force, or in force at a time", _alerts),
        Collection("shelters", "Shelters", "Shelters with their free places", _shelters),
        Collection("areas", "Areas", "Areas of every level with their colours", _areas),
        Collection("observations", "Observations", "The newest observation of every sensor", _observations),
    )
}
