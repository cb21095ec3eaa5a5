"""The road graph: compressed rows, checks, snapping."""

from __future__ import annotations

import numpy as np
import pytest

from shelters import RoadGraph, snap_points


def test_rows_list_the_arcs_of_each_node_in_edge_order() -> None:
    tail = np.array([2, 0, 0, 1, 2])
    head = np.array([0, 1, 2, 2, 1])
    graph = RoadGraph.build(tail, head, np.ones(5))
    assert graph.nodes == 3
    assert graph.edges == 5
    assert graph.forward.first.tolist() == [0, 2, 3, 5]
    assert graph.forward.edge.tolist() == [1, 2, 3, 0, 4]
    assert graph.forward.target.tolist() == [1, 2, 2, 0, 1]
    assert graph.reverse.first.tolist() == [0, 1, 3, 5]
    assert graph.reverse.edge.tolist() == [0, 1, 4, 2, 3]
    assert graph.reverse.target.tolist() == [2, 0, 2, 0, 1]


def test_nodes_without_edges_have_empty_rows() -> None:
    graph = RoadGraph.build(np.array([1]), np.array([3]), np.array([5.0]), nodes=6)
    assert graph.forward.first.tolist() == [0, 0, 1, 1, 1, 1, 1]
    assert RoadGraph.build(np.array([], int), np.array([], int), np.array([])).nodes == 0


@pytest.mark.parametrize(
    ("tail", "head", "length", "message"),
    [
        ([0, 1], [1], [1.0], "one value per edge"),
        ([0], [-1], [1.0], "head holds node -1"),
        ([4], [0], [1.0], "tail holds node 4"),
        ([0], [1], [np.nan], "length_m"),
        ([0], [1], [-1.0], "length_m"),
    ],
)
def test_wrong_edges_are_refused(tail: list, head: list, length: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RoadGraph.build(np.array(tail), np.array(head), np.array(length), nodes=3)


def test_points_snap_to_their_nearest_node() -> None:
    node, distance = snap_points(
        np.array([0.0, 100.0, 100.0]), np.array([0.0, 0.0, 100.0]), np.array([97.0, -3.0]), np.array([104.0, 4.0])
    )
    assert node.tolist() == [2, 0]
    assert distance.tolist() == [5.0, 5.0]
