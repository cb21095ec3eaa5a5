"""Walking times on dry, wet and closed edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelters import WalkRules, walking_speed, walking_times

RULES = WalkRules(
    dry_speed_m_s=1.2, wading_depth_m=0.2, wading_alpha=0.35, wading_beta=-0.19,
    closure_depth_m=0.5, closure_depth_speed_m2_s=0.4,
)  # fmt: skip


def test_shallow_water_does_not_slow_and_limits_close() -> None:
    depth = np.array([0.0, 0.19, 0.2, 0.49, 0.5, 0.3, 0.3])
    speed = np.array([0.0, 0.00, 0.0, 0.00, 0.0, 1.3, 1.4])
    time = walking_times(np.full(7, 120.0), depth, speed, RULES)
    assert time[:2].tolist() == [100.0, 100.0]
    assert (time[[2, 3, 5]] > 100.0).all()
    assert np.isfinite(time[[2, 3, 5]]).all()
    assert np.isinf(time[[4, 6]]).all()


def test_water_never_makes_anyone_faster() -> None:
    """alpha M^beta grows without limit as the water gets thin; the dry speed caps it."""
    rules = WalkRules(0.4, 0.01, 0.35, -0.19, 0.5, 0.4)
    assert walking_speed(np.array([0.02]), np.array([0.0]), rules)[0] == 0.4


def test_epochs_come_as_rows() -> None:
    depth = np.array([[0.0, 0.3], [0.6, 0.0]])
    time = walking_times(np.array([60.0, 120.0]), depth, np.zeros((2, 2)), RULES)
    assert time.shape == (2, 2)
    assert time[0, 0] == 50.0
    assert np.isinf(time[1, 0])
    assert time[1, 1] == 100.0


def test_an_edge_without_length_takes_no_time_but_can_close() -> None:
    assert walking_times(np.zeros(2), np.array([0.0, 1.0]), np.zeros(2), RULES).tolist() == [0.0, np.inf]


@given(depth=st.floats(0.0, 2.0), speed=st.floats(0.0, 3.0), deeper=st.floats(0.0, 1.0), faster=st.floats(0.0, 1.0))
def test_more_water_never_shortens_a_walk(depth: float, speed: float, deeper: float, faster: float) -> None:
    length = np.array([100.0])
    before = walking_times(length, np.array([depth]), np.array([speed]), RULES)
    after = walking_times(length, np.array([depth + deeper]), np.array([speed + faster]), RULES)
    assert after[0] >= before[0] * (1.0 - 1e-14)


def test_water_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        walking_times(np.ones(1), np.array([np.nan]), np.zeros(1), RULES)


@pytest.mark.parametrize("place", range(4))
def test_rules_that_make_no_sense_are_refused(place: int) -> None:
    values = [1.2, 0.2, 0.35, -0.19, 0.5, 0.4]
    values[(0, 1, 2, 4)[place]] = 0.0
    with pytest.raises(ValueError, match="must be > 0"):
        WalkRules(*values)
