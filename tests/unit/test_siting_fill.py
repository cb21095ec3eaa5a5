"""Plans that grow site by site: as cheap as a minimum-cost flow from scratch, and nobody loses a place."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python import min_cost_flow

from shelters.siting import Filling, SitingProblem, siting_problem
from shelters.siting.fill import COUNT_UNIT
from tests.siting_case import COVER_M, opened, plan_is_possible, problems


def least_cost(problem: SitingProblem, sites: np.ndarray, weight: np.ndarray, unserved: int) -> int:
    """The same plan by OR-Tools, all at once."""
    flow = min_cost_flow.SimpleMinCostFlow()
    sink = problem.groups + problem.sites
    pair = np.flatnonzero(np.isin(problem.site, sites))
    for p in pair:
        flow.add_arc_with_capacity_and_unit_cost(
            int(problem.pair_group[p]), problem.groups + int(problem.site[p]), 10**6, int(weight[p])
        )
    for i in range(problem.groups):
        flow.add_arc_with_capacity_and_unit_cost(i, sink, 10**6, unserved)
        flow.set_node_supply(i, int(problem.people[i]))
    for j in sites:
        flow.add_arc_with_capacity_and_unit_cost(problem.groups + int(j), sink, int(problem.capacity[j]), 0)
    flow.set_node_supply(sink, -int(problem.people.sum()))
    assert flow.solve() == flow.OPTIMAL
    return flow.optimal_cost() + unserved * problem.out_of_reach


@settings(max_examples=300, deadline=None)
@given(problems(), st.booleans(), st.randoms(use_true_random=False))
def test_every_step_is_the_cheapest_plan(problem: SitingProblem, count_only: bool, random: object) -> None:
    filling = Filling.empty(problem, count_only)
    order = np.flatnonzero(problem.fixed | problem.candidate).tolist()
    random.shuffle(order)  # type: ignore[attr-defined]
    done: list[int] = []
    unserved = filling.unserved_people
    gains: dict[int, int] = {}
    for site in order:
        before = filling.cost
        for other in set(order) - set(done):
            bid, gain = filling.bids[other], before - filling.beside(other).cost
            assert gain <= bid
            assert gain <= gains.get(other, gain)  # what a site saves never grows with the set
            gains[other] = gain
        filling.add([site])
        done.append(site)
        plan_is_possible(filling)
        assert filling.cost == least_cost(problem, np.array(done), filling.weight, filling.unserved)
        assert filling.unserved_people <= unserved
        unserved = filling.unserved_people


@settings(max_examples=200, deadline=None)
@given(problems(covers=(None,)))
def test_the_price_of_the_unserved_puts_people_first(problem: SitingProblem) -> None:
    """At the default price the cheapest plan serves as many as a plan that minds nothing but people."""
    every = np.flatnonzero(problem.candidate).tolist()
    most = opened(problem, every, count_only=True)
    assert most.cost == COUNT_UNIT * most.unserved_people
    assert opened(problem, every).served == most.served


def test_a_chain_at_two_covers_and_at_the_default() -> None:
    """A serves one more only if three people move over, 90 m farther each: worth it beyond 3 x 90 m + 10 m.

    Blocks 0..3 in a row, sites 0..3; block i is 10 m from site i and 100 m from site i + 1. Site 0 has one place, for
    block 0, which has two people; the last site has one place more than block 3 needs. The others are full.
    """
    demand = np.array([2, 1, 1, 1])
    block = np.array([0, 0, 1, 1, 2, 2, 3])
    site = np.array([0, 1, 1, 2, 2, 3, 3])
    metres = np.array([10, 100, 10, 100, 10, 100, 10])
    capacity = np.array([1, 1, 1, 2])
    here = np.ones(4, bool)
    by_covers = {}
    for covers in (None, 2, 3):
        problem = siting_problem(
            demand, block, site, metres, capacity, here, ~here, COVER_M, unserved_covers=covers
        )  # fmt: skip
        filling = Filling.existing(problem)
        by_covers[covers] = filling.unserved_people
    assert by_covers == {None: 0, 2: 1, 3: 0}  # 100 + 90 + 90 = 280 m more


def test_equal_blocks_share_a_group_and_the_first_is_served_first() -> None:
    demand = np.array([5, 3, 4])
    block, site = np.array([0, 1, 2]), np.array([0, 0, 0])
    problem = siting_problem(
        demand, block, site, np.array([7, 7, 9]), np.array([6]), np.array([True]), np.array([False]), COVER_M
    )
    assert problem.groups == 2
    filling = Filling.existing(problem)
    np.testing.assert_array_equal(filling.unserved_of_blocks(), [0, 2, 4])
    assert filling.walk_m == 42


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_left_out_changes_no_plan(seed: int) -> None:
    """All blocks and pairs as given, by OR-Tools, against the problem with groups, fewer pairs and fewer places."""
    rng = np.random.default_rng(seed)
    demand, capacity = rng.integers(0, 9, 6), rng.integers(0, 40, 4)
    metres = rng.integers(0, 4, (6, 4)) * 30
    block, site = np.nonzero(rng.random((6, 4)) < 0.6)
    fixed = np.array([True, True, False, False])
    problem = siting_problem(demand, block, site, metres[block, site], capacity, fixed, ~fixed, COVER_M)
    flow, sink = min_cost_flow.SimpleMinCostFlow(), 10
    for i, j in zip(block.tolist(), site.tolist(), strict=True):
        flow.add_arc_with_capacity_and_unit_cost(i, 6 + j, 100, int(metres[i, j]))
    for i in range(6):
        flow.add_arc_with_capacity_and_unit_cost(i, sink, 100, problem.unserved_m)
        flow.set_node_supply(i, int(demand[i]))
    for j in range(4):
        flow.add_arc_with_capacity_and_unit_cost(6 + j, sink, int(capacity[j]), 0)
    flow.set_node_supply(sink, -int(demand.sum()))
    assert flow.solve() == flow.OPTIMAL
    assert opened(problem, [2, 3]).cost == flow.optimal_cost()


def test_pairs_beyond_an_ample_site_are_left_out() -> None:
    """Site 0 has room for everybody in reach of it: block 0 never walks farther; block 1 may take the nearer site 1."""
    demand = np.array([5, 5])
    block, site = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    problem = siting_problem(
        demand, block, site, np.array([10, 20, 30, 5]), np.array([10, 3]), np.array([True, False]),
        np.array([False, True]), COVER_M,
    )  # fmt: skip
    kept = set(zip(problem.pair_group.tolist(), problem.site.tolist(), strict=True))
    assert kept == {(0, 0), (1, 0), (1, 1)}
