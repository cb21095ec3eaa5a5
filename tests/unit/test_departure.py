"""Delay curves: their draws, their quantiles, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.departure import DelayCurve, Rayleigh, Uniform, Weibull

DRAWS = 1_000_000


@pytest.mark.parametrize(
    ("curve", "truth"),
    [
        (Rayleigh(1800.0), stats.rayleigh(scale=1800.0)),
        (Weibull(2400.0, 1.4), stats.weibull_min(1.4, scale=2400.0)),
        (Uniform(10.0, 100.0), stats.uniform(10.0, 90.0)),
    ],
    ids=["rayleigh", "lindell", "uniform"],
)
def test_draws_follow_their_curve(curve: DelayCurve, truth: stats.rv_continuous) -> None:
    """Kolmogorov-Smirnov distance of 1 M draws below 0.002 (a true sample exceeds it once in 1,500)."""
    delay = curve.delay(np.random.default_rng(4).random(DRAWS))
    assert stats.ks_1samp(delay, truth.cdf).statistic < 0.002
    assert np.allclose(curve.share(delay[:1000]), truth.cdf(delay[:1000]), atol=1e-12)


def test_median_and_95_percent_of_rayleigh() -> None:
    """Median sigma sqrt(2 ln 2) = 1.1774 sigma, 95 % sigma sqrt(2 ln 20) = 2.4477 sigma; to the digits given."""
    delay = Rayleigh(1.0).delay(np.array([0.5, 0.95]))
    assert delay == pytest.approx([1.1774, 2.4477], abs=5e-5)


def test_lindell_is_weibull() -> None:
    """P = 1 - exp(-a t^b) with a = scale^-b: at t = scale it is 1 - 1/e for every b."""
    assert Weibull(700.0, 0.8).share(np.array([700.0]))[0] == pytest.approx(1.0 - np.exp(-1.0), rel=1e-12)


@pytest.mark.parametrize("build", [lambda: Rayleigh(0.0), lambda: Weibull(10.0, -1.0), lambda: Uniform(5.0, 5.0)])
def test_bad_values_are_refused(build) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="must"):
        build()
