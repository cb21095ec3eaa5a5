"""Plans solved by hand, results that are no errors, and what a plan must always keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import Allocation, CandidateTable, RoadGraph, RoadTravel, allocate
from shelters.certificate import check_plan

INF = np.inf


def plan_of(demand: list[int], capacity: list[int], time_s: list[list[float]], **options: int) -> Allocation:
    return allocate(np.array(demand), CandidateTable.from_times(np.array(time_s)), np.array(capacity), **options)


def as_rows(plan: Allocation) -> list[tuple[int, int, int]]:
    return list(zip(plan.block.tolist(), plan.site.tolist(), plan.persons.tolist(), strict=True))


def test_the_nearest_site_takes_everyone_when_it_has_room() -> None:
    plan = plan_of([10, 20], [100, 100], [[5.0, 9.0], [9.0, 5.0]])
    assert as_rows(plan) == [(0, 0, 10), (1, 1, 20)]
    assert plan.walk_person_s == 150.0
    assert plan.mean_s == 5.0
    assert plan.certified
    assert plan.gap == 0.0


def test_a_block_with_a_good_second_choice_makes_room() -> None:
    """Greedy sends block 0 to site 0 and block 1 far away (10 x 1 + 10 x 100); exchanging costs 10 x 3 + 10 x 2."""
    plan = plan_of([10, 10], [10, 10], [[1.0, 3.0], [2.0, 100.0]])
    assert as_rows(plan) == [(0, 1, 10), (1, 0, 10)]
    assert plan.walk_person_s == 50.0


def test_a_block_is_split_when_a_site_fills() -> None:
    plan = plan_of([10], [7, 20], [[1.0, 4.0]])
    assert as_rows(plan) == [(0, 0, 7), (0, 1, 3)]
    assert plan.occupancy.tolist() == [7, 3]
    assert plan.worst_s == 4.0
    assert plan.quantile_s(0.7) == 1.0
    assert plan.quantile_s(0.71) == 4.0


def test_a_chain_of_exchanges_through_unlisted_pairs_is_found() -> None:
    """With one nearest site listed at first (k = 1), everybody shifts by one site: only pricing can find it."""
    time = [[1.0, 2.0, INF, INF], [INF, 1.0, 2.0, INF], [INF, INF, 1.0, 2.0], [1.0, INF, INF, INF]]
    plan = plan_of([5, 5, 5, 5], [5, 5, 5, 5], time, k=1)
    assert as_rows(plan) == [(0, 1, 5), (1, 2, 5), (2, 3, 5), (3, 0, 5)]
    assert plan.certified
    assert plan.rounds > 1
    assert not plan.unserved.any()


def test_people_come_before_walking_however_long_the_chain() -> None:
    """Serving block 3 makes three others walk 1,000 s more each, for a walk of no length; it is done all the same."""
    time = [[0.0, 1000.0, INF, INF], [INF, 0.0, 1000.0, INF], [INF, INF, 0.0, 1000.0], [0.0, INF, INF, INF]]
    plan = plan_of([1, 1, 1, 1], [1, 1, 1, 1], time)
    assert plan.unserved.sum() == 0
    assert plan.walk_person_s == 3000.0


def test_too_few_places_leave_the_people_who_would_walk_farthest() -> None:
    plan = plan_of([10, 10], [12], [[5.0], [9.0]])
    assert as_rows(plan) == [(0, 0, 10), (1, 0, 2)]
    assert plan.unserved.tolist() == [0, 8]
    assert plan.assigned == 12
    assert plan.certified


def test_no_way_no_place_and_nobody_are_results() -> None:
    away = plan_of([10, 3], [5, 5], [[INF, INF], [INF, 2.0]])
    assert away.unserved.tolist() == [10, 0]
    assert away.certified
    shut = plan_of([10, 3], [0, 0], [[1.0, 1.0], [1.0, 1.0]])
    assert shut.unserved.tolist() == [10, 3]
    assert shut.certified
    assert np.isnan(shut.mean_s)
    assert np.isnan(shut.worst_s)
    assert np.isnan(shut.quantile_s(0.95))
    nobody = plan_of([0, 0], [5, 5], [[1.0, 1.0], [1.0, 1.0]])
    assert nobody.assigned == 0
    assert nobody.certified
    assert plan_of([4], [], [[]]).unserved.tolist() == [4]


def test_a_time_limit_leaves_far_people_unserved() -> None:
    """A street of three nodes, site at its end: 60 s and 120 s away; nobody may walk more than 100 s."""
    graph = RoadGraph.build(np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1]), np.ones(4))
    travel = RoadTravel(
        graph, np.full(4, 60.0), np.array([0, 1]), np.zeros(2), np.array([2]), np.zeros(1), max_time_s=100.0
    )
    plan = allocate(np.array([7, 8]), travel, np.array([100]))
    assert plan.unserved.tolist() == [7, 0]
    assert plan.time_s.tolist() == [60.0]
    assert plan.certified


@pytest.mark.parametrize(
    ("demand", "capacity"), [([1.5], [3]), ([-1], [3]), ([1], [2.5]), ([1], [-3]), ([1, 2], [3]), ([1], [3, 4])]
)
def test_people_and_places_are_whole_numbers(demand: list, capacity: list) -> None:
    with pytest.raises(ValueError, match="_persons"):
        plan_of(demand, capacity, [[1.0]])


def test_a_broken_plan_does_not_pass_the_check() -> None:
    demand, capacity = np.array([5]), np.array([5])
    for persons, unserved, message in ((4, 0, "loses"), (6, -1, "fewer"), (5, 1, "loses")):
        with pytest.raises(AssertionError, match=message):
            check_plan(demand, capacity, np.array([0]), np.array([0]), np.array([persons]), np.array([unserved]))
    with pytest.raises(AssertionError, match="capacity"):
        check_plan(demand, capacity - 1, np.array([0]), np.array([0]), np.array([5]), np.array([0]))


@st.composite
def towns(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand, capacity and times of a small town with full and empty sites, and ways that do not exist."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    blocks, sites = draw(st.integers(1, 9)), draw(st.integers(1, 7))
    demand, capacity = rng.integers(0, 30, blocks), rng.integers(0, 40, sites)
    time = rng.integers(0, 12, (blocks, sites)) * rng.choice([0.001, 1.0, 250.0], (blocks, sites))
    time[rng.random(time.shape) < draw(st.sampled_from([0.0, 0.3, 0.7]))] = INF
    return demand, capacity, time


def worth(plan: Allocation) -> tuple[int, float]:
    return int(plan.unserved.sum()), plan.walk_person_s


@settings(max_examples=60, deadline=None)
@given(towns(), st.integers(1, 3))
def test_people_are_kept_and_sites_never_overfull(town: tuple, k: int) -> None:
    demand, capacity, time = town
    plan = allocate(demand, CandidateTable.from_times(time), capacity, k=k)
    assert plan.certified
    assert plan.gap == 0.0
    assert np.array_equal(np.bincount(plan.block, plan.persons, len(demand)) + plan.unserved, demand)
    assert (plan.occupancy <= capacity).all()
    assert plan.occupancy.sum() == plan.assigned
    assert (plan.persons > 0).all()
    assert (plan.unserved >= 0).all()
    assert np.allclose(plan.time_s, time[plan.block, plan.site], rtol=0, atol=5e-4)
    assert worth(plan) == worth(allocate(demand, CandidateTable.from_times(time), capacity, k=7))


@settings(max_examples=40, deadline=None)
@given(towns(), st.integers(0, 2**32 - 1))
def test_more_places_never_hurt_and_closing_never_helps(town: tuple, seed: int) -> None:
    """Ordered by (unserved, walking); walking alone may grow when more people are served."""
    demand, capacity, time = town
    rng = np.random.default_rng(seed)
    before = worth(allocate(demand, CandidateTable.from_times(time), capacity))
    larger = capacity + rng.integers(0, 20, len(capacity))
    assert worth(allocate(demand, CandidateTable.from_times(time), larger)) <= before
    added = np.column_stack((time, rng.integers(0, 500, len(demand)).astype(float)))
    assert worth(allocate(demand, CandidateTable.from_times(added), np.append(capacity, 15))) <= before
    closed = capacity.copy()
    closed[rng.integers(len(capacity))] = 0
    assert worth(allocate(demand, CandidateTable.from_times(time), closed)) >= before


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_roads_and_the_table_of_all_pairs_give_equal_plans(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tail, head = rng.integers(0, 30, 60), rng.integers(0, 30, 60)
    graph = RoadGraph.build(np.r_[tail, head], np.r_[head, tail], np.ones(120), 30)
    time = np.tile(rng.choice([3.0, 20.0, 150.0, INF], 60), 2)
    travel = RoadTravel(
        graph, time, rng.integers(0, 30, 12), rng.uniform(0, 60, 12), rng.integers(0, 30, 6), rng.uniform(0, 60, 6)
    )
    demand, capacity = rng.integers(0, 50, 12), rng.integers(0, 80, 6)
    roads, table = allocate(demand, travel, capacity, k=1), allocate(demand, travel.all_pairs(), capacity)
    assert roads.certified
    assert worth(roads) == worth(table)


def test_prices_to_start_from_are_checked_and_change_nothing_proven() -> None:
    rng = np.random.default_rng(3)
    travel = CandidateTable.from_times(rng.integers(1, 90, (12, 9)).astype(float))
    demand, capacity = rng.integers(0, 30, 12), rng.integers(0, 30, 9)
    cold = allocate(demand, travel, capacity, k=2)
    for price in (np.zeros(9), np.full(9, 2**40), rng.integers(0, 10**6, 9)):
        warm = allocate(demand, travel, capacity, k=2, price_ms=price)
        assert (warm.walk_person_s, warm.unserved.sum()) == (cold.walk_person_s, cold.unserved.sum())
        assert warm.certified
    for wrong in (np.full(9, -1), np.full(9, np.nan), np.zeros(8), np.full(9, 0.5)):
        with pytest.raises(ValueError, match="price_ms"):
            allocate(demand, travel, capacity, price_ms=wrong)
