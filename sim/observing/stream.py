"""Observations that the gauges of a city would have sent of a storm: for drills of the watch itself. Synthetic."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from data.readers.observations import RawObservation
from data.records import records
from data.schema import Grid
from data.units import m_to_mm
from hazards import RainForcing


def gauge_stream(
    rain: RainForcing, grid: Grid, sensors: pd.DataFrame, start: datetime, dry_after_s: float
) -> list[RawObservation]:
    """What each rain gauge reports of a storm whose time 0 is `start`, until its rain has been over for `dry_after_s`.

    `sensors`: schema SENSORS with x_m, y_m. A gauge sums what falls on its cell, exactly; one off the grid says
    nothing. In the order of time.
    """
    found: list[RawObservation] = []
    gauges = sensors[sensors["quantity"] == "rain"]
    rows, cols = grid.cell_of(gauges["x_m"].to_numpy(float), gauges["y_m"].to_numpy(float))
    for gauge, row, col in zip(records(gauges), rows.tolist(), cols.tolist(), strict=True):
        if row < 0:
            continue
        zone = 0 if rain.zone is None else int(rain.zone[row, col])
        step_s = float(gauge["interval_s"])
        count = math.ceil((rain.end_s() + dry_after_s) / step_s - 1e-9)
        depth_m = rain.depth_until(step_s * np.arange(count + 1))[:, zone]
        for k in range(count):
            value = float(m_to_mm(depth_m[k + 1] - depth_m[k]))
            end = start + timedelta(seconds=(k + 1) * step_s)
            found.append(RawObservation(str(gauge["id"]), "rain", end, round(value, 6), "mm", "storm"))
    return sorted(found, key=lambda raw: (raw.time, raw.sensor))
