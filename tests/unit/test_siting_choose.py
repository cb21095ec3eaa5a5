"""The best set against trying all sets; bounds, limits, time."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.siting import Filling, SitingProblem, choose_sites, siting_problem
from shelters.siting.bound import price_bound
from shelters.siting.start import exchange, good_start, leave_one_out
from tests.siting_case import allowed_sets, opened, plan_is_possible, problems

LONG_S = 60.0


@settings(max_examples=120, deadline=None)
@given(problems())
def test_the_best_of_all_sets(problem: SitingProblem) -> None:
    found = choose_sites(problem, LONG_S, gap=0.0)
    plans = [opened(problem, chosen) for chosen in allowed_sets(problem)]
    best = min(plan.cost for plan in plans)
    assert found.objective == best == found.filling.cost
    assert found.stopped == "optimal"
    assert best * (1.0 - 2e-6) <= found.bound <= best
    assert found.greedy_objective >= best
    most = max(opened(problem, chosen, count_only=True).served for chosen in allowed_sets(problem))
    assert found.filling.served <= most <= found.served_bound
    assert problem.allows(np.array(found.chosen, np.int64))
    for _, without in leave_one_out(found.base, found.chosen):
        assert without.cost > best  # no site is opened for nothing
    assert (found.filling.open == problem.fixed | np.isin(np.arange(problem.sites), found.chosen)).all()
    plan_is_possible(found.filling)


def test_prices_that_settle_every_site_leave_one_set_and_no_gap() -> None:
    """The relaxation shuts one of four candidates and opens the three others, which cost more than the start."""
    problem = SitingProblem(
        people=np.array([263, 242, 130, 172]), first=np.array([0, 1, 2, 5, 7]), site=np.array([3, 3, 3, 4, 0, 0, 1]),
        distance_m=np.array([18, 25, 3, 13, 54, 16, 25]), capacity=np.array([140, 172, 0, 144, 130]),
        fixed=np.zeros(5, bool), candidate=np.array([True, True, False, True, True]),
        cost=np.array([22, 33, 44, 10, 38]),
        count=3, budget=None, limits=(), cover_m=100, unserved_m=400, group=np.arange(4),
        demand=np.array([263, 242, 130, 172]),
    )  # fmt: skip
    found = choose_sites(problem, LONG_S, gap=0.0)
    assert (found.objective, found.bound, found.stopped, found.chosen) == (152_982, 152_982.0, "optimal", [1, 3, 4])


@settings(max_examples=200, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1))
def test_any_prices_bound_all_sets_and_settle_no_cheaper_one(problem: SitingProblem, seed: int) -> None:
    base = Filling.existing(problem)
    label = np.random.default_rng(seed).uniform(0.0, 1.2 * problem.unserved_m, problem.groups)
    costs = {tuple(chosen): opened(problem, chosen).cost for chosen in allowed_sets(problem)}
    best = min(costs.values())
    for prices in (label, base.label, opened(problem, list(min(costs, key=costs.__getitem__))).label):
        for known in (best, best + 1, max(costs.values())):
            found = price_bound(base, prices, known)
            assert found.bound <= best
            for chosen, cost in costs.items():
                if cost < known:
                    assert not found.shut[list(chosen)].any()
                    assert np.isin(np.flatnonzero(found.opened), chosen).all()


@settings(max_examples=60, deadline=None)
@given(problems())
def test_more_is_never_worse(problem: SitingProblem) -> None:
    """One more site, one CNY more, one place more each: the cost never rises."""
    cost = choose_sites(problem, LONG_S, gap=0.0).objective
    assert choose_sites(replace(problem, count=problem.count + 1), LONG_S, gap=0.0).objective <= cost
    if problem.budget is not None:
        assert choose_sites(replace(problem, budget=problem.budget + 20), LONG_S, gap=0.0).objective <= cost
    roomy = replace(problem, capacity=problem.capacity + 1)
    assert choose_sites(roomy, LONG_S, gap=0.0).objective <= cost


@settings(max_examples=100, deadline=None)
@given(problems())
def test_greedy_and_exchange_keep_to_what_is_allowed(problem: SitingProblem) -> None:
    base = Filling.existing(problem)
    first, better = good_start(problem)
    assert problem.allows(np.array(first, np.int64))
    assert problem.allows(np.array(better, np.int64))
    assert base.copy().add(better).cost <= base.copy().add(first).cost
    for site, without in leave_one_out(base, better):
        assert without.cost == base.copy().add([j for j in better if j != site]).cost


def test_exchange_leaves_a_bad_start() -> None:
    """One place to choose: the start has the small hall, the large one stands beside it."""
    problem = line(count=1)
    assert exchange(Filling.existing(problem), [0]) == [1]


def line(count: int | None = None, **more: object) -> SitingProblem:
    """100 people at 0 m, sites of 10, 60, 50 and 50 places at 10 m."""
    return siting_problem(
        np.array([100]), np.zeros(4, int), np.arange(4), np.full(4, 10), np.array([10, 60, 50, 50]), np.zeros(4, bool),
        np.ones(4, bool), 100, count=count, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_budget_and_limits_hold() -> None:
    """60 + 50 places serve all; where sites 2 and 3 may not both open and site 1 is too dear, 50 + 10 are left."""
    assert choose_sites(line(2), LONG_S).filling.served == 100
    cost = np.array([1, 9, 4, 4])
    assert choose_sites(line(cost=cost, budget=8), LONG_S).chosen == [2, 3]
    both = np.array([False, False, True, True])
    found = choose_sites(line(cost=cost, budget=8, limits=((both, 1),)), LONG_S)
    assert found.filling.served == 60
    assert found.chosen in ([0, 2], [0, 3])
    assert found.stopped == "optimal"
    nothing = choose_sites(line(cost=cost, budget=0), LONG_S)
    assert nothing.chosen == []
    assert nothing.filling.unserved_people == 100


def large(blocks: int, sites: int) -> SitingProblem:
    rng = np.random.default_rng(5)
    metres = np.hypot(*(np.subtract.outer(rng.random(blocks), rng.random(sites)) * 20_000 for _ in "xy")).astype(int)
    block, site = np.nonzero(metres <= 4_000)
    return siting_problem(
        rng.integers(100, 3_000, blocks), block, site, metres[block, site], rng.integers(3_000, 60_000, sites),
        np.zeros(sites, bool), np.ones(sites, bool), 4_000, count=25,
    )  # fmt: skip


@pytest.mark.parametrize("limit_s", [0.0, 1.5])
def test_the_time_limit_is_kept(limit_s: float) -> None:
    """Whatever the limit, there is a set and a bound; HiGHS looks at its clock every so often, hence the slack."""
    choose_sites(line(1), LONG_S)  # compiles the kernels
    problem = large(1_500, 250)
    begin = time.monotonic()
    found = choose_sites(problem, limit_s, gap=0.0)
    assert time.monotonic() - begin <= limit_s + 5.0
    assert len(found.chosen) == 25
    assert 0.0 < found.bound <= found.objective
    assert 0.0 <= found.gap < 1.0
    assert found.stopped in ("time", "optimal")


def test_the_same_problem_gives_the_same_set() -> None:
    problem = large(300, 60)
    first, again = (choose_sites(problem, LONG_S, threads=threads) for threads in (1, 2))
    assert first.chosen == again.chosen
    assert first.gap <= 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "count must be > 0"),
        ({"budget": -1}, "budget >= 0"),
        ({"capacity": np.array([1.5, 1])}, "whole numbers"),
        ({"fixed": np.array([True, True])}, "open already and a candidate"),
        ({"site": np.array([1, 1])}, "listed twice"),
        ({"site": np.array([0, 2])}, "there is not"),
        ({"limits": ((np.array([True]), 1),)}, "a flag per site"),
        ({"demand": np.array([2**50]), "cover_m": 10**6}, "too large"),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, object], message: str) -> None:
    given_: dict[str, object] = {
        "demand": np.array([5]), "block": np.array([0, 0]), "site": np.array([0, 1]), "distance_m": np.array([1, 2]),
        "capacity": np.array([3, 3]), "fixed": np.array([True, False]), "candidate": np.array([False, True]),
        "cover_m": 100,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        siting_problem(**(given_ | change))  # type: ignore[arg-type]
