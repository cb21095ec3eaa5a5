"""The movement engine under everything at once: whole people, no way through closed roads, always an end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.movement.terms import MovementTerms
from sim.movement.units import (
    AT_DOOR,
    BUS,
    CAR,
    GRIDLOCK,
    HOME,
    MOVING,
    REASONS,
    REFUSED,
    RIDING,
    SHELTERED,
    STATES,
    STRANDED,
    TURNED_AWAY,
    UNWILLING,
    WAITING,
    WALK,
)
from tests.flow_case import HUGE, Case, links_of, one_way, people, water


def random_case(rng: np.random.Generator, terms: MovementTerms | None = None) -> Case:
    """Narrow roads with junctions, mixed people in platoons, small shelters with desks and hours."""
    side = 5
    index = np.arange(side * side).reshape(side, side)
    pairs = [*zip(index[:, :-1].ravel(), index[:, 1:].ravel(), strict=True)]
    pairs += [*zip(index[:-1].ravel(), index[1:].ravel(), strict=True)]
    graph = one_way([(int(a), int(b)) for a, b in pairs] + [(int(b), int(a)) for a, b in pairs])
    edges, sites, units = graph.edges, 4, int(rng.integers(20, 200))
    links = links_of(
        graph,
        walk_s=rng.uniform(20.0, 90.0, edges),
        walk_flow_per_s=0.5,
        walk_room=40,
        area_m2=10.0,
        car_s=rng.uniform(5.0, 20.0, edges),
        car_flow_per_s=0.25,
        car_room=rng.integers(1, 6, edges),
        phase=rng.integers(-1, 2, edges),
    )
    blocks = 6
    crowd = people(
        rng.integers(0, blocks, units).tolist(),
        rng.integers(-1, sites, units).tolist(),
        mode=rng.choice([WALK, WALK, CAR, CAR, BUS], units),
        persons=rng.integers(1, 12, units),
        group=rng.integers(0, 4, units),
    )
    hours = {
        "opens_s": np.where(rng.random(sites) < 0.3, rng.uniform(0, 900, sites), 0.0),
        "closes_s": np.where(rng.random(sites) < 0.3, rng.uniform(300, 2000, sites), np.inf),
    }
    return Case(
        links,
        crowd,
        rng.integers(0, graph.nodes, blocks).tolist(),
        rng.integers(0, graph.nodes, sites).tolist(),
        2400.0,
        terms=terms or MovementTerms(step_s=float(rng.choice([0.2, 1.0, 5.0]))),
        capacity=rng.integers(0, 200, sites),
        block_access_s=rng.uniform(0.0, 60.0, blocks),
        site_access_s=20.0,
        service_s=float(rng.choice([0.0, 3.0])),
        places_per_desk=50.0,
        hours=hours,
    )


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_whole_people_whatever_happens(seed: int) -> None:
    """Waters, barriers, orders, buses and crews at random: every person in one state, every place kept for somebody."""
    rng = np.random.default_rng(seed)
    case = random_case(rng)
    run, edges = case.run, case.edges
    total = int(run.count_by_state().sum())
    run.leave(case.ids, rng.uniform(0.0, 900.0, len(case.ids)))
    riding = np.empty(0, np.int32)
    arrived = np.zeros(4, np.int64)
    for t in range(60, 2401, 60):
        arrived += run.advance(float(t)).arrived
        ids = rng.integers(0, run.count, 5).astype(np.int32)
        match int(rng.integers(0, 11)):
            case 0 | 1:
                run.set_water(water(edges, closed=np.flatnonzero(rng.random(edges) < rng.uniform(0.0, 0.5))))
            case 2:
                run.bar(rng.integers(0, edges, 5), bool(rng.integers(2)), by_car_only=bool(rng.integers(2)))
            case 3:
                run.refuse(ids)
            case 4:
                run.leave(run.stay(ids), t + 60.0)
            case 5:
                run.redirect(*rng.choice(4, 2, replace=False).tolist())
            case 6:
                (run.open_site if rng.integers(2) else run.close_site)(
                    int(rng.integers(4)), t + float(rng.integers(300))
                )
            case 7:
                run.bulletin()
            case 8:
                aboard, _ = run.board(run.waiting(), int(rng.integers(1, 30)))
                riding = np.append(riding, aboard)
            case 9:
                stuck = np.flatnonzero(run.units.state[: run.count] == STRANDED)
                aboard, _ = run.pick_up(stuck, int(rng.integers(1, 30)))
                riding = np.append(riding, aboard)
            case 10:
                (run.alight(riding, int(rng.integers(4))) if rng.integers(3) else run.set_down(riding, 3))
                riding = np.empty(0, np.int32)
        units, n = run.units, run.count
        assert units.persons[:n].sum(dtype=np.int64) == total
        counted = np.bincount(units.state[:n], units.persons[:n], minlength=len(STATES))
        assert (run.count_by_state() == counted).all()
        bound = units.site[:n]
        reserved = np.bincount(bound[bound >= 0], units.persons[:n][bound >= 0], minlength=4)
        assert (reserved == case.doors.reserved).all()
        assert (case.doors.admitted <= case.doors.capacity).all()
        queue = run._scene.flow.queue[: 2 * edges]
        on_road = (units.link[:n] >= 0) & (units.state[:n] == MOVING)
        occupied = np.bincount(units.link[:n][on_road], units.size[:n][on_road], minlength=2 * edges)
        assert (queue["occupancy"] == occupied).all()
        assert units.persons[:n].min() >= 1
    outcome = case.finish()  # checks the books
    assert (arrived == outcome.arrivals.sum(axis=0)).all()
    assert outcome.final("sheltered") == arrived.sum()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nobody_enters_a_closed_road(seed: int) -> None:
    """Whoever is on a closed road after the water came was on it before."""
    rng = np.random.default_rng(seed)
    case = random_case(rng)
    run, edges = case.run, case.edges
    run.leave(case.ids, rng.uniform(0.0, 900.0, len(case.ids)))
    for t in range(60, 1500, 60):
        shut = np.flatnonzero(rng.random(edges) < 0.3)
        run.set_water(water(edges, closed=shut))
        run.advance(float(t))
        n = run.count
        link = run.units.link[:n]
        on_shut = (run.units.state[:n] == MOVING) & (link >= 0) & np.isin(link % edges, shut)
        assert (run.units.entered_ms[:n][on_shut] <= (t - 60) * 1000).all()
        # who is still there has come to its end, or had 30 s to go or less
        assert (run.units.ready_ms[:n][on_shut] <= (t - 60 + 30) * 1000).all()


def circle_case(cars: int = 30) -> Case:
    """Four one-way roads in a ring; everybody wants to go three roads round: the ring fills and locks."""
    graph = one_way([(0, 1), (1, 2), (2, 3), (3, 0)])
    links = links_of(graph, car_s=10.0, car_room=5, car_flow_per_s=0.5)
    block = np.repeat(np.arange(4), cars)
    site = (block + 3) % 4
    units = people(block.tolist(), site.tolist(), mode=CAR)
    return Case(links, units, [0, 1, 2, 3], [0, 1, 2, 3])


def test_gridlock_ends_and_is_counted() -> None:
    """A ring of full roads never moves again: the run ends at once and says who is in it, and who waits behind."""
    case = circle_case().leave(0.0)
    outcome = case.finish()
    assert case.run.over
    stuck = outcome.stuck
    assert set(stuck["reason"]) == {REASONS[GRIDLOCK]}
    assert outcome.final("stranded") + outcome.final("sheltered") == 120
    assert outcome.final("stranded") >= 20
    assert outcome.final("moving") == 0


def test_few_cars_do_not_lock() -> None:
    """The same ring with room to spare: everybody arrives."""
    outcome = circle_case(cars=2).leave(0.0).finish()
    assert outcome.final("sheltered") == 8


def test_nothing_to_do_is_over_at_once() -> None:
    links = links_of(one_way([(0, 1)]))
    case = Case(links, people([0], [0]), [0], [1])
    assert case.run.over
    assert case.finish().final("home") == 1


def test_minor_road_is_served_within_longest_green_and_clearance() -> None:
    """A full main road and one car across it: it passes after the longest green and the clearance at the latest."""
    terms = MovementTerms()
    graph = one_way([(0, 1), (2, 1), (1, 3), (4, 1), (5, 0)])
    times, flow = [10.0, 10.0, 5.0, 10.0, 1.0], [0.9, 0.5, HUGE, 0.5, 5.0]  # the main road is fed faster than it flows
    links = links_of(graph, car_s=times, car_flow_per_s=flow, phase=[0, 1, -1, 0, -1])
    n = 300
    units = people([0] * n + [1], [0] * (n + 1), mode=CAR)
    leave = np.append(np.zeros(n), 100.0)
    case = Case(links, units, [5, 2], [3]).leave(leave)
    case.finish()
    waited = case.arrived_s[-1] - (100.0 + 10.0 + 5.0)
    assert terms.max_green_s <= waited <= terms.max_green_s + terms.clearance_s + 0.01
    main = np.sort(case.arrived_s[:-1])
    assert np.diff(main).max() == pytest.approx(2 * terms.clearance_s, abs=1 / 0.9 + 0.01)  # both changes, no more


def test_nobody_waits_at_an_empty_junction() -> None:
    """One car on the minor road with nobody else: it passes at once."""
    graph = one_way([(0, 1), (2, 1), (1, 3), (4, 1)])
    links = links_of(graph, phase=[0, 1, -1, 0])
    case = Case(links, people([0], [0], mode=CAR), [2], [3]).leave(50.0)
    case.finish()
    assert case.arrived_s[0] == 70.0


def test_cars_stay_in_order_and_walkers_overtake() -> None:
    """Behind a slow car nobody passes; a slow walker is overtaken."""
    links = links_of(one_way([(0, 1)]), walk_s=100.0)
    slow_first = people([0, 0], [0, 0], group=[3, 0])
    case = Case(links, slow_first, [0], [1]).leave([0.0, 10.0])
    case.finish()
    assert case.arrived_s[1] < case.arrived_s[0]
    wet = water(1)
    wet.car_slow[:] = 0.1
    case = Case(links_of(one_way([(0, 1)])), people([0, 0], [0, 0], mode=CAR), [0], [1])
    case.run.set_water(wet)
    case.leave([0.0, 10.0])
    case.run.advance(20.0)
    case.run.set_water(water(1))  # the water is gone: the second car could go ten times as fast
    case.finish()
    assert case.arrived_s[0] <= case.arrived_s[1]


def test_turning_back_takes_as_long_as_was_walked() -> None:
    """40 s into an edge of 100 s that closes: 40 s back, then the detour of 60 s."""
    graph = one_way([(0, 1), (0, 2), (2, 1)])
    links = links_of(graph, walk_s=[100.0, 80.0, 80.0])
    case = Case(links, people([0], [0]), [0], [1]).leave(0.0)
    case.run.advance(40.0)
    case.run.set_water(water(3, closed=[0]))
    case.finish()
    assert case.arrived_s[0] == 40.0 + 40.0 + 160.0


def test_drivers_dare_what_they_dare() -> None:
    """0.25 m on a road closed to cars: who dares 0.4 m drives slowly, who dares 0.1 m takes the dry detour."""
    graph = one_way([(0, 1), (0, 2), (2, 1)])
    links = links_of(graph, car_s=[10.0, 20.0, 20.0])
    wet = water(3, closed=[0], by_car_only=True)
    wet.depth_m[0], wet.car_slow[0] = 0.25, 0.1
    arrived = {}
    for dares in (0.4, 0.1):
        case = Case(links, people([0], [0], mode=CAR), [0], [1], terms=MovementTerms(willing_m=(dares,)))
        case.run.set_water(wet)
        case.leave(0.0).finish()
        arrived[dares] = float(case.arrived_s[0])
    assert arrived == {0.4: 100.0, 0.1: 40.0}


def test_unwilling_driver_stands_aside_until_the_water_falls() -> None:
    graph = one_way([(0, 1)])
    wet = water(1)
    wet.open[1], wet.depth_m[0], wet.car_slow[0] = 1, 0.2, 0.5
    case = Case(links_of(graph), people([0], [0], mode=CAR), [0], [1], terms=MovementTerms(willing_m=(0.1,)))
    case.run.set_water(wet)
    case.leave(0.0)
    gone = case.run.advance(60.0)
    assert gone.stranded.tolist() == [0]
    assert case.column("reason")[0] == UNWILLING
    case.run.set_water(water(1))
    case.finish()
    assert case.arrived_s[0] == 70.0


def test_full_site_splits_and_sends_the_rest_on() -> None:
    """Eight people at a site with five places: five stay, three go to the next site."""
    graph = one_way([(0, 1), (1, 2)])
    case = Case(links_of(graph), people([0], [0], persons=8), [0], [1, 2], capacity=np.array([5, 10])).leave(0.0)
    outcome = case.finish()
    assert outcome.arrivals.sum(axis=0).tolist() == [5, 3]
    assert outcome.turned_at_door.tolist() == [3, 0]
    assert outcome.unit_count == 2


def test_no_place_anywhere_is_turned_away_until_a_site_opens() -> None:
    graph = one_way([(0, 1), (1, 2)])
    hours = {"opens_s": np.array([0.0, np.inf])}
    case = Case(links_of(graph), people([0], [0], persons=8), [0], [1, 2], capacity=np.array([5, 10]), hours=hours)
    case.leave(0.0)
    case.run.advance(600.0)
    assert case.run.count_by_state()[[SHELTERED, TURNED_AWAY]].tolist() == [5, 3]
    case.run.open_site(1, 600.0)
    assert case.finish().final("sheltered") == 8


def test_early_comers_wait_at_the_door() -> None:
    hours = {"opens_s": np.array([300.0])}
    case = Case(links_of(one_way([(0, 1)])), people([0], [0]), [0], [1], hours=hours).leave(0.0)
    case.run.advance(60.0)
    assert case.run.count_by_state()[AT_DOOR] == 1
    assert case.run.queue_at().tolist() == [1]
    case.finish()
    assert case.arrived_s[0] == 300.0


def test_bus_passengers_wait_ride_and_arrive() -> None:
    case = Case(links_of(one_way([(0, 1)])), people([0, 0], [0, 0], mode=BUS, persons=30), [0], [1]).leave([0.0, 5.0])
    assert case.run.advance(60.0).waiting.tolist() == [0, 1]
    aboard, persons = case.run.board(case.run.waiting(0), 50)
    assert (persons, aboard.tolist()) == (50, [0, 1])
    state = case.run.count_by_state()
    assert (state[RIDING], state[WAITING]) == (50, 10)
    case.run.advance(660.0)
    case.run.alight(aboard, 0)
    outcome = case.finish()
    assert (outcome.final("sheltered"), outcome.final("waiting"), outcome.ridden) == (50, 10, 50)


def test_stay_takes_back_and_refuse_gives_the_place_up() -> None:
    case = Case(links_of(one_way([(0, 1)])), people([0] * 3, [0] * 3), [0], [1]).leave([0.0, 100.0, 100.0])
    case.run.advance(50.0)
    assert case.run.stay([0, 1]).tolist() == [1]
    case.run.refuse([2])
    assert case.doors.reserved.tolist() == [2]
    outcome = case.finish()
    assert [outcome.final(STATES[state]) for state in (HOME, REFUSED, SHELTERED)] == [1, 1, 1]


def test_redirect_sends_people_on_the_way_elsewhere() -> None:
    graph = one_way([(0, 1), (1, 2), (1, 3)])
    case = Case(links_of(graph), people([0] * 4, [0] * 4), [0], [2, 3]).leave([0.0, 0.0, 0.0, 500.0])
    case.run.advance(5.0)
    assert case.run.redirect(0, 1) == 4
    assert case.finish().arrivals.sum(axis=0).tolist() == [0, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"until_s": 0.0}, "until_s"),
        ({"block_node": [7]}, "block_node"),
        ({"site_node": [9]}, "site"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], message: str) -> None:
    values: dict[str, object] = {"block_node": [0], "site_node": [1], "until_s": 60.0} | change
    with pytest.raises(ValueError, match=message):
        Case(links_of(one_way([(0, 1)])), people([0], [0]), **values)  # type: ignore[arg-type]


def test_time_runs_forward() -> None:
    case = Case(links_of(one_way([(0, 1)])), people([0], [0]), [0], [1])
    case.run.advance(60.0)
    with pytest.raises(ValueError, match="before the present time"):
        case.run.advance(59.0)
