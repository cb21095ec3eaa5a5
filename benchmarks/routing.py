"""500 sources on a road graph of 100,000 nodes: our bucket search beside scipy's Dijkstra, in CPU seconds.

Both run on one thread, in batches of 50 sources, in the same process and by turns, so that load from elsewhere
touches both. Every distance is compared: they must be equal.
"""

from __future__ import annotations

import time

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.lattice import lattice_town
from shelters import shortest_path_trees, shortest_times
from shelters.paths import FAR, to_ticks

BATCH = 50
GOAL_SHARE = 0.5  # of scipy's CPU time
RADIUS_S = 900.0


def run(sources: int = 500, side: int = 317) -> list[dict[str, object]]:
    """One row per method: CPU seconds and share of scipy's."""
    town = lattice_town(side=side, blocks=100, sites=sources)
    graph, forward = town.graph, town.graph.forward
    ticks = to_ticks(town.edge_time_s)[forward.edge].astype(float)
    matrix = csr_array((ticks, forward.target, forward.first.astype(np.int32)), (graph.nodes, graph.nodes))
    shortest_path_trees(graph, town.edge_time_s, town.site_node[:1], threads=1)  # compile
    cpu = dict.fromkeys(("scipy", "ours", "trees", "radius"), 0.0)
    for start in range(0, sources, BATCH):
        some = town.site_node[start : start + BATCH]
        reference, cpu["scipy"] = _timed(cpu["scipy"], lambda some=some: dijkstra(matrix, indices=some))
        ours, cpu["ours"] = _timed(
            cpu["ours"], lambda some=some: shortest_times(graph, town.edge_time_s, some, threads=1)
        )
        if not np.array_equal(ours, np.where(np.isinf(reference), FAR, reference)):
            raise AssertionError("distances differ from scipy's")
        _, cpu["trees"] = _timed(
            cpu["trees"], lambda some=some: shortest_path_trees(graph, town.edge_time_s, some, threads=1)
        )
        _, cpu["radius"] = _timed(
            cpu["radius"], lambda some=some: shortest_times(graph, town.edge_time_s, some, RADIUS_S, threads=1)
        )
    names = {
        "scipy": "scipy csgraph.dijkstra",
        "ours": "rongan shortest_times",
        "trees": "rongan shortest_path_trees (times and next edges)",
        "radius": f"rongan shortest_times within {RADIUS_S:.0f} s",
    }
    return [
        {
            "case": f"{sources} sources, {graph.nodes} nodes, {graph.edges} edges",
            "method": names[key],
            "cpu_s": round(seconds, 3),
            "share_of_scipy": round(seconds / cpu["scipy"], 3),
            "goal": f"<= {GOAL_SHARE}" if key == "ours" else "",
        }
        for key, seconds in cpu.items()
    ]


def _timed(so_far, call):  # type: ignore[no-untyped-def]
    start = time.process_time()
    result = call()
    return result, so_far + time.process_time() - start


def main() -> None:
    for row in run():
        print(f"{row['method']:52} {row['cpu_s']:8} s  {row['share_of_scipy']:6} of scipy  {row['goal']}")


if __name__ == "__main__":
    main()
