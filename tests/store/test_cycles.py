"""Cycles, outlooks, plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from api.store import Conflict, Store
from api.store.check import check
from api.store.records import Cycle
from api.store.tidy import Tidied, tidy
from sim.observing.observation import Observation
from tests.store_case import T0, HandClock, make_message

MINUTE = timedelta(minutes=1)


def test_cycles_run_end_and_are_missed(store: Store) -> None:
    with store.writing("watch") as tx:
        assert tx.last_cycle() is None
        for number, state in enumerate(("done", "missed", "running")):
            tx.save_cycle(f"c{number}", T0 + number * MINUTE, state, 0.0, {})
        tx.save_cycle("c2", T0 + 2 * MINUTE, "failed", 12.5, {"note": "无雨量"})
    failed = Cycle("c2", T0 + 2 * MINUTE, "failed", 12.5, {"note": "无雨量"})
    with store.reading() as rx:
        assert rx.last_cycle() == rx.cycle("c2") == failed
        assert rx.last_cycle("done") == rx.cycle("c0")
        assert rx.last_cycle("running") is None
        assert [one.id for one in rx.cycles()] == ["c2", "c1", "c0"]
        assert [one.id for one in rx.cycles(limit=1, before=T0 + 2 * MINUTE)] == ["c1"]


def test_the_outlook_is_that_of_the_newest_cycle_whole(store: Store) -> None:
    with store.writing("watch") as tx:
        assert (tx.outlooks(), tx.outlook("a"), tx.outlook_cycle()) == ([], None, "")
        tx.save_outlook("c0", {"b": {"colour": 1}, "a": {"colour": 2}, "z": {"colour": 0}})
    with store.writing("watch") as tx:
        tx.save_outlook("c1", {"b": {"colour": 3}, "a": {"colour": 4}})
    with store.reading() as rx:
        assert rx.outlooks() == [{"colour": 3}, {"colour": 4}]
        assert rx.outlook("a") == {"colour": 4}
        assert rx.outlook("z") is None
        assert rx.outlook_cycle() == "c1"


def test_plans_are_kept_as_they_were(store: Store, clock: HandClock) -> None:
    with store.reading() as rx:
        assert rx.current_plan() is None
    with store.writing("watch") as tx:
        first = tx.save_plan("p1", {"block": [1, 2], "避难点": "x"}, time=T0, cycle="c1")
        tx.save_plan("p2", {"block": []}, time=T0 + MINUTE)
        assert tx.save_plan("p1", {"避难点": "x", "block": [1, 2]}) == first
        with pytest.raises(Conflict):
            tx.save_plan("p1", {"block": [2, 1]})
    with store.reading() as rx:
        assert rx.plan("p1") == first
        assert rx.plan("p9") is None
        current = rx.current_plan()
        assert current is not None
        assert current.id == "p2"
    with store.writing("service") as tx:
        assert tx.forget_plans(T0 + 9 * MINUTE) == 1
        assert tx.current_plan() == current
        assert tx.plan("p1") is None


def test_tidying_leaves_warnings_and_audit(store: Store, clock: HandClock) -> None:
    old = Observation("g1", "rain", T0, 0.2, T0)
    with store.writing("service") as tx:
        tx.add_observations([old, replace(old, time=T0 + timedelta(days=9))])
        tx.publish(make_message("m1"))
        tx.publish(make_message("t1", status="Test"))
        tx.remember_answer("k", "once", "r", "0" * 64, 201, {}, b"")
        tx.save_plan("p1", {}, T0)
        tx.save_plan("p2", {}, T0)
    clock.pass_s(10 * 86400)
    assert tidy(store, timedelta(days=11)) == Tidied(0, 0, 0, 0)
    assert tidy(store, timedelta(days=2)) == Tidied(1, 1, 1, 1)
    with store.reading() as rx:
        assert [one.identifier for one in rx.messages()] == ["m1"]
        assert rx.last_entry() == 2
        assert [row.subject for row in rx.audit_rows(after=2)] == ["observations", "plans", "answers", "canaries"]
    assert check(store) == []
