"""Ambulances, rescue crews, road and pump crews: who goes, when they are there, and that nobody is ever lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.command.driving import driving_times
from sim.command_rules import CommandTerms
from sim.movement.links import CLOSED
from sim.movement.units import CAUGHT, NO_WAY, RIDING, SHELTERED, STATES, STRANDED, WAITING
from tests.teams_case import Stage, dry, flooded, links_of, team, two_way

LINE = [(0, 1, 600.0), (1, 2, 600.0), (2, 3, 600.0)]  # a minute each by car


def test_the_ambulance_that_is_there_first_fetches_and_hands_over() -> None:
    """A2 stands nearer but turns out later: A1 needs 60 + 60 s, A2 300 s. Load 300 s, two minutes' ride, hand over."""
    graph = two_way(LINE)
    posts = [team("A1", "ambulance", 0, seats=2, turnout_min=1.0), team("A2", "ambulance", 1, seats=2, turnout_min=5.0)]
    stage = Stage(graph, [3], posts)
    stage.homebound(1, [1])
    stage.env.run(until=3000.0)
    row = stage.fleet.record().rescues.iloc[0]
    assert (row["team"], row["reason"], row["persons"]) == ("A1", "assisted", 1)
    times = row[["time_s", "answered_s", "reached_s", "done_s"]].tolist()
    assert times == pytest.approx([0.0, 60.0, 120.0, 120.0 + 300.0 + 120.0 + 30.0])
    assert stage.movement.persons(SHELTERED) == 1


def test_a_call_of_many_takes_as_many_trips_as_it_has_loads() -> None:
    """5 people, 2 seats, one ambulance: 2 + 2 + 1; the call is done with the last of them."""
    stage = Stage(two_way(LINE), [3], [team("A1", "ambulance", 0, seats=2)])
    stage.homebound(1, [3, 2])
    stage.env.run(until=20_000.0)
    trips = stage.trips().query("purpose == 'to_shelter'")
    assert trips["persons"].tolist() == [2, 2, 1]
    rescues = stage.fleet.record().rescues
    assert len(rescues) == 1
    ride = 120.0
    there = [60.0, ride, ride]
    assert rescues["done_s"].iloc[0] == pytest.approx(sum(there) + 3 * ride + 5 * 330.0)


def test_without_ambulances_rescue_crews_fetch_them() -> None:
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6)])
    stage.homebound(1, [1])
    stage.env.run(until=3000.0)
    assert stage.fleet.record().rescues["team"].tolist() == ["F1"]


def test_people_in_the_water_come_first() -> None:
    """One crew, three calls at one moment: the one caught is answered before those who came earlier in the list."""
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6)])
    stage.strand(3, [1])
    stage.env.run(until=1.0)  # the crew is on its way to the first call
    stage.strand(2, [1])
    stage.strand(1, [1], CAUGHT)
    stage.env.run(until=5000.0)
    rescues = stage.fleet.record().rescues.set_index("node")
    assert rescues["reason"].to_dict() == {3: "no_way", 2: "no_way", 1: "caught"}
    assert rescues.loc[1, "reached_s"] < rescues.loc[2, "reached_s"]
    assert stage.movement.persons(SHELTERED) == 3


def test_rescue_crews_take_the_boat_and_ambulances_do_not() -> None:
    """600 m under 0.6 m of still water: 600 s at 1 m/s; not where the flow is above what crews can work in."""
    graph = two_way(LINE)
    teams = [team("F1", "rescue", 0, seats=6), team("A1", "ambulance", 0, seats=2)]
    for depth_speed, reached_s in ((0.0, 60.0 + 600.0), (0.9, np.nan)):
        stage = Stage(graph, [0], teams)
        stage.flood(0.0, flooded(graph, [1, 4], depth_speed=depth_speed))
        stage.env.run(until=1.0)
        stage.strand(2, [4])
        stage.homebound(2, [1])
        stage.env.run(until=10_000.0)
        rescues = stage.fleet.record().rescues.set_index("reason")
        assert rescues.loc["no_way", "reached_s"] == pytest.approx(reached_s + 1.0, nan_ok=True)
        assert np.isnan(rescues.loc["assisted", "reached_s"])
        assert stage.movement.persons(WAITING) == 1


def test_who_has_gone_on_alone_is_not_fetched() -> None:
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6)])
    ids = stage.strand(2, [1, 1])
    stage.env.run(until=30.0)
    stage.movement.units.state[ids[0]] = SHELTERED  # found a way
    stage.env.run(until=5000.0)
    assert stage.trips().query("purpose == 'to_shelter'")["persons"].tolist() == [1]


