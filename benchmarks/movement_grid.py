"""100,000 cars leave a grid of 50 x 50 crossings: our movement beside SUMO's mesoscopic engine and UXsim's C++ engine.

CPU seconds of one run each. The peers run in a Python of their own that RONGAN_PEERS_PYTHON names (see
`movement_peers`); without it their rows are left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import time

import numpy as np

from benchmarks.grid_case import CARS, END_S, LINK_M, SIDE, SPEED_M_S, Grid, grid_case
from benchmarks.movement_peers import CAR_M, FLOW_VEH_S
from shelters import RoadGraph
from sim.movement.build_links import approach_phases, assemble_links
from sim.movement.doors import DoorTerms, build_doors, count_reserved
from sim.movement.engine import Movement
from sim.movement.links import Links
from sim.movement.outcome import MovementOutcome
from sim.movement.routes import RouteTables
from sim.movement.terms import MovementTerms
from sim.movement.units import CAR, no_units

GOAL_S, GOAL_TIMES = 0.4, 50
PEER_LIMIT_S = 900.0
PEERS = {
    "sumo": "SUMO meso, limited junction control",
    "sumo_free": "SUMO meso, no junction control",
    "uxsim": "UXsim C++, cars by fives, routes of its own",
}


def run(side: int = SIDE, cars: int = CARS) -> list[dict[str, object]]:
    """One row per engine: CPU seconds, cars arrived, teleports, mean trip."""
    _ours(grid_case(6, 50), True)  # compile
    grid = grid_case(side, cars)
    case = f"{side} x {side} crossings, {cars} cars, {END_S / 3600:g} h"
    rows: list[dict[str, object]] = []
    for name, phases in (("rongan, junctions of two phases", True), ("rongan, no junction control", False)):
        build_s, run_s, found = _ours(grid, phases)
        rows.append(
            {
                "case": case,
                "engine": name,
                "build_cpu_s": round(build_s, 2),
                "run_cpu_s": round(run_s, 3),
                "goal": f"<= {GOAL_S} s",
                "arrived": found.final("sheltered"),
                "teleports": 0,
                "mean_trip_s": round(found.trip_mean_s),
                "link_moves": found.link_moves,
                "stranded": found.final("stranded"),
            }
        )
    python = os.environ.get("RONGAN_PEERS_PYTHON")
    for method in PEERS if python and (side, cars) == (SIDE, CARS) else ():
        command = [str(python), "-m", "benchmarks.movement_peers", method]
        answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PEER_LIMIT_S)
        rows.append({"case": case, "engine": PEERS[method], **json.loads(answer.stdout) | {"engine": PEERS[method]}})
    return rows


def grid_links(grid: Grid, phases: bool) -> Links:
    """The grid's streets; cars go the ways of `grid`, which are a millisecond quicker than others as short."""
    edges, nodes = len(grid.tail), len(grid.x_m)
    on_way = np.zeros(edges, bool)
    on_way[grid.next_edge[grid.next_edge >= 0]] = True
    axis = approach_phases(grid.tail, grid.head, np.ones(edges, bool), np.column_stack((grid.x_m, grid.y_m)))
    return assemble_links(
        RoadGraph.build(grid.tail, grid.head, np.full(edges, LINK_M), nodes),
        walk_s=np.full(edges, LINK_M / 1.11),
        walk_flow_per_s=np.full(edges, 3.6),
        walk_room=np.full(edges, 2400.0),
        area_m2=np.full(edges, 600.0),
        car_s=LINK_M / SPEED_M_S - 0.001 * on_way,
        car_flow_per_s=np.full(edges, FLOW_VEH_S),
        car_room=np.full(edges, np.floor(LINK_M / CAR_M)),
        phase=axis if phases else None,
    )


def _ours(grid: Grid, phases: bool) -> tuple[float, float, MovementOutcome]:
    """CPU seconds of building and of the run, and what it leaves."""
    start = time.process_time()
    cars, nodes, exits = len(grid.origin), len(grid.x_m), len(grid.exit_node)
    links = grid_links(grid, phases)
    doors = build_doors(grid.exit_node, np.zeros(exits), np.full(exits, cars), DoorTerms(cars, 0.0, 0.0))
    units = no_units(cars + exits)
    units.persons[:cars] = units.size[:cars] = 1
    units.mode[:cars] = CAR
    units.block[:cars], units.site[:cars] = grid.origin, grid.exit_of[grid.origin]
    count_reserved(units, cars, doors)
    routes = RouteTables(links, grid.exit_node, threads=1)
    movement = Movement(
        links, doors, routes, units, cars, MovementTerms(), END_S,
        block_node=np.arange(nodes, dtype=np.int32), block_access_ms=np.zeros(nodes, np.int32), first_order_s=0.0,
    )  # fmt: skip
    built = time.process_time()
    movement.leave(np.arange(cars, dtype=np.int32), grid.leaves_s)
    for now_s in np.arange(60.0, END_S + 1.0, 60.0):
        movement.advance(float(now_s))
    nobody = np.zeros(int(END_S / 60.0) + 1, np.int64)
    found = movement.outcome(nobody + cars, nobody)
    if found.balance_error:
        raise AssertionError(f"{found.balance_error} people lost or made")
    return built - start, time.process_time() - built, found


def main() -> None:
    for row in run():
        print(row)


if __name__ == "__main__":
    main()
