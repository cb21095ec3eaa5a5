"""Checks a set of CAP messages against the semantic rules that the XSD cannot express.

The rules are numbered as in the list of eighteen that the project keeps for its messages; number 18 (signature)
needs a key and is not among them. Sources: CAP 1.2 text, defects published by other alerting systems.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lxml import etree
from shapely.geometry import Polygon

if TYPE_CHECKING:
    from collections.abc import Callable

_CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00")
_FORBIDDEN = re.compile(r"[\s,<&]")
_SUCCESSORS = ("Update", "Cancel", "Ack", "Error")
_SAME_IN_ALL_INFOS = (
    "category",
    "responseType",
    "urgency",
    "severity",
    "certainty",
    "effective",
    "onset",
    "expires",
)
_NEEDS_INSTRUCTION = ("Red", "Orange")


@dataclass(frozen=True)
class CheckParameters:
    """Tolerances of the rules on time."""

    clock_slack: timedelta = timedelta(seconds=60)  # clocks of sender and reader
    longest_validity: timedelta = timedelta(hours=24)  # a longer warning must be re-issued
    languages: tuple[str, ...] = ("zh-CN", "en-US")


@dataclass(frozen=True)
class _Message:
    root: etree._Element

    def get(self, name: str) -> str:
        return self.root.findtext(_CAP + name) or ""

    @property
    def key(self) -> tuple[str, str]:
        return self.get("sender"), self.get("identifier")

    @property
    def infos(self) -> list[etree._Element]:
        return self.root.findall(_CAP + "info")

    @property
    def references(self) -> list[list[str]]:
        return [token.split(",") for token in self.get("references").split()]


def check_messages(
    messages: Iterable[bytes],
    bbox: tuple[float, float, float, float],
    *,
    now: datetime | None = None,
    colours: Mapping[str, str] | None = None,
    parameters: CheckParameters | None = None,
) -> list[str]:
    """One line per breach, "identifier: rule N: what"; empty when all is well.

    `bbox` is (west, south, east, north) in degrees, inside which every polygon must lie; `now` switches rule 4 on;
    `colours` maps severityColor to severity for rule 16 (without it the set must only agree with itself).
    """
    p = parameters or CheckParameters()
    parsed = [_Message(etree.fromstring(content)) for content in messages]
    found: list[str] = []
    for message in parsed:

        def report(rule: int, what: str, name: str = message.get("identifier") or "(no identifier)") -> None:
            found.append(f"{name}: rule {rule}: {what}")

        _check_names(message, report)
        _check_times(message, report, now, p)
        _check_labels(message, report)
        _check_infos(message, report, bbox, p)
    found += _check_set(parsed, colours)
    return found


def _check_names(message: _Message, report: Callable[[int, str], None]) -> None:
    tokens = {"identifier": [message.get("identifier")], "sender": [message.get("sender")]}
    tokens["references"] = [part for reference in message.references for part in reference]
    for name, values in tokens.items():
        if any(not value or _FORBIDDEN.search(value) for value in values):
            report(1, f"{name} is empty or holds a space, comma, < or &")


def _check_times(
    message: _Message, report: Callable[[int, str], None], now: datetime | None, p: CheckParameters
) -> None:
    sent = _time(message.get("sent"), "sent", report)
    if sent and now is not None and sent > now + p.clock_slack:
        report(4, "sent lies in the future")
    for info in message.infos:
        effective, onset, expires = (
            _time(info.findtext(_CAP + name) or "", name, report) for name in ("effective", "onset", "expires")
        )
        if sent and effective and effective < sent - p.clock_slack:
            report(5, "effective before sent")
        if onset and expires and onset > expires:
            report(6, "onset after expires")
        if sent and expires and not sent < expires <= sent + p.longest_validity:
            report(7, "expires not after sent, or more than a day after it")


def _time(value: str, name: str, report: Callable[[int, str], None]) -> datetime | None:
    if not _TIME.fullmatch(value):
        report(3, f"{name} {value!r} is not whole seconds with +08:00")
        return None
    return datetime.fromisoformat(value)


def _check_labels(message: _Message, report: Callable[[int, str], None]) -> None:
    if message.get("status") in ("Exercise", "Test") and not message.get("note").strip():
        report(11, "an exercise must name its drill in note")
    if message.get("scope") == "Restricted" and not message.get("restriction").strip():
        report(12, "scope Restricted without restriction")
    if message.get("scope") == "Private" and not message.get("addresses").strip():
        report(12, "scope Private without addresses")
    if message.get("msgType") in _SUCCESSORS and not message.references:
        report(8, f"{message.get('msgType')} without references")


def _check_infos(
    message: _Message,
    report: Callable[[int, str], None],
    bbox: tuple[float, float, float, float],
    p: CheckParameters,
) -> None:
    infos = message.infos
    languages = sorted(info.findtext(_CAP + "language") or "" for info in infos)
    if languages != sorted(p.languages):
        report(14, f"info blocks in {languages}, expected one each in {list(p.languages)}")
    if len({_facts(info) for info in infos}) > 1:
        report(14, "info blocks differ in more than their words")
    for info in infos:
        areas = info.findall(_CAP + "area")
        for polygon in (ring.text or "" for area in areas for ring in area.findall(_CAP + "polygon")):
            fault = _polygon_fault(polygon, bbox)
            if fault:
                report(13, fault)
        if not any(a.find(_CAP + "polygon") is not None and a.find(_CAP + "geocode") is not None for a in areas):
            report(15, "no area with both polygon and geocode")
        if _colour(info) in _NEEDS_INSTRUCTION and not (info.findtext(_CAP + "instruction") or "").strip():
            report(17, f"{_colour(info)} without instruction")


def _facts(info: etree._Element) -> tuple[object, ...]:
    same = [tuple(e.text for e in info.findall(_CAP + name)) for name in _SAME_IN_ALL_INFOS]
    rings = tuple(e.text for e in info.iter(_CAP + "polygon"))
    codes = tuple(e.findtext(_CAP + "value") for e in info.iter(_CAP + "geocode"))
    return *same, rings, codes, _colour(info)


def _colour(info: etree._Element) -> str:
    for parameter in info.findall(_CAP + "parameter"):
        if parameter.findtext(_CAP + "valueName") == "severityColor":
            return parameter.findtext(_CAP + "value") or ""
    return ""


def _polygon_fault(ring: str, bbox: tuple[float, float, float, float]) -> str:
    try:
        points = [(float(lon), float(lat)) for lat, lon in (pair.split(",") for pair in ring.split())]
    except ValueError:
        return f"polygon is not a list of lat,lon pairs: {ring[:40]!r}"
    if len(points) < 4 or points[0] != points[-1]:
        return "polygon of fewer than four pairs or not closed"
    west, south, east, north = bbox
    if not all(west <= lon <= east and south <= lat <= north for lon, lat in points):
        return "polygon outside the city (latitude and longitude swapped?)"
    return "" if Polygon(points).is_valid else "polygon crosses itself"


def _check_set(messages: Sequence[_Message], colours: Mapping[str, str] | None) -> list[str]:
    found = []
    for (_, identifier), count in Counter(message.key for message in messages).items():
        if count > 1:
            found.append(f"{identifier}: rule 2: used by {count} messages")
    known = {(*message.key, message.get("sent")): message for message in messages}
    heirs: Counter[tuple[str, ...]] = Counter()
    for message in messages:
        name = message.get("identifier")
        for reference in map(tuple, message.references):
            before = known.get(reference) if len(reference) == 3 else None  # type: ignore[arg-type]
            if before is None or before.get("sender") != message.get("sender"):
                found.append(f"{name}: rule 8: reference {','.join(reference)} leads to no message of this sender")
                continue
            heirs[reference] += 1
            if before.get("msgType") == "Cancel":
                found.append(f"{name}: rule 10: succeeds a Cancel, which closes its chain")
    found += [f"{key[1]}: rule 9: {count} messages succeed it" for key, count in heirs.items() if count > 1]
    statuses = {message.get("status") for message in messages}
    if "Actual" in statuses and len(statuses) > 1:
        found.append(f"(set): rule 11: Actual together with {', '.join(sorted(statuses - {'Actual'}))}")
    return found + _check_colours(messages, colours)


def _check_colours(messages: Sequence[_Message], colours: Mapping[str, str] | None) -> list[str]:
    seen: dict[str, str] = dict(colours or {})
    found = []
    for message in messages:
        for info in message.infos:
            colour, severity = _colour(info), info.findtext(_CAP + "severity") or ""
            if not colour:
                found.append(f"{message.get('identifier')}: rule 16: no severityColor")
            elif seen.setdefault(colour, severity) != severity:
                found.append(f"{message.get('identifier')}: rule 16: {colour} with severity {severity}")
    return found
