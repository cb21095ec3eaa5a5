"""From an order to the road: who is reached, by whom, who leaves when, who stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.behaviour.channels import CHANNELS, EVERYWHERE, Channel, ChannelDown
from sim.behaviour.decisions import (
    NOBODY,
    Answer,
    Behaviour,
    answer_order,
    leave_delay,
    reach_over_time,
)
from sim.behaviour.people import COMPLY, REFUSE, SHADOW, Population, make_units
from sim.behaviour.rumours import rumour_units
from sim.departure import Rayleigh, Uniform, Weibull
from sim.movement.units import CAR, NO_SITE, WALK
from tests.behaviour_case import ALL, APP, BROADCAST, DOOR, behaviour, count_over_time, shares

UNITS = np.arange(20_000)
AREAS = UNITS % 3
WILLING = np.full(len(UNITS), COMPLY)
TIMES = np.arange(0.0, 7200.0, 60.0)

moment = st.floats(0.0, 7200.0)
down = st.lists(
    st.builds(
        lambda channel, area, at, long: ChannelDown(channel, area, at, at + long),
        st.sampled_from(CHANNELS),
        st.sampled_from([EVERYWHERE, 0, 1, 2]),
        moment,
        st.floats(0.0, 1e4) | st.just(np.inf),
    ),
    max_size=5,
)
contagion = st.sampled_from([0.0, 2e-4, 2e-3])


def _answer(
    chain: Behaviour,
    order_s: float = 600.0,
    failures: list[ChannelDown] | None = None,
    seed: int = 1,
    few: int = 20_000,
) -> Answer:
    return answer_order(chain, order_s, UNITS[:few], AREAS[:few], WILLING[:few], failures or (), seed=seed)


def _never_later(first: np.ndarray, second: np.ndarray) -> bool:
    """Times of the first are never later than those of the second; 1e-6 s for the rounding of interpolation."""
    return bool((first <= second + 1e-6).all())


@given(st.lists(st.sampled_from(ALL), unique=True, max_size=3), down, contagion, st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_a_channel_more_never_warns_anybody_later(
    channels: list[Channel], failures: list[ChannelDown], told: float, seed: int
) -> None:
    more = [*channels, *(channel for channel in ALL if channel not in channels)][: len(channels) + 1]
    few, many = (
        _answer(behaviour(*some, contagion_per_s=told), failures=failures, seed=seed, few=300)
        for some in (channels, more)
    )
    assert _never_later(many.reached_s, few.reached_s)
    assert _never_later(many.leaves_s, few.leaves_s)


@given(down, down, contagion)
@settings(max_examples=60, deadline=None)
def test_a_failure_more_never_warns_anybody_earlier_and_leaves_the_past_alone(
    failures: list[ChannelDown], others: list[ChannelDown], told: float
) -> None:
    """Who had heard before the first of the other failures began has the same time: a minute of the spread's steps
    later, since neighbours are counted by the step.
    """
    chain = behaviour(*ALL, contagion_per_s=told)
    before, after = (_answer(chain, failures=some, few=300) for some in (failures, [*failures, *others]))
    assert _never_later(before.reached_s, after.reached_s)
    begins = min((failure.from_s for failure in others), default=np.inf)
    past = before.reached_s <= begins - 60.0
    assert np.array_equal(before.reached_s[past], after.reached_s[past])
    assert np.array_equal(before.leaves_s[past], after.leaves_s[past])
    assert np.array_equal(before.by[past], after.by[past])


@given(st.floats(0.0, 5000.0), contagion)
@settings(max_examples=30, deadline=None)
def test_an_order_earlier_by_a_minute_is_heard_a_minute_earlier(order_s: float, told: float) -> None:
    chain = behaviour(*ALL, contagion_per_s=told)
    first, later = (_answer(chain, order_s=at, few=300) for at in (order_s, order_s + 60.0))
    assert later.reached_s - 60.0 == pytest.approx(first.reached_s, abs=1e-6)
    assert np.array_equal(first.by, later.by)


def test_units_answer_alone_in_any_order() -> None:
    """Whoever else is asked, and in whatever order, a unit gives the same answer."""
    chain = behaviour(*ALL)
    failures = [ChannelDown("app", 1, 900.0, 2000.0)]
    all_of_them = _answer(chain, failures=failures)
    chosen = np.array([7, 19_999, 3, 1200])
    few = answer_order(chain, 600.0, chosen, AREAS[chosen], WILLING[chosen], failures, seed=1)
    for name in ("reached_s", "by", "leaves_s"):
        assert np.array_equal(getattr(few, name), getattr(all_of_them, name)[chosen])


@pytest.mark.parametrize("told", [0.0, 5e-4, 2e-3])
def test_units_are_reached_along_the_expected_curve(told: float) -> None:
    """Distance of 20,000 draws below 0.014: a true sample exceeds it once in 1,300."""
    chain = behaviour(*ALL, contagion_per_s=told)
    failures = [ChannelDown("broadcast", 0, 700.0, 2000.0), ChannelDown("app", EVERYWHERE, 800.0)]
    unit = np.arange(20_000)
    answer = answer_order(chain, 600.0, unit, np.zeros(len(unit), int), np.zeros(len(unit)), failures, seed=2)
    drawn = count_over_time(answer.reached_s, np.ones(len(unit)), TIMES) / len(unit)
    assert np.abs(drawn - reach_over_time(chain, 600.0, 0, failures, TIMES)).max() < 0.014
    assert drawn[-1] > 0.5


def test_without_neighbours_the_uncovered_are_never_reached() -> None:
    """Coverage 0.7 and 0.6, independent: 0.3 x 0.4 = 12 % hear nothing; 20,000 draws, five standard deviations."""
    answer = _answer(behaviour(APP, BROADCAST, contagion_per_s=0.0))
    missed = np.isinf(answer.reached_s)
    assert abs(missed.mean() - 0.12) < 5 * np.sqrt(0.12 * 0.88 / len(UNITS))
    assert (answer.by[missed] == NOBODY).all()
    assert np.isinf(answer.leaves_s[missed]).all()
    assert set(answer.by[~missed].tolist()) == {0, 1}
    told = _answer(behaviour(APP, BROADCAST, contagion_per_s=1e-3))
    assert np.isfinite(told.reached_s).all()
    assert set(told.by[missed].tolist()) == {2}


def test_a_hole_in_every_channel_reaches_nobody_there() -> None:
    failures = [ChannelDown(channel, 1, 0.0) for channel in CHANNELS]
    answer = _answer(behaviour(*ALL), failures=failures)
    assert np.isinf(answer.reached_s[AREAS == 1]).all()
    assert np.isfinite(answer.reached_s[AREAS != 1]).all()
    whole = _answer(behaviour(*ALL))
    assert np.array_equal(whole.reached_s[AREAS != 1], answer.reached_s[AREAS != 1])


def test_who_refuses_is_reached_and_stays() -> None:
    intent = np.where(UNITS % 4 == 0, REFUSE, np.where(UNITS % 4 == 1, SHADOW, COMPLY))
    chain = behaviour(*ALL)
    answer = answer_order(chain, 600.0, UNITS, AREAS, intent, seed=1)
    assert np.isfinite(answer.reached_s).all()
    assert np.array_equal(np.isinf(answer.leaves_s), intent == REFUSE)
    assert np.array_equal(answer.reached_s, _answer(chain).reached_s)


def test_the_chain_before_the_channels_delays_all_alike() -> None:
    """Warning issuance: order, communication, issuance, dispatch, in this order and all of them."""
    quick, slow = (
        _answer(behaviour(APP, contagion_per_s=0.0, communication_s=c, issuance_s=i)) for c, i in ((0, 0), (90, 300))
    )
    reached = np.isfinite(quick.reached_s)
    assert slow.reached_s[reached] == pytest.approx(quick.reached_s[reached] + 390.0, abs=1e-6)
    assert quick.reached_s.min() >= 660.0


def test_leave_delay_is_the_quantile_of_those_who_leave() -> None:
    """Quantiles of 20,000 draws: a standard deviation of sqrt(p (1 - p) / n) in the share, some 8 s at the median and
    15 s at 95 %; four of them.
    """
    chain = behaviour(*ALL, communication_s=120.0)
    answer = _answer(chain, order_s=0.0)
    left = answer.leaves_s[np.isfinite(answer.leaves_s)]
    assert leave_delay(chain, 0.5) == pytest.approx(np.quantile(left, 0.5), abs=32.0)
    assert leave_delay(chain, 0.95) == pytest.approx(np.quantile(left, 0.95), abs=60.0)
    assert leave_delay(behaviour(), 0.5) == np.inf


def test_bad_chains() -> None:
    with pytest.raises(ValueError, match="differ"):
        behaviour(APP, APP)
    with pytest.raises(ValueError, match="issuance_s"):
        behaviour(APP, issuance_s=-1.0)


# Rumours


def _rumour(share: float, until_s: float = np.inf, **given: float) -> tuple[Population, np.ndarray]:
    persons = np.array([300, 0, 41, 999])
    return rumour_units(
        "dam", 1000.0, np.arange(4), persons, share, shares(4, **given), Weibull(900.0, 1.0), Rayleigh(300.0),
        seed=4, until_s=until_s,
    )  # fmt: skip


@given(st.floats(0.0, 1.0))
@settings(max_examples=50, deadline=None)
def test_a_rumour_moves_its_share_of_whole_people(share: float) -> None:
    """To the nearest person, whatever the shares of those who comply with orders or leave early."""
    moved, leaves = _rumour(share, compliance=0.3, shadow=0.5, bus=0.4, car=0.2, impaired=0.3, assisted=0.5)
    units = moved.units
    assert abs(int(units.persons.sum()) - 1340 * share) <= 0.5 + 1e-6
    assert len(leaves) == moved.count == units.room
    assert set(units.mode.tolist()) <= {WALK, CAR}
    assert (units.site == NO_SITE).all()
    assert (leaves > 1000.0).all()
    assert (moved.intent == COMPLY).all()


def test_a_rumour_put_right_moves_only_those_who_had_heard_it() -> None:
    """Along 1 - exp(-t/900): after 900 s a share of 1 - 1/e; 1,340 draws, four standard deviations."""
    every, leaves = _rumour(1.0)
    some, early = _rumour(1.0, until_s=1900.0)
    assert abs(some.count / every.count - (1.0 - np.exp(-1.0))) < 4 * np.sqrt(0.25 / every.count)
    assert set(early.tolist()) <= set(leaves.tolist())
    assert _rumour(1.0, until_s=1000.0)[0].count == 0


def test_rumours_have_draws_of_their_own() -> None:
    """For hearing of it and for getting ready, each of which is tested with the other over at once."""
    at_once = Uniform(0.0, 1e-9)
    for curves in ((at_once, Rayleigh(300.0)), (Rayleigh(300.0), at_once)):
        dam, gas = (
            rumour_units(name, 0.0, np.arange(1), np.array([50]), 1.0, shares(1), *curves, seed=4)[1]
            for name in ("dam", "gas")
        )
        assert not np.isclose(dam, gas).any()


def test_order_and_units_fit_together() -> None:
    """Units of a population answer an order: everybody but those who refuse leaves, person by person."""
    made = make_units(np.arange(4), np.zeros(4, int), np.array([50, 7, 0, 443]), shares(4, compliance=0.8), seed=1)
    area = made.units.block[: made.count] % 2
    answer = answer_order(behaviour(DOOR), 0.0, np.arange(made.count), area, made.intent, seed=1)
    assert count_over_time(answer.leaves_s, made.units.persons[: made.count], np.array([1e6]))[0] == 400
