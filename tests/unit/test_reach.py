"""Walking distances to sites against all pairs found the long way round."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.graph import RoadGraph
from shelters.reach import NO_SITE, nearest_site, sites_in_reach, ways_in_metres

LINE = RoadGraph.build(np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1]), np.array([100.0, 100.0, 250.0, 250.0]))
OPEN = np.zeros(4, bool)


def line(limit_m: float, closed=OPEN):
    """A road 0 - 1 - 2 with a block at 0 (30 m off) and one at 2; sites at 1 (20 m off) and at 2."""
    return ways_in_metres(
        LINE, closed, np.array([0, 2]), np.array([30.0, 0.0]), np.array([1, 2]), np.array([20.0, 0.0]), limit_m
    )


def test_hand_values() -> None:
    near = nearest_site(line(1000.0))
    assert near.site.tolist() == [0, 1]
    assert near.distance_m.tolist() == [150.0, 0.0]
    reach = sites_in_reach(line(1000.0))
    assert list(zip(reach.block, reach.site, reach.distance_m, strict=True)) == [
        (0, 0, 150.0), (0, 1, 380.0), (1, 1, 0.0), (1, 0, 270.0),
    ]  # fmt: skip
    assert reach.has(np.array([0, 1, 1]), np.array([1, 0, 1])).all()


def test_the_limit_itself_is_in_reach() -> None:
    assert len(sites_in_reach(line(270.0))) == 3
    assert len(sites_in_reach(line(269.999))) == 2
    assert nearest_site(line(149.999)).site.tolist() == [NO_SITE, 1]
    assert nearest_site(line(149.999)).within.tolist() == [False, True]


def test_closed_edges_cut_and_unusable_sites_do_not_count() -> None:
    cut = line(1000.0, np.array([True, True, False, False]))
    assert nearest_site(cut).site.tolist() == [NO_SITE, 1]
    assert np.isinf(nearest_site(cut).distance_m[0])
    only_first = np.array([True, False])
    assert nearest_site(line(1000.0), only_first).site.tolist() == [0, 0]
    assert sites_in_reach(line(1000.0), only_first).site.tolist() == [0, 0]
    for nothing in (np.zeros(2, bool),):
        assert nearest_site(line(1000.0), nothing).site.tolist() == [NO_SITE, NO_SITE]
        assert len(sites_in_reach(line(1000.0), nothing)) == 0


def test_no_site_and_no_block() -> None:
    none, nowhere = np.empty(0, int), np.empty(0)
    empty = ways_in_metres(LINE, OPEN, np.array([0]), np.array([0.0]), none, nowhere, 100.0)
    assert nearest_site(empty).site.tolist() == [NO_SITE]
    assert len(sites_in_reach(empty)) == 0
    nobody = ways_in_metres(LINE, OPEN, none, nowhere, np.array([0]), np.array([0.0]), 100.0)
    assert len(nearest_site(nobody).site) == len(sites_in_reach(nobody)) == 0


def test_a_limit_below_nothing_is_refused() -> None:
    for limit in (-1.0, np.nan):
        with pytest.raises(ValueError, match="limit_m"):
            line(limit)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 300.0, 1000.0]))
def test_all_pairs_as_found_by_floyd_and_warshall(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    nodes, edges, blocks, sites = (int(n) for n in rng.integers([1, 0, 1, 1], [12, 40, 8, 8]))
    graph = RoadGraph.build(
        rng.integers(0, nodes, edges), rng.integers(0, nodes, edges), rng.integers(1, 400, edges).astype(float), nodes
    )
    closed, usable = rng.random(edges) < 0.2, rng.random(sites) < 0.8
    block, site = rng.integers(0, nodes, blocks), rng.integers(0, nodes, sites)
    block_m, site_m = (rng.integers(0, 50, n).astype(float) for n in (blocks, sites))
    road = np.full((nodes, nodes), np.inf)
    np.fill_diagonal(road, 0.0)
    for e in np.flatnonzero(~closed):
        road[graph.tail[e], graph.head[e]] = min(road[graph.tail[e], graph.head[e]], graph.length_m[e])
    for k in range(nodes):
        road = np.minimum(road, road[:, [k]] + road[[k]])
    far = road[block][:, site] + block_m[:, None] + site_m
    far[:, ~usable] = np.inf
    far[far > limit] = np.inf

    ways = ways_in_metres(graph, closed, block, block_m, site, site_m, limit, threads=1)
    expected = [
        (i, j, far[i, j]) for i in range(blocks) for j in np.lexsort((np.arange(sites), far[i])) if far[i, j] < np.inf
    ]
    reach = sites_in_reach(ways, usable)
    assert list(zip(reach.block, reach.site, reach.distance_m, strict=True)) == expected
    near = nearest_site(ways, usable)
    assert near.distance_m.tolist() == far.min(axis=1).tolist()
    assert near.site.tolist() == [int(np.argmin(row)) if row.min() < np.inf else NO_SITE for row in far]
