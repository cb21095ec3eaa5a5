"""Rules through time: levels, causes, joining and looking ahead."""

from __future__ import annotations

import numpy as np
import pytest

from hazards.warning_rules import Rule, RuleSeries

BLUE, RED = Rule("rain_3h", 1, 0.05, "m"), Rule("people_h4_up", 4, 1000.0, "persons")


def _series(values, rules, times=None):
    value = np.array(values, dtype=float)
    met = np.stack([rule.holds(value[:, :, k]) for k, rule in enumerate(rules)], axis=2)
    times = 60.0 * np.arange(len(value)) if times is None else np.array(times)
    return RuleSeries(times, tuple(rules), value, met)


def test_thresholds_are_reached_or_passed() -> None:
    reach, above = Rule("a", 1, 0.15, "m"), Rule("b", 2, 0.15, "m", strict=True)
    assert [bool(reach.holds(v)) for v in (0.1499, 0.15, 0.1501)] == [False, True, True]
    assert [bool(above.holds(v)) for v in (0.1499, 0.15, 0.1501)] == [False, False, True]
    assert bool(reach.holds(np.sum(np.full(10800, 0.15 / 10800))))  # a sum of many parts


def test_the_level_is_the_highest_that_holds() -> None:
    series = _series([[[0.0, 0.0], [0.06, 10.0]], [[0.06, 2000.0], [0.0, 1000.0]]], [BLUE, RED])
    assert series.level.tolist() == [[0, 1], [4, 4]]
    assert series.level.dtype == np.uint8


def test_causes_say_what_met_what() -> None:
    series = _series([[[0.06, 2000.0]]], [BLUE, RED], times=[300.0])
    causes = series.causes(300.0, 0)
    assert [(c.rule, c.level, c.value, c.threshold, c.unit) for c in causes] == [
        ("people_h4_up", 4, 2000.0, 1000.0, "persons"),
        ("rain_3h", 1, 0.06, 0.05, "m"),
    ]
    with pytest.raises(ValueError, match="one of the times"):
        series.causes(301.0, 0)
    with pytest.raises(ValueError, match="one of the times"):
        series.causes(1e9, 0)


def test_joined_takes_the_higher_of_both() -> None:
    rain = _series([[[0.06], [0.0]], [[0.06], [0.0]]], [BLUE])
    impact = _series([[[0.0], [0.0]], [[5000.0], [1000.0]]], [RED])
    both = rain.joined(impact)
    assert both.level.tolist() == [[1, 0], [4, 4]]
    np.testing.assert_array_equal(both.level, np.maximum(rain.level, impact.level))
    assert [c.rule for c in both.causes(60.0, 0)] == ["people_h4_up", "rain_3h"]
    with pytest.raises(ValueError, match="same times"):
        rain.joined(_series([[[0.0], [0.0]]], [RED]))


def test_a_forecast_shows_what_comes() -> None:
    """Samples every 60 s; with 120 s of lead the peak at 180 s shows from 60 s on, and is gone after 180 s."""
    values = [0.0, 10.0, 20.0, 3000.0, 0.0, 0.0]
    series = _series([[[v]] for v in values], [RED])
    seen = series.ahead(120.0)
    assert seen.value[:, 0, 0].tolist() == [20.0, 3000.0, 3000.0, 3000.0, 0.0, 0.0]
    assert seen.level[:, 0].tolist() == [0, 4, 4, 4, 0, 0]
    np.testing.assert_array_equal(series.ahead(0.0).value, series.value)
    with pytest.raises(ValueError, match="lead_s"):
        series.ahead(-1.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Rule("x", 0, 1.0, "m"), "level"),
        (lambda: Rule("x", 5, 1.0, "m"), "level"),
        (lambda: Rule("x", 1, 0.0, "m"), "threshold"),
        (lambda: RuleSeries(np.zeros(1), (BLUE,), np.zeros((1, 1, 2)), np.zeros((1, 1, 2), bool)), "must be"),
        (lambda: RuleSeries(np.zeros(2), (BLUE,), np.zeros((2, 1, 1)), np.zeros((2, 1, 1), bool)), "rise"),
    ],
)
def test_bad_rules_are_refused(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
