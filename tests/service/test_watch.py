"""The watch loop: warnings follow the gauges, nothing is sent twice, and a cycle that fails or is missed is told."""

from __future__ import annotations

import io
import itertools
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from api.cli.watched import tell_cycle
from api.service.outlook_form import made_from_form
from api.service.replay import SteppedClock, replay_stepped
from api.service.sources import PastEvent, WatchedFolder
from api.service.verified import verified
from api.store.messages import MessageFilter
from api.warning.provenance import made_from
from data.errors import InputError, RunStopped
from data.rules_file import load_rules
from sim.forecast.outlook import Gauges
from tests.watch_case import START, rain_rows, watch_of

STEP = timedelta(minutes=10)
# 18 mm/h for five hours, then dry: yellow when 50 mm are seen coming within 6 h, orange with 50 mm in 3 h.
EVENT = [*rain_rows(300, 1.5), *rain_rows(480, 0.0, begin=300)]


def _event() -> PastEvent:
    return PastEvent("event", EVENT)


def test_a_rain_event_is_warned_of_raised_and_lifted(tmp_path: Path) -> None:
    clock = SteppedClock(START)
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        done = replay_stepped(loop, START, START + timedelta(hours=8))
        with store.reading() as rx:
            sent = rx.messages(MessageFilter(), limit=500)[::-1]
            assert rx.active(clock.now()) == []
            assert rx.check_audit() is None
        found = verified(store, loop.publisher.places, load_rules(), START, clock.now())
    assert (done.cycles, done.failed) == (49, 0)
    city = [m for m in sent if m.area == "510100"]
    assert city[0].msg_type == "Alert"
    assert city[-1].msg_type == "Cancel"
    assert max(m.level for m in city) >= 3
    assert all(later.predecessor == before.identifier for before, later in itertools.pairwise(city))
    orange = found.table[(found.table["level"] == "city") & (found.table["colour"] == "orange")].iloc[0]
    assert (orange["hits"], orange["misses"]) == (1, 0)
    assert orange["lead_median_min"] > 0.0


def test_the_same_cycle_again_sends_nothing(tmp_path: Path) -> None:
    moment = START + timedelta(hours=3)
    clock = SteppedClock(moment)
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        _, sent = loop.once(moment)
        assert sent
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):  # as after a crash
        _, again = loop.once(moment)
        assert again == []
        with store.reading() as rx:
            assert len(rx.messages(MessageFilter(), limit=500)) == len(sent)


def test_a_cycle_that_fails_is_kept_and_told_and_the_next_one_runs(tmp_path: Path, monkeypatch) -> None:
    moment = START + timedelta(hours=3)
    clock = SteppedClock(moment)
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        loop.once(moment)
        with store.reading() as rx:
            in_force = {m.area: m.level for m in rx.active(moment)}
        run = loop.cycle.run

        def stopped(*args, **named):
            raise RunStopped("the water stopped", time_s=1.0)

        monkeypatch.setattr(loop.cycle, "run", stopped)
        clock.set(moment + STEP)
        assert loop.try_once(moment + STEP) is None
        monkeypatch.setattr(loop.cycle, "run", run)
        with store.reading() as rx:
            kept = rx.last_cycle()
            entry = rx.entries(rx.last_entry() - 1, 1)[0]
            assert kept is not None
            assert kept.state == "failed"
            assert "the water stopped" in kept.body["reason"]
            assert (entry.kind, entry.body["state"]) == ("cycle", "failed")
            assert {m.area: m.level for m in rx.active(clock.now())} == in_force
        clock.set(moment + 2 * STEP)
        assert loop.try_once(moment + 2 * STEP) is not None


def test_missed_cycles_are_kept(tmp_path: Path) -> None:
    clock = SteppedClock(START + timedelta(hours=1))
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        loop.once(START + timedelta(hours=1))
        clock.set(START + timedelta(hours=1, minutes=30))
        loop.run(lambda: False, until=START + timedelta(hours=1, minutes=30))
        with store.reading() as rx:
            states = [(c.time - START, c.state) for c in rx.cycles()]
    hour = timedelta(hours=1)
    assert states == [(hour + 3 * STEP, "done"), (hour + 2 * STEP, "missed"), (hour + STEP, "missed"), (hour, "done")]


