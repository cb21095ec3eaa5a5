"""What rain gauges reported, as rates on common steps of time; NaN where nobody knows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.observing.frame import USABLE

_COVERED = 0.5  # share of a step that must be reported for the step to be known


def gauge_rates(frame: pd.DataFrame, sensors: list[str], interval_s: np.ndarray, edges_s: np.ndarray) -> np.ndarray:
    """Rates (m/s), shape (steps, gauges), from the columns of `observations_frame` of usable rain (mm).

    Each value is spread over the interval that ends at its time; `edges_s` are s since 1970 UTC, at equal steps. A
    step of which less than half was reported is NaN; of the rest the rate is that of the part that was.
    """
    steps = edges_s.size - 1
    step_s = (edges_s[-1] - edges_s[0]) / steps
    wanted = frame["quality"].isin(USABLE) & frame["quantity"].isin(("rain", ""))
    number = {name: k for k, name in enumerate(sensors)}
    gauge = frame["sensor"].map(number).to_numpy(float)
    end = frame["time_s"].to_numpy(float)
    use = wanted.to_numpy() & np.isfinite(gauge) & (end > edges_s[0])
    gauge, end, value = gauge[use].astype(np.int64), end[use], frame["value"].to_numpy(float)[use]
    long_s = interval_s[gauge]
    start = end - long_s
    use = start < edges_s[-1]
    gauge, start, end, long_s, value = gauge[use], start[use], end[use], long_s[use], value[use]
    depth, known = np.zeros(steps * len(sensors)), np.zeros(steps * len(sensors))
    first = np.maximum(np.floor((start - edges_s[0]) / step_s + 1e-9), 0.0).astype(np.int64)
    last = np.minimum(np.ceil((end - edges_s[0]) / step_s - 1e-9), steps).astype(np.int64)
    for ahead in range(int((last - first).max(initial=0))):
        step = first + ahead
        here = step < last
        at = step[here]
        low = np.maximum(start[here], edges_s[0] + at * step_s)
        high = np.minimum(end[here], edges_s[0] + (at + 1) * step_s)
        part = np.maximum(high - low, 0.0)
        cell = at * len(sensors) + gauge[here]
        depth += np.bincount(cell, 1e-3 * value[here] * part / long_s[here], depth.size)
        known += np.bincount(cell, part, known.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(known >= _COVERED * step_s, depth / known, np.nan)
    return rate.reshape(steps, len(sensors))
