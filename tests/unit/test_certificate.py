"""The proof must hold for any prices, and must not hold for a worse plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import CandidateTable
from shelters.certificate import least_label, lower_bound, plan_cost, site_prices

TIME = np.array([[1.0, 3.0], [2.0, 100.0]])
DEMAND, CAPACITY = np.array([10, 10]), np.array([10, 10])
UNSERVED_MS = 1_000_000


def bound(table: CandidateTable, price: np.ndarray) -> int:
    return lower_bound(DEMAND, CAPACITY, price, least_label(table, price, UNSERVED_MS))


def test_prices_of_the_best_plan_prove_it() -> None:
    """Block 0 would save 2 s at site 0, where block 1 sits: a place there is worth at least 2 s, and at most 98."""
    table = CandidateTable.from_times(TIME)
    persons = np.array([0, 10, 10, 0])  # pairs (0,0) (0,1) (1,0) (1,1)
    price, settled = site_prices(table, persons, CAPACITY, UNSERVED_MS)
    assert settled
    assert price[0] - price[1] >= 2_000
    assert bound(table, price) == plan_cost(persons, table.time_ms, np.zeros(2, int), UNSERVED_MS) == 50_000


def test_a_worse_plan_is_not_proven() -> None:
    table = CandidateTable.from_times(TIME)
    persons = np.array([10, 0, 0, 10])
    price, settled = site_prices(table, persons, CAPACITY, UNSERVED_MS)
    assert not settled
    cost = plan_cost(persons, table.time_ms, np.zeros(2, int), UNSERVED_MS)
    assert cost == 1_010_000
    assert bound(table, price) <= 50_000


def test_a_pair_outside_the_table_breaks_the_proof() -> None:
    """The same plan on a table without (0, 1) and (1, 0) looks optimal there; over all pairs it is not."""
    listed = CandidateTable(2, 2, np.array([0, 1]), np.array([0, 1]), np.array([1_000, 100_000]), False)
    persons = np.array([10, 10])
    price, settled = site_prices(listed, persons, CAPACITY, UNSERVED_MS)
    cost = plan_cost(persons, listed.time_ms, np.zeros(2, int), UNSERVED_MS)
    assert settled
    assert bound(listed, price) == cost
    assert bound(CandidateTable.from_times(TIME), price) < cost


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2_000_000), min_size=2, max_size=2))
def test_no_prices_prove_more_than_the_optimum(prices: list[int]) -> None:
    assert bound(CandidateTable.from_times(TIME), np.array(prices)) <= 50_000


def test_negative_prices_are_refused() -> None:
    with pytest.raises(ValueError, match="price_ms"):
        bound(CandidateTable.from_times(TIME), np.array([-1, 0]))


def test_sums_stay_exact_beyond_64_bits() -> None:
    """Twenty million people at 1e13 ms each are more than int64 holds."""
    many, dear = np.array([20_000_000]), 10**13
    assert plan_cost(np.array([], int), np.array([], int), many, dear) == 2 * 10**20
    assert lower_bound(many, np.array([0]), np.array([0]), np.array([dear])) == 2 * 10**20
