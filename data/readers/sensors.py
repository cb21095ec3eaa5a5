"""Reads the sensors of a city: where they stand on the grid, what they measure, which asset they watch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.readers.points import locate_points, point_rows
from data.readers.report import Report
from data.schema import SENSORS, Grid

# quantity -> layer whose assets it may watch
WATCHES = {
    "pond_depth": "underpasses",
    "water_level": "rivers",
    "pump_running": "pumps",
    "gate_opening": "gates",
}


def read_sensors(
    file: Path,
    grid: Grid | None,
    *,
    datum: str,
    report: Report,
    assets: dict[str, set[str]] | None = None,
) -> pd.DataFrame | None:
    """Sensors in a CSV file or a layer of points, with x_m, y_m; without a grid they are only checked.

    `assets` holds what each layer of WATCHES has: a sensor that watches something else is told as a warning and kept.
    One outside the terrain is left out with a warning. Raises InputError, or tells a collecting report.
    """
    mark = report.mark()
    frame, rows = point_rows(file, SENSORS, report)
    if assets is not None:
        for i in np.flatnonzero(frame["asset"].to_numpy() != "").tolist():
            layer = WATCHES.get(str(frame["quantity"].iloc[i]))
            asset = str(frame["asset"].iloc[i])
            if layer is None or asset not in assets.get(layer, set()):
                words = f"{frame['id'].iloc[i]} of the sensors watches what the pack does not have"
                expected = f"an id (rivers: a name) of the {layer}" if layer else "no asset for this quantity"
                report.warn(words, file=file, place=f"{rows[i]}, asset", value=asset, remedy=expected)
    if grid is None:
        return None
    return locate_points(frame, rows, file, SENSORS, grid, datum=datum, report=report, mark=mark)
