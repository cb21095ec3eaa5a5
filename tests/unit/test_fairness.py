"""The smallest worst trip (V20), against every plan there is and against hand-made towns.

Its proof must be able to fail.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from shelters import Allocation, CandidateTable, RoadGraph, RoadTravel, allocate
from shelters.fairness import least_worst_trip, serve_fewer
from shelters.max_flow import MaxFlow, most_served

INF = np.inf


def fair(demand: list[int], capacity: list[int], time_s: list[list[float]]) -> Allocation:
    return allocate(np.array(demand), CandidateTable.from_times(np.array(time_s)), np.array(capacity), choice="fair")


def test_the_fair_plan_shortens_the_worst_trip_and_walks_more_in_sum() -> None:
    """Plain: 1 + 10 = 11 with a worst trip of 10. Fair: 6 + 6 = 12 with a worst trip of 6."""
    time = [[1.0, 6.0], [6.0, 10.0]]
    plain = allocate(np.array([1, 1]), CandidateTable.from_times(np.array(time)), np.array([1, 1]))
    assert (plain.walk_person_s, plain.worst_s, plain.worst_certified) == (11.0, 10.0, False)
    plan = fair([1, 1], [1, 1], time)
    assert (plan.walk_person_s, plan.worst_s) == (12.0, 6.0)
    assert plan.certified
    assert plan.worst_certified
    assert plan.gap == 0.0


def test_serving_people_comes_before_the_worst_trip() -> None:
    """Block 1 has one way only, of 100 s: it is served, and sets the worst trip."""
    plan = fair([5, 5], [5, 5], [[1.0, 2.0], [INF, 100.0]])
    assert plan.unserved.sum() == 0
    assert plan.worst_s == 100.0
    assert plan.worst_certified


def test_among_equal_worst_trips_the_least_walking_wins() -> None:
    """Block 2 must walk 50 s; the others then take their nearest sites, as in the plain plan."""
    plan = fair([2, 2, 2], [2, 2, 2], [[1.0, 9.0, INF], [9.0, 1.0, INF], [INF, INF, 50.0]])
    assert plan.worst_s == 50.0
    assert plan.walk_person_s == 2 * (1 + 1 + 50)


def test_with_too_few_places_those_far_away_are_left_and_the_worst_trip_falls() -> None:
    plan = fair([10, 10], [12], [[5.0], [9.0]])
    assert plan.unserved.tolist() == [0, 8]
    assert plan.worst_s == 9.0
    assert plan.certified


def test_nobody_no_way_and_no_place_are_results() -> None:
    for plan in (
        fair([0, 0], [5], [[1.0], [2.0]]),
        fair([3, 4], [5], [[INF], [INF]]),
        fair([3, 4], [0], [[1.0], [2.0]]),
    ):
        assert plan.assigned == 0
        assert np.isnan(plan.worst_s)
        assert plan.certified
        assert plan.worst_certified


def test_weights_change_the_sum_and_never_the_worst_trip() -> None:
    """A place 1 s away for one of two: the heavier one gets it; the worst trip stays real time."""
    table = CandidateTable.from_times(np.array([[1.0, 8.0], [1.0, 8.0]]))
    for weight, first in (([1, 3], [8.0, 1.0]), ([3, 1], [1.0, 8.0])):
        plan = allocate(np.array([1, 1]), table, np.array([1, 1]), choice="fair", weight=np.array(weight))
        assert plan.time_s.tolist() == first
        assert plan.worst_s == 8.0
        assert plan.walk_person_s == 9.0
        assert plan.certified


def every_plan(demand: np.ndarray, capacity: np.ndarray, time: np.ndarray) -> tuple[int, float, float]:
    """(unserved, worst trip, walking) of the best of all plans of single people, by trying each."""
    blocks, sites = time.shape
    choices = np.array(list(itertools.product(range(sites + 1), repeat=blocks)), np.int8)
    allowed = np.ones(len(choices), bool)
    walk, worst = np.zeros(len(choices)), np.zeros(len(choices))
    for i in range(blocks):
        cost = np.append(time[i], 0.0)[choices[:, i]]
        allowed &= np.isfinite(cost)
        if not demand[i]:
            allowed &= choices[:, i] == sites
        walk, worst = walk + np.where(np.isfinite(cost), cost, 0.0), np.maximum(worst, cost)
    for j in range(sites):
        allowed &= (choices == j).sum(axis=1) <= capacity[j]
    unserved = demand.sum() - (choices < sites).sum(axis=1)
    rows = np.flatnonzero(allowed)
    best = rows[np.lexsort((walk[rows], worst[rows], unserved[rows]))[0]]
    return int(unserved[best]), float(worst[best]), float(walk[best])


@pytest.mark.parametrize("seed", range(12))
def test_eight_blocks_and_four_sites_against_every_plan(seed: int) -> None:
    """390,625 plans each; times are whole seconds, so equal means equal."""
    rng = np.random.default_rng(seed)
    demand, capacity = (rng.random(8) < 0.9).astype(int), rng.integers(0, 4, 4)
    time = rng.integers(1, 40, (8, 4)).astype(float)
    time[rng.random((8, 4)) < rng.choice([0.0, 0.3])] = INF
    plan = allocate(demand, CandidateTable.from_times(time), capacity, k=2, choice="fair")
    worst = plan.worst_s if plan.assigned else 0.0
    assert (int(plan.unserved.sum()), worst, plan.walk_person_s) == every_plan(demand, capacity, time)
    assert plan.certified
    assert plan.worst_certified


@st.composite
def towns(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    blocks, sites = draw(st.integers(1, 12)), draw(st.integers(1, 7))
    demand, capacity = rng.integers(0, 30, blocks), rng.integers(0, 60, sites)
    time = rng.integers(0, 12, (blocks, sites)) * rng.choice([0.001, 1.0, 250.0], (blocks, sites))
    time[rng.random(time.shape) < draw(st.sampled_from([0.0, 0.3, 0.7]))] = INF
    return demand, capacity, time


@settings(max_examples=80, deadline=None)
@given(towns())
def test_the_flow_is_the_maximum_at_any_limit_in_any_order(town: tuple) -> None:
    """Against scipy's maximum flow on the same pairs; the bound of the cut is met each time."""
    demand, capacity, time = town
    table = CandidateTable.from_times(time)
    flow = MaxFlow(demand, table, capacity)
    for limit in (1_000, 250_000, 3_000_000, 4_000, 0, 3_000_000):
        near = table.within(limit)
        blocks, sites = time.shape
        tail = np.concatenate((np.zeros(blocks, int), 1 + near.block, 1 + blocks + np.arange(sites)))
        head = np.concatenate((1 + np.arange(blocks), 1 + blocks + near.site, np.full(sites, 1 + blocks + sites)))
        most = np.concatenate((demand, demand[near.block], capacity))
        graph = csr_array((most.astype(np.int32), (tail, head)), (2 + blocks + sites, 2 + blocks + sites))
        served = flow.served(limit)
        assert served == maximum_flow(graph, 0, 1 + blocks + sites).flow_value
        assert (flow.persons >= 0).all()
        assert not flow.persons[table.time_ms > limit].any()
        assert (np.bincount(table.block, flow.persons, blocks) <= demand).all()
        assert (np.bincount(table.site, flow.persons, sites) <= capacity).all()
        assert served == most_served(demand, capacity, near, flow.stuck(limit))


