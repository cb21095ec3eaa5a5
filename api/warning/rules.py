"""Checks CAP messages against the schema, the eighteen semantic rules that no schema can express, and their signature.

 1 names without space, comma, < and &        10 Cancel (AllClear) closes its chain
 2 (sender, identifier) used once             11 an exercise names its drill and never mixes with Actual
 3 times in whole seconds with +08:00         12 Restricted has a restriction, Private addresses
 4 sent not in the future                     13 polygons closed, simple, inside the city
 5 effective not before sent                  14 the info blocks differ in their words only
 6 onset not after expires                    15 an area with polygon and code
 7 expires after sent, within a day           16 colour and severity agree
 8 a successor names its predecessor          17 orange and red tell people what to do
 9 one successor per message                  18 the signature is that of a pinned key

Sources: text of CAP 1.2; faults published by other alerting systems (expiry before sending, open polygons, swapped
coordinates, cancelled alerts that stay). Messages may come from anybody: nothing here trusts their form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.warning.cap_reading import CapMessage, moment_of
from api.warning.keys import PinnedKeys
from api.warning.rules_one import Bounds, check_one
from api.warning.rules_set import check_set
from api.warning.safe_xml import NotXml, parse_xml
from api.warning.signing import BadSignature, verify
from api.warning.xsd import schema_faults


@dataclass(frozen=True)
class CheckParameters:
    """Tolerances of the rules on time, and the words they accept."""

    clock_slack: timedelta = timedelta(seconds=60)  # clocks of sender and reader
    longest_validity: timedelta = timedelta(hours=24)  # a longer warning must be re-issued
    languages: tuple[str, ...] = ("zh-CN", "en-US")
    codes: tuple[str, ...] = ("GB/T 2260", "rongan:area")  # code systems of rule 15
    exercise_marks: Mapping[str, str] = field(default_factory=lambda: {"zh-CN": "【演练】", "en-US": "[EXERCISE]"})


@dataclass(frozen=True)
class Breach:
    """One rule that a message breaks; rule 0 is the schema, or that it is no XML at all."""

    identifier: str
    rule: int
    what: str

    def __str__(self) -> str:
        return f"{self.identifier}: rule {self.rule}: {self.what}"


def check_messages(
    messages: Iterable[bytes],
    bbox: tuple[float, float, float, float],
    *,
    now: datetime | None = None,
    colours: Mapping[str, str] | None = None,
    keys: PinnedKeys | None = None,
    schema: bool = False,
    parameters: CheckParameters | None = None,
) -> list[str]:
    """One line per breach, "identifier: rule N: what"; empty when all is well.

    `bbox` is (west, south, east, north) in degrees, inside which every polygon must lie; `now` switches rule 4 on;
    `colours` maps severityColor to severity for rule 16 (without it the set must only agree with itself); `keys`
    switches rule 18 on, at the moment `now`, or else at the moment of sending.
    """
    found: list[Breach] = []
    read = _read(messages, found)
    bounds = _bounds(bbox, now, parameters)
    for content, message in read:
        found += _of_one(content, message, bounds, keys, schema)
    found += [Breach(*breach) for breach in check_set([message for _, message in read], colours)]
    return [str(breach) for breach in found]


def check_new(
    message: bytes,
    bbox: tuple[float, float, float, float],
    *,
    now: datetime,
    keys: PinnedKeys,
    colours: Mapping[str, str] | None = None,
    earlier: Iterable[bytes] = (),
    parameters: CheckParameters | None = None,
) -> list[str]:
    """What is wrong with a message that is about to be sent: schema, all eighteen rules, signature.

    `earlier` holds what it must fit: its predecessor and, where there could be any, other successors of that.
    Breaches of those alone are not reported: they have been sent. Two that appear in `earlier` alike count once.
    """
    found: list[Breach] = []
    read = _read([message], found)
    for content, new in read:
        found += _of_one(content, new, _bounds(bbox, now, parameters), keys, True)
        before = [old for _, old in _read(earlier, [])]
        known = {str(Breach(*breach)) for breach in check_set(before, colours)}
        found += [b for b in (Breach(*breach) for breach in check_set([*before, new], colours)) if str(b) not in known]
    return [str(breach) for breach in found]


def _read(messages: Iterable[bytes], found: list[Breach]) -> list[tuple[bytes, CapMessage]]:
    read = []
    for content in messages:
        try:
            read.append((content, CapMessage(parse_xml(content))))
        except NotXml as fault:
            found.append(Breach("(unreadable)", 0, str(fault)))
    return read


def _bounds(
    bbox: tuple[float, float, float, float], now: datetime | None, parameters: CheckParameters | None
) -> Bounds:
    p = parameters or CheckParameters()
    return Bounds(bbox, now, p.clock_slack, p.longest_validity, p.languages, p.codes, p.exercise_marks)


def _of_one(content: bytes, message: CapMessage, bounds: Bounds, keys: PinnedKeys | None, schema: bool) -> list[Breach]:
    found = [Breach(message.name, 0, fault) for fault in (schema_faults(message.root) if schema else ())]
    found += [Breach(message.name, rule, what) for rule, what in check_one(message, bounds)]
    at = bounds.now or moment_of(message.get("sent"))
    if keys is not None:
        try:
            if at is None:
                raise BadSignature("no moment to check it at")
            verify(content, keys, at)
        except BadSignature as fault:
            found.append(Breach(message.name, 18, str(fault)))
    return found
