"""How fast a car drives on a road edge that stands in water, and when the edge is closed to cars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DriveRules:
    """How cars drive through water; every value comes from the rules.

    Speed v(w) = quadratic w^2 + linear w + constant in km/h with the depth w in mm (Pregnolato et al. 2017). The
    parabola has its lowest point just above the depth at which roads close and rises again: the depth is clamped
    there. Its value on dry ground (86.9 km/h) is no road's limit: a car never drives faster than on the dry road.
    """

    quadratic_km_h_mm2: float
    linear_km_h_mm: float
    constant_km_h: float
    closure_depth_m: float  # closed to cars from this depth on
    closure_depth_speed_m2_s: float  # and from this product of depth and speed on


def safe_speed(depth_m: np.ndarray, rules: DriveRules) -> np.ndarray:
    """The curve alone (m/s, float64): speed at which a car can be driven in water of this depth, clamped."""
    raise NotImplementedError


def driving_speed(
    depth_m: np.ndarray, depth_speed_m2_s: np.ndarray, free_m_s: np.ndarray, rules: DriveRules
) -> np.ndarray:
    """Speed of a car (m/s) on edges of free speed `free_m_s`; 0 where the edge is closed to cars.

    Arrays of shapes that broadcast together. 0 stands for "closed" here only.
    """
    raise NotImplementedError
