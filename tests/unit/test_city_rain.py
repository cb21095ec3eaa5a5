"""The rain of a cycle: what gauges would send of a storm comes back as that storm, and wetness is handed on exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from data.rules_file import load_rules
from hazards import uniform_rain
from sim.forecast.city_rain import CityRain, KeptWetness
from sim.observing.stream import gauge_stream
from sim.observing.wetness import wetness, wetness_terms
from tests.tiny_city import tiny_city
from tests.watch_case import START

CITY = tiny_city()
RULES = load_rules()
HORIZON_S = 3 * 3600.0
STORM = uniform_rain(np.array([0.0, 900.0, 3600.0, 7200.0]), np.array([2e-6, 8e-6, 1e-6]))


def _observations(dry_after_s: float = 0.0) -> pd.DataFrame:
    assert CITY.sensors is not None
    rows = gauge_stream(STORM, CITY.grid, CITY.sensors, START, dry_after_s)
    return pd.DataFrame(
        {
            "sensor": [row.sensor for row in rows],
            "time": pd.to_datetime([row.time for row in rows], utc=True),
            "value": [row.value for row in rows],
            "received": pd.to_datetime([row.time for row in rows], utc=True),
            "quality": "good",
        }
    )


def _until(frame: pd.DataFrame, moment) -> pd.DataFrame:
    return frame[frame["time"] <= moment]


def test_gauges_send_what_falls() -> None:
    rows = _observations(600.0)
    each = rows.groupby("sensor")["value"].sum()
    assert each.tolist() == pytest.approx([1e3 * float(STORM.depth_until(7200.0)[0, 0])] * 2, abs=1e-4)
    assert rows["time"].max() == START + timedelta(seconds=7800)


def test_what_gauges_send_is_the_storm_again() -> None:
    moment = START + timedelta(hours=2)
    now = CityRain(CITY, RULES).at(_observations(), moment, HORIZON_S, None)
    start_s = (START - now.epoch).total_seconds()
    for minute in (5, 15, 30, 60, 90, 120):
        seen = now.observed.depth_until(start_s + 60.0 * minute)
        assert seen == pytest.approx(float(STORM.depth_until(60.0 * minute)[0, 0]), abs=1e-7)
    assert now.sensors_used == 2
    assert now.notes == ("forecast.note.wetness_unknown",)


def test_wetness_handed_on_from_cycle_to_cycle_is_that_of_one_look() -> None:
    """The index is an integral: cut in pieces it is the same to rounding."""
    frame = _observations(0.0)
    rain = CityRain(CITY, RULES)
    kept = KeptWetness(START, 0.02)
    end = START + timedelta(hours=3)
    whole = rain.at(frame, end, HORIZON_S, kept).kept.index_m
    for minutes in range(10, 190, 10):
        moment = START + timedelta(minutes=minutes)
        kept = rain.at(_until(frame, moment), moment, HORIZON_S, kept).kept
    assert kept.time == end
    assert kept.index_m == pytest.approx(whole, rel=1e-9)


def _ground(index_m: float) -> float:
    return float(wetness(np.array(index_m), wetness_terms(RULES)))


def test_rain_of_the_analysis_does_not_wet_the_ground_before_it() -> None:
    """What falls on the water of the analysis is water there; the ground under it is that of its beginning."""
    rain = CityRain(CITY, RULES)
    moment = START + timedelta(hours=2)
    before = KeptWetness(moment - rain.look_back, 0.04)
    left = wetness_terms(RULES).recession
    dry = rain.at(_until(_observations(), START), moment, HORIZON_S, before)
    wet = rain.at(_observations(), moment, HORIZON_S, before)
    assert 0.0 < wet.wetness < 1.0
    assert dry.wetness == pytest.approx(_ground(0.04 * left), rel=1e-9)
    assert wet.wetness == pytest.approx(_ground(0.04 * left ** (22.0 / 24.0)), rel=1e-9)
    assert wet.kept.index_m > dry.kept.index_m


def test_rain_that_an_analysis_without_a_state_leaves_out_wets_the_ground() -> None:
    """A storm that was over ten hours ago is older than such an analysis begins, and must not be forgotten."""
    rain = CityRain(CITY, RULES)
    moment = START + timedelta(hours=12)
    known = KeptWetness(moment - rain.look_back, 0.02)
    after = rain.at(_observations(36000.0), moment, HORIZON_S, known)
    without = rain.at(_until(_observations(), START), moment, HORIZON_S, known)
    assert after.wetness > without.wetness
    assert after.wetness == pytest.approx(_ground(after.kept.index_m), rel=1e-9)


def test_a_supplied_forecast_that_is_over_is_replaced_and_said(tmp_path) -> None:
    moment = START + timedelta(hours=1)
    now = CityRain(CITY, RULES, tmp_path / "absent.nc").at(_observations(), moment, HORIZON_S, None)
    assert "forecast.note.supplied_unusable" in now.notes
    assert now.ahead.kind == "nowcast"


@pytest.mark.parametrize(("heard", "few"), [(1, True), (4, True), (5, False), (10, False), (0, True)])
def test_rain_that_rests_on_few_gauges_says_so(heard: int, few: bool) -> None:
    """Half of them is enough; one that was heard half an hour ago is not heard now."""
    assert CITY.sensors is not None
    city = replace(CITY, sensors=pd.concat([CITY.sensors[:1].assign(id=f"G{k}") for k in range(10)], ignore_index=True))
    moment = START + timedelta(hours=1)
    rows = [(f"G{k}", moment - timedelta(minutes=20 if k < heard else 30)) for k in range(10)]
    frame = pd.DataFrame(rows, columns=["sensor", "time"]).assign(value=3.2, quality="good")
    now = CityRain(city, RULES).at(frame.assign(received=frame["time"]), moment, HORIZON_S, None)
    assert (now.gauges.heard, now.gauges.all, now.gauges.few) == (heard, 10, few)
    assert ("forecast.note.gauges_few" in now.notes) == (few and heard > 0)
    assert now.sensors_used == 10
