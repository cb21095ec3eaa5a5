"""Impact rules: both sides of every threshold."""

from __future__ import annotations

import numpy as np
import pytest

from hazards.impact_rules import ImpactRules, PeopleRule, UnderpassRule, impact_series

RULES = ImpactRules(
    people=(PeopleRule(1, 2, 100), PeopleRule(2, 3, 100), PeopleRule(3, 3, 1000), PeopleRule(4, 4, 1000)),
    underpasses=(UnderpassRule(2, 0.15), UnderpassRule(3, 0.30)),
)


def _level(people=(0,) * 7, depth=0.0):
    series = impact_series([0.0], np.array([[people]], float), np.array([[depth]]), np.array([0]), RULES)
    return int(series.level[0, 0])


@pytest.mark.parametrize(
    ("people_h1_to_h6", "level"),
    [
        ((1e6, 0, 0, 0, 0, 0), 0),  # H1 is safe
        ((0, 99, 0, 0, 0, 0), 0),
        ((0, 100, 0, 0, 0, 0), 1),
        ((0, 60, 20, 10, 5, 5), 1),  # 100 in H2 or worse
        ((0, 1e6, 99, 0, 0, 0), 1),
        ((0, 0, 100, 0, 0, 0), 2),
        ((0, 0, 0, 0, 0, 100), 2),
        ((0, 0, 999, 0, 0, 0), 2),
        ((0, 0, 1000, 0, 0, 0), 3),
        ((0, 0, 1, 999, 0, 0), 3),  # 1000 in H3 or worse, 999 in H4
        ((0, 0, 0, 1000, 0, 0), 4),
        ((0, 0, 0, 400, 300, 300), 4),
    ],
)
def test_people_thresholds(people_h1_to_h6, level) -> None:
    assert _level((0, *people_h1_to_h6)) == level


def test_dry_people_never_count() -> None:
    assert _level((1e7, 0, 0, 0, 0, 0, 0)) == 0


@pytest.mark.parametrize(("depth", "level"), [(0.0, 0), (0.15, 0), (0.1501, 2), (0.30, 2), (0.3001, 3), (5.0, 3)])
def test_underpass_thresholds(depth, level) -> None:
    assert _level(depth=depth) == level


def test_each_area_has_its_own_people_and_underpasses() -> None:
    people = np.zeros((2, 3, 7))
    people[1, 0, 5] = 1500
    depth = np.array([[0.2, 0.0, 9.0], [0.0, 0.4, 9.0]])
    series = impact_series([0.0, 60.0], people, depth, np.array([1, 1, -1]), RULES)
    assert series.level.tolist() == [[0, 2, 0], [4, 3, 0]]
    cause = series.causes(60.0, 1)[0]
    assert (cause.rule, cause.value, cause.threshold, cause.unit) == ("underpass_depth", 0.4, 0.3, "m")
    assert [c.rule for c in series.causes(60.0, 0)] == ["people_h4_up", "people_h3_up", "people_h3_up", "people_h2_up"]
    assert series.value[1, 0, 0] == 1500.0


def test_no_underpass_at_all() -> None:
    series = impact_series([0.0], np.zeros((1, 2, 7)), np.zeros((1, 0)), np.empty(0, int), RULES)
    assert series.level.tolist() == [[0, 0]]


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="people_by_class"):
        impact_series([0.0], np.zeros((1, 2, 6)), np.zeros((1, 0)), np.empty(0, int), RULES)
    with pytest.raises(ValueError, match="underpass_depth_m"):
        impact_series([0.0], np.zeros((1, 2, 7)), np.zeros((1, 2)), np.array([0]), RULES)
    with pytest.raises(ValueError, match="hazard_class"):
        PeopleRule(1, 7, 100)
