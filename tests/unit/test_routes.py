"""Routes that share no road: hand-made street plans, and the greatest flow with room for one on every road."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shelters.graph import RoadGraph
from shelters.routes import route_count


def streets(roads: list[tuple[int, int]], nodes: int, one_row: tuple[int, ...] = ()) -> RoadGraph:
    """Each road as two opposite rows, as one row where its number is in `one_row`."""
    rows = [pair for k, (a, b) in enumerate(roads) for pair in ([(a, b)] if k in one_row else [(a, b), (b, a)])]
    tail, head = np.array(rows, int).reshape(-1, 2).T
    return RoadGraph.build(tail, head, np.ones(len(rows)), nodes)


def count(graph: RoadGraph, sites: list[int], closed: list[int] = []) -> list[int]:  # noqa: B006
    shut = np.zeros(graph.edges, bool)
    shut[closed] = True
    return route_count(graph, shut, np.arange(graph.nodes), np.array(sites, int)).tolist()


def test_a_ring_gives_two_and_a_dead_end_one() -> None:
    ring_and_spur = streets([(0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (4, 5)], 7)
    assert count(ring_and_spur, [0]) == [2, 2, 2, 2, 1, 1, 0]
    assert count(ring_and_spur, [5]) == [1, 1, 1, 1, 1, 2, 0]


def test_two_sites_at_the_ends_of_a_road_give_two() -> None:
    line = streets([(0, 1), (1, 2)], 3)
    assert count(line, [0]) == [2, 1, 1]
    assert count(line, [0, 2]) == [2, 2, 2]


def test_parallel_roads_are_two_and_both_ways_of_one_road_are_one() -> None:
    assert count(streets([(0, 1)], 2), [0]) == [2, 1]
    assert count(streets([(0, 1)], 2, one_row=(0,)), [0]) == [2, 1]
    assert count(streets([(0, 1), (1, 0)], 2), [0]) == [2, 2]
    assert count(streets([(0, 1), (0, 1)], 2, one_row=(0, 1)), [0]) == [2, 2]


def test_a_closed_road_opens_the_ring() -> None:
    ring = streets([(0, 1), (1, 2), (2, 0)], 3)
    assert count(ring, [0]) == [2, 2, 2]
    assert count(ring, [0], [0, 1]) == [2, 1, 1]
    assert count(ring, [0], [0, 1, 4, 5]) == [2, 0, 0]


def test_behind_a_bridge_a_ring_does_not_help() -> None:
    two_rings = streets([(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 3)], 6)
    assert count(two_rings, [0]) == [2, 2, 2, 1, 1, 1]


def test_no_site_and_nodes_that_do_not_exist() -> None:
    graph = streets([(0, 1)], 2)
    assert count(graph, []) == [0, 0]
    for start, site in (([2], [0]), ([0], [2]), ([-1], [0])):
        with pytest.raises(ValueError, match=r"from_node|site_node"):
            route_count(graph, np.zeros(2, bool), np.array(start), np.array(site))


def greatest_flow(roads: list[tuple[int, int]], nodes: int, start: int, sites: set[int]) -> int:
    """Augmenting paths (Ford and Fulkerson 1956) of one unit per road and direction, at most 2."""
    if start in sites:
        return 2
    room = {(k, way): 1 for k in range(len(roads)) for way in (0, 1)}
    for flow in range(2):
        came: dict[int, tuple[int, int, int]] = {}
        queue = [start]
        while queue and not sites & {*came}:
            v = queue.pop()
            for k, ends in enumerate(roads):
                for way in (0, 1):
                    u = ends[1 - way]
                    if ends[way] == v and room[k, way] and u not in came and u != start:
                        came[u] = (v, k, way)
                        queue.append(u)
        if not sites & {*came}:
            return flow
        v = min(sites & {*came})
        while v != start:
            v, k, way = came[v]
            room[k, way] -= 1
            room[k, 1 - way] += 1
    return 2


@settings(max_examples=150, deadline=None)
@example(59241555)  # a row to one site and a row from another are two roads
@given(st.integers(0, 2**32 - 1))
def test_as_many_as_the_greatest_flow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = int(rng.integers(1, 9))
    roads = [(int(a), int(b)) for a, b in rng.integers(0, nodes, (rng.integers(0, 14), 2))]
    sites = {int(s) for s in rng.integers(0, nodes, rng.integers(1, 3))}
    one_row = tuple(np.flatnonzero(rng.random(len(roads)) < 0.3).tolist())
    # Two opposite single rows are one two-way road: only rows that point upwards stay single.
    roads = [(min(pair), max(pair)) if k in one_row else pair for k, pair in enumerate(roads)]
    graph = streets(roads, nodes, one_row)
    expected = [greatest_flow(roads, nodes, node, sites) for node in range(nodes)]
    assert count(graph, sorted(sites)) == expected


def test_a_long_road_is_no_deep_recursion() -> None:
    nodes = 200_000
    a = np.arange(nodes - 1)
    graph = RoadGraph.build(np.r_[a, a + 1], np.r_[a + 1, a], np.ones(2 * nodes - 2))
    found = route_count(graph, np.zeros(graph.edges, bool), np.arange(nodes), np.array([0, nodes - 1]))
    assert (found == 2).all()
