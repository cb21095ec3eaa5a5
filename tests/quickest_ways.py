"""The quickest ways on still roads, edge by edge: what crowds are loaded with in tests."""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.graph import RoadGraph
from shelters.paths import FAR, NO_EDGE, shortest_path_trees, to_ticks
from sim.ways import Ways

_TREES = 64  # searched at once: bounds the memory at 64 x nodes


def quickest_ways(
    graph: RoadGraph,
    walk_time_s: np.ndarray,
    start_node: np.ndarray,
    goal_node: np.ndarray,
    extra_s: np.ndarray | None = None,
    within_s: float = np.inf,
) -> Ways:
    """The way with the least walking + extra time of each row, from its start to its goal.

    `walk_time_s` and `extra_s` (delays that people expect, s) have shape (edges,); the way is chosen by both and
    walked in the first. `within_s` bounds the search. Raises ValueError where a row has no way within it.
    """
    expected = np.asarray(walk_time_s, np.float64) + (0.0 if extra_s is None else np.asarray(extra_s, np.float64))
    start, goal = np.asarray(start_node, np.int64), np.asarray(goal_node, np.int64)
    order = np.argsort(goal, kind="stable")
    goals = np.unique(goal)
    count = np.zeros(len(start), np.int64)
    parts: list[np.ndarray] = []
    for begin in range(0, len(goals), _TREES):
        some = goals[begin : begin + _TREES]
        rows = order[np.isin(goal[order], some)]
        trees = shortest_path_trees(graph, expected, some, within_s)
        tree = np.searchsorted(some, goal[rows])
        lost = rows[trees.time_ms[tree, start[rows]] == FAR]
        if len(lost):
            raise ValueError(f"no way from node {start[lost[0]]} to node {goal[lost[0]]} within {within_s} s")
        count[rows] = _count(trees.next_edge, graph.head, tree, start[rows])
        parts.append(_trace(trees.next_edge, graph.head, tree, start[rows], int(count[rows].sum())))
    first = np.zeros(len(start), np.int64)
    first[order] = np.cumsum(count[order]) - count[order]
    edge = np.concatenate([np.empty(0, np.int32), *parts])
    return Ways(first, first + count, edge, to_ticks(walk_time_s)[edge].astype(np.int64))


@njit(nogil=True, cache=True)
def _count(next_edge: np.ndarray, head: np.ndarray, tree: np.ndarray, start: np.ndarray) -> np.ndarray:
    found = np.zeros(tree.size, np.int64)
    for i in range(tree.size):
        node = start[i]
        while next_edge[tree[i], node] != NO_EDGE:
            node = head[next_edge[tree[i], node]]
            found[i] += 1
    return found


@njit(nogil=True, cache=True)
def _trace(next_edge: np.ndarray, head: np.ndarray, tree: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
    edge = np.empty(steps, np.int32)
    at = 0
    for i in range(tree.size):
        node = start[i]
        while next_edge[tree[i], node] != NO_EDGE:
            edge[at] = next_edge[tree[i], node]
            node = head[edge[at]]
            at += 1
    return edge
