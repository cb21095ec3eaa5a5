"""Towradgi Creek 1998, minute by minute through quality control, gauges, nowcast, members and verification.

The figures are those of docs/forecast-verification.md: who changes how rain is forecast sees here what it does.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
import pytest

from data.rules_file import load_rules
from hazards import RainForcing, rain_signal_series
from sim.forecast.join_rain import join_rain
from sim.forecast.members import member_terms, rain_members
from sim.forecast.rain_ahead import nowcast_terms, persistence
from sim.forecast.reliability import brier, reliability_table
from sim.forecast.verification import event_gap_s, verification_table
from sim.observing.gauge_weights import gauge_terms
from sim.observing.gauges import GaugeNet, leave_one_out
from sim.observing.intake import sensor_book
from sim.observing.observation import Observation
from sim.observing.quality import judge, quality_terms
from sim.observing.quality_memory import QualityMemory
from sim.observing.silence import silent_sensors
from sim.warnings import rain_signals
from tests.real.towradgi_case import (
    CITY,
    EPOCH,
    HORIZON_S,
    HOUR,
    LEVEL,
    Replay,
    all_minutes_mm,
    at_gauges,
    catchment_grid,
    colours,
    colours_ahead,
    gauge_field,
    matches_of,
    observed_rain,
    replay,
    storm,
)

RULES = load_rules()
SIGNALS = rain_signals(RULES)


def _said(name: str, minute: int, mm: float) -> Observation:
    at = EPOCH + timedelta(minutes=minute + 1)
    return Observation(name, "rain", at, mm, at + timedelta(seconds=20))


def test_the_real_series_pass_quality_control_unmarked() -> None:
    """62 gauges, a day by the minute, up to 210 mm/h: no true value is taken for a fault."""
    book = sensor_book(storm().sensors)
    series = all_minutes_mm()
    assert len(series) == 62
    nearest = next(iter(book.values()))
    for name in series.keys() - book.keys():  # 13 series have no polygon: judged alone
        book[name] = type(nearest)(name, "rain", 60.0, 1e9 + 1e6 * len(book), 0.0)
    terms, memory, marks = quality_terms(RULES), QualityMemory(), {"good": 0}
    count = len(next(iter(series.values())))
    for start in range(0, count, 10):
        batch = [_said(n, k, s[k]) for n, s in series.items() for k in range(start, min(start + 10, count))]
        judged, memory = judge(batch, book, memory, terms)
        for one in judged:
            marks[one.quality] = marks.get(one.quality, 0) + 1
    assert marks == {"good": 62 * count}
    assert silent_sensors(book, memory, EPOCH + timedelta(minutes=count), terms) == ()


def test_faults_put_into_the_real_series_are_found() -> None:
    """A blocked, a stuck and a spiking gauge, a late and a doubled row: each is marked, its neighbours are not."""
    names, book, terms = storm().names, sensor_book(storm().sensors), quality_terms(RULES)
    wet = range(300, 480)  # five to eight hours in: the first burst
    rain = {name: storm().minutes_mm[:, k].copy() for k, name in enumerate(names)}
    blocked, stuck, wild = names[5], names[15], names[25]
    rain[blocked][:480] = 0.0
    rain[stuck][300:480] = 0.4
    calm = 300 + int(np.argmin(storm().minutes_mm[300:480].max(axis=1)))
    rain[wild][calm] = 9.0  # 540 mm/h while nobody has much
    batch = [_said(name, k, rain[name][k]) for k in range(240, wet.stop) for name in names]
    judged, _ = judge(batch, book, QualityMemory(), terms)
    marked = {(one.sensor, one.quality) for one in judged if one.quality != "good"}
    assert marked == {(blocked, "stuck"), (stuck, "stuck"), (wild, "spike")}
    spikes = [one for one in judged if one.quality == "spike"]
    assert [one.time for one in spikes] == [EPOCH + timedelta(minutes=calm + 1)]
    found = [k for k, one in enumerate(judged) if one.sensor == blocked and one.quality == "stuck"]
    assert judged[found[0]].time < EPOCH + timedelta(minutes=390)


def _first(level: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """First minute of each colour or worse at each gauge, (4, gauges)."""
    return np.array([minutes[(level >= colour).argmax(axis=0)] / 60.0 for colour in (1, 2, 3, 4)])


def test_signals_come_at_the_right_minutes() -> None:
    """Observations, net and signals give each gauge the minutes of plain sums; kriging is some minutes off."""
    minutes = 60.0 * np.arange(1, len(storm().minutes_mm))
    plain = np.zeros((len(minutes), len(storm().names)), np.uint8)
    fallen = np.cumsum(storm().minutes_mm, axis=0)
    for signal in SIGNALS:
        window = round(signal.window_s / 60.0)
        sums = fallen - np.vstack([np.zeros((window, fallen.shape[1])), fallen[:-window]])
        met = (sums[:-1] >= 1000.0 * signal.sum_m - 1e-9) & (storm().minutes_mm[1:] > 0.0)
        plain[met & (plain < signal.level)] = signal.level
    right = _first(plain, minutes)
    own = _first(colours(observed_rain(), minutes, SIGNALS), minutes)
    np.testing.assert_array_equal(own, right)
    through = RainForcing(*_nearest_gauge_rain())
    np.testing.assert_array_equal(_first(colours(through, minutes, SIGNALS), minutes), right)
    off = _first(colours(at_gauges(gauge_field().rain), minutes, SIGNALS), minutes) - right
    assert np.median(np.abs(off)) <= 2.0
    assert np.percentile(np.abs(off), 90) <= 20.0


def _nearest_gauge_rain() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The way of the service with blocks so small that each gauge has its own and takes its own rain."""
    terms = gauge_terms(RULES)
    fine = type(terms)(**{**vars(terms), "method": "nearest", "block_m": 50.0})
    net = GaugeNet(catchment_grid(), storm().sensors, fine)
    found = net.rain(storm().frame, EPOCH, EPOCH, EPOCH + timedelta(seconds=storm().end_s)).rain
    cells = catchment_grid().cell_of(*storm().places.T)
    assert found.zone is not None
    zone = np.arange(len(storm().names), dtype=np.uint16).reshape(1, -1)
    return found.edges_s, found.rates_m_s[:, found.zone[cells]], zone


