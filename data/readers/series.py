"""Reads a time series: rain rate, discharge or stage against seconds since the start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.errors import InputError
from data.readers.report import Report
from data.readers.tables import read_numbered
from data.schema import RAIN_SERIES, Table
from data.units import mm_h_to_m_s


def read_series(path: str | Path, table: Table, report: Report | None = None) -> pd.DataFrame:
    """A CSV file with `time_s` and one value (schema RAIN_SERIES, FLOW_SERIES or STAGE_SERIES), times rising."""
    report = report or Report()
    mark = report.mark()
    file = Path(path)
    series, rows = read_numbered(file, table, report)
    check_times(series["time_s"].to_numpy(), file, [f"{row}, time_s" for row in rows], report)
    report.stop_since(mark)
    return series


def read_rain_series(path: str | Path, report: Report | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(edges_s, rate_m_s) of a rain series: interval i from edges_s[i] to edges_s[i + 1] has rate_m_s[i].

    A last row of 0 mm/h ends the rain at its time. A last row with rain lasts as long as the row before it, as
    gauges write that give the start of each interval.
    """
    series = read_series(path, RAIN_SERIES, report)
    time_s, rate = series["time_s"].to_numpy(), series["rain_mm_h"].to_numpy()
    if rate[-1] == 0.0 and len(rate) > 1:
        return time_s, mm_h_to_m_s(rate[:-1])
    if len(rate) == 1:
        raise InputError(
            "a single row does not say how long it rains",
            file=path,
            place="row 2",
            value=float(rate[0]),
            expected="a last row with the time at which the rain ends and 0 mm/h",
        )
    return np.append(time_s, 2.0 * time_s[-1] - time_s[-2]), mm_h_to_m_s(rate)


def check_times(time_s: np.ndarray, file: Path, places: list[str], report: Report) -> None:
    """Tell each time that repeats the one before or lies before it."""
    for k in np.flatnonzero(np.diff(time_s) <= 0.0) + 1:
        same = time_s[k] == time_s[k - 1]
        report.error(
            "time occurs twice" if same else "times not in order",
            file=file,
            place=places[k],
            value=float(time_s[k]),
            expected=f"a time after {time_s[k - 1]:g} s",
        )
