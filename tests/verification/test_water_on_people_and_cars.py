"""V14: wading by age, driving by depth, and the body in flowing water, against the published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from data.rules_file import load_rules
from hazards.stability import keeps_driving, keeps_standing, standing_speed, standing_speed_of
from shelters.driving import driving_speed, safe_speed
from shelters.passability import walking_speed
from sim.movement.harm import willing_depth
from sim.movement.units import ADULT, CHILD, ELDER, GROUPS, IMPAIRED
from sim.stability_rules import body_model, drive_rules, group_walk_rules, harm_limits, wading_table, willingness

RULES = load_rules()


@pytest.mark.parametrize(
    ("age", "alpha", "beta"),
    [
        (5, 0.54, -0.07), (12, 0.54, -0.07), (21, 0.36, -0.13), (28, 0.36, -0.13), (29, 0.35, -0.19), (36, 0.35, -0.19),
        (37, 0.43, -0.13), (45, 0.57, -0.03), (53, 0.32, -0.17), (61, 0.16, -0.43), (68, 0.16, -0.43),
        (78, 0.16 / 1.16, -0.43), (16, 0.36, -0.13),
    ],
)  # fmt: skip
def test_v14_wading_table_by_age(age, alpha, beta) -> None:
    """Bernardini et al. 2020; over 68 years divided by 1 + 0.016 per year; 13 to 20 years count to the band above."""
    assert wading_table(RULES).at_age(age) == (pytest.approx(alpha, rel=1e-12), beta)


@pytest.mark.parametrize(
    ("group", "depth", "speed", "share"),
    [
        (ADULT, 0.4, 0.0, 0.35 * 0.08**-0.19 / 1.11),
        (CHILD, 0.4, 0.5, 0.54 * (0.25 * 0.4 / 9.81 + 0.08) ** -0.07 / (0.74 * 1.11)),
        (ELDER, 0.4, 0.0, 0.16 / 1.064 * 0.08**-0.43 / (0.71 * 1.11)),
        (IMPAIRED, 0.4, 0.0, 0.16 / 1.064 * 0.08**-0.43 / (0.71 * 1.11)),
    ],
)
def test_v14_groups_wade_by_their_age(group, depth, speed, share) -> None:
    """Speed in water over dry speed, from the formula written out; the impaired slow down as elders do."""
    walk = group_walk_rules(RULES, (1.0, 0.74, 0.71, 0.41))[group]
    got = walking_speed(np.array([depth]), np.array([speed]), walk)[0] / walk.dry_speed_m_s
    assert got == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize(
    ("depth_mm", "km_h"), [(0, 86.9448), (100, 40.6548), (150, 24.2598), (200, 12.3648), (299.999, 2.0748)]
)
def test_v14_pregnolato_table(depth_mm, km_h) -> None:
    """v = 0.0009 w^2 - 0.5529 w + 86.9448: the values of the reference (40.65, 24.26, 12.36, 2.07) to 1e-3."""
    got = 3.6 * driving_speed(np.array([depth_mm / 1000.0]), np.array([0.0]), np.array([100.0]), drive_rules(RULES))[0]
    assert got == pytest.approx(km_h, abs=1e-3)


def test_v14_roads_close_to_cars_at_the_limit_and_the_curve_does_not_rise_again() -> None:
    drive = drive_rules(RULES)
    below, at = math.nextafter(0.3, 0.0), 0.3
    free = np.array([20.0])
    assert driving_speed(np.array([below]), np.array([0.0]), free, drive)[0] > 0.0
    assert driving_speed(np.array([at]), np.array([0.0]), free, drive)[0] == 0.0
    assert driving_speed(np.array([0.1]), np.array([below]), free, drive)[0] > 0.0
    assert driving_speed(np.array([0.1]), np.array([at]), free, drive)[0] == 0.0
    deep = safe_speed(np.linspace(0.0, 3.0, 301), drive)
    assert (np.diff(deep) <= 0.0).all()
    assert deep[-1] == pytest.approx(2.0748 / 3.6, rel=1e-12)
    assert driving_speed(np.array([0.0]), np.array([0.0]), np.array([8.3]), drive)[0] == 8.3


@pytest.mark.parametrize(
    ("height", "mass", "depth", "expected"),
    [
        (1.70, 60.0, 0.4, 1.525), (1.70, 60.0, 0.6, 1.046), (1.70, 60.0, 1.0, 0.593),
        (1.26, 25.5, 0.4, 1.031), (1.26, 25.5, 0.6, 0.691), (1.26, 25.5, 1.0, 0.35),
    ],
)  # fmt: skip
def test_v14_xia_check_values(height, mass, depth, expected) -> None:
    """Reference: 1.53, 1.05, 0.59 m/s (adult), 1.03, 0.69, 0.35 m/s (child); to half of their last digit."""
    body = body_model(RULES)
    got = standing_speed(np.array([depth]), height, mass, body)[0]
    assert got == pytest.approx(expected, abs=5e-3 if expected == 0.35 else 5e-4)
    assert standing_speed_of(depth, height, mass, body.table) == pytest.approx(got, rel=1e-12)


def test_both_forms_of_xia_agree_and_water_that_lifts_the_body_takes_it_away() -> None:
    body = body_model(RULES)
    depth = np.linspace(0.0, 2.5, 501)
    for height, mass in ((1.70, 60.0), (1.26, 25.5), (1.58, 52.0)):
        got = standing_speed(depth, height, mass, body)
        scalar = [standing_speed_of(h, height, mass, body.table) for h in depth]
        np.testing.assert_allclose(got, scalar, rtol=1e-12)
        assert np.isinf(got[0])
        assert (np.diff(got[1:]) <= 0.0).all(), "deeper water is never easier to stand in"
        assert got[-1] == 0.0


def test_limits_of_people_hold_at_the_bound_itself() -> None:
    """Child: 0.5 m, 0.4 m2/s; the model of the body is switched off by a giant who stands in anything."""
    limits = harm_limits(RULES)
    below = math.nextafter
    for group, (depth, product) in enumerate([(1.2, 0.8), (0.5, 0.4), (0.5, 0.4), (0.5, 0.3)]):
        assert (limits.depth_m[group], limits.depth_speed_m2_s[group]) == (depth, product)

        def stands(d: float, dv: float, depth: float = depth, product: float = product) -> bool:
            return keeps_standing(d, dv, 50.0, 1e6, depth, product, limits.body)

        assert stands(below(depth, 0.0), 0.0)
        assert not stands(depth, 0.0)
        assert stands(0.2, below(product, 0.0))
        assert not stands(0.2, product)
        assert stands(0.0, 9.0), "no water, no harm"


def test_the_body_decides_below_the_limits() -> None:
    """Adult at 0.6 m: 1.046 m/s, so 0.628 m2/s although ARR allows 0.8; a child at 0.45 m the same by its own."""
    limits = harm_limits(RULES)
    for group, depth in ((ADULT, 0.6), (CHILD, 0.45), (ELDER, 0.45), (IMPAIRED, 0.45)):
        height, mass = limits.height_m[group], limits.mass_kg[group]
        most = depth * standing_speed_of(depth, height, mass, limits.body)
        for factor, stands in ((1 - 1e-9, True), (1 + 1e-9, False)):
            assert keeps_standing(depth, most * factor, height, mass, 9.0, 9.0, limits.body) is stands


def test_limits_of_cars_hold_at_the_bound_itself() -> None:
    below = math.nextafter
    assert keeps_driving(below(0.4, 0.0), below(0.45, 0.0), 0.4, 0.45)
    assert not keeps_driving(0.4, 0.0, 0.4, 0.45)
    assert not keeps_driving(0.1, 0.45, 0.4, 0.45)


def test_willing_depths_follow_the_cut_normal() -> None:
    """Mean of a normal (0.35, 0.20) cut to 0.06..0.91 m: mu + sd (phi(a) - phi(b)) / (Phi(b) - Phi(a)).

    With 100,000 midpoints of quantiles the mean is off by less than (0.91 - 0.06) / 100,000.
    """
    willing = willingness(RULES)
    depth = willing_depth((np.arange(100_000) + 0.5) / 100_000, willing)
    a, b = (0.06 - 0.35) / 0.2, (0.91 - 0.35) / 0.2
    phi = [math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi) for z in (a, b)]
    cdf = [0.5 * math.erfc(-z / math.sqrt(2.0)) for z in (a, b)]
    assert depth.mean() == pytest.approx(0.35 + 0.2 * (phi[0] - phi[1]) / (cdf[1] - cdf[0]), abs=0.85e-5)
    assert (np.diff(depth) > 0.0).all()
    assert willing_depth(np.array([0.0, 1.0]), willing).tolist() == pytest.approx([0.06, 0.91], rel=1e-12)
    with pytest.raises(ValueError, match="quantiles"):
        willing_depth(np.array([1.5]), willing)


def test_every_group_has_its_rules() -> None:
    limits = harm_limits(RULES)
    assert all(len(values) == len(GROUPS) for values in limits[:4])
    with pytest.raises(ValueError, match="group_speed"):
        group_walk_rules(RULES, (1.0,))