def test_gauges_that_fall_silent_are_said_and_rain_goes_on(tmp_path: Path) -> None:
    """Not knowing is not dry: the warning stays while the gauges are silent, and says why."""
    rows = rain_rows(180, 2.0)
    moment = START + timedelta(hours=3)
    clock = SteppedClock(moment)
    with watch_of(tmp_path, clock, [PastEvent("event", rows)]) as (loop, store):
        first, _ = loop.once(moment)
        later = moment + timedelta(minutes=40)
        clock.set(later)
        outlook, _ = loop.once(later)
        with store.reading() as rx:
            assert rx.active(later)
    assert first.sensors_silent == ()
    assert set(outlook.sensors_silent) == {"R1", "R2"}
    assert "forecast.note.gauges_blind" in outlook.notes
    assert max(area.colour for area in outlook.areas) >= max(area.colour for area in first.areas)


def test_a_folder_is_read_on_after_a_new_start(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    file = folder / "r1.csv"
    file.write_text(f"sensor,time,value\nR1,{(START + STEP).isoformat()},1.0\nR1,half a li", encoding="utf-8")
    clock = SteppedClock(START + STEP)
    with watch_of(tmp_path / "home", clock, [WatchedFolder(folder)]) as (loop, store):
        loop.take_in(clock.now())
        with store.reading() as rx:
            assert list(rx.observations("rain", START, START + 2 * STEP)["value"]) == [1.0]
    file.write_text(
        f"sensor,time,value\nR1,{(START + STEP).isoformat()},1.0\nR1,{(START + 2 * STEP).isoformat()},2.0\n",
        encoding="utf-8",
    )
    clock.set(START + 2 * STEP)
    with watch_of(tmp_path / "home", clock, [WatchedFolder(folder)]) as (loop, store):
        loop.take_in(clock.now())
        with store.reading() as rx:
            assert list(rx.observations("rain", START, START + 2 * STEP)["value"]) == [1.0, 2.0]


def test_no_folder_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        WatchedFolder(tmp_path / "absent")


def test_rain_that_is_not_known_yet_is_not_used(tmp_path: Path) -> None:
    """A replay tells the loop only what the clock has reached."""
    clock = SteppedClock(START + STEP)
    with watch_of(tmp_path, clock, [_event()]) as (loop, store):
        loop.take_in(clock.now())
        with store.reading() as rx:
            times = rx.observations("rain", START, START + timedelta(days=1))["time"]
    assert times.max() == START + STEP


def test_water_of_the_gauges_brings_warnings_of_waterlogging_and_a_plan(tmp_path: Path) -> None:
    """A cloudburst fills the hollow: people in deep water are warned of, a plan is kept, and the state goes on."""
    clock = SteppedClock(START + 3 * STEP)
    with watch_of(tmp_path, clock, [PastEvent("burst", rain_rows(60, 10.0))], flood=True) as (loop, store):
        for k in range(3, 6):
            clock.set(START + k * STEP)
            outlook, _ = loop.once(START + k * STEP)
        with store.reading() as rx:
            in_force = rx.active(clock.now())
            plan = rx.current_plan()
    assert "waterlogging" in {message.event for message in in_force}
    assert "forecast.note.cold_start" not in outlook.notes
    assert plan is not None
    assert sum(row["persons"] for row in plan.body["assignments"]) > 0
    assert any(area.leave_by is not None for area in outlook.areas)
    depths = {area.area: e.value for area in outlook.areas for e in area.evidence if e.rule == "street_depth"}
    assert 1.0 < depths["510101"] <= 1.7  # the hollow is 1.6 m deep, and lies in the western street
    assert depths["510100"] == max(depths.values())


def test_what_rests_on_no_gauge_of_now_is_warned_of_and_says_so(tmp_path: Path) -> None:
    moment = START + timedelta(minutes=40)
    event = PastEvent("a short while", rain_rows(10, 8.0))
    console = Console(file=io.StringIO(), width=200)
    with watch_of(tmp_path, SteppedClock(START + STEP), [event]) as (loop, store):
        loop.once(START + STEP)
        outlook, _ = loop.once(moment)
        tell_cycle(console, outlook, [])
        with store.reading() as rx:
            form = rx.last_cycle().body
    assert outlook.gauges == Gauges(0, 2)
    assert max(area.colour for area in outlook.areas) > 0
    assert (form["gaugesHeard"], form["gauges"]) == (0, 2)
    assert made_from_form(form) == made_from(outlook)
    assert "gauges:0/2" in made_from(outlook)
    assert "0 of 2 gauges" in console.file.getvalue()
