"""A million units and more on a road graph of 100,000 nodes while streets flood and dry: CPU seconds and memory.

Everything is on: water on a tenth of the roads in steps of five minutes, closing and slowing them, turning people back
and catching them; bulletins every quarter of an hour; check-in desks and overflow at the shelters; junctions.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from benchmarks.lattice import Town, lattice_town
from data.rules_file import load_rules
from shelters import RoadTravel, allocate
from sim.behaviour.draws import uniform
from sim.departure import Rayleigh
from sim.door_rules import door_terms
from sim.movement.build_links import build_links
from sim.movement.doors import build_doors, count_reserved
from sim.movement.engine import Movement
from sim.movement.road_water import RoadEpochs
from sim.movement.routes import RouteTables
from sim.movement.terms import MovementTerms
from sim.movement.units import ADULT, CAR, CHILD, ELDER, WALK, Units, no_units
from sim.stability_rules import drive_rules, group_walk_rules, harm_limits

END_S, STEP_S, EPOCH_S, BULLETIN_S = 8 * 3600.0, 60.0, 300.0, 900.0
SIGMA_S = 1800.0  # of departures
ACCESS_MS = 60_000
CASES: dict[str, tuple[int, int, float, str]] = {  # persons of a unit, sites, share by car, goal
    "1 M cars, 500 shelters": (10, 500, 1.0, "<= 5 s"),
    "1 M units, half on foot": (10, 500, 0.5, "<= 5 s"),
    "20 M people by fours, 1,000 shelters": (4, 1000, 0.3, "<= 60 s, < 2 GB"),
}


def run() -> list[dict[str, object]]:
    """One row per case, dry and flooded, each in a process of its own for its memory."""
    rows = []
    for name, (_, _, _, goal) in CASES.items():
        for water in ("dry", "flooded"):
            command = [sys.executable, "-m", "benchmarks.movement", name, water]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            rows.append({"case": name, "water": water, "goal": goal, **json.loads(answer.stdout)})
    return rows


def measure(name: str, flooded: bool, side: int = 317, blocks: int = 20_000) -> dict[str, object]:
    """CPU seconds of the plan, of building and of the run; people at the end; peak memory."""
    persons, sites, by_car, _ = CASES[name]
    town = lattice_town(side, blocks, sites)
    if persons == 4:
        town.people[:] *= 2
        town.capacity[:] *= 2
    rules, terms = load_rules(), MovementTerms()
    start = time.process_time()
    still = np.zeros(blocks), np.zeros(sites)
    travel = RoadTravel(town.graph, town.edge_time_s, town.block_node, still[0], town.site_node, still[1])
    plan = allocate(town.people, travel, town.capacity)
    planned = time.process_time()
    links = build_links(town.graph, road_frame(town), np.column_stack((town.x_m, town.y_m)), terms)
    epochs = water_of(town, terms, flooded)
    doors = build_doors(town.site_node, np.zeros(sites), town.capacity, door_terms(rules), price_ms=plan.price_ms)
    units, count = _units(plan.block, plan.site, plan.persons, persons, by_car, sites)
    count_reserved(units, count, doors)
    movement = Movement(
        links, doors, RouteTables(links, town.site_node, threads=1), units, count, terms, END_S,
        block_node=town.block_node.astype(np.int32), block_access_ms=np.full(blocks, ACCESS_MS, np.int32),
        first_order_s=0.0, harm=harm_limits(rules), seed=1,
    )  # fmt: skip
    movement.leave(np.arange(count, dtype=np.int32), Rayleigh(SIGMA_S).delay(uniform(1, "prepared", np.arange(count))))
    built = time.process_time()
    for now_s in np.arange(0.0, END_S, STEP_S):
        if now_s % EPOCH_S == 0.0:
            movement.set_water(epochs.at(epochs.index_at(now_s)))
        if now_s % BULLETIN_S == 0.0:
            movement.bulletin()
        movement.advance(float(now_s + STEP_S))
    done = time.process_time()
    nobody = np.zeros(int(END_S / STEP_S) + 1, np.int64)
    found = movement.outcome(nobody + int(plan.persons.sum()), nobody)
    if found.balance_error:
        raise AssertionError(f"{found.balance_error} people lost or made")
    return {
        "units": found.unit_count,
        "people": int(plan.persons.sum()),
        "plan_cpu_s": round(planned - start, 2),
        "build_cpu_s": round(built - planned, 2),
        "run_cpu_s": round(done - built, 2),
        "million_moves": round(found.link_moves / 1e6, 1),
        "moves_per_cpu_s": f"{found.link_moves / (done - built) / 1e6:.1f} M",
        **{state: found.final(state) for state in ("sheltered", "moving", "at_door", "stranded", "turned_away")},
        "caught": found.caught + found.stalled,
        "peak_mib": _peak_mib(),
    }


def _peak_mib() -> int:
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def road_frame(town: Town) -> pd.DataFrame:
    """One lane; the quicker fifth of the streets are main roads."""
    speed = town.graph.length_m / town.edge_time_s
    return pd.DataFrame(
        {"lanes": 1.0, "speed_m_s": speed, "road_class": np.where(speed > 10.0, "primary", "residential")}
    )


def water_of(town: Town, terms: MovementTerms, flooded: bool) -> RoadEpochs:
    """Thirty basins 3 km wide, up to 0.9 m deep in the middle, that fill in an hour and drain in four."""
    rules = load_rules()
    walk, drive = group_walk_rules(rules, terms.group_speed), drive_rules(rules)
    free = town.graph.length_m / town.edge_time_s
    if not flooded:
        return RoadEpochs.dry(free, walk, drive)
    rng = np.random.default_rng(2)
    x, y = town.x_m[town.graph.tail], town.y_m[town.graph.tail]
    bed = np.full(len(x), -1.0)
    for _ in range(30):
        middle = rng.uniform(0.0, town.x_m.max()), rng.uniform(0.0, town.y_m.max())
        bed = np.maximum(bed, 0.9 * (1.0 - np.hypot(x - middle[0], y - middle[1]) / 1500.0))
    time_s = np.arange(0.0, 5 * 3600.0 + 1.0, EPOCH_S)
    level = np.interp(time_s, [0.0, 3600.0, 5 * 3600.0], [0.0, 0.9, 0.0])
    depth = [np.maximum(0.0, bed - 0.9 + at).astype(np.float32) for at in level]
    speed = [np.where(row > 0.0, 0.5, 0.0).astype(np.float32) for row in depth]
    return RoadEpochs.build(time_s, depth, speed, [d * v for d, v in zip(depth, speed, strict=True)], free, walk, drive)


def _units(
    block: np.ndarray, site: np.ndarray, persons: np.ndarray, platoon: int, by_car: float, splits: int
) -> tuple[Units, int]:
    """Units of `platoon` people and what is left of each row of the plan; a car for each unit of those by car."""
    whole = -(-persons // platoon)
    row = np.repeat(np.arange(len(block)), whole)
    count = len(row)
    last = np.cumsum(whole) - 1
    units = no_units(int(count * 1.02) + 4 * splits)
    units.block[:count], units.site[:count] = block[row], site[row]
    units.persons[:count] = platoon
    units.persons[last] = persons - platoon * (whole - 1)
    drives = uniform(1, "mode", np.arange(count)) < by_car
    units.mode[:count] = np.where(drives, CAR, WALK)
    units.size[:count] = np.where(drives, 1, units.persons[:count])
    units.group[:count] = np.array((ADULT, ADULT, CHILD, ELDER))[np.arange(count) % 4]
    return units, count


def main() -> None:
    """Print all rows, or measure one case: NAME dry|flooded."""
    if len(sys.argv) == 3:
        measure(sys.argv[1], sys.argv[2] == "flooded", side=60, blocks=200)  # compile
        print(json.dumps(measure(sys.argv[1], sys.argv[2] == "flooded")))
        return
    for row in run():
        print(row)


if __name__ == "__main__":
    main()
