"""The practice in the field, by hand, and never better than the proven plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import CandidateTable, RoadGraph, RoadTravel, allocate, nearest_with_room

INF = np.inf


def test_blocks_fill_sites_as_they_are_listed() -> None:
    """Block 0 takes what block 1 needed: 10 x 1 + 10 x 100, where an exchange would cost 50."""
    plan = nearest_with_room(
        np.array([10, 10]), CandidateTable.from_times(np.array([[1.0, 3.0], [2.0, 100.0]])), np.array([10, 10])
    )
    assert plan.time_s.tolist() == [1.0, 100.0]
    assert plan.walk_person_s == 1010.0
    assert not plan.certified
    assert np.isnan(plan.gap)


def test_shortest_trips_first_is_another_order() -> None:
    """Listed, block 0 fills the only site; by distance, block 1 is nearer and gets in first."""
    table, demand, capacity = CandidateTable.from_times(np.array([[5.0], [2.0]])), np.array([4, 4]), np.array([5])
    assert nearest_with_room(demand, table, capacity).unserved.tolist() == [0, 3]
    assert nearest_with_room(demand, table, capacity, "near").unserved.tolist() == [3, 0]


def by_hand(demand: np.ndarray, time: np.ndarray, capacity: np.ndarray, order: str) -> np.ndarray:
    """Persons (blocks, sites), pair after pair."""
    left, room, given = demand.copy(), capacity.copy(), np.zeros(time.shape, int)
    block, site = np.nonzero(np.isfinite(time))
    near = (time[block, site], site, block) if order == "listed" else (site, block, time[block, site])
    keys = (near[1], near[0], near[2]) if order == "listed" else near
    for pair in np.lexsort(keys):
        i, j = block[pair], site[pair]
        given[i, j] = min(left[i], room[j])
        left[i] -= given[i, j]
        room[j] -= given[i, j]
    return given


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["listed", "near"]), st.sampled_from([INF, 200.0]))
def test_short_lists_that_are_made_again_give_the_plan_of_all_pairs(seed: int, order: str, limit: float) -> None:
    """90 sites and lists of 8: many blocks use theirs up, and all are listed only when few sites have room."""
    rng = np.random.default_rng(seed)
    tail, head = rng.integers(0, 40, 90), rng.integers(0, 40, 90)
    graph = RoadGraph.build(np.r_[tail, head], np.r_[head, tail], np.ones(180), 40)
    time = np.tile(rng.choice([3.0, 20.0, 150.0, INF], 90), 2)
    places = rng.integers(0, 40, 30), rng.uniform(0, 60, 30), rng.integers(0, 40, 90), rng.uniform(0, 60, 90)
    travel = RoadTravel(graph, time, *places, limit)
    demand, capacity = rng.integers(0, 50, 30), rng.integers(0, 18, 90)
    matrix = np.full((30, 90), INF)
    table = travel.all_pairs()
    matrix[table.block, table.site] = table.time_s
    plan = nearest_with_room(demand, travel, capacity, order)  # type: ignore[arg-type]
    given = np.zeros((30, 90), int)
    given[plan.block, plan.site] = plan.persons
    assert np.array_equal(given, by_hand(demand, matrix, capacity, order))
    assert np.array_equal(given.sum(axis=1) + plan.unserved, demand)
    assert np.array_equal(given.sum(axis=0), plan.occupancy)
    best = allocate(demand, travel, capacity)
    assert best.unserved.sum() <= plan.unserved.sum()
    if best.unserved.sum() == plan.unserved.sum():
        assert best.walk_person_s <= plan.walk_person_s


def test_nobody_and_nowhere_are_results() -> None:
    table = CandidateTable.from_times(np.array([[INF], [1.0]]))
    assert nearest_with_room(np.array([3, 0]), table, np.array([5])).unserved.tolist() == [3, 0]
    assert nearest_with_room(np.array([0, 4]), table, np.array([0])).unserved.tolist() == [0, 4]


def test_impossible_questions_are_refused() -> None:
    table = CandidateTable.from_times(np.array([[1.0]]))
    with pytest.raises(ValueError, match="order"):
        nearest_with_room(np.array([1]), table, np.array([1]), "far")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="demand_persons"):
        nearest_with_room(np.array([1.5]), table, np.array([1]))
