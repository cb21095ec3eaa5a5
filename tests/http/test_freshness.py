"""/freshness: it answers whatever is away, and doubts what has never been heard of."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.context import Context
from api.service.clock import ServiceClock
from api.store.errors import StoreUnavailable
from tests.http.service_case import as_role, city_service_in, message, now, publish


def play(tmp_path: Path, steps: Any, **settings: Any) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path, **settings) as (client, context):
            await steps(client, context)

    asyncio.run(whole())


def beat(context: Context, name: str, ago: timedelta, **told: object) -> None:
    with context.store.writing(name) as tx:
        tx.put(f"heartbeat.{name}", {"at": (now() - ago).isoformat(), "host": "h", "pid": 1, **told})


async def asked(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/freshness")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    assert (told["status"] == "stale") == bool(told["reasons"])
    return told


def test_it_answers_where_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        def away() -> None:
            raise StoreUnavailable("the disk is gone")

        monkeypatch.setattr(context.store, "reading", away)
        assert (await asked(client))["reasons"] == ["the database has not been heard of"]

    play(tmp_path, steps)


def test_what_was_never_heard_of_is_doubted_after_a_while(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await asked(client))["status"] == "fresh"
        context.began_s = time.monotonic() - 1000.0
        assert len((await asked(client))["reasons"]) == 3  # background, canary and the sensors, all silent

    play(tmp_path, steps)


def test_silent_sensors_are_counted_and_more_than_half_of_them_are_a_reason(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        told = await asked(client)
        assert (told["status"], told["sensors"], told["sensors_silent"]) == ("fresh", 2, 2)
        assert told["watched"] is False
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now(), "done", 1.0, {})
        beat(context, "watch", timedelta(seconds=1), stage="waiting", cycleSeconds=600.0)
        told = await asked(client)
        assert told["reasons"] == ["2 of 2 sensors are silent"]
        assert told["watched"] is True
        assert set(told["watch"]) == {"at", "stage", "cycleSeconds"}  # no names of machines
        row = {"sensor": "G1", "time": now().isoformat(), "value": 1.0}
        sent = await client.post("/v1/observations", json={"observations": [row]}, headers=as_role("poller"))
        assert sent.status_code == 200
        context.extras.clear()  # counted every few seconds only
        told = await asked(client)
        assert (told["sensors_silent"], told["status"]) == (1, "fresh")

    play(tmp_path, steps)


def test_more_than_half_of_many_sensors(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now(), "done", 1.0, {})
        beat(context, "watch", timedelta(seconds=1), stage="waiting", cycleSeconds=600.0)
        for silent, reasons in ((19, []), (20, ["20 of 38 sensors are silent"]), (37, ["37 of 38 sensors are silent"])):
            context.extras["sensors"] = (math.inf, 38, silent)
            assert (await asked(client))["reasons"] == reasons

    play(tmp_path, steps)


def test_a_watch_that_has_not_forecast_yet_is_no_watch_that_found_nothing(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        context.extras["sensors"] = (math.inf, 2, 0)  # they are heard
        beat(context, "watch", timedelta(seconds=1), stage="forecast", cycleSeconds=600.0)
        assert [why[:15] for why in (await asked(client))["reasons"]] == ["no forecast yet"]
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now(), "done", 1.0, {})
        assert (await asked(client))["status"] == "fresh"

    play(tmp_path, steps)


def test_the_last_message_is_told_when_it_is_in_force_no_longer(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await asked(client))["last_message"] is None
        sent = now() - timedelta(hours=3)
        publish(context, message(sent=sent))
        told = (await asked(client))["last_message"]
        assert told is not None
        assert datetime.fromisoformat(told) == sent

    play(tmp_path, steps)


def test_every_time_is_in_beijing_time(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        beat(context, "watch", timedelta(seconds=1), stage="waiting", cycleSeconds=600.0)
        with context.store.writing("canary") as tx:
            tx.put("canary", {"at": now().isoformat(), "identifier": "RA-canary-1"})
            tx.put("canary.failed", {"at": now().isoformat(), "error": "away"})
        publish(context, message())
        told = await asked(client)
        assert told["canary"]["identifier"] == "RA-canary-1"
        times = [
            told["now"],
            told["last_message"],
            *(told[name]["at"] for name in ("watch", "canary", "canary_failed")),
        ]
        assert [time[-6:] for time in times] == ["+08:00"] * 5

    play(tmp_path, steps)


def test_cycles_of_which_none_was_ever_done(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        beat(context, "watch", timedelta(seconds=1), stage="forecast", cycleSeconds=600.0)
        assert not any("no forecast cycle" in why for why in (await asked(client))["reasons"])
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now(), "failed", 1.0, {"reason": "no disk"})
        assert any("no forecast cycle" in why for why in (await asked(client))["reasons"])

    play(tmp_path, steps)


@pytest.mark.parametrize(("stage", "stale"), [("waiting", True), ("forecast", False)])
def test_a_cycle_may_be_quiet_for_longer_than_the_waiting_in_between(tmp_path: Path, stage: str, stale: bool) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        beat(context, "watch", timedelta(minutes=5), stage=stage, cycleSeconds=600.0)
        assert any("the watch gives" in why for why in (await asked(client))["reasons"]) == stale

    play(tmp_path, steps)


def test_an_event_that_runs_fast_grows_old_fast(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        context.clock = ServiceClock(now(), time.time(), 60.0)
        beat(context, "background", timedelta(minutes=10))  # ten seconds on the machine
        assert (await asked(client))["status"] == "fresh"

    play(tmp_path, steps)
