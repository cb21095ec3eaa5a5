"""Green-Ampt infiltration: a sharp wetting front, followed by the water that has gone in so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.compiling import njit

_TINY = np.float32(1e-30)  # keeps 0 / 0 away where neither conductivity nor water is
_HALF, _ZERO = np.float32(0.5), np.float32(0.0)


@dataclass(frozen=True)
class GreenAmpt:
    """Soil of one class: f = K (1 + psi dtheta / F). Source: Green & Ampt 1911, J. Agric. Sci. 4(1); SI."""

    conductivity_m_s: float  # K, saturated
    suction_m: float  # psi, head at the wetting front
    moisture_deficit: float  # dtheta, volume share of pores still empty at the start

    def __post_init__(self) -> None:
        for name in ("conductivity_m_s", "suction_m"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name}(={getattr(self, name)}) must be finite and >= 0")
        if not 0.0 <= self.moisture_deficit <= 1.0:
            raise ValueError(f"moisture_deficit(={self.moisture_deficit}) must be 0 to 1")

    @property
    def storage_m(self) -> float:
        """S = psi dtheta (m)."""
        return self.suction_m * self.moisture_deficit


@njit(cache=True, nogil=True, error_model="numpy")
def green_ampt_rates(
    conductivity: np.ndarray, storage: np.ndarray, infiltrated: np.ndarray, dt: np.float32, out: np.ndarray
) -> None:
    """Mean rate `out` (m/s) over the next dt seconds with water standing on the ground; flat float32 arrays.

    K, S (m) and F (m) as in the class above. dF/dt = K (1 + S / F) by the implicit midpoint rule,
    dF = K dt (1 + S / (F + dF / 2)), a quadratic in dF with the positive root
    dF = sqrt(b^2 + 2 K dt (F + S)) - b, b = F - K dt / 2: second order, never negative, finite at F = 0.
    With S = 0 it is the constant rate K. The root is taken without cancellation on either side of b = 0.
    """
    for i in range(out.size):
        k = conductivity[i] * dt
        b = infiltrated[i] - _HALF * k
        c = k * (infiltrated[i] + storage[i])
        c = c + c
        root = np.sqrt(b * b + c)
        gain = root - b if b < _ZERO else c / max(root + b, _TINY)
        out[i] = gain / dt
