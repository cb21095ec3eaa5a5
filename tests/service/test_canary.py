"""The canary: what it finds wrong, that it says so once, and that it takes it back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from api.service.background import every
from api.service.canary import FAILED, OK, Canary
from api.service.clock import ServiceClock
from api.service.heartbeat import beat, last_beat, silent_s, state_of
from api.service.publisher import Publisher
from api.service.settings import Settings
from api.store import Store
from data.rules_file import load_rules
from tests.tiny_city import tiny_city


@dataclass
class Front:
    """What stands in for HTTP: gives out messages of the store, wrong as it is told."""

    store: Store
    url: str = ""
    spoil: str = ""


@contextmanager
def front(store: Store) -> Iterator[Front]:
    made = Front(store)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = 200, b'{"warnings":[]}'
            with store.reading() as rx:
                newest = rx.entries(rx.last_entry() - 1)[-1].subject
                if self.path != "/v1/warnings":
                    name = self.path.rsplit("/", 1)[1].removesuffix(".xml")
                    body = rx.message(name).cap
                    if self.headers.get("If-None-Match") and made.spoil != "etag":
                        status, body = 304, b""
                elif made.spoil == "feed":
                    body = newest.encode()
            if made.spoil == "bytes" and self.path != "/v1/warnings":
                body = body.replace(b"Test", b"Pest")
            if made.spoil == "away":
                status, body = 503, b""
            self.send_response(status)
            for header, value in {"Content-Length": str(len(body)), "ETag": '"x"'}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    settings = Settings(home=tmp_path)
    with Store.open(settings.url) as store:
        yield Publisher.open(store, settings, ServiceClock(), tiny_city(), load_rules())


def values(store: Store) -> tuple:
    with store.reading() as rx:
        faults = [entry.body["state"] for entry in rx.entries(0, 1000) if entry.kind == "fault"]
        return rx.get(OK), rx.get(FAILED), faults


def test_it_flies_and_its_figures_are_kept(publisher):
    with front(publisher.store) as http:
        flight = asyncio.run(Canary(publisher, load_rules(), http.url, 2.0).fly())
    ok, failed, faults = values(publisher.store)
    assert (ok["identifier"], failed, faults) == (flight.identifier, None, [])
    assert flight.bytes > 1000
    with publisher.store.reading() as rx:
        message = rx.message(flight.identifier)
        assert (message.status, message.scope) == ("Test", "Restricted")
        assert rx.entries()[0].kind == "canary"


@pytest.mark.parametrize(
    ("spoil", "why"),
    [("bytes", "other bytes"), ("etag", "ETag"), ("feed", "Test message"), ("away", "503")],
)
def test_what_is_wrong_is_told_once_and_taken_back(publisher, spoil, why):
    with front(publisher.store) as http:
        canary = Canary(publisher, load_rules(), http.url, 0.2)
        http.spoil = spoil
        assert [asyncio.run(canary.fly()) for _ in range(2)] == [None, None]
        ok, failed, faults = values(publisher.store)
        assert (ok, faults) == (None, ["failed"])
        assert why in failed["error"]
        http.spoil = ""
        assert asyncio.run(canary.fly()) is not None
    ok, failed, faults = values(publisher.store)
    assert (failed, faults) == (None, ["failed", "over"])


def test_nobody_there(publisher):
    canary = Canary(publisher, load_rules(), "http://127.0.0.1:1", 0.2)
    assert asyncio.run(canary.fly()) is None
    assert "does not answer" in values(publisher.store)[1]["error"]


def test_where_reading_needs_a_key_it_has_one_of_its_own(publisher):
    publisher.settings = publisher.settings.model_copy(update={"public_read": False})
    with front(publisher.store) as one, front(publisher.store) as other:
        for url in (one.url, one.url, other.url):  # a process, the next in its place, and another service
            assert asyncio.run(Canary(publisher, load_rules(), url, 2.0).fly()) is not None
    with publisher.store.reading() as rx:
        keys = rx.keys()
    assert [key.role for key in keys] == ["viewer"] * 3
    assert {key.name for key in keys if key.revoked is None} == {f"canary {one.url}", f"canary {other.url}"}


def test_signs_of_life(publisher):
    store, clock = publisher.store, publisher.clock
    with store.reading() as rx:
        assert last_beat(rx, "background") is None
        assert silent_s(rx, "background", clock.now()) is None
    beat(store, clock, "background", **state_of(store, publisher.settings))
    with store.reading() as rx:
        assert 0.0 <= silent_s(rx, "background", clock.now()) < 60.0
        told = last_beat(rx, "background")
    assert (told["deliveries_waiting"], told["dead_letters"]) == (0, 0)
    assert told["disk_free_mb"] > 0


def test_a_step_that_fails_is_followed_by_the_next():
    done: list[int] = []

    async def run() -> None:
        stop = asyncio.Event()

        async def step() -> None:
            done.append(len(done))
            if len(done) == 3:
                stop.set()
            raise ZeroDivisionError

        await asyncio.wait_for(every(0.01, stop, step), 5.0)

    asyncio.run(run())
    assert done == [0, 1, 2]


def test_nothing_is_begun_once_asked_to_stop_and_what_fails_then_is_not_told(publisher):
    async def fly() -> None:
        canary, stop = Canary(publisher, load_rules(), "http://127.0.0.1:9", wait_s=30.0), asyncio.Event()
        flying = asyncio.create_task(canary.fly(stop))
        while not _sent(publisher.store):
            await asyncio.sleep(0.01)
        stop.set()
        assert await asyncio.wait_for(flying, 5.0) is None  # it does not wait for what stops as well
        assert await canary.fly(stop) is None

    asyncio.run(fly())
    assert values(publisher.store) == (None, None, [])
    assert _sent(publisher.store) == 1


def _sent(store: Store) -> int:
    with store.reading() as rx:
        return rx.last_entry()