@settings(max_examples=60, deadline=None)
@given(towns(), st.integers(0, 2**32 - 1))
def test_no_set_of_blocks_proves_too_much(town: tuple, seed: int) -> None:
    """Any set of blocks bounds the people served from above, the right one tightly."""
    demand, capacity, time = town
    table = CandidateTable.from_times(time)
    some = np.random.default_rng(seed).random(len(demand)) < 0.5
    served = allocate(demand, table, capacity).assigned
    assert most_served(demand, capacity, table, some) >= served


@settings(max_examples=60, deadline=None)
@given(towns())
def test_fair_serves_as_many_with_no_longer_worst_trip_and_no_less_walking(town: tuple) -> None:
    demand, capacity, time = town
    table = CandidateTable.from_times(time)
    plain, plan = allocate(demand, table, capacity), allocate(demand, table, capacity, choice="fair")
    assert plan.certified
    assert plan.worst_certified
    assert plan.gap_person_s == 0.0
    assert plan.unserved.sum() == plain.unserved.sum()
    assert np.array_equal(np.bincount(plan.block, plan.persons, len(demand)) + plan.unserved, demand)
    assert (plan.occupancy <= capacity).all()
    if plain.assigned:
        assert plan.worst_s <= plain.worst_s
        assert plan.walk_person_s >= plain.walk_person_s
        shorter = table.within(round(plan.worst_s * 1000) - 1)
        assert allocate(demand, shorter, capacity).unserved.sum() > plan.unserved.sum()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([INF, 200.0]))
def test_roads_and_the_table_of_all_pairs_are_equally_fair(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    tail, head = rng.integers(0, 30, 60), rng.integers(0, 30, 60)
    graph = RoadGraph.build(np.r_[tail, head], np.r_[head, tail], np.ones(120), 30)
    time = np.tile(rng.choice([3.0, 20.0, 150.0, INF], 60), 2)
    block, site = rng.integers(0, 30, 12), rng.integers(0, 30, 6)
    travel = RoadTravel(graph, time, block, rng.uniform(0, 60, 12), site, rng.uniform(0, 60, 6), limit)
    demand, capacity = rng.integers(0, 50, 12), rng.integers(0, 80, 6)
    roads = allocate(demand, travel, capacity, k=1, choice="fair")
    table = allocate(demand, travel.all_pairs(), capacity, choice="fair")
    assert roads.certified
    assert roads.worst_certified
    assert (roads.unserved.sum(), roads.walk_person_s) == (table.unserved.sum(), table.walk_person_s)
    assert np.array_equal(roads.worst_s, table.worst_s, equal_nan=True)


def test_only_the_right_cut_proves_and_only_what_is_true() -> None:
    """Trips of 6 s suffice. Below them block 1 has no site and is the cut; no cut shows that 6 s do not suffice."""
    demand, capacity = np.array([1, 1]), np.array([1, 1])
    table = CandidateTable.from_times(np.array([[1.0, 6.0], [6.0, 10.0]]))
    found = least_worst_trip(demand, table, capacity, capacity > 0)
    assert (found.limit_ms, found.served) == (6_000, 2)
    cuts = [np.array(stuck) for stuck in itertools.product([False, True], repeat=2)]
    proves = [serve_fewer(demand, capacity, table.within(5_999), cut, 2) for cut in cuts]
    assert proves == [False, True, False, True]
    assert not any(serve_fewer(demand, capacity, table.within(6_000), cut, 2) for cut in cuts)


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="choice"):
        allocate(np.array([1]), CandidateTable.from_times(np.array([[1.0]])), np.array([1]), choice="best")  # type: ignore[arg-type]
