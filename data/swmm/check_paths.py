"""Checks how a network hangs together: rings, parts without an outfall, dead ends, outfalls that nothing reaches."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.swmm.telling import SECTION_OF, Teller

_NAMED = 12  # links of a ring that are named


def check_paths(teller: Teller) -> None:
    """Tell what water cannot leave, and rings in which it would turn."""
    nodes, links = teller.network.nodes, teller.network.links
    if nodes.empty:
        return
    whole = links[(links["tail"] >= 0) & (links["head"] >= 0)]
    tail, head = whole["tail"].to_numpy(), whole["head"].to_numpy()
    _check_rings(teller, tail, head)
    outfall = (nodes["kind"] == "outfall").to_numpy()
    linked = np.zeros(len(nodes), bool)
    linked[tail], linked[head] = True, True
    teller.rows("warning", nodes, outfall & ~linked, "unknown outfall: no link ends there", [None] * len(nodes),
                "a link to it, or no such outfall")  # fmt: skip
    away = np.zeros(len(nodes), bool)
    away[tail] = True
    away[head] = False
    teller.rows("warning", nodes, outfall & linked & away, "outfall that receives nothing: its links lead away from it",
                [None] * len(nodes), "a link that leads to it")  # fmt: skip
    teller.rows("warning", nodes, ~outfall & ~linked, "node without a link", [None] * len(nodes),
                "a pipe, or no such node")  # fmt: skip
    _check_parts(teller, tail, head, outfall, linked)
    _check_dead_ends(teller, tail, head, linked)


def _check_rings(teller: Teller, tail: np.ndarray, head: np.ndarray) -> None:
    """Directed rings: nodes that water can leave and come back to along the links."""
    nodes, links = teller.network.nodes, teller.network.links
    count, part = _components(tail, head, len(nodes), "strong")
    size = np.bincount(part, minlength=count)
    alone = np.flatnonzero(tail == head)
    inside = np.flatnonzero((part[tail] == part[head]) & (size[part[tail]] > 1))
    names = links["name"].to_numpy()[((links["tail"] >= 0) & (links["head"] >= 0)).to_numpy()]
    kinds = links["kind"].to_numpy()[((links["tail"] >= 0) & (links["head"] >= 0)).to_numpy()]
    for ring in np.unique(part[tail[inside]]).tolist():
        of_ring = inside[part[tail[inside]] == ring]
        if (kinds[of_ring] != "conduit").any():
            continue  # a pump or weir that lifts water back is meant so
        more = f" and {len(of_ring) - _NAMED} more" if len(of_ring) > _NAMED else ""
        value = ", ".join(str(name) for name in names[of_ring[:_NAMED]]) + more
        teller.tell("warning", "conduits form a loop", f"[{SECTION_OF['conduit']}] {names[of_ring[0]]}", value,
                    "directions in which the water gets out")  # fmt: skip
    for link in alone.tolist():
        teller.tell("warning", "link from a node to itself", f"[{SECTION_OF[kinds[link]]}] {names[link]}", None,
                    "two nodes")  # fmt: skip


def _check_parts(
    teller: Teller, tail: np.ndarray, head: np.ndarray, outfall: np.ndarray, linked: np.ndarray
) -> None:  # fmt: skip
    """Parts of the network that no link joins to an outfall."""
    nodes = teller.network.nodes
    count, part = _components(tail, head, len(nodes), "weak")
    drained = np.zeros(count, bool)
    drained[part[outfall]] = True
    for closed in np.flatnonzero(~drained).tolist():
        inside = np.flatnonzero((part == closed) & linked)
        if len(inside):
            sample = ", ".join(nodes["name"].iloc[inside[:_NAMED]])
            teller.tell("warning", f"isolated part of {len(inside)} nodes without an outfall",
                        teller.place(nodes, int(inside[0])), sample, "a path to an outfall")  # fmt: skip


def _check_dead_ends(teller: Teller, tail: np.ndarray, head: np.ndarray, linked: np.ndarray) -> None:
    nodes = teller.network.nodes
    leaves = np.zeros(len(nodes), bool)
    leaves[tail] = True
    end = linked & ~leaves & nodes["kind"].isin(["junction", "divider"]).to_numpy()
    teller.rows("warning", nodes, end, "dead end: links arrive and none leaves", [None] * len(nodes),
                "a link that leads on, or the other direction")  # fmt: skip


def rings(tail: np.ndarray, head: np.ndarray, nodes: int) -> int:
    """Independent rings of a network whatever the direction of its links: links - nodes + parts."""
    parts, _ = _components(tail, head, nodes, "weak")
    return len(tail) - nodes + parts


def _components(tail: np.ndarray, head: np.ndarray, nodes: int, connection: str) -> tuple[int, np.ndarray]:
    graph = coo_array((np.ones(len(tail), np.int8), (tail, head)), shape=(nodes, nodes))
    count, part = connected_components(graph, directed=True, connection=connection)
    return int(count), part
