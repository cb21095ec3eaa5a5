"""The whole drill on a tiny city: balances, consistency of its parts, the same figures again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.schema import AREAS_RESULT, PLAN, TIMELINE
from sim import run as run_module
from sim.result import Result
from sim.run import run
from sim.scenario import Evacuation, Flood, Plan, Scenario, Storm
from tests.tiny_city import tiny_city

SCENARIO = Scenario(storm=Storm(lead_min=30.0), flood=Flood(duration_h=3.0))


@pytest.fixture(scope="module")
def result() -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "load_city", lambda scenario: tiny_city())
        return run(SCENARIO)


def _again(scenario: Scenario, monkeypatch: pytest.MonkeyPatch, city=None) -> Result:
    monkeypatch.setattr(run_module, "load_city", lambda _: city or tiny_city())
    return run(scenario)


def test_water_and_people_balance(result):
    flood, moved = result.summary["flood"], result.summary["evacuation"]
    assert flood["continuity_error"] < 1e-6
    assert moved["balance_error"] == 0
    places = ("arrived", "moving", "home", "stranded", "refused_to_leave", "turned_away")
    assert sum(moved[key] for key in places) == moved["ordered"] == result.summary["plan"]["evacuees"]


def test_the_hollow_floods_and_the_plane_does_not(result):
    deep = np.argwhere(result.flood.maxima.max_depth > 0.5)
    assert len(deep) > 10
    x, y = deep[:, 1] * 10.0, (59 - deep[:, 0]) * 10.0
    assert np.hypot(x - 250.0, y - 350.0).max() < 150.0
    assert result.summary["people"]["exposed_by_class"]["H3"] > 0


def test_a_shelter_in_the_hollow_is_closed_and_not_planned_for(result):
    site = result.sites.set_index("id").loc["S4"]
    assert site["status"] == "flooded"
    assert np.isfinite(site["closed_s"])
    assert site["assigned"] == 0
    assert "S4" not in set(result.plan["shelter"])


def test_nobody_is_over_capacity_and_the_plan_adds_up(result):
    assert (result.sites["peak"] <= result.sites["capacity"]).all()
    assert (result.sites["overflow"] == 0).all()
    plan = result.summary["plan"]
    assert plan["assigned"] + plan["unserved"] == plan["evacuees"] == int(result.plan["persons"].sum())
    assert plan["optimality_gap"] == 0.0


def test_the_summary_counts_those_with_a_deadline(result):
    plan, rows = result.summary["plan"], result.plan[result.plan["leave_by_s"].notna()]
    assert plan["with_deadline"] == rows["persons"].sum() > 0
    assert plan["first_deadline_s"] == rows["leave_by_s"].min()


def test_tables_have_the_declared_columns(result):
    assert tuple(result.areas.columns) == AREAS_RESULT.names
    assert tuple(result.plan.columns) == PLAN.names
    assert tuple(result.timeline.columns) == TIMELINE.names


def test_areas_add_up_to_the_city(result):
    areas = result.areas.set_index("level")
    for column in ("person_risk", "evacuees", "unserved", "area_m2"):
        assert areas.loc["street", column].sum() == pytest.approx(areas.loc["city", column], abs=2e-3), column
    assert areas.loc["street", "people"].sum() == areas.loc["city", "people"] == 36 * 50


def test_warnings_are_chains_with_the_rain_signal_of_the_city(result):
    last: dict[str, str] = {}
    for warning in result.warnings:
        assert warning.references == last.get(warning.area, "")
        assert (warning.message_type == "Alert") == (warning.references == "")
        assert warning.sent_s <= warning.onset_s <= warning.expires_s
        last[warning.area] = warning.id if warning.message_type != "Cancel" else ""
    assert any(warning.area == "510100" and warning.event == "rainstorm" for warning in result.warnings)


def test_orders_come_an_hour_before_the_danger(result):
    first_danger = result.timeline.loc[result.timeline["people_h3_up"] > 0, "time_s"].iloc[0]
    assert min(order.time_s for order in result.orders) == pytest.approx(max(0.0, first_danger - 3600.0), abs=300.0)


def test_same_scenario_same_result_on_one_and_two_threads(result, monkeypatch):
    for threads in (1, 2):
        other = _again(replace(SCENARIO, flood=replace(SCENARIO.flood, threads=threads)), monkeypatch)
        for name, values in result.flood.variables().items():
            assert values.tobytes() == other.flood.variables()[name].tobytes(), name
        pd.testing.assert_frame_equal(result.plan, other.plan, check_exact=True)
        pd.testing.assert_frame_equal(result.timeline, other.timeline, check_exact=True)


def test_a_plan_for_everybody_asks_for_more_than_there_is(monkeypatch):
    everybody = _again(replace(SCENARIO, plan=Plan(demand="all")), monkeypatch)
    plan = everybody.summary["plan"]
    assert plan["evacuees"] == 1800
    assert plan["assigned"] == everybody.sites.loc[everybody.sites["status"] != "flooded", "capacity"].sum() == 300
    assert plan["unserved"] == 1500


def test_an_open_field_is_no_shelter_in_a_storm_unless_the_scenario_says_so(monkeypatch):
    everybody = Plan(demand="all")
    kept, open_air = (
        _again(replace(SCENARIO, plan=replace(everybody, open_air=said)), monkeypatch) for said in (None, True)
    )
    for result, reason, places in ((kept, "open_air", 0), (open_air, "", 500)):
        park = result.sites.set_index("id").loc["S2"]
        assert park["excluded"] == reason
        assert park["assigned"] == park["capacity"] == places
        assert park["peak"] <= places
    assert open_air.summary["plan"]["assigned"] == 800


def test_without_roads_the_water_still_runs_and_nobody_has_a_place(monkeypatch):
    bare = replace(tiny_city(), roads=None, shelters=None)
    alone = _again(SCENARIO, monkeypatch, bare)
    assert alone.summary["plan"]["assigned"] == 0
    assert alone.summary["people"]["exposed_by_class"]["H3"] > 0
    assert alone.warnings


def test_terrain_alone_is_enough(monkeypatch):
    bare = replace(tiny_city(), roads=None, shelters=None, people=None, areas=None)
    alone = _again(SCENARIO, monkeypatch, bare)
    assert alone.summary["flood"]["max_depth_m"] > 0.5
    assert alone.summary["people"]["total"] == 0


def test_a_dry_run_warns_nobody(monkeypatch):
    dry = _again(replace(SCENARIO, storm=Storm(return_period_a=2.0, duration_min=5.0, lead_min=0.0)), monkeypatch)
    assert dry.summary["plan"]["evacuees"] == 0
    assert not dry.orders


def test_nobody_refuses_when_all_comply(monkeypatch):
    full = _again(replace(SCENARIO, evacuation=Evacuation(compliance_share=1.0)), monkeypatch)
    assert full.summary["evacuation"]["refused_to_leave"] == 0