def test_gauges_left_out_in_turn() -> None:
    """Kriging beats inverse distance and the nearest gauge, and its standard error says how far off it is."""
    rates = 60.0 * storm().minutes_mm
    base = gauge_terms(RULES)
    found = {
        method: leave_one_out(rates, storm().places, type(base)(**{**vars(base), "method": method}))
        for method in ("kriging", "inverse_distance", "nearest")
    }
    rmse = {method: one["rmse"] for method, one in found.items()}
    assert rmse["kriging"] == pytest.approx(5.42, abs=0.1)  # mm/h by the minute
    assert rmse["inverse_distance"] == pytest.approx(6.79, abs=0.1)
    assert rmse["nearest"] == pytest.approx(7.32, abs=0.1)
    assert abs(found["kriging"]["bias"]) < 0.05
    assert found["kriging"]["within_two"] > 0.85


def test_what_persistence_is_worth() -> None:
    """Sums of the hour ahead: better than expecting nothing; worth little for three hours, and too low by its decay."""
    rain, terms = observed_rain(), nowcast_terms(RULES)
    times = np.arange(HOUR, storm().end_s - HORIZON_S, 600.0)
    for horizon_s, below in ((HOUR, 0.88), (HORIZON_S, 0.88)):
        true = np.array([(rain.depth_until(t + horizon_s) - rain.depth_until(t))[0] for t in times])
        said = np.array([persistence(rain, t, horizon_s, terms).depth_until(1e9)[0] for t in times])
        nothing = np.sqrt((true**2).mean())
        assert np.sqrt(((said - true) ** 2).mean()) < below * nothing
        assert -0.5 * true.mean() < (said - true).mean() < 0.0


@cache
def _replay() -> Replay:
    return replay(members=10)


def test_the_shortcut_of_the_replay_is_the_signal_of_joined_rain() -> None:
    """At one moment: known and member summed apart are what the joined rain gives the warning rules."""
    now = 5.5 * HOUR
    known = gauge_field().rain.until(now)
    ahead = persistence(known, now, HOUR, nowcast_terms(RULES))
    members = rain_members(ahead, catchment_grid(), now, member_terms(RULES), 1, "c", 2)
    times = now + 300.0 * np.arange(1, 13) - 1.0
    quick = colours_ahead(at_gauges(known), tuple(at_gauges(m) for m in members), times, SIGNALS)
    for one, member in zip(quick, members, strict=True):
        series = rain_signal_series(at_gauges(join_rain(known, member, now)), times, SIGNALS, 0.0)
        np.testing.assert_array_equal(one, series.level)


def test_warnings_come_before_the_rain_sums_do() -> None:
    """Of 49 gauges each colour is warned of in time at all but one or two, which without a forecast are few."""
    table = verification_table(matches_of(_replay(), event_gap_s(RULES))).set_index(["level", "colour"])
    unforeseen = verification_table(matches_of(replay(members=0), event_gap_s(RULES))).set_index(["level", "colour"])
    events = table[["hits", "late", "misses"]].sum(axis=1)
    assert (events.loc[LEVEL] == 49).all()
    assert (events.loc[CITY] == 1).all()
    assert (table.loc[LEVEL, "pod"] >= 0.9).all()
    assert (unforeseen.loc[LEVEL, "pod"] <= 0.3).all()
    assert (table.loc[CITY, "pod"] == 1.0).all()
    assert (table.loc[CITY, "lead_median_min"] >= 20.0).all()
    assert table.loc[(LEVEL, "blue"), "lead_median_min"] >= 30.0
    assert table.loc[(LEVEL, "red"), "lead_median_min"] >= 10.0
    assert (table.loc[LEVEL, "far"] <= 0.8).all()  # persistence in a storm of two bursts: see the page


def test_probabilities_say_more_than_the_base_rate() -> None:
    """Of a yellow and a red that are not there yet; the table counts every forecast once."""
    found = _replay()
    for colour in (2, 4):
        new = found.now < colour
        p, came = found.probability[:, :, colour - 1][new], (found.came >= colour)[new]
        score = brier(p, came, 10)
        assert score.skill > 0.05
        assert score.resolution > score.reliability
        table = reliability_table(np.full(p.size, colour), p, came, 10)
        assert table["forecasts"].sum() == p.size
        held = table[table["forecasts"] >= 50]
        assert held["observed"].iloc[-1] > held["observed"].iloc[0] + 0.3
