"""The latest safe departure: who leaves then arrives, who leaves a millisecond later does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.latest_departure import latest_departures
from shelters.timed_roads import TimedRoads
from tests.timed_case import MS, TimedCase
from tests.unit.test_timed_travel import Trips, all_trips

SETTINGS = settings(deadline=None, max_examples=60)


def _latest(trips: Trips, told: list[int] | None = None, threads: int | None = None) -> np.ndarray:
    """Latest departures (ms) of all pairs, shape (homes, doors)."""
    t = trips.travel
    block, site = (a.ravel() for a in np.indices((t.blocks, t.sites)))
    found = latest_departures(
        t.roads, t.block_node, t.block_access_s, t.site_node, t.site_access_s, t.site_closes_s, block, site,
        None if told is None else np.array(told) * MS, threads,
    )  # fmt: skip
    return np.round(found.reshape(t.blocks, t.sites) / MS, 6)


def _on(case: TimedCase, told=None, closes=None) -> Trips:
    return Trips(case, [0], [2], [10], told, [case.nodes - 1], [1], [closes], None)


def test_a_road_that_closes_sets_the_deadline():
    """Home 2 ms from the road, 5 ms, then 8 ms on the road that closes at 30: be on it at 22, so leave at 15."""
    case = TimedCase(3, [(0, 1), (1, 2)], [0, 30], [[5, 8], [5, 0]])
    assert _latest(_on(case)) == 15.0


def test_a_detour_that_stays_open_lifts_it():
    case = TimedCase(3, [(0, 1), (1, 2), (0, 2)], [0, 30], [[5, 8, 40], [5, 0, 40]])
    assert _latest(_on(case)) == np.inf


def test_a_road_that_opens_again_does_not_count_for_those_told_before_it_closed():
    case = TimedCase(2, [(0, 1)], [0, 30, 60], [[8], [0], [8]])
    assert _latest(_on(case)) == np.inf
    assert _latest(_on(case), told=[10]) == 30 - 8 - 2
    assert _latest(_on(case), told=[60]) == np.inf
    assert _latest(_on(case), told=[40]) == -np.inf


def test_a_site_that_closes_sets_the_deadline_and_no_way_is_never():
    case = TimedCase(2, [(0, 1)], [0], [[7]])
    assert _latest(_on(case, closes=50)) == 49 - 1 - 7 - 2
    assert _latest(_on(TimedCase(2, [(1, 0)], [0], [[7]]))) == -np.inf


@SETTINGS
@given(all_trips())
def test_who_leaves_then_arrives_and_a_millisecond_later_does_not(trips):
    """Consistent with the forward search in every pair; departures before the order are not asked for."""
    trips = replace(trips, limit=None)
    told = trips.told
    latest = _latest(trips, told)
    for i in range(len(trips.home)):
        for j in range(len(trips.door)):
            first = -50 if told is None else told[i]
            end = trips.case.end + 50
            leave = latest[i, j]
            if leave == np.inf:
                assert all((i, j) in _leaving(trips, i, t).truth() for t in (max(first, 0), end))
            elif leave < max(first, 0):
                assert (i, j) not in _leaving(trips, i, max(first, 0)).truth()
            else:
                assert (i, j) in _leaving(trips, i, int(leave)).truth()
                assert (i, j) not in _leaving(trips, i, int(leave) + 1).truth()


def _leaving(trips: Trips, i: int, moment: int) -> Trips:
    leave = list(trips.leave)
    leave[i] = moment
    return replace(trips, leave=leave)


@SETTINGS
@given(all_trips(), st.data())
def test_wetter_roads_never_give_later_departures(trips, data):
    """Every time grows or the edge closes: no trip gets shorter and no deadline later."""
    time = [
        [0 if t == 0 or data.draw(st.integers(0, 4)) == 0 else t + data.draw(st.integers(0, 3)) for t in row]
        for row in trips.case.time
    ]
    wet = replace(trips, case=replace(trips.case, time=time))
    assert (_latest(wet, wet.told) <= _latest(trips, trips.told)).all()
    dry_times, wet_times = (_times(case) for case in (trips, wet))
    assert all(pair in dry_times and dry_times[pair] <= time for pair, time in wet_times.items())


def _times(trips: Trips) -> dict[tuple[int, int], int]:
    table = trips.travel.all_pairs()
    return dict(zip(zip(table.block.tolist(), table.site.tolist(), strict=True), table.time_ms.tolist(), strict=True))


@SETTINGS
@given(all_trips())
def test_one_and_two_threads_give_the_same(trips):
    assert _latest(trips, trips.told, 1).tobytes() == _latest(trips, trips.told, 2).tobytes()


def test_nothing_that_closes_gives_no_deadline():
    case = TimedCase(2, [(0, 1)], [0, 30], [[8], [80]])
    assert _latest(_on(case)) == np.inf
    roads = case.roads
    assert roads.last_closing_ms < 0
    assert TimedRoads(roads.graph, roads.step_s, roads.walk_time_s + 1.0).last_closing_ms < 0
