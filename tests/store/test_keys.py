"""Keys, answers to requests that come twice, named values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from api.store import Conflict, KeyReused, Store
from api.store.records import Answer, ApiKey
from tests.store_case import T0, HandClock

BODY = "b" * 64


def test_keys_are_found_by_their_hash_and_revoked(store: Store) -> None:
    key = ApiKey("k1", "Centre", "officer", "1" * 64, "510104", True, T0, T0 + timedelta(days=365))
    other = ApiKey("k2", "Board", "poller", "2" * 64)
    with store.writing("admin") as tx:
        tx.save_key(key)
        tx.save_key(other)
    before = store.news()
    revoked = replace(key, revoked=T0 + timedelta(days=1))
    with store.writing("admin") as tx:
        tx.save_key(revoked)
    assert store.news() != before  # whoever holds keys in memory sees that they have changed
    with store.reading() as rx:
        assert rx.keys() == [other, revoked]
        assert rx.key_by_hash("1" * 64) == revoked
        assert rx.key_by_hash("3" * 64) is None
        assert rx.key("k2") == other
        rows = rx.audit_rows()
    assert [row.action for row in rows] == ["key", "key", "key_revoked"]
    assert all("1" * 64 not in str(row) for row in rows)
    with pytest.raises(Conflict), store.writing("admin") as tx:
        tx.save_key(ApiKey("k3", "Copy", "admin", "2" * 64))


def test_the_same_request_has_the_same_answer(store: Store, clock: HandClock) -> None:
    with store.writing("officer") as tx:
        assert tx.idempotent("k1", "once", "POST /v1/warnings", BODY) is None
        tx.remember_answer("k1", "once", "POST /v1/warnings", BODY, 201, {"Location": "/v1/warnings/m1"}, b"{}")
    with store.reading() as rx:
        told = Answer(201, {"Location": "/v1/warnings/m1"}, b"{}", T0)
        assert rx.idempotent("k1", "once", "POST /v1/warnings", BODY) == told
        assert rx.idempotent("k2", "once", "POST /v1/warnings", BODY) is None  # another's key is another
        with pytest.raises(KeyReused):
            rx.idempotent("k1", "once", "POST /v1/warnings", "c" * 64)
        with pytest.raises(KeyReused):
            rx.idempotent("k1", "once", "POST /v1/drills", BODY)
    with pytest.raises(Conflict), store.writing("officer") as tx:
        tx.remember_answer("k1", "once", "POST /v1/warnings", BODY, 500, {}, b"")
    with store.writing("service") as tx:
        assert tx.forget_answers(T0) == 0
        assert tx.forget_answers(T0 + timedelta(seconds=1)) == 1
        assert tx.idempotent("k1", "once", "POST /v1/warnings", BODY) is None


def test_work_undone_leaves_no_answer(store: Store) -> None:
    answer = ("k1", "once", "r", BODY, 201, {}, b"")
    with pytest.raises(Conflict), store.writing("officer") as tx:
        assert tx.remember_answer(*answer) is tx.remember_answer(*answer)
    with store.reading() as rx:
        assert rx.idempotent("k1", "once", "r", BODY) is None


def test_values_have_names(store: Store) -> None:
    with store.writing("service") as tx:
        tx.put("canary", {"at": 1})
        tx.put("canary", {"at": 2})
        tx.put("nothing", None)
        assert tx.get("canary") == {"at": 2}
    with store.reading() as rx:
        assert rx.get("canary") == {"at": 2}
        assert rx.get("clock") is None
        assert rx.get("clock", 3) == 3
        assert rx.get("nothing") is None
