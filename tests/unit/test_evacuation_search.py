"""The two searches of the movement against scipy's Dijkstra."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from shelters.graph import RoadGraph
from sim.evacuation.search import Doors, Heap, Nearest, Roads, Tree, nearest_sites, tree_to_node, withdraw_site
from tests.movement_case import lattice, walking


def _streets(seed: int) -> tuple[RoadGraph, np.ndarray, np.ndarray]:
    """A lattice with a fifth of its edges closed; times to walk and, by scipy, from every node to every node."""
    generator = np.random.default_rng(seed)
    graph = lattice(9, generator)
    time = walking(graph)[0]
    time[generator.random(graph.edges) < 0.2] = np.inf
    is_open = np.isfinite(time)
    matrix = csr_array((time[is_open], (graph.tail[is_open], graph.head[is_open])), shape=(graph.nodes, graph.nodes))
    return graph, time, dijkstra(matrix)


@pytest.mark.parametrize("seed", range(5))
def test_trees_lead_along_shortest_ways(seed: int) -> None:
    """Each next edge brings a wanted node nearer by exactly its time: telescoping gives the shortest time."""
    graph, time, apart = _streets(seed)
    goal, wanted = 40, np.array([0, 8, 33, 72, 80])
    tree, heap = Tree.of(graph.nodes), Heap.of(graph.edges, graph.nodes, 1)
    tree.wanted[wanted] = 1
    tree_to_node(goal, wanted.size, 1, Roads.of(graph), time, tree, heap)
    for node in wanted:
        if not np.isfinite(apart[node, goal]):
            assert tree.seen[node] != 1
            continue
        walked, v = 0.0, node
        while v != goal:
            edge = tree.next_edge[v]
            assert graph.tail[edge] == v
            walked += time[edge]
            v = graph.head[edge]
        assert walked == pytest.approx(apart[node, goal], rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_offered_site_stays_right_while_sites_are_withdrawn(seed: int) -> None:
    graph, time, apart = _streets(seed)
    generator = np.random.default_rng(100 + seed)
    sites = 12
    doors = Doors(
        generator.integers(0, graph.nodes, sites).astype(np.int32),
        generator.uniform(0.0, 300.0, sites),
        np.full(sites, np.inf),
    )
    field, heap = Nearest.of(graph.nodes, sites), Heap.of(graph.edges, graph.nodes, sites)
    field.offered[:] = True
    nearest_sites(Roads.of(graph), time, doors, field, heap)
    for gone in [None, *generator.permutation(sites)]:
        if gone is not None:
            withdraw_site(int(gone), Roads.of(graph), time, doors, field, heap)
        to_door = np.where(field.offered, apart[:, doors.node] + doors.access_s, np.inf)
        best = to_door.min(axis=1)
        assert np.allclose(field.time_s, best, rtol=1e-12)
        has = np.isfinite(best)
        assert np.array_equal(field.owner == -1, ~has)
        chosen = to_door[np.flatnonzero(has), field.owner[has]]
        assert np.allclose(chosen, best[has], rtol=1e-12)
