"""Horton infiltration: capacity that decays towards a final rate, by the water that has gone in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.compiling import njit

_TINY = 1e-300  # keeps 0 / 0 away where the ground takes nothing at all


@dataclass(frozen=True)
class Horton:
    """Soil of one class: f = fc + (f0 - fc) exp(-k t). Source: Horton 1941, Soil Sci. Soc. Am. Proc. 5; SI.

    t is the time for which water stood on the ground. While less comes than the ground could take, it runs slower
    (equivalent time: as much has gone in as at t under standing water; EPA SWMM reference manual I, 4.2). A dry
    spell does not bring the capacity back: meant for single storms.
    """

    initial_m_s: float  # f0
    final_m_s: float  # fc
    decay_1_s: float  # k

    def __post_init__(self) -> None:
        if not 0.0 <= self.final_m_s <= self.initial_m_s < np.inf:
            raise ValueError(f"final_m_s(={self.final_m_s}) must be 0 to initial_m_s(={self.initial_m_s})")
        if not 0.0 <= self.decay_1_s < np.inf:
            raise ValueError(f"decay_1_s(={self.decay_1_s}) must be finite and >= 0")


def step_factors(model: Horton, dt: float) -> tuple[float, float]:
    """(exp(-k dt), integral of exp(-k t) over dt seconds (s))."""
    k = model.decay_1_s
    return math.exp(-k * dt), -math.expm1(-k * dt) / k if k > 0.0 else dt


@njit(cache=True, nogil=True, error_model="numpy")
def horton_rates(
    cells: np.ndarray, excess: np.ndarray, fc: float, drop: float, integral: float, dt: float, out: np.ndarray
) -> None:
    """Mean rate (m/s) over the next dt seconds with water standing, written to `out` (flat, float32) at `cells`.

    fc in m/s; `drop` = f0 - fc; `excess` is the share exp(-k t) of it that is left in each listed cell; `integral` as
    in step_factors. Exact.
    """
    for n in range(cells.size):
        out[cells[n]] = fc + drop * excess[n] * integral / dt


@njit(cache=True, nogil=True, error_model="numpy")
def horton_take(
    cells: np.ndarray,
    excess: np.ndarray,
    fc: float,
    drop: float,
    k: float,
    decayed: float,
    actual: np.ndarray,
) -> None:
    """Bring `excess` on by the depth `actual` (m, flat, float32) that went in during the step.

    A cell moves on by the time tau that the water would have taken under full supply,
    fc tau + (u / k) (1 - exp(-k tau)) = a with u = drop excess, solved with exp(-x) = (1 - x/2) / (1 + x/2), error
    x^3 / 12: (fc k / 2) tau^2 + (fc + u - a k / 2) tau - a = 0. Never beyond decayed = exp(-k dt), the full supply.
    """
    for n in range(cells.size):
        a = np.float64(actual[cells[n]])
        u = drop * excess[n]
        b = fc + u - 0.5 * a * k
        tau = 2.0 * a / max(b + math.sqrt(b * b + 2.0 * fc * k * a), _TINY)
        half = 0.5 * k * tau
        excess[n] *= max((1.0 - half) / (1.0 + half), decayed)
