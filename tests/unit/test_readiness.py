"""The readiness score: each part by hand, weights made up for what is not known, better deeds never score less."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules_file import load_rules
from sim.after_action.course import Course
from sim.after_action.plan_steps import judge_steps
from sim.after_action.plans import read_plans
from sim.after_action.readiness import ABILITIES, Readiness, readiness, weighted
from tests.api.after_action_factory import DONGQIAO, END_S, JINHE, make_after_action, make_record
from tests.api.result_factory import make_result

RULES = load_rules()
PLANS = read_plans()


@pytest.fixture(scope="module")
def course() -> Course:
    return make_after_action(replicates=False).course


def score(course: Course) -> Readiness:
    return readiness(course, judge_steps(PLANS, course, END_S), RULES)


def part(found: Readiness, key: str) -> float | None:
    return next(p.score for p in found.parts if p.key == key)


def with_orders(course: Course, earlier_s: float) -> Course:
    orders = course.record.orders
    moved = orders.assign(time_s=(orders["time_s"] - earlier_s).clip(lower=0.0))
    return Course(course.result, replace(course.record, orders=moved))


def test_parts_of_infrastructure_by_hand(course) -> None:
    found = score(course)
    # four streets of 9000, 9500, 10000, 10500 people: the first drains late; the first two had a sea
    assert part(found, "drained") == pytest.approx(100.0 * 30_000 / 39_000)
    assert part(found, "no_sea") == pytest.approx(100.0 * 20_500 / 39_000)
    assert part(found, "roads") == pytest.approx(100.0 * (1 - 9000.0 / (440 * 195.0)))
    assert part(found, "underpasses") == 50.0
    assert part(found, "shelters") == pytest.approx(100.0 * (900 + 2000) / (900 + 2000 + 1200))


def test_parts_of_risk_control_by_hand(course) -> None:
    found = score(course)
    # danger at 3300 s and 3600 s; warned at 1800 s (25 min ahead) and 3600 s (0 min); 1110 people in danger in each
    assert part(found, "warned_ahead") == pytest.approx((25.0 + 0.0) / 2 / 30.0 * 100.0)
    # told at 3000 s (5 min ahead, 1250 people) and 6600 s (after, 2300 people)
    assert part(found, "ordered_ahead") == pytest.approx(1250 * (5.0 / 30.0) * 100.0 / 3550)
    assert part(found, "reached") == pytest.approx(100.0 * (1172 + 2004) / 3550)


def test_parts_of_response_and_society_by_hand(course) -> None:
    found = score(course)
    assert part(found, "sheltered") == pytest.approx(100.0 * 3172 / (3550 + 180 - 213))
    assert part(found, "in_time") == 0.0  # 90 % never there
    assert part(found, "rescued") == pytest.approx(100.0 * (21 + 35) / 117)  # 8 min, 40 min, 7 min, never
    assert part(found, "circle") == pytest.approx(57.0)
    assert part(found, "followed") == pytest.approx(100.0 * (3550 - 213) / 3550)
    assert part(found, "rides") == pytest.approx(100.0 * 126 / (126 + 34))
    assert part(found, "places") == pytest.approx(100.0 * 3450 / 3550)


@pytest.mark.parametrize(
    ("t90_min", "worth"), [(60.0, 100.0), (120.0, 100.0), (180.0, 50.0), (240.0, 0.0), (400.0, 0.0)]
)
def test_ninety_per_cent_in_time_falls_to_nothing_at_twice_the_target(course, t90_min, worth) -> None:
    outcome = replace(course.record.outcome, t90_s=60.0 * t90_min)
    found = score(Course(course.result, replace(course.record, outcome=outcome)))
    assert part(found, "in_time") == pytest.approx(worth)


def test_a_storm_that_moves_nobody_leaves_most_unmeasured_and_says_so() -> None:
    result = make_result(danger=False)
    found = score(Course(result, make_record(result, danger=False)))
    assert {name for name in ABILITIES if found.abilities[name] is None} == {"risk_control", "response", "society"}
    assert found.score == found.abilities["infrastructure"] == 100.0
    assert {p.key for p in found.unmeasured} >= {"sheltered", "ordered_ahead", "reached", "circle", "places"}


def test_the_score_is_the_mean_of_the_abilities_by_the_weights_of_the_rules(course) -> None:
    found = score(course)
    weights = RULES.numbers("readiness.weight")
    expected = sum(w * found.abilities[name] for w, name in zip(weights, ABILITIES, strict=True)) / sum(weights)
    assert found.score == pytest.approx(expected)
    for name in ABILITIES:
        own = [p.score for p in found.parts if p.ability == name and p.score is not None]
        assert found.abilities[name] == pytest.approx(np.mean(own))


known = st.one_of(st.none(), st.floats(0.0, 100.0))


@given(st.tuples(known, known, known, known), st.tuples(*[st.floats(0.01, 1.0)] * 4))
def test_what_is_not_known_neither_raises_nor_lowers_the_score(values, shares) -> None:
    abilities, weights = dict(zip(ABILITIES, values, strict=True)), dict(zip(ABILITIES, shares, strict=True))
    found = weighted(abilities, weights)
    measured = [value for value in values if value is not None]
    if not measured:
        assert found is None
    else:
        assert found is not None
        assert min(measured) - 1e-9 <= found <= max(measured) + 1e-9


def test_weights_of_nothing_give_no_score() -> None:
    assert weighted(dict.fromkeys(ABILITIES, 50.0), dict.fromkeys(ABILITIES, 0.0)) is None


@pytest.mark.parametrize("earlier_s", [60.0, 600.0, 3000.0])
def test_orders_given_earlier_never_score_less_for_being_ahead(course, earlier_s) -> None:
    before, after = score(course), score(with_orders(course, earlier_s))
    assert part(after, "ordered_ahead") >= part(before, "ordered_ahead")
    assert part(score(with_orders(course, 6600.0)), "ordered_ahead") == 100.0


def test_every_part_lies_between_nothing_and_a_hundred(course) -> None:
    for found in score(course).parts:
        assert found.score is not None, found.key
        assert 0.0 <= found.score <= 100.0, found.key


def test_an_area_in_danger_without_a_warning_counts_nothing(course) -> None:
    only_jinhe = tuple(w for w in course.result.warnings if w.area == JINHE)
    result = replace(course.result, warnings=only_jinhe)
    assert {w.area for w in course.result.warnings} > {JINHE, DONGQIAO}
    assert part(score(Course(result, course.record)), "warned_ahead") == pytest.approx(25.0 / 30.0 * 100.0 / 2)


def test_areas_weigh_by_everybody_in_danger_there(course) -> None:
    areas = course.result.areas.copy()
    areas.loc[areas["code"] == DONGQIAO, ["people_h4", "people_h5"]] = 0
    found = score(Course(replace(course.result, areas=areas), course.record))
    # Jinhe 700 + 350 + 60 people, 25 of 30 minutes ahead; Dongqiao 700, not ahead
    assert part(found, "warned_ahead") == pytest.approx(1110 * (25.0 / 30.0) * 100.0 / (1110 + 700))
