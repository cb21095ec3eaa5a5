"""Rain signals: the four colours of the signal table on storms whose sums are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.rain import RainForcing
from hazards.rain_signals import RainSignal, rain_signal_series, signals_by_area

HOUR = 3600.0
MM_H = 1.0 / 3.6e6
SIGNALS = (
    RainSignal("rain_12h", 1, 12 * HOUR, 0.050),
    RainSignal("rain_6h", 2, 6 * HOUR, 0.050),
    RainSignal("rain_3h", 3, 3 * HOUR, 0.050),
    RainSignal("rain_3h", 4, 3 * HOUR, 0.100),
)


def _levels(rate_mm_h, hours, times_h, lead_h=0.0):
    edges = np.concatenate([[0.0], np.cumsum(np.atleast_1d(hours))]) * HOUR
    rain = RainForcing(edges, np.atleast_1d(rate_mm_h) * MM_H)
    return rain_signal_series(rain, np.array(times_h) * HOUR, SIGNALS, lead_h * HOUR).level[:, 0].tolist()


def test_one_colour_each_at_its_own_pace() -> None:
    """Steady rain reaches 50 mm: 4.2 mm/h in 11.9 h (blue alone), 8.4 in 5.95 h (yellow), 17 in 2.94 h (orange)."""
    assert _levels(4.2, 48, [11.8, 12.0, 40.0]) == [0, 1, 1]
    assert _levels(8.4, 48, [5.9, 6.0, 40.0]) == [0, 2, 2]
    assert _levels(17.0, 48, [2.9, 3.0, 40.0]) == [0, 3, 3]
    assert _levels(34.0, 48, [1.4, 1.5, 2.9, 3.0]) == [0, 3, 3, 4]
    assert _levels(4.1, 48, [12.0, 40.0]) == [0, 0]  # 49.2 mm in 12 h


def test_exactly_the_threshold_counts() -> None:
    assert _levels(50.0, 10, [0.99, 1.0, 1.99, 2.0]) == [0, 3, 3, 4]


def test_over_when_the_rain_is_over() -> None:
    """50 mm in the first hour: its sum stays for hours, but the signal needs rain that goes on."""
    assert _levels([50.0, 0.0], [1, 20], [0.999, 1.0, 2.0], lead_h=0.0) == [0, 0, 0]
    assert _levels([50.0, 1.0, 0.0], [1, 1, 20], [1.0, 1.9, 2.0, 2.1]) == [3, 3, 0, 0]
    assert _levels([50.0, 0.0, 1.0], [1, 1, 2], [1.0, 1.6, 2.5], lead_h=0.5) == [0, 3, 3]  # it will go on


def test_a_forecast_warns_before() -> None:
    assert _levels(50.0, 10, [0.0, 0.49, 0.5, 1.49, 1.5], lead_h=0.5) == [0, 0, 3, 3, 4]
    series = rain_signal_series(RainForcing([0, 10 * HOUR], [50 * MM_H]), np.array([1800.0]), SIGNALS, 1800.0)
    cause = series.causes(1800.0, 0)[0]
    assert (cause.rule, cause.level, cause.unit) == ("rain_3h", 3, "m")
    assert cause.value == pytest.approx(0.050, rel=1e-12)


def test_a_burst_inside_the_forecast_span_is_not_missed() -> None:
    """A 3 h sum can peak between now and the end of the forecast; both ends alone would show less than 50 mm."""
    hours = [0.5, 2.75, 0.5, 20]
    rates = [40.0, 4.0, 60.0, 0.0]  # the window of 3 h that ends at 3.5-3.75 h holds 0.25 h of 40 at most
    edges = np.concatenate([[0.0], np.cumsum(hours)]) * HOUR
    rain = RainForcing(edges, np.array(rates) * MM_H)
    got = rain_signal_series(rain, np.array([3.3 * HOUR]), SIGNALS[2:3], 4 * HOUR).value[0, 0, 0]
    fine = np.linspace(3.3, 7.3, 40001) * HOUR
    assert got == pytest.approx(rain.window_sums(fine, 3 * HOUR).max(), rel=1e-12)
    assert got > max(rain.window_sums([3.3 * HOUR, 7.3 * HOUR], 3 * HOUR)[:, 0]) * 1.2


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 5e4), st.floats(600, 5e4), st.floats(0, 2e4))
def test_largest_sum_ahead_is_exact(seed, time_s, window_s, lead_s) -> None:
    """Never below a fine sampling of the span, and above it by no more than one sample step of the top rate."""
    generator = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.cumsum(generator.uniform(100, 9000, 8))])
    rain = RainForcing(edges, generator.uniform(0, 1e-5, 8) * (generator.random(8) < 0.7))
    signal = (RainSignal("x", 1, window_s, 0.05),)
    got = float(rain_signal_series(rain, np.array([time_s]), signal, lead_s).value[0, 0, 0])
    sampled = float(rain.window_sums(np.linspace(time_s, time_s + lead_s, 2001), window_s).max())
    assert got >= sampled - 1e-15
    assert got <= sampled + 1e-5 * lead_s / 2000 + 1e-15


def test_areas_take_their_worst_zone() -> None:
    zone = np.array([[0, 0, 1], [2, 2, 1]], np.uint16)
    rain = RainForcing([0.0, 10 * HOUR], np.array([[1.0, 60.0, 20.0]]) * MM_H, zone)
    series = rain_signal_series(rain, np.array([3 * HOUR]), SIGNALS, 0.0)
    assert series.level.tolist() == [[0, 4, 3]]
    area = np.array([[0, 0, 1], [0, 2, -1]])
    by_area = signals_by_area(series, zone, area, 4)
    assert by_area.level.tolist() == [[3, 4, 3, 0]]
    assert by_area.value[0, 0, 2] == pytest.approx(0.060)
    assert signals_by_area(_uniform(), None, area, 4).level.tolist() == [[4, 4, 4, 0]]


def _uniform():
    return rain_signal_series(RainForcing([0.0, 10 * HOUR], [60 * MM_H]), np.array([3 * HOUR]), SIGNALS, 0.0)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="window_s"):
        RainSignal("x", 1, 0.0, 0.05)
    with pytest.raises(ValueError, match="lead_s"):
        rain_signal_series(RainForcing([0.0, 1.0], [0.0]), np.array([0.0]), SIGNALS, -1.0)
