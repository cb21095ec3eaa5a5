"""Reads a time series: rain rate, discharge or stage against seconds since the start."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.readers.report import Report
from data.readers.tables import read_numbered
from data.schema import Table


def read_series(path: str | Path, table: Table, report: Report | None = None) -> pd.DataFrame:
    """A CSV file with `time_s` and one value (schema RAIN_SERIES, FLOW_SERIES or STAGE_SERIES), times rising."""
    report = report or Report()
    mark = report.mark()
    file = Path(path)
    series, rows = read_numbered(file, table, report)
    check_times(series["time_s"].to_numpy(), file, [f"{row}, time_s" for row in rows], report)
    report.stop_since(mark)
    return series


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
