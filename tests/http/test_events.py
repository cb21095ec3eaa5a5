"""The stream of events: replay, what comes, resets, filters, readers that leave or do not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api.http import events
from api.http.app import create_app
from api.http.context import Context
from tests.http.service_case import as_role, context_in, message, publish, renamed


class Reader:
    """A client of the stream that speaks ASGI itself: httpx would wait for the end of the body."""

    def __init__(self, app: Any, query: str = "", headers: dict[str, str] | None = None) -> None:
        self.text = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.stalled = False
        self._leave = asyncio.Event()
        self._news = asyncio.Event()
        scope = {
            "type": "http", "method": "GET", "path": "/v1/events", "raw_path": b"/v1/events", "root_path": "",
            "query_string": query.encode(), "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1),
            "headers": [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()], "asgi": {},
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._leave.wait()
        return {"type": "http.disconnect"}

    async def _send(self, sent: dict[str, Any]) -> None:
        if self.stalled:
            await asyncio.sleep(3600)
        if sent["type"] == "http.response.start":
            self.status = sent["status"]
            self.headers = {k.decode(): v.decode() for k, v in sent["headers"]}
        else:
            self.text += sent.get("body", b"").decode()
        self._news.set()

    async def until(self, enough: Callable[[Reader], bool]) -> None:
        async with asyncio.timeout(5):
            while not enough(self):
                await self._news.wait()
                self._news.clear()

    def events(self) -> list[tuple[int, str, dict[str, Any]]]:
        """(id, kind, data) of what was received whole."""
        found = []
        for block in self.text.split("\n\n")[:-1]:
            lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "event" in lines:
                found.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
        return found

    async def leave(self) -> None:
        self._leave.set()
        await self.task


@asynccontextmanager
async def service(folder: Path, **settings: Any) -> AsyncIterator[tuple[Any, Context]]:
    with context_in(folder, **settings) as context:
        app = create_app(context)
        async with app.api.router.lifespan_context(app.api):
            yield app, context


def put(context: Context, *names: str, **changes: Any) -> None:
    for name in names:
        publish(context, renamed(message(), name, area=name, **changes))


def test_replay_is_exact_and_goes_on_without_a_gap(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, context):
            put(context, *"abcde")
            reader = Reader(app, headers={"Last-Event-ID": "2"})
            await reader.until(lambda r: len(r.events()) == 3)
            put(context, "f")
            await reader.until(lambda r: len(r.events()) == 4)
            assert [(number, data["identifier"]) for number, _, data in reader.events()] == list(
                zip((3, 4, 5, 6), "cdef", strict=True)
            )
            assert reader.headers["content-type"].startswith("text/event-stream")
            assert reader.headers["cache-control"] == "no-store"
            await reader.leave()
            assert context.board.stream.readers == 0

    asyncio.run(play())


def test_without_a_number_only_what_comes(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, context):
            put(context, "a")
            reader = Reader(app)
            await reader.until(lambda r: "retry:" in r.text)
            put(context, "b")
            await reader.until(lambda r: bool(r.events()))
            assert [data["identifier"] for _, _, data in reader.events()] == ["b"]
            await reader.leave()

    asyncio.run(play())


@pytest.mark.parametrize(("given", "query"), [("99", ""), ("x", ""), (None, "since=99")])
def test_a_number_of_no_use_is_reset(tmp_path: Path, given: str | None, query: str) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, context):
            put(context, "a", "b")
            reader = Reader(app, query, {"Last-Event-ID": given} if given else {})
            await reader.until(lambda r: bool(r.events()))
            number, kind, data = reader.events()[0]
            assert (number, kind, data["last"]) == (2, "reset", 2)
            put(context, "c")
            await reader.until(lambda r: len(r.events()) == 2)
            assert reader.events()[1][2]["identifier"] == "c"
            await reader.leave()

    asyncio.run(play())


def test_what_memory_has_lost_is_read_from_the_database(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, context):
            put(context, *"abcdef")
            with context.store.reading() as rx:
                context.board.stream.begin(rx.entries(4, 10), 6)
            reader = Reader(app, "since=0")
            await reader.until(lambda r: len(r.events()) == 6)
            assert [number for number, _, _ in reader.events()] == [1, 2, 3, 4, 5, 6]
            await reader.leave()

    asyncio.run(play())


def test_other_statuses_and_kinds_move_the_number_on_but_are_not_told(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, context):
            put(context, "a")
            put(context, "t", status="Test")
            put(context, "r", status="Actual")
            reader = Reader(app, "since=0")
            await reader.until(lambda r: "id: 3\n\n" in r.text)
            assert [data["identifier"] for _, _, data in reader.events()] == ["a"]
            canaries = Reader(app, "since=0&kinds=canary")
            await canaries.until(lambda r: "id: 3" in r.text)
            assert canaries.events() == []  # a canary is of another status than the feed's
            await reader.leave()
            await canaries.leave()

    asyncio.run(play())


def test_heartbeats_keep_the_line_open(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path, heartbeat_s=0.05) as (app, _):
            reader = Reader(app)
            await reader.until(lambda r: r.text.count(": 0\n\n") >= 2)
            await reader.leave()

    asyncio.run(play())


def test_a_reader_that_does_not_read_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PATIENCE_S", 0.2)

    async def play() -> None:
        async with service(tmp_path) as (app, context):
            reader = Reader(app)
            await reader.until(lambda r: "retry:" in r.text)
            reader.stalled = True
            put(context, "a")
            async with asyncio.timeout(5):
                await reader.task
            assert context.board.stream.readers == 0

    asyncio.run(play())


def test_an_event_is_told_only_once_its_message_stands_in_the_feed(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path) as (_, context):
            seen: list[int] = []
            add = context.board.stream.add

            def adding(entries: Any) -> None:
                seen.append(len(context.board.in_force["Exercise"]))
                add(entries)

            context.board.stream.add = adding  # type: ignore[method-assign]
            put(context, "a", "b")
            assert seen == [1, 2]

    asyncio.run(play())


def test_unknown_kinds_and_parameters_are_refused(tmp_path: Path) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, _):
            for query, status in (("kinds=gossip", 422), ("since=-1", 422), ("sine=3", 400), ("status=Test", 422)):
                reader = Reader(app, query)
                await reader.task
                assert reader.status == status, query

    asyncio.run(play())


@pytest.mark.parametrize(
    ("role", "status"),
    [("", 401), ("viewer", 403), ("planner", 403), ("officer", 200), ("approver", 200), ("admin", 200)],
)
def test_requests_for_approval_are_told_to_who_publishes_and_to_nobody_else(
    tmp_path: Path, role: str, status: int
) -> None:
    async def play() -> None:
        async with service(tmp_path) as (app, context):
            reader = Reader(app, "kinds=approval&since=0", as_role(role) if role else {})
            await reader.until(lambda r: bool(r.status))
            assert reader.status == status
            public = Reader(app, "since=0")
            with context.store.writing("test") as tx:
                tx.entry("approval", "q", {"status": "Exercise", "state": "waiting"})
            put(context, "a")
            await public.until(lambda r: bool(r.events()))
            assert [kind for _, kind, _ in public.events()] == ["warning"]
            if status == 200:
                await reader.until(lambda r: bool(r.events()))
                assert [(kind, data["state"]) for _, kind, data in reader.events()] == [("approval", "waiting")]
            await reader.leave()
            await public.leave()

    asyncio.run(play())
