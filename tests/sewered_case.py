"""A small flood case with sewers: a street that falls to the east, a line of manholes under it, an outfall beyond."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.api.flood_case_files import write_asc

ROWS, COLS, CELL = 9, 40, 5.0
WEST, SOUTH = 411000.0, 3392000.0
SPACING = 5  # cells between manholes
MANHOLES = 7

CASE = """
[terrain]
dem = "dem.asc"
crs = "EPSG:32648"
manning = 0.015
[run]
duration_s = 3600
output_step_s = 300
gauge_step_s = 150
[rain]
series = "rain.csv"
[drains]
network = "net.inp"
[[gauge]]
name = "low"
at = [411190, 3392022]
"""
RAIN = "time_s,rain_mm_h\n0,60\n600,150\n1500,0\n"


def street() -> np.ndarray:
    """A gutter (row 4) that falls 1 in 200 to the east, its sides 1 in 50; the last cells rise so that water stands."""
    x = np.arange(COLS) * CELL
    across = np.abs(np.arange(ROWS) - ROWS // 2)[:, None] * CELL
    return 500.0 - 0.005 * x[None, :] + 0.02 * across


def network(diameter_m: float = 0.3, outfall: str = "FREE") -> str:
    """Manholes 2 m deep along the gutter, pipes between them, an outfall at the low end."""
    y = SOUTH + (ROWS - ROWS // 2 - 0.5) * CELL
    x = [WEST + (SPACING * (k + 0.5)) * CELL for k in range(MANHOLES)]
    invert = [500.0 - 0.005 * (place - WEST) - 2.0 for place in x]
    lines = ["[OPTIONS]", "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "START_DATE 07/15/2026", "END_DATE 07/16/2026"]
    lines += ["ROUTING_STEP 5", "[JUNCTIONS]"]
    lines += [f"J{k} {invert[k]:.3f} 2 0 0 0" for k in range(MANHOLES)]
    lines += ["[OUTFALLS]", f"O {invert[-1] - 0.2:.3f} {outfall} NO", "[CONDUITS]"]
    ends = [f"J{k}" for k in range(MANHOLES)] + ["O"]
    lines += [f"C{k} {ends[k]} {ends[k + 1]} {SPACING * CELL:g} 0.013 0 0 0 0" for k in range(MANHOLES)]
    lines += ["[XSECTIONS]", *(f"C{k} CIRCULAR {diameter_m} 0 0 0 1" for k in range(MANHOLES)), "[COORDINATES]"]
    lines += [f"J{k} {x[k]} {y}" for k in range(MANHOLES)]
    lines += [f"O {x[-1] + SPACING * CELL} {y}"]
    return "\n".join(lines) + "\n"


def write_sewered_case(folder: Path, case: str = CASE, inp: str | None = None) -> Path:
    """case.toml with its terrain, rain and network."""
    folder.mkdir(parents=True, exist_ok=True)
    write_asc(folder / "dem.asc", street(), cell=CELL, west=WEST, south=SOUTH)
    (folder / "rain.csv").write_text(RAIN)
    (folder / "net.inp").write_text(network() if inp is None else inp)
    (folder / "case.toml").write_text(case)
    return folder / "case.toml"
