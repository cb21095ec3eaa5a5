"""The audit holds: what was written cannot be changed unseen, and hardly at all."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from api.store import Store
from api.store.audit import head_bytes, row_hash
from api.store.connection import WRITING
from api.store.records import AuditHead
from api.store.tables import metadata
from tests.store_case import T0, HandClock, make_message

FROZEN = ("entries", "audit", "audit_heads", "messages")


def _fill(store: Store, rows: int = 5) -> None:
    for number in range(rows):
        with store.writing("officer") as tx:
            tx.audit("sign_in_failed", f"key {number}", {"from": "10.0.0.1", "数": [number, 0.1]})


def _sql(store: Store, *statements: str, guarded: bool = True) -> None:
    """Run SQL as somebody with the database in hands; not `guarded`: who takes the triggers away too."""
    with store._engine.connect().execution_options(**WRITING) as connection:
        if not guarded:
            for table in FROZEN:
                names = {"sqlite": ("update", "delete", "gapless"), "postgresql": ("rows", "truncate", "gapless")}
                on = f" ON {table}" if store.dialect == "postgresql" else ""
                for name in names[store.dialect]:
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_{name}{on}"))
        for statement in statements:
            connection.execute(text(statement))
        connection.commit()


def test_rows_are_chained(store: Store) -> None:
    _fill(store)
    with store.reading() as rx:
        rows = rx.audit_rows()
        assert rx.check_audit() is None
        assert rx.last_audit() == rows[-1]
        assert rx.audit_rows(after=3) == rows[3:]
        assert rx.audit_rows(limit=2) == rows[:2]
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].previous == "0" * 64
    assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]
    first = rows[0]
    assert first.hash == row_hash(1, T0, "officer", "sign_in_failed", "key 0", first.body, "0" * 64)


def test_the_hash_is_what_it_was(store: Store) -> None:
    # From the definition: SHA-256 of the canonical JSON list.
    told = '[1,"2026-07-01T08:00:00.000000Z","a","b","c",{"d":"雨"},"' + "0" * 64 + '"]'
    assert row_hash(1, T0, "a", "b", "c", {"d": "雨"}, "0" * 64) == hashlib.sha256(told.encode()).hexdigest()


@pytest.mark.parametrize("table", FROZEN)
def test_what_is_frozen_refuses_to_change(store: Store, table: str) -> None:
    with store.writing("officer") as tx:
        tx.publish(make_message("m1"))
        tx.sign_audit(lambda _: b"signature", "key")
    column = {"entries": "subject", "audit": "actor", "audit_heads": "hash", "messages": "area"}[table]
    tries = [f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"]
    if store.dialect == "postgresql":
        tries += [f"TRUNCATE {table} CASCADE"]
    else:
        tries += [
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
            f"REPLACE INTO {table} SELECT * FROM {table}",
        ]
    for statement in tries:
        with pytest.raises(DBAPIError, match=r"append-only|without gaps"):
            _sql(store, statement)
    if table != "messages":
        kept = metadata.tables[table]
        with store._engine.connect().execution_options(**WRITING) as connection:
            row = dict(connection.execute(select(kept)).mappings().first() or {})
            with pytest.raises(DBAPIError, match="without gaps"):
                connection.execute(insert(kept).values(row | {"number": 7}))
    with store.reading() as rx:
        assert rx.message("m1") == make_message("m1")
        assert rx.check_audit() is None


@pytest.mark.parametrize("column", ["actor", "action", "subject", "time", "body", "hash", "previous"])
def test_a_change_behind_the_triggers_is_found(store: Store, column: str) -> None:
    _fill(store)
    value = {"time": "2026-07-01T08:00:01.000000Z", "body": '{"from":"10.0.0.2"}'}.get(column, "f" * 64)
    _sql(store, f"UPDATE audit SET {column} = '{value}' WHERE number = 3", guarded=False)
    with store.reading() as rx:
        broken = rx.check_audit()
    assert broken is not None
    assert broken.number == 3


def test_rows_taken_out_are_missed(store: Store) -> None:
    _fill(store)
    _sql(store, "DELETE FROM audit WHERE number = 2", guarded=False)
    with store.reading() as rx:
        broken = rx.check_audit()
    assert broken is not None
    assert broken.number == 2


def _sign(told: bytes) -> bytes:
    return b"signed:" + told


def _verify(head: AuditHead) -> bool:
    return head.signature == _sign(head_bytes(head.number, head.audit, head.hash, head.time))


def test_a_signed_head_holds_the_end(store: Store, clock: HandClock) -> None:
    with store.writing("service") as tx:
        assert tx.sign_audit(_sign, "key 1") is None
    _fill(store, 3)
    with store.writing("service") as tx:
        head = tx.sign_audit(_sign, "key 1")
        assert tx.sign_audit(_sign, "key 1") is None  # nothing new
    clock.pass_s(60)
    _fill(store, 2)
    with store.writing("service") as tx:
        tx.sign_audit(_sign, "key 2")
    with store.reading() as rx:
        assert rx.audit_heads()[0] == head
        assert [(one.number, one.audit, one.key) for one in rx.audit_heads()] == [(1, 3, "key 1"), (2, 5, "key 2")]
        assert rx.check_audit(_verify) is None
    _sql(store, "DELETE FROM audit WHERE number > 3", guarded=False)
    with store.reading() as rx:
        broken = rx.check_audit(_verify)
    assert broken is not None
    assert broken.number == 4
    _sql(store, "UPDATE audit_heads SET audit = 3 WHERE number = 2", guarded=False)
    with store.reading() as rx:
        broken = rx.check_audit(_verify)
    assert broken is not None
    assert "signature" in broken.reason


def test_a_whole_chain_made_anew_is_not_the_one_that_was_signed(store: Store) -> None:
    _fill(store, 2)
    with store.writing("service") as tx:
        tx.sign_audit(_sign, "key 1")
    forged = row_hash(1, T0, "officer", "nothing", "", {}, "0" * 64)
    last = row_hash(2, T0, "officer", "nothing", "", {}, forged)
    plain = "actor = 'officer', action = 'nothing', subject = '', body = '{}'"
    _sql(
        store,
        f"UPDATE audit SET {plain}, hash = '{forged}' WHERE number = 1",
        f"UPDATE audit SET {plain}, previous = '{forged}', hash = '{last}' WHERE number = 2",
        guarded=False,
    )
    with store.reading() as rx:
        broken = rx.check_audit(_verify)
    assert broken is not None
    assert broken.reason == "is not the row that was signed"


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


def _tables(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # JSON turns the keys 9 and 10 into text, and text sorts otherwise.
    numbered = st.dictionaries(st.integers(0, 120), inside, max_size=3)
    return st.dictionaries(st.text(max_size=5), inside, max_size=3) | numbered


_BODIES = _tables(st.recursive(_PLAIN, lambda inner: st.lists(inner, max_size=3) | _tables(inner), max_leaves=8))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(_BODIES, min_size=1, max_size=4))
def test_the_chain_holds_whatever_is_written(store: Store, bodies: list[dict[Any, Any]]) -> None:
    with store.writing("officer") as tx:
        for body in bodies:
            tx.audit("anything", body=body)
        assert tx.check_audit() is None
