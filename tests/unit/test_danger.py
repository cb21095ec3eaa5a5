"""Hazard classes on both sides of every limit, and two implementations that agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.danger import HazardLimits, hazard_class, hazard_class_map

LIMITS = HazardLimits(
    depth_speed_m2_s=(0.3, 0.6, 0.6, 1.0, 4.0), depth_m=(0.3, 0.5, 1.2, 2.0, 4.0), speed_m_s=(2.0, 2.0, 2.0, 2.0, 4.0)
)
SIDE = 1e-9

# (limit, depth and speed as functions of the limited quantity, class at the limit, class above it);
# the other two quantities are chosen well inside the class at the limit.
GOLDEN = [
    ("D 0.3", 0.3, lambda x: (x, 0.1), 1, 2),
    ("D 0.5", 0.5, lambda x: (x, 0.1), 2, 3),
    ("D 1.2", 1.2, lambda x: (x, 0.1), 3, 4),
    ("D 2.0", 2.0, lambda x: (x, 0.1), 4, 5),
    ("D 4.0", 4.0, lambda x: (x, 0.1), 5, 6),
    ("V 2.0", 2.0, lambda x: (0.01, x), 1, 5),
    ("V 4.0", 4.0, lambda x: (0.01, x), 5, 6),
    ("DV 0.3", 0.3, lambda x: (0.25, x / 0.25), 1, 2),
    ("DV 0.6", 0.6, lambda x: (0.4, x / 0.4), 2, 4),
    ("DV 0.6 in H3", 0.6, lambda x: (1.0, x), 3, 4),
    ("DV 1.0", 1.0, lambda x: (1.0, x), 4, 5),
    ("DV 4.0", 4.0, lambda x: (2.0, x / 2.0), 5, 6),
]


@pytest.mark.parametrize(("limit", "place", "below", "above"), [row[1:] for row in GOLDEN], ids=[r[0] for r in GOLDEN])
def test_both_sides_of_each_limit(limit, place, below, above) -> None:
    assert hazard_class(*place(limit - SIDE), LIMITS) == below
    assert hazard_class(*place(limit + SIDE), LIMITS) == above


def test_the_limit_itself_belongs_to_the_milder_class() -> None:
    assert [hazard_class(d, 0.0, LIMITS) for d in (0.3, 0.5, 1.2, 2.0, 4.0)] == [1, 2, 3, 4, 5]
    assert hazard_class(0.01, 2.0, LIMITS) == 1
    assert hazard_class(1.0, 4.0, LIMITS) == 5


def test_dry_and_unknown_water() -> None:
    assert hazard_class(0.0, 0.0, LIMITS) == 0
    assert hazard_class(float("nan"), 1.0, LIMITS) == 0
    assert hazard_class(0.1, float("nan"), LIMITS) == 6
    film = HazardLimits(LIMITS.depth_speed_m2_s, LIMITS.depth_m, LIMITS.speed_m_s, dry_depth_m=0.01)
    assert [hazard_class(d, 0.0, film) for d in (0.01, 0.010001)] == [0, 1]


def test_scalar_and_array_agree_exactly_over_the_plane() -> None:
    ticks = np.array([0.3, 0.5, 0.6, 1.0, 1.2, 2.0, 4.0])
    near = np.concatenate([ticks - SIDE, ticks, ticks + SIDE, np.linspace(0.0, 6.0, 97), [np.nan]])
    depth, speed = (a.copy() for a in np.meshgrid(near, near))
    for kind in (np.float64, np.float32):
        d, v = depth.astype(kind), speed.astype(kind)
        got = hazard_class_map(d, v, LIMITS)
        want = [hazard_class(float(a), float(b), LIMITS) for a, b in zip(d.ravel(), v.ravel(), strict=True)]
        np.testing.assert_array_equal(got.ravel(), want)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 6), st.floats(0, 6), st.floats(0, 2), st.floats(0, 2))
def test_more_water_is_never_safer(depth, speed, deeper, faster) -> None:
    assert hazard_class(depth + deeper, speed + faster, LIMITS) >= hazard_class(depth, speed, LIMITS)


def test_an_existing_array_is_filled_in_place() -> None:
    out = np.full((2, 2), 9, np.uint8)
    same = hazard_class_map(np.array([[0.0, 0.2], [0.4, 9.0]]), np.zeros((2, 2)), LIMITS, out=out)
    assert same is out
    assert out.tolist() == [[0, 1], [2, 6]]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"depth_m": (0.3, 0.5)}, "depth_m"),
        ({"speed_m_s": (2.0, 1.0, 2.0, 2.0, 4.0)}, "speed_m_s"),
        ({"depth_speed_m2_s": (0.0, 0.6, 0.6, 1.0, 4.0)}, "depth_speed_m2_s"),
        ({"dry_depth_m": -1.0}, "dry_depth_m"),
    ],
)
def test_bad_limits_are_named(change, name) -> None:
    base = {
        "depth_speed_m2_s": LIMITS.depth_speed_m2_s,
        "depth_m": LIMITS.depth_m,
        "speed_m_s": LIMITS.speed_m_s,
        "dry_depth_m": 0.0,
    }
    with pytest.raises(ValueError, match=name):
        HazardLimits(**(base | change))


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shape"):
        hazard_class_map(np.zeros((2, 3)), np.zeros((3, 2)), LIMITS)
