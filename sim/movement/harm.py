"""Who on a flooded road cannot stand or drive any further, and how deep a driver dares to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri

from data.compiling import njit
from hazards.stability import keeps_driving, keeps_standing
from sim.movement.units import CAR, CAUGHT, GROUPS, NO_REASON, STALLED


class HarmLimits(NamedTuple):
    """What people (by group, shape (groups,)) and cars can stand, as the kernels take it."""

    height_m: np.ndarray  # float64
    mass_kg: np.ndarray  # float64
    depth_m: np.ndarray  # float64: from this depth on nobody of the group keeps standing (ARR)
    depth_speed_m2_s: np.ndarray  # float64: nor from this product on (ARR)
    body: np.ndarray  # float64 (4,): a1, b1, a2, b2 of Xia et al. 2014
    stall_depth_m: float  # a car stalls from this depth on
    float_depth_speed_m2_s: float  # and floats from this product on


def unharmed() -> HarmLimits:
    """Limits that no water passes."""
    each = np.full(len(GROUPS), np.inf)
    return HarmLimits(
        np.full(len(GROUPS), 1e3),
        np.full(len(GROUPS), 1e12),
        each,
        each,
        np.array([0.0, 1.0, 0.0, 0.0]),
        np.inf,
        np.inf,
    )


@dataclass(frozen=True)
class Willingness:
    """Depth of water (m) that drivers enter: a normal distribution (before the cut) cut off at both ends."""

    mean_m: float
    sd_m: float
    least_m: float
    most_m: float

    def __post_init__(self) -> None:
        if not (self.sd_m > 0.0 and self.least_m < self.most_m):
            raise ValueError(f"sd_m(={self.sd_m}) must be > 0, least_m(={self.least_m}) < most_m(={self.most_m})")


def willing_depth(u: np.ndarray, willing: Willingness) -> np.ndarray:
    """The deepest water (m, float64, shape of `u`) that the driver at quantile u in [0, 1] enters."""
    share = np.asarray(u, np.float64)
    if not ((share >= 0.0) & (share <= 1.0)).all():
        raise ValueError("quantiles must be 0 to 1")
    low, high = (ndtr((end - willing.mean_m) / willing.sd_m) for end in (willing.least_m, willing.most_m))
    depth = willing.mean_m + willing.sd_m * ndtri(low + share * (high - low))
    return np.clip(depth, willing.least_m, willing.most_m)


@njit(cache=True)
def struck(mode: int, group: int, depth: float, depth_speed: float, limits: HarmLimits) -> int:
    """NO_REASON, CAUGHT (a walker who cannot stand) or STALLED (a car that stalls or floats) in this water."""
    if mode == CAR:
        drives = keeps_driving(depth, depth_speed, limits.stall_depth_m, limits.float_depth_speed_m2_s)
        return NO_REASON if drives else STALLED
    stands = keeps_standing(
        depth, depth_speed, limits.height_m[group], limits.mass_kg[group], limits.depth_m[group],
        limits.depth_speed_m2_s[group], limits.body,
    )  # fmt: skip
    return NO_REASON if stands else CAUGHT
