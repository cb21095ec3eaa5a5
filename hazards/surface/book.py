"""The water book and the maxima that a run leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hazards.surface.parameters import Tracking

_LEAST_WATER_M3 = 1e-9


@dataclass(frozen=True)
class WaterBook:
    """Volumes in m3 since the start (float64): what was there, came, went, and is stored now."""

    initial_m3: float
    rain_m3: float
    inflow_m3: float
    outflow_m3: float
    infiltrated_m3: float
    drained_m3: float
    stored_m3: float
    to_sewers_m3: float = 0.0
    from_sewers_m3: float = 0.0
    pumped_out_m3: float = 0.0
    pumped_in_m3: float = 0.0

    @property
    def volume_in_m3(self) -> float:
        """Rain, inflow, and what sewers and pumps put on the ground."""
        return self.rain_m3 + self.inflow_m3 + self.from_sewers_m3 + self.pumped_in_m3

    @property
    def volume_out_m3(self) -> float:
        """Outflow, infiltration, drainage, and what sewers and pumps took."""
        return self.outflow_m3 + self.infiltrated_m3 + self.drained_m3 + self.to_sewers_m3 + self.pumped_out_m3

    @property
    def continuity_error(self) -> float:
        """|initial + in - out - stored| as a share of initial + in (of a cubic millimetre where there is less)."""
        total = self.initial_m3 + self.volume_in_m3
        missing = abs(total - self.volume_out_m3 - self.stored_m3)
        return missing / max(total, _LEAST_WATER_M3)


@dataclass(frozen=True)
class FlowMaxima:
    """Greatest values since the start, each (rows, cols).

    `max_hazard` follows from the three maxima exactly: a class is the highest that any of depth, speed and their
    product asks for, each of these rises with its quantity, so the greatest class over time is that of the maxima.
    """

    max_depth: np.ndarray  # m
    max_speed: np.ndarray  # m/s
    max_depth_speed: np.ndarray  # m2/s
    max_hazard: np.ndarray  # uint8; 0 dry, then the classes of the limits, one more above the last
    arrival_s: np.ndarray  # first time deeper than the ponding depth; NaN where never
    last_ponded_s: np.ndarray  # last such time; NaN where never
    ponded_s: np.ndarray  # time deeper than the ponding depth


def hazard_of_maxima(
    depth: np.ndarray, speed: np.ndarray, depth_speed: np.ndarray, tracking: Tracking, wet_depth_m: float
) -> np.ndarray:
    """Hazard class (uint8) of greatest depth (m), speed (m/s) and product (m2/s); 0 up to `wet_depth_m`."""
    worst = np.zeros(depth.shape, np.int64)
    for values, limits in (
        (depth_speed, tracking.hazard_depth_speed_m2_s),
        (depth, tracking.hazard_depth_m),
        (speed, tracking.hazard_speed_m_s),
    ):
        if limits:
            rounded = np.asarray(limits, np.float32)  # so that a depth of exactly the limit is within it
            worst = np.maximum(worst, 1 + np.searchsorted(rounded, values, side="left"))
    return np.where(depth > wet_depth_m, worst, 0).astype(np.uint8)
