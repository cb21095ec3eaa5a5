"""Drills at their edges: other clocks, runs shorter than the storm, no shelters, nobody home."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from api.report.facts import gather
from api.warning.drill import cap_messages, drill_profile
from api.warning.rules import check_messages
from data.rules_file import load_rules
from hazards import RainForcing
from sim import run as run_module
from sim.flooding import usable_threads
from sim.result import Result
from sim.run import run
from sim.scenario import Flood, Scenario
from tests.tiny_city import tiny_city

SCENARIO = Scenario(flood=Flood(duration_h=2.5))


def _drill(monkeypatch, city=None, **parts) -> Result:
    monkeypatch.setattr(run_module, "load_city", lambda _: city or tiny_city())
    return run(replace(SCENARIO, **parts))


def test_a_start_on_another_clock_gives_the_same_messages(monkeypatch):
    """The words of a message must name the hour that its fields name."""
    here = _drill(monkeypatch)
    moment = SCENARIO.start.astimezone(timezone(-timedelta(hours=3, minutes=30)))
    there = _drill(monkeypatch, start=moment)
    rules = load_rules()
    messages = cap_messages(there, drill_profile(there, rules))
    assert messages == cap_messages(here, drill_profile(here, rules))
    assert check_messages(messages.values(), (100.0, 25.0, 110.0, 35.0)) == []
    assert datetime.fromisoformat(there.summary["scenario"]["start"]) == moment


def test_a_run_shorter_than_the_storm_tells_only_what_fell(monkeypatch):
    whole = gather(_drill(monkeypatch)).rain
    short = gather(_drill(monkeypatch, flood=Flood(duration_h=1.0))).rain
    assert 0.0 < short.total_mm < whole.total_mm
    assert short.end_s == 3600.0
    dry = gather(_drill(monkeypatch, flood=Flood(duration_h=0.25))).rain  # ends in the dry lead
    assert (dry.total_mm, dry.start_s) == (0.0, None)


def test_rain_until_a_moment_is_the_rain_that_has_fallen():
    rain = RainForcing(np.array([0.0, 100.0, 300.0]), np.array([1.0, 2.0]))
    assert rain.until(300.0).edges_s.tolist() == rain.until(1e9).edges_s.tolist() == [0.0, 100.0, 300.0]
    for time_s in (50.0, 100.0, 150.0, 300.0):
        cut = rain.until(time_s)
        assert cut.edges_s[-1] == time_s
        assert cut.depth_until(1e9)[0, 0] == pytest.approx(rain.depth_until(time_s)[0, 0])
    assert rain.until(0.0).depth_until(1e9)[0, 0] == 0.0


def test_more_threads_than_cores_are_not_waited_for():
    assert usable_threads(None) is None
    assert usable_threads(1) == 1
    assert usable_threads(10_000) == os.cpu_count()


@pytest.mark.parametrize("missing", ["shelters", "roads", "both", "empty"])
def test_with_nowhere_to_go_people_in_danger_are_still_told_and_unserved(monkeypatch, missing):
    city = tiny_city()
    if missing == "empty":
        city = replace(city, shelters=city.shelters.iloc[:0])
    else:
        city = replace(city, **dict.fromkeys(("shelters", "roads") if missing == "both" else (missing,)))
    result = _drill(monkeypatch, city)
    plan, moved = result.summary["plan"], result.summary["evacuation"]
    assert plan["evacuees"] == plan["unserved"] == int(result.plan["persons"].sum()) > 0
    assert moved["ordered"] == moved["home"] == plan["evacuees"]
    assert moved["casualties_expected"] > 0.0
    assert {order.area for order in result.orders} <= {warning.area for warning in result.warnings}
    last = result.timeline.iloc[-1]
    assert last["ordered"] == last["home"] == plan["evacuees"]
    assert result.areas.loc[result.areas["level"] == "street", "unserved"].sum() == plan["unserved"]
    assert gather(result).movement.missing == plan["evacuees"]


def test_a_table_without_blocks_is_a_city_without_people(monkeypatch):
    city = tiny_city()
    result = _drill(monkeypatch, replace(city, people=city.people.iloc[:0]))
    assert result.summary["people"]["total"] == result.summary["plan"]["evacuees"] == 0


def test_walks_of_the_plan_are_from_door_to_door_at_a_walkers_speed(monkeypatch):
    """Dry roads are walked at 1.11 m/s, wet ones slower; rounding of 0.1 m in 300 and 0.005 min in 4."""
    result = _drill(monkeypatch)
    placed = result.plan[result.plan["shelter"] != ""]
    speed = placed["distance_m"] / (60.0 * placed["walk_min"])
    assert len(placed) >= 3
    assert speed.max() == pytest.approx(1.11, rel=0.002)
    blocks, sites = result.blocks.set_index("id"), result.sites.set_index("id")
    east = placed["block"].map(blocks["x_m"]) - placed["shelter"].map(sites["x_m"])
    north = placed["block"].map(blocks["y_m"]) - placed["shelter"].map(sites["y_m"])
    assert (placed["distance_m"] + 0.1 >= np.hypot(east, north)).all()


def test_a_block_on_a_border_is_counted_where_it_is_warned(monkeypatch):
    """By its outline a block may lie in one street, by its cell in the next: every file must say the same."""
    city = tiny_city()
    result = _drill(monkeypatch, replace(city, people=city.people.assign(area="510102")))
    told = result.plan.groupby("area")["persons"].sum().to_dict()
    areas = result.areas[(result.areas["level"] == "street") & (result.areas["evacuees"] > 0)]
    assert dict(zip(areas["code"], areas["evacuees"], strict=True)) == told
    assert {order.area: order.persons for order in result.orders} == told
