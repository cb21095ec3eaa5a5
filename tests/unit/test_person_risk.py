"""Person-risk: golden values, a scalar twin, and the properties that make it trustworthy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.danger import HazardLimits, hazard_class
from hazards.person_risk import (
    RiskWeights,
    exposed_people,
    hazard_score,
    person_risk,
    risk_index,
    sum_by_area,
    vulnerability,
)

WEIGHTS = RiskWeights(
    hazard=(0.0, 0.05, 0.2, 0.4, 0.7, 0.9, 1.0),
    persistence=0.3,
    over_65=0.5,
    under_14=0.5,
    disabled=0.5,
    basement=0.5,
)
LIMITS = HazardLimits((0.3, 0.6, 0.6, 1.0, 4.0), (0.3, 0.5, 1.2, 2.0, 4.0), (2.0, 2.0, 2.0, 2.0, 4.0))
SHARE = st.floats(0, 1)


def scalar_risk(people, klass, ponded_s, limit_s, s65=0.0, s14=0.0, sdis=0.0, sbase=0.0):
    """The formula as printed, one place at a time."""
    h = {0: 0, 1: 0.05, 2: 0.2, 3: 0.4, 4: 0.7, 5: 0.9, 6: 1.0}[klass]
    g = min(1.0, ponded_s / limit_s)
    H = 0.0 if klass == 0 else 1.0 - (1.0 - h) * (1.0 - 0.3 * g)
    return people * H * (1.0 + 0.5 * s65 + 0.5 * s14 + 0.5 * sdis + 0.5 * sbase)


def risk(people, klass, ponded_s, limit_s=3600.0, shares=(0.0, 0.0, 0.0, 0.0)):
    score = hazard_score(WEIGHTS, np.asarray(klass), np.asarray(ponded_s), limit_s)
    return person_risk(np.asarray(people), score, vulnerability(WEIGHTS, *shares))


@pytest.mark.parametrize(
    ("klass", "ponded_s", "shares", "expected"),
    [
        (0, 9e9, (1, 1, 1, 1), 0.0),  # dry, whatever else
        (1, 0.0, (0, 0, 0, 0), 5.0),
        (3, 0.0, (0, 0, 0, 0), 40.0),
        (3, 1800.0, (0, 0, 0, 0), 100 * (1 - 0.6 * 0.85)),
        (3, 3600.0, (0, 0, 0, 0), 100 * (1 - 0.6 * 0.7)),
        (3, 7200.0, (0, 0, 0, 0), 100 * (1 - 0.6 * 0.7)),  # persistence is capped
        (6, 7200.0, (1, 1, 1, 1), 300.0),  # H = 1, v = 3
    ],
)
def test_golden_values(klass, ponded_s, shares, expected) -> None:
    assert float(risk(100.0, klass, ponded_s, shares=shares)) == pytest.approx(expected, rel=1e-15)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 6), st.floats(0, 1e5), st.floats(60, 1e5), st.floats(0, 1e6), st.tuples(SHARE, SHARE, SHARE, SHARE)
)
def test_scalar_and_array_agree_exactly(klass, ponded_s, limit_s, people, shares) -> None:
    got = risk(np.full(3, people), np.full(3, klass, np.uint8), np.full(3, ponded_s), limit_s, shares)
    assert got.tolist() == [scalar_risk(people, klass, ponded_s, limit_s, *shares)] * 3


@settings(max_examples=150, deadline=None)
@given(*[st.floats(0, 5)] * 4, *[st.floats(0, 1e4)] * 4)
def test_deeper_faster_longer_or_more_people_is_never_less(d, v, dd, dv, t, dt, n, dn) -> None:
    def at(depth, speed, ponded_s, people):
        return float(risk(people, hazard_class(depth, speed, LIMITS), ponded_s))

    base = at(d, v, t, n)
    assert at(d + dd, v, t, n) >= base
    assert at(d, v + dv, t, n) >= base
    assert at(d, v, t + dt, n) >= base
    assert at(d, v, t, n + dn) >= base


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 300), st.integers(1, 9))
def test_parts_add_up_in_any_order_and_partition(seed, places, areas) -> None:
    """Float sums in different order: relative 1e-12 for a few hundred positive terms."""
    generator = np.random.default_rng(seed)
    r = risk(generator.uniform(0, 1e4, places), generator.integers(0, 7, places), generator.uniform(0, 7200, places))
    area = generator.integers(0, areas, places)
    shuffle = generator.permutation(places)
    by_area = sum_by_area(r, area, areas)
    assert by_area.sum() == pytest.approx(r.sum(), rel=1e-12)
    np.testing.assert_allclose(sum_by_area(r[shuffle], area[shuffle], areas), by_area, rtol=1e-12)
    coarser = sum_by_area(by_area, np.arange(areas) // 2, areas)
    assert coarser.sum() == pytest.approx(r.sum(), rel=1e-12)


def test_nobody_no_risk() -> None:
    empty = np.empty(0, int)
    assert sum_by_area(risk(np.empty(0), empty, np.empty(0)), empty, 3).tolist() == [0.0, 0.0, 0.0]
    assert float(risk(0.0, 6, 1e6, shares=(1, 1, 1, 1))) == 0.0


def test_splitting_a_place_keeps_its_risk() -> None:
    whole = float(risk(900.0, 4, 1000.0))
    assert float(risk(np.array([200.0, 700.0]), np.array([4, 4]), np.full(2, 1000.0)).sum()) == pytest.approx(whole)


def test_units_of_time_do_not_matter() -> None:
    assert float(risk(10.0, 2, 1800.0, 5400.0)) == pytest.approx(float(risk(10.0, 2, 0.5, 1.5)), rel=1e-15)


def test_people_by_class_and_area() -> None:
    people = np.array([10.0, 20.0, 30.0, 40.0])
    got = exposed_people(people, np.array([0, 3, 3, 6], np.uint8), np.array([0, 1, 1, -1]), 2)
    assert got.shape == (2, 7)
    assert got[0].tolist() == [10, 0, 0, 0, 0, 0, 0]
    assert got[1].tolist() == [0, 0, 0, 50, 0, 0, 0]


def test_maps_work_as_well_as_lists() -> None:
    people = np.arange(6.0).reshape(2, 3)
    area = np.array([[0, 0, 1], [1, -1, 2]])
    assert sum_by_area(people, area, 3).tolist() == [1.0, 5.0, 5.0]


def test_index_for_display() -> None:
    assert risk_index(np.array([0.0, 100.0, 1e9]), 1000.0, 0.1) == pytest.approx([0.0, 100 * (1 - math.exp(-1)), 100.0])
    assert risk_index(np.array([50.0, 50.0]), np.array([1000.0, 2000.0]), 0.1)[0] > risk_index(50.0, 2000.0, 0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: RiskWeights((0.0, 0.5), 0.3, 0.5, 0.5, 0.5, 0.5), "hazard"),
        (lambda: RiskWeights((0.0, 0.05, 0.2, 0.4, 0.3, 0.9, 1.0), 0.3, 0.5, 0.5, 0.5, 0.5), "hazard"),
        (lambda: RiskWeights((0.1, 0.15, 0.2, 0.4, 0.5, 0.9, 1.0), 0.3, 0.5, 0.5, 0.5, 0.5), "hazard"),
        (lambda: RiskWeights(WEIGHTS.hazard, 1.3, 0.5, 0.5, 0.5, 0.5), "persistence"),
        (lambda: RiskWeights(WEIGHTS.hazard, 0.3, 0.5, 0.5, -0.5, 0.5), "disabled"),
        (lambda: hazard_score(WEIGHTS, np.array([1]), np.array([1.0]), 0.0), "limit_s"),
        (lambda: risk_index(np.array([1.0]), 0.0, 0.1), "reference_persons"),
        (lambda: risk_index(np.array([1.0]), 10.0, 0.0), "scale"),
    ],
)
def test_bad_weights_are_named(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
