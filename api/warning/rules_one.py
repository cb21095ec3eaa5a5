"""The semantic rules that one message keeps or breaks by itself: 1, 3 to 8, 11 to 15 and 17."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree
from shapely.geometry import Polygon

from api.warning.cap_reading import CAP, CapInfo, CapMessage, moment_of

_FORBIDDEN = re.compile(r"[\s,<&]")
SUCCESSORS = ("Update", "Cancel", "Ack", "Error")
_EXERCISES = ("Exercise", "Test")
_SAME = ("category", "responseType", "urgency", "severity", "certainty", "effective", "onset", "expires")
_NEEDS_INSTRUCTION = ("Red", "Orange")
Found = Iterator[tuple[int, str]]


@dataclass(frozen=True)
class Bounds:
    """What a message is held against."""

    bbox: tuple[float, float, float, float]  # west, south, east, north, degrees
    now: datetime | None
    clock_slack: timedelta
    longest_validity: timedelta
    languages: tuple[str, ...]
    codes: tuple[str, ...]
    exercise_marks: Mapping[str, str]  # language -> what stands at the front of a headline


def check_one(message: CapMessage, bounds: Bounds) -> Found:
    """(rule, what) of each breach."""
    yield from _names(message)
    yield from _times(message, bounds)
    yield from _labels(message, bounds)
    yield from _infos(message, bounds)


def _names(message: CapMessage) -> Found:
    tokens = {"identifier": [message.get("identifier")], "sender": [message.get("sender")]}
    tokens["references"] = [part for reference in message.references for part in reference[:2]]
    for name, values in tokens.items():
        if any(not value or _FORBIDDEN.search(value) for value in values):
            yield 1, f"{name} is empty or holds a space, comma, < or &"


def _times(message: CapMessage, bounds: Bounds) -> Found:
    sent = moment_of(message.get("sent"))
    if sent is None:
        yield 3, f"sent {message.get('sent')!r} is not whole seconds with +08:00"
    elif bounds.now is not None and sent > bounds.now + bounds.clock_slack:
        yield 4, "sent lies in the future"
    for info in message.infos:
        moments = {name: moment_of(info.get(name)) for name in ("effective", "onset", "expires")}
        for name, moment in moments.items():
            if moment is None:
                yield 3, f"{name} {info.get(name)!r} is not whole seconds with +08:00"
        effective, onset, expires = moments.values()
        if sent and effective and effective < sent - bounds.clock_slack:
            yield 5, "effective before sent"
        if onset and expires and onset > expires:
            yield 6, "onset after expires"
        if sent and expires and not sent < expires <= sent + bounds.longest_validity:
            yield 7, "expires not after sent, or more than a day after it"


def _labels(message: CapMessage, bounds: Bounds) -> Found:
    status = message.get("status")
    heads = [(info, bounds.exercise_marks.get(info.get("language"))) for info in message.infos]
    if status in _EXERCISES:
        if not message.get("note").strip():
            yield 11, "an exercise must name its drill in note"
        if any(mark and not info.get("headline").startswith(mark) for info, mark in heads):
            yield 11, "an exercise must say so at the front of its headline"
    elif status == "Actual" and any(mark and mark in info.get("headline") for info, mark in heads):
        yield 11, "an Actual message says exercise in its headline"
    if message.get("scope") == "Restricted" and not message.get("restriction").strip():
        yield 12, "scope Restricted without restriction"
    if message.get("scope") == "Private" and not message.get("addresses").strip():
        yield 12, "scope Private without addresses"
    count = len(message.references)
    if message.get("msgType") in SUCCESSORS and count != 1:
        yield 8, f"{message.get('msgType')} with {count} references, expected the one message it succeeds"
    if message.get("msgType") == "Alert" and count:
        yield 8, "an Alert begins a chain and succeeds nothing"


def _infos(message: CapMessage, bounds: Bounds) -> Found:
    languages = sorted(info.get("language") for info in message.infos)
    if languages != sorted(bounds.languages):
        yield 14, f"info blocks in {languages}, expected one each in {list(bounds.languages)}"
    if len({_facts(info) for info in message.infos}) > 1:
        yield 14, "info blocks differ in more than their words"
    for info in message.infos:
        for ring in info.rings:
            fault = _ring_fault(ring, bounds.bbox)
            if fault:
                yield 13, fault
        if not any(_has_polygon_and_code(area, bounds.codes) for area in info.areas):
            yield 15, f"no area with both polygon and geocode of {' or '.join(bounds.codes)}"
        if info.colour in _NEEDS_INSTRUCTION and not info.get("instruction"):
            yield 17, f"{info.colour} without instruction"


def _facts(info: CapInfo) -> tuple[object, ...]:
    codes = info.pairs("eventCode"), info.pairs("geocode")
    return *(info.all(name) for name in _SAME), info.rings, codes, info.colour


def _has_polygon_and_code(area: etree._Element, codes: tuple[str, ...]) -> bool:
    if area.find(CAP + "polygon") is None:
        return False
    names = [e.findtext(CAP + "valueName") for e in area.findall(CAP + "geocode")]
    return any(name in codes for name in names)


def _ring_fault(ring: str, bbox: tuple[float, float, float, float]) -> str:
    try:
        points = [(float(lon), float(lat)) for lat, lon in (pair.split(",") for pair in ring.split())]
    except ValueError:
        return f"polygon is not a list of lat,lon pairs: {ring[:40]!r}"
    if len(points) < 4 or points[0] != points[-1]:
        return "polygon of fewer than four pairs or not closed"
    west, south, east, north = bbox
    if not all(west <= lon <= east and south <= lat <= north for lon, lat in points if math.isfinite(lon + lat)):
        return "polygon outside the city (latitude and longitude swapped?)"
    if not all(math.isfinite(lon + lat) for lon, lat in points):
        return "polygon with a coordinate that is no number"
    return "" if Polygon(points).is_valid else "polygon crosses itself"
