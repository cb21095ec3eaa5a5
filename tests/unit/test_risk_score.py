"""The risk score: hand values, a scalar twin, and the properties that make it trustworthy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.danger import HazardLimits, hazard_class
from hazards.person_risk import RiskWeights, hazard_score, person_risk, risk_index, sum_by_area
from hazards.risk_score import ScoreWeights, risk_score, waterlogging_excess

WEIGHTS = ScoreWeights(excess=0.2, excess_cap=3.0, gap=1.0)
RISK = RiskWeights((0.0, 0.05, 0.2, 0.4, 0.7, 0.9, 1.0), 0.3, 0.5, 0.5, 0.5, 0.5)
LIMITS = HazardLimits((0.3, 0.6, 0.6, 1.0, 4.0), (0.3, 0.5, 1.2, 2.0, 4.0), (2.0, 2.0, 2.0, 2.0, 4.0))
PERSONS = st.floats(0, 1e6)
TIME = st.floats(0, 1e5)


@pytest.mark.parametrize(
    ("ponded_s", "expected"),
    [(0.0, 0.0), (3600.0, 0.0), (5400.0, 50.0), (7200.0, 100.0), (14_400.0, 300.0), (1e9, 300.0)],
)
def test_excess_by_hand(ponded_s, expected) -> None:
    """100 people, one hour allowed, three hours beyond at most."""
    assert float(waterlogging_excess(100.0, ponded_s, 3600.0, 3.0)) == expected


def test_score_by_hand() -> None:
    assert float(risk_score(10.0, 50.0, 4.0, WEIGHTS)) == 10.0 + 10.0 + 4.0
    assert float(risk_score(10.0, 50.0, 4.0, ScoreWeights(0.0, 3.0, 0.0))) == 10.0


def score_of(people, klass, ponded_s, limit_s, gap):
    """One place: class, hours and a gap to the score, by array functions."""
    danger = person_risk(np.asarray(people), hazard_score(RISK, np.asarray(klass), ponded_s, limit_s), np.ones(()))
    return risk_score(danger, waterlogging_excess(people, ponded_s, limit_s, WEIGHTS.excess_cap), gap, WEIGHTS)


def scalar_score(people, klass, ponded_s, limit_s, gap):
    """The formula as printed, one place at a time."""
    h = {0: 0, 1: 0.05, 2: 0.2, 3: 0.4, 4: 0.7, 5: 0.9, 6: 1.0}[klass]
    score = 0.0 if klass == 0 else 1.0 - (1.0 - h) * (1.0 - 0.3 * min(1.0, ponded_s / limit_s))
    over = max(0.0, ponded_s - limit_s) / limit_s
    return people * score + 0.2 * (people * min(3.0, over)) + 1.0 * gap


@settings(max_examples=150, deadline=None)
@given(PERSONS, st.integers(0, 6), TIME, st.floats(60, 1e5), PERSONS)
def test_scalar_and_array_agree_exactly(people, klass, ponded_s, limit_s, gap) -> None:
    array = (np.full(3, people), np.full(3, klass, np.uint8), np.full(3, ponded_s), limit_s, np.full(3, gap))
    assert score_of(*array).tolist() == [scalar_score(people, klass, ponded_s, limit_s, gap)] * 3


@settings(max_examples=200, deadline=None)
@given(*[st.floats(0, 5)] * 4, TIME, TIME, PERSONS, PERSONS, PERSONS, PERSONS, st.floats(60, 1e5), st.floats(0, 1e5))
def test_it_rises_with_water_time_people_and_gap_and_falls_with_allowed_time(
    d, v, dd, dv, t, dt, n, dn, gap, more, limit, later
) -> None:
    """Exact: every operation of the formula keeps the order of its operands, rounding included."""

    def at(depth=d, speed=v, ponded_s=t, people=n, lacking=gap, allowed=limit):
        return float(score_of(people, hazard_class(depth, speed, LIMITS), ponded_s, allowed, lacking))

    base = at()
    assert at(depth=d + dd) >= base
    assert at(speed=v + dv) >= base
    assert at(ponded_s=t + dt) >= base  # drained water: the same the other way round
    assert at(people=n + dn) >= base
    assert at(lacking=gap + more) >= base
    assert at(allowed=limit + later) <= base


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 300), st.integers(1, 9))
def test_parts_add_up_in_any_order_and_partition(seed, places, areas) -> None:
    """Float sums in different order: relative 1e-12 for a few hundred positive terms."""
    rng = np.random.default_rng(seed)
    people, gap = rng.uniform(0, 1e4, places), rng.uniform(0, 100, places)
    score = score_of(people, rng.integers(0, 7, places), rng.uniform(0, 9000, places), 3600.0, gap)
    area = rng.integers(0, areas, places)
    by_area = sum_by_area(score, area, areas)
    assert by_area.sum() == pytest.approx(score.sum(), rel=1e-12)
    coarser = sum_by_area(by_area, np.arange(areas) // 2, areas)
    assert coarser.sum() == pytest.approx(score.sum(), rel=1e-12)


def test_no_water_no_score() -> None:
    assert float(score_of(1e6, 0, 0.0, 3600.0, 0.0)) == 0.0
    assert float(risk_index(score_of(1e6, 0, 0.0, 3600.0, 0.0), 1000.0, 0.1)) == 0.0


def test_units_of_time_do_not_matter() -> None:
    assert float(waterlogging_excess(7.0, 5400.0, 3600.0, 3.0)) == float(waterlogging_excess(7.0, 1.5, 1.0, 3.0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ScoreWeights(-0.1, 3.0, 1.0), "excess"),
        (lambda: ScoreWeights(0.2, 0.0, 1.0), "excess_cap"),
        (lambda: ScoreWeights(0.2, 3.0, np.nan), "gap"),
        (lambda: ScoreWeights(np.inf, 3.0, 1.0), "excess"),
        (lambda: waterlogging_excess(np.ones(2), np.ones(2), np.array([1.0, 0.0]), 3.0), "limit_s"),
    ],
)
def test_bad_weights_are_named(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
