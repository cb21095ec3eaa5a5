"""Buses: the loop of evacuation.md V22 by hand, roads that close under way, shelters that fill up."""

from __future__ import annotations

import numpy as np
import pytest

from sim.movement.units import RIDING, SHELTERED, WAITING
from tests.teams_case import Stage, dry, flooded, team, two_way

RIDE_S = 600.0
DWELL_S = 5.0 + 2.75 * 50  # 142.5 s


def _loop(persons: list[int], **more: float) -> Stage:
    """One bus of 50 at a stop with 200 people, ten minutes from the shelter; only boarding takes time."""
    terms = {"bus_alight_stop_s": 0.0, "bus_alight_s": 0.0} | more
    stage = Stage(two_way([(0, 1, 6000.0)]), [1], [team("B1", "bus", 0)], **terms)
    stage.stop_bus(0, persons)
    return stage


@pytest.mark.parametrize("persons", [[1] * 200, [4] * 50, [200], [7] * 28 + [4]])
def test_v22_bus_loop(persons: list[int]) -> None:
    """Four round trips of 142.5 + 2 x 600 s; the last people arrive 1,200 - 600 s before the fourth would end.

    Times are sums of a few numbers with three decimals: 1e-6 s is far above their rounding, far below a dwell.
    """
    stage = _loop(persons)
    done = stage.fleet.send_buses(np.array([0]), 1)
    stage.env.run(until=done)
    assert stage.env.now == pytest.approx(3 * (DWELL_S + 2 * RIDE_S) + DWELL_S + RIDE_S, abs=1e-6)
    assert stage.env.now == pytest.approx(4770.0, abs=1e-6)
    assert done.value == 200
    full = stage.trips().query("purpose == 'to_shelter'")
    assert full["persons"].tolist() == [50] * 4
    np.testing.assert_allclose(full["leave_s"], [142.5 + k * 1342.5 for k in range(4)], atol=1e-6)
    np.testing.assert_allclose(full["arrive_s"] - full["leave_s"], RIDE_S, atol=1e-6)
    assert stage.movement.persons(SHELTERED) == 200
    assert len(stage.trips().query("purpose == 'to_stop'")) == 3  # it stands at the stop at first


def test_alighting_takes_its_own_time() -> None:
    stage = _loop([1] * 50, bus_alight_stop_s=5.0, bus_alight_s=2.0)
    stage.env.run(until=stage.fleet.send_buses(np.array([0]), 1))
    assert stage.env.now == pytest.approx(DWELL_S + RIDE_S + 5.0 + 2.0 * 50, abs=1e-6)


def test_two_buses_share_the_people_and_nobody_is_fetched_twice() -> None:
    stage = Stage(
        two_way([(0, 1, 6000.0)]), [1], [team("B1", "bus", 0, vehicles=2)], bus_alight_stop_s=0.0, bus_alight_s=0.0
    )
    stage.stop_bus(0, [1] * 150)
    stage.env.run(until=stage.fleet.send_buses(np.array([0]), 2))
    assert stage.env.now == pytest.approx(2 * (DWELL_S + RIDE_S) + RIDE_S, abs=1e-6)  # 50 + 50, then 50 by one of them
    assert stage.trips().query("purpose == 'to_shelter'")["persons"].tolist() == [50, 50, 50]


def test_two_buses_go_to_two_stops() -> None:
    """50 people at each of two stops, one minute off: each bus takes one stop, whichever they would both like best."""
    graph = two_way([(0, 1, 600.0), (0, 2, 600.0), (1, 3, 600.0), (2, 3, 600.0)])
    stage = Stage(graph, [3], [team("B1", "bus", 0, vehicles=2)], bus_alight_stop_s=0.0, bus_alight_s=0.0)
    for node in (1, 2):
        stage.stop_bus(node, [1] * 50)
    stage.env.run(until=stage.fleet.send_buses(np.arange(3), 2))
    assert stage.env.now == pytest.approx(60.0 + DWELL_S + 60.0)


def test_a_bus_with_seats_left_goes_on_to_near_stops_only() -> None:
    """20 people here, 10 one minute on, 10 ten minutes on (beyond five): 30 on the first trip."""
    stage = Stage(two_way([(0, 1, 600.0), (1, 2, 6000.0), (0, 3, 1200.0)]), [3], [team("B1", "bus", 0)])
    for node, persons in ((0, 20), (1, 10), (2, 10)):
        stage.stop_bus(node, [1] * persons)
    stage.env.run(until=stage.fleet.send_buses(np.arange(3), 1))
    assert stage.trips().query("purpose == 'to_shelter'")["persons"].tolist() == [30, 10]


def test_people_who_are_ready_later_are_fetched_later() -> None:
    stage = Stage(two_way([(0, 1, 600.0), (1, 2, 600.0)]), [2], [team("B1", "bus", 0, turnout_min=2.0)])
    done = stage.fleet.send_buses(np.array([1]), 1)
    stage.env.run(until=900.0)
    assert stage.trips()["purpose"].tolist() == ["to_area"]  # it waits where they will come
    stage.stop_bus(1, [1] * 10)
    stage.env.run(until=done)
    assert stage.env.now == pytest.approx(900.0 + 5.0 + 27.5 + 60.0 + 5.0 + 20.0)
    assert stage.movement.persons(SHELTERED) == 10


