"""Reads the teams that a city can send: their posts on the grid, and whether each has what its work needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.readers.points import locate_points, point_rows
from data.readers.report import Report
from data.schema import TEAMS, Grid

# kinds that are of no use without it -> column, and what was expected
_NEEDS = {
    "bus": ("seats", "at least 1 seat in a bus"),
    "ambulance": ("seats", "at least 1 place for a patient"),
    "rescue": ("seats", "at least 1 place for a person rescued"),
    "pump": ("pump_m3_s", "the rate of one crew, above 0 m3/s"),
}


def read_teams(file: Path, grid: Grid | None, *, datum: str, report: Report) -> pd.DataFrame | None:
    """Posts of teams in a CSV file or a layer of points, with x_m, y_m; without a grid they are only checked.

    A post outside the terrain is left out with a warning. Raises InputError, or tells a collecting report, where a bus,
    an ambulance or a rescue team has no seats and where a pump crew pumps nothing.
    """
    mark = report.mark()
    frame, rows = point_rows(file, TEAMS, report)
    for kind, (column, expected) in _NEEDS.items():
        lacking = np.flatnonzero((frame["kind"] == kind).to_numpy() & ~(frame[column].to_numpy(float) > 0.0)).tolist()
        if lacking:
            report.row_errors(
                f"{kind} without {column}",
                file=file,
                column=column,
                rows=[rows[i] for i in lacking],
                values=[f"{frame[column].iloc[i]:g}" for i in lacking],
                expected=expected,
            )
    if grid is None:
        return None
    return locate_points(frame, rows, file, TEAMS, grid, datum=datum, report=report, mark=mark)
