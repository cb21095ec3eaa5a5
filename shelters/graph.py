"""The road graph as flat arrays: compressed rows forward (leaving a node) and reverse (entering it)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class Adjacency:
    """One direction of the graph in compressed rows.

    The arcs of node v are the positions first[v] to first[v + 1] - 1, in rising edge number: `target` is the
    node at the other end, `edge` the number of the edge in the caller's arrays.
    """

    first: np.ndarray  # int64, shape (nodes + 1,)
    target: np.ndarray  # int32, shape (edges,)
    edge: np.ndarray  # int32, shape (edges,)


@dataclass(frozen=True)
class RoadGraph:
    """A directed graph; edges keep the number they have in the caller's arrays."""

    nodes: int
    tail: np.ndarray  # int32, shape (edges,)
    head: np.ndarray  # int32, shape (edges,)
    length_m: np.ndarray  # float64, shape (edges,)
    forward: Adjacency  # target = head: follows the edges
    reverse: Adjacency  # target = tail: runs against them, for searches that start at a shelter

    @property
    def edges(self) -> int:
        return len(self.tail)

    def check_nodes(self, name: str, node: np.ndarray) -> None:
        """Raise ValueError where `node` names one that the graph does not have."""
        if len(node) and (node.min() < 0 or node.max() >= self.nodes):
            raise ValueError(f"{name} runs from {node.min()} to {node.max()}; nodes end at {self.nodes - 1}")

    @classmethod
    def build(cls, tail: np.ndarray, head: np.ndarray, length_m: np.ndarray, nodes: int | None = None) -> RoadGraph:
        """The graph of directed edges tail[e] -> head[e] of length_m[e] metres.

        `nodes` is one more than the largest node number when not given.
        """
        tail, head = np.asarray(tail), np.asarray(head)
        length_m = np.asarray(length_m, np.float64)
        if not tail.shape == head.shape == length_m.shape or tail.ndim != 1:
            raise ValueError(f"tail {tail.shape}, head {head.shape}, length_m {length_m.shape}: one value per edge")
        if nodes is None:
            nodes = int(max(tail.max(), head.max())) + 1 if len(tail) else 0
        for name, ends in (("tail", tail), ("head", head)):
            if len(ends) and (ends.min() < 0 or ends.max() >= nodes):
                raise ValueError(f"{name} holds node {ends.min()} to {ends.max()}; nodes are 0 to {nodes - 1}")
        if not (np.isfinite(length_m).all() and (length_m >= 0.0).all()):
            raise ValueError("length_m must be finite and not negative")
        tail, head = tail.astype(np.int32), head.astype(np.int32)
        return cls(nodes, tail, head, length_m, _compress(tail, head, nodes), _compress(head, tail, nodes))


def _compress(start: np.ndarray, end: np.ndarray, nodes: int) -> Adjacency:
    edge = np.argsort(start, kind="stable").astype(np.int32)
    first = np.zeros(nodes + 1, np.int64)
    np.cumsum(np.bincount(start, minlength=nodes), out=first[1:])
    return Adjacency(first, end[edge], edge)


def snap_points(
    node_x_m: np.ndarray, node_y_m: np.ndarray, x_m: np.ndarray, y_m: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest node of each point and the straight distance (m) to it.

    Of several nodes at the same distance the search tree's own order decides, which depends on the nodes alone.
    """
    tree = cKDTree(np.column_stack((node_x_m, node_y_m)))
    distance, node = tree.query(np.column_stack((x_m, y_m)))
    return np.asarray(node, np.int32), np.asarray(distance, np.float64)
