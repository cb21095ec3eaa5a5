"""Rain of gauges laid on the grid, with how sure it is in every zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from data.schema import Grid
from hazards import RainForcing
from sim.observing.frame import USABLE, observations_frame, seconds_since
from sim.observing.gauge_series import gauge_rates
from sim.observing.gauge_weights import GaugeTerms, gauge_weights
from sim.observing.observation import Observation

_LEAST_STEP_S = 60.0


@dataclass(frozen=True, eq=False)
class GaugeRain:
    """Observed rain on the grid, in seconds since `epoch`."""

    rain: RainForcing
    error_m_s: np.ndarray  # (intervals, zones) standard error of the rate
    epoch: datetime
    used: tuple[str, ...]  # gauges of which anything was used
    unused: tuple[str, ...]  # gauges of the city without a usable value in the whole span
    method: str  # one of METHODS, of the last interval with rain known; "none" where no gauge said anything
    known_share: float  # share of gauges and steps that were reported
    blind_s: float  # how long at the end of the span no gauge at all was heard

    def window_error_m(self, end_s: float, window_s: float) -> np.ndarray:
        """Standard error (m) of each zone's rain sum over a window, errors of its intervals taken as going together."""
        edges = np.clip(self.rain.edges_s, end_s - window_s, end_s)
        return np.diff(edges) @ self.error_m_s


