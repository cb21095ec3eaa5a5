"""The plan of a drill on roads of their own hours: when people leave, where they go, until when they can."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from data.errors import InputError
from data.rules_file import load_rules
from shelters.aid import Districts
from shelters.assignment import AssignmentOptions
from shelters.graph import RoadGraph
from sim.behaviour.decisions import leave_delay
from sim.behaviour_rules import behaviour
from sim.demand import Timing
from sim.plan import ShelterPlan, make_plan, plan_table
from sim.plan_terms import PlanTerms, plan_terms, priority_shares
from sim.scenario import Evacuation, Plan, Scenario
from sim.streets import Streets
from tests.tiny_city import tiny_city

STEPS = np.arange(0.0, 3600.0, 300.0)
TERMS = PlanTerms(AssignmentOptions(), 10_800.0, 800.0, np.ones((1, 1)), None)


def _streets(closes_s: float = 1200.0, opens_s: float = np.inf) -> Streets:
    """Home at 0; site A behind a road of 300 s that closes, site B behind one of 900 s that does not."""
    graph = RoadGraph.build(np.array([0, 0]), np.array([1, 2]), np.array([300.0, 900.0]), 3)
    shut = (closes_s <= STEPS) & (opens_s > STEPS)
    walk = np.column_stack([np.where(shut, np.inf, 300.0), np.full(len(STEPS), 900.0)])
    home, doors = np.zeros(1, np.int32), np.array([1, 2], np.int32)
    return Streets(graph, home, np.zeros(1), doors, np.zeros(2), 1.0, walk)


def _plan(
    streets: Streets, delay_s: float = 800.0, danger_s: float = 3600.0, places=(100, 100), told_s: float = 0.0
) -> ShelterPlan:
    timing = Timing(np.array([told_s]), np.array([danger_s]))
    terms = replace(TERMS, leave_delay_s=delay_s)
    return make_plan(streets, np.array(places), np.array([60]), timing, STEPS, terms)


def test_a_road_that_closes_counts_until_it_closes():
    """Who leaves at 800 is through at 1,100, before the road closes at 1,200; leaving is safe until 900."""
    plan = _plan(_streets())
    assert plan.leave_s.tolist() == [800.0]
    assert plan.allocation.site.tolist() == [0]
    assert plan.allocation.time_s.tolist() == plan.distance_m.tolist() == [300.0]
    assert plan.leave_by_s.tolist() == [900.0]


def test_who_would_come_too_late_goes_where_the_road_stays_open():
    plan = _plan(_streets(), delay_s=901.0)
    assert plan.allocation.site.tolist() == [1]
    assert plan.distance_m.tolist() == [900.0]
    assert plan.leave_by_s.tolist() == [np.inf]


def test_where_nothing_can_be_reached_so_late_people_leave_when_told():
    plan = _plan(_streets(), delay_s=901.0, places=(100, 0))
    assert plan.leave_s.tolist() == plan.order_s.tolist() == [0.0]
    assert plan.allocation.unserved.tolist() == [0]
    assert plan.leave_by_s.tolist() == [900.0]
    cut = _plan(_streets(closes_s=0.0), places=(100, 0))
    assert cut.allocation.unserved.tolist() == [60]


def test_an_order_after_the_danger_has_begun_still_gets_a_plan():
    """Told at 1,000 with the danger at 600: they leave at once, and B is the way that stays open."""
    plan = _plan(_streets(), danger_s=600.0, told_s=1000.0)
    assert plan.leave_s.tolist() == [1000.0]
    assert plan.allocation.site.tolist() == [1]


def test_a_place_that_may_not_be_used_is_no_reason_to_leave_late():
    """B is another district's, or has no room for a household of three: leaving when told, all find a place in A."""
    timing = Timing(np.zeros(1), np.full(1, 3600.0))
    own = AssignmentOptions(aid="own_only"), Districts(np.array([0]), np.array([0, 1])), (100, 100)
    for options, districts, places in (own, (AssignmentOptions(household_persons=3), None, (100, 2))):
        terms = replace(TERMS, options=options, districts=districts, leave_delay_s=901.0)
        plan = make_plan(_streets(), np.array(places), np.array([60]), timing, STEPS, terms)
        assert plan.allocation.unserved.tolist() == [0]
        assert plan.leave_s.tolist() == [0.0]


