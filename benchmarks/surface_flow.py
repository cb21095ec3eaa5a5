"""Rain on a tilted V-valley, two hours: cell-updates per second, share of the memory roofline, time beside itzi 25.8.

All that the product keeps is on: depth maxima every step, speed maxima and ponding times, infiltration and drainage
(at rate zero, so that the water is that of the peer; the work is the same), float64 books and their checks.

itzi is run live, on the same bed with the same number of threads, where RONGAN_ITZI_PYTHON names a Python that has it
(`python -m venv V; V/bin/pip install itzi==25.8`); it needs some five minutes at n = 1000.

python -m benchmarks.surface_flow [--cells N] [--end-s S] [--threads 1 2] [--itzi PYTHON]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.triad import triad_gb_s
from benchmarks.valley import CELL_M, END_S, MANNING, RAIN_END_S, RAIN_M_S, valley_bed
from hazards import ConstantInfiltration, SurfaceFlow, Tracking

BYTES_PER_UPDATE = 48  # h, rest, deepest, qx, qy read and written; z, friction read: float32, each once a step
GOAL_RATIO = 15.0
GOAL_M_UPDATES_S = 300.0
LIMITS = Tracking(0.15, (0.3, 0.6, 0.6, 1.0, 4.0), (0.3, 0.5, 1.2, 2.0, 4.0), (2.0, 2.0, 2.0, 2.0, 4.0))


def run(
    cells: int = 1000, end_s: float = END_S, threads: Sequence[int] = (1, 2), itzi: str | None = None
) -> list[dict[str, object]]:
    """One row per number of threads, and one for itzi where its Python is given or in RONGAN_ITZI_PYTHON."""
    _run_valley(64, 60.0, 1)  # compiles
    rows: list[dict[str, object]] = []
    walls: dict[int, float] = {}
    for count in threads:
        bandwidth = triad_gb_s(count)
        flow, walls[count] = _run_valley(cells, end_s, count)
        updates = cells * cells * flow.steps / walls[count] / 1e6
        rows.append(
            {
                "case": f"V-valley {cells} x {cells}, {end_s:g} s",
                "engine": "rongan",
                "threads": count,
                "wall_s": round(walls[count], 2),
                "steps": flow.steps,
                "M_updates_s": round(updates, 1),
                "triad_GB_s": round(bandwidth, 1),
                "share_of_roofline": round(updates * BYTES_PER_UPDATE / 1e3 / bandwidth, 2),
                "volume_error": f"{flow.book.continuity_error:.1e}",
                "deepest_m": round(float(flow.depth.max()), 3),
                "goal": f">= {GOAL_M_UPDATES_S:g} M updates/s" if count == 2 else "",
            }
        )
    python = itzi or os.environ.get("RONGAN_ITZI_PYTHON")
    if python:
        count = max(threads)
        rows.append(_itzi_row(python, cells, end_s, count, walls[count], flow.depth))
    return rows


def _run_valley(cells: int, end_s: float, threads: int) -> tuple[SurfaceFlow, float]:
    flow = SurfaceFlow(valley_bed(cells), CELL_M, MANNING, tracking=LIMITS, threads=threads)
    flow.set_loss(ConstantInfiltration(0.0), drainage_m_s=0.0)
    start = time.perf_counter()
    for until, rate in ((min(RAIN_END_S, end_s), RAIN_M_S), (end_s, 0.0)):
        flow.set_rain(None, rate)
        flow.advance(until)
    return flow, time.perf_counter() - start


def _itzi_row(
    python: str, cells: int, end_s: float, threads: int, own_wall: float, own_depth: np.ndarray
) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        depth_file = str(Path(folder) / "depth.npy")
        command = [python, "-m", "benchmarks.itzi_case", str(cells), str(end_s), depth_file]
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        done = subprocess.run(
            command, cwd=Path(__file__).parents[1], env=environment, check=True, capture_output=True, text=True
        )
        depth = np.load(depth_file)
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        "case": f"V-valley {cells} x {cells}, {end_s:g} s",
        "engine": "itzi 25.8",
        "threads": threads,
        "wall_s": round(found["wall_s"], 2),
        "steps": found["steps"],
        "M_updates_s": round(cells * cells * found["steps"] / found["wall_s"] / 1e6, 1),
        "volume_error": f"{abs(found['volume_m3'] / found['rain_m3'] - 1.0):.1e}",
        "deepest_m": round(float(depth.max()), 3),
        "wall_ratio": round(found["wall_s"] / own_wall, 1),
        "mean_depth_difference_m": round(float(np.abs(depth - own_depth).mean()), 5),
        "goal": f"wall_ratio >= {GOAL_RATIO:g} at n = 1000",
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=1000)
    parser.add_argument("--end-s", type=float, default=END_S)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--itzi", default=None)
    options = parser.parse_args()
    for row in run(options.cells, options.end_s, options.threads, options.itzi):
        print("  ".join(f"{key}={value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
