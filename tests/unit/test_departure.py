"""Delay curves, whole people in departure bins, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.departure import Rayleigh, Uniform, Weibull, departures, drawn_refusals, refusals

people = st.lists(st.integers(0, 5000), min_size=1, max_size=30)


@given(people, st.integers(0, 2**32 - 1), st.integers(1, 300), st.floats(5.0, 400.0))
@settings(max_examples=60, deadline=None)
def test_everybody_leaves_exactly_once(persons: list[int], seed: int, max_group: int, bin_s: float) -> None:
    leave = departures(
        np.array(persons), Rayleigh(600.0), np.random.default_rng(seed), bin_s=bin_s, max_group=max_group
    )
    assert np.array_equal(np.bincount(leave.row, leave.persons, minlength=len(persons)), persons)
    assert leave.persons.min(initial=1) >= 1
    assert leave.persons.max(initial=0) <= max_group
    assert np.all(leave.delay_s > 0.0)


def test_bins_hold_their_share_of_the_curve() -> None:
    """Systematic sampling: a bin of N people differs from N dP by less than one person."""
    curve = Rayleigh(600.0)
    leave = departures(np.array([100_000]), curve, np.random.default_rng(3), bin_s=60.0, max_group=10**6)
    left = np.cumsum(leave.persons)
    expected = 100_000 * curve.share(leave.delay_s + 30.0)
    assert np.all(np.abs(left - expected)[:-1] < 1.0)


@given(people, st.floats(0.0, 1.0))
@settings(max_examples=100, deadline=None)
def test_refusals_are_the_exact_share(persons: list[int], compliance: float) -> None:
    stay = refusals(np.array(persons), compliance)
    exact = np.array(persons) * (1.0 - compliance)
    assert np.all((stay >= 0) & (stay <= persons))
    assert abs(int(stay.sum()) - exact.sum()) <= 0.5 + 1e-6
    assert np.all(np.abs(stay - exact) < 1.0 + 1e-9)


def test_refusals_may_differ_by_row() -> None:
    assert refusals(np.array([10, 10]), np.array([1.0, 0.3])).tolist() == [0, 7]


def test_drawn_refusals_follow_the_binomial() -> None:
    """Mean 150 of 1,000 at 0.85, standard deviation sqrt(1000 * 0.15 * 0.85) = 11.3; 4,000 rows bound it at 5 se."""
    stay = drawn_refusals(np.full(4000, 1000), 0.85, np.random.default_rng(5))
    assert abs(stay.mean() - 150.0) < 5 * 11.3 / np.sqrt(4000)
    assert abs(stay.std() - 11.3) < 0.7


@pytest.mark.parametrize(
    "build",
    [lambda: Rayleigh(0.0), lambda: Weibull(10.0, -1.0), lambda: Uniform(5.0, 5.0), lambda: refusals(np.ones(2), 1.2)],
)
def test_bad_values_are_refused(build) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="must"):
        build()
