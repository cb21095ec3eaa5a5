"""Rain over the city: a rate per zone of the grid that is constant between the edges of its time intervals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, eq=False)
class RainForcing:
    """Piecewise-constant rain: in interval i, edges_s[i] <= t < edges_s[i + 1], zone z has rates_m_s[i, z].

    Before the first and from the last edge on it is dry. `zone` gives the zone of every cell (uint16, shape
    (rows, cols), row 0 in the north); None means one zone for the whole grid.
    """

    edges_s: np.ndarray  # (intervals + 1,) s, rising
    rates_m_s: np.ndarray  # (intervals, zones) m/s
    zone: np.ndarray | None = None

    def __post_init__(self) -> None:
        edges = np.array(self.edges_s, dtype=np.float64)
        rates = np.array(self.rates_m_s, dtype=np.float64)
        if rates.ndim == 1:
            rates = rates[:, None]
        if edges.ndim != 1 or rates.ndim != 2 or edges.size != rates.shape[0] + 1 or rates.size == 0:
            raise ValueError(
                f"edges_s of shape {edges.shape} and rates_m_s of shape {rates.shape} must be (n + 1,) and (n, zones)"
            )
        if not (np.all(np.isfinite(edges)) and np.all(np.diff(edges) > 0.0)):
            raise ValueError("edges_s must be finite and rise strictly")
        if not np.all((rates >= 0.0) & (rates < np.inf)):
            raise ValueError("rates_m_s must be finite and >= 0")
        if self.zone is None:
            if rates.shape[1] != 1:
                raise ValueError(f"rates_m_s has {rates.shape[1]} zones; must be 1 where no zone map is given")
        elif int(self.zone.max()) >= rates.shape[1]:
            raise ValueError(f"zone map reaches {int(self.zone.max())}; must be below {rates.shape[1]} zones")
        else:
            object.__setattr__(self, "zone", np.ascontiguousarray(self.zone, dtype=np.uint16))
        edges.flags.writeable = rates.flags.writeable = False
        object.__setattr__(self, "edges_s", edges)
        object.__setattr__(self, "rates_m_s", rates)

    @property
    def zones(self) -> int:
        return int(self.rates_m_s.shape[1])

    @cached_property
    def change_times_s(self) -> tuple[float, ...]:
        """Times at which the rate of any zone changes, rising (s)."""
        with_dry_ends = np.vstack([np.zeros(self.zones), self.rates_m_s, np.zeros(self.zones)])
        changed = np.any(np.diff(with_dry_ends, axis=0) != 0.0, axis=1)
        return tuple(float(t) for t in self.edges_s[changed])

    def next_change(self, time_s: float) -> float:
        """The first change after `time_s` (s); inf where there is none."""
        return next((t for t in self.change_times_s if t > time_s), np.inf)

    def rate_m_s(self, time_s: float) -> np.ndarray:
        """Rate of every zone from `time_s` on (m/s), shape (zones,)."""
        interval = int(np.searchsorted(self.edges_s, time_s, side="right")) - 1
        if interval < 0 or interval >= self.rates_m_s.shape[0]:
            return np.zeros(self.zones)
        return self.rates_m_s[interval].copy()

    def end_s(self, threshold_m_s: float = 0.0) -> float:
        """When the rain ends: no zone has more than the threshold from then on (s); the first edge if none ever has."""
        raining = np.flatnonzero(np.any(self.rates_m_s > threshold_m_s, axis=1))
        return float(self.edges_s[raining[-1] + 1] if raining.size else self.edges_s[0])

    @cached_property
    def _cumulative_m(self) -> np.ndarray:
        """Rain depth since the first edge at each edge, shape (intervals + 1, zones)."""
        depth = np.zeros((self.edges_s.size, self.zones))
        np.cumsum(self.rates_m_s * np.diff(self.edges_s)[:, None], axis=0, out=depth[1:])
        return depth

    def depth_until(self, time_s: np.ndarray | float) -> np.ndarray:
        """Rain depth fallen until each time (m), shape (times, zones); exact, as the rate is constant in between."""
        times = np.clip(np.atleast_1d(np.asarray(time_s, dtype=np.float64)), self.edges_s[0], self.edges_s[-1])
        interval = np.clip(np.searchsorted(self.edges_s, times, side="right") - 1, 0, self.rates_m_s.shape[0] - 1)
        return self._cumulative_m[interval] + self.rates_m_s[interval] * (times - self.edges_s[interval])[:, None]

    def window_sums(self, time_s: np.ndarray | float, window_s: float) -> np.ndarray:
        """Rain depth of the window that ends at each time (m), shape (times, zones): what a gauge there has summed."""
        times = np.atleast_1d(np.asarray(time_s, dtype=np.float64))
        return self.depth_until(times) - self.depth_until(times - window_s)

    def zone_share(self, inside: np.ndarray | None = None) -> np.ndarray:
        """Share of the cells that each zone covers, shape (zones,); only cells where `inside` is true, if given."""
        if self.zone is None:
            return np.ones(1)
        zone = self.zone.ravel() if inside is None else self.zone[inside]
        if zone.size == 0:
            raise ValueError("no cell is inside; a mean over the city needs at least 1")
        return np.bincount(zone, minlength=self.zones) / zone.size

    def mean_rate_m_s(self, inside: np.ndarray | None = None) -> np.ndarray:
        """Mean rate over the cells in each interval (m/s), shape (intervals,)."""
        return self.rates_m_s @ self.zone_share(inside)

    def volume_m3(self, area_m2: float, inside: np.ndarray | None = None, until_s: float = np.inf) -> float:
        """Rain volume on the cells, `area_m2` in all, until a time (m3)."""
        return float((self.depth_until(until_s) @ self.zone_share(inside))[0]) * area_m2

    def until(self, time_s: float) -> RainForcing:
        """The rain that falls before `time_s` (s); where none does, one dry interval that ends then."""
        last = int(np.searchsorted(self.edges_s, time_s, side="left"))
        if last == 0:
            return RainForcing(np.array([time_s - 1.0, time_s]), np.zeros((1, self.zones)), self.zone)
        edges = np.append(self.edges_s[:last], min(time_s, self.edges_s[-1]))
        if last == self.edges_s.size:
            return self
        return RainForcing(edges, self.rates_m_s[:last], self.zone)

    def raised(self, uplift: float) -> RainForcing:
        """The same rain with every rate multiplied (climate factor)."""
        if not uplift > 0.0:
            raise ValueError(f"uplift(={uplift}) must be > 0")
        return RainForcing(self.edges_s, self.rates_m_s * uplift, self.zone)
