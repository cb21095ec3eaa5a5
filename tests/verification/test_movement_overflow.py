"""Shelters that fill up, close and check people in, with people on the roads (V18)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.movement.outcome import MovementOutcome
from sim.movement.units import CAR, NO_SITE, SHELTERED, WALK
from tests.flow_case import Case, links_of, one_way, people

# A street, both ways: home 0, shelters at nodes 1, 2 and 3, 100 s apart.
STREET = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 3), (3, 2)]


def _street(site: list[int], **given: Any) -> Case:
    links = links_of(one_way(STREET), walk_s=100.0, car_s=100.0)
    return Case(links, people([0] * len(site), site, **given.pop("who", {})), [0], [1, 2, 3], **given)


def _inside(found: MovementOutcome, time_s: float) -> int:
    row = found.timeline["time_s"].searchsorted(time_s, side="right") - 1
    return int(found.timeline["sheltered"].iloc[row])


def test_the_surplus_goes_on_to_the_next_shelter_with_room() -> None:
    """100 people sent to a shelter of 30: 30 + 30 + 30 are let in, one shelter further every 100 s; 10 find none."""
    case = _street([0] * 100, capacity=30, record_s=10.0).leave()
    found = case.finish()
    assert found.balance_error == 0
    assert found.peak.tolist() == [30, 30, 30]
    assert found.turned_at_door.tolist() == [70, 0, 0]  # places further on are kept before people set out
    assert found.final("turned_away") == 10
    assert found.stuck["node"].unique().tolist() == [1]
    assert [_inside(found, t) for t in (90.0, 110.0, 190.0, 210.0, 290.0, 310.0)] == [0, 30, 30, 60, 60, 90]


def test_a_unit_that_fits_in_part_is_split() -> None:
    """Five units of 20 before doors of 30: the second is split 10 : 10, and so on; nobody is lost."""
    found = _street([0] * 5, capacity=30, who={"persons": 20}).leave().finish()
    assert found.balance_error == 0
    assert found.peak.tolist() == [30, 30, 30]
    assert found.final("turned_away") == 10


def test_first_come_first_served() -> None:
    """50 who leave at 0 s and 50 at 50 s for a shelter of 60: of the later ones 40 are turned away.

    They are at the third shelter 350 s after the first left, and 1 ms for each person who passes one of four road ends.
    """
    case = _street([0] * 100, capacity=[60, 0, 100])
    case.run.leave(case.ids, np.repeat([50.0, 0.0], 50))
    found = case.finish()
    assert found.turned_at_door.tolist() == [40, 0, 0]
    inside = case.run.units.site[:100]
    assert (inside[50:] == 0).all()
    assert np.bincount(inside[:50], minlength=3).tolist() == [10, 0, 40]
    assert case.run.units.arrived_ms[np.flatnonzero(inside == 2)] == pytest.approx(np.full(40, 350_000), abs=200)


def test_people_without_a_site_take_what_is_left() -> None:
    """50 with a place and 20 without: the 20 take the places left over, nearest first."""
    found = _street([0] * 50 + [NO_SITE] * 20, capacity=[55, 10, 100]).leave().finish()
    assert found.peak.tolist() == [55, 10, 5]
    assert found.turned_at_door.sum() == 0


def test_check_in_takes_its_time() -> None:
    """Ten people at one desk of 20 s: there at 100 s, the k-th in at 100 + 20 k s, mean wait 110 s with the service.

    They pass the end of the road 1 ms apart.
    """
    case = _street([0] * 10, service_s=20.0).leave()
    found = case.finish()
    assert sorted(case.run.units.arrived_ms[:10].tolist()) == [100_000 + 20_000 * k for k in range(1, 11)]
    assert found.door_wait_mean_s == pytest.approx(110.0, abs=0.01)


def test_a_site_that_closes_keeps_who_is_in_and_turns_away_the_rest() -> None:
    """It closes at 205 s: five of the ten of the last test are in; the others are at the next shelter 100 s later."""
    case = _street([0] * 10, service_s=20.0, hours={"closes_s": np.array([205.0, np.inf, np.inf])}).leave()
    found = case.finish()
    assert found.peak.tolist() == [5, 5, 0]
    assert found.inside_when_closed.tolist() == [5, 0, 0]
    assert found.turned_at_door.tolist() == [5, 0, 0]
    late = np.sort(case.run.units.arrived_ms[:10])[5:]
    assert late.tolist() == [305_000 + 20_000 * k for k in range(1, 6)]


def test_a_site_closed_by_order_turns_away_its_queue_at_once() -> None:
    case = _street([0] * 10, service_s=20.0).leave()
    case.run.advance(205.0)
    case.run.close_site(0, 205.0)
    found = case.finish()
    assert found.peak.tolist() == [5, 5, 0]
    assert np.sort(case.run.units.arrived_ms[:10])[5:].tolist() == [305_000 + 20_000 * k for k in range(1, 6)]


def test_who_was_turned_away_goes_on_when_another_site_opens() -> None:
    """Two shelters are full, the third is shut; an order at 600 s opens it, and the ten without a place go there."""
    hours = {"opens_s": np.array([0.0, 0.0, np.nan])}
    case = _street([0] * 50, capacity=[20, 20, 50], hours=hours).leave()
    case.run.advance(600.0)
    assert case.run.outcome(np.full(61, 50), np.zeros(61, int)).final("turned_away") == 10
    case.run.open_site(2, 600.0)
    found = case.finish()
    assert found.peak.tolist() == [20, 20, 10]
    assert found.final("turned_away") == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_random_towns_never_above_capacity_and_nobody_lost(seed: int) -> None:
    """Random streets, plans that send more than fit, sites that close and open by order; books at every minute."""
    rng = np.random.default_rng(seed)
    nodes, sites, units = int(rng.integers(3, 15)), int(rng.integers(1, 5)), int(rng.integers(1, 60))
    pairs = np.unique(rng.integers(0, nodes, (3 * nodes, 2)), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    graph = one_way([(0, 1), (1, 0), *map(tuple, pairs.tolist())], nodes)
    links = links_of(graph, walk_s=20.0, car_s=8.0, car_room=10.0, car_flow_per_s=0.5)
    who = people(
        rng.integers(0, nodes, units).tolist(), rng.integers(-1, sites, units).tolist(),
        mode=np.where(rng.random(units) < 0.5, CAR, WALK), persons=rng.integers(1, 8, units),
    )  # fmt: skip
    total = int(who.persons.sum())
    case = Case(
        links, who, list(range(nodes)), rng.integers(0, nodes, sites).tolist(), until_s=7200.0,
        capacity=rng.integers(0, max(2, 2 * total // sites), sites), service_s=float(rng.choice([0.0, 3.0])),
        places_per_desk=10.0, site_access_s=5.0, hours={"closes_s": np.where(rng.random(sites) < 0.4, 300.0, np.inf)},
    )  # fmt: skip
    case.run.leave(case.ids, rng.uniform(0.0, 300.0, units))
    for minute in range(1, 20):
        case.run.advance(60.0 * minute)
        assert case.run.count_by_state().sum() == total
        assert (case.doors.admitted <= case.doors.capacity).all()
        if rng.random() < 0.1:
            case.run.close_site(int(rng.integers(sites)), case.run.now_s)
    found = case.finish()
    units_now = case.run.units
    inside = units_now.state[: case.run.count] == SHELTERED
    persons, site = units_now.persons[: case.run.count][inside], units_now.site[: case.run.count][inside]
    assert np.bincount(site, persons, sites).astype(int).tolist() == found.peak.tolist()
    assert (found.peak <= case.doors.capacity).all()
    assert found.balance_error == 0
