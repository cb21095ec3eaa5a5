"""The allocation against an independent linear-programming solver (evacuation verification case V19).

The smallest worst trip against every plan there is (V20) is in tests/unit/test_fairness.py.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_array

from shelters import CandidateTable, allocate


def optimum_by_highs(
    demand: np.ndarray, capacity: np.ndarray, time_s: np.ndarray, weight: np.ndarray | None = None
) -> tuple[float, float]:
    """(fewest unserved, least weighted walking among those) by two linear programmes: unserved first, then walking."""
    blocks, sites = time_s.shape
    block, site = np.nonzero(np.isfinite(time_s))
    pairs = len(block)
    ones = np.ones(pairs)
    out_of = coo_array((ones, (block, np.arange(pairs))), (blocks, pairs))
    into = coo_array((ones, (site, np.arange(pairs))), (sites, pairs))
    rows = np.vstack((out_of.toarray(), into.toarray()))
    limits = np.concatenate((demand, capacity))
    served = linprog(-ones, A_ub=rows, b_ub=limits, method="highs")
    assert served.success
    most = round(-served.fun)
    cost = (time_s if weight is None else time_s * weight[:, None])[block, site]
    walking = linprog(cost, A_ub=rows, b_ub=limits, A_eq=ones[None, :], b_eq=[most], method="highs")
    assert walking.success
    return float(demand.sum() - most), float(walking.fun)


def random_town(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.random.Generator]:
    """Demand, capacity and times in whole seconds, so that every optimum is a whole number."""
    rng = np.random.default_rng(seed)
    blocks, sites = rng.integers(3, 25), rng.integers(2, 10)
    demand = rng.integers(0, 200, blocks)
    capacity = np.floor(rng.dirichlet(np.ones(sites)) * demand.sum() * rng.choice([0.5, 1.0, 1.4])).astype(int)
    time = rng.integers(1, 2000, (blocks, sites)).astype(float)
    time[rng.random(time.shape) < rng.choice([0.0, 0.4, 0.8])] = np.inf
    if not np.isfinite(time).any():
        time[0, 0] = 1.0
    return demand, capacity, time, rng


@pytest.mark.parametrize("seed", range(200))
def test_random_towns_cost_what_highs_says(seed: int) -> None:
    """HiGHS answers within 1e-6 of a whole number."""
    demand, capacity, time, rng = random_town(seed)
    plan = allocate(demand, CandidateTable.from_times(time), capacity, k=int(rng.integers(1, 4)))
    unserved, walking = optimum_by_highs(demand, capacity, time)
    assert plan.certified
    assert plan.gap_person_s == 0.0
    assert plan.unserved.sum() == unserved
    assert plan.walk_person_s == pytest.approx(walking, abs=1e-3)


@pytest.mark.parametrize("seed", range(40))
def test_fair_and_weighted_towns_cost_what_highs_says(seed: int) -> None:
    """HiGHS on pairs up to a time, by bisection: the smallest worst trip, then the least weighted walking."""
    demand, capacity, time, rng = random_town(1000 + seed)
    weight = rng.integers(1, 5, len(demand))
    plan = allocate(demand, CandidateTable.from_times(time), capacity, k=2, choice="fair", weight=weight)
    fewest, _ = optimum_by_highs(demand, capacity, time)
    times = np.unique(time[np.isfinite(time)])
    low, high = -1, len(times) - 1
    while high - low > 1:
        middle = (low + high) // 2
        within = np.where(time <= times[middle], time, np.inf)
        low, high = (low, middle) if optimum_by_highs(demand, capacity, within)[0] == fewest else (middle, high)
    unserved, walking = optimum_by_highs(demand, capacity, np.where(time <= times[high], time, np.inf), weight)
    assert plan.certified
    assert plan.worst_certified
    assert plan.unserved.sum() == fewest == unserved
    assert float(weight[plan.block] * plan.persons @ plan.time_s) == pytest.approx(walking, abs=1e-3)
    if plan.assigned:
        assert plan.worst_s == times[high]


def test_textbook_transport_problem() -> None:
    """Supplies 35, 50, 40 and demands 45, 20, 30, 30 with unit costs as below: least cost 1,020.

    The power-plant problem of Winston, Operations Research, section 7.1; people stand for the plants' million kWh.
    """
    cost = np.array([[8.0, 6.0, 10.0, 9.0], [9.0, 12.0, 13.0, 7.0], [14.0, 9.0, 16.0, 5.0]])
    plan = allocate(np.array([35, 50, 40]), CandidateTable.from_times(cost), np.array([45, 20, 30, 30]))
    assert plan.walk_person_s == 1020.0
    assert plan.unserved.sum() == 0
    assert plan.occupancy.tolist() == [45, 20, 30, 30]
    assert plan.certified
