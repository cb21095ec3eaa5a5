"""Nobody is told to leave without a warning, no warning lapses while it holds, and no lead time is flattered."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from api.warning.drill import cap_messages, drill_profile, notices
from api.warning.rules import check_messages
from data.rules_file import load_rules
from hazards import Rule, RuleSeries, Transition
from sim import run as run_module
from sim.area_map import OUTSIDE, map_areas
from sim.result import Result
from sim.run import run
from sim.scenario import Evacuation, Flood, Plan, Scenario, Storm
from sim.warning_chain import Chain, Destinations, _leave_by, chain_messages, renewed, shelters_used
from tests.tiny_city import tiny_city

SCENARIO = Scenario(flood=Flood(duration_h=2.5))


def _drill(monkeypatch, city=None, **parts) -> Result:
    monkeypatch.setattr(run_module, "load_city", lambda _: city or tiny_city())
    return run(replace(SCENARIO, **parts))


def _areas_of_levels(*levels: str):
    city = tiny_city()
    return replace(city, areas=city.areas[city.areas["level"].isin(levels)].reset_index(drop=True))


@pytest.mark.parametrize("parts", [{}, {"storm": Storm(lead_min=0.0)}, {"evacuation": Evacuation(order_lead_min=90.0)}])
def test_every_order_is_carried_by_a_warning_in_force(monkeypatch, parts):
    result = _drill(monkeypatch, **parts)
    assert result.orders
    for order in result.orders:
        before = [w for w in result.warnings if w.area == order.area and w.sent_s <= order.time_s]
        assert before, order
        assert before[-1].level >= 2
        assert before[-1].expires_s > order.time_s
        assert before[-1].shelters
        assert before[-1].leave_by_s is not None


def test_a_warning_stays_while_people_are_in_danger(monkeypatch):
    result = _drill(monkeypatch)
    wet = result.timeline.loc[result.timeline["people_h3_up"] > 0, "time_s"].to_numpy()
    west = [w for w in result.warnings if w.area == "510101"]
    for time_s in wet:
        last = [w for w in west if w.sent_s <= time_s][-1]
        assert last.level > 0
        assert last.expires_s >= time_s


def test_onset_is_not_later_than_the_first_person_in_danger(monkeypatch):
    result = _drill(monkeypatch)
    first = result.timeline.loc[result.timeline["people_h3_up"] > 0, "time_s"].iloc[0]
    alert = next(w for w in result.warnings if w.area == "510101")
    assert alert.onset_s == first
    assert alert.lead_time_min == (first - alert.sent_s) / 60.0


def test_the_deadline_of_an_area_holds_for_everybody_told_there(monkeypatch):
    """It is the earliest latest departure of the plan's rows or the danger, whoever the message names, never later."""
    city = tiny_city()
    roomy = city.shelters.iloc[:3].assign(area_m2=16.0)  # 8 places each: the area spreads over all of them
    far = replace(city, shelters=roomy.reset_index(drop=True))
    parts = {"plan": Plan(open_air=True), "evacuation": Evacuation(order_lead_min=25.0)}
    result = _drill(monkeypatch, far, **parts)
    monkeypatch.setattr("sim.warning_chain._SHELTERS_NAMED", 1)
    named = _drill(monkeypatch, far, **parts)
    assert [w.leave_by_s for w in named.warnings] == [w.leave_by_s for w in result.warnings]
    placed = result.plan[result.plan["shelter"] != ""]
    assert placed["shelter"].nunique() > 1
    told = [w for w in result.warnings if w.leave_by_s is not None]
    assert told
    for warning in told:
        rows = placed.loc[placed["area"] == warning.area, "leave_by_s"].fillna(np.inf)
        assert warning.leave_by_s <= max(warning.sent_s, min(rows.min(), warning.expires_s))


def test_leave_by_is_the_first_of_deadline_and_danger_and_not_in_the_past():
    danger = np.array([5000.0, 5300.0])
    for deadline, sent, onset, expected in (
        (np.inf, 0.0, 5000.0, 5000.0),
        (4000.0, 0.0, 5000.0, 4000.0),
        (6000.0, 0.0, 5000.0, 5000.0),
        (6000.0, 0.0, 4500.0, 4500.0),
        (4000.0, 4300.0, 5000.0, 4300.0),
    ):
        assert _leave_by(danger, Destinations((), deadline), sent, onset) == expected
    assert _leave_by(np.empty(0), Destinations((), 4000.0), 0.0, 0.0) is None
    assert _leave_by(danger, None, 0.0, 0.0) is None


def test_the_deadline_of_an_area_is_the_earliest_of_its_rows():
    city = tiny_city()
    plan = pd.DataFrame(
        [
            ("a", "S1", 5, 3.0, 900.0),
            ("a", "S3", 2, 9.0, np.nan),
            ("a", "S2", 1, 9.0, 1200.0),
            ("b", "S3", 4, 1.0, np.nan),
            ("c", "", 7, 0.0, 1.0),
        ],
        columns=["area", "shelter", "persons", "walk_min", "leave_by_s"],
    )
    going = shelters_used(plan, city)
    assert {area: use.leave_by_s for area, use in going.items()} == {"a": 900.0, "b": np.inf}


def test_no_departure_is_called_safe_once_the_danger_is_there(monkeypatch):
    result = _drill(monkeypatch)
    for notice, warning in zip(notices(result, drill_profile(result, load_rules())), result.warnings, strict=True):
        late = warning.leave_by_s is not None and warning.leave_by_s <= warning.sent_s
        assert (notice.leave_by is None) == (late or warning.leave_by_s is None)
        assert ("Leave at once" in notice.words["en-US"].instruction) == notice.leave_now == late


