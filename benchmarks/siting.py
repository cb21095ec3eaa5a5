"""23 of the 300 largest places of central Chengdu: the set, its proof and the wall time; beside PuLP and spopt.

    python -m benchmarks.siting FOLDER [OTHER_PYTHON]

FOLDER holds `demand_grids_nighttime_CLEAN.csv` and `supply_facilities_CLEAN.csv` (7.0 million people, 1,054 places,
straight lines x 1.3). OTHER_PYTHON is an interpreter of an environment of its own with spopt (which brings PuLP and its
CBC); it runs the same cases on growing numbers of candidates and stops at the first that takes over the limit.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from pyproj import Transformer

from shelters.sites import capacity_persons
from shelters.siting import SitingProblem, choose_sites, siting_problem

DETOUR, USABLE_SHARE = 1.3, 0.6
GOAL = "gap <= 1 % within 120 s"
SIZES = (50, 100, 200, 300)  # candidates of the cases that others are tried on
OTHER_LIMIT_S = 300.0


def central_chengdu(
    folder: Path,
    cover_m: int = 1_000,
    space_m2: float = 2.0,
    candidates: int = 300,
    count: int = 23,
    existing: bool = False,
    unserved_covers: int | None = None,
) -> SitingProblem:
    """Open `count` of the largest places; with `existing` all smaller ones are there already."""
    cells = pd.read_csv(folder / "demand_grids_nighttime_CLEAN.csv", encoding="utf-8-sig")
    sites = pd.read_csv(folder / "supply_facilities_CLEAN.csv", encoding="utf-8-sig")
    sites = sites.sort_values("total_area_m2", ascending=False, kind="stable").reset_index(drop=True)
    sites = sites if existing else sites.iloc[:candidates]
    project = Transformer.from_crs("EPSG:4326", "EPSG:32648", always_xy=True).transform
    x, y = project(cells["lon"].to_numpy(), cells["lat"].to_numpy())
    x_site, y_site = project(sites["lon"].to_numpy(), sites["lat"].to_numpy())
    metres = np.rint(DETOUR * np.hypot(np.subtract.outer(x, x_site), np.subtract.outer(y, y_site))).astype(np.int64)
    block, site = np.nonzero(metres <= cover_m)
    capacity = capacity_persons(sites["total_area_m2"].to_numpy(), np.full(len(sites), USABLE_SHARE), space_m2)
    candidate = np.arange(len(sites)) < candidates
    return siting_problem(
        cells["population"].to_numpy(), block, site, metres[block, site], capacity, ~candidate, candidate, cover_m,
        count=count, unserved_covers=unserved_covers,
    )  # fmt: skip


def run(folder: Path, limit_s: float = 120.0) -> list[dict[str, object]]:
    """One row per case: wall and CPU seconds, the gap of the cost, people served and the most that any set serves."""
    choose_sites(central_chengdu(folder, candidates=20, count=2), 30.0)  # compiles the kernels
    rows: list[dict[str, object]] = []
    for name, options in (
        ("short stay, 1,000 m, none there", {}),
        ("short stay, 1,000 m, 754 there", {"existing": True}),
        ("2,500 m at 2 m2, none there", {"cover_m": 2_500}),
        ("2,500 m at 2 m2, 754 there", {"cover_m": 2_500, "existing": True}),
        ("long stay, 2,500 m at 4.5 m2, 754 there", {"cover_m": 2_500, "space_m2": 4.5, "existing": True}),
    ):
        for gap in (1e-2, 1e-4):
            problem = central_chengdu(folder, **options)  # type: ignore[arg-type]
            start = time.process_time()
            found = choose_sites(problem, limit_s, gap=gap)
            rows.append(
                {
                    "case": f"{name}, gap asked {gap:g}",
                    "wall_s": round(found.wall_s, 2),
                    "cpu_s": round(time.process_time() - start, 2),
                    "objective": found.objective,
                    "gap": found.gap,
                    "served": found.filling.served,
                    "served_bound": found.served_bound,
                    "stopped": found.stopped,
                    "greedy_excess": found.greedy_objective / found.objective - 1.0,
                    "goal": GOAL,
                }
            )
    return rows


def beside_others(folder: Path, python: str) -> list[dict[str, object]]:
    """2,500 m, none there, an unserved person at two cover distances: by us, PuLP + CBC and spopt."""
    rows: list[dict[str, object]] = []
    running = {"pulp", "spopt"}
    for size in SIZES:
        problem = central_chengdu(folder, cover_m=2_500, candidates=size, unserved_covers=2)
        start = time.process_time()
        found = choose_sites(problem, 120.0)
        ours = time.process_time() - start
        rows.append({"candidates": size, "method": "rongan", "cpu_s": round(ours, 2), "objective": found.objective})
        for method in sorted(running):
            told = _other(problem, python, method)
            if told is None:
                running.remove(method)
            told = told or {"cpu_s": float("nan"), "objective": None}
            ratio = told["cpu_s"] / ours
            rows.append({"candidates": size, "method": method, "ratio_cpu": round(ratio, 1), **told})
    return rows


def _other(problem: SitingProblem, python: str, method: str) -> dict[str, float] | None:
    """CPU seconds (its solver's included) and cost of another programme; None: too long, or it failed."""
    with tempfile.TemporaryDirectory() as folder:
        case = Path(folder) / "case.npz"
        np.savez(
            case, people=problem.people, group=problem.pair_group, site=problem.site, metres=problem.distance_m,
            capacity=problem.capacity, candidate=np.flatnonzero(problem.candidate), count=problem.count,
            unserved_m=problem.unserved_m, out_of_reach=problem.out_of_reach,
        )  # fmt: skip
        script = Path(__file__).with_name("siting_others.py")
        try:
            done = subprocess.run(
                [python, str(script), method, str(case)], capture_output=True, text=True, timeout=OTHER_LIMIT_S
            )
        except subprocess.TimeoutExpired:
            return None
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    folder = Path(sys.argv[1])
    for row in run(folder) + (beside_others(folder, sys.argv[2]) if len(sys.argv) > 2 else []):
        print("  ".join(f"{key} {value}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
