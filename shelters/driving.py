"""How fast a car drives on a road edge that stands in water, and when the edge is closed to cars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.units import km_h_to_m_s, m_to_mm


@dataclass(frozen=True)
class DriveRules:
    """How cars drive through water; every value comes from the rules.

    Speed v(w) = quadratic w^2 + linear w + constant in km/h with the depth w in mm (Pregnolato et al. 2017). The
    parabola has its lowest point just above the depth at which roads close (0.3 m) and rises again: the depth is
    clamped there. Its value on dry ground (86.9 km/h) is no road's limit: nobody drives faster than on the dry road.
    """

    quadratic_km_h_mm2: float
    linear_km_h_mm: float
    constant_km_h: float
    closure_depth_m: float  # closed to cars from this depth on
    closure_depth_speed_m2_s: float  # and from this product of depth and speed on

    def __post_init__(self) -> None:
        for name in ("closure_depth_m", "closure_depth_speed_m2_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")
        ends = safe_speed(np.array([0.0, self.closure_depth_m]), self)
        slope = 2.0 * self.quadratic_km_h_mm2 * m_to_mm(self.closure_depth_m) + self.linear_km_h_mm
        if not (ends[0] > ends[1] > 0.0 and self.linear_km_h_mm <= 0.0 and slope <= 0.0):
            raise ValueError("the curve of speed by depth must fall, and be > 0, up to closure_depth_m")


def safe_speed(depth_m: np.ndarray, rules: DriveRules) -> np.ndarray:
    """The curve alone (m/s, float64): speed at which a car is driven in water of this depth, clamped at closing."""
    depth_mm = m_to_mm(np.clip(np.asarray(depth_m, np.float64), 0.0, rules.closure_depth_m))
    speed_km_h = (rules.quadratic_km_h_mm2 * depth_mm + rules.linear_km_h_mm) * depth_mm + rules.constant_km_h
    return np.asarray(km_h_to_m_s(speed_km_h))


def closed_to_cars(depth_m: np.ndarray, depth_speed_m2_s: np.ndarray, rules: DriveRules) -> np.ndarray:
    """Edges that cars may not enter, bool: at either limit or beyond it."""
    depth, product = np.asarray(depth_m, np.float64), np.asarray(depth_speed_m2_s, np.float64)
    if np.isnan(depth).any() or np.isnan(product).any():
        raise ValueError("depth_m and depth_speed_m2_s must be numbers, not NaN")
    return (depth >= rules.closure_depth_m) | (product >= rules.closure_depth_speed_m2_s)


def driving_speed(
    depth_m: np.ndarray, depth_speed_m2_s: np.ndarray, free_m_s: np.ndarray, rules: DriveRules
) -> np.ndarray:
    """Speed of a car (m/s) on edges of free speed `free_m_s`; 0 where the edge is closed to cars.

    `depth_m` and `depth_speed_m2_s` are each the worst along the edge; arrays of shapes that broadcast together.
    0 stands for "closed" here only.
    """
    closed = closed_to_cars(depth_m, depth_speed_m2_s, rules)
    return np.where(closed, 0.0, np.minimum(safe_speed(depth_m, rules), np.asarray(free_m_s, np.float64)))
