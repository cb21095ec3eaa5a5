"""Rain over time: rates, changes, window sums, volumes; what may not be given."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.rain import RainForcing

EDGES = np.array([0.0, 600.0, 1200.0, 3600.0])
TWO = RainForcing(EDGES, np.array([[1e-5, 0.0], [1e-5, 2e-5], [0.0, 0.0]]), np.array([[0, 1], [1, 1]]))


@pytest.mark.parametrize(
    ("time_s", "rates"),
    [
        (-1.0, [0, 0]),
        (0.0, [1e-5, 0]),
        (599.9, [1e-5, 0]),
        (600.0, [1e-5, 2e-5]),
        (1200.0, [0, 0]),
        (3600.0, [0, 0]),
        (9e9, [0, 0]),
    ],
)
def test_rate_holds_from_its_edge_on(time_s, rates) -> None:
    assert TWO.rate_m_s(time_s).tolist() == rates


def test_only_real_changes_count() -> None:
    assert TWO.change_times_s == (0.0, 600.0, 1200.0)
    assert [TWO.next_change(t) for t in (-5.0, 0.0, 700.0, 1200.0)] == [0.0, 600.0, 1200.0, np.inf]


def test_end_of_rain() -> None:
    assert TWO.end_s() == 1200.0
    assert TWO.end_s(threshold_m_s=1.5e-5) == 1200.0
    drizzle = RainForcing(EDGES, np.array([1e-5, 1e-7, 1e-9]))
    assert [drizzle.end_s(t) for t in (0.0, 1e-8, 1e-6, 1.0)] == [3600.0, 1200.0, 600.0, 0.0]


def test_window_sums_by_hand() -> None:
    """Zone 1: 600 s at 2e-5 = 12 mm, all between 600 and 1200 s; zone 0: 12 mm between 0 and 1200 s."""
    sums = TWO.window_sums([300.0, 900.0, 1500.0, 5000.0], 600.0)
    np.testing.assert_allclose(sums, [[3e-3, 0.0], [6e-3, 6e-3], [3e-3, 6e-3], [0.0, 0.0]], atol=1e-18)
    np.testing.assert_allclose(TWO.window_sums(1e5, 1e6), [[12e-3, 12e-3]], rtol=1e-15)


def test_means_and_volume_follow_the_cells() -> None:
    assert TWO.zone_share().tolist() == [0.25, 0.75]
    inside = np.array([[True, True], [False, False]])
    assert TWO.zone_share(inside).tolist() == [0.5, 0.5]
    np.testing.assert_allclose(TWO.mean_rate_m_s(), [0.25e-5, 1.75e-5, 0.0])
    assert TWO.volume_m3(400.0) == pytest.approx(400.0 * 12e-3)
    assert TWO.volume_m3(400.0, until_s=600.0) == pytest.approx(100.0 * 6e-3)
    assert RainForcing(EDGES, np.full(3, 1e-5)).volume_m3(10.0, inside=np.ones((2, 2), bool)) == pytest.approx(0.36)
    with pytest.raises(ValueError, match="no cell"):
        TWO.zone_share(np.zeros((2, 2), bool))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(1.0, 1e4), min_size=1, max_size=8),
    st.floats(0, 2e4),
    st.floats(1, 2e4),
    st.floats(1, 2e4),
    st.data(),
)
def test_sums_add_up(steps, end, window, more, data) -> None:
    """A window is the sum of its two parts, and never holds more than all the rain (float64, 1e-12 of the total)."""
    edges = np.concatenate([[0.0], np.cumsum(steps)])
    rates = np.array(data.draw(st.lists(st.floats(0, 1e-4), min_size=len(steps), max_size=len(steps))))
    rain = RainForcing(edges, rates)
    total = float(np.sum(rates * np.diff(edges)))
    parts = rain.window_sums(end, window) + rain.window_sums(end - window, more)
    assert float(rain.window_sums(end, window + more)[0, 0]) == pytest.approx(
        float(parts[0, 0]), abs=1e-12 * total + 1e-18
    )
    assert -1e-15 <= float(rain.window_sums(end, window)[0, 0]) <= total * (1 + 1e-12)


def test_climate_factor() -> None:
    np.testing.assert_allclose(TWO.raised(1.2).rates_m_s, 1.2 * TWO.rates_m_s)
    assert TWO.raised(1.2).zone is not None
    with pytest.raises(ValueError, match="uplift"):
        TWO.raised(0.0)


def test_what_was_given_cannot_be_changed_behind_its_back() -> None:
    edges, rates = EDGES.copy(), np.full(3, 1e-5)
    rain = RainForcing(edges, rates)
    edges[0], rates[0] = -100.0, 1.0
    assert rain.edges_s[0] == 0.0
    assert rain.rate_m_s(0.0)[0] == 1e-5
    for held in (rain.edges_s, rain.rates_m_s):
        with pytest.raises(ValueError, match="read-only"):
            held[0] = 7.0
    rain.rate_m_s(0.0)[0] = 7.0
    assert rain.rate_m_s(0.0)[0] == 1e-5


@pytest.mark.parametrize(
    ("edges", "rates", "zone", "words"),
    [
        ([0.0, 1.0], [1.0, 2.0], None, "must be"),
        ([0.0], np.zeros((0, 1)), None, "must be"),
        ([0.0, 1.0, 1.0], [1.0, 2.0], None, "rise strictly"),
        ([0.0, np.inf], [1.0], None, "rise strictly"),
        ([0.0, 1.0], [-1e-9], None, "finite and >= 0"),
        ([0.0, 1.0], [np.nan], None, "finite and >= 0"),
        ([0.0, 1.0], [np.inf], None, "finite and >= 0"),
        ([0.0, 1.0], [[1.0, 2.0]], None, "no zone map"),
        ([0.0, 1.0], [[1.0, 2.0]], np.array([[0, 2]]), "below 2 zones"),
    ],
)
def test_bad_rain_is_refused(edges, rates, zone, words) -> None:
    with pytest.raises(ValueError, match=words):
        RainForcing(np.array(edges), np.array(rates), zone)
