"""Expected deaths among people who stay in the water: mortality by depth (Jonkman 2008)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr


@dataclass(frozen=True)
class MortalityParameters:
    """Zones and curves of Jonkman (2008); every value comes from the rules file.

    Mortality is 1 in the breach zone, Phi((ln h - rapid_mu) / rapid_sigma) where the water rises rapidly and
    Phi((ln h - slow_mu) / slow_sigma) elsewhere, with h the depth in m and Phi the normal distribution.
    """

    breach_depth_speed_m2_s: float  # the breach zone has at least this product of depth and speed ...
    breach_speed_m_s: float  # ... and at least this speed
    rapid_depth_m: float  # the zone of rapid rise has at least this depth ...
    rapid_rise_m_s: float  # ... and at least this rate of rise
    rapid_mu: float
    rapid_sigma: float
    slow_mu: float
    slow_sigma: float

    def __post_init__(self) -> None:
        for name in ("rapid_sigma", "slow_sigma"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")


@dataclass(frozen=True)
class PlaceWater:
    """The worst water at each of a list of places: depth (m), depth x speed (m2/s), speed (m/s), rise (m/s)."""

    depth_m: np.ndarray
    depth_speed_m2_s: np.ndarray
    speed_m_s: np.ndarray
    rise_rate_m_s: np.ndarray


def mortality(water: PlaceWater, parameters: MortalityParameters) -> np.ndarray:
    """Share of the people at each place who die, if they stand in the water."""
    depth = np.asarray(water.depth_m, float)
    with np.errstate(divide="ignore"):
        log_depth = np.log(np.maximum(depth, 0.0))
    breach = (np.asarray(water.depth_speed_m2_s) >= parameters.breach_depth_speed_m2_s) & (
        np.asarray(water.speed_m_s) >= parameters.breach_speed_m_s
    )
    rapid = (depth >= parameters.rapid_depth_m) & (np.asarray(water.rise_rate_m_s) >= parameters.rapid_rise_m_s)
    slow_share = ndtr((log_depth - parameters.slow_mu) / parameters.slow_sigma)
    rapid_share = ndtr((log_depth - parameters.rapid_mu) / parameters.rapid_sigma)
    return np.where(breach, 1.0, np.where(rapid, rapid_share, slow_share))


def expected_casualties(persons: np.ndarray, water: PlaceWater, parameters: MortalityParameters) -> float:
    """Expected deaths among `persons` (per place) who do not get out of the water.

    It holds for people exposed to the flood after the evacuation (refused, stranded), not for a whole population;
    people on upper floors are not told apart.
    """
    return float(np.sum(np.asarray(persons, float) * mortality(water, parameters)))
