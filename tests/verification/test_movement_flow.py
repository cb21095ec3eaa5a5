"""Movement on links against known answers: V1, V2 and V5 to V13, and V21 (evacuation.md 3)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from shelters.graph import RoadGraph
from sim.movement.build_links import build_links
from sim.movement.links import NEVER
from sim.movement.terms import Crowd, MovementTerms
from sim.movement.units import CAR, MOVING, NO_WAY, STRANDED, WALK
from tests.flow_case import HUGE, Case, links_of, one_way, people, water

STEP_S = MovementTerms().step_s


def test_v1_corridor() -> None:
    """40 m at 1.33 m/s take 30 s (40 / 1.33 = 30.08 s to the millisecond); RiMEA 1 allows 26 to 34 s."""
    links = links_of(one_way([(0, 1)]), walk_s=40.0 / 1.33)
    case = Case(links, people([0], [0]), [0], [1]).leave(0.0)
    case.finish()
    assert case.arrived_s[0] == pytest.approx(40.0 / 1.33, abs=1e-3)


def test_v2_flow_through_an_exit() -> None:
    """100 people at a 1 m exit of 1.33 p/s leave one by one: the last 99 / 1.33 = 74.4 s after the first."""
    exit_s = 1.0 / 1.33
    links = links_of(one_way([(0, 1), (1, 2)]), walk_s=[0.568, 0.0], walk_flow_per_s=[1.33, HUGE])
    case = Case(links, people([0] * 100, [0] * 100), [0], [2]).leave(0.0)
    case.finish()
    arrived = np.sort(case.arrived_s)
    # All walk the room in 0.568 s. The origin queue lets them in at the flow of the exit; so does the exit.
    assert np.diff(arrived) == pytest.approx(exit_s, abs=2e-3)  # whole milliseconds, rounded up once on each side
    assert arrived[-1] - arrived[0] == pytest.approx(99 * exit_s, abs=2e-3)
    assert arrived[-1] >= 75.0
    assert 99 / (arrived[-1] - arrived[0]) <= 1.33 * 1.0001


def test_v5_the_shorter_of_two_ways() -> None:
    """Two ways of 20 s and 30 s: all take the shorter one, in exactly 20 s."""
    graph = one_way([(0, 1), (1, 3), (0, 2), (2, 3)])
    links = links_of(graph, walk_s=[10.0, 10.0, 15.0, 15.0])
    case = Case(links, people([0] * 50, [0] * 50), [0], [3]).leave(np.arange(50) * 2.0)
    outcome = case.finish()
    assert (case.column("arrived_ms") - case.column("left_ms") == 20_000).all()
    assert outcome.link_moves == 100


@pytest.mark.parametrize("density", [0.5, 1.0, 1.751, 2.0, 3.0, 3.9])
def test_v6_fundamental_diagram(density: float) -> None:
    """Weidmann's curve (free speed 1.34 m/s) at steady density, within 2 %."""
    length, width, free = 100.0, 2.0, 1.34
    persons = round(density * length * width)
    links = links_of(one_way([(0, 1)]), walk_s=length / free, area_m2=length * width, walk_room=HUGE)
    # All but one are on the link already; the last one walks at the density of all of them.
    case = Case(links, people([0] * persons, [0] * persons), [0], [1], until_s=36_000).leave(0.0)
    case.finish()
    last = np.sort(case.arrived_s)[-1]
    speed = length / last
    expected = free * (1.0 - np.exp(-1.913 * (1.0 / density - 1.0 / 5.4)))
    assert speed == pytest.approx(expected, rel=0.02)
    if density == 1.751:
        assert speed * persons / (length * width) == pytest.approx(1.225, rel=0.02)  # the peak flow


def test_v6_peak_of_the_curve() -> None:
    """The flow density x speed has its peak of 1.225 p/(m s) at 1.751 p/m2, and v(1), v(2), v(3) are as published."""
    density = np.arange(0.01, 3.99, 0.001)
    flow = density * 1.34 * Crowd().share(density)
    assert flow.max() == pytest.approx(1.225, abs=1e-3)
    assert density[flow.argmax()] == pytest.approx(1.751, abs=2e-3)
    assert 1.34 * Crowd().share(np.array([1.0, 2.0, 3.0])) == pytest.approx([1.058, 0.606, 0.331], abs=1e-3)


def test_v7_point_bottleneck() -> None:
    """Arrivals at 2q for T at a bottleneck q (Vickrey): longest queue qT, last exit 2T, mean delay T/2."""
    q, T = 0.5, 600.0
    n = round(2 * q * T)
    links = links_of(one_way([(0, 1), (1, 2)]), walk_s=[0.0, 0.0], walk_flow_per_s=[q, HUGE])
    links.headway_us[0] = round(1e6 / q)
    leave = np.arange(n) / (2 * q)
    case = Case(links, people([0] * n, [0] * n), [0], [2]).leave(leave)
    case.finish()
    delay = np.sort(case.arrived_s) - leave
    assert np.sort(case.arrived_s)[-1] == pytest.approx(2 * T, abs=2 * STEP_S)  # (n - 1) / q = 2T - 1/q, here 1198 s
    assert delay.mean() == pytest.approx(T / 2, abs=STEP_S)
    arrived, left = case.arrived_s, case.column("left_ms") / 1000.0
    queue = [int(((left <= t) & (arrived > t)).sum()) for t in np.arange(0.0, 2 * T)]
    assert max(queue) == pytest.approx(q * T, abs=1 / q)


