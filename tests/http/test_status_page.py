"""The page for browsers: letters beside colours, both languages, and never an all clear that is not known."""

from __future__ import annotations

import asyncio
import io
import math
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fontTools.ttLib import TTFont

from api.http.context import Context
from api.http.status_rows import groups_of
from api.service.places import Place, Places
from api.store.errors import StoreUnavailable
from api.store.records import Message
from tests.http.service_case import city_service_in, message, now, publish

HTML = {"Accept": "text/html"}
ALL_CLEAR, NOT_KNOWN = "No warning is in force", "no news is not an all clear"


def play(folder: Path, steps: Any, **settings: Any) -> None:
    async def whole() -> None:
        async with city_service_in(folder, **settings) as (client, context):
            await steps(client, context)

    asyncio.run(whole())


def beat(context: Context, name: str, ago: timedelta, **told: object) -> None:
    with context.store.writing(name) as tx:
        tx.put(f"heartbeat.{name}", {"at": (now() - ago).isoformat(), **told})


async def page(client: httpx.AsyncClient) -> str:
    answer = await client.get("/", headers=HTML)
    assert answer.status_code == 200
    return answer.text


def test_nothing_in_force_is_said_only_where_it_is_known(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        found = await page(client)
        assert ALL_CLEAR in found
        assert "role='alert'" not in found
        beat(context, "background", timedelta(hours=1))
        found = await page(client)
        assert ALL_CLEAR not in found
        assert NOT_KNOWN in found
        assert "role='alert'" in found

    play(tmp_path, steps)


def test_where_nobody_watches_the_page_says_so_in_place_of_being_up_to_date(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        context.extras["sensors"] = (math.inf, 38, 37)
        found = await page(client)
        assert "Nobody watches" in found
        assert "没有自动监测" in found
        assert "37 of 38 are silent" in found
        assert "共 38 个，37 个没有数据" in found
        assert "Up to date" not in found
        context.extras["sensors"] = (math.inf, 38, 1)
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now(), "done", 1.0, {})
        beat(context, "watch", timedelta(seconds=1), stage="waiting", cycleSeconds=600.0)
        found = await page(client)
        assert "Nobody watches" not in found
        assert "Up to date" in found
        beat(context, "watch", timedelta(seconds=1), stage="stopped", cycleSeconds=600.0)
        assert "Nobody watches" in await page(client)

    play(tmp_path, steps)


def test_a_database_that_is_away_leaves_the_page_and_its_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        publish(context, message())
        assert "橙" in await page(client)

        def away() -> None:
            raise StoreUnavailable("the disk is gone")

        monkeypatch.setattr(context.store, "reading", away)
        found = await page(client)
        assert "橙" in found
        assert "数据库无响应" in found
        assert "the database has not been heard of" in found

    play(tmp_path, steps)


@pytest.mark.parametrize(
    ("stage", "ago", "reason"),
    [
        ("waiting", timedelta(seconds=5), ""),
        ("waiting", timedelta(hours=1), "the watch gives no sign of life"),
        ("forecast", timedelta(hours=1), "the watch gives no sign of life"),
        ("stopped", timedelta(hours=1), ""),
    ],
)
def test_a_watch_that_died_is_told(tmp_path: Path, stage: str, ago: timedelta, reason: str) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        context.extras["sensors"] = (math.inf, 2, 0)  # they are heard
        assert (await client.get("/freshness")).json()["watch"] is None
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now(), "done", 1.0, {})
        beat(context, "watch", ago, stage=stage, cycleSeconds=600.0)
        told = (await client.get("/freshness")).json()
        assert told["watch"]["stage"] == stage
        assert abs(told["watch_silent_s"] - ago.total_seconds()) < 30.0
        assert told["status"] == ("stale" if reason else "fresh")
        assert [reason in one for one in told["reasons"]] == [True] * bool(reason)

    play(tmp_path, steps)


def test_cycles_that_fail_one_after_the_other_are_told(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        context.extras["sensors"] = (math.inf, 2, 0)  # they are heard
        beat(context, "watch", timedelta(seconds=1), stage="waiting", cycleSeconds=600.0)
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now() - timedelta(minutes=19), "done", 1.0, {})
        assert (await client.get("/freshness")).json()["status"] == "fresh"
        with context.store.writing("watch") as tx:
            tx.save_cycle("a", now() - timedelta(minutes=21), "done", 1.0, {})
            tx.save_cycle("b", now(), "failed", 1.0, {"reason": "no disk"})
        told = (await client.get("/freshness")).json()
        assert told["last_cycle"]["state"] == "failed"
        assert "no forecast cycle was done" in told["reasons"][0]

    play(tmp_path, steps)


