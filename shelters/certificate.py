"""Proof of how good a plan is: prices of places, and the bound they give on any other plan.

Let p_i people of block i go to sites j with K_j places at a cost of t_ij each, or stay unserved at a cost of O each.
For any prices w_j >= 0 of a place, no plan costs less than

    bound(w) = sum_i p_i min(O, min_j (t_ij + w_j)) - sum_j K_j w_j        (weak duality of linear programming)

The inner minimum runs over all sites, listed in the plan's table or not; one priced search over the roads gives it.
Where the plan's cost equals the bound it is optimal, and nothing of how it was found has to be trusted. All numbers
are whole (persons, milliseconds), so equal means equal.
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.candidates import CandidateTable


def least_label(table: CandidateTable, price_ms: np.ndarray, unserved_ms: int) -> np.ndarray:
    """min(O, min_j (t_ij + w_j)) of each block over the pairs of a table, ms."""
    least = np.full(table.blocks, unserved_ms, np.int64)
    np.minimum.at(least, table.block, table.cost_ms + np.asarray(price_ms)[table.site])
    return least


def lower_bound(demand: np.ndarray, capacity: np.ndarray, price_ms: np.ndarray, least_ms: np.ndarray) -> int:
    """bound(w) in person-ms, exact; `least_ms` is `least_label` over every pair, or over the best pair of each block.

    Prices below 0 would prove nothing: they are an error.
    """
    if (np.asarray(price_ms) < 0).any():
        raise ValueError("price_ms must be >= 0")
    return _dot(demand, least_ms) - _dot(capacity, price_ms)


def plan_cost(persons: np.ndarray, cost_ms: np.ndarray, unserved: np.ndarray, unserved_ms: int) -> int:
    """Cost of a plan in person-ms, exact: what its walks count plus `unserved_ms` for each unserved person."""
    return _dot(persons, cost_ms) + int(np.sum(unserved)) * unserved_ms


def check_plan(
    demand: np.ndarray,
    capacity: np.ndarray,
    block: np.ndarray,
    site: np.ndarray,
    persons: np.ndarray,
    unserved: np.ndarray,
) -> None:
    """Raise AssertionError unless every person is counted once and no site holds more than its capacity."""
    placed = np.zeros(len(demand), np.int64)
    np.add.at(placed, block, persons)
    held = np.zeros(len(capacity), np.int64)
    np.add.at(held, site, persons)
    if (persons < 0).any() or (unserved < 0).any():
        raise AssertionError("a plan with fewer than no people")
    if not np.array_equal(placed + unserved, demand):
        raise AssertionError("a plan that loses or makes people")
    if (held > capacity).any():
        raise AssertionError("a plan that fills a site beyond its capacity")


def site_prices(
    table: CandidateTable, persons: np.ndarray, capacity: np.ndarray, unserved_ms: int
) -> tuple[np.ndarray, bool]:
    """Prices w_j (ms, int64) that prove the plan `persons` (per pair of the table) optimal on its table, if it is.

    The price of a site with room is 0. Of a full site it is the most that one more place could save: whoever
    sits there moves to the next best site, pushes somebody on, and so forth until there is room (or somebody is left
    unserved). These are shortest ways in the residual network, found by label correction over the sites.

    Returns False with the prices when a chain would save for ever, so that the plan is not optimal; the prices are
    then cut to the valid range and still give a valid, if weak, bound.
    """
    held = np.zeros(table.sites, np.int64)
    np.add.at(held, table.site, persons)
    by_site = np.argsort(table.site, kind="stable")
    first_at_site = np.searchsorted(table.site[by_site], np.arange(table.sites + 1))
    price = np.where(held < capacity, 0, unserved_ms).astype(np.int64)
    settled = _correct(
        table.first,
        table.block,
        table.site,
        table.cost_ms,
        persons,
        by_site,
        first_at_site,
        np.int64(unserved_ms),
        price,
    )
    return np.clip(price, 0, unserved_ms), bool(settled)


def _dot(a: np.ndarray, b: np.ndarray) -> int:
    """Exact scalar product of whole numbers: in int64 where it cannot overflow, else in Python's own integers."""
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    if a.size == 0 or int(abs(a).max()) * int(abs(b).max()) * a.size < 2**62:
        return int(a @ b)
    return sum(x * y for x, y in zip(a.tolist(), b.tolist(), strict=True))


@njit(nogil=True, cache=True)
def _correct(first, block, site, cost, persons, by_site, first_at_site, unserved_ms, price):  # type: ignore[no-untyped-def]
    """Lower `price` until w_a <= min_b (t_ib + w_b) - t_ia for every i that has people at a. False = without end.

    Each site waits at most once in the ring `queue`. A chain visits a site at most once unless it saves for ever, so
    sites x sites visits are enough.
    """
    sites = price.size
    least = np.full(first.size - 1, unserved_ms, np.int64)  # min_b (t_ib + w_b), and O
    queue = np.empty(sites + 1, np.int64)
    waits = np.zeros(sites, np.bool_)
    head = 0
    tail = 0
    for p in range(site.size):
        if persons[p] > 0:
            price[site[p]] = min(price[site[p]], unserved_ms - cost[p])
    for a in range(sites):
        queue[tail] = a
        tail += 1
        waits[a] = True
    visits = 0
    while head != tail:
        visits += 1
        if visits > sites * sites + sites:
            return False
        b = queue[head]
        head = (head + 1) % (sites + 1)
        waits[b] = False
        for q in range(first_at_site[b], first_at_site[b + 1]):
            p = by_site[q]
            i = block[p]
            found = cost[p] + price[b]
            if found >= least[i]:
                continue
            least[i] = found
            for r in range(first[i], first[i + 1]):
                a = site[r]
                if persons[r] > 0 and found - cost[r] < price[a]:
                    price[a] = found - cost[r]
                    if not waits[a]:
                        waits[a] = True
                        queue[tail] = a
                        tail = (tail + 1) % (sites + 1)
    return True
