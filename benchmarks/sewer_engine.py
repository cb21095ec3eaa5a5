"""What driving the sewer engine costs beside the engine: the round trip of a window, its tables, its journal."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.lattice_drains import lattice_network
from data.swmm import PrepareOptions, prepare_inp
from hazards.drains.engine import SwmmEngine
from hazards.drains.journal import Journal

SIDES = (32, 70, 141)
WINDOW_S = 5.0
INFLOW_M3_S = 0.05  # per manhole
FILL_S = 600.0  # before anything is timed
WINDOWS = 40
ROUND_TRIPS = 200


def run() -> list[dict[str, object]]:
    """One row a lattice: windows of the engine, and windows in which it makes no step."""
    return [_measure(side) for side in SIDES]


def _measure(side: int) -> dict[str, object]:
    network = lattice_network(side)
    names = network.nodes.loc[network.nodes["kind"] == "junction", "name"].tolist()
    wish = PrepareOptions(coupled=tuple(names), rain="none", longest_step_s=WINDOW_S, quiet=True)
    lines = prepare_inp(network, wish)
    with tempfile.TemporaryDirectory() as folder, SwmmEngine(lines, names) as engine:
        engine.lateral[:] = INFLOW_M3_S
        engine.advance(FILL_S)
        steps = engine.steps
        windows = [_timed(lambda: engine.advance(WINDOW_S)) for _ in range(WINDOWS)]
        steps = engine.steps - steps
        empty = median(_timed(lambda: engine.advance(0.0)) for _ in range(ROUND_TRIPS))
        engine.journal = Journal(Path(folder) / "journal")
        noise = np.random.default_rng(0)
        kept = 0.0
        for _ in range(2 * WINDOWS):
            engine.lateral[:] = INFLOW_M3_S * noise.random(len(names))  # nothing to compress: the worst case
            kept += _timed(lambda: engine.advance(0.0))
        kept += _timed(engine.journal.flush)
        size = engine.journal.file.stat().st_size / (2 * WINDOWS)
    window = median(windows)
    return {
        "nodes": len(names),
        "native steps per window": round(steps / WINDOWS, 2),
        "window, ms": round(1e3 * window, 2),
        "window without a step, ms": round(1e3 * empty, 3),
        "share": f"{empty / window:.1%}",
        "journal per window, ms": round(1e3 * max(kept / (2 * WINDOWS) - empty, 0.0), 2),
        "journal per window, kB": round(size / 1e3, 1),
    }


def _timed(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin
