"""What an evacuation run is given: roads as they flood, people, sites, orders, rules of behaviour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.graph import RoadGraph
from sim.departure import DelayCurve


@dataclass(frozen=True)
class EvacuationRules:
    """How people act. `curve` and `compliance` come from the rules file; the rest are steps of the method.

    People know the state of the roads at every crossing: each takes the quickest open way of the moment. An edge is
    entered only while open and walked at the time it takes at the moment of entering. When it closes under them,
    people finish it if they need `finish_s` or less, else they turn back to its beginning.
    """

    curve: DelayCurve
    compliance: np.ndarray | float  # share of the people told to leave who do; one value or one per block
    drawn_refusals: bool = False  # True: each person decides alone (binomial); False: the exact share
    finish_s: float = np.inf  # an edge that closes is finished if no more than this remains
    departure_bin_s: float = 60.0
    max_group: int = 200  # most people of one unit
    record_s: float = 60.0  # interval of the recorded counts
    exchange_s: float = 600.0  # longest step; places given up become free for others at its end

    def __post_init__(self) -> None:
        for name in ("departure_bin_s", "max_group", "record_s", "exchange_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")
        if not self.finish_s >= 0.0:
            raise ValueError(f"finish_s(={self.finish_s}) must be >= 0")


@dataclass(frozen=True)
class EvacuationInput:
    """Who must go where, and on which roads.

    An assignment row may have site -1: people told to leave for whom the plan has no place. They look for the nearest
    open site with room when they set out.
    """

    graph: RoadGraph
    epoch_s: np.ndarray  # starts of the flood epochs, rising, shape (epochs,); the first also holds before it
    edge_walk_time_s: np.ndarray  # inf = closed, shape (epochs, edges)
    block_node: np.ndarray  # shape (blocks,)
    block_access_s: np.ndarray  # walking time from home to the node, shape (blocks,)
    order_time_s: np.ndarray  # inf = never told to leave, shape (blocks,)
    site_node: np.ndarray  # shape (sites,)
    site_access_s: np.ndarray  # walking time from the node to the door, shape (sites,)
    site_capacity: np.ndarray  # persons (integer), shape (sites,)
    site_closed_at_s: np.ndarray  # inf = stays open, shape (sites,)
    assigned_block: np.ndarray  # shape (rows,)
    assigned_site: np.ndarray  # shape (rows,)
    assigned_persons: np.ndarray  # integer, shape (rows,)
    rules: EvacuationRules
    until_s: float
    seed: int = 1

    def __post_init__(self) -> None:
        blocks, sites, rows = len(self.block_node), len(self.site_node), len(self.assigned_block)
        _same_length("block", blocks, access=self.block_access_s, order_time=self.order_time_s)
        _same_length(
            "site", sites, access=self.site_access_s, capacity=self.site_capacity, closed_at=self.site_closed_at_s
        )
        _same_length("assigned", rows, site=self.assigned_site, persons=self.assigned_persons)
        shape = (len(self.epoch_s), self.graph.edges)
        if self.edge_walk_time_s.shape != shape:
            raise ValueError(f"edge_walk_time_s has shape {self.edge_walk_time_s.shape}, expected {shape}")
        if not self.until_s > 0.0:
            raise ValueError(f"until_s(={self.until_s}) must be > 0")
        if len(self.epoch_s) == 0 or np.any(np.diff(self.epoch_s) <= 0.0):
            raise ValueError("epoch_s must hold at least one time and rise")
        if not np.all(self.edge_walk_time_s >= 0.0):
            raise ValueError("edge_walk_time_s must be >= 0, inf where closed")
        _in_range("block_node", self.block_node, 0, self.graph.nodes)
        _in_range("site_node", self.site_node, 0, self.graph.nodes)
        _in_range("assigned_block", self.assigned_block, 0, blocks)
        _in_range("assigned_site", self.assigned_site, -1, sites)
        for name in ("assigned_persons", "site_capacity"):
            values = np.asarray(getattr(self, name))
            if values.dtype.kind not in "iu" or np.any(values < 0):
                raise ValueError(f"{name} must be whole numbers >= 0")
        for name in ("block_access_s", "site_access_s", "order_time_s"):
            if not np.all(np.asarray(getattr(self, name)) >= 0.0):
                raise ValueError(f"{name} must be >= 0")


def _same_length(of: str, length: int, **arrays: np.ndarray) -> None:
    for name, array in arrays.items():
        if len(array) != length:
            raise ValueError(f"{of}_{name} has {len(array)} entries, expected {length}")


def _in_range(name: str, values: np.ndarray, low: int, high: int) -> None:
    values = np.asarray(values)
    if values.size and (values.min() < low or values.max() >= high):
        raise ValueError(f"{name} holds {values.min()}..{values.max()}, expected {low}..{high - 1}")
