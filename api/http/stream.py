"""The last entries of the public stream in memory, and the waiting of those who read along."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import orjson

from api.store.records import Entry
from api.warning.notice import stamp

KINDS = ("warning", "plan", "cycle", "job", "canary", "fault", "escalation", "lapsed", "approval")
_PUBLIC = ("warning", "plan", "cycle", "fault", "escalation", "lapsed")
_KEPT = 20_000  # entries in memory; older ones are read from the database


@dataclass(frozen=True)
class Told:
    """One entry as it goes out, with what it may be filtered by."""

    number: int
    kind: str
    status: str  # "" where it has none
    event: bytes  # as text/event-stream


@dataclass(frozen=True)
class Wanted:
    """What a reader wants of the stream."""

    kinds: frozenset[str]
    status: str

    def has(self, told: Told) -> bool:
        return told.kind in self.kinds and told.status in ("", self.status)


def default_kinds() -> frozenset[str]:
    """What is told to who asks for nothing special: no jobs of planners, no approvals of officers, no canaries."""
    return frozenset(_PUBLIC)


def told_of(entry: Entry) -> Told:
    """An entry as an event: its number is the id, its kind the event, its content the data."""
    body: dict[str, Any] = {
        **entry.body, "number": entry.number, "kind": entry.kind, "time": stamp(entry.time), "subject": entry.subject,
    }  # fmt: skip
    data = orjson.dumps(body, default=str)
    event = b"id: %d\nevent: %b\ndata: %b\n\n" % (entry.number, entry.kind.encode(), data)
    return Told(entry.number, entry.kind, str(entry.body.get("status", "")), event)


def cursor(number: int) -> bytes:
    """Moves a reader's Last-Event-ID on without an event, past what it did not want."""
    return b"id: %d\n\n" % number


class Stream:
    """Filled by the board's thread, read by the event loop. Readers keep a number each and nothing else."""

    def __init__(self) -> None:
        self._told: deque[Told] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()
        self.last = 0  # number of the newest entry
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None
        self.readers = 0

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake the readers of this loop from now on."""
        self._loop = loop
        self._news = asyncio.Event()

    def begin(self, entries: Sequence[Entry], last: int) -> None:
        """Start with the newest entries of the database."""
        told = [told_of(entry) for entry in entries]
        with self._lock:
            self._told.clear()
            self._told.extend(told)
            self.last = last

    def add(self, entries: Sequence[Entry]) -> None:
        """New ones, in order."""
        told = [told_of(entry) for entry in entries]
        with self._lock:
            self._told.extend(told)
            self.last = told[-1].number if told else self.last
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()
            self._news = asyncio.Event()

    def after(self, number: int) -> list[Told] | None:
        """Entries above `number`; None where memory does not reach back that far."""
        if number >= self.last:
            return []
        with self._lock:  # the board's thread adds
            if not self._told or self._told[0].number > number + 1:
                return None
            found = list(takewhile(lambda one: one.number > number, reversed(self._told)))
        return found[::-1]

    async def wait(self, number: int, timeout_s: float) -> bool:
        """Until there is an entry above `number`; False where the time ran out."""
        if self._news is None:
            self.attach(asyncio.get_running_loop())
        news = self._news
        assert news is not None
        if self.last > number:
            return True
        try:
            async with asyncio.timeout(timeout_s):  # wait_for would make a task for every reader and event
                await news.wait()
        except TimeoutError:
            return False
        return True
