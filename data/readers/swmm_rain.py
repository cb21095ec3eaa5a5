"""Reads SWMM rain files (station, date, time, value) and time series (date, time, value) as observations of gauges."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from data.errors import InputError
from data.readers.observations import RawObservation

FORMS = ("VOLUME", "INTENSITY", "CUMULATIVE")  # as in [RAINGAGES]
UNITS = {"MM": "mm", "IN": "in"}
_MOST_ROWS = 5_000_000


@dataclass(frozen=True)
class SwmmRainForm:
    """What a line of [RAINGAGES] says of a file, and in which zone of time its clock runs."""

    form: str  # one of FORMS
    interval_s: float
    unit: str = "MM"  # "MM" or "IN"; of an intensity per hour
    zone: tzinfo = UTC
    start: datetime | None = None  # where a time series counts hours: its hour 0, with its offset

    def __post_init__(self) -> None:
        if self.form not in FORMS or self.unit not in UNITS:
            raise ValueError(f"form {self.form!r} must be one of {FORMS}, unit {self.unit!r} one of {tuple(UNITS)}")
        if not self.interval_s > 0.0:
            raise ValueError(f"interval_s(={self.interval_s}) must be > 0")


def read_swmm_rain(
    path: str | Path,
    form: SwmmRainForm,
    *,
    sensor: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[RawObservation]:
    """Rain (mm or in, per interval) of every station, in order of time; intervals without a line are dry.

    SWMM gives the start of an interval; an observation has its end. Dry intervals are filled in between the first and
    the last line of a station. `sensor` names a series without stations (by default the name of the file). Only
    intervals that end after `since` and not after `until` are kept. Raises InputError with the row.
    """
    file = Path(path)
    by_station: dict[str, list[tuple[datetime, float, str]]] = {}
    for place, station, start, value in _lines(file, form):
        rows = by_station.setdefault(station or sensor or file.stem, [])
        if rows and start <= rows[-1][0]:
            raise InputError("times not in order", file=file, place=place, value=start.isoformat())
        rows.append((start, value, place))
    if not by_station:
        raise InputError("no rain", file=file, expected="lines: station year month day hour minute value")
    found: list[RawObservation] = []
    for station, rows in by_station.items():
        found += _filled(file, station, rows, form, since, until)
    return sorted(found, key=lambda one: (one.time, one.sensor))


def _filled(
    file: Path,
    station: str,
    rows: list[tuple[datetime, float, str]],
    form: SwmmRainForm,
    since: datetime | None,
    until: datetime | None,
) -> list[RawObservation]:
    step = timedelta(seconds=form.interval_s)
    found: list[RawObservation] = []
    before = 0.0
    due = rows[0][0]

    def add(start: datetime, depth: float, place: str) -> None:
        end = start + step
        if (since is None or end > since) and (until is None or end <= until):
            if len(found) >= _MOST_ROWS:
                raise InputError("too many intervals", file=file, place=place, expected="a shorter span of time")
            found.append(RawObservation(station, "rain", end, depth, UNITS[form.unit], f"{file.name} {place}"))

    for start, value, place in rows:
        if since is not None and due + step <= since < start:
            due += step * math.floor((since - due) / step)
        while due + 0.5 * step < start and (until is None or due < until):
            add(due, 0.0, place)
            due += step
        depth = value
        if form.form == "INTENSITY":
            depth = value * form.interval_s / 3600.0
        elif form.form == "CUMULATIVE":
            depth, before = (value - before if value >= before else value), value  # a fall is a gauge set back
        add(start, depth, place)
        due = start + step
    return found


def _lines(file: Path, form: SwmmRainForm) -> Iterator[tuple[str, str, datetime, float]]:
    """(place, station or "", start of the interval, value) of every line that is no comment and no title."""
    try:
        text = file.read_text(encoding="utf-8", errors="strict")
    except FileNotFoundError:
        raise InputError("no such file", file=file, expected="a rain file or time series of SWMM") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"not readable: {error}", file=file, expected="a text file") from None
    day: datetime | None = None
    told = 0
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition(";")[0].split()
        place = f"row {number}"
        if not words or (told == 0 and len(words) < 3 and number == 1):
            continue  # a blank, a comment, or the title that a rain file may begin with
        try:
            if len(words) >= 7 and "/" not in words[1] and ":" not in words[1]:
                year, month, date, hour, minute = (int(word) for word in words[1:6])
                midnight = datetime(year, month, date, tzinfo=form.zone)
                row = place, words[0], midnight + _clock(f"{hour}:{minute:02d}"), float(words[6])
            elif len(words) == 3 and ("/" in words[0] or "-" in words[0].lstrip("-")):
                day = _date(words[0], form.zone)
                row = place, "", day + _clock(words[1]), float(words[2])
            elif len(words) == 2 and day is not None and ":" in words[0]:
                row = place, "", day + _clock(words[0]), float(words[1])
            elif form.start is not None and len(words) in (2, 3):
                whole = timedelta(days=int(words[0])) if len(words) == 3 else timedelta()
                row = place, "", form.start + whole + _clock(words[-2]), float(words[-1])
            else:
                raise ValueError
        except (ValueError, OverflowError):
            raise InputError(
                "not a line of a SWMM rain file",
                file=file,
                place=place,
                value=line[:80],
                expected="station year month day hour minute value, or month/day/year hour:minute value",
            ) from None
        if not (math.isfinite(row[3]) and row[3] >= 0.0):
            raise InputError("impossible rain", file=file, place=place, value=words[-1], expected="at least 0")
        told += 1
        yield row


def _date(text: str, zone: tzinfo) -> datetime:
    """SWMM writes month/day/year."""
    month, day, year = (int(part) for part in text.replace("-", "/").split("/"))
    return datetime(year, month, day, tzinfo=zone)


def _clock(text: str) -> timedelta:
    """hours:minutes(:seconds), or hours as a number; may pass 24 h."""
    if ":" not in text:
        return timedelta(hours=float(text))
    parts = [int(part) for part in text.split(":")]
    if not (2 <= len(parts) <= 3 and min(parts) >= 0 and max(parts[1:]) < 60):
        raise ValueError
    return timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2] if len(parts) == 3 else 0)