def test_nobody_leaves_later_than_the_danger_begins():
    assert _plan(_streets(), delay_s=800.0, danger_s=500.0).leave_s.tolist() == [500.0]


def test_a_road_that_opens_again_does_not_count():
    """Closed from 600 to 900: in the first case it closes after the order, in the second it is closed then."""
    again = _streets(closes_s=600.0, opens_s=900.0)
    assert _plan(again, places=(100, 0)).leave_by_s.tolist() == [300.0]
    assert _plan(again, places=(100, 0), told_s=700.0).allocation.unserved.tolist() == [60]
    assert _plan(again, places=(100, 0), told_s=900.0).leave_by_s.tolist() == [np.inf]


def test_crowds_on_a_road_make_it_longer():
    timing = Timing(np.zeros(1), np.full(1, 3600.0))
    streets = _streets(closes_s=np.inf)
    plan = make_plan(
        streets, np.array([100, 100]), np.array([60]), timing, STEPS, TERMS, extra_s=np.array([700.0, 0.0])
    )
    assert plan.allocation.site.tolist() == [1]


def test_the_table_says_until_when_each_row_can_leave():
    city = tiny_city()
    people, shelters = city.people.iloc[:1], city.shelters.iloc[:2]
    plan = replace(_plan(_streets(), places=(40, 0)), leave_by_s=np.array([900.75]))
    table = plan_table(replace(city, people=people, shelters=shelters), plan, np.array(["a"], object))
    assert table["persons"].tolist() == [40, 20]
    assert table["leave_by_s"].tolist()[0] == 900.0  # whole seconds, never later than it is
    assert pd.isna(table["leave_by_s"][1])


def test_terms_of_a_scenario():
    """The hour of a trip is that by which 95 % have heard and made ready."""
    city, rules = tiny_city(), load_rules()
    plain = plan_terms(Scenario(evacuation=Evacuation(departure_sigma_min=10.0)), city, rules)
    ready_sooner = behaviour(Scenario(evacuation=Evacuation(departure_sigma_min=10.0)), rules)
    assert plain.leave_delay_s == pytest.approx(leave_delay(ready_sooner, 0.95), abs=5.0)
    assert plain.options == AssignmentOptions(nearest=6, penalty_s=1800.0)
    assert plain.leave_delay_s < plan_terms(Scenario(), city, rules).leave_delay_s
    asked = Plan(choice="fair", households=True, priority=True, aid="own_only", nearest=9)
    with pytest.raises(InputError, match="no districts"):  # the tiny city
        plan_terms(Scenario(plan=asked), city, rules)
    full = plan_terms(Scenario(plan=replace(asked, aid="free")), city, rules).options
    assert full == AssignmentOptions("fair", (1, 2, 4), 3, "free", 1800.0, 9)
    areas = city.areas.replace({"level": {"street": "district"}})
    divided = plan_terms(Scenario(plan=asked), replace(city, areas=areas), rules)
    assert divided.options.aid == "own_only"
    assert isinstance(divided.districts, Districts)
    assert divided.districts.of_site.tolist() == [0, 1, 1, 0]


def test_people_of_a_block_are_split_into_groups_without_losing_one():
    city = tiny_city()
    share = priority_shares(city)
    np.testing.assert_allclose(share.sum(axis=0), 1.0)
    np.testing.assert_allclose(share[:, 7], [0.5, 0.3, 0.2])
    sick = replace(city, people=city.people.assign(share_hospital=0.9))
    np.testing.assert_allclose(priority_shares(sick)[:, 0], [0.0, 0.1, 0.9], atol=1e-12)
    terms = replace(TERMS, group_share=share)
    groups = terms.by_group(np.full(36, 47))
    assert (groups.sum(axis=0) == 47).all()
