"""What people and cars can stand in flowing water: the limits of ARR and the model of Xia et al. 2014."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.compiling import njit

WATER_DENSITY = 1000.0  # kg/m3


@dataclass(frozen=True)
class BodyModel:
    """Constants of Xia et al. 2014 for a body in water; the values come from the rules (calibrated on Chinese bodies).

    Speeds of the water (m/s) at depth h at which a body of height H (m) and mass m (kg) starts
    to slide  U = alpha (h/H)^beta sqrt(m / (rho H h) - (a1 h/H + b1)(a2 m + b2) / H^2), and
    to topple U = alpha (h/H)^beta sqrt(m / (rho h^2) - (a1/H^2 + b1/(h H))(a2 m + b2)),
    each with an alpha and a beta of its own. The lesser of the two counts; where the water lifts the body, 0.
    """

    a1: float
    b1: float
    a2: float
    b2: float
    slide_alpha: float
    slide_beta: float
    topple_alpha: float
    topple_beta: float

    @property
    def table(self) -> np.ndarray:
        """The constants as kernels take them: float64 (8,), in the order above."""
        return np.array(
            [self.a1, self.b1, self.a2, self.b2, self.slide_alpha, self.slide_beta, self.topple_alpha, self.topple_beta]
        )


def standing_speed(depth_m: np.ndarray, height_m: float, mass_kg: float, body: BodyModel) -> np.ndarray:
    """Fastest water (m/s, float64) in which a body keeps its footing at each depth; infinite where it is dry."""
    if not (height_m > 0.0 and mass_kg > 0.0):
        raise ValueError(f"height_m(={height_m}) and mass_kg(={mass_kg}) must be > 0")
    depth = np.asarray(depth_m, np.float64)
    if np.isnan(depth).any():
        raise ValueError("depth_m must be numbers, not NaN")
    h = np.where(depth > 0.0, depth, height_m)
    volume = body.a2 * mass_kg + body.b2
    sliding = mass_kg / (WATER_DENSITY * height_m * h) - (body.a1 * h / height_m + body.b1) * volume / height_m**2
    lever = body.a1 / height_m**2 + body.b1 / (h * height_m)
    toppling = mass_kg / (WATER_DENSITY * h * h) - lever * volume
    slide = body.slide_alpha * (h / height_m) ** body.slide_beta * np.sqrt(np.maximum(sliding, 0.0))
    topple = body.topple_alpha * (h / height_m) ** body.topple_beta * np.sqrt(np.maximum(toppling, 0.0))
    return np.where(depth > 0.0, np.minimum(slide, topple), np.inf)


@njit(cache=True)
def standing_speed_of(h: float, height: float, mass: float, body: np.ndarray) -> float:
    """`standing_speed` of one depth inside a kernel; `body` as in BodyModel.table."""
    if not h > 0.0:
        return np.inf
    volume = body[2] * mass + body[3]
    sliding = mass / (WATER_DENSITY * height * h) - (body[0] * h / height + body[1]) * volume / (height * height)
    toppling = mass / (WATER_DENSITY * h * h) - (body[0] / (height * height) + body[1] / (h * height)) * volume
    if sliding <= 0.0 or toppling <= 0.0:
        return 0.0
    share = h / height
    slide = body[4] * share ** body[5] * math.sqrt(sliding)
    topple = body[6] * share ** body[7] * math.sqrt(toppling)
    return min(slide, topple)


@njit(cache=True)
def keeps_standing(
    depth: float,
    depth_speed: float,
    height: float,
    mass: float,
    max_depth: float,
    max_depth_speed: float,
    body: np.ndarray,
) -> bool:
    """True where a person keeps standing in water of this depth (m) and depth x speed (m2/s).

    Not from the limits `max_depth` (m) and `max_depth_speed` (m2/s) of the group on (ARR project 10), nor in water
    that is faster than the body can stand. The speed is the product over the depth: where the worst product and the
    greatest depth of a road come from two places, that is slower than the fastest water, and Xia's limit, too, is
    nearly one of depth x speed (0.59 to 0.63 m2/s from the knee to the hip of an adult).
    """
    if not depth > 0.0:
        return True
    if depth >= max_depth or depth_speed >= max_depth_speed:
        return False
    return depth_speed <= depth * standing_speed_of(depth, height, mass, body)


@njit(cache=True)
def keeps_driving(depth: float, depth_speed: float, stall_depth: float, float_depth_speed: float) -> bool:
    """True where a car neither stalls (from `stall_depth`, m, on) nor floats (from `float_depth_speed`, m2/s, on)."""
    return depth < stall_depth and depth_speed < float_depth_speed
