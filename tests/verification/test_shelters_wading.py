"""Walking speed in water against the published curve (evacuation verification case V14, walkers)."""

from __future__ import annotations

import numpy as np
import pytest

from shelters import WalkRules, walking_speed


@pytest.mark.parametrize(("depth", "speed", "expected"), [(0.5, 0.0, 0.520), (0.5, 1.0, 0.487), (1.0, 1.5, 0.372)])
def test_wading_of_29_to_36_year_olds(depth: float, speed: float, expected: float) -> None:
    """Bernardini et al. 2020, walking, 29-36 years: alpha 0.35, beta -0.19; values rounded to 1e-3."""
    rules = WalkRules(1.34, 0.2, 0.35, -0.19, 5.0, 10.0)
    assert walking_speed(np.array([depth]), np.array([speed]), rules)[0] == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("alpha", "beta"), [(0.54, -0.07), (0.36, -0.13), (0.43, -0.13), (0.57, -0.03), (0.32, -0.17), (0.16, -0.43)]
)
def test_every_age_group_follows_its_curve(alpha: float, beta: float) -> None:
    """v = alpha (v_w^2 d / g + d^2 / 2)^beta, written out once more with scalars; equal to rounding."""
    rules = WalkRules(10.0, 0.2, alpha, beta, 5.0, 10.0)
    for d in (0.2, 0.35, 0.6, 1.0):
        for v_w in (0.0, 0.5, 1.5):
            force = v_w**2 * d / 9.81 + d**2 / 2.0
            assert walking_speed(np.array([d]), np.array([v_w]), rules)[0] == pytest.approx(
                alpha * force**beta, rel=1e-12
            )
