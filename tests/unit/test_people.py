"""Units made of people: whole persons, exact shares, platoons."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.behaviour.people import COMPLY, REFUSE, SHADOW, Population, make_units, platoon_for, set_apart
from sim.movement.units import ADULT, ASSISTED, BUS, CAR, CHILD, ELDER, HOME, IMPAIRED, NO_SITE, NOWHERE, WALK
from tests.behaviour_case import shares

rows = st.lists(st.integers(0, 3000), min_size=1, max_size=25)
fraction = st.floats(0.0, 1.0)


def _persons(made: Population, chosen: np.ndarray) -> int:
    return int(made.units.persons[: made.count][chosen].sum())


def _made(persons: list[int], **given: float) -> Population:
    options = {key: int(given.pop(key)) for key in ("platoon", "seed", "car_persons") if key in given}
    rows = np.arange(len(persons))
    return make_units(rows, rows % 3, np.array(persons), shares(len(persons), **given), **{"seed": 1, **options})


@given(rows, fraction)
@settings(max_examples=200, deadline=None)
def test_set_apart_is_exact_for_the_whole_and_within_a_person_for_each_row(persons: list[int], share: float) -> None:
    """1e-6 for the rounding of a running sum of 25 remainders."""
    part = set_apart(np.array(persons), share)
    exact = np.array(persons) * share
    assert abs(part.sum() - exact.sum()) <= 0.5 + 1e-6
    assert (np.abs(part - exact) < 1.0 + 1e-6).all()
    assert (part >= 0).all()
    assert (part <= persons).all()
    assert (set_apart(np.array(persons), 1.0) == persons).all()
    assert not set_apart(np.array(persons), 0.0).any()


def test_people_set_apart_lie_evenly_along_the_rows() -> None:
    """15 % of a thousand blocks of one person: in every hundred of them 15, one more or less."""
    part = set_apart(np.ones(1000, np.int64), 0.15)
    assert part.sum() == 150
    assert set(part.reshape(10, 100).sum(axis=1).tolist()) <= {14, 15, 16}


@given(
    rows, fraction, fraction, fraction, fraction, fraction, st.floats(0.0, 0.5), st.floats(0.0, 0.5),
    st.integers(1, 50), st.integers(1, 5),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_everybody_is_in_exactly_one_unit(
    persons: list[int], elder: float, child: float, impaired: float, assisted: float, comply: float, car: float,
    bus: float, platoon: int, car_persons: int,
) -> None:  # fmt: skip
    made = _made(
        persons, elder=elder, child=child, impaired=impaired, assisted=assisted, compliance=comply, car=car, bus=bus,
        shadow=0.3, platoon=platoon, car_persons=car_persons,
    )  # fmt: skip
    units, used = made.units, slice(0, made.count)
    assert np.bincount(units.block[used], units.persons[used], len(persons)).astype(int).tolist() == persons
    assert (units.site[used] == units.block[used] % 3).all()
    assert (units.persons[used] >= 1).all()
    by_car = units.mode[used] == CAR
    assert (units.persons[used][~by_car] <= platoon).all()
    assert (units.persons[used][by_car] <= max(platoon, car_persons)).all()
    assert (units.size[used][~by_car] == units.persons[used][~by_car]).all()
    assert (units.size[used][by_car] == np.ceil(units.persons[used][by_car] / car_persons)).all()
    assert (units.state[used] == HOME).all()
    assert (units.link == NOWHERE).all()
    assert not units.persons[made.count :].any()


@given(rows, fraction, fraction)
@settings(max_examples=100, deadline=None)
def test_refusals_and_shadow_departures_are_the_exact_shares(
    persons: list[int], compliance: float, shadow: float
) -> None:
    """To the nearest person: refusals of all, then shadow departures of those who comply."""
    made = _made(persons, compliance=compliance, shadow=shadow)
    refuse = sum(persons) * (1.0 - compliance)
    found = _persons(made, made.intent == REFUSE)
    assert abs(found - refuse) <= 0.5 + 1e-6
    early = (sum(persons) - found) * shadow
    assert abs(_persons(made, made.intent == SHADOW) - early) <= 0.5 + 1e-6


def test_groups_and_modes_are_their_shares_of_the_city() -> None:
    """100,000 people in uneven blocks. Shares are split in turn, each to the nearest person of what is left, so a
    count is off by half a person per split before it: three for groups, three more for modes in each of four groups.
    """
    persons = (np.arange(1, 101) * 7 % 1000 + 500).tolist()
    total = sum(persons)
    made = _made(persons, elder=0.14, child=0.13, impaired=0.05, assisted=0.2, car=0.3, bus=0.1)
    units = made.units
    groups = {group: _persons(made, units.group[: made.count] == group) for group in (ADULT, CHILD, ELDER, IMPAIRED)}
    for group, share in ((IMPAIRED, 0.05), (ELDER, 0.14), (CHILD, 0.13), (ADULT, 0.68)):
        assert abs(groups[group] - share * total) <= 1.5 + 1e-6
    modes = {mode: _persons(made, units.mode[: made.count] == mode) for mode in (WALK, CAR, BUS, ASSISTED)}
    others = total * 0.99
    for mode, share in ((ASSISTED, 0.01 * total), (CAR, 0.3 * others), (BUS, 0.1 * others), (WALK, 0.6 * others)):
        assert abs(modes[mode] - share) <= 6.0
    assert set(units.group[: made.count][units.mode[: made.count] == ASSISTED].tolist()) == {IMPAIRED}


def test_who_is_old_and_disabled_counts_once() -> None:
    """Shares of 0.6, 0.5 and 0.3 make more than everybody: the impaired first, the old next, nobody twice."""
    made = _made([1000], impaired=0.3, elder=0.5, child=0.6)
    group = made.units.group[: made.count]
    assert [int((group == kind).sum()) for kind in (IMPAIRED, ELDER, CHILD, ADULT)] == [300, 500, 200, 0]


def test_the_informed_are_the_share_asked_for() -> None:
    """Drawn by unit: 100,000 draws of 0.7 have a standard deviation of 145; five of them."""
    made = _made([100_000], informed=0.7)
    assert abs(int(made.units.informed.sum()) - 70_000) < 725


@pytest.mark.parametrize(
    ("persons", "platoon"), [(0, 1), (1_000_000, 1), (1_000_001, 2), (3_000_001, 4), (7_000_000, 5), (20_000_000, 20)]
)
def test_platoons_grow_with_the_city(persons: int, platoon: int) -> None:
    assert platoon_for(persons) == platoon


@pytest.mark.parametrize("platoon", [1, 5, 20])
def test_a_platoon_changes_no_count_of_people(platoon: int) -> None:
    """Groups, modes and intents are split before units are made."""

    def counts(made: Population) -> list[int]:
        key = made.units.mode * 16 + made.units.group * 4
        return np.bincount(key[: made.count] + made.intent, made.units.persons[: made.count], 64).astype(int).tolist()

    given = {"elder": 0.2, "impaired": 0.1, "assisted": 0.3, "car": 0.2, "compliance": 0.8, "shadow": 0.1}
    persons = [137, 2, 0, 996, 41]
    assert counts(_made(persons, platoon=platoon, **given)) == counts(_made(persons, platoon=3, **given))


def test_the_same_seed_gives_the_same_units() -> None:
    first, second = (_made([400, 30], car=0.3, informed=0.5, seed=9) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first.units, second.units, strict=True))
    other = _made([400, 30], car=0.3, informed=0.5, seed=10)
    assert not np.array_equal(first.units.informed, other.units.informed)


def test_nobody_makes_no_unit() -> None:
    made = make_units(np.zeros(0, int), np.zeros(0, int), np.zeros(0, int), shares(0), seed=1)
    assert made.count == 0
    assert _made([0, 0]).count == 0
    alone = make_units(np.array([0]), np.array([NO_SITE]), np.array([1]), shares(1), seed=1)
    assert (alone.count, alone.units.site[0], alone.intent.tolist()) == (1, NO_SITE, [COMPLY])


def test_bad_shares_and_sizes() -> None:
    with pytest.raises(ValueError, match="elder"):
        shares(2, elder=1.2)
    with pytest.raises(ValueError, match="car"):
        shares(2, car=float("nan"))
    with pytest.raises(ValueError, match="together"):
        shares(2, car=0.7, bus=0.4)
    with pytest.raises(ValueError, match="platoon"):
        _made([10], platoon=0)
    with pytest.raises(ValueError, match="one length"):
        make_units(np.arange(2), np.arange(2), np.array([1, -1]), shares(2), seed=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        shares(1).informed = 0.0  # type: ignore[misc]
