"""Rain per zone: which zone each cell lies in, and the depth of each hydrology step without losing its last digits."""

from __future__ import annotations

import numpy as np


class RainZones:
    """Zones and rates of rain; the zone after the last is the ground outside the raster, where it never rains."""

    def __init__(self, inside: np.ndarray, zone_of_cell: np.ndarray) -> None:
        self._inside = inside
        self._zone_of_cell = zone_of_cell
        self._given: np.ndarray | None = None
        self._lay(None, 1)
        self._rate = np.zeros(1)

    def set(self, zone: np.ndarray | None, rate_m_s: np.ndarray | float) -> None:
        """Take new rates (m/s, one per zone) and, where it is another array than before, a new zone map."""
        rate = np.atleast_1d(np.asarray(rate_m_s, np.float64))
        if rate.ndim != 1 or not (np.isfinite(rate).all() and (rate >= 0.0).all()):
            raise ValueError("rate_m_s must be finite and >= 0, one number per zone")
        if len(rate) != len(self._rate) or not self._same(zone):
            self._lay(zone, len(rate))
        self._given = zone
        self._rate = rate

    def save(self) -> dict[str, np.ndarray]:
        """Zones, rates, and what float32 has cut off so far."""
        zone = self._zone_of_cell if self._zoned else np.zeros(0, np.uint16)
        return {"zone": zone.copy(), "rate": self._rate.copy(), "carry": self._carry.copy()}

    def load(self, saved: dict[str, np.ndarray]) -> None:
        """Rain on as when `saved` was made; the same zones given again in another array keep it so."""
        zone = saved["zone"] if saved["zone"].size else None
        self._lay(zone, len(saved["rate"]))
        self._given, self._rate, self._carry = zone, saved["rate"].copy(), saved["carry"].copy()

    def _same(self, zone: np.ndarray | None) -> bool:
        """Whether the zones are those laid last; the array given last is known without looking."""
        if zone is self._given:
            return True
        if zone is None or not self._zoned or zone.shape != self._inside.shape:
            return False
        return bool((zone[self._inside] == self._zone_of_cell[self._inside]).all())

    @property
    def zones(self) -> int:
        return len(self._rate)

    def amount(self, duration_s: float, out: np.ndarray) -> float:
        """Fill `out` (float32, zones + 1) with the depths (m) of the next `duration_s`; their sum over all cells (m).

        What float32 cuts off is carried to the next call, so that the sum over time is exact.
        """
        wanted = self._rate * duration_s + self._carry
        out[:-1] = wanted
        out[-1] = 0.0
        depth = out[:-1].astype(np.float64)
        self._carry = wanted - depth
        return float(depth @ self._cells)

    def _lay(self, zone: np.ndarray | None, zones: int) -> None:
        if zones > np.iinfo(np.uint16).max:
            raise ValueError(f"{zones} rain zones are more than {np.iinfo(np.uint16).max}")
        if zone is None:
            if zones != 1:
                raise ValueError(f"{zones} rates need a zone map")
            self._zone_of_cell[...] = 0
        else:
            if zone.shape != self._inside.shape:
                raise ValueError(f"zone has shape {zone.shape}, expected {self._inside.shape}")
            if zone[self._inside].min() < 0 or zone[self._inside].max() >= zones:
                raise ValueError(f"zone must lie in 0 ... {zones - 1}")
            self._zone_of_cell[...] = zone
        self._zone_of_cell[~self._inside] = zones
        self._cells = np.bincount(self._zone_of_cell[self._inside], minlength=zones).astype(np.float64)
        self._carry = np.zeros(zones)
        self._zoned = zone is not None
