"""What sites offer: functions, stays, supplies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.schema import FUNCTIONS, STAYS
from shelters.inventory import (
    StayRules,
    SupplyRules,
    functions_of,
    longest_stay,
    missing_functions,
    supplies_when_full,
)

STAY = StayRules(short_m2=2000.0, medium_m2=10_000.0, long_m2=50_000.0)
NEED = SupplyRules(water_l_per_person_day=15.0, persons_per_toilet=50, persons_per_kit=5)


def test_functions_are_counted_in_the_order_of_the_plan() -> None:
    sites = pd.DataFrame({name: [True, False, name != "power"] for name in reversed(FUNCTIONS)})
    has = functions_of(sites)
    assert has.sum(axis=1).tolist() == [7, 0, 6]
    assert missing_functions(has) == ["", " ".join(FUNCTIONS), "power"]
    assert missing_functions(np.empty((0, 7), bool)) == []
    with pytest.raises(ValueError, match="expected"):
        missing_functions(np.zeros((2, 6), bool))


@pytest.mark.parametrize(
    ("kind", "area", "stated", "expected"),
    [
        ("emergency", 1e6, "", "temporary"),
        ("fixed", 1999.9, "", "temporary"),
        ("fixed", 2000.0, "", "short"),
        ("fixed", 10_000.0, "", "medium"),
        ("central", 49_999.0, "", "medium"),
        ("central", 50_000.0, "", "long"),
        ("fixed", 0.0, "long", "long"),
        ("central", 1e6, "emergency", "emergency"),
    ],
)
def test_longest_stay(kind, area, stated, expected) -> None:
    got = longest_stay(np.array([kind]), np.array([area]), np.array([stated]), STAY)
    assert got.tolist() == [expected]


@given(st.sampled_from(["emergency", "fixed", "central"]), st.floats(0, 1e8), st.floats(0, 1e8))
def test_a_larger_site_never_serves_a_shorter_stay(kind, area, more) -> None:
    small, large = longest_stay(np.array([kind] * 2), np.array([area, area + more]), np.array(["", ""]), STAY)
    assert STAYS.index(small) <= STAYS.index(large)


def test_supplies_of_a_full_site() -> None:
    got = supplies_when_full(
        np.array([100, 101, 0]), np.array([3000.0, 0.0, 10.0]), np.array([2, 2, 0]), np.array([20, 25, 0]), NEED
    )
    assert got.water_days.tolist() == [2.0, 0.0, np.inf]
    assert got.toilets_short.tolist() == [0.0, 1.0, 0.0]
    assert got.kits_short.tolist() == [0.0, 0.0, 0.0]


def test_what_is_not_known_stays_not_known() -> None:
    unknown = np.array([None, np.nan], object)
    got = supplies_when_full(np.array([10, 0]), unknown, unknown, unknown, NEED)
    for column in (got.water_days, got.toilets_short, got.kits_short):
        assert np.isnan(column).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: StayRules(0.0, 1.0, 2.0), "short_m2"),
        (lambda: StayRules(3.0, 2.0, 4.0), "medium_m2"),
        (lambda: SupplyRules(0.0, 50, 5), "water_l"),
        (lambda: longest_stay(np.array(["big"]), np.ones(1), np.array([""]), STAY), "'big'"),
        (lambda: longest_stay(np.array(["fixed"]), np.ones(1), np.array(["years"]), STAY), "'years'"),
        (lambda: longest_stay(np.array(["fixed"]), np.array([np.nan]), np.array([""]), STAY), "effective_m2"),
        (lambda: supplies_when_full(np.array([-1]), *[np.ones(1)] * 3, NEED), "persons"),
        (lambda: supplies_when_full(np.array([1]), np.array([-2.0]), *[np.ones(1)] * 2, NEED), "water_l"),
    ],
)
def test_impossible_values_are_named(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
