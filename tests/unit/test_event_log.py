"""The event log: what is written is read again, and what is not a log is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.errors import InputError
from sim.command.event_log import EventLog, header_of, inputs_of, log_lines, read_log, replay_of, write_log
from sim.command.setup import GivenOrder
from tests.command_case import EAST, WEST, drill_setup, inject, order


def _setup():
    setup = drill_setup(
        order("leave", 1 / 3, WEST), order("send_buses", 7.25, EAST, to="S2", count=3), order("bulletin", 0.1),
        injects=(inject("rumour", 12.5, EAST, share=0.125, to="S3", until_min=20.0),
                 inject("channel_down", 0.0, channel="app")),
        teams=True,
    )  # fmt: skip
    live = GivenOrder(order("redirect", 10.0, "S1", to="S3", id="live-1"), "live")
    return replace(setup, orders=(*setup.orders, live), seed=17)


def test_a_log_read_again_is_the_log(tmp_path):
    log = EventLog()
    log.add(0.0, "start", people=np.int64(5))
    log.add(0.12345678, "count", share=np.float64(1 / 3), never=np.inf, none=np.nan, ids=np.arange(2))
    path = tmp_path / "events.jsonl"
    write_log(path, header_of(_setup()), log.entries)
    header, entries = read_log(path)
    assert list(log_lines(header, entries)) == path.read_text(encoding="utf-8").splitlines()
    assert list(entries) == log.entries
    assert entries[1].time_s == 0.123
    assert entries[1].values == {"share": 0.333333, "never": None, "none": None, "ids": [0, 1]}


def test_the_header_holds_every_input_and_who_gave_it():
    setup = _setup()
    orders, injects = inputs_of(header_of(setup))
    assert orders == setup.orders
    assert injects == setup.injects
    again = replay_of(drill_setup(teams=True), header_of(setup))
    assert (again.orders, again.injects, again.seed) == (setup.orders, setup.injects, 17)


@pytest.mark.parametrize("key", ["scenario", "rules", "version", "until_s"])
def test_the_log_of_another_drill_is_not_run_again(key):
    with pytest.raises(InputError, match="another drill") as found:
        replay_of(drill_setup(teams=True), header_of(_setup()) | {key: "other"})
    assert found.value.place == key


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"orders": None}, "orders"),
        ({"orders": 5}, "orders"),
        ({"orders": ["leave"]}, "orders"),
        ({"orders": [{"source": "script", "kind": "leave", "at_min": 3, "areas": ["510101"]}]}, "orders"),
        ({"injects": {"id": "x"}}, "injects"),
        ({"orders": [{"id": "x", "kind": "leave", "at_min": 3, "areas": ["zz"]}]}, "[[order]] x areas"),
        ({"orders": [{"id": "x", "kind": "leave", "at_min": 9999, "areas": ["510101"]}]}, "[[order]] x at_min"),
        ({"injects": [{"id": "x", "kind": "team_lost", "at_min": 3, "teams": ["zz"]}]}, "[[inject]] x teams"),
        ({"seed": "x"}, "seed"),
        ({"seed": -5}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": 10**30}, "seed"),
    ],
)
def test_a_header_that_was_tampered_with_is_refused_with_the_place(changed, place):
    with pytest.raises(InputError) as found:
        replay_of(drill_setup(teams=True), header_of(_setup()) | changed)
    assert found.value.place == place


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1"),
        ('{"format":"something else"}', "line 1"),
        ('{"format":"rongan event log 1"}\n{"time_s":0,"seq":0,"kin', "line 2"),
        ('{"format":"rongan event log 1"}\n{"time_s":0,"seq":0}', "line 2"),
        ('{"format":"rongan event log 1"}\n[1]', "line 2"),
    ],
)
def test_what_is_not_a_log_is_refused_with_the_line(tmp_path, text, place):
    path = tmp_path / "events.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as found:
        read_log(path)
    assert found.value.place == place


def test_entries_keep_the_order_of_time():
    log = EventLog()
    log.add(60.0, "count")
    with pytest.raises(ValueError, match="before"):
        log.add(59.0, "count")
    with pytest.raises(ValueError, match="kind"):
        log.add(60.0, "coffee")
