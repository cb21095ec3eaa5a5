"""Trips on roads that change, against every place at every millisecond and against the search on still roads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.allocation import allocate
from shelters.graph import RoadGraph
from shelters.nearest import RoadTravel
from shelters.timed_roads import TimedRoads
from shelters.timed_travel import TimedTravel
from tests.timed_case import MS, TimedCase, timed_cases

SETTINGS = settings(deadline=None, max_examples=100)


@dataclass(frozen=True)
class Trips:
    """Homes and doors on a case, in whole milliseconds."""

    case: TimedCase
    home: list[int]
    home_ms: list[int]
    leave: list[int]
    told: list[int] | None
    door: list[int]
    door_ms: list[int]
    closes: list[int | None]
    limit: int | None

    @property
    def travel(self) -> TimedTravel:
        return TimedTravel(
            self.case.roads,
            np.array(self.home, np.int32), np.array(self.home_ms) * MS, np.array(self.leave) * MS,
            np.array(self.door, np.int32), np.array(self.door_ms) * MS,
            np.array([np.inf if c is None else c * MS for c in self.closes]),
            np.inf if self.limit is None else self.limit * MS,
            None if self.told is None else np.array(self.told) * MS,
        )  # fmt: skip

    def truth(self) -> dict[tuple[int, int], int]:
        """Trip time of every pair that can be walked."""
        times = {}
        for i, (node, access, leave) in enumerate(zip(self.home, self.home_ms, self.leave, strict=True)):
            told = None if self.told is None else self.told[i]
            first = self.case.arrivals(node, leave + access, told)
            for j, (door, away, closes) in enumerate(zip(self.door, self.door_ms, self.closes, strict=True)):
                if first[door] is None:
                    continue
                there = first[door] + away
                if (closes is None or there < closes) and (self.limit is None or there - leave <= self.limit):
                    times[i, j] = there - leave
        return times


@st.composite
def all_trips(draw: st.DrawFn) -> Trips:
    case = draw(timed_cases())
    place, wait = st.integers(0, case.nodes - 1), st.integers(0, 5)
    homes, doors = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    leave = draw(st.lists(st.integers(0, 20), min_size=homes, max_size=homes))
    told = [draw(st.integers(0, t)) for t in leave]
    return Trips(
        case,
        draw(st.lists(place, min_size=homes, max_size=homes)), draw(st.lists(wait, min_size=homes, max_size=homes)),
        leave, told if draw(st.booleans()) else None,
        draw(st.lists(place, min_size=doors, max_size=doors)), draw(st.lists(wait, min_size=doors, max_size=doors)),
        draw(st.lists(st.one_of(st.none(), st.integers(1, 40)), min_size=doors, max_size=doors)),
        draw(st.one_of(st.none(), st.integers(0, 30))),
    )  # fmt: skip


def _pairs(table) -> dict[tuple[int, int], int]:
    return dict(zip(zip(table.block.tolist(), table.site.tolist(), strict=True), table.time_ms.tolist(), strict=True))


def test_a_road_that_closes_is_walked_by_those_who_get_through():
    """Home 0, door 2. 0-1 (5 ms) then 1-2 (8 ms) closes at 30; the detour 0-2 takes 40."""
    case = TimedCase(3, [(0, 1), (1, 2), (0, 2)], [0, 30], [[5, 8, 40], [5, 0, 40]])
    trips = Trips(case, [0, 0], [2, 2], [15, 16], None, [2], [1], [None], None)
    table = trips.travel.all_pairs()
    assert table.time_ms.tolist() == [2 + 5 + 8 + 1, 2 + 40 + 1]
    ways = trips.travel.ways(np.array([1, 0]), np.array([0, 0]))
    assert [ways.edge[a:b].tolist() for a, b in zip(ways.first, ways.last, strict=True)] == [[2], [0, 1]]
    assert ways.spent_ms.tolist() == [40, 5, 8]
    assert ways.length_m(np.array([1.0, 2.0, 4.0])).tolist() == [4.0, 3.0]
    late = replace(trips, leave=[16, 16], case=TimedCase(3, case.edges[:2], [0, 30], [[5, 8], [5, 0]]))
    assert len(late.travel.all_pairs()) == 0
    assert np.isnan(late.travel.ways(np.array([0]), np.array([0])).length_m(np.ones(2))).all()


def test_a_site_must_be_reached_before_it_closes():
    case = TimedCase(2, [(0, 1)], [0], [[7]])
    trips = Trips(case, [0], [2], [10], None, [1, 1], [1, 1], [20, 21], None)
    assert _pairs(trips.travel.all_pairs()) == {(0, 1): 10}


def test_a_block_that_nobody_leaves_has_no_pairs():
    case = TimedCase(2, [(0, 1)], [0], [[7]])
    travel = replace(Trips(case, [0], [2], [10], None, [1], [1], [None], None).travel, leave_s=np.array([np.inf]))
    assert len(travel.all_pairs()) == 0
    assert travel.all_pairs().complete
    assert travel.longest_ms() == 0


@SETTINGS
@given(all_trips())
def test_trips_match_every_place_at_every_millisecond(trips):
    truth = trips.truth()
    table = trips.travel.all_pairs()
    assert _pairs(table) == truth
    assert table.complete
    assert trips.travel.longest_ms() >= max(truth.values(), default=0)


@SETTINGS
@given(all_trips(), st.data())
def test_the_best_sites_under_prices_are_the_best_of_all_pairs(trips, data):
    """Asked several times of one travel, so that lists are extended, against the sorted table of the truth."""
    travel, sites = trips.travel, len(trips.door)
    truth = trips.truth()
    for _ in range(3):
        k = data.draw(st.integers(1, sites))
        price = np.array(data.draw(st.lists(st.integers(0, 25), min_size=sites, max_size=sites)))
        usable = np.array(data.draw(st.lists(st.booleans(), min_size=sites, max_size=sites)))
        expected = []
        for i in range(len(trips.home)):
            mine = [(t + price[j], j, t) for (b, j), t in truth.items() if b == i and usable[j]]
            expected += [(i, j, t) for _, j, t in sorted(mine)[:k]]
        table = travel.candidates(k, price, usable)
        got = list(zip(table.block.tolist(), table.site.tolist(), table.time_ms.tolist(), strict=True))
        assert got == expected
        limit = data.draw(st.integers(0, 30))
        near = {pair: t for pair, t in truth.items() if t <= limit and usable[pair[1]]}
        assert _pairs(travel.within(limit, usable)) == near


@SETTINGS
@given(all_trips())
def test_ways_lead_from_home_to_the_door_in_the_time_of_the_trip(trips):
    """Each edge starts where the last one ended and is open while it is walked; all together take the trip's time."""
    table = trips.travel.all_pairs()
    ways = trips.travel.ways(table.block, table.site)
    for pair, (i, j) in enumerate(zip(table.block, table.site, strict=True)):
        at, now = trips.home[i], trips.leave[i] + trips.home_ms[i]
        for step in range(ways.first[pair], ways.last[pair]):
            tail, at_next = trips.case.edges[ways.edge[step]]
            assert tail == at
            after = now + int(ways.spent_ms[step])
            told = None if trips.told is None else trips.told[i]
            assert after in [trips.case.passes(ways.edge[step], t, told) for t in range(now, after)]
            at, now = at_next, after
        assert at == trips.door[j]
        assert now + trips.door_ms[j] - trips.leave[i] == table.time_ms[pair]


