"""Links from a road frame: times, flow and room by class, and the phases of junctions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shelters.graph import RoadGraph
from sim.movement.build_links import build_links
from sim.movement.terms import MovementTerms

TERMS = MovementTerms()


def crossing() -> tuple[RoadGraph, np.ndarray]:
    """Four roads of 75 m into node 0, from the east, north, west and south, and one out of it to the north."""
    node_xy = np.array([[0.0, 0.0], [75.0, 0.0], [0.0, 75.0], [-75.0, 0.0], [0.0, -75.0]])
    return RoadGraph.build(np.array([1, 2, 3, 4, 0]), np.array([0, 0, 0, 0, 2]), np.full(5, 75.0)), node_xy


def frame(**given: object) -> pd.DataFrame:
    values = {"lanes": [2, 1, 1, 1, 1], "speed_m_s": 15.0, "road_class": "residential"} | given
    return pd.DataFrame(values, index=range(5))


def test_phases_by_axis() -> None:
    """East and west are one movement, north and south the other; the way out meets nobody."""
    links = build_links(*_given(crossing(), frame()))
    assert links.phase.tolist() == [-1] * 5 + [0, 1, 0, 1, -1]


def test_two_approaches_need_no_phases() -> None:
    links = build_links(*_given(crossing(), frame(lanes=[1, 1, 0, 0, 1])))
    assert (links.phase == -1).all()


def test_times_flow_and_room() -> None:
    """75 m at 15 m/s take 5 s; a lane holds ten cars; 1,800, 900 or 600 cars an hour and lane by class."""
    classes = ["motorway_link", "trunk", "secondary", "residential", "primary"]
    links = build_links(*_given(crossing(), frame(road_class=classes)))
    assert links.free_ms[5:].tolist() == [5000] * 5
    assert links.storage[5:].tolist() == [20, 10, 10, 10, 10]
    assert links.headway_us[5:].tolist() == [1_000_000, 2_000_000, 4_000_000, 6_000_000, 4_000_000]
    assert links.free_ms[0] == round(75_000 / TERMS.walk_speed_m_s)
    assert links.storage[0] == int(75 * 3 * 1.75)
    assert links.headway_us[0] == round(1e6 / (3.0 * 1.2))


def test_closed_to_cars() -> None:
    links = build_links(*_given(crossing(), frame(speed_m_s=[0.0, 15.0, 15.0, 15.0, 15.0])))
    assert links.storage[5] == 0
    assert links.storage[0] > 0


@pytest.mark.parametrize("column", ["lanes", "speed_m_s"])
def test_bad_values(column: str) -> None:
    with pytest.raises(ValueError, match=column):
        build_links(*_given(crossing(), frame(**{column: [1.0, 1.0, np.nan, 1.0, 1.0]})))


def _given(
    roads: tuple[RoadGraph, np.ndarray], edges: pd.DataFrame
) -> tuple[RoadGraph, pd.DataFrame, np.ndarray, MovementTerms]:
    return roads[0], edges, roads[1], TERMS
