"""People are never lost, made or put where there is no room, whatever floods, closes or fills up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.evacuation import evacuate
from sim.evacuation.outcome import COUNTS
from tests.movement_case import both_ways, random_task, task, walking


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_people_balance_exactly(seed: int) -> None:
    case = random_task(np.random.default_rng(seed))
    outcome = evacuate(case)
    timeline = outcome.timeline
    assert outcome.balance_error == 0
    assert np.array_equal(timeline[list(COUNTS)].sum(axis=1), timeline["ordered"])
    assert (timeline[list(COUNTS)] >= 0).all(axis=None)
    told = case.order_time_s[case.assigned_block] <= case.until_s
    assert timeline["ordered"].iloc[-1] == case.assigned_persons[told].sum()
    assert np.all(outcome.peak <= case.site_capacity)
    assert outcome.peak.sum() == outcome.final("sheltered")
    assert outcome.stuck["stranded"].sum() == outcome.final("stranded")
    assert outcome.stuck["turned_away"].sum() == outcome.final("turned_away")
    assert outcome.refused_by_block.sum() == outcome.final("refused")
    assert outcome.home_by_block.sum() == outcome.final("home")


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_nobody_enters_a_closed_site(seed: int) -> None:
    case = random_task(np.random.default_rng(seed))
    outcome = evacuate(case)
    for site, closed_s in enumerate(case.site_closed_at_s):
        late = outcome.timeline["time_s"] - case.rules.record_s >= closed_s  # whole interval after closing
        assert outcome.arrivals[late.to_numpy(), site].sum() == 0
        if closed_s <= case.until_s:
            assert outcome.inside_when_closed[site] == outcome.peak[site]


def test_same_seed_gives_the_same_run() -> None:
    first, second = (evacuate(random_task(np.random.default_rng(7))) for _ in range(2))
    assert first.timeline.equals(second.timeline)
    assert np.array_equal(first.arrivals, second.arrivals)


def test_a_run_without_anybody_is_empty() -> None:
    graph = both_ways([(0, 1, 100.0)])
    outcome = evacuate(task(graph, walking(graph), order_time_s=np.array([np.inf])))
    assert outcome.timeline["ordered"].max() == 0
    assert np.isnan(outcome.t50_s)
    assert outcome.balance_error == 0


@pytest.mark.parametrize(
    ("given_values", "name"),
    [
        ({"edge_walk_time_s": np.ones((2, 2))}, "edge_walk_time_s"),
        ({"edge_walk_time_s": np.full((1, 2), np.nan)}, "edge_walk_time_s"),
        ({"block_node": np.array([5])}, "block_node"),
        ({"assigned_site": np.array([3])}, "assigned_site"),
        ({"assigned_persons": np.array([1.5])}, "assigned_persons"),
        ({"site_capacity": np.array([-1])}, "site_capacity"),
        ({"order_time_s": np.zeros(2)}, "order_time"),
        ({"epoch_s": np.array([])}, "edge_walk_time_s"),
        ({"until_s": 0.0}, "until_s"),
    ],
)
def test_bad_tasks_are_refused(given_values: dict[str, object], name: str) -> None:
    graph = both_ways([(0, 1, 100.0)])
    values = {"edge_walk_time_s": walking(graph)} | given_values
    with pytest.raises(ValueError, match=name):
        task(graph, values.pop("edge_walk_time_s"), **values)  # type: ignore[arg-type]
