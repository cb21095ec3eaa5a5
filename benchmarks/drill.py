"""The sample drill as a whole process: wall seconds of its parts, the compiled cache warm."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

GOAL_S = 30.0


def run(repeats: int = 2) -> list[dict[str, object]]:
    """One row per part of the last of `repeats` runs (the first ones fill the cache of compiled kernels)."""
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "api.cli.main", "drill", "--out", str(Path(folder) / "run"), "--json"]
            summary = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    wall, flood = summary["wall_s"], summary["flood"]
    rows: list[dict[str, object]] = [
        {"case": "sample drill, small", "part": part, "wall_s": seconds, "goal": f"<= {GOAL_S:g} s" * (part == "total")}
        for part, seconds in wall.items()
    ]
    rows[-1]["note"] = f"{flood['steps']} steps, {flood['cell_updates_per_s'] / 1e6:.0f} M cell-updates/s"
    return rows