def test_a_crew_takes_all_who_are_there_and_goes_on_to_near_calls() -> None:
    """Seats for 5: 2 + 1 at the first crossing (two reasons, two calls), 2 of 3 a minute on; then the shelter, then the
    last one. People who strand beside an open call before a crew is on its way are part of it.
    """
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=5, turnout_min=1.0)])
    stage.strand(1, [1])
    stage.strand(1, [1])
    stage.strand(1, [1], CAUGHT)
    stage.strand(2, [1, 1, 1])
    stage.env.run(until=5000.0)
    rescues = stage.fleet.record().rescues
    assert rescues["persons"].tolist() == [2, 1, 3]
    assert rescues["reached_s"].tolist() == pytest.approx([120.0, 120.0, 120.0 + 180.0 + 60.0])
    first_s = 360.0 + 120.0 + 60.0 + 5 * 30.0
    assert rescues["done_s"].tolist() == pytest.approx([first_s, first_s, first_s + 60.0 + 60.0 + 60.0 + 30.0])


def test_a_unit_that_calls_twice_is_one_call() -> None:
    stage = Stage(two_way(LINE), [3], [])
    assert stage.fleet.record().rescues.empty
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6, turnout_min=60.0)])
    ids = stage.strand(2, [2])
    stage._ring(ids, "stranded")
    assert stage.fleet.record().rescues["persons"].tolist() == [2]


def test_where_no_shelter_has_room_nobody_is_picked_up() -> None:
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6)], capacity=0)
    stage.strand(1, [2])
    stage.env.run(until=5000.0)
    assert stage.movement.persons(STRANDED) == 2
    assert stage.fleet.record().rescues["team"].tolist() == [""]


def test_a_lost_team_answers_nothing_until_it_is_back() -> None:
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6)])
    stage.fleet.lose(0)
    stage.strand(1, [2])
    stage.env.run(until=1000.0)
    assert stage.fleet.record().rescues["team"].tolist() == [""]
    stage.fleet.lose(0, lost=False)
    stage.env.run(until=2000.0)
    assert stage.fleet.record().rescues["answered_s"].tolist() == [1000.0]
    assert stage.movement.persons(SHELTERED) == 2


def test_a_road_is_closed_when_the_crew_has_put_up_the_barrier() -> None:
    """Turnout 5 min, one minute to the nearer end, three minutes for the barrier; the next job begins where it is."""
    stage = Stage(two_way(LINE), [3], [team("R1", "road", 0, seats=0, turnout_min=5.0)])
    done = stage.fleet.close(np.array([1, 4]))
    stage.env.run(until=done)
    assert stage.env.now == pytest.approx(300.0 + 60.0 + 180.0)
    assert stage.barred == [(540.0, [1, 4], True)]
    stage.env.run(until=stage.fleet.close(np.array([2, 5]), barred=False))
    assert stage.barred[1] == (540.0 + 60.0 + 180.0, [2, 5], False)


def test_without_road_crews_a_road_closes_at_once() -> None:
    stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, seats=6)])
    assert stage.fleet.close(np.array([1])).triggered
    assert stage.barred == [(0.0, [1], True)]


def test_a_road_crew_that_cannot_get_there_comes_when_the_way_opens() -> None:
    graph = two_way(LINE)
    stage = Stage(graph, [3], [team("R1", "road", 0, seats=0)])
    stage.flood(30.0, flooded(graph, [1, 4]))
    stage.flood(1000.0, dry(graph))
    stage.env.run(until=stage.fleet.close(np.array([2])))
    assert stage.barred == [(1000.0 + 60.0 + 180.0, [2], True)]


def test_a_pump_crew_says_when_it_pumps_and_stays() -> None:
    stage = Stage(two_way(LINE), [3], [team("P1", "pump", 0, seats=0, turnout_min=10.0)])
    first, second = (stage.fleet.pump(np.array([2]), name) for name in ("U1", "U2"))
    stage.env.run(until=10_000.0)
    assert first.triggered
    assert not second.triggered
    pumps = stage.fleet.record().pumps
    assert pumps["team"].tolist() == ["P1-1", ""]
    assert pumps["underpass"].tolist() == ["U1", "U2"]
    np.testing.assert_allclose(pumps["arrived_s"], [600.0 + 120.0 + 600.0, np.nan])
    assert pumps["pump_m3_s"].tolist() == [0.3, 0.0]


