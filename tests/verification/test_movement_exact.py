"""The movement engine against simple simulations of its own rules, to the millisecond.

With steps of one millisecond the calendar keeps the exact order of events, so every unit must be at its shelter at the
very millisecond that the simple simulation says; with the usual steps, within a step per road.
"""

from __future__ import annotations

import heapq
import itertools

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.movement.terms import MovementTerms
from sim.movement.units import CAR, WALK
from tests.flow_case import Case, links_of, one_way, people

EXACT = MovementTerms(step_s=0.001)
_US = 1000


def shut(gate_us: int, now_ms: int) -> int:
    """From when a gate counts on: to the microsecond if it opened within this millisecond, else from now."""
    return gate_us if now_ms * _US - gate_us < _US else now_ms * _US


def queues_in_turn(
    roads: list[list[int]], starts_ms: list[int], free_ms: list[int], headway_us: list[int]
) -> tuple[list[int], bool]:
    """When each unit, on its row of roads with room for everybody, has passed the last one; and whether two ever came
    to a queue in the same millisecond, so that either may go first.

    A queue before the first road of each unit lets people in as fast as the road lets them out.
    """
    number = itertools.count()
    due = [(start, next(number), unit, -1) for unit, start in enumerate(starts_ms)]
    heapq.heapify(due)
    gate_us: dict[tuple[int, bool], int] = {}
    came: set[tuple[int, bool, int]] = set()
    done, tied = [0] * len(starts_ms), False
    while due:
        now, _, unit, place = heapq.heappop(due)
        queue = (roads[unit][max(place, 0)], place < 0)
        tied = tied or (*queue, now) in came
        came.add((*queue, now))
        passes = max(now, -(-gate_us.get(queue, 0) // _US))
        gate_us[queue] = shut(gate_us.get(queue, 0), passes) + headway_us[queue[0]]
        if place + 1 == len(roads[unit]):
            done[unit] = passes
        else:
            heapq.heappush(due, (passes + free_ms[roads[unit][place + 1]], next(number), unit, place + 1))
    return done, tied


def chain_with_room(
    starts_ms: list[int], free_ms: list[int], headway_us: list[int], storage: list[int]
) -> list[list[int]]:
    """When each unit passes the end of each road of a chain (rows: the start, then the roads), in order of starting.

    The n-th unit enters a road once the gate behind it is free, and the unit `storage` places ahead has left the road.
    """
    passed: list[list[int]] = [[] for _ in range(len(free_ms) + 1)]
    gate_us = [0] * (len(free_ms) + 1)
    for n, start in enumerate(sorted(starts_ms)):
        now = start
        for place in range(len(free_ms) + 1):
            now = max(now, -(-gate_us[place] // _US))
            if place < len(free_ms) and n >= storage[place]:
                now = max(now, passed[place + 1][n - storage[place]])
            gate_us[place] = shut(gate_us[place], now) + headway_us[max(place - 1, 0)]
            passed[place].append(now)
            if place < len(free_ms):
                now += free_ms[place]
    return passed


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    """Parents of nodes in a tree to node 0, with walking times and headways of its roads; starts of units, in ms."""
    nodes = draw(st.integers(2, 8))
    parent = [draw(st.integers(0, node - 1)) for node in range(1, nodes)]
    free = draw(st.lists(st.integers(1000, 60_000), min_size=nodes - 1, max_size=nodes - 1))
    headway = draw(st.lists(st.integers(1, 9_000_000), min_size=nodes - 1, max_size=nodes - 1))
    home = draw(st.lists(st.integers(1, nodes - 1), min_size=1, max_size=40))
    starts = draw(st.lists(st.integers(0, 90_000), min_size=len(home), max_size=len(home)))
    return parent, free, headway, home, starts


def _on_tree(
    tree: tuple[list[int], list[int], list[int], list[int], list[int]], mode: int, terms: MovementTerms
) -> tuple[np.ndarray, list[int], bool, int]:
    """Arrivals of the engine and of the simple simulation (ms), whether units tied, and the most roads on a way."""
    parent, free, headway, home, starts = tree
    graph = one_way([(node + 1, up) for node, up in enumerate(parent)])
    seconds, flow = np.array(free) / 1000.0, 1e6 / np.array(headway)
    links = links_of(graph, walk_s=seconds, car_s=seconds, walk_flow_per_s=flow, car_flow_per_s=flow)
    assert links.headway_us[: graph.edges].tolist() == headway
    ways = []
    for node in home:
        way = []
        while node:
            way.append(node - 1)
            node = parent[node - 1]
        ways.append(way)
    done, tied = queues_in_turn(ways, starts, free, headway)
    units, blocks = people(home, [0] * len(home), mode=mode), list(range(len(parent) + 1))
    case = Case(links, units, blocks, [0], max(done) / 1000.0 + 100.0, terms=terms)
    case.leave(np.array(starts) / 1000.0)
    assert case.finish().final("sheltered") == len(home)
    return case.column("arrived_ms"), done, tied, max(map(len, ways))


@given(trees(), st.sampled_from([WALK, CAR]))
@settings(max_examples=60, deadline=None)
def test_every_unit_arrives_at_its_millisecond(
    tree: tuple[list[int], list[int], list[int], list[int], list[int]], mode: int
) -> None:
    """Roads with room for everybody that join on the way to a shelter; queues at their ends."""
    arrived, done, tied, _ = _on_tree(tree, mode, EXACT)
    assume(not tied)
    assert arrived.tolist() == done


@given(trees(), st.sampled_from([WALK, CAR]))
@settings(max_examples=60, deadline=None)
def test_with_steps_of_a_second_the_flow_is_the_same(
    tree: tuple[list[int], list[int], list[int], list[int], list[int]], mode: int
) -> None:
    """Within a step, those who come to a queue may change places. Then each queue, the one at the start counted, is
    late or early by a step and a headway at most; so is the n-th arrival, for every n.
    """
    arrived, done, _, roads = _on_tree(tree, mode, MovementTerms(step_s=1.0))
    bound = (roads + 1) * (1000 + max(tree[2]) // 1000 + 1)
    assert np.abs(np.sort(arrived) - np.sort(done)).max() <= bound


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[int], list[int], list[int], list[int]]:
    roads = draw(st.integers(1, 5))
    free = draw(st.lists(st.integers(500, 30_000), min_size=roads, max_size=roads))
    headway = draw(st.lists(st.integers(1000, 9_000_000), min_size=roads, max_size=roads))
    storage = draw(st.lists(st.integers(1, 6), min_size=roads, max_size=roads))
    starts = draw(st.lists(st.integers(0, 60_000), min_size=1, max_size=40))
    return free, headway, storage, starts


@given(chains(), st.sampled_from([WALK, CAR]))
@settings(max_examples=100, deadline=None)
def test_queues_spill_back_to_the_millisecond(
    chain: tuple[list[int], list[int], list[int], list[int]], mode: int
) -> None:
    """Roads one after the other with room for few: the n-th arrival is that of the recursion, for every n."""
    free, headway, storage, starts = chain
    roads = len(free)
    graph = one_way([(node, node + 1) for node in range(roads)])
    seconds, flow = np.array(free) / 1000.0, 1e6 / np.array(headway)
    links = links_of(
        graph, walk_s=seconds, car_s=seconds, walk_flow_per_s=flow, car_flow_per_s=flow,
        walk_room=storage, car_room=storage,
    )  # fmt: skip
    expected = chain_with_room(starts, free, headway, storage)[-1]
    for terms, bound in ((EXACT, 0), (MovementTerms(step_s=1.0), 1000 * (roads + 1))):
        units, until_s = people([0] * len(starts), [0] * len(starts), mode=mode), expected[-1] / 1000.0 + 10.0
        case = Case(links, units, [0], [roads], until_s, terms=terms)
        case.leave(np.array(starts) / 1000.0)
        assert case.finish().final("sheltered") == len(starts)
        arrived = np.sort(case.column("arrived_ms"))
        assert np.abs(arrived - np.array(expected)).max() <= bound
