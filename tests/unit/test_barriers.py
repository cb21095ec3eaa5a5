"""Roads barred by orders and mishaps: the later order counts, and no order clears a mishap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.command.barriers import Barriers

A, B = np.array([0, 1]), np.array([1, 2])


def _walk_car(barriers):
    links = barriers.links
    return links[:3].tolist(), links[3:].tolist()


def test_nothing_is_barred_before_a_crew_has_been_there():
    barriers = Barriers(3)
    barriers.order(A, True)
    assert _walk_car(barriers) == ([False] * 3, [False] * 3)
    barriers.carry_out(A, True)
    assert _walk_car(barriers) == ([True, True, False], [True, True, False])


def test_of_two_orders_the_later_counts_whoever_is_there_first():
    barriers = Barriers(3)
    barriers.order(A, True)
    barriers.order(B, False)
    assert barriers.carry_out(B, False).tolist() == [1, 2]
    assert barriers.carry_out(A, True).tolist() == [0]  # the crew of the first order leaves edge 1 open
    assert _walk_car(barriers)[0] == [True, False, False]


def test_a_road_may_be_barred_to_cars_alone():
    barriers = Barriers(3)
    barriers.order(A, True)
    barriers.carry_out(A, True, by_car_only=True)
    assert _walk_car(barriers) == ([False] * 3, [True, True, False])
    barriers.order(A, False)
    barriers.carry_out(A, False)
    assert _walk_car(barriers) == ([False] * 3, [False] * 3)


@given(st.permutations(["block", "block again", "clear", "clear again", "close", "open"]))
def test_a_road_is_open_to_all_only_without_order_and_mishap(steps):
    barriers, blocked, ordered = Barriers(3), 0, False
    for step in steps:
        if step.startswith(("block", "clear")):
            begins = step.startswith("block")
            barriers.block(A, begins)
            blocked += 1 if begins else -1
        else:
            ordered = step == "close"
            barriers.order(A, ordered)
            barriers.carry_out(A, ordered)
        assert barriers.links[0] == (blocked > 0 or ordered)
        assert not barriers.links[2]
