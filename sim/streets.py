"""The roads of a drill as people walk them: where blocks and sites meet them, and walking times as the water stands."""

from __future__ import annotations

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
    assert city.roads is not None
    assert city.people is not None
    assert city.shelters is not None
    nodes, edges = city.roads.nodes, city.roads.edges
    length = edges["length_m"].to_numpy(float)
    graph = RoadGraph.build(edges["tail"].to_numpy(), edges["head"].to_numpy(), length, len(nodes))
    walking = walk_rules(rules)
    x, y = nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float)
    detour = rules.number("evacuation.access_detour")
    block_node, to_road = snap_points(x, y, *_places(city.people))
    site_node, to_site = snap_points(x, y, *_places(city.shelters))
    times = [walking_times(length, d, v, walking) for d, v in zip(watch.edge_depth, watch.edge_speed, strict=True)]
    return Streets(
        graph, block_node, to_road * detour, site_node, to_site * detour, walking.dry_speed_m_s, np.stack(times)
    )


def _places(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    return frame["x_m"].to_numpy(float), frame["y_m"].to_numpy(float)