def test_times_of_edges_for_vehicles() -> None:
    """Cars 10 m/s; on the footway 1.11 m/s; slowed to a half; closed; by boat 1 m/s; dry but barred stays closed."""
    graph = two_way([(k, k + 1, 111.0) for k in range(5)])
    water = flooded(graph, [3])
    water.car_slow[2] = 0.5
    water.open[4 + graph.edges] = water.open[4] = CLOSED
    links = links_of(graph, np.arange(10) != 1)
    plain, boats = (driving_times(graph, links, water, CommandTerms(), boats)[:5].tolist() for boats in (False, True))
    assert plain == pytest.approx([11.1, 100.0, 22.2, np.inf, np.inf])
    assert boats == pytest.approx([11.1, 100.0, 22.2, 111.0, np.inf])


@st.composite
def _incident(draw: Any) -> tuple[Stage, float]:
    """A lattice of 4 x 4 crossings with teams, calls, floods and tight shelters, all at times drawn."""
    number = np.arange(16).reshape(4, 4)
    pairs = [*zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)]
    pairs += [*zip(number[:-1].ravel(), number[1:].ravel(), strict=True)]
    graph = two_way([(int(a), int(b), draw(st.sampled_from([100.0, 250.0, 900.0]))) for a, b in pairs])
    nodes, roads = st.integers(0, 15), len(pairs)
    sites = draw(st.lists(nodes, min_size=1, max_size=3, unique=True))
    kinds = draw(st.lists(st.sampled_from(["bus", "rescue", "ambulance", "road"]), min_size=1, max_size=4))
    teams = [
        team(f"T{k}", kind, draw(nodes), draw(st.integers(1, 3)), draw(st.integers(1, 9)), draw(st.integers(0, 5)))
        for k, kind in enumerate(kinds)
    ]
    stage = Stage(
        graph, sites, teams, capacity=draw(st.lists(st.integers(0, 40), min_size=len(sites), max_size=len(sites)))
    )
    persons = st.lists(st.integers(1, 7), min_size=1, max_size=6)
    stage.fleet.send_buses(np.arange(16), draw(st.integers(1, 4)))
    for _ in range(draw(st.integers(1, 5))):
        what = draw(st.sampled_from([stage.stop_bus, stage.homebound, stage.strand]))
        at_s, node, some = draw(st.integers(0, 3000)), draw(nodes), draw(persons)

        def call(what: Any = what, at_s: int = at_s, node: int = node, some: list[int] = some) -> Any:
            yield stage.env.timeout(at_s)
            what(node, some)

        stage.env.process(call())
    for at_s in sorted(draw(st.lists(st.integers(0, 4000), max_size=4))):
        shut = draw(st.lists(st.integers(0, roads - 1), max_size=roads, unique=True))
        depth = draw(st.sampled_from([0.2, 0.6]))
        stage.flood(float(at_s), flooded(graph, [*shut, *(roads + k for k in shut)], depth))
    return stage


@given(_incident())
@settings(max_examples=60, deadline=None)
def test_nobody_is_lost_on_vehicles_and_no_shelter_overflows(stage: Stage) -> None:
    """At every event: who rides is on exactly one vehicle, whole people add up, places taken never exceed places."""
    people, known = stage.movement, -1
    while stage.env.peek() < 30_000.0:
        stage.env.step()
        riding = np.flatnonzero(people.units.state[: people.count] == RIDING)
        on_board = [unit for vehicle in stage.fleet._vehicles for unit in vehicle.ids.tolist()]
        assert sorted(on_board) == riding.tolist()
        assert stage.fleet.on_board() == people.persons(RIDING)
        assert all(vehicle.persons <= vehicle.seats for vehicle in stage.fleet._vehicles)
        assert (stage.doors.admitted <= stage.doors.capacity).all()
        assert sum(people.persons(state) for state in range(len(STATES))) == people.total >= known
        known = people.total
    bound = people.units.site[: people.count] >= 0
    held = np.bincount(
        people.units.site[: people.count][bound], people.units.persons[: people.count][bound], len(stage.doors.node)
    )
    assert (held == stage.doors.reserved).all()
    assert people.persons(SHELTERED) == stage.doors.admitted.sum()


@given(st.integers(0, 3))
@settings(max_examples=4, deadline=None)
def test_the_same_calls_give_the_same_trips(node: int) -> None:
    tables = []
    for _ in range(2):
        stage = Stage(two_way(LINE), [3], [team("F1", "rescue", 0, 2, 3), team("B1", "bus", 3, 2, 4)])
        stage.strand(node, [2, 2, 1], NO_WAY)
        stage.stop_bus(node, [3] * 5)
        stage.fleet.send_buses(np.arange(4), 2)
        stage.env.run(until=5000.0)
        tables.append((stage.trips().to_csv(), stage.fleet.record().rescues.to_csv(), stage.log))
    assert tables[0] == tables[1]
