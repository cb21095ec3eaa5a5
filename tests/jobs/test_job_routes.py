"""Jobs over HTTP: asked for once, watched, cancelled; files by their names and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.context import Context
from api.jobs.place import result_folder
from api.jobs.registry import Registry
from api.jobs.runner import Runner
from tests.http.service_case import as_role, service_in
from tests.jobs.fake_backend import FakeBackend
from tests.jobs.job_case import QUICK

PLANNER = as_role("planner")
STRANGERS = ("stranger.txt", "link", "../../rongan.db", "%2e%2e/%2e%2e/rongan.db", "manifest.json", "", "a/../x")
Steps = Callable[[httpx.AsyncClient, Context], Coroutine[Any, Any, None]]


def serve(folder: Path, steps: Steps, **settings: Any) -> None:
    async def run() -> None:
        async with service_in(folder, **settings) as (client, context):
            await steps(client, context)

    asyncio.run(run())


def named(key: str) -> dict[str, str]:
    return {**PLANNER, "Idempotency-Key": key}


def finish(context: Context) -> None:
    """Do one job that waits."""
    home = Path(context.settings.home)
    runner = Runner(context.store, home, FakeBackend(home, at_once=True), terms=QUICK)
    runner.step()
    runner.step()


def test_a_drill_is_asked_for_watched_and_its_files_are_read(tmp_path):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        asked = await client.post("/v1/drills", json={"scenario": {"seed": 9}}, headers=named("a"))
        assert asked.status_code == 202
        job = asked.json()
        at = asked.headers["Location"]
        assert at == f"/v1/jobs/{job['id']}"
        assert (job["state"], job["seed"], job["links"]["files"]) == ("queued", 9, None)
        assert (await client.get(f"{at}/files", headers=PLANNER)).status_code == 404
        finish(context)
        one = (await client.get(f"/v1/drills/{job['id']}", headers=PLANNER)).json()
        assert (one["state"], one["progress"], one["summary"]) == ("succeeded", 1.0, {"seed": 9})
        assert [one[name][-6:] for name in ("created", "started", "finished")] == ["+08:00"] * 3
        manifest = (await client.get(one["links"]["files"], headers=PLANNER)).json()
        (row,) = manifest["files"]
        read = await client.get(one["links"]["summary"], headers=PLANNER)
        assert hashlib.sha256(read.content).hexdigest() == row["sha256"]
        assert read.headers["ETag"] == f'"{row["sha256"]}"'
        assert "immutable" in read.headers["Cache-Control"]
        again = await client.get(one["links"]["summary"], headers={**PLANNER, "If-None-Match": read.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        await _parts(client, one["links"]["summary"], read.content, read.headers["ETag"])
        missing = await client.get(f"/v1/forecasts/{job['id']}", headers=PLANNER)
        assert (missing.status_code, missing.headers["Content-Type"]) == (404, "application/problem+json")

    serve(tmp_path, steps)


async def _parts(client: httpx.AsyncClient, link: str, whole: bytes, etag: str) -> None:
    """Parts of a file; what is no part asked for sensibly gives the whole, as RFC 9110 has it."""
    size = len(whole)

    async def ask(text: str, **more: str) -> httpx.Response:
        return await client.get(link, headers={**PLANNER, "Range": text, **more})

    first, last = await ask("bytes=0-3"), await ask("bytes=-4")
    assert [(one.status_code, one.content) for one in (first, last)] == [(206, whole[:4]), (206, whole[-4:])]
    assert first.headers["Content-Range"] == f"bytes 0-3/{size}"
    assert (await ask("bytes=2-", **{"If-Range": etag})).status_code == 206
    for text in ("bytes=5-2", "chars=0-1", "bytes=", "bytes=a-b", "bytes=0-0" + ",0-0" * 50):
        odd = await ask(text)
        assert (odd.status_code, odd.content) == (200, whole), text
    assert (await ask("bytes=0-3", **{"If-Range": '"another"'})).status_code == 200
    for text in (f"bytes={size}-", "bytes=-0"):
        beyond = await ask(text)
        assert (beyond.status_code, beyond.headers["Content-Type"]) == (416, "application/problem+json"), text
        assert beyond.headers["Content-Range"] == f"bytes */{size}"


def test_the_same_request_twice_is_one_job(tmp_path):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        body = {"scenario": {"seed": 3}}
        first, second = [await client.post("/v1/drills", json=body, headers=named("k")) for _ in range(2)]
        assert first.json()["id"] == second.json()["id"]
        assert second.headers["Idempotency-Replayed"] == "true"
        other = await client.post("/v1/drills", json={"scenario": {"seed": 4}}, headers=named("k"))
        assert other.status_code == 409
        assert (await client.post("/v1/drills", json=body, headers=PLANNER)).status_code == 400
        assert (await client.get("/v1/jobs", headers=PLANNER)).json()["count"] == 1

    serve(tmp_path, steps)


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("drills", {"scenario": {"city": {"path": "/etc"}}}, "/scenario/city/path"),
        ("drills", {"scenario": {"storm": {"series": "x.csv"}}}, "/scenario/storm/series"),
        ("drills", {"scenario": {"sede": 1}}, "/scenario/sede"),
        ("drills", {"scenario": {"seed": None}}, "/scenario/seed"),
        ("drills", {"senario": {}}, "/body/senario"),
        ("adequacy", {"storms": [{"return_period_a": 1e9}]}, "/storms/0"),
        ("sitings", {"count": 0}, "/body/count"),
        ("forecasts", {"members": 10_000}, "/body/members"),
    ],
)
def test_bad_requests_are_told_with_their_place_and_leave_no_job(tmp_path, path, body, pointer):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        answer = await client.post(f"/v1/{path}", json=body, headers=named("k"))
        assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
        assert answer.json()["errors"][0]["pointer"] == pointer
        with context.store.reading() as rx:
            assert rx.jobs() == []

    serve(tmp_path, steps)


def test_a_registered_city_is_named_and_no_other(tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "city.toml").write_text('name = "x"\n')
    Registry(tmp_path).register_city("mine", tmp_path / "pack")

    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        for name, status in (("mine", 202), ("other", 422), ("../pack", 422)):
            body = {"scenario": {"city": {"name": name}}}
            answer = await client.post("/v1/adequacy", json=body, headers=named(f"k{status}{len(name)}"))
            assert answer.status_code == status, name

    serve(tmp_path, steps)


def test_roles_owners_and_the_length_of_the_queue(tmp_path):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        for role, status in (("viewer", 403), ("poller", 403), ("planner", 202)):
            headers = {**as_role(role), "Idempotency-Key": role}
            assert (await client.post("/v1/drills", json={}, headers=headers)).status_code == status
        assert (await client.post("/v1/drills", json={}, headers={"Idempotency-Key": "x"})).status_code == 401
        full = await client.post("/v1/sitings", json={}, headers=named("second"))
        assert (full.status_code, "Retry-After" in full.headers) == (429, True)
        (job,) = (await client.get("/v1/jobs", headers=PLANNER)).json()["jobs"]
        at = f"/v1/jobs/{job['id']}"
        assert (await client.post(f"{at}/cancel", headers=as_role("officer"))).status_code == 403
        assert (await client.delete(at, headers=PLANNER)).json()["state"] == "cancelled"
        assert (await client.post(f"{at}/cancel", headers=as_role("admin"))).json()["state"] == "cancelled"
        assert (await client.post("/v1/sitings", json={}, headers=named("second"))).status_code == 202

    serve(tmp_path, steps, jobs_per_key=1)


def test_only_names_of_the_manifest_are_served(tmp_path):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        job = (await client.post("/v1/drills", json={}, headers=named("a"))).json()
        finish(context)
        folder = result_folder(tmp_path, job["id"])
        (folder / "stranger.txt").write_text("not ours")
        (folder / "link").symlink_to("/etc/passwd")
        at = f"/v1/jobs/{job['id']}/files"
        for name in STRANGERS:
            answer = await client.get(f"{at}/{name}", headers=PLANNER)
            assert answer.status_code in (404, 422), name
            assert b"not ours" not in answer.content
        for bad in ("0" * 31, "A" * 32, "..", "%2e%2e"):
            assert (await client.get(f"/v1/jobs/{bad}/files/summary.json", headers=PLANNER)).status_code in (404, 422)

    serve(tmp_path, steps)


def test_jobs_are_listed_in_pages(tmp_path):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        made = []
        for number in range(5):
            body = {"scenario": {"seed": number}}
            made.append((await client.post("/v1/drills", json=body, headers=named(f"k{number}"))).json()["id"])
        seen: list[str] = []
        at = "/v1/jobs?limit=2&state=queued"
        while at:
            page = (await client.get(at, headers=PLANNER)).json()
            seen += [job["id"] for job in page["jobs"]]
            at = page["next"]
        assert seen == made[::-1]
        assert (await client.get("/v1/jobs?colour=red", headers=PLANNER)).status_code == 400
        assert (await client.get(f"/v1/jobs?after={'0' * 32}", headers=PLANNER)).status_code == 422

    serve(tmp_path, steps)


def test_a_page_of_a_result_runs_in_a_sandbox(tmp_path, monkeypatch):
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        job = (await client.post("/v1/drills", json={}, headers=named("a"))).json()
        monkeypatch.setattr("tests.jobs.fake_backend.SUMMARY", "report.html")
        finish(context)
        page = await client.get(f"/v1/jobs/{job['id']}/files/report.html", headers=PLANNER)
        assert page.status_code == 200
        policy = page.headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "allow-same-origin" not in policy
        assert "default-src 'none'" in policy

    serve(tmp_path, steps)
