"""Whoever means harm: bodies that break off, headers given twice, keys that reach too far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.guard import headers_of, read_body
from api.http.problems import Problem
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