@pytest.mark.parametrize("mode", [WALK, CAR])
def test_v8_units_on_one_link(mode: int) -> None:
    """N vehicles that are ready together leave a link at L/v + (N - 1)/q."""
    n, q, free = 50, 0.25, 20.0
    links = links_of(one_way([(0, 1)]), walk_s=free, car_s=free, walk_flow_per_s=q, car_flow_per_s=q)
    case = Case(links, people([0] * n, [0] * n, mode=mode), [0], [1]).leave(0.0)
    case.finish()
    assert np.sort(case.arrived_s) == pytest.approx(free + np.arange(n) / q, abs=2e-3)


def test_v9_spillback() -> None:
    """A full link stops the one before it: after storage / (q_in - q_out), for as long as it is full."""
    q_in, q_out, room, free = 0.5, 0.25, 40, 10.0
    graph = one_way([(0, 1), (1, 2), (2, 3)])
    links = links_of(graph, car_s=[free, free, 0.0], car_flow_per_s=[q_in, q_out, HUGE], car_room=[HUGE, room, HUGE])
    n = 300
    case = Case(links, people([0] * n, [0] * n, mode=CAR), [0], [3], until_s=7200.0).leave(0.0)
    # The second link takes cars from `free` on at q_in and lets them out from 2 free on at q_out.
    full_s = free + (room + q_out * -free) / (
        q_in - q_out
    )  # room = q_in t - q_out (t - free), t since the first came in
    entered: dict[int, float] = {}
    occupied, t = [], 0.0
    while t < 400.0:
        t += STEP_S
        case.run.advance(t)
        on_second = (case.column("link") == graph.edges + 1) & (case.column("state") == MOVING)
        occupied.append(int(on_second.sum()))
        for u in np.flatnonzero(on_second):
            entered.setdefault(int(u), float(case.column("entered_ms")[u]) / 1000.0)
    assert max(occupied) == room
    first_full = STEP_S * (1 + occupied.index(room))
    assert first_full == pytest.approx(full_s, abs=1 / q_in + 2 * STEP_S)
    times = np.sort(np.array(list(entered.values())))
    before, after = times[times < full_s - 5.0], times[times > full_s + 5.0]
    assert np.diff(before).mean() == pytest.approx(1 / q_in, rel=0.01)
    assert np.diff(after).mean() == pytest.approx(1 / q_out, rel=0.01)  # held up by the bottleneck downstream


@pytest.mark.parametrize("shares", [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)])
def test_v10_merge_of_full_links(shares: tuple[float, float]) -> None:
    """Two full links into one: shares by capacity, the sum is the capacity of the one."""
    q_out = 0.5
    q = [share / sum(shares) for share in shares]  # together 1 per s, twice what gets through
    graph = one_way([(0, 2), (1, 2), (2, 3), (3, 4)])
    links = links_of(
        graph, car_s=[5.0, 5.0, 5.0, 0.0], car_flow_per_s=[*q, q_out, HUGE], car_room=[HUGE, HUGE, 10, HUGE]
    )
    n = 1200
    units = people([0] * n + [1] * n, [0] * 2 * n, mode=CAR)
    case = Case(links, units, [0, 1], [4], until_s=2000.0).leave(0.0)
    case.finish()
    arrived = case.arrived_s
    steady = (arrived > 200.0) & (arrived <= 1800.0)
    assert steady.sum() == pytest.approx(1600.0 * q_out, abs=2)
    first = (steady & (case.column("block") == 0)).sum() / steady.sum()
    assert first == pytest.approx(shares[0] / sum(shares), abs=0.01)


def test_v11_way_closes_while_people_use_it() -> None:
    """The short way closes at t*: who is past its beginning finishes or turns back, all later ones take the detour."""
    graph = one_way([(0, 1), (1, 4), (0, 2), (2, 3), (3, 4), (1, 0)])
    n, closes_s = 200, 100.0
    links = links_of(graph)
    case = Case(links, people([0] * n, [0] * n), [0], [4]).leave(np.arange(n) * 1.0)
    case.run.advance(closes_s)
    case.run.set_water(water(graph.edges, closed=[1]))
    case.finish()
    left, trip = case.column("left_ms") / 1000.0, case.arrived_s - case.column("left_ms") / 1000.0
    assert (case.column("state") != STRANDED).all()
    assert (trip[left < closes_s - 10.0] == 20.0).all()  # on the closing edge with less than 30 s to go: they finish
    assert (trip[left >= closes_s] == 30.0).all() or (trip[left >= closes_s] == 50.0).all()
    between = (left >= closes_s - 10.0) & (left < closes_s)
    assert np.isin(trip[between], [50.0, 20.0]).all()  # at node 1 they find it closed and go back: 10 + 10 + 30 s


