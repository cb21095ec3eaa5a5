"""A hundred replicates of a drill of a million units: CPU seconds of one, of building it, and what a hundred take."""

from __future__ import annotations

import resource
import time

import numpy as np

from benchmarks.lattice import lattice_town
from benchmarks.movement import END_S, road_frame, water_of
from data.rules_file import load_rules
from data.units import s_to_minutes
from shelters import RoadTravel, allocate
from sim.behaviour.people import PeopleShares
from sim.behaviour_rules import behaviour, rumour_curve
from sim.command.places import Places
from sim.command.script import Order
from sim.command.setup import Blocks, DrillSetup, GivenOrder, PlanRows, RoadNet, Sites
from sim.door_rules import door_terms
from sim.movement.build_links import build_links
from sim.movement.terms import MovementTerms
from sim.replicates import run_replicates
from sim.scenario import Scenario
from sim.stability_rules import harm_limits

AREA = "510100"
GOAL_MIN, GOAL_RUNS = 10.0, 100


def run(runs: int = 4, workers: int = 2) -> list[dict[str, object]]:
    """Wall and CPU seconds of `runs` replicates side by side, compiled before, and what a hundred take at that pace."""
    run_replicates(setup(side=60, blocks=200, sites=20), 1, workers=1)  # compile
    drill = setup()
    used, start = _cpu_s(), time.perf_counter()
    found = run_replicates(drill, runs, workers=workers).table
    wall_s, cpu_s = time.perf_counter() - start, _cpu_s() - used
    return [
        {
            "case": f"{drill.plan.persons.sum() / 1e6:.0f} million people by tens, 8 h, flooded",
            "runs": runs,
            "processes": workers,
            "wall_s": round(wall_s, 1),
            "cpu_s": round(cpu_s, 1),
            f"{GOAL_RUNS}_runs_cpu_min_on_two": round(s_to_minutes(cpu_s / runs * GOAL_RUNS / 2), 1),
            "goal": f"{GOAL_RUNS} in <= {GOAL_MIN:g} min",
            "arrived": f"{found['arrived'].min():,} to {found['arrived'].max():,}",
            "t90_min": f"{found['t90_min'].min():.1f} to {found['t90_min'].max():.1f}",
        }
    ]


def setup(side: int = 317, blocks: int = 20_000, sites: int = 500, seed: int = 1) -> DrillSetup:
    """Everybody on the lattice is told to leave at once and goes by the plan; half by car, no teams."""
    town, rules, terms = lattice_town(side, blocks, sites), load_rules(), MovementTerms()
    still = np.zeros(blocks), np.zeros(sites)
    travel = RoadTravel(town.graph, town.edge_time_s, town.block_node, still[0], town.site_node, still[1])
    plan = allocate(town.people, travel, town.capacity)
    share = dict.fromkeys(("elder", "child", "impaired", "assisted", "bus", "shadow"), np.zeros(blocks))
    ids = tuple(f"S{k}" for k in range(sites))
    xy = np.column_stack((town.x_m, town.y_m))
    links = build_links(town.graph, road_frame(town), xy, terms)
    return DrillSetup(
        roads=RoadNet(town.graph, links, water_of(town, terms, True), town.x_m, town.y_m, town.x_m, town.y_m),
        blocks=Blocks(
            ids=tuple(map(str, range(blocks))),
            area=np.full(blocks, AREA, object),
            node=town.block_node.astype(np.int32),
            access_s=np.full(blocks, 60.0),
            people=town.people,
            warned_s=np.full(blocks, np.inf),
        ),
        sites=Sites(
            ids=ids,
            node=town.site_node.astype(np.int32),
            access_s=still[1],
            capacity=town.capacity,
            closed_at_s=np.full(sites, np.inf),
            opens_at_s=still[1],
            price_ms=still[1].astype(np.int64) if plan.price_ms is None else plan.price_ms,
            dark=np.zeros(sites, bool),
        ),
        plan=PlanRows(plan.block.astype(np.int32), plan.site.astype(np.int32), plan.persons),
        places=Places({AREA: np.arange(blocks)}, {name: k for k, name in enumerate(ids)}, {}, {}),
        people=PeopleShares(**share, car=np.full(blocks, 0.5), compliance=np.ones(blocks)),
        behaviour=behaviour(Scenario(), rules),
        rumour=rumour_curve(rules),
        movement=terms,
        doors=door_terms(rules),
        harm=harm_limits(rules),
        platoon=10,
        orders=(GivenOrder(Order("all", "leave", 0.0, (AREA,)), "script"),),
        until_s=END_S,
        seed=seed,
    )


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    for row in run():
        print(row)


if __name__ == "__main__":
    main()
