"""The k nearest sites of each block against all pairs sorted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import CandidateTable, RoadGraph, RoadTravel, nearest_shelters, shortest_times
from shelters.paths import FAR


@st.composite
def travels(draw: st.DrawFn, limited: bool = False) -> RoadTravel:
    """Blocks and sites on a small directed graph; several may share a node, some stand where no road leads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nodes, edges = draw(st.integers(1, 25)), draw(st.integers(0, 70))
    blocks, sites = draw(st.integers(1, 8)), draw(st.integers(1, 9))
    time = rng.choice([0.0, 0.001, 1.0, 7.5, 60.0, np.inf], edges) * rng.integers(1, 4, edges)
    return RoadTravel(
        RoadGraph.build(rng.integers(0, nodes, edges), rng.integers(0, nodes, edges), np.ones(edges), nodes),
        time,
        rng.integers(0, nodes, blocks),
        rng.choice([0.0, 2.0, 33.3, np.inf], blocks),
        rng.integers(0, nodes, sites),
        rng.choice([0.0, 5.0, 71.7, np.inf], sites),
        float(rng.choice([0.0, 20.0, 100.0])) if limited else np.inf,
        threads=1,
    )


def matrix(travel: RoadTravel) -> np.ndarray:
    """Times of all pairs in ms, int64, FAR where there is no way within the limit."""
    road = shortest_times(travel.graph, travel.edge_time_s, travel.block_node, threads=1)[:, travel.site_node]
    access = np.add.outer(travel.block_access_s, travel.site_access_s)
    total = np.full(road.shape, FAR, np.int64)
    can = (road < FAR) & np.isfinite(access)
    total[can] = road[can] + np.rint(access[can] * 1000.0).astype(np.int64)
    total[total > travel.max_time_s * 1000.0] = FAR
    return total


def rows(table: CandidateTable) -> list[tuple[int, int, int]]:
    return list(zip(table.block.tolist(), table.site.tolist(), table.time_ms.tolist(), strict=True))


def expected(times: np.ndarray, k: int, price: np.ndarray, usable: np.ndarray) -> list[tuple[int, int, int]]:
    found = []
    for i, row in enumerate(times.tolist()):
        order = sorted((t + price[j], j) for j, t in enumerate(row) if t < FAR and usable[j])
        found += [(i, j, row[j]) for _, j in order[:k]]
    return found


@settings(max_examples=80, deadline=None)
@given(travels(), st.integers(1, 10), st.integers(0, 2**32 - 1))
def test_the_best_priced_sites_are_found(travel: RoadTravel, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    price = rng.choice([0, 0, 1, 900, 40_000, 7_000_000_000], travel.sites)
    usable = rng.random(travel.sites) < 0.8
    times = matrix(travel)
    assert rows(travel.candidates(k, price, usable)) == expected(times, k, price, usable)
    assert rows(travel.candidates(k)) == expected(times, k, 0 * price, np.ones(travel.sites, bool))


@settings(max_examples=40, deadline=None)
@given(travels(limited=True), st.integers(1, 10))
def test_a_time_limit_counts_access_and_road(travel: RoadTravel, k: int) -> None:
    everywhere = np.ones(travel.sites, bool)
    times = matrix(travel)
    assert rows(travel.candidates(k)) == expected(times, k, np.zeros(travel.sites, int), everywhere)
    whole = expected(times, travel.sites, np.zeros(travel.sites, int), everywhere)
    assert rows(travel.all_pairs()) == whole
    assert rows(travel.all_pairs(np.arange(travel.sites) % 2 == 0)) == [row for row in whole if row[1] % 2 == 0]
    assert travel.all_pairs().complete


@settings(max_examples=60, deadline=None)
@given(travels(), st.integers(1, 10))
def test_no_pair_is_longer_than_the_bound_and_complete_means_all(travel: RoadTravel, k: int) -> None:
    times = matrix(travel)
    reached = times[times < FAR]
    assert (reached <= travel.longest_ms()).all()
    table = travel.candidates(k)
    if table.complete:
        assert len(table) == len(reached)


def test_the_bound_is_close_on_two_way_roads() -> None:
    """A hub in each connected part bounds all its pairs: at most the way there and on."""
    tail, head = np.array([0, 1, 2, 3]), np.array([1, 2, 1, 0])
    graph = RoadGraph.build(np.r_[tail[:2], head[:2], 3, 4], np.r_[head[:2], tail[:2], 4, 3], np.ones(6))
    travel = RoadTravel(graph, np.full(6, 10.0), np.array([0, 3]), np.zeros(2), np.array([2, 4]), np.zeros(2))
    assert 20_000 <= travel.longest_ms() <= 40_000


def test_prices_with_a_time_limit_are_refused() -> None:
    """A cheap site out of reach could hide a dear one within it; the caller takes all pairs instead."""
    graph = RoadGraph.build(np.array([0]), np.array([1]), np.ones(1))
    travel = RoadTravel(graph, np.ones(1), np.zeros(1, int), np.zeros(1), np.ones(1, int), np.zeros(1), 60.0)
    with pytest.raises(ValueError, match="all_pairs"):
        travel.candidates(1, np.array([5]))


@pytest.mark.parametrize(("node", "access"), [([0], [np.nan]), ([0], [-1.0]), ([2], [0.0]), ([0, 1], [0.0])])
def test_impossible_blocks_and_sites_are_refused(node: list, access: list) -> None:
    graph = RoadGraph.build(np.array([0]), np.array([1]), np.ones(1))
    here, nowhere = (np.zeros(1, int), np.zeros(1)), (np.array(node), np.array(access))
    for block, site in ((here, nowhere), (nowhere, here)):
        with pytest.raises(ValueError, match=r"block_|site_"):
            nearest_shelters(graph, np.ones(1), *block, *site, 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_a_table_of_all_pairs_picks_the_same_way(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    time = rng.integers(0, 6, (4, 5)) * 0.5
    time[rng.random((4, 5)) < 0.3] = np.inf
    price, usable = rng.integers(0, 3, 5) * 500, rng.random(5) < 0.8
    table = CandidateTable.from_times(time)
    ms = np.where(np.isinf(time), FAR, np.where(np.isinf(time), 0.0, time) * 1000.0).astype(np.int64)
    assert rows(table.candidates(k, price, usable)) == expected(ms, k, price, usable)
    assert len(CandidateTable.from_times(time, 1.0)) == int((time <= 1.0).sum())
    with pytest.raises(ValueError, match="infinite"):
        CandidateTable.from_times(np.array([[np.nan]]))
