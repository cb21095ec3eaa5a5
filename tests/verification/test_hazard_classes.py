"""V15: the classes H1-H6 at every corner of the depth-speed plane, the limits of the rules included (NSW FB03)."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import product

import numpy as np
import pytest

from data.rules_file import load_rules
from hazards import hazard_class, hazard_class_map
from sim.rulebook import hazard_limits

DEPTH, SPEED, PRODUCT = (0.3, 0.5, 1.2, 2.0, 4.0), (2.0, 2.0, 2.0, 2.0, 4.0), (0.3, 0.6, 0.6, 1.0, 4.0)
LIMITS = hazard_limits(load_rules())


def test_the_rules_hold_the_published_limits() -> None:
    assert (LIMITS.depth_m, LIMITS.speed_m_s, LIMITS.depth_speed_m2_s) == (DEPTH, SPEED, PRODUCT)


# Corners by hand: on the limit the milder class holds, a hair beyond any of the three the next that fits.
@pytest.mark.parametrize(
    ("depth", "speed", "expected"),
    [
        (0.3, 1.0, 1), (0.3, 1.0 + 1e-9, 2), (0.3 + 1e-9, 0.1, 2), (0.15, 2.0, 1), (0.15, 2.0 + 1e-9, 5),
        (0.5, 1.2, 2), (0.5, 1.2 + 1e-9, 4), (0.5 + 1e-9, 0.1, 3), (0.3, 2.0, 2), (0.3, 2.0 + 1e-9, 5),
        (1.2, 0.5, 3), (1.2, 0.5 + 1e-9, 4), (1.2 + 1e-9, 0.1, 4),
        (2.0, 0.5, 4), (2.0, 0.5 + 1e-9, 5), (2.0 + 1e-9, 0.1, 5), (0.5, 2.0, 4), (0.5, 2.0 + 1e-9, 5),
        (4.0, 1.0, 5), (4.0, 1.0 + 1e-9, 6), (4.0 + 1e-9, 0.0, 6), (1.0, 4.0, 5), (1.0, 4.0 + 1e-9, 6), (2.0, 2.0, 5),
        (0.06, 4.0, 5), (0.06, 4.0 + 1e-9, 6), (0.05, 9.0, 0), (0.05 + 1e-9, 9.0, 6), (0.0, 0.0, 0),
    ],
)  # fmt: skip
def test_v15_corners_by_hand(depth, speed, expected) -> None:
    assert hazard_class(depth, speed, LIMITS) == expected


def test_v15_every_crossing_of_limits_and_its_neighbours() -> None:
    """All places where two limits meet, each with the floats next to it on all sides; the answer by another road:
    the limits never fall from class to class, so the class is the worst of the three that each quantity asks for.
    """
    corner = set(product(DEPTH, SPEED))
    corner |= {(d, dv / d) for d, dv in product(DEPTH, PRODUCT)}
    corner |= {(dv / v, v) for v, dv in product(SPEED, PRODUCT)}
    corner |= {(d, 0.0) for d in DEPTH} | {(0.06, v) for v in SPEED}
    places = [
        (near_d, near_v)
        for d, v in sorted(corner)
        for near_d in (math.nextafter(d, 0.0), d, math.nextafter(d, 9.0))
        for near_v in (math.nextafter(v, 0.0), v, math.nextafter(v, 9.0))
    ]
    depth, speed = (np.array(values) for values in zip(*places, strict=True))
    want = [1 + max(bisect_left(DEPTH, d), bisect_left(SPEED, v), bisect_left(PRODUCT, d * v)) for d, v in places]
    assert [hazard_class(d, v, LIMITS) for d, v in places] == want
    assert hazard_class_map(depth, speed, LIMITS).tolist() == want
    assert set(want) == {1, 2, 3, 4, 5, 6}