def test_a_bus_takes_the_detour_when_its_road_closes() -> None:
    """From 0 by 1 to 3, 120 s; the second half closes when it is at 1: back over 0 and 2, 60 + 2 x 100 s more."""
    graph = two_way([(0, 1, 600.0), (1, 3, 600.0), (0, 2, 1000.0), (2, 3, 1000.0)])
    stage = Stage(graph, [3], [team("B1", "bus", 0)], bus_alight_stop_s=0.0, bus_alight_s=0.0)
    stage.stop_bus(0, [1] * 10)
    leaves_s = 5.0 + 27.5
    stage.flood(leaves_s + 30.0, flooded(graph, [1, 5]))
    stage.env.run(until=stage.fleet.send_buses(np.array([0]), 1))
    assert stage.env.now == pytest.approx(leaves_s + 60.0 + 60.0 + 200.0)
    assert stage.trips().query("purpose == 'to_shelter'")["length_m"].tolist() == [600.0 + 600.0 + 2000.0]


def test_a_bus_without_a_way_waits_with_its_people_and_goes_on_when_the_road_opens() -> None:
    graph = two_way([(0, 1, 600.0), (1, 2, 600.0)])
    stage = Stage(graph, [2], [team("B1", "bus", 0)], bus_alight_stop_s=0.0, bus_alight_s=0.0, stuck_s=7200.0)
    stage.stop_bus(0, [1] * 10)
    stage.flood(40.0, flooded(graph, [1, 3]))
    stage.flood(5000.0, dry(graph))
    done = stage.fleet.send_buses(np.array([0]), 1)
    stage.env.run(until=4000.0)
    trips = stage.trips()
    assert trips["arrive_s"].isna().tolist() == [True]
    assert trips["length_m"].tolist() == [600.0]
    assert stage.fleet.on_board() == stage.movement.persons(RIDING) == 10
    stage.env.run(until=done)
    assert stage.env.now == pytest.approx(5060.0)
    assert stage.movement.persons(SHELTERED) == 10


def test_people_on_a_bus_that_is_stuck_get_off_and_a_boat_fetches_them() -> None:
    """At 1 after 92.5 s; 20 min later they get off and call; the boat is there after 10 min for 600 m, and 10 back."""
    graph = two_way([(0, 1, 600.0), (1, 2, 600.0)])
    stage = Stage(graph, [2], [team("B1", "bus", 0), team("F1", "rescue", 2, seats=10)])
    stage.stop_bus(0, [1] * 10)
    stage.flood(40.0, flooded(graph, [1, 3]))
    stage.fleet.send_buses(np.array([0]), 1)
    stage.env.run(until=10_000.0)
    assert stage.movement.persons(SHELTERED) == 10
    rescue = stage.fleet.record().rescues.iloc[0]
    assert (rescue["reason"], rescue["persons"], rescue["node"]) == ("vehicle_stuck", 10, 1)
    assert rescue["time_s"] == pytest.approx(92.5 + 1200.0)
    assert rescue["done_s"] == pytest.approx(1292.5 + 600.0 + 10 * 60.0 + 600.0 + 10 * 30.0)


def test_a_road_that_is_never_open_leaves_everybody_waiting() -> None:
    graph = two_way([(0, 1, 600.0), (1, 2, 600.0)])
    stage = Stage(graph, [2], [team("B1", "bus", 0)])
    stage.flood(0.0, flooded(graph, [0, 1, 2, 3]))
    stage.env.run(until=1.0)
    stage.stop_bus(1, [3] * 5)
    stage.fleet.send_buses(np.array([1]), 1)
    stage.env.run(until=20_000.0)
    assert stage.movement.persons(WAITING) == 15
    assert stage.fleet.on_board() == 0


def test_buses_do_not_promise_the_same_places_twice() -> None:
    """80 places near, 1,000 far: the second bus of 50 goes on to the far one, though the first has not arrived."""
    graph = two_way([(0, 1, 600.0), (0, 2, 3000.0)])
    stage = Stage(graph, [1, 2], [team("B1", "bus", 0, vehicles=2)], capacity=[80, 1000])
    stage.stop_bus(0, [1] * 100)
    stage.env.run(until=stage.fleet.send_buses(np.array([0]), 2))
    assert stage.doors.admitted.tolist() == [50, 50]
    assert stage.movement.persons(SHELTERED) == 100


def test_people_keep_the_place_that_they_hold() -> None:
    """A full shelter takes those for whom its last places are kept."""
    graph = two_way([(0, 1, 600.0), (0, 2, 3000.0)])
    stage = Stage(graph, [1, 2], [team("B1", "bus", 0)], capacity=[40, 1000])
    stage.stop_bus(0, [1] * 40, site=0)
    stage.env.run(until=stage.fleet.send_buses(np.array([0]), 1))
    assert stage.doors.admitted.tolist() == [40, 0]
    assert stage.doors.reserved.tolist() == [40, 0]


def test_a_queue_before_the_bus_takes_time() -> None:
    stage = _loop([1] * 50)
    stage.movement.queue_s[0] = 33.0
    stage.env.run(until=stage.fleet.send_buses(np.array([0]), 1))
    assert stage.env.now == pytest.approx(DWELL_S + RIDE_S + 33.0)


def test_where_too_few_buses_are_free_others_follow() -> None:
    stage = _loop([1] * 60)
    stage.fleet.send_buses(np.array([0]), 3, order="o1")
    asked = [values for _, _, values in stage.log if values.get("does") == "too_few_buses"]
    assert asked == [{"does": "too_few_buses", "order": "o1", "asked": 3, "sent": 1}]
    stage.env.run(until=10_000.0)
    assert stage.movement.persons(SHELTERED) == 60


def test_a_bus_without_seats_is_refused() -> None:
    with pytest.raises(ValueError, match="B1 of kind bus has 0 seats"):
        Stage(two_way([(0, 1, 600.0)]), [1], [team("B1", "bus", 0, seats=0)])
