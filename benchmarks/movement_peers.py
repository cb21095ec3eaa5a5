"""The common grid case by SUMO's mesoscopic engine or by UXsim's C++ engine, for an interpreter that has them.

PYTHON -m benchmarks.movement_peers sumo|sumo_free|uxsim [CARS] -> one line of JSON: CPU seconds of building and of the
run, cars arrived, teleports, mean trip. SUMO gets the routes that our cars take ("sumo": limited junction control,
"sumo_free": none); UXsim chooses its own, cars going by fives.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from benchmarks.grid_case import CARS, END_S, LANES, LINK_M, SPEED_M_S, Grid, grid_case

CAR_M = 7.5  # of lane that a standing car takes
FLOW_VEH_S = 0.5  # per lane: 1,800 an hour


def cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def by_sumo(grid: Grid, folder: Path, limited: bool) -> dict[str, object]:
    import sumo

    programs = Path(sumo.SUMO_HOME) / "bin"
    start = cpu_s()
    _write_sumo(grid, folder)
    files = ["-n", "n.nod.xml", "-e", "e.edg.xml", "-o", "net.xml"]
    subprocess.run([programs / "netconvert", *files, "--no-turnarounds"], cwd=folder, check=True, capture_output=True)
    built = cpu_s()
    options = ["-n", "net.xml", "-r", "cars.rou.xml", "-e", str(int(END_S)), "--mesosim", "--no-step-log"]
    options += ["--meso-junction-control.limited" if limited else "--meso-junction-control=false"]
    options += ["--statistic-output", "statistics.xml", "--duration-log.statistics", "--no-warnings"]
    subprocess.run([programs / "sumo", *options], cwd=folder, check=True, capture_output=True)
    found = ElementTree.parse(folder / "statistics.xml").getroot()
    vehicles, trips = found.find("vehicles"), found.find("vehicleTripStatistics")
    assert vehicles is not None
    assert trips is not None
    still = int(vehicles.attrib["running"]) + int(vehicles.attrib["waiting"])
    return {
        "build_cpu_s": round(built - start, 1),
        "run_cpu_s": round(cpu_s() - built, 1),
        "arrived": len(grid.origin) - still,
        "teleports": int(found.find("teleports").attrib["total"]),  # type: ignore[union-attr]
        "mean_trip_s": round(float(trips.attrib["duration"]) + float(trips.attrib["departDelay"])),
    }


def _write_sumo(grid: Grid, folder: Path) -> None:
    nodes = [f'<node id="{v}" x="{x}" y="{y}"/>' for v, (x, y) in enumerate(zip(grid.x_m, grid.y_m, strict=True))]
    edges = [
        f'<edge id="{e}" from="{a}" to="{b}" numLanes="{LANES}" speed="{SPEED_M_S}" length="{LINK_M}"/>'
        for e, (a, b) in enumerate(zip(grid.tail, grid.head, strict=True))
    ]
    routes = [f'<route id="{v}" edges="{" ".join(map(str, grid.route(int(v))))}"/>' for v in sorted(set(grid.origin))]
    cars = [
        f'<vehicle id="{i}" route="{v}" depart="{t:.2f}" departSpeed="max"/>'
        for i, (v, t) in enumerate(zip(grid.origin, grid.leaves_s, strict=True))
    ]
    for name, tag, rows in (("n.nod.xml", "nodes", nodes), ("e.edg.xml", "edges", edges)):
        (folder / name).write_text(f"<{tag}>\n" + "\n".join(rows) + f"\n</{tag}>\n")
    (folder / "cars.rou.xml").write_text("<routes>\n" + "\n".join(routes + cars) + "\n</routes>\n")


def by_uxsim(grid: Grid) -> dict[str, object]:
    from uxsim import World

    start = cpu_s()
    jam = 1.0 / CAR_M
    wave = FLOW_VEH_S * SPEED_M_S / (SPEED_M_S * jam - FLOW_VEH_S)  # of the triangular diagram with that capacity
    world = World(
        deltan=5, reaction_time=CAR_M / wave, tmax=END_S, print_mode=0, save_mode=0, random_seed=1, cpp=True
    )  # fmt: skip
    for v, (x, y) in enumerate(zip(grid.x_m, grid.y_m, strict=True)):
        world.addNode(str(v), float(x), float(y))
    for e, (a, b) in enumerate(zip(grid.tail, grid.head, strict=True)):
        world.addLink(str(e), str(a), str(b), length=LINK_M, free_flow_speed=SPEED_M_S, jam_density=jam)
    for origin, leaves in list(zip(grid.origin, grid.leaves_s, strict=True))[::5]:  # one of five stands for all
        world.addVehicle(str(origin), str(grid.exit_node[grid.exit_of[origin]]), float(leaves))
    built = cpu_s()
    world.exec_simulation()
    run = cpu_s()
    world.analyzer.basic_analysis()
    return {
        "build_cpu_s": round(built - start, 1),
        "run_cpu_s": round(run - built, 1),
        "arrived": int(world.analyzer.trip_completed),
        "teleports": 0,
        "mean_trip_s": round(float(world.analyzer.average_travel_time)),
    }


def main() -> None:
    """Run one and print."""
    method = sys.argv[1]
    grid = grid_case(cars=int(sys.argv[2]) if len(sys.argv) > 2 else CARS)
    with tempfile.TemporaryDirectory() as folder:
        found = by_uxsim(grid) if method == "uxsim" else by_sumo(grid, Path(folder), method == "sumo")
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({"engine": method, **found, "peak_mib": round(peak / 1024)}))


if __name__ == "__main__":
    main()