def test_v12_island_is_stranded_and_the_run_ends() -> None:
    """Nobody gets off an island: all are counted stranded without a way, and nothing is due any more."""
    graph = one_way([(0, 1), (1, 2)])
    case = Case(links_of(graph), people([0] * 10, [0] * 10), [0], [2])
    case.run.set_water(water(graph.edges, closed=[0]))
    case.leave(0.0)
    outcome = case.finish()
    assert outcome.final("stranded") == 10
    assert set(case.column("reason")) == {NO_WAY}
    assert case.run.over
    assert outcome.stuck[["node", "reason", "persons"]].to_numpy().tolist() == [[0, "no_way", 10]]


def test_v13_speed_by_group() -> None:
    """Each group walks at its own dry speed (RiMEA 7 in kind): time = length / speed of the group."""
    terms = MovementTerms()
    links = links_of(one_way([(0, 1)]), walk_s=100.0 / terms.walk_speed_m_s)
    case = Case(links, people([0] * 4, [0] * 4, group=[0, 1, 2, 3]), [0], [1]).leave(0.0)
    case.finish()
    expected = 100.0 / (terms.walk_speed_m_s * np.array(terms.group_speed))
    # They start together: each waits up to 1 ms at two gates for those before it, and times round to 1 ms.
    assert case.arrived_s == pytest.approx(expected, abs=5e-3)


def lattice_case(platoon: int, seed: int = 3) -> Case:
    """2,000 people on foot over a 6 x 6 lattice with crowded footways to three sites."""
    side, rng = 6, np.random.default_rng(seed)
    index = np.arange(side * side).reshape(side, side)
    pairs = [*zip(index[:, :-1].ravel(), index[:, 1:].ravel(), strict=True)]
    pairs += [*zip(index[:-1].ravel(), index[1:].ravel(), strict=True)]
    graph = one_way([(int(a), int(b)) for a, b in pairs] + [(int(b), int(a)) for a, b in pairs])
    links = links_of(
        graph,
        walk_s=90.0,
        area_m2=300.0,
        walk_room=1200,
        walk_flow_per_s=0.5,
        car_s=10.0,
        car_flow_per_s=0.2,
        car_room=60,
    )
    blocks = 20
    node = rng.integers(0, graph.nodes, blocks)
    per_block = 100
    units_of = per_block // platoon
    block = np.repeat(np.arange(blocks), units_of)
    units = people(block.tolist(), (block % 3).tolist(), mode=WALK, persons=platoon)
    # Systematic sampling with a fraction of its own per block, so that large platoons sample the same curve.
    quantile = (np.tile(np.arange(units_of), blocks) + (1 + block) * 0.6180339887 % 1.0) / units_of
    case = Case(links, units, node.tolist(), [0, 17, 35], until_s=20_000.0, terms=MovementTerms())
    return case.leave(600.0 * np.sqrt(-2.0 * np.log(1.0 - quantile)))


def test_v21_platoons_clear_alike() -> None:
    """Platoons of 1, 5 and 20: clearance time (95 % arrived) within 2 %."""
    found = [lattice_case(platoon).finish().t95_s for platoon in (1, 5, 20)]
    assert found[1] == pytest.approx(found[0], rel=0.02)
    assert found[2] == pytest.approx(found[0], rel=0.02)


def test_v21_same_bytes_again() -> None:
    """Twice the same: every unit at the same millisecond. The kernels run on one thread whatever NUMBA is told."""
    first, second = lattice_case(5), lattice_case(5)
    first.finish()
    second.finish()
    for name in ("arrived_ms", "state", "site", "node"):
        assert (first.column(name) == second.column(name)).all()
    assert NEVER > first.column("arrived_ms").max() > 0


def test_a_full_footway_lets_as_many_through_as_any() -> None:
    """Three full footways lead into one: whatever comes in behind, it passes nine tenths of its greatest flow.

    The flow of the curve at its peak, 1.225 p/(m s) at a free speed of 1.34 m/s, in the ratio of speeds.
    """
    terms, length = MovementTerms(), 200.0
    roads = one_way([(0, 3), (1, 3), (2, 3), (3, 4), (4, 5)])
    graph = RoadGraph.build(roads.tail, roads.head, np.full(5, length), roads.nodes)
    edges = pd.DataFrame({"lanes": [0.0] * 5, "speed_m_s": 0.0, "road_class": "footway"})
    links = build_links(graph, edges, np.column_stack([np.arange(6.0), np.zeros(6)]), terms)
    each = 6000
    units = people([0] * each + [1] * each + [2] * each, [0] * 3 * each)
    case = Case(links, units, list(range(6)), [5], until_s=36_000.0).leave(0.0)
    case.finish()
    arrived = np.sort(case.arrived_s)
    middle = slice(len(arrived) // 4, 3 * len(arrived) // 4)
    flow = (middle.stop - middle.start) / (arrived[middle][-1] - arrived[middle][0])
    best = 1.225 * terms.walk_speed_m_s / 1.34 * terms.walk_width_m
    assert 0.9 * best < flow < 1.02 * best
