"""Small road networks and evacuation tasks for the movement tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from shelters.graph import RoadGraph
from sim.departure import DelayCurve, Rayleigh, Uniform
from sim.evacuation import EvacuationInput, EvacuationRules

WALK_M_S = 1.25  # exact in binary, so walking times are exact


def both_ways(roads: list[tuple[int, int, float]]) -> RoadGraph:
    """Roads (node, node, metres), each as two edges: road i is edge i there and edge len + i back."""
    a, b, length = (np.array(part) for part in zip(*roads, strict=True))
    return RoadGraph.build(np.concatenate((a, b)), np.concatenate((b, a)), np.concatenate((length, length)))


def at_once(first_s: float = 0.0) -> DelayCurve:
    """Everybody leaves in the first departure bin after `first_s`."""
    return Uniform(first_s, first_s + 0.5)


def walking(graph: RoadGraph, epochs: int = 1, speed_m_s: float = WALK_M_S) -> np.ndarray:
    return np.tile(graph.length_m / speed_m_s, (epochs, 1))


def task(graph: RoadGraph, edge_time_s: np.ndarray, **given: Any) -> EvacuationInput:
    """A task with plain defaults: one block at node 0, one roomy site at the last node, everybody leaves at 0.5 s."""
    blocks = len(given.get("block_node", [0]))
    sites = len(given.get("site_node", [0]))
    rules: dict[str, Any] = {"curve": at_once(), "compliance": 1.0, "departure_bin_s": 1.0, "record_s": 1.0}
    rules.update(given.pop("rules", {}))
    values: dict[str, Any] = {
        "graph": graph,
        "epoch_s": np.array([0.0]),
        "edge_walk_time_s": edge_time_s,
        "block_node": np.array([0]),
        "block_access_s": np.zeros(blocks),
        "order_time_s": np.zeros(blocks),
        "site_node": np.array([graph.nodes - 1]),
        "site_access_s": np.zeros(sites),
        "site_capacity": np.full(sites, 10**6),
        "site_closed_at_s": np.full(sites, np.inf),
        "assigned_block": np.array([0]),
        "assigned_site": np.array([0]),
        "assigned_persons": np.array([100]),
        "rules": EvacuationRules(**rules),
        "until_s": 3600.0,
    }
    return EvacuationInput(**(values | given))


def lattice(side: int, generator: np.random.Generator, length_m: float = 100.0) -> RoadGraph:
    """A square lattice of streets with unequal lengths."""
    index = np.arange(side * side).reshape(side, side)
    across = zip(index[:, :-1].ravel(), index[:, 1:].ravel(), strict=True)
    down = zip(index[:-1].ravel(), index[1:].ravel(), strict=True)
    return both_ways([(int(a), int(b), length_m * generator.uniform(0.8, 1.2)) for a, b in (*across, *down)])


def random_task(
    generator: np.random.Generator, *, side: int = 8, blocks: int = 12, sites: int = 5, **given: Any
) -> EvacuationInput:
    """Streets that close and reopen at random, sites too small or closing, refusals: all that can go wrong."""
    graph = lattice(side, generator)
    epochs = 4
    times = walking(graph, epochs).astype(np.float32)
    roads = graph.edges // 2
    for epoch in range(epochs):
        water = generator.random(roads)
        both = np.concatenate((water, water))
        times[epoch, both < 0.25] *= 2.0
        times[epoch, both < generator.uniform(0.0, 0.6)] = np.inf
    rows = blocks * 2
    rules = {
        "curve": Rayleigh(300.0),
        "compliance": float(generator.uniform(0.5, 1.0)),
        "departure_bin_s": 30.0,
        "record_s": 60.0,
        "max_group": int(generator.integers(1, 60)),
        "exchange_s": float(generator.choice([120.0, 600.0])),
        "finish_s": float(generator.choice([0.0, 60.0, np.inf])),
        "drawn_refusals": bool(generator.integers(2)),
    } | given.pop("rules", {})
    return task(
        graph,
        times,
        epoch_s=np.array([0.0, 400.0, 800.0, 1600.0]),
        block_node=generator.integers(0, graph.nodes, blocks),
        block_access_s=generator.uniform(0.0, 60.0, blocks),
        order_time_s=np.where(generator.random(blocks) < 0.1, np.inf, generator.uniform(0.0, 600.0, blocks)),
        site_node=generator.integers(0, graph.nodes, sites),
        site_access_s=generator.uniform(0.0, 30.0, sites),
        site_capacity=generator.integers(0, 500, sites),
        site_closed_at_s=np.where(generator.random(sites) < 0.3, generator.uniform(0.0, 2000.0, sites), np.inf),
        assigned_block=np.repeat(np.arange(blocks), 2),
        assigned_site=generator.integers(-1, sites, rows),
        assigned_persons=generator.integers(0, 150, rows),
        rules=rules,
        until_s=3000.0,
        seed=int(generator.integers(1000)),
        **given,
    )
