"""Shelters that fill up, close and open late (evacuation verification case V18)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.movement.doors import DoorTerms, at_door, build_doors, count_reserved, let_in, split
from sim.movement.links import NEVER
from sim.movement.overflow import SENT, Overflow
from sim.movement.units import (
    AT_DOOR,
    MOVING,
    NEVER_MS,
    NO_SITE,
    NOWHERE,
    SHELTERED,
    STRANDED,
    TURNED_AWAY,
    no_units,
)
from tests.door_case import DoorDrill, Town, people_of, random_town, streets


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_never_above_capacity_and_nobody_lost(seed: int) -> None:
    """Random towns, plans that send more than fit, sites that close: books checked after every event.

    Whoever is sent on goes to the open site with room where walking time plus price is least; who is not sent had none.
    """
    rng = np.random.default_rng(seed)
    nodes, sites, units = int(rng.integers(3, 25)), int(rng.integers(1, 6)), int(rng.integers(1, 60))
    town = random_town(rng, nodes, sites, people=10 * units)
    drill = DoorDrill(town, people_of(rng, town, units, room=4000), units)
    if rng.random() < 0.5:
        drill.run(until_ms=int(rng.integers(0, 600_000)))
        now = drill.events[0][0] if drill.events else 600_000
        site = int(rng.integers(sites))
        if now < town.doors.closes_ms[site]:
            drill.close(site, now)
    drill.run()
    assert not drill.events
    state = drill.units.state[: drill.count]
    assert np.isin(state, (SHELTERED, STRANDED, TURNED_AWAY)).all()
    assert drill.let_in_late == 0
    for _, _, cost, least in drill.sent:
        assert cost == least


def _two_sites(capacity: list[int], price_ms: list[int], **hours: np.ndarray) -> Town:
    """0 - 1 - 2 in a line, 100 s each, sites at 1 and 2; people start at 0."""
    links = streets(np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1]), np.full(4, 100.0), 3)
    terms = DoorTerms(places_per_desk=1000.0, service_s=1.0, opening_s=0.0)
    doors = build_doors(np.array([1, 2]), np.array([10.0, 0.0]), np.array(capacity), terms,
                        price_ms=np.array(price_ms), **hours)  # fmt: skip
    return Town(links, doors, np.array([[110e3, 10e3, 110e3], [200e3, 100e3, 0.0]]))


def _three_units() -> DoorDrill:
    units = no_units(20)
    units.persons[:3] = units.size[:3] = 10
    units.node[:3], units.site[:3], units.state[:3] = 0, 0, MOVING
    units.ready_ms[:3] = (0, 1000, 2000)
    return DoorDrill(_two_sites([15, 100], [0, 0]), units, 3)


def test_what_does_not_fit_goes_on_by_hand() -> None:
    """Three units of 10 reach a door of 15 places at 110, 111, 112 s; one desk, 1 s a person.

    The first is in at 120 s, half of the second at 125 s. The other five, turned away at 111 s, are back on the road at
    121 s and at the other door at 221 s: in at 226 s. The third, there at 222 s, is served from 226 s to 236 s.
    """
    drill = _three_units()
    drill.run()
    assert drill.count == 4
    assert drill.units.arrived_ms[:4].tolist() == [120_000, 125_000, 236_000, 226_000]
    assert drill.units.persons[:4].tolist() == [10, 5, 10, 5]
    assert drill.town.doors.turned.tolist() == [15, 0]
    assert drill.town.doors.reserved.tolist() == [15, 15]


@pytest.mark.parametrize(("price_s", "expected"), [(89, 0), (91, 1)])
def test_price_decides_with_time(price_s: int, expected: int) -> None:
    """From 0 it is 110 s to the first site and 200 s to the second: a price of 90 s at the first tips the scales."""
    town = _two_sites([100, 100], [price_s * 1000, 0])
    units = no_units(5)
    units.persons[0], units.node[0] = 10, 0
    count, sent = Overflow(town.links, town.doors).relocate(np.array([0]), 0, 1, units, town.doors)
    assert (count, sent.verdict.tolist(), int(units.site[0])) == (1, [SENT], expected)


def test_who_queues_when_water_closes_the_site_goes_on() -> None:
    """It closes at 123 s: the first, in at 120 s, stays; whoever queues then is turned away."""
    drill = _three_units()
    drill.run(until_ms=122_000)
    drill.close(0, 123_000)
    drill.run()
    assert drill.units.state[: drill.count].tolist() == [SHELTERED] * 4
    assert drill.units.site[: drill.count].tolist() == [0, 1, 1, 1]
    assert drill.town.doors.admitted.tolist() == [10, 20]
    assert drill.town.doors.turned.tolist() == [20, 0]


def test_hours_known_beforehand_close_in_time() -> None:
    """A site that closes at 115 s, five persons into the first unit of ten: a unit stays together, so nobody is in."""
    town = _two_sites([15, 100], [0, 0], closes_s=np.array([115.0, np.inf]))
    units = no_units(20)
    units.persons[0] = units.size[0] = 10
    units.site[0], units.node[0], units.state[0] = 0, 1, MOVING
    count_reserved(units, 1, town.doors)
    assert at_door(0, 110_000, 1, units, town.doors) == (1, 115_000, NOWHERE)
    units.state[0] = AT_DOOR
    assert not let_in(0, 115_000, units, town.doors)
    assert units.site[0] == NO_SITE
    assert (town.doors.admitted[0], town.doors.reserved[0], town.doors.turned[0]) == (0, 0, 10)
    assert units.ready_ms[0] == 125_000


def test_early_comers_wait_for_the_door() -> None:
    """A door that opens at 300 s serves the one who came at 110 s from then on; one that never opens lets nobody in."""
    town = _two_sites([15, 100], [0, 0], opens_s=np.array([300.0, np.nan]))
    units = no_units(20)
    units.persons[:2], units.site[:2], units.state[:2] = 5, (0, 1), MOVING
    count_reserved(units, 2, town.doors)
    assert at_door(0, 110_000, 2, units, town.doors) == (2, 305_000, NOWHERE)
    assert at_door(1, 110_000, 2, units, town.doors) == (2, NEVER_MS, 1)
    assert town.doors.opens_ms[1] == NEVER


def test_a_split_leaves_nobody_without_room_on_the_road() -> None:
    """Five persons in two cars: two and three persons take one and two cars, rounded up each."""
    units = no_units(3)
    units.persons[0], units.size[0] = 5, 2
    assert split(0, 1, 3, units) == 2
    assert units.persons[:2].tolist() == [2, 3]
    assert units.size[:2].tolist() == [1, 2]
    assert split(1, 2, 1, units) == 3
    assert units.persons[:3].sum() == 5


def test_no_room_for_splits_is_an_error() -> None:
    town = _two_sites([1, 1], [0, 0])
    with pytest.raises(ValueError, match="room"):
        Overflow(town.links, town.doors).relocate(np.array([0]), 0, 1, no_units(2), town.doors)
