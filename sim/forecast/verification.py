"""Warnings held against what was then observed: hits, late warnings, misses, false alarms and lead times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import AREA_LEVELS, LEVELS, VERIFICATION


@dataclass(frozen=True)
class Spell:
    """A stretch of time in which an area had a colour or worse, warned of or observed."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if not self.end > self.start:
            raise ValueError(f"spell from {self.start} must end after it begins, not at {self.end}")


@dataclass(frozen=True)
class ColourChange:
    """From `time` on an area has this colour (0 none .. 4 red), until its next change."""

    area: str
    area_level: str  # one of AREA_LEVELS
    time: datetime
    colour: int


@dataclass(frozen=True)
class Match:
    """What became of one event, or of a warning without one."""

    area: str
    area_level: str
    colour: int
    outcome: str  # "hit", "late", "miss" or "false_alarm"
    warned: Spell | None
    observed: Spell | None
    lead_s: float | None  # observed start - warned start; negative where late, None where one of them lacks


def event_gap_s(rules: Rules) -> float:
    """How long an observed colour may be interrupted and still count as one event (s)."""
    return rules.number("rain_ahead.event_gap_s")


def spells(changes: Iterable[ColourChange], colour: int, end: datetime, gap_s: float) -> list[Spell]:
    """Stretches of `colour` or worse of one area until `end`; shorter interruptions than `gap_s` are bridged.

    A later change at the same moment takes the place of the earlier one.
    """
    found: list[Spell] = []
    start: datetime | None = None
    for change in sorted(changes, key=lambda one: one.time):
        if change.time >= end:
            break
        if change.colour >= colour and start is None:
            start = change.time
        elif change.colour < colour and start is not None:
            if change.time > start:
                found.append(Spell(start, change.time))
            start = None
    if start is not None:
        found.append(Spell(start, end))
    joined: list[Spell] = []
    for spell in found:
        if joined and (spell.start - joined[-1].end).total_seconds() <= gap_s:
            joined[-1] = Spell(joined[-1].start, spell.end)
        else:
            joined.append(spell)
    return joined


def match_spells(
    warned: Sequence[Spell], observed: Sequence[Spell], *, area: str = "", area_level: str = "", colour: int = 1
) -> list[Match]:
    """Every event with the warning that was in force as it began, or the first that came while it lasted.

    A warning is a false alarm where no event was there at any moment while it was in force. An event that begins at the
    moment of its warning is a hit with no lead time. One warning may cover several events, in order of time; of the
    later ones it can have foreseen no more than the time since the one before was over, so the lead counts from there.
    """
    matches = []
    over: datetime | None = None
    for event in observed:
        before = [w for w in warned if w.start <= event.start < w.end]
        during = [w for w in warned if event.start < w.start < event.end]
        warning = before[0] if before else during[0] if during else None
        outcome = "hit" if before else "late" if during else "miss"
        lead = None
        if warning is not None:
            since = warning.start if over is None else max(warning.start, over)
            lead = (event.start - since).total_seconds()
        over = event.end
        matches.append(Match(area, area_level, colour, outcome, warning, event, lead))
    alone = [w for w in warned if not any(w.start < event.end and event.start < w.end for event in observed)]
    return matches + [Match(area, area_level, colour, "false_alarm", w, None, None) for w in alone]


def verify(
    warned: Iterable[ColourChange], observed: Iterable[ColourChange], end: datetime, gap_s: float
) -> list[Match]:
    """Matches of every area and colour until `end`: what is in force or going on then is cut there.

    Observed colours that are interrupted for no more than `gap_s` are one event; a warning that was cancelled and
    issued again is two.
    """
    by_area: dict[tuple[str, str], tuple[list[ColourChange], list[ColourChange]]] = {}
    for which, changes in enumerate((warned, observed)):
        for change in changes:
            by_area.setdefault((change.area_level, change.area), ([], []))[which].append(change)
    matches = []
    for (level, area), (said, seen) in sorted(by_area.items()):
        for colour in range(1, len(LEVELS)):
            in_force, events = spells(said, colour, end, 0.0), spells(seen, colour, end, gap_s)
            matches += match_spells(in_force, events, area=area, area_level=level, colour=colour)
    return matches


def verification_table(matches: Iterable[Match]) -> pd.DataFrame:
    """Schema VERIFICATION: one row per level of area that occurs and colour; shares without a case are NaN.

    POD = hits / (hits + late + misses), FAR = false alarms / (hits + false alarms), CSI = hits / all; a late warning
    counts as no hit (Wilks 2011, section 8.2).
    """
    all_of = list(matches)
    rows = []
    for level in (name for name in AREA_LEVELS if any(m.area_level == name for m in all_of)):
        for colour in range(1, len(LEVELS)):
            here = [m for m in all_of if m.area_level == level and m.colour == colour]
            hits, late, misses, false = (
                sum(m.outcome == name for m in here) for name in ("hit", "late", "miss", "false_alarm")
            )
            lead = [m.lead_s / 60.0 for m in here if m.outcome == "hit" and m.lead_s is not None]
            rows.append(
                {
                    "level": level,
                    "colour": LEVELS[colour],
                    "hits": hits,
                    "late": late,
                    "misses": misses,
                    "false_alarms": false,
                    "pod": _share(hits, hits + late + misses),
                    "far": _share(false, hits + false),
                    "csi": _share(hits, hits + late + misses + false),
                    "lead_median_min": float(np.median(lead)) if lead else np.nan,
                    "lead_p10_min": float(np.percentile(lead, 10.0)) if lead else np.nan,
                }
            )
    return pd.DataFrame(rows, columns=list(VERIFICATION.names))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan
