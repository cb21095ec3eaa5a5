"""Shortest paths against scipy's Dijkstra, trees, limits, threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from shelters import NO_EDGE, RoadGraph, shortest_path_tree, shortest_path_trees, shortest_times
from shelters.paths import FAR, access_ticks, bucket_layout, limit_ticks, to_seconds, to_ticks


@st.composite
def roads(draw: st.DrawFn) -> tuple[RoadGraph, np.ndarray]:
    """A small directed graph with parallel edges, loops, islands, closed edges and edges of very unequal time."""
    nodes = draw(st.integers(1, 12))
    node = st.integers(0, nodes - 1)
    ms = st.one_of(st.integers(0, 5), st.integers(0, 400), st.integers(0, 5_000_000), st.none())
    edges = draw(st.lists(st.tuples(node, node, ms), max_size=40))
    tail, head = (np.array([e[i] for e in edges], np.int64) for i in (0, 1))
    time = np.array([np.inf if e[2] is None else e[2] / 1000.0 for e in edges])
    return RoadGraph.build(tail, head, np.ones(len(edges)), nodes), time


def dense(graph: RoadGraph, time_s: np.ndarray) -> np.ndarray:
    """All-pairs times in ms by scipy; every number is whole and below 2^53, so floats are exact."""
    matrix = np.full((graph.nodes, graph.nodes), np.inf)
    ticks = to_ticks(time_s)
    is_open = ticks < FAR
    np.minimum.at(matrix, (graph.tail[is_open], graph.head[is_open]), ticks[is_open].astype(float))
    np.fill_diagonal(matrix, 0.0)
    matrix[np.isinf(matrix)] = 0.0  # scipy's dense form: 0 = no edge
    return dijkstra(matrix)


@settings(max_examples=60, deadline=None)
@given(roads(), st.one_of(st.none(), st.integers(0, 6_000_000)))
def test_times_equal_dijkstra(case: tuple[RoadGraph, np.ndarray], limit_ms: int | None) -> None:
    graph, time = case
    expected = dense(graph, time)
    limit = np.inf if limit_ms is None else limit_ms / 1000.0
    expected[expected > limit * 1000.0 + 1e-6] = np.inf
    expected = np.where(np.isinf(expected), FAR, expected)
    sources = np.arange(graph.nodes)
    assert np.array_equal(shortest_times(graph, time, sources, limit, threads=1), expected)
    assert np.array_equal(shortest_times(graph, time, sources, limit, towards=True, threads=1), expected.T)


@settings(max_examples=60, deadline=None)
@given(roads())
def test_trees_lead_home_along_the_smallest_edge(case: tuple[RoadGraph, np.ndarray]) -> None:
    """At each node the tree takes the smallest of the edges that lie on a shortest way."""
    graph, time = case
    ticks = to_ticks(time).astype(np.int64)
    trees = shortest_path_trees(graph, time, np.arange(graph.nodes), threads=1)
    for site in range(graph.nodes):
        left = trees.time_ms[site].astype(np.int64)
        for v in range(graph.nodes):
            on_the_way = [
                e
                for e in range(graph.edges)
                if graph.tail[e] == v and left[v] < FAR and v != site and left[v] == ticks[e] + left[graph.head[e]]
            ]
            assert trees.next_edge[site, v] == (on_the_way[0] if on_the_way else NO_EDGE)
            assert (not on_the_way) == (v == site or left[v] == FAR)


def test_one_or_many_threads_give_the_same_rows() -> None:
    rng = np.random.default_rng(5)
    graph = RoadGraph.build(rng.integers(0, 400, 1500), rng.integers(0, 400, 1500), np.ones(1500), 400)
    time = rng.uniform(0.1, 90.0, 1500)
    sources = rng.integers(0, 400, 37)
    one, more = (shortest_path_trees(graph, time, sources, threads=threads) for threads in (1, 3))
    assert np.array_equal(one.time_ms, more.time_ms)
    assert np.array_equal(one.next_edge, more.next_edge)


def test_rounding_is_half_a_millisecond_an_edge() -> None:
    """A street of n edges: at most n / 2 ms off, and the tree gives seconds."""
    rng = np.random.default_rng(2)
    n = 200
    time = rng.uniform(1.0, 100.0, n)
    graph = RoadGraph.build(np.arange(n), np.arange(1, n + 1), np.ones(n))
    seconds, edge = shortest_path_tree(graph, time, n)
    exact = np.append(np.cumsum(time[::-1])[::-1], 0.0)
    assert np.abs(seconds - exact).max() <= 0.0005 * n
    assert edge.tolist() == [*range(n), NO_EDGE]


def test_a_limit_is_itself_within_reach() -> None:
    graph = RoadGraph.build(np.array([0, 1]), np.array([1, 2]), np.ones(2))
    assert shortest_times(graph, np.array([60.0, 0.001]), np.array([0]), 60.0).tolist() == [[0, 60_000, FAR]]


def test_seconds_become_whole_milliseconds() -> None:
    assert to_ticks(np.array([0.0, 0.0004, 0.0016, 1.0, np.inf, 1e9])).tolist() == [1, 1, 2, 1000, FAR, FAR]
    assert to_seconds(np.array([1500, FAR])).tolist() == [1.5, np.inf]
    assert limit_ticks(np.inf) == FAR - 1
    assert limit_ticks(0.3) == 300
    for bad in (-1.0, np.nan):
        with pytest.raises(ValueError, match="edge times"):
            to_ticks(np.array([bad]))
    with pytest.raises(ValueError, match="max_time_s"):
        limit_ticks(-1.0)


def test_buckets_span_the_longest_edge() -> None:
    """Otherwise a waiting label would fall a whole turn behind."""
    for ticks in ([5], [1, 1, 1, 10_000_000], [FAR, FAR], [1000] * 50 + [4_000_000, FAR], [FAR - 1, 1]):
        values = np.array(ticks, np.int32)
        shift, count = bucket_layout(values)
        assert count & (count - 1) == 0
        if (values < FAR).any():
            assert (int(values[values < FAR].max()) >> shift) + 1 < count <= 2 * 4096


def test_a_source_outside_the_graph_is_refused() -> None:
    graph = RoadGraph.build(np.array([0]), np.array([1]), np.ones(1))
    with pytest.raises(ValueError, match="source nodes"):
        shortest_times(graph, np.ones(1), np.array([2]))


def test_a_way_to_the_door_takes_whole_milliseconds_and_none_at_the_node() -> None:
    assert access_ticks(np.array([0.0, 0.0004, 0.0006, 12.3456, np.inf])).tolist() == [0, 0, 1, 12346, FAR]
