"""Publishing over HTTP: roles, idempotency keys, answers; keys and audit; observations."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from api.http.context import Context
from api.http.inputs import EventName
from api.messages import catalogue
from api.service.access import digest
from api.store.records import ApiKey
from sim.episode.decide import EVENTS
from tests.http.service_case import as_role, city_service_in, now

AREA = "510101"


def play(tmp_path: Path, steps: Any, **settings: Any) -> None:
    async def whole() -> None:
        async with city_service_in(tmp_path, **settings) as (client, context):
            await steps(client, context)

    asyncio.run(whole())


def keyed(role: str, key: str) -> dict[str, str]:
    return {**as_role(role), "Idempotency-Key": key}


async def issue(client: httpx.AsyncClient, key: str = "k1", role: str = "officer", **body: Any) -> httpx.Response:
    return await client.post("/v1/warnings", json={"area": AREA, "level": "yellow", **body}, headers=keyed(role, key))


def audit_actions(context: Context) -> list[str]:
    with context.store.reading() as rx:
        return [row.action for row in rx.audit_rows(0, 1000)]


def test_the_life_of_a_warning(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        made = await issue(client)
        assert made.status_code == 201
        told = made.json()["message"]
        assert told["headline"].startswith("【演练】")
        where = made.headers["location"]
        assert (await client.get(where)).json()["identifier"] == told["identifier"]
        assert (await client.get("/v1/warnings")).json()["count"] == 1
        assert (await client.post(f"{where}/ack", headers=as_role("officer"))).json()["state"] == "acknowledged"
        assert (await client.post(f"{where}/act", json={"note": "on our way"}, headers=as_role("officer"))).is_success
        update = await client.post(f"{where}/update", json={"level": "red"}, headers=keyed("officer", "k2"))
        assert update.status_code == 201
        now_at = update.headers["location"]
        stale = await client.post(f"{where}/cancel", headers=keyed("officer", "k3"))
        assert (stale.status_code, stale.json()["type"]) == (409, "urn:rongan:problem:over")
        assert (await client.post(f"{now_at}/cancel", headers=keyed("officer", "k4"))).status_code == 201
        chain = (await client.get(f"{where}/chain")).json()
        assert [m["msgType"] for m in chain["messages"]] == ["Alert", "Update", "Cancel"]
        assert not chain["open"]
        assert chain["episode"]["state"] == "closed"
        assert "on our way" not in str(chain)
        assert {step["who"] for step in chain["episode"]["steps"]} == {"officer"}  # roles, no keys
        whole = (await client.get(f"{where}/chain", headers=as_role("approver"))).json()["episode"]
        assert "on our way" in [step["note"] for step in whole["steps"]]
        assert (await client.get("/v1/warnings")).json()["count"] == 0
        assert (await client.get("/v1/warnings?show=all")).json()["count"] == 3

    play(tmp_path, steps)


def test_a_chain_tells_the_public_roles_and_officers_the_keys(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        with context.store.writing("test") as tx:
            tx.save_key(ApiKey("k-7f3", "Wang", "officer", digest("secret-of-wang"), created=now()))
        context.board.refresh()
        wang = {"X-API-Key": "secret-of-wang", "Idempotency-Key": "w"}
        body = {"area": AREA, "level": "yellow", "note": "call 4711"}
        where = (await client.post("/v1/warnings", json=body, headers=wang)).headers["location"]

        async def whos(**headers: str) -> set[tuple[str, str]]:
            answer = await client.get(f"{where}/chain", headers=headers)
            assert "X-API-Key" in answer.headers["vary"]
            return {(step["who"], step["note"]) for step in answer.json()["episode"]["steps"]}

        assert await whos() == await whos(**as_role("viewer")) == await whos(**as_role("poller")) == {("officer", "")}
        assert ("k-7f3", "call 4711") in await whos(**as_role("officer"))

    play(tmp_path, steps)


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\x85", "\u2028", "\ufeff", "\U000e0041"])
def test_notes_hold_no_sign_that_is_not_seen(tmp_path: Path, sign: str) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await issue(client, note=f"red{sign}now")).status_code == 422
        assert (await issue(client, "k2", note="来电\u30004711\n已核实\t①")).status_code == 201

    play(tmp_path, steps)


def test_an_unknown_event_is_refused_and_the_known_ones_are_named(tmp_path: Path) -> None:
    assert (
        get_args(EventName)
        == EVENTS
        == tuple(sorted(name[11:] for name in catalogue() if name.startswith("event_name.")))
    )

    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        answers = [await client.get("/v1/warnings?event=tsunami"), await issue(client, event="tsunami")]
        answers.append(await client.get("/v1/warnings?event=tsunami&show=all"))
        for answer in answers:
            assert answer.status_code == 422
            assert all(event in answer.text for event in EVENTS)
        assert (await client.get("/v1/warnings?event=waterlogging")).json()["count"] == 0
        described = (await client.get("/openapi.json")).json()
        (asked,) = [p for p in described["paths"]["/v1/warnings"]["get"]["parameters"] if p["name"] == "event"]
        assert asked["schema"]["anyOf"][0]["enum"] == list(EVENTS)
        assert described["components"]["schemas"]["IssueBody"]["properties"]["event"]["enum"] == list(EVENTS)

    play(tmp_path, steps)


def test_the_same_request_twice_publishes_once(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        first, *others = await asyncio.gather(*(issue(client) for _ in range(4)))
        assert {answer.status_code for answer in (first, *others)} == {201}
        assert len({answer.content for answer in (first, *others)}) == 1
        assert sum("idempotency-replayed" in answer.headers for answer in (first, *others)) == 3
        assert audit_actions(context).count("publish") == 1
        other = await issue(client, level="red")
        assert (other.status_code, other.json()["type"]) == (409, "urn:rongan:problem:idempotency-key-reused")
        without = await client.post("/v1/warnings", json={"area": AREA, "level": "red"}, headers=as_role("officer"))
        assert without.status_code == 400
        assert (await client.get("/v1/warnings")).json()["count"] == 1

    play(tmp_path, steps)


def test_a_request_that_failed_may_come_again(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await issue(client, area="nowhere")).status_code == 422
        assert (await issue(client)).status_code == 201
        again = await issue(client, key="k2")
        assert (again.status_code, again.json()["type"]) == (409, "urn:rongan:problem:state")

    play(tmp_path, steps)


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("poller", 403), ("planner", 403), ("admin", 201)])
def test_roles(tmp_path: Path, role: str, status: int) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await issue(client, role=role)).status_code == status
        nobody = await client.post("/v1/warnings", json={"area": AREA, "level": "red"})
        assert nobody.status_code == 401
        assert "www-authenticate" in nobody.headers

    play(tmp_path, steps)


def test_a_key_speaks_for_its_area_only(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        with context.store.writing("test") as tx:
            tx.save_key(ApiKey("east", "east", "officer", digest("east"), area="510102", created=now()))
        context.board.refresh()
        headers = {"X-API-Key": "east", "Idempotency-Key": "e1"}
        refused = await client.post("/v1/warnings", json={"area": AREA, "level": "blue"}, headers=headers)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:rongan:problem:scope")
        fine = await client.post("/v1/warnings", json={"area": "510102", "level": "blue"}, headers=headers)
        assert fine.status_code == 201

    play(tmp_path, steps)


def test_actual_needs_switch_key_and_a_second_person(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        assert (await issue(client, actual=True)).status_code == 403
        with context.store.writing("test") as tx:
            for name, role in (("one", "officer"), ("two", "approver")):
                tx.save_key(ApiKey(name, name, role, digest(name), actual=True, created=now()))
        context.board.refresh()
        one, two = ({"X-API-Key": name, "Idempotency-Key": name} for name in ("one", "two"))
        asked = await client.post("/v1/warnings", json={"area": AREA, "level": "red"}, headers=one)
        assert asked.status_code == 202
        where = asked.headers["location"]
        assert (await client.get("/v1/warnings")).json()["count"] == 0
        assert (await client.get(where, headers=one)).json()["state"] == "waiting"
        assert (await client.post(f"{where}/approve", headers=one)).status_code == 403
        agreed = await client.post(f"{where}/approve", headers=two)
        assert agreed.status_code == 201
        assert agreed.json()["message"]["status"] == "Actual"
        listed = (await client.get("/v1/warnings")).json()
        assert (listed["status"], listed["count"]) == ("Actual", 1)
        assert (await client.get("/v1/warnings?status=Exercise")).json()["count"] == 0

    play(tmp_path, steps, mode="actual", allow_actual=True)


def test_one_admin_with_two_keys_is_one_person(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        with context.store.writing("test") as tx:
            for name, role in (("boss", "admin"), ("two", "approver")):
                tx.save_key(ApiKey(name, name, role, digest(name), actual=True, created=now()))
        context.board.refresh()

        def by(secret: str, name: str) -> dict[str, str]:
            return {"X-API-Key": secret, "Idempotency-Key": name}

        body = {"name": "spare", "role": "approver", "actual": True}
        before = (await client.post("/v1/keys", json=body, headers=by("boss", "1"))).json()["secret"]
        wish = {"area": AREA, "level": "red", "hours": 2, "note": "levee seeps at K3"}
        asked = await client.post("/v1/warnings", json=wish, headers=by("boss", "2"))
        assert asked.status_code == 202
        assert asked.json()["approval"]["note"] == "levee seeps at K3"
        after = (await client.post("/v1/keys", json=body, headers=by("boss", "3"))).json()["secret"]
        where = asked.headers["location"]
        for secret in (before, after):
            for what in ("approve", "reject"):
                answer = await client.post(f"{where}/{what}", headers=by(secret, what))
                assert (answer.status_code, answer.json()["type"]) == (403, "urn:rongan:problem:second-person")
        assert (await client.get("/v1/warnings")).json()["count"] == 0
        agreed = await client.post(f"{where}/approve", headers=by("two", "4"))
        assert agreed.status_code == 201
        notes = [step["note"] for step in agreed.json()["episode"]["steps"]]
        assert "levee seeps at K3" in notes

    play(tmp_path, steps, mode="actual", allow_actual=True)


def test_a_question_whose_warning_was_lifted_is_void(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        with context.store.writing("test") as tx:
            for name, role in (("one", "officer"), ("two", "approver")):
                tx.save_key(ApiKey(name, name, role, digest(name), actual=True, created=now()))
        context.board.refresh()

        async def post(path: str, body: dict[str, Any], who: str, name: str) -> httpx.Response:
            return await client.post(path, json=body, headers={"X-API-Key": who, "Idempotency-Key": name})

        sent = await post("/v1/warnings", {"area": AREA, "level": "yellow"}, "one", "1")
        asked = await post(f"{sent.headers['location']}/update", {"level": "red"}, "one", "2")
        where = asked.headers["location"]
        assert (await post(f"{sent.headers['location']}/cancel", {}, "one", "3")).status_code == 201
        answer = await post(f"{where}/approve", {}, "two", "4")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:rongan:problem:over")
        listed = await client.get("/v1/approvals?state=void", headers={"X-API-Key": "two"})
        assert [f"/v1/approvals/{one['id']}" for one in listed.json()["approvals"]] == [where]

    play(tmp_path, steps, mode="actual", allow_actual=True)


def test_keys_are_made_shown_once_and_revoked(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        body = {"name": "gauge network", "role": "poller"}
        made = await client.post("/v1/keys", json=body, headers=keyed("admin", "n1"))
        secret = made.json()["secret"]
        again = await client.post("/v1/keys", json=body, headers=keyed("admin", "n1"))
        assert again.json() == {**made.json(), "secret": None}
        assert secret not in (await client.get("/v1/keys", headers=as_role("admin"))).text
        own = {"X-API-Key": secret}
        assert (await client.get("/v1/warnings", headers=own)).status_code == 200
        assert (await client.get("/v1/keys", headers=own)).status_code == 403
        where = made.headers["location"]
        assert (await client.post(f"{where}/revoke", headers=as_role("admin"))).status_code == 200
        assert (await client.get("/v1/warnings", headers=own)).status_code == 401
        assert "key_revoked" in audit_actions(context)

    play(tmp_path, steps)


def test_a_key_that_may_issue_actual_is_revoked_by_one_that_may_too(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        with context.store.writing("test") as tx:
            tx.save_key(ApiKey("act", "act", "approver", digest("act"), actual=True, created=now()))
            tx.save_key(ApiKey("chief", "chief", "admin", digest("chief"), actual=True, created=now()))
        context.board.refresh()
        refused = await client.post("/v1/keys/act/revoke", headers=as_role("admin"))
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:rongan:problem:scope")
        done = await client.post("/v1/keys/act/revoke", headers={"X-API-Key": "chief"})
        assert done.status_code == 200

    play(tmp_path, steps)


def test_observations_are_answered_row_by_row(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        rows = [
            {"sensor": "G1", "time": now().isoformat(), "value": 2.5},
            {"sensor": "G9", "time": now().isoformat(), "value": 2.5},
            {"sensor": "G2", "time": "yesterday", "value": 2.5},
            {"sensor": "G2", "time": "2199-01-01T00:00:00+00:00", "value": 2.5},
            {"sensor": "G2", "time": now().isoformat(), "value": 0.001, "unit": "m"},
        ]
        sent = await client.post("/v1/observations", json={"observations": rows}, headers=as_role("poller"))
        assert sent.status_code == 200
        told = sent.json()
        assert [row["quality"] for row in told["rows"]] == ["good", None, None, "future", "good"]
        assert (told["refused"], told["added"], told["usable"]) == (2, 3, 2)
        csv = f"sensor,time,value\nG1,{rows[0]['time']},2.5\nG1,{rows[0]['time']},9\n"
        headers = {**as_role("poller"), "Content-Type": "text/csv"}
        twice = (await client.post("/v1/observations", content=csv, headers=headers)).json()
        assert [row["quality"] for row in twice["rows"]] == ["duplicate", "conflict"]
        large = f"sensor,time,value,unit\nG1,{now().isoformat()},1e308,m\nG2,{rows[0]['time']},1.0,mm\n"
        mixed = (await client.post("/v1/observations", content=large, headers=headers)).json()
        assert [row["accepted"] for row in mixed["rows"]] == [False, True]
        sensors = {s["id"]: s for s in (await client.get("/v1/sensors")).json()["sensors"]}
        assert sensors["G1"]["last"]["quality"] == "conflict"
        assert not sensors["G1"]["silent"]
        nobody = await client.post("/v1/observations", json={"observations": rows[:1]})
        assert nobody.status_code == 401

    play(tmp_path, steps)


def test_the_audit_is_for_administrators_and_holds(tmp_path: Path) -> None:
    async def steps(client: httpx.AsyncClient, context: Context) -> None:
        await issue(client)
        assert (await client.get("/v1/audit", headers=as_role("officer"))).status_code == 403
        told = (await client.get("/v1/audit?check=true", headers=as_role("admin"))).json()
        assert told["holds"] is True
        assert "publish" in [row["action"] for row in told["rows"]]

    play(tmp_path, steps)
