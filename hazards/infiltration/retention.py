"""Water kept where it falls: sponge ground, green roofs and tanks, filled before the ground below gets any."""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from hazards.surface.losses import Infiltration


class Retention:
    """Storage on the ground over what the ground takes anyway (protocol `hazards.surface.losses.Infiltration`).

    `storage_m` is the depth that each cell can still keep, `rate_m_s` what its measures let into the ground beside the
    soil `below` (None: sealed), both (rows, cols). Water that lies on a cell fills the storage first, whether it fell
    there or flowed there, then the soil, then the measures' own infiltration. What is kept does not come back: meant
    for single storms. A tank is a single cell with a storage of many metres.
    """

    def __init__(self, storage_m: np.ndarray, rate_m_s: np.ndarray, below: Infiltration | None = None) -> None:
        if storage_m.shape != rate_m_s.shape:
            raise ValueError(f"maps of shape {storage_m.shape} and {rate_m_s.shape} must agree")
        for name, values in (("storage_m", storage_m), ("rate_m_s", rate_m_s)):
            if not (np.isfinite(values).all() and (values >= 0.0).all()):
                raise ValueError(f"{name} must be finite and >= 0 everywhere")
        self._below = below
        self._shape = storage_m.shape
        self._left = np.array(storage_m, np.float64).reshape(-1)
        self._full = self._left.copy()
        self._rate = np.array(rate_m_s, np.float32).reshape(-1)
        self._soil = np.zeros(self._left.size, np.float32)  # what the soil below can take in the step, m/s
        self._dt = 0.0

    @property
    def kept_m(self) -> np.ndarray:
        """Depth kept so far (rows, cols), float64, m."""
        return (self._full - self._left).reshape(self._shape)

    def potential_rate(self, time_s: float, dt_s: float, out: np.ndarray) -> None:
        """Fill `out` (float32, m/s) with the greatest mean rate over the next `dt_s` seconds."""
        if self._below is None:
            out[...] = 0.0
        else:
            self._below.potential_rate(time_s, dt_s, out)
        self._soil[...] = out.reshape(-1)
        self._dt = dt_s
        _add_rates(self._left, self._rate, dt_s, out.reshape(-1))

    def infiltrated(self, actual_m: np.ndarray) -> None:
        """Fill the storage with the depth (float32, m) that went in, and hand the soil its part."""
        rest = np.empty(actual_m.shape, np.float32)
        _fill(self._left, self._soil, self._dt, np.ascontiguousarray(actual_m).reshape(-1), rest.reshape(-1))
        if self._below is not None:
            self._below.infiltrated(rest)

    def save(self) -> dict[str, np.ndarray]:
        """What is left to fill (m), and what the soil below remembers."""
        soil = {} if self._below is None else self._below.save()
        return {"left": self._left.copy(), **{f"below.{key}": array for key, array in soil.items()}}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Remember what `save` gave; ValueError where it is of other ground."""
        if "left" not in saved or saved["left"].shape != self._left.shape:
            raise ValueError("the saved ground has other cells or models")
        self._left[...] = saved["left"]
        soil = {key.removeprefix("below."): array for key, array in saved.items() if key.startswith("below.")}
        if self._below is not None:
            self._below.load(soil)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_rates(left: np.ndarray, rate: np.ndarray, dt: float, out: np.ndarray) -> None:
    """Add to `out` all that still fits within the step, rate + left / dt (m/s)."""
    for i in range(out.size):
        out[i] += rate[i] + np.float32(left[i] / dt)


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(left: np.ndarray, soil: np.ndarray, dt: float, actual: np.ndarray, rest: np.ndarray) -> None:
    """Take `actual` (m) off `left`; `rest` is the part of what remains that the soil could take (soil dt)."""
    for i in range(actual.size):
        kept = min(np.float64(actual[i]), left[i])
        left[i] -= kept
        rest[i] = min(np.float32(actual[i] - kept), np.float32(soil[i] * dt))
