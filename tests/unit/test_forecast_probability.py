"""The colour to warn of: probable enough, or there now."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sim.forecast.probability import outcome, people_range, planned_member, probabilities

WARN = (0.5, 0.5, 0.4, 0.3)


def test_red_is_warned_of_from_three_of_ten() -> None:
    """Ten members, three reach red at step 2, the rest stay blue: red, at step 2, with probability 0.3."""
    level = np.ones((10, 4, 1), np.uint8)
    level[:3, 2:] = 4
    people = np.arange(10.0)[:, None]
    found = outcome(level, people, level[0, 0] * 0, WARN)
    assert found.colour.tolist() == [4]
    assert found.onset.tolist() == [2]
    assert found.probability[0].tolist() == [1.0, 0.3, 0.3, 0.3]
    assert found.example.tolist() == [1]  # the middle one of the three

    level[2] = 1
    assert outcome(level, people, np.zeros(1, np.uint8), WARN).colour.tolist() == [1]


def test_what_is_there_now_is_warned_of_whatever_the_members_say() -> None:
    level = np.zeros((4, 3, 2), np.uint8)
    found = outcome(level, np.zeros((4, 2)), np.array([3, 0], np.uint8), WARN)
    assert found.colour.tolist() == [3, 0]
    assert found.onset.tolist() == [0, -1]


def test_members_may_reach_a_colour_at_different_times() -> None:
    """Orange needs 40 %: one of four is not enough at step 1, two of four are at step 3."""
    level = np.zeros((4, 5, 1), np.uint8)
    level[0, 1] = 3  # and falls again
    level[1, 3] = 3
    found = outcome(level, np.zeros((4, 1)), np.zeros(1, np.uint8), WARN)
    assert (found.colour[0], found.onset[0]) == (3, 3)


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(1, 3)), elements=st.integers(0, 4)),
    st.randoms(use_true_random=False),
)
def test_order_of_members_changes_no_colour(level: np.ndarray, random: object) -> None:
    members = level.shape[0]
    order = list(range(members))
    random.shuffle(order)  # type: ignore[attr-defined]
    people = np.zeros((members, level.shape[2]))
    now = level[0, 0]
    one, other = outcome(level, people, now, WARN), outcome(level[order], people, now, WARN)
    assert one.colour.tolist() == other.colour.tolist()
    assert one.onset.tolist() == other.onset.tolist()
    assert (one.colour >= now).all()
    assert (np.diff(one.probability, axis=1) <= 0.0).all()
    assert np.array_equal(one.probability, probabilities(level))
    assert ((one.onset >= 0) == (one.colour > 0)).all()


@given(arrays(np.uint8, (4, 3, 2), elements=st.integers(0, 4)), st.integers(0, 3))
def test_a_worse_member_never_lowers_a_colour(level: np.ndarray, member: int) -> None:
    worse = level.copy()
    worse[member] = 4
    now, people = np.zeros(2, np.uint8), np.zeros((4, 2))
    assert (outcome(worse, people, now, WARN).colour >= outcome(level, people, now, WARN).colour).all()


def test_people_of_the_members() -> None:
    mean, spread = people_range(np.array([[0.0], [10.0], [20.5]]), (10.0, 90.0))
    assert mean.tolist() == [11]
    assert spread.tolist() == [[2, 19]]


def test_the_plan_is_made_for_a_bad_member_but_not_the_worst() -> None:
    assert planned_member(np.array([5.0, 1.0, 9.0, 3.0, 7.0, 2.0, 8.0, 4.0, 6.0, 0.0]), 70.0) == 8  # 6 people
    assert planned_member(np.array([3.0]), 70.0) == 0
