"""Whoever means harm: bodies that break off, headers given twice, keys that reach too far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse

from api.http.app import all_problems
from api.http.guard import headers_of, read_body
from api.http.problems import Problem, of_store
from api.http.routes import observations
from api.store.errors import StoreUnavailable
from tests.http.service_case import as_role, city_service_in, now

CSV = {"Content-Type": "text/csv"}


def rows(minutes: int = 5, value: float = 1.0) -> bytes:
    return f"sensor,time,value\nG1,{(now() - timedelta(minutes=minutes)).isoformat()},{value}".encode()


def kept(context: Any) -> int:
    with context.store.reading() as rx:
        return len(rx.observations("rain", now() - timedelta(hours=1), now() + timedelta(hours=1)))


def refused(answer: httpx.Response, status: int, code: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(code)


def test_half_a_table_is_not_taken_for_a_table(tmp_path: Path) -> None:
    async def in_parts(body: bytes) -> AsyncIterator[bytes]:
        yield body

    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, context):
            own = {**as_role("poller"), **CSV}
            long = {**own, "Content-Length": str(len(rows()) + 2)}
            refused(await client.post("/v1/observations", content=rows(), headers=long), 400, "broken-off")
            refused(await client.post("/v1/observations", content=in_parts(rows()), headers=own), 411)
            assert kept(context) == 0
            assert (await client.post("/v1/observations", content=rows(), headers=own)).status_code == 200
            assert kept(context) == 1

    asyncio.run(whole())


@pytest.mark.parametrize("said", [1, 3, 100])
def test_a_body_has_the_length_it_was_announced_with(said: int) -> None:
    parts: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b"{}", "more_body": True}, {"type": "http.request", "more_body": False}]
    )

    async def receive() -> dict[str, Any]:
        return next(parts)

    with pytest.raises(Problem) as told:
        asyncio.run(read_body(receive, {"content-length": str(said)}, 1000, 1.0))
    assert told.value.code == "broken-off"


def test_a_packed_body_is_not_guessed_at(tmp_path: Path) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, _):
            own = {**as_role("poller"), "Content-Type": "application/json", "Content-Encoding": "gzip"}
            refused(await client.post("/v1/observations", content=b"\x1f\x8b", headers=own), 415)

    asyncio.run(whole())


@pytest.mark.parametrize("name", [b"X-API-Key", b"Authorization", b"Idempotency-Key", b"Content-Type"])
def test_two_of_a_header_that_decides_are_refused(name: bytes) -> None:
    with pytest.raises(Problem) as told:
        headers_of([(name, b"a"), (b"accept", b"b"), (name.lower(), b"c")])
    assert (told.value.status, told.value.code) == (400, "bad-header")


def test_other_headers_given_twice_are_one_list() -> None:
    assert headers_of([(b"If-None-Match", b'"a"'), (b"if-none-match", b'"b"')]) == {"if-none-match": '"a", "b"'}


def test_a_key_revoked_a_moment_ago_writes_nothing_even_where_the_news_is_late(tmp_path: Path) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path, refresh_s=60.0) as (client, context):
            own = {**as_role("officer"), "Idempotency-Key": "k"}
            with context.store.writing("test") as tx:
                key = tx.key("officer")
                assert key is not None
                tx.save_key(replace(key, revoked=now()))
            refused(await client.post("/v1/warnings", json={"area": "510101", "level": "red"}, headers=own), 401)
            with context.store.reading() as rx:
                assert rx.last_entry() == 0

    asyncio.run(whole())


def test_the_words_of_the_database_stay_inside() -> None:
    told = of_store(StoreUnavailable('connection to server at "db.inside" failed for user "rongan"'))
    assert (told.status, told.code) == (503, "database")
    assert b"inside" not in told.body()


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("viewer", 403)])
def test_jobs_are_not_told_to_everybody(tmp_path: Path, role: str | None, status: int) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, _):
            headers = as_role(role) if role else {}
            refused(await client.get("/v1/events?kinds=job,warning", headers=headers), status)
            head = await client.head("/v1/events")
            assert (head.status_code, head.headers["allow"]) == (405, "GET")

    asyncio.run(whole())


def test_the_same_key_with_other_rows_at_the_same_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose rows were taken is told so, though another request has used up the key meanwhile."""

    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, context):
            own = {**as_role("poller"), **CSV, "Idempotency-Key": "k"}
            assert (await client.post("/v1/observations", content=rows(5), headers=own)).status_code == 200
            refused(await client.post("/v1/observations", content=rows(10), headers=own), 409, "idempotency-key-reused")
            assert kept(context) == 1
            monkeypatch.setattr(observations, "again", lambda *_: None)  # it looked before the other had come
            answer = await client.post("/v1/observations", content=rows(10), headers=own)
            assert (answer.status_code, answer.json()["added"], kept(context)) == (200, 1, 2)

    asyncio.run(whole())


def test_a_time_without_its_offset_is_refused(tmp_path: Path) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, _):
            for time in ("2026-07-01", "2026-07-01T08:00:00", "../2026-07-01T08:00:00", "2026-W30"):
                refused(await client.get("/collections/alerts/items", params={"datetime": time}), 422, "bad-parameter")

    asyncio.run(whole())


def test_one_network_is_one_caller(tmp_path: Path) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path, reads_per_minute=3) as (client, _):
            for last in range(3):
                asked = {"X-Forwarded-For": f"2001:db8:1:2::{last}"}
                assert (await client.get("/v1/warnings", headers=asked)).status_code == 200
            refused(await client.get("/v1/warnings", headers={"X-Forwarded-For": "2001:db8:1:2:ffff::9"}), 429)
            other = {"X-Forwarded-For": "2001:db8:1:3::1"}
            assert (await client.get("/v1/warnings", headers=other)).status_code == 200

    asyncio.run(whole())


def test_what_the_framework_words_itself_is_a_problem_document_too() -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("no", 416, {"Content-Range": "bytes */5"})(scope, receive, send)

    async def whole() -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await plain({"type": "http"}, None, all_problems(send, "/x"))
        return sent

    start, body = asyncio.run(whole())
    headers = dict(start["headers"])
    assert (start["status"], headers[b"content-range"]) == (416, b"bytes */5")
    assert headers[b"content-type"] == b"application/problem+json"
    assert int(headers[b"content-length"]) == len(body["body"])
    assert b"no-such-range" in body["body"]


@pytest.mark.parametrize(
    "more", [{"hours": "3"}, {"hours": True}, {"hours": 1e-9}, {"actual": "yes"}, {"actual": 1}, {"level": 3}], ids=str
)
def test_numbers_and_truth_are_not_guessed_at(tmp_path: Path, more: dict[str, Any]) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, context):
            own = {**as_role("officer"), "Idempotency-Key": "k"}
            body = {"area": "510101", "level": "blue", **more}
            refused(await client.post("/v1/warnings", json=body, headers=own), 422, "invalid")
            for value in ("3.2", True):
                row = {"sensor": "G1", "time": now().isoformat(), "value": value}
                given = {"observations": [row]}
                refused(await client.post("/v1/observations", json=given, headers=as_role("poller")), 422)
            with context.store.reading() as rx:
                assert rx.last_entry() == 0
            assert kept(context) == 0

    asyncio.run(whole())
