"""Departures: V3 (RiMEA 5, NIST TN 1822 pre-evacuation) and V4 of the verification list."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.departure import DelayCurve, Rayleigh, Uniform, Weibull, departures

DRAWS = 1_000_000


def test_v3_ten_people_react_within_10_to_100_s() -> None:
    """Each leaves at a time of its own; systematic draws lie 9 s apart, so the mean is 55 s within half of that."""
    leave = departures(np.array([10]), Uniform(10.0, 100.0), np.random.default_rng(1), bin_s=1.0, max_group=1)
    assert leave.persons.tolist() == [1] * 10
    assert np.unique(leave.delay_s).size == 10
    assert leave.delay_s.min() >= 10.0
    assert leave.delay_s.max() <= 100.0
    assert abs(leave.delay_s.mean() - 55.0) <= 4.5 + 0.5


@pytest.mark.parametrize(
    ("curve", "truth"),
    [
        (Rayleigh(1800.0), stats.rayleigh(scale=1800.0)),
        (Weibull(2400.0, 1.4), stats.weibull_min(1.4, scale=2400.0)),
    ],
    ids=["rayleigh", "lindell"],
)
def test_v4_draws_follow_their_curve(curve: DelayCurve, truth: stats.rv_continuous) -> None:
    """Kolmogorov-Smirnov distance of 1 M draws below 0.002 (a true sample exceeds it once in 1,500)."""
    delay = curve.delay(np.random.default_rng(4).random(DRAWS))
    assert stats.ks_1samp(delay, truth.cdf).statistic < 0.002
    assert np.allclose(curve.share(delay[:1000]), truth.cdf(delay[:1000]), atol=1e-12)


def test_v4_median_and_95_percent_of_rayleigh() -> None:
    """Median sigma sqrt(2 ln 2) = 1.1774 sigma, 95 % sigma sqrt(2 ln 20) = 2.4477 sigma; to the digits given."""
    delay = Rayleigh(1.0).delay(np.array([0.5, 0.95]))
    assert delay == pytest.approx([1.1774, 2.4477], abs=5e-5)


def test_v4_a_million_people_leave_along_the_curve() -> None:
    """Whole people in 60 s bins: at every bin's end the share that has left is the curve's within one person."""
    curve = Rayleigh(1800.0)
    leave = departures(np.array([DRAWS]), curve, np.random.default_rng(4), bin_s=60.0, max_group=200)
    ends = np.unique(leave.delay_s) + 30.0
    left = np.array([leave.persons[leave.delay_s < end].sum() for end in ends]) / DRAWS
    assert np.abs(left - curve.share(ends)).max() <= 1.001 / DRAWS


def test_lindell_is_weibull() -> None:
    """P = 1 - exp(-a t^b) with a = scale^-b: at t = scale it is 1 - 1/e for every b."""
    assert Weibull(700.0, 0.8).share(np.array([700.0]))[0] == pytest.approx(1.0 - np.exp(-1.0), rel=1e-12)
