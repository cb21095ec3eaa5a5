"""Gains and the front against plans made from scratch and all sets."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given, settings

from shelters.siting import Filling, SitingProblem, choose_sites, marginal_gains, pareto_front
from tests.siting_case import allowed_sets, opened, problems


@settings(max_examples=100, deadline=None)
@given(problems())
def test_gains_are_differences_of_plans(problem: SitingProblem) -> None:
    found = choose_sites(problem, 60.0, gap=0.0)
    gains = marginal_gains(found.base, found.chosen)
    for site in np.flatnonzero(problem.candidate).tolist():
        alone = opened(problem, [site])
        assert gains.served_alone[site] == alone.served - found.base.served
        inside = site in found.chosen
        others = [j for j in found.chosen if j != site]
        without, with_it = opened(problem, others), opened(problem, [*others, site])
        assert gains.served[site] == with_it.served - without.served
        assert gains.saved_m[site] == without.walk_m - with_it.walk_m
        assert gains.cost[site] == without.cost - with_it.cost
        assert gains.cost[site] >= 0
        if inside:
            assert with_it.cost == found.objective
    assert (gains.served_alone >= 0).all()
    assert (gains.served[~problem.candidate] == 0).all()


@settings(max_examples=60, deadline=None)
@given(problems(covers=(None,)))
def test_the_front_falls_and_its_bounds_hold(problem: SitingProblem) -> None:
    chosen = choose_sites(problem, 60.0, gap=0.0).chosen
    front = pareto_front(Filling.existing(problem), [chosen], time.monotonic() + 60.0)
    by_cost = problem.budget is not None
    effort = [point.cost if by_cost else len(point.chosen) for point in front]
    unserved = [point.unserved for point in front]
    assert effort == sorted(set(effort))
    assert unserved == sorted(set(unserved), reverse=True)
    plans = {tuple(some): opened(problem, some, count_only=True).unserved_people for some in allowed_sets(problem)}
    best_known = opened(problem, chosen).unserved_people
    assert unserved[-1] <= best_known
    assert effort[0] == 0
    for point, spent in zip(front, effort, strict=True):
        assert plans[point.chosen] == point.unserved
        assert point.cost == problem.cost[list(point.chosen)].sum()
        assert point.bound is not None
        rivals = [
            people
            for some, people in plans.items()
            if (problem.cost[list(some)].sum() if by_cost else len(some)) <= spent
        ]
        assert point.bound <= min(rivals) <= point.unserved


def test_bounds_of_a_simple_front_are_met() -> None:
    """100 people beside sites of 60 and 50 places: 40 are left by one site, none by two, and no set betters that."""
    front = pareto_front(Filling.existing(siting_line()), [], time.monotonic() + 60.0)
    assert [(point.unserved, point.bound) for point in front] == [(100, 100), (40, 40), (0, 0)]


def test_without_time_the_front_has_points_and_no_bounds() -> None:
    problem = siting_line()
    front = pareto_front(Filling.existing(problem), [], time.monotonic() - 1.0)
    assert [point.unserved for point in front] == [100, 40, 0]
    assert all(point.bound is None for point in front)


def siting_line() -> SitingProblem:
    from tests.unit.test_siting_choose import line

    return line(2)
