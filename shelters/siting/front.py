"""Cost, or number of sites, against people unserved: sets that no other found betters in both, each with a bound."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from shelters.siting.bound import price_bound
from shelters.siting.fill import COUNT_UNIT, Filling
from shelters.siting.model import Model, Relaxation
from shelters.siting.problem import SitingProblem
from shelters.siting.start import exchange, greedy


@dataclass(frozen=True)
class FrontPoint:
    """One set; `bound` people at least stay unserved in any set of its size (or cost), None: not proven."""

    chosen: tuple[int, ...]
    cost: int  # CNY
    unserved: int
    bound: int | None


def pareto_front(base: Filling, known: list[list[int]], deadline: float, threads: int = 2) -> list[FrontPoint]:
    """The front from nothing opened up to the limits of the problem, by cost where it has a budget, else by number.

    Sets are the steps of the greedy, each improved by exchanges within its size or cost, and the `known` ones. What
    `deadline` (of time.monotonic) cuts off is the improving first and then the bounds, never a point.
    """
    problem = base.problem
    by_cost = problem.budget is not None
    path = greedy(base)
    sets = [path[:size] for size in range(len(path) + 1)] + [list(chosen) for chosen in known]
    if by_cost:
        path = greedy(base, per_cost=True)
        sets += [path[:size] for size in range(1, len(path) + 1)]
    half = time.monotonic() + 0.5 * max(0.0, deadline - time.monotonic())
    for chosen in list(sets):
        if chosen and time.monotonic() < half:
            inside = replace(base, problem=_within(problem, len(chosen), int(problem.cost[chosen].sum())))
            sets.append(exchange(inside, chosen, half))
    found = {tuple(sorted(chosen)) for chosen in sets if problem.allows(np.array(chosen, np.int64))}
    points = [
        FrontPoint(chosen, int(problem.cost[list(chosen)].sum()), base.copy().add(list(chosen)).unserved_people, None)
        for chosen in found
    ]
    return _bounded(base, _undominated(points, by_cost), deadline, threads)


def _within(problem: SitingProblem, count: int, cost: int) -> SitingProblem:
    """The problem with no more sites, or where it has a budget no more cost, than these."""
    return replace(problem, count=count) if problem.budget is None else replace(problem, budget=cost)


def _undominated(points: list[FrontPoint], by_cost: bool) -> list[FrontPoint]:
    """Rising effort, strictly falling unserved people."""
    kept: list[FrontPoint] = []
    for point in sorted(points, key=lambda p: (p.cost if by_cost else len(p.chosen), p.unserved, p.cost, p.chosen)):
        if not kept or point.unserved < kept[-1].unserved:
            kept.append(point)
    return kept


def _bounded(base: Filling, points: list[FrontPoint], deadline: float, threads: int) -> list[FrontPoint]:
    """The same with the bound of the relaxation at each point's count or cost."""
    if time.monotonic() >= deadline:
        return points
    problem = base.problem
    counting = Filling.existing(problem, count_only=True)
    relaxation = Relaxation(counting, Model.build(counting), threads)
    out: list[FrontPoint] = []
    for point in points:
        inside = _within(problem, len(point.chosen), point.cost)
        relaxation.limit(inside.count, inside.budget)
        relaxed = relaxation.solve(deadline)
        if not relaxed.done:
            out.append(point)
            continue
        bound = price_bound(replace(counting, problem=inside), relaxed.label, counting.cost).bound
        out.append(replace(point, bound=max(problem.out_of_reach, min(point.unserved, -(-bound // COUNT_UNIT)))))
    return out
