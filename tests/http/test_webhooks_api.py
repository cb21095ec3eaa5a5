"""Subscriptions over HTTP: who may have them, what is shown of them, dead letters and sending again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.http.service_case import as_role, message, publish, service_in

HOOK = {"url": "https://example.com/hook", "kinds": ["warning"]}


def talk(folder: Path, conversation: Any, **settings: Any) -> None:
    async def run() -> None:
        async with service_in(folder, **settings) as (client, context):
            await conversation(client, context)

    asyncio.run(run())


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


def test_a_subscription_from_beginning_to_end(tmp_path):
    async def conversation(client, context):
        poller = as_role("poller")
        made = await client.post("/v1/webhooks", json=HOOK, headers=poller)
        assert made.status_code == 201
        hook = made.json()
        assert hook["secret"].startswith("whsec_")
        assert made.headers["location"] == f"/v1/webhooks/{hook['id']}"
        shown = (await client.get(made.headers["location"], headers=poller)).json()
        assert shown == {**hook, "secret": None}

        publish(context, message())
        with context.store.writing("dispatch") as tx:
            tx.dead(tx.deliveries()[0].id, "answered 503")
        path = f"/v1/webhooks/{hook['id']}/deliveries"
        dead = (await client.get(path, params={"state": "dead"}, headers=poller)).json()["deliveries"]
        assert [(one["entry"], one["error"]) for one in dead] == [(1, "answered 503")]
        assert [hook["created"][-6:], dead[0]["nextAt"][-6:]] == ["+08:00"] * 2
        again = await client.post(f"{path}/{dead[0]['id']}/republish", headers=poller)
        assert (again.status_code, again.json()["state"], again.json()["attempts"]) == (200, "waiting", 0)

        changed = (await client.post(f"/v1/webhooks/{hook['id']}/secret", headers=poller)).json()
        assert changed["secret"] not in (None, hook["secret"])
        with context.store.reading() as rx:
            assert rx.webhook(hook["id"]).secret == changed["secret"]

        ended = await client.delete(f"/v1/webhooks/{hook['id']}", headers=poller)
        assert (ended.status_code, ended.json()["active"]) == (200, False)
        refused = await client.post(f"{path}/{dead[0]['id']}/republish", headers=poller)
        assert refused.status_code == 409

    talk(tmp_path, conversation)


def test_nobody_sees_or_touches_those_of_others_but_an_admin(tmp_path):
    async def conversation(client, context):
        hook = (await client.post("/v1/webhooks", json=HOOK, headers=as_role("poller"))).json()
        path = f"/v1/webhooks/{hook['id']}"
        for who, status in (("officer", 404), ("admin", 200)):
            assert (await client.get(path, headers=as_role(who))).status_code == status
            assert (await client.get(path + "/deliveries", headers=as_role(who))).status_code == status
        assert (await client.delete(path, headers=as_role("officer"))).status_code == 404
        assert (await client.get("/v1/webhooks", headers=as_role("officer"))).json() == {"webhooks": []}
        assert len((await client.get("/v1/webhooks", headers=as_role("admin"))).json()["webhooks"]) == 1
        for who in ("viewer", "planner"):
            assert (await client.post("/v1/webhooks", json=HOOK, headers=as_role(who))).status_code == 403
        assert (await client.get("/v1/webhooks")).status_code == 401

    talk(tmp_path, conversation)


def test_the_same_request_twice_subscribes_once_and_shows_the_secret_once(tmp_path):
    async def conversation(client, context):
        headers = {**as_role("poller"), **key("one")}
        first = (await client.post("/v1/webhooks", json=HOOK, headers=headers)).json()
        second = await client.post("/v1/webhooks", json=HOOK, headers=headers)
        assert second.headers["idempotency-replayed"] == "true"
        assert second.json() == {**first, "secret": None}
        other = await client.post("/v1/webhooks", json={**HOOK, "area": "x"}, headers=headers)
        assert other.status_code == 409
        assert len((await client.get("/v1/webhooks", headers=as_role("poller"))).json()["webhooks"]) == 1

    talk(tmp_path, conversation)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://127.0.0.1/"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "file:///etc/passwd"},
        {"url": "https://example.com/", "kinds": []},
        {"url": "https://example.com/", "kinds": ["job"]},
        {"url": "https://example.com/", "leastLevel": "purple"},
        {"url": "https://example.com/", "surprise": 1},
        {},
    ],
)
def test_what_is_refused(tmp_path, wrong):
    async def conversation(client, context):
        answer = await client.post("/v1/webhooks", json=wrong, headers=as_role("poller"))
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        with context.store.reading() as rx:
            assert rx.webhooks() == []

    talk(tmp_path, conversation)


def test_a_key_has_only_so_many(tmp_path):
    async def conversation(client, context):
        for status in (201, 201, 409):
            assert (await client.post("/v1/webhooks", json=HOOK, headers=as_role("poller"))).status_code == status
        assert (await client.post("/v1/webhooks", json=HOOK, headers=as_role("officer"))).status_code == 201

    talk(tmp_path, conversation, webhooks_per_key=2)


def test_requests_for_approval_are_for_who_publishes(tmp_path):
    async def conversation(client, context):
        hook = {**HOOK, "kinds": ["approval"]}
        assert (await client.post("/v1/webhooks", json=hook, headers=as_role("poller"))).status_code == 403
        assert (await client.post("/v1/webhooks", json=hook, headers=as_role("approver"))).status_code == 201

    talk(tmp_path, conversation)
