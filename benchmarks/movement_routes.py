"""Next-hop tables on a road graph of 100,000 nodes and 500 sites: whole, within a radius, and after the water rose.

CPU seconds of one process. Sampled ways are walked and compared with the times of `shortest_times`, which the
routing benchmark holds against scipy: they must be equal to the millisecond.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.lattice import Town, lattice_town
from shelters.paths import shortest_times
from sim.movement.links import ARRIVED, CLOSED, LEFT_WITH, TOLD, Links, RoadWater
from sim.movement.routes import RouteTables, route_ms
from sim.movement.units import GROUPS

RADIUS_S = 900.0
CLOSED_SHARE = 0.02  # of the roads, in one part of the town, at a bulletin
GOALS = {"whole": 4.0, "radius": 0.3, "bulletin": 1.0}


def town_links(town: Town) -> Links:
    """The town's edges once on foot and once by car, both at the town's times."""
    graph, ms = town.graph, np.rint(town.edge_time_s * 1000.0).astype(np.int32)
    edges = graph.edges
    return Links(
        np.tile(graph.tail, 2), np.tile(graph.head, 2), np.tile(ms, 2), np.full(2 * edges, 1000, np.int32),
        np.full(2 * edges, 100, np.int32), np.full(edges, 600.0, np.float32), np.full(2 * edges, -1, np.int8),
        graph.forward.first, graph.forward.edge,
    )  # fmt: skip


def flooded(town: Town) -> RoadWater:
    """Roads closed along a band across the town, `CLOSED_SHARE` of them."""
    graph = town.graph
    across = np.abs(town.y_m[graph.tail] - np.median(town.y_m))
    closed = across <= np.quantile(across, CLOSED_SHARE)
    state = np.where(np.tile(closed, 2), CLOSED, 0).astype(np.uint8)
    share = np.where(closed, 0.0, 1.0).astype(np.float32)
    return RoadWater(state, np.tile(share, (len(GROUPS), 1)), share, 1.0 - share, 1.0 - share)


def run(sites: int = 500, side: int = 317) -> list[dict[str, object]]:
    """One row per task: CPU seconds and trees searched."""
    town = lattice_town(side=side, sites=sites)
    links = town_links(town)
    every = np.arange(sites)
    warm = RouteTables(links, town.site_node[:1], threads=1)
    warm.prepare(LEFT_WITH, False, np.zeros(1), np.array([0]))
    warm.told(flooded(town))
    rng = np.random.default_rng(1)
    start_node = town.block_node
    bound_for = _near(town, rng)
    rows: list[dict[str, object]] = []
    for name, seconds in (("whole", np.inf), ("radius", RADIUS_S)):
        tables = RouteTables(links, town.site_node, threads=1)
        clock = time.process_time()
        tables.prepare(LEFT_WITH, False, every, None, seconds)
        rows.append(_row(name, clock, tables.searches, sites))
        if name == "whole":
            _check(town, links, tables)
    tables = RouteTables(links, town.site_node, threads=1)
    clock = time.process_time()
    tables.prepare(TOLD, False, bound_for, start_node)
    rows.append(_row("people", clock, tables.searches, sites))
    before, clock = tables.searches, time.process_time()
    water = flooded(town)
    dropped = tables.told(water)
    tables.answer(bound_for, np.zeros(len(bound_for), bool), start_node)
    rows.append(_row("bulletin", clock, tables.searches - before, sites) | {"dropped": dropped})
    return rows


def _near(town: Town, rng: np.random.Generator) -> np.ndarray:
    """A site for every block: one of the five with the least time from it."""
    times = shortest_times(town.graph, town.edge_time_s, town.site_node, 1800.0, towards=True, threads=1)
    five = np.argsort(times[:, town.block_node], axis=0, kind="stable")[:5]
    return five[rng.integers(0, 5, len(town.block_node)), np.arange(len(town.block_node))]


def _check(town: Town, links: Links, tables: RouteTables, samples: int = 200) -> None:
    rng = np.random.default_rng(2)
    ms = route_ms(links, None)
    some = rng.choice(len(town.site_node), 5, replace=False)
    times = shortest_times(town.graph, ms[: town.graph.edges] / 1000.0, town.site_node[some], towards=True, threads=1)
    ways = tables.ways
    for number, site in enumerate(some):
        for start in rng.integers(0, town.graph.nodes, samples):
            node, total = int(start), 0
            while (place := ways.slot[ways.row[LEFT_WITH, 0, site], node]) < ARRIVED:
                edge = links.out_edge[links.out_first[node] + place]
                total, node = total + int(ms[edge]), int(links.head[edge])
            if place != ARRIVED or total != times[number, start]:
                raise AssertionError(f"way from node {start} to site {site}: {total} ms, not {times[number, start]}")


def _row(name: str, clock: float, searches: int, sites: int) -> dict[str, object]:
    cpu = time.process_time() - clock
    return {
        "task": name, "sites": sites, "searches": searches, "cpu_s": round(cpu, 3), "goal_s": GOALS.get(name, ""),
    }  # fmt: skip


def main() -> None:
    for row in run():
        print("  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