def test_every_colour_has_letter_word_day_and_spoken_text(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        for level in (1, 2, 3, 4):
            name = f"51010{level}"
            publish(context, message(f"{name}000000000_20260701080000_0", area=name, level=level))
        found = await page(client)
        for letter, word, english in (
            ("蓝", "蓝色", "Blue"),
            ("黄", "黄色", "Yellow"),
            ("橙", "橙色", "Orange"),
            ("红", "红色", "Red"),
        ):
            assert f">{letter}</text>" in found
            assert f"{word}<span class='en' lang='en'>{english}" in found
        assert found.count("播报稿") == 4
        assert found.count("<span class='label'>有效期至") == 4
        assert '<html lang="zh-CN">' in found
        told = await client.get("/status.woff2")
        assert told.headers["cache-control"] == "no-cache"  # else the characters of an upgrade are blanks for a day
        font = TTFont(io.BytesIO(told.content))
        assert {ord(char) for char in "月日黄0:AZaz"} <= set(font.getBestCmap())

    play(tmp_path, steps)


def told_of(area: str, level: int, area_level: str, **more: Any) -> Message:
    one = message(f"{area}{level:09d}_20260701080000_0", area=area, level=level)
    return replace(one, notice={**one.notice, "areaLevel": area_level, "areaDesc": area, **more})


def test_the_larger_area_stands_first_among_equals(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        later = now() - timedelta(minutes=5)
        for area, level, size in (
            ("510102", 2, "street"), ("510100", 4, "city"), ("510101", 4, "street"), ("510103", 4, "street")
        ):  # fmt: skip
            one = told_of(area, level, size)
            publish(context, replace(one, sent=later) if area != "510103" else one)
        found = re.findall(r"<td>(\d{6})<span", await page(client))
        assert found == ["510100", "510103", "510101", "510102"]

    play(tmp_path, steps)


def test_a_row_says_when_it_was_sent_from_when_it_holds_and_who_is_in_danger(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        onset = "2031-02-03T04:05:00+08:00"
        publish(context, told_of("510101", 4, "street", onset=onset, peopleAtRisk=1234))
        publish(context, told_of("510102", 4, "street", peopleAtRisk=None))
        found = await page(client)
        assert f"<time datetime='{onset}'>2月3日 04:05<span class='en' lang='en'>04:05 on 3 February" in found
        assert found.count("<span class='label'>发布<span class='en' lang='en'>Sent") == 2
        assert found.count("In danger: about 1,234 people") == 1
        assert found.count("In danger") == 1  # not known is not nobody
        assert "数据时效<span class='en' lang='en'>Freshness" in found

    play(tmp_path, steps)


def test_many_warnings_stand_by_district(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert context.places is not None
        outline = context.places["510100"].polygon
        rows = [("510100", "city", ""), ("510110", "district", "510100"), ("510120", "district", "510100")]
        rows += [(f"51011{k:02d}", "street", "510110") for k in range(15)]
        rows += [(f"51012{k:02d}", "street", "510120") for k in range(15)]
        context.places = Places([Place(code, size, up, f"区{code}", code, outline) for code, size, up in rows])
        for code, size, up in rows:
            publish(context, told_of(code, 4 if up == "510120" else 2, size))
        items = context.board.in_force["Exercise"]
        groups = groups_of(items, context.places)
        assert [(group.code, len(group.items)) for group in groups] == [("", 3), ("510120", 15), ("510110", 15)]
        found = await page(client)
        for code in ("", "510110", "510120"):
            assert f"href='#area-{code}'" in found
            assert f"id='area-{code}'" in found
        assert "15 red" in found
        assert groups_of(items[:5], context.places)[0].name == ""

    play(tmp_path, steps)


def test_an_empty_page_of_a_service_for_real_warnings_names_none(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        found = await page(client)
        assert "目前没有生效的预警" in found
        assert "真实预警" not in found
        beat(context, "background", timedelta(hours=1))
        found = await page(client)
        assert "目前没有生效的预警" not in found
        assert "本页只列真实预警" in found
        publish(context, replace(message(), status="Actual"))
        assert "以下为真实预警" in await page(client)

    play(tmp_path, steps, mode="actual", allow_actual=True)


def test_real_warnings_in_force_are_said_by_a_service_for_exercises(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert "not listed here" not in await page(client)
        publish(context, replace(message(), status="Actual"))
        found = await page(client)
        assert "另有 1 条真实预警" in found
        assert "1 real warning still in force and not listed here" in found

    play(tmp_path, steps)
