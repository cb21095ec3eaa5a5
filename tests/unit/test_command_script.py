"""Orders and injects against a city: what cannot be carried out is told before anything runs."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import InputError
from sim.command.check import check_script
from tests.command_case import CITY, EAST, WEST, drill_setup, inject, order

PLACES = drill_setup(teams=True).places
UNTIL_S = 7200.0


def _check(*steps, places=PLACES):
    orders = [step for step in steps if not hasattr(step, "until_min")]
    check_script(places, orders, [step for step in steps if hasattr(step, "until_min")], UNTIL_S)


def test_what_the_city_has_can_be_ordered():
    _check(
        order("leave", 0, WEST), order("stay", 5, CITY), order("redirect", 5, "S1", to="S2"),
        order("close_road", 5, "R7"), order("send_buses", 5, EAST, count=1), order("bulletin", 5),
        inject("channel_down", 5, channel="app"), inject("team_lost", 5, "B1"), inject("rumour", 5, EAST, share=0.1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "place", "expected"),
    [
        (order("leave", 5, "510103"), "areas", "perhaps 51010"),
        (order("close_shelter", 5, "S9"), "shelters", "one of S1, S2, S3, S4"),
        (order("redirect", 5, "S1", to="S9"), "to", "S1"),
        (order("redirect", 5, "S1", to="S1"), "to", "another shelter"),
        (order("close_road", 5, "Main Street"), "roads", "R"),
        (order("close_underpass", 5, "U1"), "underpasses", "the city has no underpass"),
        (inject("team_lost", 5, "B7"), "teams", "B1"),
        (inject("channel_down", 5, channel="radio"), "channel", "app"),
        (order("leave", 120, WEST), "at_min", "before 120"),
        (inject("road_blocked", 500, "R1"), "at_min", "before 120"),
    ],
)
def test_what_the_city_lacks_is_named_with_what_it_has(step, place, expected):
    with pytest.raises(InputError) as found:
        _check(step)
    assert place in found.value.place
    assert step.id in found.value.place
    assert expected in found.value.expected


def test_nobody_can_be_sent_where_there_are_no_teams():
    with pytest.raises(InputError, match="no bus to send"):
        _check(order("send_buses", 5, WEST, count=1), places=drill_setup().places)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (order("leave", 5, WEST), order("stay", 5, CITY)),  # the city holds the west
        (order("open_shelter", 5, "S1", "S2"), order("close_shelter", 5, "S2")),
        (order("close_road", 5, "R7"), order("open_road", 5, "R7")),
        (order("redirect", 5, "S1", to="S2"), order("redirect", 5, "S1", to="S3", id="r")),
    ],
)
def test_two_orders_of_one_minute_must_not_contradict_each_other(first, second):
    with pytest.raises(InputError, match="contradicts"):
        _check(order("bulletin", 1), first, second)
    _check(first, order(second.kind, 6, *second.targets, to=second.to))  # a minute later they may


def test_orders_of_one_minute_for_different_things_go_together():
    _check(order("leave", 5, WEST), order("stay", 5, EAST), order("leave", 5, WEST, id="again"))


def test_a_road_is_both_its_directions():
    roads = drill_setup().roads.graph
    edges = PLACES.roads["R7"]
    assert len(edges) == 2
    a, b = edges
    assert (roads.tail[a], roads.head[a]) == (roads.head[b], roads.tail[b])
    assert np.isin(7, edges)
