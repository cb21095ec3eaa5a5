"""Departures of the warning chain: V3 and V4 of the verification list, and how warnings spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp

from sim.behaviour.channels import Channel, ChannelDown, heard_share
from sim.behaviour.contagion import Bass
from sim.behaviour.decisions import answer_order, reach_over_time
from sim.departure import DelayCurve, Rayleigh, Uniform, Weibull
from tests.behaviour_case import APP, BROADCAST, behaviour

DRAWS = 1_000_000
AT_ONCE = Channel("broadcast", 1.0, 0.0, Uniform(0.0, 1e-9))


def _left(preparation: DelayCurve) -> np.ndarray:
    """Delays of a million units that a channel reaches at once."""
    chain = behaviour(AT_ONCE, contagion_per_s=0.0, preparation=preparation)
    unit = np.arange(DRAWS)
    return answer_order(chain, 0.0, unit, np.zeros(DRAWS, int), np.zeros(DRAWS, int), seed=4).leaves_s


def test_v3_ten_units_react_within_10_to_100_s() -> None:
    """RiMEA 5: each leaves at a time of its own within the range. The mean of ten has a standard deviation of
    90 / sqrt(12 x 10) = 8.2 s: four of them about 55 s.
    """
    at_once = Channel("broadcast", 1.0, 0.0, Uniform(0.0, 1e-9))
    chain = behaviour(at_once, contagion_per_s=0.0, preparation=Uniform(10.0, 100.0))
    answer = answer_order(chain, 0.0, np.arange(10), np.zeros(10, int), np.zeros(10, int), seed=3)
    assert np.unique(answer.leaves_s).size == 10
    assert answer.leaves_s.min() >= 10.0
    assert answer.leaves_s.max() <= 100.0 + 1e-6
    assert abs(answer.leaves_s.mean() - 55.0) < 33.0


@pytest.mark.parametrize(
    ("curve", "truth"),
    [
        (Rayleigh(1800.0), stats.rayleigh(scale=1800.0)),
        (Weibull(2400.0, 1.4), stats.weibull_min(1.4, scale=2400.0)),
    ],
    ids=["rayleigh", "lindell"],
)
def test_v4_a_million_units_leave_along_the_curve(curve: DelayCurve, truth: stats.rv_continuous) -> None:
    """Kolmogorov-Smirnov distance below 0.002 (a true sample of 1 M exceeds it once in 1,500)."""
    assert stats.ks_1samp(_left(curve), truth.cdf).statistic < 0.002


def test_v4_median_and_95_percent_of_a_million_departures() -> None:
    """1.1774 and 2.4477 sigma. A sample quantile has a standard deviation of sqrt(p (1 - p) / n) / f: 0.0008 sigma at
    the median (f = 0.589 / sigma), 0.0018 at 95 % (f = 0.122 / sigma); four of them.
    """
    left = _left(Rayleigh(1100.0)) / 1100.0
    assert np.quantile(left, 0.5) == pytest.approx(1.1774, abs=0.0034)
    assert np.quantile(left, 0.95) == pytest.approx(2.4477, abs=0.0071)


def test_v4_rumours_follow_the_curve_of_bass() -> None:
    """Distance of 1 M quantile draws below 0.002, as above."""
    curve = Bass(5e-4, 1.5e-3)
    drawn = np.sort(_left(curve))
    expected = curve.share(drawn)
    assert np.abs(expected - np.arange(1, DRAWS + 1) / DRAWS).max() < 0.002


def test_warnings_spread_as_rogers_and_sorensen_have_it() -> None:
    """Two channels, one of which fails for a time, and contagion: the equation solved by an integrator of its own.

    dF/dt = h (1 - F) + q F (1 - F) with h the hazard of the channels; q F is integrated by us in steps of 60 s, so the
    difference is of order (q x 60 s)^2 / 12 = 3e-4; the channels' part is exact.
    """
    q, failure = 1e-3, ChannelDown("app", 0, 500.0, 2500.0)
    chain = behaviour(APP, BROADCAST, contagion_per_s=q)

    def missed(t: np.ndarray) -> np.ndarray:
        app = heard_share(APP, 0.0, t, ((failure.from_s, failure.until_s),))
        return (1.0 - app) * (1.0 - heard_share(BROADCAST, 0.0, t, ()))

    def rate(t: float, state: np.ndarray) -> np.ndarray:
        return q * (1.0 - missed(np.array([t])) * np.exp(-state))

    times = np.linspace(0.0, 6000.0, 201)
    solved = solve_ivp(rate, (0.0, 6000.0), [0.0], t_eval=times, rtol=1e-8, atol=1e-10, max_step=10.0)
    truth = 1.0 - missed(times) * np.exp(-solved.y[0])
    assert truth[-1] > 0.95
    at_steps = times % 60.0 == 0.0  # between its steps our curve is a chord
    found = reach_over_time(chain, 0.0, 0, [failure], times)
    assert at_steps.sum() > 90
    assert np.abs(found - truth)[at_steps].max() < 3e-4
    assert np.abs(found - truth).max() < 0.02
