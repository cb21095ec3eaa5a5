"""The plan of a drill walked by its crowds: its own ways and roads, delays that are not walked twice, a better plan."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shelters.assignment import AssignmentOptions
from sim import run as run_module
from sim.crowd_plan import Crowds, crowd_summary, crowding_of, plan_for_crowds
from sim.demand import Timing
from sim.departure import Rayleigh
from sim.plan import ShelterPlan, make_plan
from sim.plan_terms import PlanTerms
from sim.run import run
from sim.scenario import Flood, Plan, Scenario, Storm
from sim.streets import Streets
from tests.tiny_city import tiny_city
from tests.unit.test_feedback import FLOW, town

CURVE = Rayleigh(300.0)
FREE = Crowds(CURVE, np.inf)


def planner(shut: np.ndarray | None = None) -> Callable[[np.ndarray | None], ShelterPlan]:
    """Plans of a town on a lattice (1 m/s, 10 m of lanes at both ends); the edges `shut` close after two hours."""
    graph, people, site_node, room = town(0.4)
    walk_s = np.stack([graph.length_m, graph.length_m])
    if shut is not None:
        walk_s[1, shut] = np.inf
    blocks = len(people)
    streets = Streets(
        graph, np.arange(blocks), np.full(blocks, 10.0), site_node, np.full(len(site_node), 10.0), 1.0, walk_s
    )
    terms = PlanTerms(AssignmentOptions(), np.inf, 700.0, np.ones((1, blocks)), None)
    timing = Timing(np.full(blocks, 600.0), np.full(blocks, np.inf))
    return lambda extra: make_plan(streets, room, people, timing, np.array([0.0, 7200.0]), terms, extra)


def test_without_queues_people_walk_what_the_plan_says() -> None:
    plan = planner()(None)
    found = crowding_of(plan, np.zeros(plan.travel.roads.edges), FREE)
    assert found.persons == plan.demand.sum()
    assert found.trip_mean_s == pytest.approx(plan.allocation.mean_s, abs=1e-5)  # people leave at whole microseconds
    assert found.wait_mean_s == pytest.approx(0.0, abs=1e-5)


def test_delays_that_the_plan_expects_are_not_walked() -> None:
    """With 7.5 s expected on every edge the plan's times hold them, the walk does not."""
    make = planner()
    extra = np.full(make(None).travel.roads.edges, 7.5)
    plan = make(extra)
    found = crowding_of(plan, extra, FREE)
    steps = found.passed.sum() / found.persons  # edges per person
    assert steps > 3.0
    assert found.trip_mean_s == pytest.approx(plan.allocation.mean_s - 7.5 * steps, abs=1e-3)


def test_nobody_passes_a_road_that_closes_before_it_can_be_left() -> None:
    """All streets into the large site but one close at 7,200 s, and are expected to take longer than that."""
    graph, _, site_node, _ = town(0.4)
    into = np.flatnonzero(graph.head == site_node[0])
    make, extra = planner(into[:-1]), np.zeros(graph.edges)
    assert (crowding_of(make(None), extra, FREE).passed[into] > 0).all()
    extra[into[:-1]] = 10_000.0
    passed = crowding_of(make(extra), extra, FREE).passed
    assert not passed[into[:-1]].any()
    assert passed[into[-1]] > 0


def test_rounds_improve_the_plan_and_are_told() -> None:
    make = planner()
    improved = plan_for_crowds(make, make(None).travel.roads.edges, 4, Crowds(CURVE, FLOW))
    free, best = improved.rounds[0], improved.rounds[improved.best]
    assert best.t95_s < 0.95 * free.t95_s
    assert best.unserved == free.unserved
    told = crowd_summary(improved)["crowds"]
    assert told["best_round"] == improved.best
    assert len(told["rounds"]) == 5
    assert told["rounds"][0]["t95_min"] == pytest.approx(free.t95_s / 60.0, abs=0.006)
    assert crowd_summary(None) == {}


def test_a_drill_with_feedback_tells_its_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the tiny city nobody crowds much; what holds is that the plan is whole and no worse."""
    monkeypatch.setattr(run_module, "load_city", lambda _: tiny_city())
    scenario = Scenario(storm=Storm(lead_min=30.0), flood=Flood(duration_h=3.0), plan=Plan(feedback_rounds=2))
    plan = run(scenario).summary["plan"]
    rounds = plan["crowds"]["rounds"]
    assert plan["assigned"] + plan["unserved"] == plan["evacuees"]
    assert 1 <= len(rounds) <= 3
    assert rounds[plan["crowds"]["best_round"]]["t95_min"] <= rounds[0]["t95_min"] + 1.0
    bare = run(Scenario(storm=Storm(lead_min=30.0), flood=Flood(duration_h=3.0))).summary["plan"]
    assert "crowds" not in bare
