"""20,000 blocks and 500 shelters: the proven plans, plain and fair, beside lists, practice, PuLP and spopt.

CPU seconds of one process, roads included: from edge times to a plan and the proof that it is optimal. PuLP and spopt
run on the smaller cases that they can finish, with the times between blocks and sites given, in a Python of their own
that RONGAN_PEERS_PYTHON names (see `allocation_peers`); our own time beside them is from the same times.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.lattice import Town, lattice_town
from shelters import Allocation, CandidateTable, RoadTravel, allocate, nearest_with_room

GOAL_PLAIN_S, GOAL_FAIR_S = 2.0, 3.0
PEER_CASES = {"pulp": (4_000, 100, 30), "spopt": (200, 20, 20)}  # blocks, sites, nearest sites listed
PEER_LIMIT_S = 600.0


def run(blocks: int = 20_000, sites: int = 500, side: int = 317) -> list[dict[str, object]]:
    """One row per method: CPU seconds, walking in person-seconds, excess over the proven optimum."""
    town = lattice_town(side, blocks, sites)
    _compile()
    methods: list[tuple[str, Callable[[RoadTravel], Allocation], str]] = [
        (
            "plain, all pairs priced",
            lambda travel: allocate(town.people, travel, town.capacity),
            f"<= {GOAL_PLAIN_S} s",
        ),
        (
            "fair, all pairs priced",
            lambda travel: allocate(town.people, travel, town.capacity, choice="fair"),
            f"<= {GOAL_FAIR_S} s",
        ),
        (
            "minimum-cost flow, 30 nearest only",
            lambda travel: allocate(town.people, travel.candidates(30), town.capacity, k=30),
            "",
        ),
        ("practice, blocks as listed", lambda travel: nearest_with_room(town.people, travel, town.capacity), ""),
        (
            "practice, shortest trips first",
            lambda travel: nearest_with_room(town.people, travel, town.capacity, "near"),
            "",
        ),
    ]
    case = f"{blocks} blocks, {int(town.people.sum())} people, {sites} sites, {town.graph.nodes} nodes"
    rows, best = [], float("nan")
    for number, (method, solve, goal) in enumerate(methods):
        travel = _travel(town)
        start = time.process_time()
        plan = solve(travel)
        seconds = time.process_time() - start
        best = plan.walk_person_s if number == 0 else best
        proven = plan.certified and number < 2
        rows.append(_row(case, method, seconds, plan, best, goal, proven))
    return rows + _peers(side)


def _row(
    case: str, method: str, seconds: float, plan: Allocation, best: float, goal: str, proven: bool
) -> dict[str, object]:
    return {
        "case": case,
        "method": method,
        "cpu_s": round(seconds, 3),
        "walk_person_s": plan.walk_person_s,
        "excess": plan.walk_person_s / best - 1.0,
        "worst_s": plan.worst_s,
        "unserved": int(plan.unserved.sum()),
        "gap": plan.gap if proven else None,
        "certified": proven,
        "rounds": plan.rounds,
        "goal": goal,
    }


def _peers(side: int) -> list[dict[str, object]]:
    """PuLP and spopt beside us on the cases that they finish, where their Python is named."""
    python = os.environ.get("RONGAN_PEERS_PYTHON")
    if python is None:
        return []
    rows: list[dict[str, object]] = []
    for peer, (blocks, sites, listed) in PEER_CASES.items():
        town = lattice_town(side, blocks, sites)
        table = _travel(town).all_pairs()
        time_s = np.full((blocks, sites), np.inf)
        time_s[table.block, table.site] = table.time_s
        start = time.process_time()
        plan = allocate(town.people, CandidateTable.from_times(time_s), town.capacity)
        seconds = time.process_time() - start
        case = f"{blocks} blocks, {sites} sites, times given"
        rows.append(_row(case, "plain, all pairs priced", seconds, plan, plan.walk_person_s, "", plan.certified))
        method = f"{peer}, {listed} nearest" if listed < sites else f"{peer}, blocks whole"
        try:
            found = _ask(python, peer, people=town.people, capacity=town.capacity, time_s=time_s, listed=listed)
        except subprocess.TimeoutExpired:
            rows.append({"case": case, "method": f"{method}: not finished in {PEER_LIMIT_S:.0f} s"})
            continue
        its = found["build_s"] + found["solve_s"]
        rows.append(
            {
                "case": case,
                "method": method,
                "cpu_s": round(its, 3),
                "walk_person_s": found["walk_person_s"],
                "excess": found["walk_person_s"] / plan.walk_person_s - 1.0,
                "unserved": found["unserved"],
                "times_ours": round(its / seconds, 1),
            }
        )
    return rows


def _ask(python: str, peer: str, **case: object) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.npz"
        np.savez(path, **case)  # type: ignore[arg-type]
        command = [python, "-m", "benchmarks.allocation_peers", peer, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as peer_run:
            try:
                out, _ = peer_run.communicate(timeout=PEER_LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(peer_run.pid, signal.SIGKILL)  # its solver too
                raise
    answer: dict[str, float] = json.loads(out.strip().splitlines()[-1])
    return answer


def _travel(town: Town) -> RoadTravel:
    no_access = np.zeros(len(town.block_node)), np.zeros(len(town.site_node))
    return RoadTravel(town.graph, town.edge_time_s, town.block_node, no_access[0], town.site_node, no_access[1])


def _compile() -> None:
    small = lattice_town(12, 30, 5)
    for travel in (_travel(small), _travel(small).candidates(5), _travel(small).all_pairs()):
        allocate(small.people, travel, small.capacity)
        allocate(small.people, travel, small.capacity, choice="fair")
    nearest_with_room(small.people, _travel(small), small.capacity)


def main() -> None:
    for row in run():
        print(
            f"{row['method']:36} {row.get('cpu_s', '')!s:>8} s  {row.get('walk_person_s', '')!s:>18} person-s"
            f"  {row.get('excess', '')}  worst {row.get('worst_s', '')}"
            f"  unserved {row.get('unserved')}  gap {row.get('gap')}  {row.get('goal', '')}"
            f"  {row.get('times_ours', '')}"
        )


if __name__ == "__main__":
    main()
