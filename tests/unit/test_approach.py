"""Directions of the roads to a site."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.approach import ApproachRules, approach_directions, different_directions
from shelters.graph import RoadGraph

RULES = ApproachRules(radius_m=300.0, angle_deg=60.0)


def star(bearings: list[float], length_m: float = 400.0) -> tuple[RoadGraph, np.ndarray, np.ndarray]:
    """A site at node 0 and straight two-way roads from it."""
    angle = np.radians(bearings)
    x, y = np.r_[0.0, length_m * np.sin(angle)], np.r_[0.0, length_m * np.cos(angle)]
    spoke = np.arange(1, len(x))
    hub = np.zeros(len(spoke), int)
    graph = RoadGraph.build(np.r_[hub, spoke], np.r_[spoke, hub], np.full(2 * len(spoke), length_m), len(x))
    return graph, x, y


def directions(graph: RoadGraph, x: np.ndarray, y: np.ndarray, closed: tuple[int, ...] = (), site: int = 0) -> int:
    shut = np.zeros(graph.edges, bool)
    shut[list(closed)] = True
    return int(approach_directions(graph, shut, x, y, np.array([site]), RULES)[0])


@pytest.mark.parametrize(
    ("bearings", "expected"),
    [
        ([0.0], 1),
        ([0.0, 59.0], 1),
        ([0.0, 60.0], 2),
        ([350.0, 40.0], 1),
        ([0.0, 90.0, 180.0, 270.0], 4),
        ([0, 30, 60], 2),
    ],
)
def test_roads_of_a_star(bearings, expected) -> None:
    assert directions(*star(bearings)) == expected


def test_a_closed_road_is_no_direction_and_a_dead_end_neither() -> None:
    graph, x, y = star([0.0, 180.0])
    assert directions(graph, x, y) == 2
    assert directions(graph, x, y, closed=(2,)) == 1  # towards the site
    assert directions(*star([0.0, 180.0], length_m=299.0)) == 0


def test_the_network_is_followed_outwards() -> None:
    """One lane north for 100 m, then west and east: the circle is crossed at 19.5 degrees above the horizontal."""
    x, y = np.array([0.0, 0.0, -500.0, 500.0]), np.array([0.0, 100.0, 100.0, 100.0])
    graph = RoadGraph.build(np.array([1, 2, 3]), np.array([0, 1, 1]), np.ones(3))
    assert directions(graph, x, y) == 2  # 2 x 70.5 degrees apart
    assert directions(graph, x, y, closed=(0,)) == 0


def test_a_direction_is_where_the_circle_is_crossed() -> None:
    """North for 100 m, then by 200 m per 500 m to the east: out at (230.4 m, 192.2 m), 50.2 degrees."""
    for bearing, expected in ((109.0, 1), (111.0, 2)):
        angle = np.radians(bearing)
        x, y = np.array([0.0, 0.0, 500.0, 400.0 * np.sin(angle)]), np.array([0.0, 100.0, 300.0, 400.0 * np.cos(angle)])
        graph = RoadGraph.build(np.array([1, 2, 3]), np.array([0, 1, 0]), np.ones(3))
        assert directions(graph, x, y) == expected


def test_a_road_that_only_leads_away_brings_nobody() -> None:
    x, y = np.array([0.0, 0.0]), np.array([0.0, 400.0])
    assert directions(RoadGraph.build(np.array([0]), np.array([1]), np.ones(1)), x, y) == 0


def test_several_sites_do_not_disturb_each_other() -> None:
    graph, x, y = star([0.0, 90.0, 180.0])
    site = np.array([0, 1, 0])
    assert approach_directions(graph, np.zeros(6, bool), x, y, site, RULES).tolist() == [3, 1, 3]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(0, 359), max_size=7), st.sampled_from([1.0, 45.0, 60.0, 90.0, 120.0, 180.0]))
def test_the_most_that_lie_apart_as_tried_out(bearings, angle) -> None:
    def apart(some) -> bool:
        return all(min((a - b) % 360, (b - a) % 360) >= angle for a, b in combinations(some, 2))

    sizes = range(len(bearings) + 1)
    best = max(k for k in sizes for some in combinations(bearings, k) if apart(some))
    assert different_directions(np.array(bearings, float), angle) == best


def test_impossible_rules_are_refused() -> None:
    for radius, angle, name in ((0.0, 60.0, "radius_m"), (300.0, 0.0, "angle_deg"), (300.0, 181.0, "angle_deg")):
        with pytest.raises(ValueError, match=name):
            ApproachRules(radius, angle)
