"""Roads as people walk them: where homes and doors meet them, and walking times as the water stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from data.rules_file import Rules
from data.schema import City
from shelters.graph import RoadGraph, snap_points
from shelters.passability import walking_times
from sim.flood_watch import FloodWatch
from sim.rulebook import walk_rules


@dataclass(frozen=True)
class Places:
    """Where points meet the roads; arrays of shape (points,)."""

    node: np.ndarray  # int32
    access_m: np.ndarray  # float64, along lanes to the road


@dataclass(frozen=True)
class Streets:
    """The road graph and where blocks and sites meet it; walking times per watch step."""

    graph: RoadGraph
    block_node: np.ndarray  # int32 (blocks,)
    block_access_m: np.ndarray  # float64 (blocks,): along lanes from home to the road
    site_node: np.ndarray
    site_access_m: np.ndarray
    lane_speed_m_s: float  # on those lanes
    walk_time_s: np.ndarray  # float64 (steps, edges), inf = closed

    @property
    def block_access_s(self) -> np.ndarray:
        """Walking time from home to the road (s), shape (blocks,)."""
        return self.block_access_m / self.lane_speed_m_s

    @property
    def site_access_s(self) -> np.ndarray:
        """Walking time from the road to the door (s), shape (sites,)."""
        return self.site_access_m / self.lane_speed_m_s

    @cached_property
    def closed(self) -> np.ndarray:
        """Edges that walkers cannot pass, bool (steps, edges)."""
        return np.isinf(self.walk_time_s)


def lay_streets(city: City, watch: FloodWatch, rules: Rules) -> Streets:
    """Snap blocks and sites to the roads and turn the water on every edge into walking times."""
    assert city.people is not None
    assert city.shelters is not None
    graph = road_graph(city)
    home, door = snap(city, city.people, rules), snap(city, city.shelters, rules)
    times = flooded_times(graph, watch.edge_depth, watch.edge_speed, watch.edge_depth_speed, rules)
    lane_speed = walk_rules(rules).dry_speed_m_s
    return Streets(graph, home.node, home.access_m, door.node, door.access_m, lane_speed, times)


def road_graph(city: City) -> RoadGraph:
    """The roads of the city as a graph."""
    assert city.roads is not None
    nodes, edges = city.roads.nodes, city.roads.edges
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    return RoadGraph.build(tail, head, edges["length_m"].to_numpy(float), len(nodes))


def snap(city: City, points: pd.DataFrame, rules: Rules) -> Places:
    """Where points (columns x_m, y_m) meet the roads of the city."""
    assert city.roads is not None
    nodes = city.roads.nodes
    node, straight = snap_points(*_xy(nodes), *_xy(points))
    return Places(node, straight * rules.number("evacuation.access_detour"))


def flooded_times(
    graph: RoadGraph,
    edge_depth: Iterable[np.ndarray],
    edge_speed: Iterable[np.ndarray],
    edge_depth_speed: Iterable[np.ndarray],
    rules: Rules,
) -> np.ndarray:
    """Walking time of each edge (s, float64 (steps, edges), inf: closed) by the water on it, step by step."""
    walking = walk_rules(rules)
    water = zip(edge_depth, edge_speed, edge_depth_speed, strict=True)
    return np.stack([walking_times(graph.length_m, d, v, walking, dv) for d, v, dv in water])


def _xy(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return points["x_m"].to_numpy(float), points["y_m"].to_numpy(float)
