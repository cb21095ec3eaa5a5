"""What the surface flow asks of an infiltration model, and the simplest one."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Infiltration(Protocol):
    """Water that the ground can take, asked for once per hydrology step (a few seconds).

    The flow calls `potential_rate` before each hydrology step, takes no more than the water that lies there (rain of
    the step included), books it, and then hands back what really went in, so that cumulative models (Green-Ampt,
    Horton with recovery) can follow the ground. All maps have shape (rows, cols), row 0 in the north.
    """

    def potential_rate(self, time_s: float, dt_s: float, out: np.ndarray) -> None:
        """Fill `out` (float32, m/s, >= 0) with the greatest mean rate from `time_s` to `time_s + dt_s`."""

    def infiltrated(self, actual_m: np.ndarray) -> None:
        """Take note of the depth (float32, m, >= 0) that went into the ground in the step just asked for."""

    def save(self) -> dict[str, np.ndarray]:
        """Copies of what the ground remembers, by name; `load` goes on from them to the same bytes."""

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Remember what `save` gave."""


class ConstantInfiltration:
    """The same potential rate at all times: a number or a map in m/s."""

    def __init__(self, rate_m_s: float | np.ndarray) -> None:
        rate = np.asarray(rate_m_s, dtype=np.float32)
        if not np.all(rate >= 0.0):
            raise ValueError("rate_m_s must be >= 0 everywhere")
        self._rate = rate

    def potential_rate(self, time_s: float, dt_s: float, out: np.ndarray) -> None:
        out[...] = self._rate

    def infiltrated(self, actual_m: np.ndarray) -> None:
        """Nothing to remember."""

    def save(self) -> dict[str, np.ndarray]:
        return {}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Nothing to remember."""
