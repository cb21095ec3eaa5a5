"""Reads observations as files bring them: CSV, whole or growing in a folder; every row that cannot be read is named."""

from __future__ import annotations

import csv
import hashlib
import math
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from data.errors import Finding, InputError
from data.readers.report import Report
from data.readers.tables import stream_rows
from data.schema import OBSERVATIONS
from data.suggest import closest

_MOST_BYTES = 32 * 2**20  # of one file at one look; the rest waits for the next
_MOST_ROWS_LOOK = 20_000  # of all files of a folder at one look; the rest waits for the next
_MOST_ROWS = 5_000_000  # of one file read as a whole: some 1.5 GB of memory
_MOST_FINDINGS = 1_000  # of one such file; more rows that cannot be read end the reading
_CHUNK = 10_000  # rows
_LONGEST_HEADER = 65_536


@dataclass(frozen=True, slots=True)
class RawObservation:
    """One row as it came: nothing is converted or judged yet."""

    sensor: str
    quantity: str  # "" = what the sensor measures
    time: datetime  # with its offset
    value: float
    unit: str  # "" = that of the quantity
    place: str  # file and row, for messages


def parse_row(row: dict[str, Any], place: str) -> RawObservation:
    """One row by column name, of a CSV file or a JSON object. Raises InputError that names the field."""
    for name in row:
        if name not in OBSERVATIONS:
            raise InputError("unknown field", place=place, value=name, expected=closest(str(name), OBSERVATIONS.names))
    texts = {name: _text(row, name, place) for name in ("sensor", "quantity", "time", "unit")}
    for name in ("sensor", "time"):
        if not texts[name]:
            raise InputError("empty", place=f"{place}, {name}", expected=OBSERVATIONS[name].meaning)
    return RawObservation(
        sys.intern(texts["sensor"]),  # of millions of rows there are few names
        sys.intern(texts["quantity"]),
        parse_time(texts["time"], f"{place}, time"),
        _number(row.get("value"), f"{place}, value"),
        sys.intern(texts["unit"]),
        place,
    )


def parse_time(text: str, place: str) -> datetime:
    """A moment in ISO 8601 with its offset. Raises InputError."""
    expected = "a time such as 2026-07-01T08:05:00+08:00"
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("not a time", place=place, value=text, expected=expected) from None
    if time.tzinfo is None:
        raise InputError("time without an offset", place=place, value=text, expected=expected)
    if not 1900 <= time.year <= 2200:  # clocks that were never set, and what no database keeps
        raise InputError("impossible time", place=place, value=text, expected=expected)
    return time


def parse_rows(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], file: str
) -> tuple[list[RawObservation], list[Finding]]:
    """Numbered rows below a header: what could be read, and a finding for every row that could not."""
    found: list[RawObservation] = []
    bad: list[Finding] = []
    for number, cells in rows:
        try:
            if len(cells) != len(header):
                raise InputError(
                    "wrong number of fields", place=f"row {number}", value=len(cells), expected=f"{len(header)} fields"
                )
            found.append(parse_row(dict(zip(header, cells, strict=True)), f"row {number}"))
        except InputError as error:
            value = "" if error.value is None else str(error.value)[:80]
            bad.append(Finding("error", file, error.place, value, error.message, error.expected))
    return found, bad


def read_observations(path: str | Path, report: Report | None = None) -> list[RawObservation]:
    """A whole CSV file (schema OBSERVATIONS). Raises InputError at the first bad row, or tells a collecting report."""
    file = Path(path)
    report = report or Report()
    found: list[RawObservation] = []
    bad = 0
    with stream_rows(file) as (header, rows):
        _check_header(header, str(file))
        while chunk := list(islice(rows, _CHUNK)):
            good, findings = parse_rows(header, chunk, str(file))
            found += good
            bad += len(findings)
            for one in findings:
                report.error(one.message, file=file, place=one.place, value=one.value or None, expected=one.remedy)
            if bad > _MOST_FINDINGS:
                break  # in a report that collects: a file of another kind
            if len(found) > _MOST_ROWS:
                expected = f"at most {_MOST_ROWS}; cut it into several files"
                raise InputError("too many rows", file=file, place=f"row {chunk[-1][0]}", expected=expected)
    return found


@dataclass(frozen=True)
class Look:
    """What a look into a folder brought."""

    observations: list[RawObservation]
    findings: list[Finding]
    waiting: int = 0  # bytes of files that wait for the next look


