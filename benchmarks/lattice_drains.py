"""A generated sewer network of any size under a tilted street plane, for timing."""

from __future__ import annotations

import numpy as np

from data.sample.drains_sizes import PIPE_MANNING, SECTIONS
from data.schema import DrainageNetwork, Grid
from data.swmm import inp_of
from data.swmm.network import read_network

CRS = "EPSG:32648"
WEST_M, SOUTH_M = 400_000.0, 3_300_000.0
SPACING_M = 100.0  # between manholes
FALL = 0.003  # of the ground, to the east; pipes lie parallel to it
TOP_M = 500.0  # ground at the west edge
COVER_M = 1.2
INFLOW_M3_S = 0.12  # design flow of a manhole: 1 ha at 43 mm/h of runoff
CROSS_EVERY = 10  # every tenth manhole is joined to the next row, so the network has loops

OPTIONS = (
    "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "LINK_OFFSETS DEPTH", "START_DATE 07/15/2026", "START_TIME 00:00:00",
    "END_DATE 07/15/2026", "END_TIME 03:00:00", "REPORT_STEP 00:05:00", "WET_STEP 00:01:00", "DRY_STEP 00:05:00",
    "ROUTING_STEP 5", "VARIABLE_STEP 0.75", "MINIMUM_STEP 0.5", "INERTIAL_DAMPING PARTIAL", "THREADS 1",
)  # fmt: skip


def lattice_network(nodes_per_side: int) -> DrainageNetwork:
    """Manholes on a square lattice: `nodes_per_side` sewers that run east to an outfall each, joined crosswise.

    The k-th pipe of a sewer carries k INFLOW_M3_S full. 141 to a side are 19,881 manholes.
    """
    side = nodes_per_side
    section = [_smallest((k + 1) * INFLOW_M3_S) for k in range(side)]
    height = np.array([SECTIONS[number].height_m for number in section])
    x = WEST_M + SPACING_M * (np.arange(side) + 0.5)
    ground = _ground(x)
    # pipes meet at their crowns, so the deepest crown of the row sets them all
    invert = ground - COVER_M - np.maximum.accumulate(height)
    rows: dict[str, list[str]] = {
        name: [] for name in ("JUNCTIONS", "OUTFALLS", "CONDUITS", "XSECTIONS", "COORDINATES")
    }
    for row in range(side):
        y = SOUTH_M + SPACING_M * (row + 0.5)
        for k in range(side):
            name = f"J{row}-{k}"
            rows["JUNCTIONS"].append(f"{name} {invert[k]:.3f} {ground[k] - invert[k]:.3f} 0 0 0")
            rows["COORDINATES"].append(f"{name} {x[k]:.2f} {y:.2f}")
            far = f"J{row}-{k + 1}" if k + 1 < side else f"O{row}"
            _pipe(rows, f"C{row}-{k}", name, far, SPACING_M if k + 1 < side else 0.45 * SPACING_M, section[k])
            if row + 1 < side and k % CROSS_EVERY == 0:
                _pipe(rows, f"X{row}-{k}", name, f"J{row + 1}-{k}", SPACING_M, section[min(k, 4)])
        rows["OUTFALLS"].append(f"O{row} {invert[-1] - 0.45 * SPACING_M * FALL:.3f} FREE NO")
        rows["COORDINATES"].append(f"O{row} {x[-1] + 0.45 * SPACING_M:.2f} {y:.2f}")
    lines = ["[OPTIONS]", *OPTIONS, "[EVAPORATION]", "CONSTANT 0.0"]
    for name, found in rows.items():
        lines += [f"[{name}]", *found]
    lines += ["[REPORT]", "SUBCATCHMENTS NONE", "NODES NONE", "LINKS NONE"]
    return read_network(inp_of(lines, "lattice.inp"), crs=CRS, target_crs=CRS)


def lattice_ground(nodes_per_side: int, cell_m: float = 10.0) -> tuple[Grid, np.ndarray]:
    """The grid over a lattice and its bed level (m), float64 (rows, cols)."""
    cells = round(nodes_per_side * SPACING_M / cell_m)
    grid = Grid(cells, cells, cell_m, WEST_M, SOUTH_M + cells * cell_m, CRS)
    return grid, np.broadcast_to(_ground(grid.x_centres), grid.shape).copy()


def _ground(x_m: np.ndarray) -> np.ndarray:
    return TOP_M - FALL * (x_m - WEST_M)


def _smallest(flow_m3_s: float) -> int:
    """Row of the smallest section that carries a flow full at the fall of the ground."""
    fits = [number for number, section in enumerate(SECTIONS) if section.full_flow(FALL) >= flow_m3_s]
    return fits[0] if fits else len(SECTIONS) - 1


def _pipe(rows: dict[str, list[str]], name: str, tail: str, head: str, length_m: float, section: int) -> None:
    pipe = SECTIONS[section]
    shape, width = ("CIRCULAR", 0.0) if pipe.round else ("RECT_CLOSED", pipe.width_m)
    rows["CONDUITS"].append(f"{name} {tail} {head} {length_m:.2f} {PIPE_MANNING} 0 0 0 0")
    rows["XSECTIONS"].append(f"{name} {shape} {pipe.height_m} {width} 0 0 1")
