"""Where vehicles and crews can go on the roads of the moment, and how long it takes them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shelters.graph import RoadGraph, snap_points
from shelters.paths import FAR, NO_EDGE, shortest_path_trees, shortest_times
from sim.command.setup import RoadNet
from sim.command_rules import CommandTerms
from sim.movement.links import CLOSED, Links, RoadWater
from sim.movement.units import ADULT

_KEPT_BYTES = 48_000_000  # of search results between two changes of the water
_BYTES_PER_NODE = 8


def driving_times(
    graph: RoadGraph, links: Links, water: RoadWater, terms: CommandTerms, boats: bool = False
) -> np.ndarray:
    """Time (s) of each edge for a vehicle without a queue before it, float64 (edges,); infinite where none passes.

    By car where cars may go and the water does not close the road; crews walk on ways without cars, as far as the water
    lets anybody walk. With `boats` (rescue crews) a stretch that is closed but deep enough to float on is passed at the
    boat's speed, up to the working flow of trained crews. A dry stretch that is closed stays closed to all.
    """
    edges = graph.edges
    car_free_s = links.free_ms[edges:] / 1000.0
    for_cars = links.storage[edges:] > 0
    drives = for_cars & (water.open[edges:] != CLOSED) & (water.car_slow > 0.0)
    walk_slow = water.walk_slow[ADULT]
    walks = ~for_cars & (water.open[:edges] != CLOSED) & (walk_slow > 0.0)
    time = np.full(edges, np.inf)
    np.divide(car_free_s, water.car_slow, out=time, where=drives)
    time[walks] = graph.length_m[walks] / (terms.crew_walk_speed_m_s * walk_slow[walks].astype(np.float64))
    if boats:
        floats = (water.depth_m >= terms.boat_from_depth_m) & ~drives & ~walks
        floats &= water.depth_speed_m2_s <= terms.boat_max_depth_speed_m2_s
        time[floats] = graph.length_m[floats] / terms.boat_speed_m_s
    return time


def post_nodes(roads: RoadNet, posts: pd.DataFrame) -> np.ndarray:
    """The crossing nearest to each post (rows of TEAMS) among those that cars can come to; int32 (posts,)."""
    edges = roads.graph.edges
    for_cars = roads.links.storage[edges:] > 0
    crossings = np.union1d(roads.graph.tail[for_cars], roads.graph.head[for_cars])
    if not len(crossings):
        crossings = np.arange(roads.graph.nodes)
    x, y = posts["x_m"].to_numpy(float), posts["y_m"].to_numpy(float)
    nearest, _ = snap_points(roads.node_x_m[crossings], roads.node_y_m[crossings], x, y)
    return crossings[nearest].astype(np.int32)


class Driving:
    """Quickest ways on the roads as last told to `set_water`, without queues; searches are kept until the next change.

    `boats` in each call: whether a crew takes to its boat where the road is under water.
    """

    def __init__(self, graph: RoadGraph, links: Links, terms: CommandTerms, water: RoadWater) -> None:
        self._graph, self._links, self._terms = graph, links, terms
        self._most = max(8, _KEPT_BYTES // (_BYTES_PER_NODE * max(graph.nodes, 1)))
        self.version = -1
        self.set_water(water)

    def set_water(self, water: RoadWater) -> None:
        """The roads as they are from now on."""
        self._edge_s = [
            driving_times(self._graph, self._links, water, self._terms, boats).copy() for boats in (False, True)
        ]
        self._trees: dict[tuple[int, bool], tuple[np.ndarray, np.ndarray]] = {}
        self._times: dict[tuple[int, bool], np.ndarray] = {}
        self.version += 1

    def edge_s(self, edge: int, boats: bool = False) -> float:
        """Time of one edge (s), infinite where it is closed."""
        return float(self._edge_s[boats][edge])

    def step(self, node: int, goal: int, boats: bool = False) -> int:
        """The edge to take at `node` on the quickest way to `goal`; NO_EDGE where there is none, or it is there."""
        return int(self._tree(goal, boats)[1][node])

    def towards(self, goal: int, boats: bool = False) -> np.ndarray:
        """Time (ms, int32 (nodes,)) from every node to `goal`; FAR where no way is open."""
        return self._tree(goal, boats)[0]

    def times_from(self, node: int, boats: bool = False) -> np.ndarray:
        """Time (ms, int32 (nodes,)) from `node` to every node; FAR where no way is open."""
        key = (node, boats)
        if key not in self._times:
            found = shortest_times(self._graph, self._edge_s[boats], np.array([node]), threads=1)[0]
            _keep(self._times, key, found, self._most)
        return self._times[key]

    def _tree(self, goal: int, boats: bool) -> tuple[np.ndarray, np.ndarray]:
        key = (goal, boats)
        if key not in self._trees:
            trees = shortest_path_trees(self._graph, self._edge_s[boats], np.array([goal]), threads=1)
            _keep(self._trees, key, (trees.time_ms[0], trees.next_edge[0]), self._most)
        return self._trees[key]


def _keep(kept: dict, key: tuple[int, bool], value: object, most: int) -> None:
    """Put a result into a dictionary of at most `most`; the one made first goes."""
    if len(kept) >= most:
        del kept[next(iter(kept))]
    kept[key] = value


__all__ = ["FAR", "NO_EDGE", "Driving", "driving_times", "post_nodes"]
