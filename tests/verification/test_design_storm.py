"""The Chengdu formula against its computed table, the Chicago storm against the formula it is built from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.design_storm import RainstormFormula, chicago_storm, mean_intensity, storm_depth

CHENGDU = RainstormFormula(
    scale_mm_min=44.594,
    return_period_factor=0.651,
    offset_min=27.346,
    exponent=0.953,
    exponent_power=-0.017,
    shortest_return_period_a=2.0,
    longest_return_period_a=100.0,
    longest_duration_s=180 * 60.0,
)
# P (years): exponent, 1 h, 2 h, 3 h depth in mm, as printed with four and one decimals
TABLE = {
    2: (0.9726, 41.4, 49.8, 53.6),
    5: (0.9588, 53.6, 64.9, 70.2),
    10: (0.9530, 62.4, 75.8, 82.1),
    20: (0.9487, 71.1, 86.6, 94.0),
    50: (0.9445, 82.7, 100.9, 109.6),
    100: (0.9418, 91.5, 111.8, 121.5),
}


@pytest.mark.parametrize("period", TABLE)
def test_check_values(period) -> None:
    """Half a unit of the last printed decimal is all the table can tell."""
    exponent, *depths_mm = TABLE[period]
    assert CHENGDU.coefficients(period)[2] == pytest.approx(exponent, abs=0.5e-4)
    for hours, depth_mm in zip((1, 2, 3), depths_mm, strict=True):
        assert 1e3 * storm_depth(CHENGDU, period, hours * 3600.0) == pytest.approx(depth_mm, abs=0.05)


def test_known_total_of_the_five_year_two_hour_storm() -> None:
    edges, rate = chicago_storm(CHENGDU, 5, 7200.0, peak_ratio=0.4, interval_s=300.0)
    assert 1e3 * np.sum(rate * np.diff(edges)) == pytest.approx(64.90575, abs=5e-6)


@settings(max_examples=60, deadline=None)
@given(st.floats(2, 100), st.floats(600, 10800), st.floats(0.05, 0.95), st.floats(20, 4000))
def test_total_is_the_formula_and_no_rate_is_negative(period, duration, ratio, interval) -> None:
    """Relative 1e-12: a telescoping sum of float64 differences, a few hundred terms."""
    edges, rate = chicago_storm(CHENGDU, period, duration, peak_ratio=ratio, interval_s=interval)
    assert edges[0] == 0.0
    assert edges[-1] == duration
    assert np.all(np.diff(edges) > 0.0)
    assert np.all(rate > 0.0)
    assert np.sum(rate * np.diff(edges)) == pytest.approx(storm_depth(CHENGDU, period, duration), rel=1e-12)


def test_every_interval_is_the_integral_of_the_published_rate() -> None:
    """The two-branch rate of Keifer & Chu, integrated by 40-point Gauss-Legendre on each interval (rel 1e-10)."""
    ratio, duration = 0.4, 7200.0
    scale, offset, n = CHENGDU.coefficients(50)
    edges, rate = chicago_storm(CHENGDU, 50, duration, peak_ratio=ratio, interval_s=240.0)
    peak = ratio * duration

    def published(time_s):  # mm/min
        tau = np.where(time_s < peak, (peak - time_s) / ratio, (time_s - peak) / (1.0 - ratio)) / 60.0
        return scale * ((1.0 - n) * tau + offset) / (tau + offset) ** (1.0 + n)

    assert np.any(np.isclose(edges, peak))  # no interval straddles the kink
    points, weights = np.polynomial.legendre.leggauss(40)
    middle, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    mean_mm_min = 0.5 * published(middle[:, None] + half[:, None] * points) @ weights
    np.testing.assert_allclose(rate, mean_mm_min * 1e-3 / 60.0, rtol=1e-10)


def test_the_heaviest_window_around_the_peak_is_the_formula() -> None:
    """What makes the storm Chicago: every window t placed r before and 1-r after the peak holds i(t) t."""
    ratio = 0.35
    edges, rate = chicago_storm(CHENGDU, 20, 10800.0, peak_ratio=ratio, interval_s=1.0)
    total = np.concatenate([[0.0], np.cumsum(rate * np.diff(edges))])
    peak = ratio * 10800.0
    for window in (600.0, 1800.0, 5400.0):
        start, end = peak - ratio * window, peak + (1.0 - ratio) * window
        held = np.interp(end, edges, total) - np.interp(start, edges, total)
        assert held == pytest.approx(storm_depth(CHENGDU, 20, window), rel=1e-6)


def test_peak_sits_where_asked_and_uplift_scales() -> None:
    edges, rate = chicago_storm(CHENGDU, 10, 7200.0, peak_ratio=0.3, interval_s=60.0)
    top = int(np.argmax(rate))
    assert edges[top] <= 0.3 * 7200.0 <= edges[top + 1]
    _, raised = chicago_storm(CHENGDU, 10, 7200.0, peak_ratio=0.3, interval_s=60.0, uplift=1.2)
    np.testing.assert_allclose(raised, 1.2 * rate, rtol=1e-15)


def test_the_last_interval_is_the_rest() -> None:
    edges, _ = chicago_storm(CHENGDU, 10, 1000.0, peak_ratio=0.4, interval_s=300.0)
    assert edges.tolist() == [0.0, 300.0, 600.0, 900.0, 1000.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mean_intensity(CHENGDU, 1.0, 3600.0), r"return_period_a\(=1.0\) must be 2 to 100"),
        (lambda: mean_intensity(CHENGDU, 100.1, 3600.0), "must be 2 to 100 years"),
        (lambda: mean_intensity(CHENGDU, float("nan"), 3600.0), "return_period_a"),
        (lambda: mean_intensity(CHENGDU, 10.0, 10801.0), "at most 10800 s"),
        (lambda: mean_intensity(CHENGDU, 10.0, 0.0), "duration_s"),
        (lambda: chicago_storm(CHENGDU, 10.0, 3600.0, peak_ratio=0.0, interval_s=60.0), "peak_ratio"),
        (lambda: chicago_storm(CHENGDU, 10.0, 3600.0, peak_ratio=1.0, interval_s=60.0), "peak_ratio"),
        (lambda: chicago_storm(CHENGDU, 10.0, 3600.0, peak_ratio=0.4, interval_s=0.0), "interval_s"),
        (lambda: chicago_storm(CHENGDU, 10.0, 3600.0, peak_ratio=0.4, interval_s=60.0, uplift=0.0), "uplift"),
        (lambda: RainstormFormula(44.6, 0.65, 27.3, 0.95, -0.02, 1.01, 100, 1e4).coefficients(1.01), "must be < 1"),
        (lambda: RainstormFormula(44.6, 0.65, 27.3, 0.95, -0.02, 50, 10, 1e4), "longest_return_period_a"),
        (lambda: RainstormFormula(-1.0, 0.65, 27.3, 0.95, -0.02, 2, 100, 1e4), "scale_mm_min"),
    ],
)
def test_guards_name_the_bound(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_the_range_ends_are_allowed() -> None:
    assert mean_intensity(CHENGDU, 2.0, 10800.0) > 0.0
    assert mean_intensity(CHENGDU, 100.0, 10800.0) > mean_intensity(CHENGDU, 2.0, 10800.0)