@pytest.mark.parametrize(("level", "names"), [("street", {"510101", "510102"}), ("city", {"510100"})])
def test_a_city_of_one_level_has_its_rain_signal_and_its_warnings(monkeypatch, level, names):
    result = _drill(monkeypatch, _areas_of_levels(level))
    assert {w.area for w in result.warnings} == names
    assert {w.area_level for w in result.warnings} == {level}
    assert any(e.rule.startswith("rain") for w in result.warnings for e in w.evidence)
    assert any(w.event == "waterlogging" for w in result.warnings)


def test_people_in_no_area_are_warned_and_counted(monkeypatch):
    city = tiny_city()
    result = _drill(monkeypatch, replace(city, areas=city.areas[city.areas["code"] == "510102"].reset_index(drop=True)))
    assert {order.area for order in result.orders} >= {OUTSIDE}
    assert all(order.area_name for order in result.orders)
    assert any(w.area == OUTSIDE and w.leave_by_s is not None for w in result.warnings)
    assert result.areas["people"].sum() == 1800
    assert result.timeline["people_h3_up"].max() > 0
    told = result.plan.groupby("area")["persons"].sum()
    areas = result.areas.set_index("code")["evacuees"]
    assert areas[areas > 0].to_dict() == told.to_dict()


def test_a_city_with_an_empty_table_of_areas_is_one_area(monkeypatch):
    city = tiny_city()
    none, empty = (_drill(monkeypatch, replace(city, areas=areas)) for areas in (None, city.areas.iloc[:0]))
    assert [w.id for w in empty.warnings] == [w.id for w in none.warnings]
    assert none.areas["evacuees"].sum() == none.summary["plan"]["evacuees"] > 0


def test_a_long_lead_does_not_make_the_plan_worse(monkeypatch):
    """Told at the start of the run: roads count from then until they close, which is no less than told later."""
    early = _drill(monkeypatch, evacuation=Evacuation(order_lead_min=180.0))
    usual = _drill(monkeypatch)
    assert early.orders[0].time_s == 0.0
    assert early.summary["plan"]["unserved"] == usual.summary["plan"]["unserved"] == 0


def test_a_latest_departure_is_not_before_the_order(monkeypatch):
    result = _drill(monkeypatch)
    placed = result.plan[(result.plan["shelter"] != "") & result.plan["leave_by_s"].notna()]
    told = placed["block"].map(result.blocks.set_index("id")["order_s"])
    assert len(placed)
    assert (placed["leave_by_s"] >= told - 1.0).all()  # given in whole seconds, rounded down


def test_everybody_told_in_dry_weather_still_gets_a_message(monkeypatch):
    dry = Storm(return_period_a=2.0, duration_min=5.0)
    result = _drill(monkeypatch, plan=Plan(demand="all"), storm=dry)
    assert {w.area for w in result.warnings} >= {order.area for order in result.orders} == {"510101", "510102"}


def test_a_warning_is_renewed_before_it_expires():
    time_s = np.arange(0.0, 36_000.0, 300.0)
    raw = np.where((time_s >= 600.0) & (time_s < 30_000.0), 2, 0)
    changes = [Transition(600.0, 0, 2, 600.0), Transition(31_800.0, 2, 0, 31_800.0)]
    lasting = renewed(changes, time_s, raw, 7200.0, 600.0)
    assert [c.time_s for c in lasting] == [600.0, 7200.0, 13_800.0, 20_400.0, 27_000.0, 31_800.0]
    assert all(c.before == c.after == 2 for c in lasting[1:-1])
    assert renewed(changes[:1], time_s, raw, 1e6, 600.0) == changes[:1]
    assert renewed([], time_s, raw, 7200.0, 600.0) == []
    coarse = renewed(changes, time_s, raw, 200.0, 100.0)
    assert np.diff([c.time_s for c in coarse]).max() == 300.0


def test_onset_is_the_first_of_colour_and_danger():
    """Orange is reached at 40 min, but somebody stands in deep water at 30: the lead is 30 min, not 40."""
    city, rules = tiny_city(), load_rules()
    time_s = np.arange(0.0, 7200.0, 300.0)
    value = np.where(time_s < 6000.0, 2000.0, 0.0)[:, None, None]
    rule = Rule("people_h3_up", 3, 1000.0, "persons")
    area_map = map_areas(city, "city")
    observed = np.where(time_s >= 2400.0, 3, 0).astype(np.uint8)[:, None]
    danger = (time_s >= 1800.0)[:, None]
    series = RuleSeries(time_s, (rule,), value, rule.holds(value))
    alert = chain_messages(Chain(area_map, series, observed, series.level, danger * 5.0, danger, {}), rules)[0]
    assert (alert.sent_s, alert.onset_s, alert.lead_time_min) == (0.0, 1800.0, 30.0)
    calm = Chain(area_map, series, observed, series.level, danger * 0.0, danger & False, {})
    assert chain_messages(calm, rules)[0].onset_s == 2400.0


def test_a_long_flood_never_lets_a_warning_lapse(monkeypatch):
    result = _drill(monkeypatch, flood=Flood(duration_h=14.0, drainage_factor=0.0))
    for area in ("510101", "510102"):
        chain = [w for w in result.warnings if w.area == area]
        assert [w.level for w in chain].count(2) > 1  # renewed
        for message, heir in pairwise(chain):
            assert message.level == 0 or heir.sent_s < message.expires_s
        assert chain[-1].expires_s >= 14 * 3600.0
    rules = load_rules()
    messages = cap_messages(result, drill_profile(result, rules)).values()
    assert check_messages(messages, (100.0, 25.0, 110.0, 35.0)) == []
