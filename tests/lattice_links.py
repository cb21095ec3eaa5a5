"""Small link sets of both modes, made by hand: for tests of routes and movement tables."""

from __future__ import annotations

import numpy as np

from shelters.graph import RoadGraph
from sim.movement.links import OPEN, Links, RoadWater
from sim.movement.units import GROUPS


def links_of(edges: list[tuple[int, int, int]], nodes: int, cars: np.ndarray | None = None) -> Links:
    """Edges (tail, head, ms on foot); by car a tenth of it. `cars` bool (edges,): where cars may go."""
    tail, head, ms = (np.array([edge[k] for edge in edges], np.int64) for k in range(3))
    graph = RoadGraph.build(tail, head, ms.astype(float), nodes)
    count = len(edges)
    room = np.full(2 * count, 1000, np.int32)
    if cars is not None:
        room[count:][~cars] = 0
    return Links(
        tail=np.tile(graph.tail, 2),
        head=np.tile(graph.head, 2),
        free_ms=np.concatenate((ms, np.maximum(1, ms // 10))).astype(np.int32),
        headway_us=np.full(2 * count, 1000, np.int32),
        storage=room,
        area_m2=np.full(count, 100.0, np.float32),
        phase=np.full(2 * count, -1, np.int8),
        out_first=graph.forward.first,
        out_edge=graph.forward.edge,
    )


def water_on(links: Links, closed: np.ndarray | None = None, slow: np.ndarray | None = None) -> RoadWater:
    """`closed` bool (links,); `slow` float (edges,): speed of everybody over dry speed."""
    edges = len(links.area_m2)
    share = np.ones(edges, np.float32) if slow is None else slow.astype(np.float32)
    state = np.full(2 * edges, OPEN, np.uint8)
    state[np.tile(share < 1.0, 2)] = 1
    if closed is not None:
        state[closed] = 2
    none = np.zeros(edges, np.float32)
    return RoadWater(state, np.tile(share, (len(GROUPS), 1)), share, none, none)
