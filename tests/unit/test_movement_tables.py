"""Next-hop tables against scipy's Dijkstra, and what a bulletin and an answer change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.movement.links import ARRIVED, LEFT_WITH, TOLD, UNKNOWN, Links
from sim.movement.routes import FAR, RouteTables, route_ms
from tests.lattice_links import links_of, water_on

# 0 - 1 - 2 - 3 in a row of 100 s each, and a way round from 1 to 3 over 4 of 300 s.
ROW = [(0, 1, 100_000), (1, 2, 100_000), (2, 3, 100_000), (1, 4, 150_000), (4, 3, 150_000)]


def both(edges: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    return edges + [(head, tail, ms) for tail, head, ms in edges]


def reference(links: Links, ms: np.ndarray, by_car: bool, goal: int) -> np.ndarray:
    """Exact time (ms, float) from every node to the goal; infinite without a way."""
    edges = len(links.area_m2)
    ms = ms[edges:] if by_car else ms[:edges]
    nodes = len(links.out_first) - 1
    best: dict[tuple[int, int], int] = {}
    for tail, head, time in zip(links.tail[:edges].tolist(), links.head[:edges].tolist(), ms.tolist(), strict=True):
        if time < FAR and tail != head:
            best[head, tail] = min(time, best.get((head, tail), FAR))
    ends = np.array(list(best), np.int64).reshape(-1, 2)
    matrix = csr_array((np.array(list(best.values()), float), (ends[:, 0], ends[:, 1])), shape=(nodes, nodes))
    return dijkstra(matrix, indices=goal)


def walked(links: Links, tables: RouteTables, ms: np.ndarray, layer: int, by_car: bool, site: int) -> np.ndarray:
    """Time along the table from every node (ms, float); infinite where it is UNKNOWN."""
    ways = tables.ways
    nodes, edges = len(links.out_first) - 1, len(links.area_m2)
    found = np.full(nodes, np.inf)
    row = ways.row[layer, int(by_car), site]
    for start in range(nodes):
        node, total = start, 0
        for _ in range(nodes + 1):
            place = ways.slot[row, node]
            if place in (ARRIVED, UNKNOWN):
                break
            edge = links.out_edge[links.out_first[node] + place]
            total += int(ms[edge + edges * by_car])
            node = int(links.head[edge])
        if ways.slot[row, node] == ARRIVED:
            found[start] = total
    return found


@st.composite
def town(draw: st.DrawFn) -> tuple[Links, np.ndarray, np.random.Generator]:
    """A random directed graph with parallel edges, loops and parts without a way."""
    nodes = draw(st.integers(2, 12))
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    ends = rng.integers(0, nodes, (count, 2))
    ms = rng.integers(1, draw(st.sampled_from([3, 50, 500_000])), count) * 10
    edges = [(int(a), int(b), int(t)) for (a, b), t in zip(ends, ms, strict=True)]
    sites = rng.integers(0, nodes, draw(st.integers(1, 4)))
    return links_of(edges, nodes, rng.random(count) < 0.8), sites, rng


@settings(max_examples=150, deadline=None)
@given(town(), st.sampled_from([1, 2]))
def test_every_way_is_a_shortest_one(case, threads) -> None:
    links, sites, rng = case
    closed = rng.random(len(links.tail)) < 0.2
    known = water_on(links, closed, rng.choice([1.0, 0.5], len(links.area_m2)))
    tables = RouteTables(links, sites, known, threads=threads)
    ms = route_ms(links, known)
    every = np.arange(len(sites))
    for car in (False, True):
        tables.prepare(LEFT_WITH, car, every)
        for site in every:
            want = reference(links, ms, car, sites[site])
            np.testing.assert_array_equal(walked(links, tables, ms, LEFT_WITH, car, site), want)


@settings(max_examples=150, deadline=None)
@given(town(), st.data())
def test_a_search_that_ends_early_knows_what_was_asked(case, data) -> None:
    """Wanted nodes are settled with their exact way; whatever else the row holds is exact, too."""
    links, sites, rng = case
    nodes = len(links.out_first) - 1
    tables = RouteTables(links, sites)
    ms = route_ms(links, None)
    asked = rng.integers(0, nodes, data.draw(st.integers(1, 4)))
    site = int(rng.integers(0, len(sites)))
    tables.prepare(LEFT_WITH, False, np.full(len(asked), site), asked)
    want = reference(links, ms, False, sites[site])
    got = walked(links, tables, ms, LEFT_WITH, False, site)
    np.testing.assert_array_equal(got[asked], want[asked])
    known = np.isfinite(got)
    np.testing.assert_array_equal(got[known], want[known])


@settings(max_examples=200, deadline=None)
@given(town(), st.integers(1, 4))
def test_after_a_bulletin_kept_trees_are_what_a_new_search_finds(case, changes) -> None:
    links, sites, rng = case
    every = np.arange(len(sites))
    tables = RouteTables(links, sites, change_share=0.0)
    water = None
    for car in (False, True):
        tables.prepare(TOLD, car, every)
    for _ in range(changes):
        closed = rng.random(len(links.tail)) < rng.choice([0.02, 0.2])
        slow = np.where(rng.random(len(links.area_m2)) < 0.1, 0.5, 1.0)
        water = water_on(links, closed, slow)
        tables.see(water)
        some = rng.integers(0, len(sites), 3)
        node = rng.integers(0, len(links.out_first) - 1, 3)
        car = rng.random(3) < 0.5
        got = tables.answer(some, car, node)
        ms = route_ms(links, water)
        want = [np.isfinite(reference(links, ms, by, sites[s])[v]) for s, by, v in zip(some, car, node, strict=True)]
        assert got.tolist() == want
        ways = tables.ways
        for s, by, v, there in zip(some, car.astype(int), node, want, strict=True):
            row = ways.row[TOLD, by, s]
            assert (row >= 0 and ways.slot[row, v] != UNKNOWN) == there, "the table says what the answer says"
    tables.told()
    fresh = RouteTables(links, sites, water)
    for car in (0, 1):
        fresh.prepare(LEFT_WITH, bool(car), every)
        for site in every:
            row = tables.ways.row[TOLD, car, site]
            if row < 0:
                continue
            new = fresh.ways.slot[fresh.ways.row[LEFT_WITH, car, site]]
            old = tables.ways.slot[row]
            known = old != UNKNOWN
            np.testing.assert_array_equal(old[known], new[known])


def test_an_answer_finds_the_way_round_and_says_where_there_is_none() -> None:
    links = links_of(both(ROW), 5)
    tables = RouteTables(links, np.array([3]))
    tables.prepare(LEFT_WITH, False, np.array([0]))
    closed = np.zeros(20, bool)
    closed[1] = True  # 1 -> 2
    tables.see(water_on(links, closed))
    assert tables.answer([0], [False], [1]).tolist() == [True]
    told, left = tables.ways.slot[tables.ways.row[TOLD, 0, 0]], tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0]]
    place_of = {int(links.out_edge[k]): k - links.out_first[1] for k in range(links.out_first[1], links.out_first[2])}
    assert told[1] == place_of[3]
    assert left[1] == place_of[1]
    closed[[3, 5]] = True  # 1 -> 4 and 1 -> 0
    tables.see(water_on(links, closed))
    assert tables.answer([0, 0], [False, False], [1, 2]).tolist() == [False, True]
    searches = tables.searches
    assert tables.answer([0], [False], [1]).tolist() == [False]
    assert tables.searches == searches, "the same question on the same roads needs no new search"


def test_only_trees_that_use_a_changed_road_are_dropped() -> None:
    links = links_of(both(ROW), 5)
    tables = RouteTables(links, np.array([3, 4]))
    tables.prepare(TOLD, False, np.array([0, 1]))
    closed = np.zeros(20, bool)
    closed[1] = True  # 1 -> 2 is on the way to node 3, not to node 4 (from 1) but from 2 to 4 goes 2 -> 1
    assert tables.told(water_on(links, closed)) == 1
    assert tables.ways.row[TOLD, 0, 0] == -1
    assert tables.ways.row[TOLD, 0, 1] >= 0
    closed[1] = False
    assert tables.told(water_on(links, closed)) == 1, "a road that opens matters to all that come to its end"


def test_a_small_change_is_no_reason_for_new_ways() -> None:
    links = links_of(both(ROW), 5)
    tables = RouteTables(links, np.array([3]), change_share=0.25)
    tables.prepare(TOLD, False, np.array([0]))
    slow = np.ones(10)
    slow[1] = 1.0 / 1.2
    assert tables.told(water_on(links, slow=slow)) == 0
    slow[1] = 1.0 / 1.3
    assert tables.told(water_on(links, slow=slow)) == 1


def test_a_radius_bounds_the_tree() -> None:
    links = links_of(both(ROW), 5)
    tables = RouteTables(links, np.array([3]))
    tables.prepare(LEFT_WITH, False, np.array([0]), None, 150.0)
    assert (tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0]] != UNKNOWN).tolist() == [False, False, True, True, True]
    tables.prepare(LEFT_WITH, False, np.array([0]), np.array([0]))
    assert tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0], 0] != UNKNOWN


def test_cars_keep_off_roads_without_room_for_them() -> None:
    links = links_of(both(ROW), 5, cars=np.array([True, False, True, True, True] * 2))
    tables = RouteTables(links, np.array([3]))
    tables.prepare(LEFT_WITH, True, np.array([0]))
    assert walked(links, tables, route_ms(links, None), LEFT_WITH, True, 0)[1] == 30_000
    tables.prepare(LEFT_WITH, False, np.array([0]))
    assert walked(links, tables, route_ms(links, None), LEFT_WITH, False, 0)[1] == 200_000


@pytest.mark.parametrize(("site", "node", "name"), [(1, 0, "site"), (-1, 0, "site"), (0, 5, "node"), (0, -1, "node")])
def test_numbers_out_of_range_are_named(site, node, name) -> None:
    tables = RouteTables(links_of(both(ROW), 5), np.array([3]))
    with pytest.raises(ValueError, match=name):
        tables.answer([site], [False], [node])


def test_a_crossing_with_too_many_roads_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 254"):
        RouteTables(links_of([(0, 1, 1)] * 255, 2), np.array([1]))


def test_of_equal_ways_the_road_with_the_smallest_number() -> None:
    for late in ((1, 3, 10_000), (2, 3, 10_000)), ((2, 3, 10_000), (1, 3, 10_000)):
        tables = RouteTables(links_of([(0, 2, 10_000), (0, 1, 10_000), *late], 4), np.array([3]))
        tables.prepare(LEFT_WITH, False, np.array([0]))
        assert tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0], 0] == 0


def test_a_tree_made_again_comes_as_far_as_before() -> None:
    """Somebody near the site asks; whoever is farther out must not lose his way by it."""
    links = links_of(both([(k, k + 1, 100_000) for k in range(30)]), 31)
    tables = RouteTables(links, np.array([30]))
    tables.prepare(TOLD, False, np.array([0]), np.array([5]))
    closed = np.zeros(120, bool)
    closed[59] = True  # 30 -> 29
    tables.see(water_on(links, closed))
    assert tables.answer([0], [False], [29]).all()
    assert (tables.ways.slot[tables.ways.row[TOLD, 0, 0], 5:] != UNKNOWN).all()


def test_what_people_left_with_does_not_grow_into_what_they_are_told() -> None:
    """Both layers are one until something changes; then the old knowledge may grow, the new one must not show it."""
    links = links_of(both([(k, k + 1, 100_000) for k in range(30)]), 31)
    tables = RouteTables(links, np.array([30]))
    tables.prepare(LEFT_WITH, False, np.array([0]), np.array([29]))
    tables.prepare(TOLD, False, np.array([0]), np.array([29]))
    closed = np.zeros(120, bool)
    closed[3] = True  # 3 -> 4, beyond the tree so far
    assert tables.told(water_on(links, closed)) == 0
    tables.prepare(LEFT_WITH, False, np.array([0]), np.array([3]))
    assert tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0], 3] != UNKNOWN
    row = tables.ways.row[TOLD, 0, 0]
    assert row < 0 or tables.ways.slot[row, 3] == UNKNOWN
    assert not tables.answer([0], [False], [3]).any()


def test_an_island_is_answered_without_a_search() -> None:
    links = links_of(both(ROW), 5)
    tables = RouteTables(links, np.array([3]))
    tables.prepare(LEFT_WITH, False, np.array([0]))
    tables.prepare(TOLD, False, np.array([0]))
    left = tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0], 0]
    closed = np.zeros(20, bool)
    closed[[0, 5]] = True  # node 0 stands alone
    tables.see(water_on(links, closed))
    searches = tables.searches
    assert tables.answer([0, 0], [False, False], [0, 0]).tolist() == [False, False]
    tables.prepare(TOLD, False, np.array([0]), np.array([0]))
    assert tables.searches == searches
    assert tables.ways.slot[tables.ways.row[LEFT_WITH, 0, 0], 0] == left, "what people left with stays"
    tables.see(water_on(links))
    assert tables.answer([0], [False], [0]).tolist() == [True]
