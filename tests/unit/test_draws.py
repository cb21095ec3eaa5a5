"""Random numbers by counter: spread, independence of order, the kernel's form."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.behaviour.draws import draw, key, uniform

UNITS = np.arange(1_000_000)


@numba.njit
def _kernel(start: np.uint64, units: np.ndarray) -> np.ndarray:
    out = np.empty(len(units))
    for i in range(len(units)):
        out[i] = draw(start, units[i])
    return out


def test_the_splitmix64_of_the_publication() -> None:
    """First outputs for state 1234567, as the reference implementation (Vigna 2015) prints them."""
    known = (6457827717110365317, 3203168211198807973, 9817491932198370423)
    start = np.uint64(1234567)
    assert [int(_kernel(start, np.array([i]))[0] * 2**53) for i in range(3)] == [value >> 11 for value in known]


@pytest.mark.parametrize("purpose", ["reached", "prepared", "a"])
def test_a_million_draws_are_even(purpose: str) -> None:
    """Kolmogorov-Smirnov distance below 0.002: a true sample of 1 M exceeds it once in 1,500."""
    drawn = uniform(3, purpose, UNITS)
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert stats.ks_1samp(drawn, stats.uniform.cdf).statistic < 0.002


def test_purposes_seeds_and_neighbours_have_nothing_to_do_with_each_other() -> None:
    """Correlation of 1 M independent pairs has a standard deviation of 0.001: five of them."""
    first = uniform(3, "reached", UNITS)
    for other in (uniform(3, "prepared", UNITS), uniform(4, "reached", UNITS), np.roll(first, 1), np.roll(first, 64)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.005


@given(st.integers(0, 2**40), st.text(min_size=1, max_size=20), st.lists(st.integers(0, 2**40), min_size=1))
@settings(max_examples=100, deadline=None)
def test_a_number_depends_on_its_unit_alone(seed: int, purpose: str, units: list[int]) -> None:
    numbers = np.array(units)
    together = uniform(seed, purpose, numbers)
    assert together.tolist() == [uniform(seed, purpose, np.array([unit]))[0] for unit in units]
    assert together.tolist() == _kernel(key(seed, purpose), numbers).tolist()


def test_bad_seeds_and_purposes() -> None:
    with pytest.raises(ValueError, match="seed"):
        key(-1, "reached")
    with pytest.raises(ValueError, match="purpose"):
        key(1, "")
