"""The watch in trouble: a store that is away, a clock that leaps, sources and forecasts that fail in any way."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.service.access import new_access, revoke_access
from api.service.patience import patiently
from api.service.replay import SteppedClock
from api.service.sources import PastEvent, WatchedFolder
from api.service.watch import WatchLoop
from api.store.errors import StoreBusy, StoreUnavailable
from api.store.messages import MessageFilter
from data.readers.observations import Look
from tests.publish_case import TurnedClock
from tests.watch_case import START, rain_rows, watch_of

STEP = timedelta(minutes=10)
RAIN = rain_rows(300, 1.5)
WET = START + timedelta(hours=3)  # warned of by then


def _event() -> PastEvent:
    return PastEvent("event", RAIN)


@contextmanager
def locked(home: Path, seconds: float):
    """Another process holds the database for so long."""
    other = sqlite3.connect(home / "rongan.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(seconds, lambda: other.execute("ROLLBACK"))
    timer.start()
    try:
        yield
    finally:
        timer.join()
        other.close()


def test_a_database_that_is_locked_while_it_publishes_delays_no_warning_to_the_next_cycle(tmp_path, monkeypatch):
    with watch_of(tmp_path, SteppedClock(WET), [_event()], wait_s=0.1) as (loop, store):
        publish = loop.publisher.take_outlook
        calls: list[int] = []

        def take(*given: Any) -> Any:
            calls.append(1)
            if len(calls) > 1:
                return publish(*given)
            with locked(tmp_path, 0.8):
                return publish(*given)

        monkeypatch.setattr(loop.publisher, "take_outlook", take)
        _, sent = loop.once(WET)
        assert len(calls) > 1
        with store.reading() as rx:
            kept = rx.messages(MessageFilter())
            assert rx.last_cycle().body["messages"] == [one.identifier for one in sent]
        assert {one.identifier for one in kept} == {one.identifier for one in sent} != set()


def test_patience_ends():
    def away() -> None:
        raise StoreBusy("locked")

    began = time.monotonic()
    for for_s, stop in ((0.3, lambda: False), (60.0, lambda: True)):
        try:
            patiently(away, for_s, stop)
        except StoreBusy:
            continue
        raise AssertionError("went on")
    assert time.monotonic() - began < 10.0


def test_a_forecast_that_fails_in_any_way_ends_no_watch(tmp_path, monkeypatch):
    with watch_of(tmp_path, SteppedClock(WET), [_event()]) as (loop, store):

        def broken(*given: Any, **named: Any) -> None:
            raise KeyError("a fault of the program")

        monkeypatch.setattr(loop.cycle, "run", broken)
        assert loop.try_once(WET) is None
        with store.reading() as rx:
            assert rx.last_cycle().state == "failed"


def test_where_the_water_fails_in_any_way_rain_signals_still_warn(tmp_path, monkeypatch):
    with watch_of(tmp_path, SteppedClock(WET), [_event()], flood=True) as (loop, _):

        def broken(*given: Any, **named: Any) -> None:
            raise KeyError("a fault of the program")

        monkeypatch.setattr(loop.cycle, "run", broken)
        outlook, sent = loop.once(WET)
    assert sent
    assert {"forecast.note.water_stopped", "forecast.note.rain_only"} <= set(outlook.notes)


def _run(loop: WatchLoop, cycles: int, seconds: float = 10.0) -> list[datetime]:
    """Run until so many cycles were tried, or time is over; their moments."""
    moments: list[datetime] = []
    tried = loop.try_once

    def noted(moment: datetime) -> Any:
        moments.append(moment)
        return tried(moment)

    loop.try_once = noted  # type: ignore[method-assign]
    end = time.monotonic() + seconds
    loop.run(lambda: len(moments) >= cycles or time.monotonic() > end)
    return moments


def test_a_clock_set_back_by_hours_is_followed_at_once(tmp_path):
    clock = TurnedClock(shown=[WET])
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        loop.on_cycle = lambda outlook, sent: clock.shown.__setitem__(0, WET - timedelta(hours=2))
        moments = _run(loop, 2)
        with store.reading() as rx:
            assert {c.state for c in rx.cycles()} == {"done"}
    assert moments == [WET, WET - timedelta(hours=2)]


def test_after_a_leap_ahead_the_cycle_is_of_now_and_the_others_were_missed(tmp_path):
    clock = TurnedClock(shown=[WET])
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        waits = iter([WET, WET + timedelta(minutes=55)])

        def alive(stage: str, moment: datetime, **more: Any) -> None:
            if stage == "waiting" and not more:
                clock.shown[0] = next(waits, clock.shown[0])

        loop._alive = alive  # type: ignore[method-assign]
        moments = _run(loop, 2)
        with store.reading() as rx:
            missed = [c.time for c in rx.cycles() if c.state == "missed"]
    assert moments == [WET, WET + 5 * STEP]
    assert missed == [WET + k * STEP for k in (4, 3, 2, 1)]


def test_upkeep_without_a_store_ends_no_watch_and_failures_are_told_once_it_is_back(tmp_path, monkeypatch):
    clock = TurnedClock(shown=[WET])
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        loop.once(WET)
        loop.patience_s = 0.0
        away = [True]
        writing, reading = store.writing, store.reading

        def gone(do: Any) -> Any:
            def ask(*given: Any) -> Any:
                if away[0]:
                    raise StoreUnavailable("no database")
                return do(*given)

            return ask

        monkeypatch.setattr(store, "writing", gone(writing))
        clock.shown[0] = WET + STEP
        tries: list[datetime] = []
        expire = loop.publisher.expire

        def after(now: datetime) -> Any:
            tries.append(now)
            try:
                monkeypatch.setattr(store, "reading", gone(reading))
                return expire(now)
            finally:
                monkeypatch.setattr(store, "reading", reading)
                away[0] = len(tries) < 2
                clock.shown[0] += STEP

        monkeypatch.setattr(loop.publisher, "expire", after)
        loop.run(lambda: len(tries) >= 3)
        with store.reading() as rx:
            states = {c.time - WET: c.state for c in rx.cycles()}
    assert states == {0 * STEP: "done", STEP: "failed", 2 * STEP: "failed", 3 * STEP: "done"}


def test_a_source_that_fails_takes_no_other_with_it(tmp_path):
    class Broken:
        name = "broken"

        def look(self, store: Any, now: datetime) -> Look:
            raise ValueError("garbage")

        def looked(self, store: Any) -> None:
            raise AssertionError

    broken = Broken()
    with watch_of(tmp_path, SteppedClock(WET), [broken, _event()]) as (loop, store):
        _, sent = loop.once(WET)
        loop.once(WET)
        broken.look = lambda store, now: Look([], [])  # type: ignore[method-assign]
        broken.looked = lambda store: None  # type: ignore[method-assign]
        loop.once(WET)
        with store.reading() as rx:
            told = [e.body for e in rx.entries(0, 500) if e.kind == "fault"]
    assert sent
    assert [(body["source"], body["state"]) for body in told] == [("broken", "failed"), ("broken", "over")]


def test_a_row_that_is_no_number_in_its_unit_does_not_stop_its_folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    rows = f"R1,{(START + STEP).isoformat()},1e308,m\nR1,{(START + 2 * STEP).isoformat()},1.0,mm\n"
    (folder / "r1.csv").write_text("sensor,time,value,unit\n" + rows, encoding="utf-8")
    now = START + 2 * STEP
    with watch_of(tmp_path / "home", SteppedClock(now), [WatchedFolder(folder)]) as (loop, store):
        loop.take_in(now)
        with store.reading() as rx:
            assert list(rx.observations("rain", START, now)["value"]) == [1.0]


def test_rows_that_the_store_could_not_take_are_brought_again(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    rows = "".join(f"R1,{(START + k * STEP).isoformat()},1.0\n" for k in (1, 2, 3))
    (folder / "r1.csv").write_text("sensor,time,value\n" + rows, encoding="utf-8")
    now = START + 3 * STEP
    with watch_of(tmp_path / "home", SteppedClock(now), [WatchedFolder(folder)]) as (loop, store):
        take, away = loop.intake.take, [True]

        def busy(*given: Any) -> Any:
            if away.pop() if away else False:
                raise StoreBusy("locked")
            return take(*given)

        monkeypatch.setattr(loop.intake, "take", busy)
        loop._patiently(lambda: loop.take_in(now))
        with store.reading() as rx:
            assert list(rx.observations("rain", START, now)["value"]) == [1.0, 1.0, 1.0]
        loop.take_in(now)  # and not a second time
        with store.reading() as rx:
            assert list(rx.observations("rain", START, now)["value"]) == [1.0, 1.0, 1.0]


def test_a_failure_does_not_take_the_place_of_a_cycle_that_was_done(tmp_path):
    with watch_of(tmp_path, SteppedClock(WET), [_event()]) as (loop, store):
        loop.once(WET)
        loop._failed(WET, "failed", "run again after a restart")
        with store.reading() as rx:
            assert rx.last_cycle().state == "done"
            told = [e.body.get("state", "done") for e in rx.entries(0, 500) if e.kind == "cycle"]
            assert told == ["done", "failed"]  # that it failed is told all the same


def test_the_watch_publishes_actual_with_a_key_of_its_own_and_a_second_person_for_the_higher_colours(tmp_path):
    clock = SteppedClock(WET)
    key, _ = new_access("watch", "officer", START, actual=True)
    given = {"mode": "actual", "allow_actual": True, "watch_key": key.id}
    with watch_of(tmp_path, clock, [_event()], **given) as (loop, store):

        def told() -> list[str]:
            with store.reading() as rx:
                return [e.body["state"] for e in rx.entries(0, 500) if e.kind == "fault"]

        _, sent = loop.once(WET)  # no such key yet
        assert {m.status for m in sent} == {"Exercise"}
        assert told() == ["failed"]
        with store.writing("test") as tx:
            tx.save_key(key)
        clock.set(WET + STEP)
        _, sent = loop.once(WET + STEP)
        assert {m.status for m in sent} == {"Actual"}
        assert max(m.level for m in sent) <= 2
        assert told() == ["failed", "over"]
        with store.reading() as rx:
            asked = rx.approvals("waiting")
        assert {one.asked_by for one in asked} == {key.id}
        revoke_access(store, key.id, clock.now(), "test")
        clock.set(WET + 2 * STEP)
        _, sent = loop.once(WET + 2 * STEP)
        assert "Actual" not in {m.status for m in sent}
        assert told() == ["failed", "over", "failed"]


def test_a_key_alone_makes_nothing_actual(tmp_path):
    key, _ = new_access("watch", "officer", START, actual=True)
    for number, given in enumerate(({"mode": "actual"}, {"allow_actual": True})):
        with watch_of(tmp_path / str(number), SteppedClock(WET), [_event()], watch_key=key.id, **given) as (
            loop,
            store,
        ):
            with store.writing("test") as tx:
                tx.save_key(key)
            _, sent = loop.once(WET)
        assert {m.status for m in sent} == {"Exercise"}
