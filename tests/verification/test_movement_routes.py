"""Movement on the roads: V1, V5, V11, V12 of the verification list (RiMEA 1, NIST TN 1822), exact answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.departure import Uniform
from sim.evacuation import evacuate
from tests.movement_case import both_ways, task, walking


def test_v1_corridor() -> None:
    """40 m at 1.33 m/s take 40 / 1.33 = 30.08 s (RiMEA accepts 26-34 s)."""
    graph = both_ways([(0, 1, 40.0)])
    outcome = evacuate(task(graph, walking(graph, speed_m_s=1.33)))
    assert outcome.trip_worst_s == pytest.approx(40.0 / 1.33, rel=1e-12)
    assert outcome.t50_s == pytest.approx(0.5 + 40.0 / 1.33, rel=1e-12)
    assert outcome.final("sheltered") == 100


def test_v1_access_ways_count() -> None:
    """Home to road 30 s, 125 m of road at 1.25 m/s 100 s, road to door 20 s: 150 s."""
    graph = both_ways([(0, 1, 125.0)])
    outcome = evacuate(task(graph, walking(graph), block_access_s=np.array([30.0]), site_access_s=np.array([20.0])))
    assert outcome.trip_mean_s == 150.0


def test_v5_all_take_the_shorter_route() -> None:
    """Node 0 to node 3 by node 1 (250 m) or node 2 (375 m): everybody arrives after 250 / 1.25 = 200 s."""
    graph = both_ways([(0, 2, 125.0), (2, 3, 250.0), (0, 1, 125.0), (1, 3, 125.0)])
    outcome = evacuate(task(graph, walking(graph)))
    assert outcome.trip_mean_s == outcome.trip_worst_s == 200.0


# V11: 0 -> 1 in 100 s, 1 -> 3 in 100 s until it closes at 600 s, else 1 -> 2 -> 3 in 400 s.
DETOUR = [(0, 1, 125.0), (1, 3, 125.0), (1, 2, 250.0), (2, 3, 250.0)]
CLOSES_S = 600.0


def _closing_route(finish_s: float) -> pd.DataFrame:
    graph = both_ways(DETOUR)
    times = walking(graph, 2)
    times[1, [1, 5]] = np.inf
    outcome = evacuate(
        task(
            graph,
            times,
            epoch_s=np.array([0.0, CLOSES_S]),
            assigned_persons=np.array([5000]),
            rules={"curve": Uniform(0.0, 1000.0), "finish_s": finish_s},
            until_s=2000.0,
        )
    )
    assert outcome.balance_error == 0
    assert outcome.final("sheltered") == 5000
    return outcome.timeline


def _left_by(timeline: pd.DataFrame, time_s: np.ndarray) -> np.ndarray:
    """People who have left by each whole second; departures lie at half seconds, records at whole ones."""
    left = (timeline["ordered"] - timeline["home"]).to_numpy()
    return left[np.clip(time_s, 0, left.size - 1).astype(int)] * (time_s >= 0)


def test_v11_those_before_the_closing_pass_and_later_ones_take_the_detour() -> None:
    """Who reaches node 1 before 600 s (leaves before 500 s) walks 200 s, also if it closes under him; others 500 s."""
    timeline = _closing_route(np.inf)
    t = timeline["time_s"].to_numpy()
    early = _left_by(timeline, np.minimum(t - 200, 500))
    late = np.maximum(_left_by(timeline, t - 500) - _left_by(timeline, np.full_like(t, 500)), 0)
    assert np.array_equal(timeline["sheltered"], early + late)


def test_v11_those_on_a_closing_road_turn_back_if_told_to() -> None:
    """Who left at s in 400..500 s is on the road since s + 100; he is back at node 1 at 600 + (600 - s - 100)."""
    timeline = _closing_route(0.0)
    t = timeline["time_s"].to_numpy()
    at_400, at_500 = (_left_by(timeline, np.full_like(t, s)) for s in (400, 500))
    passed = _left_by(timeline, np.minimum(t - 200, 400))
    # back and on by the detour at 1100 - s + 400 <= t, that is s >= 1500 - t
    back = np.where(t >= 1000, at_500 - _left_by(timeline, np.clip(1500 - t, 400, 500)), 0)
    late = np.maximum(_left_by(timeline, t - 500) - at_500, 0)
    assert np.array_equal(at_400 > 0, np.ones_like(t, bool))
    assert np.array_equal(timeline["sheltered"], passed + back + late)


def test_v12_an_island_strands_its_people_and_the_run_ends() -> None:
    graph = both_ways([(0, 1, 125.0), (1, 2, 125.0)])
    outcome = evacuate(task(graph, np.full((1, graph.edges), np.inf)))
    assert outcome.final("stranded") == 100
    assert outcome.stuck[["node", "stranded", "turned_away"]].to_numpy().tolist() == [[0, 100, 0]]
    assert np.isnan(outcome.t50_s)
    assert outcome.balance_error == 0


def test_v12_stranded_people_go_on_when_a_road_opens() -> None:
    """The second road is closed from the start and opens at 1,000 s; people wait at node 1 and arrive at 1,100 s."""
    graph = both_ways([(0, 1, 125.0), (1, 2, 125.0)])
    times = walking(graph, 3)
    times[1, [1, 3]] = np.inf
    outcome = evacuate(task(graph, times, epoch_s=np.array([0.0, 50.0, 1000.0])))
    stranded = outcome.timeline.set_index("time_s")["stranded"]
    assert stranded[100.0] == 0
    assert stranded[101.0] == stranded[999.0] == 100
    assert stranded[1000.0] == 0
    assert outcome.t95_s == 1100.0


def test_an_edge_takes_the_time_of_the_moment_it_is_entered() -> None:
    """The water slows the road to half speed at 50 s, when everybody is on it: nobody feels it but the later ones."""
    graph = both_ways([(0, 1, 125.0), (1, 2, 125.0)])
    times = walking(graph, 2)
    times[1] *= 2.0
    outcome = evacuate(task(graph, times, epoch_s=np.array([0.0, 50.0])))
    assert outcome.trip_mean_s == 100.0 + 200.0
