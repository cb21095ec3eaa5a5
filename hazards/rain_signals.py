"""Rain signals: the colours of 暴雨预警信号 from rain sums over the last hours and the hours ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hazards.rain import RainForcing
from hazards.warning_rules import Rule, RuleSeries


@dataclass(frozen=True)
class RainSignal:
    """One colour: so much rain within the window. Source: signal table of the CMA; the values come from the rules."""

    name: str  # e.g. "rain_3h"
    level: int  # 1 blue .. 4 red
    window_s: float
    sum_m: float

    def __post_init__(self) -> None:
        if not self.window_s > 0.0:
            raise ValueError(f"window_s(={self.window_s}) of {self.name} must be > 0")


def rain_signal_series(
    rain: RainForcing, time_s: np.ndarray, signals: tuple[RainSignal, ...], lead_s: float
) -> RuleSeries:
    """Signals of every rain zone at each time, by the rule "will reach, or has reached and goes on".

    The forecast knows the rain until t + lead_s. The value of a signal at t is the largest sum over its window that
    ends between t and t + lead_s; the signal holds while that reaches the threshold and rain falls at t or within
    lead_s. With lead_s = 0 it is the signal of a gauge alone. `areas` of the series are the zones of `rain`.
    """
    if not lead_s >= 0.0:
        raise ValueError(f"lead_s(={lead_s}) must be >= 0")
    times = np.asarray(time_s, dtype=np.float64)
    rules = tuple(Rule(s.name, s.level, s.sum_m, "m") for s in signals)
    goes_on = rain.depth_until(times + lead_s) > rain.depth_until(times)
    goes_on |= np.array([rain.rate_m_s(t) for t in times]).reshape(goes_on.shape) > 0.0
    value = np.empty((times.size, rain.zones, len(signals)))
    met = np.empty(value.shape, dtype=bool)
    for k, (signal, rule) in enumerate(zip(signals, rules, strict=True)):
        value[:, :, k] = _largest_sum_ahead(rain, times, signal.window_s, lead_s)
        met[:, :, k] = rule.holds(value[:, :, k]) & goes_on
    return RuleSeries(times, rules, value, met)


def signals_by_area(series: RuleSeries, zone: np.ndarray | None, area: np.ndarray, areas: int) -> RuleSeries:
    """Signals of zones carried over to areas: an area takes the worst zone that has a cell in it.

    `zone` (rows, cols) is the zone map of the rain, None where one zone covers everything; `area` (rows, cols)
    numbers the areas, -1 = none. An area without a cell has no signal.
    """
    inside = area >= 0
    zones = series.value.shape[1]
    zone_of_cell = np.zeros(int(inside.sum()), np.int64) if zone is None else zone[inside].astype(np.int64)
    pairs = np.unique(area[inside].astype(np.int64) * zones + zone_of_cell)
    value = np.zeros((series.time_s.size, areas, len(series.rules)))
    met = np.zeros(value.shape, dtype=bool)
    for number in range(areas):
        here = pairs[pairs // zones == number] % zones
        if here.size:
            value[:, number] = series.value[:, here].max(axis=1)
            met[:, number] = series.met[:, here].any(axis=1)
    return RuleSeries(series.time_s, series.rules, value, met)


def _largest_sum_ahead(rain: RainForcing, times: np.ndarray, window_s: float, lead_s: float) -> np.ndarray:
    """Largest window sum (m) ending within [t, t + lead_s], (times, zones).

    A window sum is linear between the times at which its front or its tail meets an edge of the rain, so its maximum
    lies at one of those or at an end of the span: exact.
    """
    largest = np.maximum(rain.window_sums(times, window_s), rain.window_sums(times + lead_s, window_s))
    corners = np.unique(np.concatenate([rain.edges_s, rain.edges_s + window_s]))
    sums = rain.window_sums(corners, window_s)
    first = np.searchsorted(corners, times, side="right")
    last = np.searchsorted(corners, times + lead_s, side="left")
    for step in np.flatnonzero(last > first):
        np.maximum(largest[step], sums[first[step] : last[step]].max(axis=0), out=largest[step])
    return largest
