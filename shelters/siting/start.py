"""A good set of sites in a moment: greedy by exact gains, then exchanges of one chosen site for another.

What a site saves beside an open set never grows with the set (the value of a transport problem is submodular in its
sites), so an old gain, or the site's bid at old prices, bounds the new one: few gains are computed (Minoux 1978).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from shelters.siting.fill import Filling
from shelters.siting.problem import SitingProblem


def greedy(base: Filling, per_cost: bool = False) -> list[int]:
    """Sites in the order in which they save most beside those before (`per_cost`: per CNY), as far as allowed."""
    problem, filling = base.problem, base.copy()
    chosen: list[int] = []
    worth = 1.0 / np.maximum(problem.cost, 1) if per_cost else np.ones(problem.sites)
    score = filling.bids * worth
    waiting = np.flatnonzero(problem.candidate & (score > 0.0) & ~filling.open).tolist()
    exact: dict[int, Filling] = {}
    while waiting:
        waiting = [j for j in waiting if problem.allows(np.array([*chosen, j]))]
        if not waiting:
            break
        site = max(waiting, key=lambda j: (score[j], -j))
        if site in exact:
            filling = exact[site]
            chosen.append(site)
            waiting.remove(site)
            exact = {}
            continue
        more = filling.beside(site)
        score[site] = (filling.cost - more.cost) * worth[site]
        if score[site] > 0.0:
            exact[site] = more
        else:
            waiting.remove(site)
    return chosen


def leave_one_out(base: Filling, chosen: list[int]) -> Iterator[tuple[int, Filling]]:
    """For each chosen site the plan with all the others open: halves are added in turn, n log n sites in all."""
    if len(chosen) == 1:
        yield chosen[0], base
    elif chosen:
        half = len(chosen) // 2
        yield from leave_one_out(base.copy().add(chosen[half:]), chosen[:half])
        yield from leave_one_out(base.copy().add(chosen[:half]), chosen[half:])


def exchange(base: Filling, chosen: list[int], deadline: float = np.inf) -> list[int]:
    """Exchange one chosen site for another while that saves anything, until `deadline` (of time.monotonic)."""
    chosen = list(chosen)
    improved = True
    while improved and time.monotonic() < deadline:
        improved = False
        cost = base.copy().add(chosen).cost
        without = sorted(leave_one_out(base, chosen), key=lambda item: (item[1].cost, item[0]))
        for leaving, filling in without:
            entering = _better(filling, leaving, [j for j in chosen if j != leaving], filling.cost - cost, deadline)
            if entering is not None:
                chosen[chosen.index(leaving)] = entering
                improved = True
                break
    return chosen


def _better(filling: Filling, leaving: int, others: list[int], lost: int, deadline: float) -> int | None:
    """The site that saves most beside the others, if that is more than what the leaving one saved."""
    problem, bids = filling.problem, filling.bids
    rivals = np.flatnonzero(problem.candidate & (bids > lost) & ~filling.open)
    best: int | None = None
    for site in rivals[np.argsort(-bids[rivals], kind="stable")]:
        if bids[site] <= lost or time.monotonic() >= deadline:
            break
        if site == leaving or not problem.allows(np.array([*others, site])):
            continue
        saved = filling.cost - filling.beside(site).cost
        if saved > lost:
            best, lost = int(site), saved
    return best


def good_start(problem: SitingProblem, deadline: float = np.inf) -> tuple[list[int], list[int]]:
    """The cheapest greedy set, and what exchanges make of it."""
    base = Filling.existing(problem)
    ways = [greedy(base)]
    if problem.budget is not None:
        ways.append(greedy(base, per_cost=True))
    first = min(ways, key=lambda chosen: base.copy().add(chosen).cost)
    return first, exchange(base, first, deadline)
