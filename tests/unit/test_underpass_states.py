"""Closures of underpasses over time: closed above one depth, opened below another, more than once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.underpass_states import Closure, underpass_closures
from tests.tiny_city import tiny_city
from tests.watered_city import watered_city

CITY = watered_city()  # both close above 0.3 m and open below 0.05 m
STEP_S = 300.0


def _closures(*series: list[float]) -> list[Closure]:
    depth = np.array(series).T
    return underpass_closures(CITY, STEP_S * np.arange(len(depth)), depth)


def test_closed_reopened_and_closed_again() -> None:
    """0.3 m does not close, 0.05 m does not open; the second underpass closes in between and stays so."""
    first = [0.0, 0.3, 0.31, 0.2, 0.05, 0.31, 0.04, 0.2, 0.5, 0.0]
    second = [0.0, 0.0, 0.0, 0.0, 0.4, 0.6, 0.6, 0.3, 0.1, 0.06]
    assert _closures(first, second) == [
        Closure(0, 600.0, 1800.0),
        Closure(1, 1200.0, None),
        Closure(0, 2400.0, 2700.0),
    ]


def test_water_there_at_the_start_closes_at_once_and_a_dry_one_never() -> None:
    assert _closures([0.5, 0.0], [0.0, 0.0]) == [Closure(0, 0.0, 300.0)]
    assert underpass_closures(tiny_city(), np.zeros(3), np.zeros((3, 0))) == []


def test_an_underpass_that_opens_only_when_dry_does_open() -> None:
    assert CITY.underpasses is not None
    city = replace(CITY, underpasses=CITY.underpasses.assign(reopen_depth_m=0.0))
    depth = np.array([[0.4, 0.01, 0.0], [0.0] * 3]).T
    assert underpass_closures(city, STEP_S * np.arange(3), depth) == [Closure(0, 0.0, 600.0)]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_closures_of_one_underpass_follow_each_other(series: list[float]) -> None:
    """Each begins above the one depth and ends below the other; while none holds the water is not deeper."""
    found = _closures(series, [0.0] * len(series))
    shut = np.zeros(len(series), bool)
    end = -1.0
    for closure in found:
        assert closure.closed_s > end
        assert series[round(closure.closed_s / STEP_S)] > 0.3
        end = np.inf if closure.reopened_s is None else closure.reopened_s
        assert end > closure.closed_s
        if closure.reopened_s is not None:
            assert series[round(end / STEP_S)] < 0.05
        shut |= (STEP_S * np.arange(len(series)) >= closure.closed_s) & (STEP_S * np.arange(len(series)) < end)
    assert (np.array(series)[~shut] <= 0.3).all()
    assert (np.array(series)[shut] >= 0.05).all()
