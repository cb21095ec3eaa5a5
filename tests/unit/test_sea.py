"""The sea criterion: deep for long without a break, over more than a share of the street."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules_file import load_rules
from sim.sea import DeepSpells, SeaLimits, judge_sea, sea_limits

LIMITS = SeaLimits(depth_m=0.3, duration_s=1800.0, share=0.25)


def _spells(depths: list[float], step_s: float = 300.0) -> float:
    spells = DeepSpells(np.ones((1, 1), bool), 0.3)
    for k, depth in enumerate(depths):
        spells.take(k * step_s, np.array([[depth]], np.float32))
    return float(spells.longest_s[0, 0])


def test_a_spell_runs_from_the_first_deep_frame_to_the_last():
    assert _spells([0.0, 0.4, 0.4, 0.4, 0.0]) == 600.0
    assert _spells([0.4, 0.4]) == 300.0
    assert _spells([0.0, 0.4, 0.0]) == 0.0


def test_a_break_ends_a_spell_and_the_longest_counts():
    assert _spells([0.4, 0.4, 0.4, 0.2, 0.4, 0.4]) == 600.0
    assert _spells([0.4, 0.2] * 20) == 0.0
    assert _spells([np.nan, 0.4, 0.4, np.nan]) == 300.0


def test_exactly_the_depth_is_not_deep():
    assert _spells([0.3] * 5) == 0.0


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=1, max_size=30))
def test_the_spell_is_that_of_the_longest_deep_run(depths):
    longest, run = 0, 0
    for depth in depths:
        run = run + 1 if np.float32(depth) > np.float32(0.3) else 0
        longest = max(longest, run)
    assert _spells(depths) == max(0, longest - 1) * 300.0


def test_the_share_counts_street_cells_of_the_area_alone():
    longest = np.array([[1800.0, 1800.0, 0.0, 0.0, 1799.0, 9999.0]])
    depth = np.array([[0.5, 0.9, 1.5, 0.0, 0.4, 2.0]])
    area = np.array([[0, 0, 0, 0, 1, -1]])
    sea = judge_sea(longest, depth, area, 3, LIMITS, rain_end_s=0.0, end_s=3600.0)
    np.testing.assert_array_equal(sea.share, [0.5, 0.0, 0.0])
    np.testing.assert_array_equal(sea.ok, [False, True, True])
    np.testing.assert_array_equal(sea.worst_cell, [1, 4, -1])  # deep for long comes before deeper
    np.testing.assert_array_equal(sea.worst_depth_m, [0.9, 0.4, np.nan])


def test_a_share_of_exactly_the_limit_holds():
    longest = np.array([[1800.0, 0.0, 0.0, 0.0]])
    sea = judge_sea(longest, longest / 1e3, np.zeros((1, 4), int), 1, LIMITS, rain_end_s=0.0, end_s=1e4)
    assert (sea.share[0], bool(sea.ok[0])) == (0.25, True)


def test_a_run_that_ends_too_soon_cannot_say_that_it_held():
    for end_s, known in ((1000.0 + 1799.0, False), (1000.0 + 1800.0, True)):
        dry = judge_sea(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1), int), 1, LIMITS,
                        rain_end_s=1000.0, end_s=end_s)  # fmt: skip
        assert bool(dry.known[0]) is known
    failed = judge_sea(np.full((1, 1), 2e3), np.ones((1, 1)), np.zeros((1, 1), int), 1, LIMITS,
                       rain_end_s=1000.0, end_s=1000.0)  # fmt: skip
    assert bool(failed.known[0])


def test_the_limits_come_from_the_rules():
    limits = sea_limits(load_rules())
    assert (limits.depth_m, limits.duration_s) == (0.3, 1800.0)
    with pytest.raises(ValueError, match="share"):
        SeaLimits(0.3, 1800.0, 1.0)
