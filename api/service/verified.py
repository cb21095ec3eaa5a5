"""Warnings held against what was then observed, from what the store kept of messages and cycles.

Observed is what the cycles found at their own times, so moments are good to one cycle. An area counts as warned by
its own message or by one of an area above it; a false alarm is charged to the area whose message it was. A warning is
called false only once it is over, and only where a cycle looked when the danger should have been there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from api.service.episodes_hand import LONGEST_H
from api.service.places import Places
from api.store.messages import MessageFilter
from api.store.records import Cycle, Message
from api.store.store import Store
from data.rules_file import Rules
from sim.forecast.outlook import Outlook
from sim.forecast.reliability import reliability_table
from sim.forecast.verification import ColourChange, Match, event_gap_s, verification_table, verify

_PAGE = 500
_COLOURS = (1, 2, 3, 4)


@dataclass(frozen=True, eq=False)
class Verified:
    """What became of the warnings of a time."""

    since: datetime
    until: datetime
    cycles: int  # done
    not_done: int  # failed or missed
    messages: int
    matches: tuple[Match, ...]
    table: pd.DataFrame  # schema VERIFICATION
    reliability: pd.DataFrame  # schema RELIABILITY


def seen(outlook: Outlook) -> dict[str, Any]:
    """What a cycle must keep to be verified: colours there, and probabilities, of areas that have any, by code."""
    some = [area for area in outlook.areas if area.colour_now or area.probability[0] > 0.0]
    return {
        "horizonMinutes": round(outlook.horizon_s / 60.0),
        "colourNow": {area.area: area.colour_now for area in some if area.colour_now},
        "probability": {area.area: [round(p, 4) for p in area.probability] for area in some},
        "areaLevels": {area.area: area.area_level for area in some},
    }


def verified(
    store: Store, places: Places, rules: Rules, since: datetime, until: datetime, status: str = "Exercise"
) -> Verified:
    """Verify the messages and cycles with since <= time <= until.

    What was in force as the time began has warned of what then came; it is no false alarm of this time.
    """
    with store.reading() as rx:
        messages = _all_messages(rx, status, since - timedelta(hours=LONGEST_H), until)
        cycles = _all_cycles(rx, since, until)
    done = [cycle for cycle in cycles if cycle.state == "done"]
    warned = _warned(messages)
    observed = _observed(done, places)
    areas = sorted({change.area for change in observed} | {a for a, said in warned.items() if said[-1].time >= since})
    covered = [change for area in areas for change in _covered(area, warned, places)]
    own = [change for changes in warned.values() for change in changes]
    gap_s = event_gap_s(rules)
    matches = [one for one in verify(covered, observed, until, gap_s) if one.outcome != "false_alarm"]
    onset = {(message.area, message.sent): message.onset for message in messages}
    looks = [cycle.time for cycle in done]
    matches += [
        one
        for one in verify(own, observed, until, gap_s)
        if _false_since(one, since) and not _in_force(one, warned[one.area], until) and _looked(one, onset, looks)
    ]
    sent = sum(message.sent >= since for message in messages)
    classes = int(rules.number("rain_ahead.probability_classes"))
    return Verified(
        since, until, len(done), len(cycles) - len(done), sent, tuple(matches),
        verification_table(matches), _reliability(done, areas, classes),
    )  # fmt: skip


def _false_since(match: Match, since: datetime) -> bool:
    return match.outcome == "false_alarm" and match.warned is not None and match.warned.start >= since


def _in_force(match: Match, own: Sequence[ColourChange], until: datetime) -> bool:
    """Whether the warning still stands at `until`, so that its danger may yet come."""
    return match.warned is not None and match.warned.end >= until and _colour_at(own, until) >= match.colour


def _looked(match: Match, onsets: dict[tuple[str, datetime], datetime], looks: Sequence[datetime]) -> bool:
    """Whether a cycle looked from the onset warned of until the end; after the onset where the end came first."""
    if match.warned is None:
        return False
    start, end = match.warned.start, match.warned.end
    onset = max(start, onsets.get((match.area, start), start))
    return any(onset <= look and (look <= end or end <= onset) for look in looks)


def _all_messages(rx: Any, status: str, since: datetime, until: datetime) -> list[Message]:
    found: list[Message] = []
    wanted = MessageFilter(status=status, since=since, until=until + timedelta(seconds=1))
    while True:
        page = rx.messages(wanted, limit=_PAGE, after=found[-1].identifier if found else None)
        found += page
        if len(page) < _PAGE:
            return found[::-1]


def _all_cycles(rx: Any, since: datetime, until: datetime) -> list[Cycle]:
    found: list[Cycle] = []
    before: datetime | None = until + timedelta(seconds=1)
    while True:
        page = rx.cycles(_PAGE, before)
        found += [cycle for cycle in page if cycle.time >= since]
        if len(page) < _PAGE or page[-1].time < since:
            return found[::-1]
        before = page[-1].time


def _warned(messages: Iterable[Message]) -> dict[str, list[ColourChange]]:
    """Changes of the colour of each area by its own messages; one that expires without a successor ends there."""
    changes: dict[str, list[ColourChange]] = {}
    last: dict[str, Message] = {}

    def add(message: Message, time: datetime, colour: int) -> None:
        changes.setdefault(message.area, []).append(ColourChange(message.area, message.area_level, time, colour))

    for message in messages:
        before = last.get(message.area)
        if before is not None and before.level and before.expires < message.sent:
            add(before, before.expires, 0)
        add(message, message.sent, message.level)
        last[message.area] = message
    for message in last.values():
        if message.level:
            add(message, message.expires, 0)
    return changes


def _covered(area: str, warned: dict[str, list[ColourChange]], places: Places) -> list[ColourChange]:
    """Changes of the highest colour of the messages of an area and of those above it."""
    lines = [warned[one] for one in places.lineage(area) if one in warned]
    level = places[area].level if area in places else lines[0][0].area_level if lines else "city"
    return [
        ColourChange(area, level, time, max(_colour_at(line, time) for line in lines))
        for time in sorted({change.time for line in lines for change in line})
    ]


def _colour_at(line: Sequence[ColourChange], time: datetime) -> int:
    return next((change.colour for change in reversed(line) if change.time <= time), 0)


def _observed(done: Sequence[Cycle], places: Places) -> list[ColourChange]:
    """Changes of the colour that the cycles found to be there."""
    changes: list[ColourChange] = []
    now: dict[str, int] = {}
    levels: dict[str, str] = {}
    for cycle in done:
        seen: dict[str, int] = cycle.body.get("colourNow", {})
        levels |= cycle.body.get("areaLevels", {})
        for area in sorted({*now, *seen}):
            colour = int(seen.get(area, 0))
            if colour != now.get(area, 0):
                level = places[area].level if area in places else levels.get(area, "city")
                changes.append(ColourChange(area, level, cycle.time, colour))
                now[area] = colour
    return changes


def _reliability(done: Sequence[Cycle], areas: Sequence[str], classes: int) -> pd.DataFrame:
    """Probabilities of areas that were ever warned or struck, of cycles whose horizon has passed."""
    colour: list[int] = []
    probability: list[float] = []
    came: list[float] = []
    for number, cycle in enumerate(done):
        end = cycle.time + timedelta(minutes=float(cycle.body.get("horizonMinutes", 0)))
        if end > done[-1].time:
            break
        within = [later for later in done[number:] if later.time <= end]
        for area in areas:
            given = cycle.body.get("probability", {}).get(area, (0.0, 0.0, 0.0, 0.0))
            worst = max(int(later.body.get("colourNow", {}).get(area, 0)) for later in within)
            for level in _COLOURS:
                colour.append(level)
                probability.append(float(given[level - 1]))
                came.append(float(worst >= level))
    return reliability_table(np.array(colour), np.array(probability), np.array(came), classes)
