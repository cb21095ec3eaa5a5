"""Response circles by hand: a line of crossings a minute apart, one person at each."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from data.schema.drills import CIRCLES
from sim.command.circles import response_circles
from tests.teams_case import Stage, dry, flooded, team, two_way

GRAPH = two_way([(k, k + 1, 600.0) for k in range(5)])


def _setup(teams: list[dict], *waters: Any, people: list[int] | None = None) -> Any:
    setup = Stage(GRAPH, [5], teams, circle_s=240.0, regional_circle_s=3600.0).setup
    time_s = np.arange(len(waters)) * 300.0
    setup.roads.epochs = SimpleNamespace(time_s=time_s, at=lambda number: waters[number])
    if people:
        setup.blocks.people = np.array(people)
    return setup


def test_turnout_and_driving_count_and_water_shrinks_the_circle() -> None:
    """Limit 4 min: 1 min to turn out and 3 to drive reach four of six; behind water two: 600 s by boat is too long.

    The reserve turns out after 30 min and has an hour: all, as far as the road goes.
    """
    posts = [
        team("F1", "rescue", 0, turnout_min=1.0),
        team("X1", "rescue", 5, turnout_min=30.0, regional=True),
        team("A1", "ambulance", 5),
    ]
    fast = flooded(GRAPH, [1, 6], depth_speed=2.0)
    still = flooded(GRAPH, [1, 6])
    found = response_circles(_setup(posts, dry(GRAPH), fast, still))
    assert tuple(found.columns) == CIRCLES.names
    rescue, regional = (found[found["kind"] == kind] for kind in ("rescue", "regional"))
    assert rescue["time_s"].tolist() == [0.0, 300.0, 600.0]
    assert rescue["people"].tolist() == [4, 2, 2]
    assert rescue["share"].tolist() == pytest.approx([4 / 6, 2 / 6, 2 / 6])
    assert rescue["dry_share"].tolist() == pytest.approx([4 / 6] * 3)
    assert rescue["limit_min"].tolist() == [4.0] * 3
    assert regional["people"].tolist() == [6, 4, 6]


def test_the_limit_itself_is_in_time_and_blocks_weigh_by_their_people() -> None:
    found = response_circles(
        _setup([team("F1", "rescue", 0, turnout_min=2.0)], dry(GRAPH), people=[5, 0, 7, 100, 1, 1])
    )
    assert found["people"].tolist() == [12]  # 2 + 2 min to the third crossing
    assert found["share"].tolist() == pytest.approx([12 / 114])


def test_of_several_posts_the_first_to_be_there_counts() -> None:
    posts = [team("F1", "rescue", 0, turnout_min=3.0), team("F2", "rescue", 5, turnout_min=1.0)]
    assert response_circles(_setup(posts, dry(GRAPH)))["people"].tolist() == [2 + 4]


def test_without_posts_there_is_no_row() -> None:
    assert response_circles(_setup([team("B1", "bus", 0)], dry(GRAPH))).empty
    setup = _setup([], dry(GRAPH))
    setup.teams = None
    assert tuple(response_circles(setup).columns) == CIRCLES.names
