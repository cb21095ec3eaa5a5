"""A small good flood case on disk; tests spoil one thing in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

ROWS, COLS, CELL = 12, 16, 5.0
WEST, SOUTH = 411000.0, 3392000.0

CASE = """
[terrain]
dem = "dem.asc"
crs = "EPSG:32648"
manning = 0.03
[edges]
east = "open"
[run]
duration_s = 120
output_step_s = 60
[rain]
series = "rain.csv"
[[inflow]]
line = [[411000, 3392020], [411000, 3392030]]
series = "q.csv"
[[gauge]]
name = "P1"
at = [411040, 3392030]
"""


def level() -> np.ndarray:
    """A plane that falls to the east, row 0 in the north."""
    return np.repeat(500.0 - 0.05 * np.arange(COLS, dtype=float)[None, :], ROWS, axis=0)


def write_asc(path: Path, values: np.ndarray, *, cell: float = CELL, west: float = WEST, south: float = SOUTH) -> None:
    """An ESRI ASCII raster; -9999 is no-data."""
    rows, cols = values.shape
    header = f"ncols {cols}\nnrows {rows}\nxllcorner {west}\nyllcorner {south}\ncellsize {cell}\nNODATA_value -9999"
    np.savetxt(path, values, fmt="%.4f", header=header, comments="")


def write_good_case(folder: Path) -> Path:
    """case.toml with its terrain, rain and discharge."""
    write_asc(folder / "dem.asc", level())
    (folder / "rain.csv").write_text("time_s,rain_mm_h\n0,60\n60,0\n")
    (folder / "q.csv").write_text("time_s,flow_m3_s\n0,0.1\n120,0.2\n")
    case = folder / "case.toml"
    case.write_text(CASE)
    return case