@dataclass
class ObservationFolder:
    """A folder into which others write CSV files, row by row: each look brings the whole lines that are new.

    `seen` can be kept as JSON between runs. A file that became shorter or has another first line is read from its
    beginning again: the service knows rows it has by their sensor and time.
    """

    folder: Path
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)  # file -> bytes, rows, header, mark of the first line

    def look(self) -> Look:
        """New rows of all files `*.csv`, in the order of their names. A file that cannot be read is a finding.

        At most so many rows at one look; the file with the least that is new has its turn first, so a backlog keeps
        no gauge of now waiting.
        """
        if not self.folder.is_dir():
            raise InputError("no such folder", file=self.folder, expected="a folder of CSV files with observations")
        looks: dict[str, tuple[list[RawObservation], list[Finding]]] = {}
        files = sorted(self.folder.glob("*.csv"))
        room = _MOST_ROWS_LOOK
        for file in sorted(files, key=self._unread):
            try:
                found, bad = self._new_rows(file, room)
            except InputError as error:
                found, bad = [], [Finding("error", str(file), error.place, "", error.message, error.expected)]
            except OSError as error:
                found, bad = [], [Finding("error", str(file), "", "", f"not readable: {error.strerror}", "a CSV file")]
            looks[file.name] = found, bad
            room -= len(found) + len(bad)
        self.seen = {name: state for name, state in self.seen.items() if name in looks}
        observations = [one for file in files for one in looks[file.name][0]]
        findings = [one for file in files for one in looks[file.name][1]]
        return Look(observations, findings, sum(map(self._unread, files)) if room <= 0 else 0)

    def _unread(self, file: Path) -> int:
        """Bytes that no look has brought yet."""
        state = self.seen.get(file.name, {"bytes": 0, "bad": False})
        try:
            return 0 if state["bad"] else max(file.stat().st_size - state["bytes"], 0)
        except OSError:
            return 0

    def _new_rows(self, file: Path, most: int) -> tuple[list[RawObservation], list[Finding]]:
        """New rows of a file, `most` lines at most."""
        state = self.seen.get(file.name)
        with _open_regular(file) as stream:
            first = stream.readline(_LONGEST_HEADER)
            endless = not first.endswith(b"\n")
            if endless and len(first) < _LONGEST_HEADER and b"\r" not in first[:-1]:
                return [], []  # the header is still being written
            mark = hashlib.sha256(first).hexdigest()[:16]
            size = stream.seek(0, 2)
            fresh = state is None or state["mark"] != mark or size < state["bytes"]
            if fresh:
                state = {"bytes": len(first), "rows": 1, "header": [], "mark": mark, "bad": True}
                self.seen[file.name] = state
                if endless:
                    raise InputError(
                        "no end of the first line", place="row 1", expected="lines that end with LF or CR LF"
                    )
                state["header"] = [name.strip() for name in _cells(first, "row 1", bom=True)]
                _check_header(state["header"], str(file))
                state["bad"] = False
            assert state is not None
            if state["bad"]:
                return [], []  # told when it was first seen
            stream.seek(state["bytes"])
            block = stream.read(_MOST_BYTES)
        whole = block.rfind(b"\n") + 1
        if not whole and len(block) == _MOST_BYTES:
            state["bad"] = True
            raise InputError("no end of a line", place=f"row {state['rows'] + 1}", expected="lines of an observation")
        block = _lines(block[:whole], most)
        rows: list[tuple[int, list[str]]] = []
        findings: list[Finding] = []
        for number, line in enumerate(block.split(b"\n"), start=state["rows"] + 1):
            if line.strip():
                try:
                    rows.append((number, _cells(line, f"row {number}")))
                except InputError as error:
                    findings.append(Finding("error", str(file), error.place, "", error.message, error.expected))
        state["rows"] += block.count(b"\n")
        state["bytes"] += len(block)
        found, bad = parse_rows(state["header"], rows, str(file))
        return found, findings + bad


def _open_regular(file: Path) -> BinaryIO:
    """A file opened for reading. Raises InputError for a pipe, a device and the like, which may never answer."""
    if stat.S_ISREG(file.stat().st_mode):
        number = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # it may have become a pipe meanwhile
        if stat.S_ISREG(os.fstat(number).st_mode):
            return os.fdopen(number, "rb")
        os.close(number)
    raise InputError("not a regular file", expected="a CSV file")


def _lines(block: bytes, most: int) -> bytes:
    """The first so many lines of whole lines."""
    if block.count(b"\n") <= most:
        return block
    return b"".join(line + b"\n" for line in block.split(b"\n", most)[:most])


def _cells(line: bytes, place: str, bom: bool = False) -> list[str]:
    """The cells of one line; a field of an observation holds no line break."""
    try:
        return next(csv.reader([line.decode("utf-8-sig" if bom else "utf-8").rstrip("\r\n")], strict=True))
    except UnicodeDecodeError:
        raise InputError("not UTF-8 text", place=place, expected="UTF-8") from None
    except (csv.Error, StopIteration):
        raise InputError("not a row of a CSV file", place=place, expected="fields with commas between them") from None


def _check_header(header: list[str], file: str) -> None:
    for name in header:
        if name not in OBSERVATIONS:
            raise InputError(
                "unknown column", file=file, place="row 1", value=name, expected=closest(name, OBSERVATIONS.names)
            )
    for name in (*OBSERVATIONS.required, *header):
        if header.count(name) != 1:
            message = "missing column" if name not in header else "column occurs twice"
            raise InputError(message, file=file, place="row 1", value=name, expected=OBSERVATIONS[name].meaning)


def _text(row: dict[str, Any], name: str, place: str) -> str:
    value = row.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 200 or not value.isprintable():
        raise InputError("not a text", place=f"{place}, {name}", value=value, expected="a text of at most 200 signs")
    return value.strip()


def _number(value: Any, place: str) -> float:
    try:
        if isinstance(value, bool) or value is None or (isinstance(value, str) and ("_" in value or not value.strip())):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError("not a number", place=place, value=value, expected="a finite number") from None
    if not math.isfinite(number):
        raise InputError("not a finite number", place=place, value=str(value), expected="a finite number")
    return number
