"""Places that people can count on, and the coping gap: hand values, a twin in plain loops, and its properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters.entitlement import coping_gap, entitled_places
from shelters.reach import Reach


def pairs(blocks: int, sites: int, within: list[tuple[int, int]]) -> Reach:
    block, site = np.array(sorted(within), np.int64).reshape(-1, 2).T
    return Reach(blocks, sites, block, site, np.zeros(len(block)))


def gap_in_loops(reach, residents, places, kept, in_danger) -> list[float]:
    """The formulas as printed, one pair at a time."""
    near = [0.0] * reach.sites
    for i, j in zip(reach.block, reach.site, strict=True):
        near[j] += float(residents[i])
    left = [0.0] * reach.blocks
    for i, j, remains in zip(reach.block, reach.site, kept, strict=True):
        if remains and near[j] > 0.0:
            left[i] += float(residents[i]) * float(places[j]) / near[j]
    return [max(0.0, float(d) - have) for d, have in zip(in_danger, left, strict=True)]


def gap(reach, residents, places, kept, in_danger) -> np.ndarray:
    return coping_gap(reach, entitled_places(reach, residents, places), kept, in_danger)


def test_hand_values() -> None:
    """Site 0 has 90 places for blocks of 100 and 200, site 1 has 50 for the second alone."""
    reach = pairs(3, 2, [(0, 0), (1, 0), (1, 1)])
    people, places = np.array([100, 200, 40]), np.array([90, 50])
    assert entitled_places(reach, people, places).tolist() == [30.0, 60.0, 50.0]
    everything, danger = np.ones(3, bool), np.array([35.0, 100.0, 40.0])
    assert gap(reach, people, places, everything, danger).tolist() == [5.0, 0.0, 40.0]
    assert gap(reach, people, places, np.array([True, True, False]), danger).tolist() == [5.0, 40.0, 40.0]
    assert gap(reach, people, places, ~everything, danger).tolist() == danger.tolist()


def test_nobody_near_and_nothing_in_reach() -> None:
    empty = pairs(1, 1, [(0, 0)])
    assert entitled_places(empty, np.zeros(1), np.array([10])).tolist() == [0.0]
    assert gap(pairs(2, 1, []), np.ones(2), np.ones(1), np.empty(0, bool), np.array([1.0, 0.0])).tolist() == [1.0, 0.0]


def case(seed: int):
    """A random case; people and places from none to many."""
    rng = np.random.default_rng(seed)
    blocks, sites = (int(n) for n in rng.integers(1, 9, 2))
    within = [(i, j) for i in range(blocks) for j in range(sites) if rng.random() < 0.5]
    residents = rng.choice([0, 1, 7, 1234], blocks) * rng.integers(1, 50, blocks)
    danger = residents * rng.choice([0.0, 0.1, 1.0], blocks)
    reach = pairs(blocks, sites, within)
    return rng, reach, residents, rng.integers(0, 3000, sites), rng.random(len(reach)) < 0.6, danger


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_arrays_and_loops_agree_exactly(seed: int) -> None:
    _, reach, residents, places, kept, danger = case(seed)
    assert gap(reach, residents, places, kept, danger).tolist() == gap_in_loops(reach, residents, places, kept, danger)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sites_are_shared_whole_and_nobody_lacks_more_than_is_in_danger(seed: int) -> None:
    _, reach, residents, places, kept, danger = case(seed)
    given_out = np.bincount(reach.site, entitled_places(reach, residents, places), minlength=reach.sites)
    near = np.bincount(reach.site, residents[reach.block], minlength=reach.sites)
    np.testing.assert_allclose(given_out, np.where(near > 0, places, 0), rtol=1e-12)
    lacking = gap(reach, residents, places, kept, danger)
    assert ((lacking >= 0.0) & (lacking <= danger)).all()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_more_shelter_never_raises_and_more_water_never_lowers_any_gap(seed: int) -> None:
    """Exact: rounding of sums and products of numbers >= 0 keeps their order."""
    rng, reach, residents, places, kept, danger = case(seed)
    before = gap(reach, residents, places, kept, danger)
    assert (gap(reach, residents, places + rng.integers(0, 500, reach.sites), kept, danger) <= before).all()

    more = [(int(i), reach.sites) for i in np.flatnonzero(rng.random(reach.blocks) < 0.5)]
    old = list(zip(reach.block.tolist(), reach.site.tolist(), strict=True))
    wider = pairs(reach.blocks, reach.sites + 1, old + more)
    still = np.isin(wider.block * 99 + wider.site, (reach.block * 99 + reach.site)[kept])
    added = still | (wider.site == reach.sites)
    assert (gap(wider, residents, np.append(places, 400), added, danger) <= before).all()

    wetter = kept & (rng.random(len(reach)) < 0.7)
    deeper = np.minimum(residents, danger * rng.uniform(1.0, 3.0, reach.blocks))
    assert (gap(reach, residents, places, wetter, deeper) >= before).all()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_more_people_in_danger_never_lower_any_gap(seed: int) -> None:
    """Newcomers as endangered as their block, and newcomers all in danger; sums of a few terms: 1e-9 of the people."""
    rng, reach, residents, places, kept, danger = case(seed)
    before = gap(reach, residents, places, kept, danger)
    grown = residents * rng.choice([1, 2, 5], reach.blocks)
    share = np.divide(danger, residents, out=np.zeros(reach.blocks), where=residents > 0)
    room = 1e-9 * (1 + grown.sum())
    assert (gap(reach, grown, places, kept, share * grown) >= before - room).all()
    new = rng.integers(0, 400, reach.blocks)
    assert (gap(reach, residents + new, places, kept, danger + new) >= before - room).all()


def test_a_hundred_times_the_people_and_places_is_a_hundred_times_the_gap() -> None:
    _, reach, residents, places, kept, danger = case(3)
    once = gap(reach, residents, places, kept, danger)
    np.testing.assert_allclose(gap(reach, 100 * residents, 100 * places, kept, 100 * danger), 100 * once, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda r: entitled_places(r, np.ones(1), np.ones(1)), "residents"),
        (lambda r: entitled_places(r, np.ones(2), np.array([-1])), "places"),
        (lambda r: entitled_places(r, np.array([1.0, np.nan]), np.ones(1)), "residents"),
        (lambda r: coping_gap(r, np.ones(2), np.ones(1, bool), np.ones(2)), "pair"),
        (lambda r: coping_gap(r, np.ones(1), np.ones(1, bool), np.array([1.0, np.inf])), "in_danger"),
    ],
)
def test_impossible_values_are_named(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call(pairs(2, 1, [(0, 0)]))
