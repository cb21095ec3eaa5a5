"""Whatever officers, water and vehicles do, in whatever order: nobody is lost, and nothing waits for ever unseen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.graph import RoadGraph
from sim.movement.build_links import approach_phases
from sim.movement.engine import Movement
from sim.movement.harm import HarmLimits
from sim.movement.links import CLOSED, OPEN, SLOW, RoadWater, dry_water
from sim.movement.terms import MovementTerms
from sim.movement.units import ASSISTED, BUS, CAR, RIDING, STRANDED, WALK
from tests.flow_case import Case, links_of, one_way, people
from tests.movement_check import check_run

XIA = np.array([0.633, 0.367, 1.015e-3, -4.927e-3])


def _streets(rows: int, columns: int, random: np.random.Generator) -> tuple[RoadGraph, np.ndarray]:
    """A lattice with one street in ten missing, each direction by itself; at least one is there."""
    number = np.arange(rows * columns).reshape(rows, columns)
    pairs = [
        *zip(number[:, :-1].flat, number[:, 1:].flat, strict=True),
        *zip(number[:-1].flat, number[1:].flat, strict=True),
    ]
    roads = [road for a, b in pairs for road in ((a, b), (b, a)) if random.random() < 0.9]
    xy = 100.0 * np.column_stack([number.ravel() % columns, number.ravel() // columns])
    return one_way(roads or [(0, 1)], rows * columns), xy


def _some_water(edges: int, random: np.random.Generator) -> RoadWater:
    """A third of the roads under up to a metre, some of it fast."""
    depth = np.where(random.random(edges) < 0.3, random.uniform(0.0, 1.0, edges), 0.0)
    water = dry_water(edges)
    for group, stands in enumerate((0.5, 0.35, 0.35, 0.35)):
        water.walk_slow[group] = np.where(depth > stands, 0.0, np.maximum(1.0 - depth, 0.2))
    water.car_slow[:] = np.where(depth > 0.6, 0.0, np.maximum(1.0 - 2.0 * depth, 0.05))
    for mode, closes in ((slice(0, edges), 0.5), (slice(edges, None), 0.3)):
        water.open[mode] = np.where(depth > closes, CLOSED, np.where(depth > 0.0, SLOW, OPEN))
    product = depth * random.uniform(0.0, 2.0, edges)
    return water._replace(depth_m=depth.astype(np.float32), depth_speed_m2_s=product.astype(np.float32))


def _new_case(random: np.random.Generator, until_s: float) -> tuple[Case, int]:
    """Streets with room for few, people of all kinds, small shelters that open and close; and how many people."""
    rows, columns = random.integers(2, 5, 2)
    graph, xy = _streets(rows, columns, random)
    edges, nodes = graph.edges, rows * columns
    links = links_of(
        graph, walk_s=random.uniform(1, 60, edges), car_s=random.uniform(1, 20, edges),
        walk_flow_per_s=random.uniform(0.2, 3, edges), car_flow_per_s=random.uniform(0.1, 1, edges),
        walk_room=random.integers(2, 30, edges), car_room=random.integers(0, 6, edges),
        area_m2=random.uniform(5, 200, edges), phase=approach_phases(graph.tail, graph.head, np.ones(edges, bool), xy),
    )  # fmt: skip
    count, sites = int(random.integers(5, 100)), int(random.integers(1, 4))
    persons = random.integers(1, 6, count)
    units = people(
        random.integers(0, nodes, count).tolist(), random.integers(-1, sites, count).tolist(),
        mode=random.choice([WALK, CAR, BUS, ASSISTED], count, p=[0.5, 0.3, 0.1, 0.1]), persons=persons,
        group=random.integers(0, 4, count),
    )  # fmt: skip
    units.informed[:] = random.random(count) < 0.5
    harm = HarmLimits(
        np.array([1.7, 1.2, 1.6, 1.6]), np.array([60.0, 25.0, 55.0, 60.0]), np.array([1.2, 0.5, 0.8, 0.8]),
        np.array([0.8, 0.4, 0.5, 0.5]), XIA, 0.4, 0.5,
    )  # fmt: skip
    willing = tuple(np.linspace(0.05, 0.6, 11).tolist()) if random.random() < 0.5 else ()
    hours = {
        "opens_s": random.choice([0.0, 100.0, 500.0, np.inf], sites),
        "closes_s": random.choice([50.0, 400.0, np.inf], sites),
    }
    case = Case(
        links, units, list(range(nodes)), random.choice(nodes, sites).tolist(), until_s,
        terms=MovementTerms(step_s=float(random.choice([0.1, 1.0, 7.0])), willing_m=willing),
        capacity=random.integers(1, max(2, persons.sum()), sites), block_access_s=random.uniform(0, 60),
        site_access_s=random.uniform(0, 60), service_s=float(random.choice([0.0, 5.0, 20.0])), places_per_desk=50,
        hours=hours if random.random() < 0.5 else {}, harm=harm if random.random() < 0.5 else None,
    )  # fmt: skip
    return case, int(persons.sum())


def _deeds(run: Movement, random: np.random.Generator) -> list[Callable[[], object]]:
    """One of each thing that can be done to the run now, to people, roads and sites drawn at random."""
    links, sites = run._scene.roads.links, len(run._scene.doors.node)
    edges = len(links.area_m2)
    some = random.choice(run.count, int(random.integers(1, run.count + 1)), replace=False)
    state = run.units.state[: run.count]
    riding = np.flatnonzero(state == RIDING)
    site, other = (int(random.integers(sites)) for _ in range(2))
    soon = run.now_s + float(random.choice([0.0, 50.0]))
    return [
        lambda: run.leave(some, run.now_s + random.uniform(0.0, 300.0, len(some))),
        lambda: run.leave(some, run.now_s),
        lambda: run.stay(some[:5]),
        lambda: run.refuse(some[:3]),
        lambda: run.bar(random.choice(edges, 3), bool(random.random() < 0.5), bool(random.random() < 0.3)),
        lambda: run.set_water(_some_water(edges, random)),
        lambda: run.set_water(dry_water(edges)),
        lambda: run.redirect(site, other),
        lambda: run.close_site(site, soon),
        lambda: run.open_site(site, soon),
        run.bulletin,
        lambda: run.inform(some),
        lambda: run.board(run.waiting(), int(random.integers(1, 20))),
        lambda: run.pick_up(np.flatnonzero(state == STRANDED), int(random.integers(1, 10))),
        lambda: run.alight(riding, site),
        lambda: run.set_down(riding[:2], int(random.integers(len(links.out_first) - 1))),
    ]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_nobody_is_lost_whatever_is_done(seed: int) -> None:
    """In the timeline too: at every record a number in every place that is not negative, and all people together."""
    random = np.random.default_rng(seed)
    until_s = float(random.integers(300, 2000))
    case, persons = _new_case(random, until_s)
    run = case.run
    while run.now_s < until_s:
        run.advance(min(until_s, run.now_s + float(random.choice([1.0, 10.0, 33.37, 60.0, 200.0]))))
        check_run(run, persons, until_s)
        for _ in range(int(random.integers(0, 4))):
            deeds = _deeds(run, random)
            deeds[int(random.integers(len(deeds)))]()
            check_run(run, persons, until_s)
    timeline = case.finish().timeline
    assert (timeline.iloc[:, 3:] >= 0).all(axis=None)


def test_acts_between_two_steps_happen_when_they_happen() -> None:
    """A bus stops at 60.5 s, past a record; its people get off at once, in a step that begins before the record."""
    units = people([0], [0], mode=BUS)
    case = Case(links_of(one_way([(0, 1)])), units, [0], [1], 300.0, terms=MovementTerms(step_s=7.0), record_s=60.0)
    run = case.leave(5.0).run
    run.advance(60.5)
    aboard, persons = run.board(run.waiting(), 50)
    run.alight(aboard, 0)
    assert persons == 1
    timeline = case.finish().timeline
    assert (timeline.iloc[:, 3:] >= 0).all(axis=None)
    assert timeline["sheltered"].tolist() == [0, 0, 1, 1, 1, 1]


def test_the_check_finds_what_it_looks_for() -> None:
    """A person too many, a unit taken off its list, a place kept for nobody."""

    def case() -> Case:
        made = Case(links_of(one_way([(0, 1)])), people([0, 0], [0, 0]), [0], [1], 600.0).leave(5.0)
        check_run(made.run, 2, 600.0)
        return made

    with pytest.raises(AssertionError):
        check_run(case().run, 3, 600.0)
    lost = case().run
    lost._scene.flow.unit_first[5] = -1
    with pytest.raises(AssertionError, match="nothing will wake"):
        check_run(lost, 2, 600.0)
    kept = case().run
    kept._scene.doors.reserved[0] += 1
    with pytest.raises(AssertionError):
        check_run(kept, 2, 600.0)
