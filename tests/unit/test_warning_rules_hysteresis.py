"""Hysteresis: raised at once, lowered only after the hold, never reissued too soon."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.hysteresis import Hysteresis, LevelState, Transition, apply_hysteresis, level_at, take

MIN = 60.0
RULE = Hysteresis(downgrade_hold_s=30 * MIN, min_reissue_s=10 * MIN)
SERIES = st.lists(st.tuples(st.integers(1, 900), st.integers(0, 4)), min_size=1, max_size=40)


def _changes(pairs, rule=RULE):
    times, raw = zip(*((m * MIN, level) for m, level in pairs), strict=True)
    return [(c.time_s / MIN, c.before, c.after) for c in apply_hysteresis(times, raw, rule)]


def _unzip(steps):
    times = np.cumsum([float(s) for s, _ in steps])
    return times, np.array([level for _, level in steps])


def test_raised_at_once_and_lowered_after_half_an_hour() -> None:
    pairs = [(m, 3 if 10 <= m < 20 else 0) for m in range(0, 90, 5)]
    assert _changes(pairs) == [(10, 0, 3), (50, 3, 0)]


def test_a_short_lull_keeps_the_level() -> None:
    pairs = [(m, 2 if m < 20 or 45 <= m < 60 else 0) for m in range(0, 120, 5)]
    assert _changes(pairs) == [(0, 0, 2), (90, 2, 0)]


def test_lowered_to_what_the_last_half_hour_held() -> None:
    """Red until 10, orange until 20, blue after: at 40 min orange has held within the half hour, at 50 only blue."""
    pairs = [(m, 4 if m < 10 else 3 if m < 20 else 1) for m in range(0, 100, 5)]
    assert _changes(pairs) == [(0, 0, 4), (40, 4, 3), (50, 3, 1)]


def test_not_reissued_within_ten_minutes_unless_raised() -> None:
    pairs = [(m, 4 if m < 10 else 3 if m < 12 else 0) for m in range(100)]
    assert _changes(pairs) == [(0, 0, 4), (40, 4, 3), (50, 3, 0)]  # 42 by the hold alone
    pairs = [(m, 4 if m < 10 else 3 if m < 12 else 4 if m == 43 else 0) for m in range(100)]
    assert _changes(pairs) == [(0, 0, 4), (40, 4, 3), (43, 3, 4), (74, 4, 0)]


def test_evidence_is_when_the_rules_last_gave_the_level() -> None:
    changes = apply_hysteresis([0.0, 600.0, 1200.0, 3000.0, 3600.0], [4, 3, 0, 0, 0], RULE)
    assert changes == [
        Transition(0.0, 0, 4, 0.0),
        Transition(3000.0, 4, 0, 3000.0),
    ]
    changes = apply_hysteresis([0.0, 600.0, 1200.0, 2400.0], [4, 3, 0, 0], RULE)
    assert changes[1] == Transition(2400.0, 4, 3, 600.0)


@settings(max_examples=300, deadline=None)
@given(SERIES, st.integers(0, 3000), st.integers(0, 1500))
def test_never_below_the_rules_and_never_lowered_early(steps, hold_s, reissue_s) -> None:
    times, raw = _unzip(steps)
    rule = Hysteresis(float(hold_s), float(reissue_s))
    changes = apply_hysteresis(times, raw, rule)
    assert np.all(level_at(changes, times) >= raw)  # so a rise is never late either
    until = np.append(times[1:], np.inf)
    for k, change in enumerate(changes):
        assert change.before == (changes[k - 1].after if k else 0)
        assert change.after != change.before
        now = int(np.searchsorted(times, change.time_s))
        if change.after > change.before:
            assert raw[now] == change.after
        else:
            in_hold = (times <= change.time_s) & (until > change.time_s - hold_s)
            assert raw[in_hold].max() <= change.after
            assert change.time_s - changes[k - 1].time_s >= reissue_s
        assert change.evidence_s <= change.time_s
        if change.after:
            assert raw[int(np.searchsorted(times, change.evidence_s))] >= change.after


@settings(max_examples=200, deadline=None)
@given(SERIES, st.integers(0, 3000))
def test_without_reissue_limit_it_is_the_highest_of_the_hold(steps, hold_s) -> None:
    """The closed form: the largest level that the rules gave within the last hold_s, the present included."""
    times, raw = _unzip(steps)
    until = np.append(times[1:], np.inf)
    level = level_at(apply_hysteresis(times, raw, Hysteresis(float(hold_s), 0.0)), times)
    for k, now in enumerate(times):
        within = (times <= now) & ((until > now - hold_s) | (times == now))
        assert level[k] == raw[within].max()


@settings(max_examples=100, deadline=None)
@given(SERIES)
def test_it_always_comes_down(steps) -> None:
    times, raw = _unzip(steps)
    quiet = times[-1] + 1.0 + 60.0 * np.arange(80)
    changes = apply_hysteresis(np.concatenate([times, quiet]), np.concatenate([raw, np.zeros(80, int)]), RULE)
    assert level_at(changes, quiet[-1]) == 0


@settings(max_examples=100, deadline=None)
@given(SERIES, st.integers(0, 40))
def test_stopping_and_going_on_is_the_same(steps, cut) -> None:
    times, raw = _unzip(steps)
    state, changes = LevelState(), []
    for time_s, level in zip(times[:cut], raw[:cut], strict=True):
        state, change = take(state, time_s, int(level), RULE)
        changes += [change] if change else []
        again, nothing = take(state, time_s, int(level), RULE)  # a second look at the same moment
        assert (again, nothing) == (state, None)
    changes += apply_hysteresis(times[cut:], raw[cut:], RULE, state)
    assert changes == apply_hysteresis(times, raw, RULE)


def test_levels_between_changes() -> None:
    changes = [Transition(10.0, 0, 3, 10.0), Transition(50.0, 3, 1, 20.0)]
    assert level_at(changes, np.array([0.0, 9.9, 10.0, 49.0, 50.0, 1e6])).tolist() == [0, 0, 3, 3, 1, 1]
    assert level_at([], np.array([5.0])).tolist() == [0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Hysteresis(-1.0, 0.0), "downgrade_hold_s"),
        (lambda: Hysteresis(0.0, float("inf")), "min_reissue_s"),
        (lambda: apply_hysteresis([10.0, 5.0], [0, 0], RULE), "before the last look"),
        (lambda: apply_hysteresis([10.0], [5], RULE), "0 to 4"),
        (lambda: apply_hysteresis([10.0], [0, 1], RULE), "equally many"),
    ],
)
def test_bad_input_is_named(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
