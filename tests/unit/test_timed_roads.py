"""Edges that change while people walk: earliest arrival and latest entry against every millisecond."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.graph import RoadGraph
from shelters.timed_roads import ALWAYS, NEVER, TimedRoads, arrival, latest_entry
from tests.timed_case import TimedCase, timed_cases

SETTINGS = settings(deadline=None, max_examples=100)


def _one_edge(step: list[int], time: list[int]) -> TimedCase:
    return TimedCase(2, [(0, 1)], step, [[t] for t in time])


def _arrive(case: TimedCase, moment: int, since: int = NEVER, edge: int = 0) -> int:
    return int(arrival(moment, since, edge, *case.roads.spells))


def _enter(case: TimedCase, due: int, since: int = NEVER, edge: int = 0) -> int:
    return int(latest_entry(due, since, edge, *case.roads.spells))


def test_a_road_that_closes_counts_until_it_closes():
    """7 ms to walk, closed from 20: entered at 13 it is left as it closes; at 14 it is not passed."""
    case = _one_edge([0, 20], [7, 0])
    assert _arrive(case, 13) == 20
    assert _arrive(case, 14) == NEVER
    assert _enter(case, 1000) == _enter(case, NEVER) == 13
    assert _enter(case, 15) == 8


def test_who_may_wait_takes_the_road_when_it_opens_unless_it_must_have_been_open():
    case = _one_edge([0, 20, 50], [7, 0, 4])
    assert _arrive(case, 14) == 54
    assert _arrive(case, 14, since=14) == NEVER
    assert _enter(case, NEVER) == NEVER
    assert _enter(case, NEVER, since=10) == 13


def test_waiting_for_the_water_to_fall_can_be_quicker_than_wading():
    case = _one_edge([0, 10], [30, 5])
    assert [_arrive(case, t) for t in (0, 4, 9, 10)] == [15, 15, 15, 15]
    assert _enter(case, 14) == -16  # before the run, in the state of its first step
    assert _enter(case, 15) == 10


def test_an_edge_keeps_the_time_it_was_entered_with():
    case = _one_edge([0, 10], [8, 50])
    assert (_arrive(case, 9), _arrive(case, 10)) == (17, 60)


def test_steps_of_one_walking_time_are_one_spell():
    first, spells = TimedCase(2, [(0, 1), (1, 0)], [0, 5, 9, 12], [[3, 0], [3, 0], [0, 0], [3, 2]]).roads.spells
    assert first.tolist() == [0, 2, 3]
    assert spells.tolist() == [[ALWAYS, 9, 3, ALWAYS, 9], [12, NEVER, 3, 12, NEVER], [12, NEVER, 2, 12, NEVER]]


@SETTINGS
@given(timed_cases(most_nodes=2), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 30)))
def test_arrival_and_entry_match_every_millisecond(case, moment, told):
    """A by trying every entry from now on; E as the last moment whose A is in time. 60 ms cover every change."""
    since = NEVER if told is None else told
    for edge in range(len(case.edges)):
        out = [case.passes(edge, t, told) for t in range(100)]
        best = min((leave for leave in out[moment:] if leave is not None), default=NEVER)
        if told is None or told <= moment:
            assert _arrive(case, moment, since, edge) == best
        entries = [t for t, leave in enumerate(out) if leave is not None and leave <= moment and t >= (told or 0)]
        entry = _enter(case, moment, since, edge)
        if entries:
            assert entry == entries[-1]
        else:
            assert entry < (told or 0)


@SETTINGS
@given(timed_cases(most_nodes=2))
def test_later_never_arrives_earlier(case):
    """FIFO: with waiting allowed, arrival and entry are monotone, and each is the other's inverse."""
    for edge in range(len(case.edges)):
        out = [_arrive(case, t, edge=edge) for t in range(60)]
        assert out == sorted(out)
        entry = [_enter(case, due, edge=edge) for due in range(60)]
        assert entry == sorted(entry)
        for due in range(60):
            for t in range(due):
                assert (out[t] <= due) == (t <= entry[due])


def test_steps_that_do_not_fit_are_refused():
    graph = RoadGraph.build(np.array([0]), np.array([1]), np.ones(1))
    with pytest.raises(ValueError, match=r"expected \(steps,\) and \(steps, 1\)"):
        TimedRoads(graph, np.array([0.0, 300.0]), np.ones((1, 1)))
    with pytest.raises(ValueError, match="step_s must rise"):
        TimedRoads(graph, np.array([0.0, 0.0]), np.ones((2, 1)))
    with pytest.raises(ValueError, match="step_s must rise"):
        TimedRoads(graph, np.array([0.0, np.inf]), np.ones((2, 1)))
    with pytest.raises(ValueError, match="edge times must be numbers"):
        _ = TimedRoads(graph, np.array([0.0]), np.array([[np.nan]])).spells
