"""An ensemble of rain: its mean, spread and correlations, and that a member is the same wherever it is made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.rules_file import load_rules
from data.schema import Grid
from hazards import RainForcing
from sim.forecast.members import MemberTerms, member_terms, rain_member, rain_members

GRID = Grid(40, 40, 1000.0, 0.0, 40_000.0, "EPSG:32648")
STEPS = 24
EDGES = 300.0 * np.arange(STEPS + 1)
TERMS = MemberTerms(error_start=0.3, error_end=0.6, growth_s=3600.0, memory_s=3600.0, reach_m=10_000.0)


def _zoned(across: int = 4) -> RainForcing:
    row = np.arange(40) // (40 // across)
    zone = row[:, None] * across + row[None, :]
    return RainForcing(EDGES, np.full((STEPS, across * across), 1e-5), zone.astype(np.uint16))


def _factors(count: int, base: RainForcing | None = None, now_s: float = 0.0) -> np.ndarray:
    """(members, intervals, zones)"""
    base = base or _zoned()
    members = rain_members(base, GRID, now_s, TERMS, 1, "20260701T120000Z", count)
    return np.stack([member.rates_m_s for member in members]) / base.rates_m_s


def test_the_mean_is_kept_and_the_spread_grows() -> None:
    factor = _factors(3000)
    np.testing.assert_allclose(factor.mean(axis=0), 1.0, atol=0.06)
    middle = 0.5 * (EDGES[:-1] + EDGES[1:])
    spread = np.log(factor).std(axis=0)
    np.testing.assert_allclose(spread, np.tile(TERMS.deviation(middle)[:, None], (1, 16)), rtol=0.08)
    assert TERMS.deviation(np.array([0.0, 1e9])).tolist() == pytest.approx([0.3, 0.6])


def test_errors_hang_together_in_time_and_space() -> None:
    z = np.log(_factors(3000))
    in_time = [np.corrcoef(z[:, 0, 0], z[:, k, 0])[0, 1] for k in (1, 6, 12)]
    np.testing.assert_allclose(in_time, np.exp(-300.0 * np.array([1, 6, 12]) / TERMS.memory_s), atol=0.05)
    in_space = [np.corrcoef(z[:, 5, 0], z[:, 5, zone])[0, 1] for zone in (1, 2, 3)]
    np.testing.assert_allclose(in_space, np.exp(-np.array([1.0, 2.0, 3.0])), atol=0.06)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**40), member=st.integers(0, 500), cycle=st.text(min_size=1, max_size=20))
def test_a_member_is_a_matter_of_seed_cycle_and_number(seed, member, cycle) -> None:
    base = _zoned()
    first = rain_member(base, GRID, 0.0, TERMS, seed, cycle, member)
    assert np.array_equal(first.rates_m_s, rain_member(base, GRID, 0.0, TERMS, seed, cycle, member).rates_m_s)
    for other in ((seed + 1, cycle, member), (seed, cycle + "x", member), (seed, cycle, member + 1)):
        assert not np.array_equal(first.rates_m_s, rain_member(base, GRID, 0.0, TERMS, *other).rates_m_s)


def test_more_members_change_none() -> None:
    np.testing.assert_array_equal(_factors(2), _factors(5)[:2])


def test_dry_stays_dry_what_was_observed_stays_and_no_error_changes_nothing() -> None:
    base = RainForcing(EDGES, np.where(np.arange(STEPS)[:, None] % 2 == 0, 1e-5, 0.0), None)
    member = rain_member(base, GRID, 1800.0, TERMS, 1, "c", 0)
    assert np.array_equal(member.rates_m_s == 0.0, base.rates_m_s == 0.0)
    assert np.array_equal(member.rates_m_s[:6], base.rates_m_s[:6])
    assert not np.array_equal(member.rates_m_s[6:], base.rates_m_s[6:])
    sure = MemberTerms(0.0, 0.0, 1.0, 1.0, 1.0)
    assert np.array_equal(rain_member(base, GRID, 0.0, sure, 1, "c", 0).rates_m_s, base.rates_m_s)


def test_zones_far_more_than_the_chequer_are_drawn_on_it() -> None:
    """1,600 zones share 400 errors; neighbours in one square are alike."""
    factor = _factors(1, _zoned(40))[0, 10].reshape(40, 40)
    np.testing.assert_array_equal(factor[0::2, 0::2], factor[1::2, 1::2])
    assert np.unique(factor).size == 400


@pytest.mark.parametrize("bad", [{"error_start": 0.7}, {"growth_s": 0.0}, {"reach_m": 0.0}, {"error_start": -0.1}])
def test_terms_that_cannot_be(bad) -> None:
    with pytest.raises(ValueError, match="must"):
        MemberTerms(**{**vars(TERMS), **bad})
    assert member_terms(load_rules()).error_end > 0.0
    with pytest.raises(ValueError, match="count"):
        _factors(0)