class GaugeNet:
    """The rain gauges of a city and its grid: made once, asked every cycle."""

    def __init__(self, grid: Grid, sensors: pd.DataFrame | None, terms: GaugeTerms) -> None:
        """`sensors`: schema SENSORS with x_m, y_m, of which those of rain count."""
        none = sensors is None or not len(sensors)
        rain = pd.DataFrame() if none else sensors[sensors["quantity"] == "rain"]  # type: ignore[index]
        self.names: list[str] = [] if none else [str(name) for name in rain["id"]]
        self.gauges = np.zeros((0, 2)) if none else rain[["x_m", "y_m"]].to_numpy(float)
        self.interval_s = np.zeros(0) if none else rain["interval_s"].to_numpy(float)
        self.terms = terms
        self.zone, self.places = _blocks(grid, terms.block_m)
        self._kept: dict[bytes, tuple[np.ndarray, np.ndarray]] = {}

    @property
    def step_s(self) -> float:
        """The shortest interval of a gauge, at least a minute."""
        return max(float(self.interval_s.min(initial=3600.0)), _LEAST_STEP_S)

    def rain(
        self, observations: Iterable[Observation] | pd.DataFrame, epoch: datetime, since: datetime, until: datetime
    ) -> GaugeRain:
        """Rain between two moments by the usable observations; the last step may be cut at `until`.

        A step without any gauge keeps the rain of the last step that was known: not knowing is not dry. Where nobody
        is heard for longer than `late_s` it fades, to nothing at `hold_s`, with the last rain as its error: what may
        have been a gust of one gauge must not fall as steady rain, nor an outage rain for a day. Raises ValueError
        where `until` is not after `since`.
        """
        span = seconds_since(since, until)
        if not span > 0.0:
            raise ValueError(f"until (={until}) must be after since (={since})")
        steps = max(int(np.ceil(span / self.step_s - 1e-9)), 1)
        edges = since.timestamp() + self.step_s * np.arange(steps + 1)
        frame = observations_frame(observations)
        rates = gauge_rates(frame, self.names, self.interval_s, edges)
        field, error, method = self._spread(rates)
        known = np.isfinite(rates)
        heard = known.any(axis=0)
        any_known = np.flatnonzero(known.any(axis=1))
        blind = span if not any_known.size else max(span - (any_known[-1] + 1) * self.step_s, 0.0)
        at = np.minimum(seconds_since(epoch, since) + self.step_s * np.arange(steps + 1), seconds_since(epoch, until))
        used = tuple(name for name, one in zip(self.names, heard, strict=True) if one)
        unused = tuple(name for name, one in zip(self.names, heard, strict=True) if not one)
        share = float(known.mean()) if known.size else 0.0
        return GaugeRain(RainForcing(at, field, self.zone), error, epoch, used, unused, method, share, float(blind))

    def _spread(self, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
        """Rates of gauges (steps, gauges) on the blocks, their standard error, and the method used."""
        field = np.zeros((rates.shape[0], len(self.places)))
        error = np.zeros_like(field)
        method = "none"
        known = np.isfinite(rates)
        patterns, which = np.unique(known, axis=0, return_inverse=True)
        which = which.reshape(-1)
        for number, pattern in enumerate(patterns):
            if not pattern.any():
                continue
            steps = np.flatnonzero(which == number)
            weights, variance = self._weights(pattern)
            here = rates[np.ix_(steps, np.flatnonzero(pattern))]
            field[steps] = here @ weights.T
            spread = here.std(axis=1, ddof=1) if here.shape[1] > 1 else here[:, 0]
            error[steps] = spread[:, None] * np.sqrt(variance)
            if steps[-1] == np.flatnonzero(known.any(axis=1))[-1]:
                method = self.terms.method if pattern.sum() >= self.terms.few else "nearest"
        error = np.maximum(error, self.terms.least_error * field)
        blind = ~known.any(axis=1)
        last = 0
        for step in (np.flatnonzero(blind[1:]) + 1).tolist():
            last = last if blind[step - 1] else step - 1
            error[step] = np.maximum(error[step - 1], field[step - 1])
            field[step] = self._held(self.step_s * (step - last)) * field[last]
        return field, error, method

    def _held(self, blind_s: float) -> float:
        """Share of the last rain that is taken to fall still when nobody was heard for so long."""
        late_s, hold_s = self.terms.late_s, self.terms.hold_s
        if blind_s <= min(late_s, hold_s) + 1e-6:
            return 1.0
        return max(hold_s - blind_s, 0.0) / (hold_s - late_s) if hold_s > late_s else 0.0

    def heard(self, observations: Iterable[Observation] | pd.DataFrame, until: datetime, missed: float) -> int:
        """How many gauges said something usable of late: they missed at most `missed` intervals beyond lateness."""
        frame = observations_frame(observations)
        last = frame[frame["quality"].isin(USABLE)].groupby("sensor")["time_s"].max()
        last_s = last.reindex(self.names).to_numpy(float)
        return int((until.timestamp() - last_s <= missed * self.interval_s + self.terms.late_s).sum())

    def _weights(self, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        key = np.packbits(pattern).tobytes()
        if key not in self._kept:
            if len(self._kept) >= 256:
                self._kept.clear()
            self._kept[key] = gauge_weights(self.places, self.gauges[pattern], self.terms)
        return self._kept[key]


def _blocks(grid: Grid, block_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Zone map of square blocks and their middles (blocks, 2); blocks grow where 65536 would not do."""
    size = max(round(block_m / grid.cell_m), 1)
    while -(-grid.rows // size) * -(-grid.cols // size) > 4096:
        size *= 2
    row, col = np.arange(grid.rows) // size, np.arange(grid.cols) // size
    across = int(col[-1]) + 1
    zone = (row[:, None] * across + col[None, :]).astype(np.uint16)
    y = np.bincount(row, grid.y_centres) / np.bincount(row)
    x = np.bincount(col, grid.x_centres) / np.bincount(col)
    return zone, np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))])


def leave_one_out(rates: np.ndarray, gauges: np.ndarray, terms: GaugeTerms) -> dict[str, Any]:
    """Each gauge estimated from the others.

    Root mean square error and bias (unit of `rates`, shape (steps, gauges)), correlation, and the share of
    errors of wet steps within two standard errors.
    """
    estimate, error = np.empty_like(rates), np.empty_like(rates)
    for k in range(rates.shape[1]):
        others = np.arange(rates.shape[1]) != k
        weights, variance = gauge_weights(gauges[k : k + 1], gauges[others], terms)
        estimate[:, k] = rates[:, others] @ weights[0]
        error[:, k] = np.maximum(rates[:, others].std(axis=1, ddof=1) * np.sqrt(variance[0]), 1e-12)
    off = estimate - rates
    wet = (rates > 0.0) | (estimate > 0.0)
    return {
        "rmse": float(np.sqrt(np.mean(off**2))),
        "bias": float(off.mean()),
        "correlation": float(np.corrcoef(estimate.ravel(), rates.ravel())[0, 1]),
        "within_two": float(np.mean(np.abs(off[wet]) <= 2.0 * error[wet])),
    }
