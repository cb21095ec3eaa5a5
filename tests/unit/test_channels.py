"""Channels that work, that are down for a time, and neighbours who tell each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.behaviour.channels import (
    EVERYWHERE,
    Channel,
    ChannelDown,
    down_windows,
    heard_s,
    heard_share,
    worked_for,
    working_until,
)
from sim.behaviour.contagion import Bass, spread
from sim.departure import Weibull
from tests.behaviour_case import ALL, APP, BROADCAST

UNITS = np.arange(200_000)
moment = st.floats(0.0, 10_000.0)


@st.composite
def failures(draw: st.DrawFn) -> list[ChannelDown]:
    spans = draw(st.lists(st.tuples(moment, st.floats(0.0, 5000.0)), max_size=4))
    return [ChannelDown("app", draw(st.sampled_from([EVERYWHERE, 0, 1])), at, at + long) for at, long in spans]


def test_windows_that_overlap_are_one() -> None:
    given = [
        ChannelDown("app", 0, 100.0, 200.0), ChannelDown("app", EVERYWHERE, 150.0, 300.0),
        ChannelDown("app", 1, 10.0, 20.0), ChannelDown("door", 0, 5.0), ChannelDown("app", 0, 400.0),
        ChannelDown("app", 0, 50.0, 50.0),
    ]  # fmt: skip
    assert down_windows("app", 0, given) == ((100.0, 300.0), (400.0, np.inf))
    assert down_windows("app", 1, given) == ((10.0, 20.0), (150.0, 300.0))
    assert down_windows("television", 0, given) == ()


def test_the_clock_of_a_channel_stands_still_while_it_is_down() -> None:
    """Down from 100 to 160 s: who would have heard at 90, 100 or 130 s hears at 90, 160 and 190 s; at last, never."""
    delay = np.array([40.0, 50.0, 80.0])
    assert working_until(50.0, delay, ((100.0, 160.0),)).tolist() == [90.0, 160.0, 190.0]
    assert working_until(50.0, delay, ((20.0, 60.0),)).tolist() == [100.0, 110.0, 140.0]
    assert working_until(50.0, delay, ((0.0, 50.0),)).tolist() == [90.0, 100.0, 130.0]
    assert working_until(50.0, delay, ((95.0, np.inf),)).tolist() == [90.0, np.inf, np.inf]


@given(failures(), moment, st.lists(st.floats(0.0, 20_000.0), min_size=1))
@settings(max_examples=150, deadline=None)
def test_time_worked_undoes_time_waited(down: list[ChannelDown], start: float, delays: list[float]) -> None:
    """Exact but for the rounding of sums near 5e4 s: 1e-9 relative."""
    windows = down_windows("app", 0, down)
    when = working_until(start, np.array(delays), windows)
    assert worked_for(start, when, windows) == pytest.approx(delays, abs=5e-5)
    assert (when >= start + np.array(delays)).all()
    assert not any(((when >= a) & (when < b)).any() for a, b in windows)


@pytest.mark.parametrize("windows", [(), ((600.0, 1800.0),), ((0.0, 300.0), (900.0, np.inf))])
def test_hearing_is_drawn_from_its_curve(windows: tuple[tuple[float, float], ...]) -> None:
    """Distance of 200,000 draws from the curve below 0.005: a true sample exceeds it once in 10,000."""
    heard = np.sort(heard_s(BROADCAST, 200.0, UNITS, windows, 5))
    times = np.arange(0.0, 6000.0, 7.0)
    drawn = np.searchsorted(heard, times, side="right") / len(UNITS)
    assert np.abs(drawn - heard_share(BROADCAST, 200.0, times, windows)).max() < 0.005


@given(failures(), moment, st.floats(0.0, 3000.0))
@settings(max_examples=60, deadline=None)
def test_a_failure_more_never_makes_anybody_hear_earlier(down: list[ChannelDown], at: float, long: float) -> None:
    more = [*down, ChannelDown("app", EVERYWHERE, at, at + long)]
    before, after = (heard_s(APP, 300.0, UNITS[:500], down_windows("app", 0, some), 1) for some in (down, more))
    assert (after >= before - 1e-9).all()
    assert np.array_equal(after[before < at], before[before < at])


def test_contagion_alone_is_the_bass_curve() -> None:
    """A channel for everybody with constant rate p and contagion q: Rogers and Sorensen's equation, whose solution is
    the logistic form of Bass. Trapezoid rule at 60 s with p + q = 1.5e-3 / s: (0.09)^2 / 12 < 7e-4.
    """
    p, q = 5e-4, 1e-3
    radio = Channel("broadcast", 1.0, 0.0, Weibull(1.0 / p, 1.0))
    here = spread((radio,), ((),), q, 500.0)
    assert np.abs(here.reached - Bass(p, q).share(here.time_s - 500.0)).max() < 7e-4
    alone = spread((radio,), ((),), 0.0, 500.0)
    assert np.abs(alone.reached - radio.curve.share(alone.time_s - 500.0)).max() < 1e-12


@given(st.floats(1e-5, 1e-2), st.floats(0.0, 1e-2), st.floats(0.0, 0.999))
@settings(max_examples=100, deadline=None)
def test_the_bass_curve_and_its_inverse(p: float, q: float, share: float) -> None:
    """And its equation dP/dt = (p + q P)(1 - P), by a central difference over a thousandth of its own time."""
    curve = Bass(p, q)
    at = curve.delay(np.array([share]))
    assert curve.share(at)[0] == pytest.approx(share, abs=1e-9)
    step = 1e-3 / (p + q)
    rate = (curve.share(at + 2 * step) - curve.share(at))[0] / (2 * step)
    middle = curve.share(at + step)[0]
    assert rate == pytest.approx((p + q * middle) * (1.0 - middle), rel=1e-4, abs=1e-12)


def test_told_by_neighbours_follows_the_hazard() -> None:
    here = spread(ALL, ((),) * 4, 0.001, 0.0)
    drawn = np.linspace(0.0, 0.95, 50)
    told = here.told_s(drawn)
    assert 1.0 - np.exp(-np.interp(told, here.time_s, here.hazard)) == pytest.approx(drawn, abs=1e-9)
    assert (np.diff(told) > 0.0).all()


def test_where_no_channel_reaches_nobody_tells_anybody() -> None:
    dead = tuple(Channel(channel.name, 0.0, 0.0, channel.curve) for channel in ALL)
    for channels, windows in ((dead, ((),) * 4), (ALL, (((0.0, np.inf),),) * 4), ((), ())):
        here = spread(channels, windows, 0.01, 0.0)
        assert not here.reached.any()
        assert np.isinf(here.told_s(np.array([0.0, 0.5, 0.999]))).all()


def test_bad_channels() -> None:
    with pytest.raises(ValueError, match="coverage"):
        Channel("app", 1.1, 0.0, Weibull(1.0, 1.0))
    with pytest.raises(ValueError, match="dispatch_s"):
        Channel("app", 1.0, float("nan"), Weibull(1.0, 1.0))
    with pytest.raises(ValueError, match="broadcast_per_s"):
        Bass(0.0, 1.0)
