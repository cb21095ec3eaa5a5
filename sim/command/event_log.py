"""The event log of a drill: one JSON object per line, enough to run the drill again and get the same bytes.

The first line is the header: what the drill was made of and every order and inject, with who gave it. Each further
line is one entry: time_s, seq, kind, and the values of that kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InputError
from data.strict_toml import Section
from sim.command.check import check_step
from sim.command.script import Inject, Order, plain_step, read_injects, read_orders
from sim.command.setup import SOURCES, DrillSetup, GivenOrder

FORMAT = "rongan event log 1"
ENTRY_KINDS = (
    "start",  # of the run
    "order",  # given
    "done",  # carried out
    "inject",
    "inject_end",
    "water",  # the next state of the flood on the roads
    "reached",  # people of an area whom a channel has told to leave
    "site_opened",
    "site_closed",
    "site_full",
    "stranded",
    "count",  # people by state, at every exchange
    "call",  # for help
    "team",  # sets out, arrives, gives up
    "end",
)


@dataclass(frozen=True)
class LogEntry:
    """Something that happened. `seq` numbers the entries of a log from 0."""

    time_s: float
    seq: int
    kind: str  # of ENTRY_KINDS
    values: dict[str, Any] = field(default_factory=dict)  # plain JSON values


class EventLog:
    """Entries as they come, numbered; times are rounded to the millisecond that movement counts in."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def add(self, time_s: float, kind: str, **values: Any) -> None:
        """One more entry. ValueError for an unknown kind, or a time before that of the entry before."""
        if kind not in ENTRY_KINDS:
            raise ValueError(f"kind(={kind!r}) is not one of {ENTRY_KINDS}")
        time_s = round(float(time_s), 3)
        if self.entries and time_s < self.entries[-1].time_s:
            raise ValueError(f"time_s(={time_s}) lies before {self.entries[-1].time_s}")
        self.entries.append(LogEntry(time_s, len(self.entries), kind, {key: _plain(v) for key, v in values.items()}))


def header_of(setup: DrillSetup) -> dict[str, Any]:
    """The header line of a drill: identity, seed, length, and every order and inject with who gave it."""
    return {
        "format": FORMAT,
        **setup.identity,
        "seed": setup.seed,
        "until_s": setup.until_s,
        "exchange_s": setup.exchange_s,
        "orders": [{"source": given.source, **plain_step(given.order)} for given in setup.orders],
        "injects": [plain_step(inject) for inject in setup.injects],
    }


def log_lines(header: dict[str, Any], entries: Iterable[LogEntry]) -> Iterable[str]:
    """The lines of a log, without line ends."""
    yield _json(header)
    for entry in entries:
        yield _json({"time_s": entry.time_s, "seq": entry.seq, "kind": entry.kind, **entry.values})


def write_log(path: Path, header: dict[str, Any], entries: Iterable[LogEntry]) -> None:
    """Write a log as UTF-8 with line feeds."""
    path.write_bytes("".join(f"{line}\n" for line in log_lines(header, entries)).encode())


def read_log(path: Path) -> tuple[dict[str, Any], tuple[LogEntry, ...]]:
    """Header and entries of a log; InputError for what is not one, or is cut short in the middle of a line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError("no readable file", file=path, expected="an event log: events.jsonl of a drill") from None
    rows = [_object(line, path, number) for number, line in enumerate(lines, start=1)]
    if not rows or rows[0].get("format") != FORMAT:
        raise InputError("not an event log", file=path, place="line 1", expected=f'a header with format "{FORMAT}"')
    return rows[0], tuple(_entry(row, path, number) for number, row in enumerate(rows[1:], start=2))


def replay_of(setup: DrillSetup, header: dict[str, Any], file: Path | None = None) -> DrillSetup:
    """The setup with the orders, injects and seed of a log.

    Raises InputError where the log is of another scenario, other rules or another version: its bytes would differ.
    """
    for key, here in {**setup.identity, "until_s": setup.until_s, "exchange_s": setup.exchange_s}.items():
        if header.get(key) != here:
            raise InputError(
                "the log is of another drill", file=file, place=key, value=header.get(key),
                expected=f"{here}, as this drill has it",
            )  # fmt: skip
    orders, injects = inputs_of(header, file)
    steps: list[Order | Inject] = [*(given.order for given in orders), *injects]
    for step in steps:
        check_step(setup.places, step, setup.until_s, file)
    seed = header.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise InputError("no seed", file=file, place="seed", value=seed, expected="a whole number from 0 to 2^32 - 1")
    return replace(setup.with_inputs(orders, injects), seed=seed)


def inputs_of(header: dict[str, Any], file: Path | None = None) -> tuple[tuple[GivenOrder, ...], tuple[Inject, ...]]:
    """The orders and injects that a log names, in its order."""
    tables, struck = (_tables(header, key, file) for key in ("orders", "injects"))
    sources = [table.pop("source", "script") for table in tables]
    for source in sources:
        if source not in SOURCES:
            raise InputError("unknown source", file=file, place="orders", value=source, expected=", ".join(SOURCES))
    top = Section({"order": tables, "inject": struck}, file or Path())
    by_id = {order.id: order for order in read_orders(top)}
    injects = {inject.id: inject for inject in read_injects(top)}
    top.finish()
    given = tuple(GivenOrder(by_id[table["id"]], source) for table, source in zip(tables, sources, strict=True))
    return given, tuple(injects[table["id"]] for table in struck)


def _tables(header: dict[str, Any], key: str, file: Path | None) -> list[dict[str, Any]]:
    """The orders or injects of a header as tables of their own, each with its id."""
    found = header.get(key, [])
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and isinstance(one.get("id"), str) for one in found
    ):
        raise InputError("not a list of steps", file=file, place=key, expected="objects, each with an id")
    return [dict(one) for one in found]


def _entry(row: dict[str, Any], path: Path, number: int) -> LogEntry:
    try:
        return LogEntry(float(row.pop("time_s")), int(row.pop("seq")), str(row.pop("kind")), row)
    except (KeyError, TypeError, ValueError):
        raise InputError(
            "not an entry of a log", file=path, place=f"line {number}", expected="time_s, seq and kind"
        ) from None


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error}", file=path, place=f"line {number}", expected="one object") from None
    if not isinstance(row, dict):
        raise InputError("not an object", file=path, place=f"line {number}", value=line[:40], expected="one object")
    return row


def _plain(value: Any) -> Any:
    """Numbers of numpy as Python's, times and shares to six digits after the point, nothing for NaN and infinity."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple | np.ndarray) else value


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
