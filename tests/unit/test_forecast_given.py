"""Observations from a file pass the quality control of the service before they are rain."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data.rules_file import load_rules
from sim.forecast.given import NOTE_REJECTED, GivenRain, observed_rain
from tests.tiny_city import tiny_city
from tests.watch_case import START

CITY = tiny_city()
RULES = load_rules()


def given(tmp_path: Path, r1: list[float], r2: list[float], extra: str = "") -> GivenRain:
    """Rain (mm in 5 min) of both gauges from START on."""
    rows = [
        f"{name},{(START + timedelta(minutes=5 * (k + 1))).isoformat()},{value}"
        for name, values in (("R1", r1), ("R2", r2))
        for k, value in enumerate(values)
    ]
    file = tmp_path / "rain.csv"
    file.write_text("\n".join(["sensor,time,value", *rows]) + "\n" + extra, encoding="utf-8")
    return observed_rain(file, CITY, START + timedelta(minutes=5 * len(r1)), None, 10800.0, RULES)


def fallen_mm(rain: GivenRain) -> float:
    now_s = (rain.time - rain.epoch).total_seconds()
    return 1000.0 * float(rain.observed.depth_until(now_s)[0].mean())


def test_good_rows_are_rain_and_nothing_is_said(tmp_path: Path) -> None:
    rain = given(tmp_path, [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert fallen_mm(rain) == pytest.approx(6.0, abs=1e-6)
    assert rain.sensors_used == 2
    assert rain.sensors_silent == ()
    assert NOTE_REJECTED not in rain.notes


def test_a_value_that_no_sky_can_send_is_left_out_and_said(tmp_path: Path) -> None:
    rain = given(tmp_path, [1.0, 900.0, 3.0], [1.0, 2.0, 3.0])
    assert fallen_mm(rain) == pytest.approx(6.0, abs=1e-6)  # what the other gauge saw of those minutes
    assert NOTE_REJECTED in rain.notes


def test_a_row_sent_twice_counts_once_and_a_gauge_that_fell_silent_is_named(tmp_path: Path) -> None:
    twice = f"R1,{(START + timedelta(minutes=5)).isoformat()},1.0\n"
    rain = given(tmp_path, [1.0] + [2.0, 2.5] * 24, [1.0], twice)
    assert rain.sensors_silent == ("R2",)
    assert NOTE_REJECTED not in rain.notes


def test_what_lies_after_the_cycle_is_not_known_yet(tmp_path: Path) -> None:
    later = f"R1,{(START + timedelta(minutes=60)).isoformat()},900.0\n"
    assert NOTE_REJECTED not in given(tmp_path, [1.0, 2.0], [1.0, 2.0], later).notes
