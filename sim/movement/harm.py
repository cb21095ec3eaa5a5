"""Who on a flooded road cannot stand or drive any further, and how deep a driver dares to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import njit

from sim.movement.links import RoadWater
from sim.movement.units import Units


class HarmLimits(NamedTuple):
    """What people (by group, shape (groups,)) and cars can stand, as the kernels take it."""

    height_m: np.ndarray  # float64
    mass_kg: np.ndarray  # float64
    depth_m: np.ndarray  # float64: from this depth on nobody of the group keeps standing (ARR)
    depth_speed_m2_s: np.ndarray  # float64: nor from this product on (ARR)
    body: np.ndarray  # float64 (4,): a1, b1, a2, b2 of Xia et al. 2014
    stall_depth_m: float  # a car stalls from this depth on
    float_depth_speed_m2_s: float  # and floats from this product on


@dataclass(frozen=True)
class Willingness:
    """Depth of water (m) that drivers enter: a normal distribution cut off at both ends."""

    mean_m: float
    sd_m: float
    least_m: float
    most_m: float


def willing_depth(u: np.ndarray, willing: Willingness) -> np.ndarray:
    """The deepest water (m, float64, shape of `u`) that the driver with quantile u in [0, 1) enters."""
    raise NotImplementedError


@njit(cache=True)
def struck(mode: int, group: int, depth: float, depth_speed: float, limits: HarmLimits) -> int:
    """NO_REASON, CAUGHT (a walker who cannot stand) or STALLED (a car that stalls or floats) in this water."""
    return 0


@njit(cache=True)
def strike(units: Units, ids: np.ndarray, edges: int, water: RoadWater, limits: HarmLimits, reason: np.ndarray) -> int:
    """reason[i] (uint8, of the shape of `ids`) = what the water does to unit ids[i] on its link; how many it strikes.

    Nothing else is changed: the caller takes the units off their links. Off the roads (link < 0) nobody is struck.
    """
    return 0
