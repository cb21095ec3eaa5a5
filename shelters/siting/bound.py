"""A lower bound in whole numbers for all sets, from any prices, and which sites it settles.

With a price v_i on each person (at most what an unserved one costs) the blocks come apart from each other:
cost >= sum p_i v_i - sum over open sites of value_j(v), value_j the best use of its places if a person of i moving in
is worth v_i - d_ij (Lagrangian relaxation of "everybody has one place", Geoffrion 1974; Cornuejols, Sridharan and
Thizy 1991 for capacitated location). With the prices of the linear relaxation it equals that relaxation's value, but
for rounding; being whole numbers, it owes nothing to a solver's tolerances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.siting.fill import Filling, site_values
from shelters.siting.problem import SitingProblem


@dataclass(frozen=True)
class PriceBound:
    """`bound` <= cost of every allowed set; sites that every set cheaper than `cost` must leave shut or open."""

    bound: int
    shut: np.ndarray  # bool (sites,)
    opened: np.ndarray  # bool (sites,)


def price_bound(base: Filling, label: np.ndarray, cost: int) -> PriceBound:
    """The bound at prices `label` (groups,), and what it fixes if a set of cost `cost` is known.

    `base` says what pairs and unserved people cost; it is not changed.
    """
    problem = base.problem
    label = np.clip(np.rint(np.asarray(label, float)), 0, base.unserved).astype(np.int64)
    start, pairs = problem.by_site
    value = site_values(problem.capacity, problem.people, base.weight, label, start, pairs, problem.pair_group)
    rest = int(problem.people @ label) + base.unserved * problem.out_of_reach - int(value[problem.fixed].sum())
    offered = np.where(problem.candidate, value, 0)
    most = _most(problem, offered)
    bound = rest - most
    shut, opened = np.zeros(problem.sites, bool), np.zeros(problem.sites, bool)
    top = np.sort(offered[problem.candidate])[::-1]
    if problem.count and len(top):
        # forced in, a site beyond the best `count` pushes the last of them out; forced out, the next one follows
        last = top[min(problem.count, len(top)) - 1]
        after = top[problem.count] if problem.count < len(top) else 0
        best = int(top[: problem.count].sum())
        shut = problem.candidate & (rest - (best - last + offered) >= cost) & (offered < last)
        opened = problem.candidate & (rest - (best - offered + after) >= cost) & (offered > after)
    return PriceBound(bound, shut, opened)


def _most(problem: SitingProblem, value: np.ndarray) -> int:
    """No allowed set adds up to more: the best `count`, or the best value for money within the budget."""
    numbers = np.flatnonzero(problem.candidate & (value > 0))
    by_count = int(np.sort(value[numbers])[::-1][: problem.count].sum())
    if problem.budget is None:
        return by_count
    numbers = numbers[problem.cost[numbers] <= problem.budget]
    numbers = numbers[np.argsort(-value[numbers] / np.maximum(problem.cost[numbers], 1e-9), kind="stable")]
    spent = np.cumsum(problem.cost[numbers])
    whole = int(np.searchsorted(spent, problem.budget, side="right"))
    # the next one counts in full: a fraction of it at most fits
    return min(by_count, int(value[numbers[: whole + 1]].sum()))
