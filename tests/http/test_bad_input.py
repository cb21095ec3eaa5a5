"""Whatever is sent: a problem document, nothing lost, nothing published."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.context import Context
from api.http.gate import Gate
from api.http.guard import check_body
from api.http.limits import Limits, Policy
from api.http.negotiate import chosen
from api.http.problems import Problem
from api.store.errors import StoreUnavailable
from tests.http.service_case import as_role, city_context_in, city_service_in, message, publish, service_in

JSON = {"Content-Type": "application/json"}


def play(tmp_path: Path, steps: Any, **settings: Any) -> None:
    async def whole() -> None:
        async with service_in(tmp_path, **settings) as (client, context):
            await steps(client, context)

    asyncio.run(whole())


def problem(answer: httpx.Response, status: int, code: str = "") -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert {"type", "title", "detail", "instance"} <= set(told)
    if code:
        assert told["type"] == f"urn:rongan:problem:{code}"


BODIES: list[tuple[bytes, dict[str, str], int, str]] = [
    (b"{", JSON, 400, "malformed-json"),
    (b'{"a": NaN}', JSON, 400, "malformed-json"),
    (b'{"area": "\\ud800", "level": "red"}', JSON, 400, "malformed-json"),
    (b"\xff\xfe", JSON, 400, "malformed-json"),
    (b"[" * 5000 + b"]" * 5000, JSON, 400, "malformed-json"),
    (b"[" * 100 + b"]" * 100, JSON, 400, "malformed-json"),
    (b'{"area": "a\\u0000", "level": "red"}', JSON, 422, "invalid"),
    (b'{"area": "a", "level": "purple"}', JSON, 422, "invalid"),
    (b'{"area": "a", "level": "red", "lvel": 1}', JSON, 422, "invalid"),
    (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", {"Content-Type": "application/xml"}, 415, "unsupported-media-type"),
    (b"area=a", {}, 415, "unsupported-media-type"),
    (b"x" * 3000, JSON, 413, "too-large"),
]


@pytest.mark.parametrize(("body", "headers", "status", "code"), BODIES, ids=range(len(BODIES)))
def test_bodies_that_are_none(tmp_path: Path, body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        own = {**as_role("officer"), "Idempotency-Key": "k", **headers}
        problem(await client.post("/v1/warnings", content=body, headers=own), status, code)
        with context.store.reading() as rx:
            assert rx.last_entry() == 0

    play(tmp_path, steps, largest_body_bytes=2000 if code == "too-large" else 2_000_000)


@pytest.mark.parametrize(
    ("body", "said"), [([1], "must be a JSON object"), ({"area": "a", "level": "red", "lvel": 1}, "no such field")]
)
def test_what_is_wrong_is_said_in_words_of_json(tmp_path: Path, body: Any, said: str) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        answer = await client.post("/v1/warnings", json=body, headers=as_role("officer"))
        problem(answer, 422)
        assert said in answer.json()["detail"]

    play(tmp_path, steps)


def test_a_body_that_dribbles_is_cut_off_and_one_without_length_is_counted(tmp_path: Path) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    async def long() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b" " * 500

    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        own = {**as_role("officer"), **JSON}
        problem(await client.post("/v1/warnings", content=long(), headers=own), 413)

    play(tmp_path, steps, largest_body_bytes=2000, slowest_body_s=0.2)
    from api.http.guard import read_body

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(5)
        return {}

    with pytest.raises(Problem) as refused:
        asyncio.run(read_body(receive, {}, 100, 0.05))
    assert refused.value.status == 408


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/warnings?colour=red", 400, "unknown-parameter"),
        ("/v1/warnings?limit=1&limit=2", 400, "repeated-parameter"),
        ("/v1/warnings?status=Exercise&status=Actual", 400, "repeated-parameter"),
        ("/v1/warnings?limit=0", 422, "bad-parameter"),
        ("/v1/warnings?level=purple", 422, "bad-parameter"),
        ("/v1/warnings?since=2026-07-01T08:00:00", 422, "bad-parameter"),
        ("/v1/warnings?since=0001-01-01T00:00:00%2B14:00", 422, "bad-parameter"),
        ("/v1/warnings?bbox=1,2,3", 422, "bad-parameter"),
        ("/v1/warnings?bbox=nan,0,1,1", 422, "bad-parameter"),
        ("/v1/warnings?after=nothing", 422, "invalid"),
        ("/v1/warnings?show=all&after=nothing", 422, "invalid"),
        ("/v1/warnings?area=%00", 400, "bad-parameter"),
        ("/v1/warnings/nothing", 404, "not-found"),
        ("/v1/warnings/nothing.xml", 404, "not-found"),
        ("/v1/warnings/'%20OR%201=1--", 404, "not-found"),
        ("/v1/warnings/..%2f..%2fetc%2fpasswd", 404, "not-found"),
        ("/v1/warnings/%00", 400, "bad-path"),
        ("/healthz?x=1", 400, "unknown-parameter"),
        ("/v2", 404, "not-found"),
        ("/docs/../../etc/passwd", 404, "not-found"),
        ("/docs/..%2f__init__.py", 404, "not-found"),
        ("/collections/roads/items", 422, "bad-parameter"),
        ("/collections/alerts/items?datetime=2026-07-02T00:00:00Z/2026-07-01T00:00:00Z", 422, "bad-parameter"),
        ("/collections/depth/position?coords=POINT(0%200%200)", 422, "bad-parameter"),
        ("/v1/observations?quantity=gold&since=2026-07-01T00:00:00Z&until=2026-07-02T00:00:00Z", 422, "bad-parameter"),
    ],
)
def test_bad_questions(tmp_path: Path, path: str, status: int, code: str) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        problem(await client.get(path), status, code)

    play(tmp_path, steps)


def test_other_methods(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        for method in ("PUT", "DELETE", "PATCH"):
            answer = await client.request(method, "/v1/warnings")
            problem(answer, 405)
            assert set(answer.headers["allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "POST"}

    play(tmp_path, steps)


def test_a_fault_is_told_without_its_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        monkeypatch.setattr(context.board, "fetch", lambda _: 1 / 0)
        answer = await client.get("/v1/warnings/a")
        problem(answer, 500, "fault")
        assert "division" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"

    play(tmp_path, steps)


def test_keys_that_are_not_valid(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        for headers in ({"X-API-Key": "no"}, {"Authorization": "Bearer no"}, {"Authorization": "Basic eDp5"}):
            problem(await client.get("/v1/warnings", headers=headers), 401)
        for _ in range(10):
            last = await client.get("/v1/cycles", headers={"X-API-Key": "no"})
        problem(last, 429, "too-many-sign-ins")
        assert int(last.headers["retry-after"]) >= 1
        assert (await client.get("/v1/warnings", headers=as_role("viewer"))).status_code == 200
        assert (await client.get("/v1/warnings", headers={"Authorization": "Bearer rgk-viewer-secret"})).is_success
        await asyncio.sleep(1.2)
        with context.store.reading() as rx:
            rows = [row for row in rx.audit_rows(0, 100) if row.action == "sign_in_failed"]
        assert sum(row.body["times"] for row in rows) == 10
        assert all("no" not in row.body.values() for row in rows)

    play(tmp_path, steps)


def test_failed_sign_ins_wait_for_a_store_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with city_context_in(tmp_path) as context:
        gate = Gate(context)
        with pytest.raises(Problem):
            gate.admit("GET", "/v1/cycles", {"x-api-key": "no"}.get, "10.0.0.1:5")
        with monkeypatch.context() as patch:
            patch.setattr(context.store, "writing", _away)
            with pytest.raises(StoreUnavailable):
                gate.write_failures()
        for _ in range(2):  # told once
            gate.write_failures()
        with context.store.reading() as rx:
            rows = [row for row in rx.audit_rows(0, 100) if row.action == "sign_in_failed"]
    assert [(row.subject, row.body["times"]) for row in rows] == [("10.0.0.1", 1)]


def _away(*_: object) -> object:
    raise StoreUnavailable("away")


def test_reading_can_need_a_key(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        publish(context, message())
        for path in ("/v1/warnings", f"/v1/warnings/{message().identifier}.xml", "/v1/cycles", "/"):
            problem(await client.get(path), 401)
            assert (await client.get(path, headers=as_role("viewer"))).status_code == 200
        for path in ("/healthz", "/readyz", "/docs"):
            assert (await client.get(path)).status_code == 200

    play(tmp_path, steps, public_read=False)


def test_too_many_requests(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        for left in (2, 1, 0):
            answer = await client.get("/v1/warnings")
            assert answer.status_code == 200
            assert f"r={left};" in answer.headers["ratelimit"]
        answer = await client.get("/healthz")
        problem(answer, 429)
        assert int(answer.headers["retry-after"]) <= 21
        assert (await client.get("/healthz", headers=as_role("viewer"))).status_code == 200

    play(tmp_path, steps, reads_per_minute=3)


def test_other_origins(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        asked = {"Origin": "https://map.example", "Access-Control-Request-Method": "GET"}
        fine = await client.options("/v1/warnings", headers=asked)
        assert fine.headers["access-control-allow-origin"] == "https://map.example"
        own = await client.get("/v1/warnings", headers={"Origin": "https://map.example"})
        assert own.headers["access-control-allow-origin"] == "https://map.example"
        other = await client.get("/v1/cycles", headers={"Origin": "https://else.example"})
        assert "access-control-allow-origin" not in other.headers
        problem(await client.options("/v1/warnings", headers={**asked, "Origin": "https://else.example"}), 403)

    play(tmp_path, steps, cors_origins=("https://map.example",))


def test_nobody_elses_origin_by_default(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        answer = await client.get("/v1/warnings", headers={"Origin": "https://map.example"})
        assert "access-control-allow-origin" not in answer.headers

    play(tmp_path, steps)


def test_pages_ask_nobody_else(tmp_path: Path) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path) as (client, context):
            publish(context, message(area="510101"))
            page = await client.get("/", headers={"Accept": "text/html"})
            docs = await client.get("/docs")
            for answer in (page, docs):
                assert "http://" not in answer.text
                assert "https://" not in answer.text
                assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert "【演练】暴雨橙色预警" in page.text
            assert "Nothing on this page" in page.text or "nothing on this page" in page.text
            for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png", "start.js"):
                assert (await client.get(f"/docs/{name}")).status_code == 200

    asyncio.run(whole())


def test_both_doors_say_the_same(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        publish(context, message())
        app = client._transport.app  # type: ignore[attr-defined]
        for path in ("/v1/warnings", "/v1/feed.atom", f"/v1/warnings/{message().identifier}.xml"):
            over_asgi = await client.get(path, headers={"Accept-Encoding": "identity", "Accept": "*/*"})
            direct = app.front("GET", path, "", {"accept": "*/*"}.get, "127.0.0.1:1")
            assert direct.body == over_asgi.content
            same = {k: v for k, v in direct.headers if k != "ratelimit"}
            assert same == {k: v for k, v in over_asgi.headers.items() if k in same}

    play(tmp_path, steps)


@given(st.recursive(st.none() | st.text() | st.floats(allow_nan=False, allow_infinity=False), st.lists, max_leaves=20))
def test_json_is_let_through_unless_it_holds_a_nul(value: Any) -> None:
    body = json.dumps(value).encode()
    surrogate = any(0xD800 <= ord(char) <= 0xDFFF for char in json.dumps(value, ensure_ascii=False))
    nul = "\\u0000" in body.decode().replace("\\\\", "")
    if surrogate or nul:
        with pytest.raises(Problem):
            check_body("/x", body, {"content-type": "application/json; charset=utf-8"})
    else:
        check_body("/x", body, {"content-type": "application/json; charset=utf-8"})


@given(st.lists(st.floats(0.0, 30.0), min_size=1, max_size=60), st.integers(1, 40))
def test_no_minute_holds_more_than_twice_the_limit_and_a_quiet_caller_is_never_refused(
    waits: list[float], limit: int
) -> None:
    policy, limits = Policy("x", limit), Limits(limit, limit)
    at, taken = 100.0, []
    for wait in waits:
        at += wait
        if limits.take(policy, "a", at)[0] >= 0:
            taken.append(at)
    assert all(sum(begin <= t < begin + 60.0 for t in taken) <= 2 * limit for begin in taken)
    assert taken[0] == 100.0 + waits[0]
    assert limits.take(policy, "a", at + 60.0)[0] >= 0


def test_accept_header() -> None:
    offers = ("application/json", "application/geo+json")
    assert chosen(None, offers) == "application/json"
    assert chosen("text/html, */*;q=0.1", offers) == "application/json"
    assert chosen("application/*;q=0.5, application/geo+json", offers) == "application/geo+json"
    assert chosen("application/json;q=0, application/geo+json", offers) == "application/geo+json"
    assert chosen("text/html", offers) is None
