"""The best set of sites with its proof: greedy start, relaxation, what that settles, branch and bound on the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from shelters.siting.bound import price_bound
from shelters.siting.fill import COUNT_UNIT, Filling
from shelters.siting.model import SOLVER, Model, branch, relax
from shelters.siting.problem import SitingProblem
from shelters.siting.start import exchange, good_start, leave_one_out

PROVEN = 1e-6  # a gap up to here is the solver's tolerance and not a gap
SLACK = 1e-7  # of a bound of the solver, which is in floating point

_MODEL_SHARE = 0.8  # of the time; the rest is for the bound of the people served
_COUNT_SHARE = 0.25  # of the time for that at most, however soon the set was found


@dataclass(frozen=True)
class Choice:
    """The set, its plan, and how good it is proven to be; costs in person-metres as `SitingProblem` counts."""

    chosen: list[int]
    filling: Filling
    objective: int
    bound: float
    served_bound: int  # no allowed set serves more
    stopped: str  # "optimal", "gap" or "time"
    greedy_objective: int
    base: Filling  # the sites that are there
    wall_s: float
    solver: str = SOLVER

    @property
    def gap(self) -> float:
        """(objective - bound) / objective."""
        return (self.objective - self.bound) / self.objective if self.objective else 0.0


def choose_sites(
    problem: SitingProblem,
    time_limit_s: float,
    gap: float = 1e-4,
    threads: int = 2,
    seed: int = 0,
    tell: Callable[[float], None] = lambda fraction: None,
) -> Choice:
    """The set of least cost, proven as far as the time allows.

    The same problem gives the same set wherever the time does not run out. `tell` hears the share of the time used.
    """
    begin = time.monotonic()
    deadline = begin + time_limit_s
    base = Filling.existing(problem)
    first, chosen = good_start(problem, begin + 0.2 * time_limit_s)
    greedy_objective = base.copy().add(first).cost
    hear = lambda *_: tell(min(1.0, (time.monotonic() - begin) / max(time_limit_s, 1e-9)))  # noqa: E731
    hear()
    chosen, bound, stopped = _prove(base, chosen, begin + _MODEL_SHARE * time_limit_s, gap, threads, seed, hear)
    chosen = _needed(base, chosen)
    filling = base.copy().add(chosen)
    counting = Filling.existing(problem, count_only=True)
    unserved = _fewest_unserved(
        problem, filling, bound, int(gap * (filling.served - base.served)),
        lambda: _prove(counting, chosen, min(deadline, _in(_COUNT_SHARE * time_limit_s)), gap, threads, seed, hear)[1],
    )  # fmt: skip
    hear()
    return Choice(
        chosen=sorted(chosen), filling=filling, objective=filling.cost, bound=min(bound, filling.cost),
        served_bound=problem.total_people - unserved,
        stopped=stopped, greedy_objective=greedy_objective, base=base, wall_s=time.monotonic() - begin,
    )  # fmt: skip


def _prove(
    base: Filling,
    chosen: list[int],
    deadline: float,
    gap: float,
    threads: int,
    seed: int,
    hear: Callable[..., None],
) -> tuple[list[int], float, str]:
    """The best set found, a bound on the cost of all sets, and why the search ended."""
    problem = base.problem
    start = base.copy().add(chosen)
    bound = float(price_bound(base, start.label, start.cost).bound)
    if start.cost - bound <= gap * start.cost:
        return chosen, bound, _why(start.cost, bound)
    relaxed = relax(base, Model.build(base), deadline, threads)
    hear()
    if not relaxed.done:
        return chosen, bound, "time"
    rounded = exchange(base, _rounded(problem, relaxed.opening), min(deadline, time.monotonic() + 1.0))
    if (other := base.copy().add(rounded)).cost < start.cost:
        chosen, start = rounded, other
    prices = price_bound(base, relaxed.label, start.cost)
    bound = max(bound, float(prices.bound))
    if start.cost - bound <= gap * start.cost:
        return chosen, bound, _why(start.cost, bound)
    rest = _fixed(base, prices.shut, prices.opened)
    if not rest.problem.candidate.any():  # one set is left, and outside it nothing is cheaper than the start
        only = np.flatnonzero(prices.opened).tolist()
        if problem.allows(np.array(only, np.int64)) and (other := base.copy().add(only)).cost < start.cost:
            chosen, start = only, other
        return chosen, float(start.cost), "optimal"
    kept = [j for j in chosen if rest.problem.candidate[j]]
    solved = branch(start, kept, Model.build(rest), deadline, gap, threads, seed, hear)
    # outside what was fixed nothing is cheaper than the start, so the lesser of the two bounds all sets
    better = sorted([*solved.chosen, *np.flatnonzero(prices.opened).tolist()])
    if problem.allows(np.array(better, np.int64)) and (other := base.copy().add(better)).cost < start.cost:
        chosen, start = better, other
    bound = max(bound, min(solved.bound * (1.0 - SLACK), float(start.cost)))
    return chosen, bound, "time" if solved.stopped == "time" else _why(start.cost, bound)


def _fewest_unserved(
    problem: SitingProblem, filling: Filling, bound: float, enough: int, prove: Callable[[], float]
) -> int:
    """No allowed set leaves fewer people unserved.

    By the bound of the cost: a set that leaves n of P people unserved costs at most n unserved_m + (P - n) cover_m.
    Where that says no more than `enough` people could gain, or else by `prove`, a bound of counting people alone.
    """
    everybody = problem.total_people
    fewest = problem.out_of_reach
    if problem.unserved_m > problem.cover_m:
        by_cost = (bound - problem.cover_m * everybody) / (problem.unserved_m - problem.cover_m)
        fewest = max(fewest, int(np.ceil(by_cost)))
    if filling.unserved_people - fewest > enough:
        counted = int(np.ceil(prove() / COUNT_UNIT))
        # now fewer people can have walked at all
        by_cost = (bound - problem.cover_m * (everybody - counted)) / problem.unserved_m
        fewest = max(fewest, counted, int(np.ceil(by_cost)))
    return min(fewest, filling.unserved_people)


def _needed(base: Filling, chosen: list[int]) -> list[int]:
    """The chosen sites less those without which the plan is as good."""
    cost = base.copy().add(chosen).cost
    for site, without in leave_one_out(base, chosen):
        if without.cost == cost:
            return _needed(base, [j for j in chosen if j != site])
    return chosen


def _in(seconds: float) -> float:
    return time.monotonic() + seconds


def _why(cost: int, bound: float) -> str:
    return "optimal" if cost - bound <= PROVEN * cost else "gap"


def _fixed(base: Filling, shut: np.ndarray, opened: np.ndarray) -> Filling:
    """The same with some candidates gone and some taken for sites that are there."""
    problem = base.problem
    rest = replace(
        problem,
        candidate=problem.candidate & ~shut & ~opened,
        fixed=problem.fixed | opened,
        count=problem.count - int(opened.sum()),
        budget=None if problem.budget is None else problem.budget - int(problem.cost[opened].sum()),
        limits=tuple((inside, number - int((inside & opened).sum())) for inside, number in problem.limits),
    )
    return replace(base, problem=rest)


def _rounded(problem: SitingProblem, opening: np.ndarray) -> list[int]:
    """The sites that the relaxation opens most, as far as allowed."""
    chosen: list[int] = []
    for site in np.argsort(-opening, kind="stable"):
        if opening[site] > 0.0 and problem.allows(np.array([*chosen, site])):
            chosen.append(int(site))
    return chosen
