"""The synthetic road graph of the routing and allocation benchmarks: about 100,000 nodes, made from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from shelters import RoadGraph


@dataclass(frozen=True)
class Town:
    """A lattice of streets with blocks of people and shelters on its nodes."""

    graph: RoadGraph
    edge_time_s: np.ndarray
    block_node: np.ndarray
    people: np.ndarray  # per block
    site_node: np.ndarray
    capacity: np.ndarray  # per site
    x_m: np.ndarray  # per node
    y_m: np.ndarray


def lattice_town(side: int = 317, blocks: int = 20_000, sites: int = 500, seed: int = 1) -> Town:
    """A square of side x side crossings about 200 m apart, 15 % of the streets missing, 30 or 60 km/h, two-way.

    People: gamma-distributed, 500 a block on average (10 million). Capacity: log-normal (sigma 1), 1.15 a person.
    """
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    x, y = (200.0 * number % (200.0 * side), 200.0 * (number // side))
    x, y = (values.ravel() + rng.uniform(-50.0, 50.0, side * side) for values in (x, y))
    tail = np.concatenate((number[:, :-1].ravel(), number[:-1].ravel()))
    head = np.concatenate((number[:, 1:].ravel(), number[1:].ravel()))
    kept = rng.random(len(tail)) >= 0.15
    tail, head = tail[kept], head[kept]
    part = connected_components(coo_array((np.ones(len(tail)), (tail, head)), 2 * (side * side,)), directed=False)[1]
    inside = part == np.bincount(part).argmax()
    renumber = np.cumsum(inside) - 1
    kept = inside[tail]
    length = np.hypot(x[tail] - x[head], y[tail] - y[head])[kept]
    tail, head = renumber[tail[kept]], renumber[head[kept]]
    time = length / (np.where(rng.random(len(tail)) < 0.2, 60.0, 30.0) / 3.6)
    graph = RoadGraph.build(np.r_[tail, head], np.r_[head, tail], np.r_[length, length])
    people = np.maximum(1, rng.gamma(2.0, 250.0, blocks)).astype(np.int64)
    weight = rng.lognormal(0.0, 1.0, sites)
    return Town(
        graph,
        np.r_[time, time],
        rng.choice(graph.nodes, blocks, replace=False),
        people,
        rng.choice(graph.nodes, sites, replace=False),
        np.maximum(1, weight / weight.sum() * people.sum() * 1.15).astype(np.int64),
        x[inside],
        y[inside],
    )
