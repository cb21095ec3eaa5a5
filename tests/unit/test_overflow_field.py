"""The mended field of best sites against a search from nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from sim.movement.links import NEVER
from sim.movement.overflow_field import FAR, Field, Streets, new_field, new_times, offer, reach_of, withdraw


def _streets(rng: np.random.Generator, nodes: int, edges: int) -> Streets:
    tail, head = (rng.integers(0, nodes, edges).astype(np.int32) for _ in range(2))
    rows = []
    for ends in (head, tail):
        first = np.zeros(nodes + 1, np.int64)
        np.cumsum(np.bincount(ends, minlength=nodes), out=first[1:])
        rows += [first, np.argsort(ends, kind="stable").astype(np.int32)]
    return Streets(*rows, tail, head, _times(rng, edges))


def _times(rng: np.random.Generator, edges: int) -> np.ndarray:
    return np.where(rng.random(edges) < 0.2, NEVER, rng.integers(0, 50, edges)).astype(np.int32)


def _check(streets: Streets, field: Field, site_node: np.ndarray, site_cost: np.ndarray) -> None:
    nodes = field.owner.size
    usable = streets.time_ms < NEVER
    # Parallel edges: scipy would add their weights up, so only the quickest is kept.
    pairs: dict[tuple[int, int], int] = {}
    for e in np.flatnonzero(usable):
        pair = int(streets.head[e]), int(streets.tail[e])
        pairs[pair] = min(pairs.get(pair, NEVER), int(streets.time_ms[e]))
    ends = np.array(list(pairs), int).reshape(-1, 2)
    graph = coo_array((np.array(list(pairs.values()), float), (ends[:, 0], ends[:, 1])), (nodes, nodes)).tocsr()
    away = dijkstra(graph, indices=site_node)
    total = np.where(field.offered[:, None] == 1, away + site_cost[:, None], np.inf)
    best = total.min(axis=0)
    known = np.where(field.cost_ms == FAR, np.inf, field.cost_ms.astype(float))
    np.testing.assert_array_equal(known, best)
    there = field.owner >= 0
    np.testing.assert_array_equal(there, np.isfinite(best))
    here = np.flatnonzero(there)
    np.testing.assert_array_equal(total[field.owner[here], here], best[here])
    for v in here:  # every way leads to the site that it names
        e = field.onto[v]
        if e < 0:
            assert site_node[field.owner[v]] == v
        else:
            assert field.cost_ms[v] == field.cost_ms[streets.head[e]] + streets.time_ms[e]
            assert field.owner[v] == field.owner[streets.head[e]]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_mended_field_is_the_one_of_a_new_search(seed: int) -> None:
    """Random nets of up to 40 nodes; 12 random changes: a site offered or withdrawn, or new times on all edges."""
    rng = np.random.default_rng(seed)
    nodes, sites = int(rng.integers(2, 40)), int(rng.integers(1, 8))
    streets = _streets(rng, nodes, int(rng.integers(1, 4 * nodes)))
    site_node = rng.integers(0, nodes, sites).astype(np.int32)
    site_cost = rng.integers(0, 60, sites)
    field = new_field(nodes, len(streets.tail), sites)
    offer(np.flatnonzero(rng.random(sites) < 0.7), site_node, site_cost, streets, field)
    _check(streets, field, site_node, site_cost)
    for _ in range(12):
        what = rng.integers(3)
        if what == 0:
            withdraw(int(rng.integers(sites)), site_node, site_cost, streets, field)
        elif what == 1:
            offer(rng.integers(0, sites, 1), site_node, site_cost, streets, field)
        else:
            changed = rng.random(len(streets.tail)) < rng.choice([0.1, 1.0])
            times = np.where(changed, _times(rng, len(streets.tail)), streets.time_ms).astype(np.int32)
            new_times(times, site_node, site_cost, streets, field)
        _check(streets, field, site_node, site_cost)


def test_reach_is_who_can_walk_to_an_open_site() -> None:
    """0 -> 1 -> 2 and 3 -> 2 closed: the site at 2 is reached from 0, 1 and 2."""
    tail, head = np.array([0, 1, 3], np.int32), np.array([1, 2, 2], np.int32)
    rows = (np.array([0, 0, 1, 3, 3]), np.array([0, 1, 2], np.int32), np.array([0, 1, 2, 2, 3]), np.arange(3))
    streets = Streets(*rows, tail, head, np.array([5, 5, NEVER], np.int32))
    field = new_field(4, 3, 1)
    assert reach_of(np.array([True]), np.array([2]), streets, field).tolist() == [1, 1, 1, 0]
    assert reach_of(np.array([False]), np.array([2]), streets, field).tolist() == [0, 0, 0, 0]
