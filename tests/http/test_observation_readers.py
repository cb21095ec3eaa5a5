"""Reading observations: the oldest first, so many and no more, so many readers at a time; taking them in, in turns."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.store.session import Session
from tests.http.service_case import as_role, city_service_in, now


def test_a_page_is_cut_by_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []  # how many observations left the database
    every = Session._all

    def counted(session: Session, statement: Any) -> Any:
        found = every(session, statement)
        if "FROM observations" in str(statement):
            read.append(len(found))
        return found

    async def steps() -> None:
        async with city_service_in(tmp_path) as (client, _):
            last = now()
            rows = [
                {"sensor": name, "time": (last - k * timedelta(minutes=5)).isoformat(), "value": 0.1 * (k % 5)}
                for k in range(30)
                for name in ("G1", "G2")
            ]
            await client.post("/v1/observations", json={"observations": rows}, headers=as_role("poller"))
            asked = {"quantity": "rain", "since": (last - timedelta(days=1)).isoformat(), "until": last.isoformat()}
            monkeypatch.setattr(Session, "_all", counted)
            for limit, more in ((7, True), (60, False)):
                told = (await client.get("/v1/observations", params=asked | {"limit": limit})).json()
                assert (len(told["observations"]), told["more"]) == (limit, more)
            assert read == [8, 60]

    asyncio.run(steps())


def test_more_readers_than_there_are_turns_are_asked_to_come_again_and_hold_up_nobody(tmp_path: Path) -> None:
    async def steps() -> None:
        async with city_service_in(tmp_path) as (client, context):
            last = now()
            asked = {"quantity": "rain", "since": (last - timedelta(days=1)).isoformat(), "until": last.isoformat()}
            assert (await client.get("/v1/observations", params=asked)).status_code == 200
            turns: threading.BoundedSemaphore = context.extras["observations"]
            held = 0
            while turns.acquire(blocking=False):
                held += 1
            refused = await client.get("/v1/observations", params=asked)
            assert refused.status_code == 503
            assert refused.headers["content-type"] == "application/problem+json"
            assert int(refused.headers["retry-after"]) > 0
            row = {"sensor": "G1", "time": last.isoformat(), "value": 1.0}
            sent = await client.post("/v1/observations", json={"observations": [row]}, headers=as_role("poller"))
            assert sent.status_code == 200
            turns.release(held)
            assert (await client.get("/v1/observations", params=asked)).status_code == 200

    asyncio.run(steps())


def test_a_large_batch_lets_others_have_their_turn(tmp_path: Path) -> None:
    async def steps() -> None:
        async with city_service_in(tmp_path) as (client, context):
            last = now()
            rows = [
                {"sensor": "G1", "time": (last - timedelta(seconds=10 * k)).isoformat(), "value": 0.1 * (k % 5)}
                for k in range(8000)
            ]
            one = {"sensor": "G2", "time": last.isoformat(), "value": 1.0}

            async def send(rows: list[dict[str, Any]]) -> tuple[float, Any]:
                reply = await client.post("/v1/observations", json={"observations": rows}, headers=as_role("poller"))
                return time.monotonic(), reply

            large = asyncio.create_task(send(rows))
            while not context.intake_turn.locked():
                await asyncio.sleep(0.001)
            (small_at, small), freshness = await send([one]), await client.get("/freshness")
            large_at, reply = await large
            assert (small.status_code, reply.status_code, freshness.status_code) == (200, 200, 200)
            assert small_at < large_at
            told = reply.json()
            assert (told["received"], told["refused"]) == (len(rows), 0)

    asyncio.run(steps())