def _lattice(side: int, seed: int) -> tuple[RoadGraph, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
         np.column_stack([number[:-1].ravel(), number[1:].ravel()])]
    )  # fmt: skip
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    length = rng.uniform(50.0, 150.0, len(pairs))
    return RoadGraph.build(pairs[:, 0], pairs[:, 1], length, side * side), length / 1.11, rng


def _places(rng: np.random.Generator, nodes: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.integers(0, nodes, count).astype(np.int32), rng.uniform(0.0, 60.0, count)


@pytest.mark.parametrize("limit_s", [900.0, np.inf])
def test_where_nothing_closes_it_is_the_search_on_still_roads(limit_s):
    graph, time, rng = _lattice(20, 3)
    time[rng.random(len(time)) < 0.2] = np.inf
    block, site = _places(rng, 400, 90), _places(rng, 400, 25)
    still = RoadTravel(graph, time, *block, *site, limit_s)
    roads = TimedRoads(graph, np.array([0.0, 300.0, 600.0]), np.stack([time] * 3))
    timed = TimedTravel(roads, *block, rng.uniform(0.0, 900.0, 90), *site, np.full(25, np.inf), limit_s)
    assert _pairs(timed.all_pairs()) == _pairs(still.all_pairs())
    assert _pairs(timed.candidates(4)) == _pairs(still.candidates(4))
    demand, room = rng.integers(0, 60, 90), rng.integers(0, 120, 25)
    plans = [allocate(demand, travel, room) for travel in (still, timed)]
    assert plans[0].walk_person_s == plans[1].walk_person_s
    assert plans[0].unserved.sum() == plans[1].unserved.sum() > 0
    assert all(plan.certified and plan.gap == 0.0 for plan in plans)


def _flooding(seed: int) -> tuple[TimedTravel, np.random.Generator]:
    graph, time, rng = _lattice(20, seed)
    steps = np.arange(8) * 300.0
    slower = np.stack([time * rng.choice([1.0, 1.0, 1.0, 2.5, np.inf], len(time)) for _ in steps])
    block, site = _places(rng, 400, 90), _places(rng, 400, 25)
    closes = np.where(rng.random(25) < 0.3, rng.uniform(600.0, 2400.0, 25), np.inf)
    return TimedTravel(TimedRoads(graph, steps, slower), *block, rng.uniform(0.0, 2000.0, 90), *site, closes), rng


def test_a_plan_found_on_short_lists_is_the_plan_on_all_pairs_and_proven():
    travel, rng = _flooding(5)
    for room in (40, 400):
        demand, capacity = rng.integers(0, 60, 90), rng.integers(0, room, 25)
        lazy = allocate(demand, replace(travel), capacity, k=2)
        whole = allocate(demand, travel.all_pairs(capacity > 0), capacity)
        assert lazy.certified
        assert (lazy.walk_person_s, lazy.unserved.sum()) == (whole.walk_person_s, whole.unserved.sum())


def test_one_and_two_threads_give_the_same():
    one, two = (replace(_flooding(7)[0], threads=threads) for threads in (1, 2))
    rng = np.random.default_rng(0)
    price = rng.integers(0, 600_000, 25)
    for ask in (lambda t: t.candidates(3), lambda t: t.candidates(5, price), lambda t: t.all_pairs()):
        a, b = ask(one), ask(two)
        assert a.block.tobytes() == b.block.tobytes()
        assert a.site.tobytes() == b.site.tobytes()
        assert a.time_ms.tobytes() == b.time_ms.tobytes()
    pairs = one.all_pairs()
    length = one.roads.graph.length_m
    a, b = (travel.ways(pairs.block, pairs.site).length_m(length) for travel in (one, two))
    assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"leave_s": np.array([np.nan])}, "leave_s of blocks"),
        ({"block_access_s": np.array([-1.0])}, "access times must be >= 0"),
        ({"block_node": np.array([9])}, "nodes end at 1"),
        ({"site_closes_s": np.array([1.0, 2.0])}, "closes_s of sites"),
        ({"told_s": np.array([11.0])}, "told_s must not be later"),
    ],
)
def test_bad_arguments_are_named(parts, words):
    travel = Trips(TimedCase(2, [(0, 1)], [0], [[7]]), [0], [2], [10], None, [1], [1], [None], None).travel
    with pytest.raises(ValueError, match=words):
        replace(travel, **parts)
    with pytest.raises(ValueError, match="price_ms must be >= 0"):
        travel.candidates(1, np.array([-1]))
