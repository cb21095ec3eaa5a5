"""A drill stepped through: it stands still between steps, takes what is given, and its log runs again."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest

from api.cli.console import run_console
from data.errors import InputError
from sim.command.event_log import log_lines, read_log, replay_of, write_log
from sim.command.incident import run_incident
from sim.command.live import LiveDrill
from tests.command_case import CITY, EAST, WEST, drill_setup, inject, order

LEAVE = (order("leave", 5, WEST), order("close_road", 20, "R7"))
MIXED = {"car": 0.2, "bus": 0.2, "compliance": 0.9}


def _setup(**more):
    return drill_setup(*LEAVE, injects=(inject("road_blocked", 20, "R30"),), teams=True, people=MIXED, **more)


def _lines(record):
    return list(log_lines(record.header, record.log))


def test_stopping_to_look_changes_nothing():
    drill = LiveDrill(_setup())
    minutes = []
    while not drill.over:
        drill.step(7.5)
        minutes.append(drill.now_min)
        status = drill.status()
        assert status["minute"] == drill.now_min
        assert sum(status["people"].values()) == 36 * 40
    assert minutes[:3] == [8.0, 16.0, 24.0]  # in whole exchanges of a minute
    assert minutes[-1] == 120.0
    assert _lines(drill.run()) == _lines(run_incident(_setup()))


def test_a_site_that_the_plan_leaves_out_is_neither_open_nor_full():
    setup = _setup()
    capacity = setup.sites.capacity.copy()
    capacity[0] = 0
    status = LiveDrill(replace(setup, sites=replace(setup.sites, capacity=capacity))).status()
    assert status["shelters_open"] == len(capacity) - 1
    assert status["shelters_full"] == 0


def test_the_console_says_how_things_stand_in_both_languages():
    told = io.StringIO()
    run_console(LiveDrill(_setup()), io.StringIO("status\n"), told)
    assert "minute 分钟 0 of 120: home 在家 1,440\n" in told.getvalue()


def test_a_script_that_calls_its_steps_live_takes_no_name_from_those_given_on_the_way():
    named = (order("leave", 5, WEST, id="live-1"),)
    drill = LiveDrill(drill_setup(*named, injects=(inject("road_blocked", 20, "R30", id="live-2"),)))
    assert drill.strike(inject("rumour", 0, CITY, share=0.1)).id == "live-3"
    assert drill.give(order("leave", 0, EAST)).id == "live-4"
    record = drill.run()
    assert _lines(run_incident(replay_of(drill_setup(), record.header))) == _lines(record)


def test_what_is_given_on_the_way_is_run_again_from_the_log(tmp_path):
    drill = LiveDrill(_setup())
    drill.step(20)  # where an order and an inject of the script are about to come
    drill.give(order("leave", 20, EAST))
    drill.strike(inject("rumour", 20, CITY, share=0.4, until_min=50.0))
    drill.give(order("send_buses", 31.5, CITY, count=2))
    drill.step(15)
    drill.strike(inject("channel_down", 35, channel="app"))
    drill.give(order("stay", 35, WEST))
    live = drill.run()
    assert live.orders["source"].tolist().count("live") == 3
    path = tmp_path / "events.jsonl"
    write_log(path, live.header, live.log)
    header, _ = read_log(path)
    again = run_incident(replay_of(_setup(), header))
    assert _lines(again) == _lines(live)
    pd.testing.assert_frame_equal(again.outcome.timeline, live.outcome.timeline)
    pd.testing.assert_frame_equal(again.orders, live.orders)
    assert again.outcome.first_order_s == live.outcome.first_order_s == 300.0


def test_the_past_and_the_unknown_are_refused_and_leave_no_trace():
    drill = LiveDrill(_setup())
    drill.step(10)
    for step, words in (
        (order("leave", 9.9, EAST), "passed"),
        (order("leave", 10, "510109"), "no such area"),
        (order("open_road", 20, "R7"), "contradicts"),
        (order("bulletin", 120), "end of the run"),
    ):
        with pytest.raises(InputError, match=words):
            drill.give(step)
    with pytest.raises(InputError, match="passed"):
        drill.strike(inject("road_blocked", 5, "R30"))
    with pytest.raises(InputError):
        drill.step(0)
    assert _lines(drill.run()) == _lines(run_incident(_setup()))
    with pytest.raises(InputError, match="passed"):
        drill.give(order("bulletin", 120))


def _console(text):
    out = io.StringIO()
    return run_console(LiveDrill(_setup()), io.StringIO(text), out), out.getvalue()


def test_the_console_gives_orders_and_injects_and_runs_to_the_end():
    record, said = _console(
        f"step 10\norder leave {EAST}\norder send_buses {CITY} count=2 at=12\n"
        f"inject rumour {CITY} share=0.1 until=40\ninject channel_down channel=app\nstatus\nrun\nstep 10\n"
    )
    drill = LiveDrill(_setup())
    drill.step(10)
    drill.give(order("leave", 10, EAST))
    drill.give(order("send_buses", 12, CITY, count=2))
    drill.strike(inject("rumour", 10, CITY, share=0.1, until_min=40.0))
    drill.strike(inject("channel_down", 10, channel="app"))
    assert _lines(record) == _lines(drill.run())
    assert "live-1: leave at minute 10" in said
    assert "避难点" in said


def test_the_end_of_the_input_runs_to_the_end_and_quit_gives_up():
    record, _ = _console("step 10\n")
    assert _lines(record) == _lines(run_incident(_setup()))
    assert _console("step 10\nquit\n")[0] is None


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("stpe 10", "perhaps step"),
        ("step ten", "not a number"),
        ("order", "leave, stay"),
        ("order leav 510101", "leave"),
        ("order leave", "areas"),
        ("order leave 510101 when=5", "when"),
        ("order bulletin 510101", "no target"),
        ("order send_buses 510101 count=1.5", "count"),
        ("order close_road 'R7", "No closing quotation"),
        ("inject rumour 510101", "share"),
        ("inject channel_down channel=radio", "one of app"),
    ],
)
def test_a_bad_command_is_answered_with_what_was_expected_and_does_nothing(line, answer):
    record, said = _console(f"{line}\n")
    wrong = [text for text in said.splitlines() if text.startswith("!")]
    assert len(wrong) == 1
    assert answer in wrong[0]
    assert _lines(record) == _lines(run_incident(_setup()))


def test_help_names_every_command_and_kind():
    said = _console("help\n")[1]
    for word in ("step", "order", "inject", "quit", "send_buses", "close_underpass", "rumour", "帮助"):
        assert word in said


def test_an_inject_live_in_a_setup_without_orders():
    drill = LiveDrill(replace(_setup(), orders=(), injects=()))
    drill.step(1)
    drill.strike(inject("shelter_power", 1, "S3"))
    assert drill.run().outcome.final("ordered") == 0
