"""Rain of gauges on the grid: series on steps, weights, standard error, silent gauges; how wet the ground is."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.rules_file import load_rules
from data.schema import Grid
from hazards import RainForcing
from sim.observing.frame import observations_frame
from sim.observing.gauge_series import gauge_rates
from sim.observing.gauge_weights import METHODS, gauge_terms, gauge_weights
from sim.observing.gauges import GaugeNet, leave_one_out
from sim.observing.observation import Observation
from sim.observing.wetness import antecedent_index, wetness, wetness_before, wetness_terms

EPOCH = datetime(2026, 7, 1, tzinfo=UTC)
GRID = Grid(100, 100, 100.0, 0.0, 10_000.0, "EPSG:32648")
TERMS = gauge_terms(load_rules())
WET = wetness_terms(load_rules())


def _sensors(places: list[tuple[float, float]], interval_s: float = 300.0) -> pd.DataFrame:
    ids = [f"G{k}" for k in range(len(places))]
    x, y = (list(axis) for axis in zip(*places, strict=True))
    return pd.DataFrame({"id": ids, "quantity": "rain", "x_m": x, "y_m": y, "interval_s": interval_s})


FIVE = _sensors([(1000.0, 1000.0), (9000.0, 1000.0), (1000.0, 9000.0), (9000.0, 9000.0), (5000.0, 5000.0)])


def _said(sensor: str, minute: float, mm: float, quality: str = "good") -> Observation:
    at = EPOCH + timedelta(minutes=minute)
    return Observation(sensor, "rain", at, mm, at, quality)


def _all(minute: float, mm: list[float]) -> list[Observation]:
    return [_said(f"G{k}", minute, value) for k, value in enumerate(mm)]


def _rain(said: list[Observation], minutes: float, sensors: pd.DataFrame | None = FIVE, terms=TERMS):
    return GaugeNet(GRID, sensors, terms).rain(said, EPOCH, EPOCH, EPOCH + timedelta(minutes=minutes))


def test_rain_ends_up_on_the_steps_it_fell_in() -> None:
    """An interval that lies across two steps gives each its part; what is not usable and not rain counts nowhere."""
    said = [
        _said("G0", 5, 1.0),
        _said("G0", 12.5, 2.0),
        _said("G1", 5, 9.0, "spike"),
        replace(_said("G1", 5, 9.0), quantity="water_level"),
        _said("G1", 10, 3.0, "late"),
        _said("G9", 5, 1.0),
    ]
    edges = EPOCH.timestamp() + 300.0 * np.arange(4)
    rates = gauge_rates(observations_frame(said), ["G0", "G1"], np.array([300.0, 300.0]), edges)
    mm = 1000.0 * 300.0 * rates
    np.testing.assert_allclose(mm[:, 0], [1.0, 2.0, 2.0])  # half of a step is enough to know its rate
    assert np.isnan(mm[0, 1])
    assert mm[1, 1] == pytest.approx(3.0)
    assert np.isnan(mm[2, 1])


@settings(max_examples=40)
@given(values=st.lists(st.floats(0.0, 20.0), min_size=6, max_size=6), step=st.sampled_from([60.0, 300.0, 900.0]))
def test_no_rain_is_lost_on_other_steps(values, step) -> None:
    """A gauge that reports without a gap has the same sum on any step that divides the span."""
    said = [_said("G0", 5 * (k + 1), value) for k, value in enumerate(values)]
    edges = EPOCH.timestamp() + np.arange(0.0, 1801.0, step)
    rates = gauge_rates(observations_frame(said), ["G0"], np.array([300.0]), edges)
    assert 1000.0 * rates.sum() * step == pytest.approx(sum(values), abs=1e-9)


def test_a_frame_is_as_good_as_objects() -> None:
    said = [*_all(5, [1, 2, 3, 4, 5]), *_all(10, [1, 1, 1, 1, 1])]
    frame = pd.DataFrame([vars(one) for one in said])
    text = frame.assign(time=[one.time.isoformat() for one in said], received=[one.time.isoformat() for one in said])
    for other in (frame, text):
        pd.testing.assert_frame_equal(observations_frame(other), observations_frame(said))
        np.testing.assert_array_equal(_rain(other, 10).rain.rates_m_s, _rain(said, 10).rain.rates_m_s)
    with pytest.raises(ValueError, match="offset"):
        observations_frame(frame.assign(time=datetime(2026, 7, 1)))


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 12),
    method=st.sampled_from(METHODS),
)
def test_weights_sum_to_one_and_are_never_negative(seed, count, method) -> None:
    rng = np.random.default_rng(seed)
    gauges, places = rng.uniform(0, 2e4, (count, 2)), rng.uniform(0, 2e4, (7, 2))
    weights, variance = gauge_weights(places, gauges, replace(TERMS, method=method))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert (weights >= 0.0).all()
    assert (variance >= 0.0).all()


@pytest.mark.parametrize("method", METHODS)
def test_at_a_gauge_the_field_is_the_gauge_and_far_off_it_is_less_sure(method) -> None:
    gauges = FIVE[["x_m", "y_m"]].to_numpy(float)
    terms = replace(TERMS, method=method, nugget=0.0)
    weights, variance = gauge_weights(np.vstack([gauges, [[3000.0, 3000.0]]]), gauges, terms)
    np.testing.assert_allclose(weights[:5], np.eye(5), atol=1e-4)
    assert variance[:5].max() < 1e-3 < 0.1 < variance[5]


def test_two_gauges_at_one_place_share_their_weight() -> None:
    gauges = np.array([[0.0, 0.0], [0.0, 0.0], [9e3, 0.0], [0.0, 9e3], [9e3, 9e3]])
    weights, _ = gauge_weights(np.array([[100.0, 100.0]]), gauges, replace(TERMS, nugget=0.0))
    assert weights[0, 0] == pytest.approx(weights[0, 1], rel=1e-3)


def test_uniform_rain_stays_uniform_and_its_error_is_the_least_there_is() -> None:
    found = _rain([*_all(5, [3.0] * 5), *_all(10, [0.0] * 5)], 10)
    np.testing.assert_allclose(found.rain.rates_m_s[0] * 3e5, 3.0)
    np.testing.assert_allclose(found.error_m_s[0], TERMS.least_error * found.rain.rates_m_s[0])
    assert found.error_m_s[1].max() == 0.0
    assert (found.method, found.known_share, found.blind_s, found.unused) == ("kriging", 1.0, 0.0, ())


def test_the_error_grows_with_what_gauges_disagree() -> None:
    mild, wild = (_rain(_all(5, values), 5) for values in ([2, 3, 2, 3, 2.5], [0, 5, 0, 5, 2.5]))
    assert (wild.error_m_s > 2.0 * mild.error_m_s).all()
    assert wild.window_error_m(300.0, 300.0) == pytest.approx(300.0 * wild.error_m_s[0])


def test_few_gauges_fall_back_to_the_nearest() -> None:
    found = _rain([_said("G0", 5, 1.0), _said("G3", 5, 4.0)], 5)
    assert found.method == "nearest"
    assert found.unused == ("G1", "G2", "G4")
    assert set(np.round(found.rain.rates_m_s[0] * 3e5, 9)) == {1.0, 4.0}


def test_not_knowing_is_not_dry() -> None:
    """A step without any gauge keeps the rain of the one before, with an error as large as the rain."""
    found = _rain(_all(5, [3.0] * 5), 15)
    np.testing.assert_allclose(found.rain.rates_m_s * 3e5, 3.0)
    assert (found.error_m_s[1:] >= found.rain.rates_m_s[1:]).all()
    assert (found.blind_s, found.known_share) == (600.0, pytest.approx(1 / 3))


def test_an_outage_does_not_rain_for_a_day() -> None:
    """While gauges may merely be late the rain goes on; then it fades, until it is dry and nobody is sure of it."""
    hold = int(TERMS.hold_s / 300.0)
    found = _rain([*_all(5, [3.0] * 5), *_all(5 * (hold + 6), [1.0] * 5)], 5 * (hold + 8))
    raining = found.rain.rates_m_s[:, 0] * 3e5
    np.testing.assert_allclose(
        raining, [3.0] * 3 + [2.7 - 0.3 * k for k in range(10)] + [0.0] * 4 + [1.0] * 3, atol=1e-9
    )
    assert (TERMS.late_s, TERMS.hold_s) == (600.0, 3600.0)
    assert (found.error_m_s[1 + hold : 5 + hold] * 3e5 >= 3.0 - 1e-9).all()


@pytest.mark.parametrize("sensors", [None, FIVE, FIVE[FIVE["quantity"] == "none"]])
def test_no_gauge_at_all_is_said(sensors) -> None:
    found = _rain([], 10, sensors)
    assert (found.method, found.blind_s, found.used) == ("none", 600.0, ())
    assert found.rain.rates_m_s.max() == 0.0


def test_a_gauge_that_drops_out_is_left_out_of_its_steps_alone() -> None:
    said = [*_all(5, [1.0, 1.0, 1.0, 1.0, 5.0]), *_all(10, [1.0, 1.0, 1.0, 1.0])]
    found = _rain(said, 10)
    assert found.rain.rates_m_s[0].max() * 3e5 > 4.0
    np.testing.assert_allclose(found.rain.rates_m_s[1] * 3e5, 1.0)
    assert found.unused == ()


def test_a_cycle_of_a_large_city_is_quick() -> None:
    """62 gauges by the minute over half a day, one in a hundred lost, on a million cells (0.3 s on a quiet core)."""
    rng = np.random.default_rng(1)
    sensors = _sensors([tuple(p) for p in rng.uniform(0, 1e4, (62, 2))], 60.0)
    minutes = 60.0 * np.arange(1, 721)
    frame = pd.DataFrame(
        {
            "sensor": np.repeat(sensors["id"].to_numpy(), 720),
            "time_s": EPOCH.timestamp() + np.tile(minutes, 62),
            "value": rng.gamma(1.0, 0.2, 62 * 720),
        }
    )
    frame = frame[rng.random(len(frame)) > 0.01]
    net = GaugeNet(Grid(1000, 1000, 10.0, 0.0, 10_000.0, "EPSG:32648"), sensors, TERMS)
    clock = time.process_time()
    found = net.rain(frame, EPOCH, EPOCH, EPOCH + timedelta(hours=12))
    assert time.process_time() - clock < 5.0
    assert found.known_share == pytest.approx(0.99, abs=0.005)


def test_leave_one_out_knows_a_smooth_field_from_noise() -> None:
    rng = np.random.default_rng(2)
    places = rng.uniform(0, 1e4, (30, 2))
    smooth = 1.0 + places[:, 0] / 1e4 * np.ones((20, 1))
    noise = rng.uniform(1.0, 2.0, (20, 30))
    assert leave_one_out(smooth, places, TERMS)["rmse"] < 0.3 * leave_one_out(noise, places, TERMS)["rmse"]


DAY = 86_400.0


def test_wetness_falls_by_the_recession_and_ends_between_dry_and_full() -> None:
    """10 mm at once are worth 10 mm, and 9 mm a day later."""
    rain = RainForcing(np.array([0.0, 1.0]), np.array([0.010]))
    for days in (0, 1, 5):
        index = antecedent_index(rain, 1.0 + days * DAY, WET)[0]
        assert index == pytest.approx(0.010 * WET.recession**days, rel=1e-4)
    assert antecedent_index(rain, 1.0 + 20 * DAY, WET)[0] == 0.0  # beyond the days that count
    assert wetness(np.array([0.0, WET.dry_m, WET.full_m, 1.0]), WET).tolist() == [0.0, 0.0, 1.0, 1.0]
    middle = 0.5 * (WET.dry_m + WET.full_m)
    assert wetness_before(RainForcing(np.array([0.0, 1.0]), np.array([middle])), 1.0, WET)[0] == pytest.approx(
        0.5, abs=1e-3
    )


@settings(max_examples=40)
@given(mm=st.lists(st.floats(0.0, 30.0), min_size=24, max_size=24), cut=st.integers(1, 23))
def test_an_index_kept_from_cycle_to_cycle_is_that_of_all_rain(mm, cut) -> None:
    edges = 3600.0 * np.arange(25)
    rain = RainForcing(edges, np.array(mm) / 3.6e6)
    now = 25 * 3600.0
    kept = antecedent_index(rain, edges[cut], WET)
    later = RainForcing(edges[cut:], rain.rates_m_s[cut:])
    np.testing.assert_allclose(antecedent_index(later, now, WET, kept), antecedent_index(rain, now, WET), rtol=1e-9)
