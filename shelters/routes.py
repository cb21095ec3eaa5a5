"""How many ways to safety a block has that share no road: none, one, or two and more.

By Menger's theorem (Menger 1927, edge form) two ways that share no road lead from a node to the set of sites exactly
when no single road separates it from them, once the sites are joined to one node: when both lie in the same
two-edge-connected part. The roads that separate are the bridges of the graph, found in one depth-first walk (Tarjan
1974, "A note on finding the bridges of a graph").
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.graph import RoadGraph

_NONE = -1


def route_count(graph: RoadGraph, closed: np.ndarray, from_node: np.ndarray, site_node: np.ndarray) -> np.ndarray:
    """Routes from each node of `from_node` to any node of `site_node` that share no road: 0, 1, or 2 for two and more.

    A two-way road, two opposite rows of the graph or one alone, is one road and can be walked both ways; parallel
    roads between two nodes are roads of their own. Rows that are `closed` (bool, shape (edges,)) are left out. A node
    with a site on it has two. Returns int64 of the shape of `from_node`.
    """
    from_node, site_node = np.asarray(from_node, np.int64), np.asarray(site_node, np.int64)
    for name, nodes in (("from_node", from_node), ("site_node", site_node)):
        graph.check_nodes(name, nodes)
    if len(site_node) == 0:
        return np.zeros(len(from_node), np.int64)
    joined = np.arange(graph.nodes)
    joined[site_node] = site_node[0]
    low, high, double = _roads(graph.tail, graph.head, ~np.asarray(closed, bool), joined)
    ends = np.concatenate([low, high])
    order = np.argsort(ends, kind="stable")
    first = np.zeros(graph.nodes + 1, np.int64)
    np.cumsum(np.bincount(ends, minlength=graph.nodes), out=first[1:])
    routes = np.zeros(graph.nodes, np.int64)
    _walk(first, np.concatenate([high, low])[order], order % max(len(low), 1), double, site_node[0], routes)
    return routes[joined[from_node]]


def _roads(
    tail: np.ndarray, head: np.ndarray, passable: np.ndarray, joined: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lower end, higher end, two or more roads) of every pair of joined nodes that a passable row joins.

    Roads are counted between the nodes as they are, before sites are joined: a row to one site and a row from another
    are two roads, though both ends look the same afterwards.
    """
    nodes = len(joined)
    tail, head = tail[passable].astype(np.int64), head[passable].astype(np.int64)
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    row, rows = np.unique((low * nodes + high) * 2 + (tail > head), return_counts=True)
    pair, at = np.unique(row // 2, return_inverse=True)
    roads = np.zeros(len(pair), np.int64)  # a row each way is one road, so the busier direction counts them
    np.maximum.at(roads, at, rows)
    one, other = joined[pair // nodes], joined[pair % nodes]
    low, high = np.minimum(one, other), np.maximum(one, other)
    apart = low != high
    pair, at = np.unique((low * nodes + high)[apart], return_inverse=True)
    between = np.bincount(at, roads[apart], minlength=len(pair))
    return pair // nodes, pair % nodes, between > 1


@njit(nogil=True, cache=True)
def _walk(first, target, road, double, start, routes):  # type: ignore[no-untyped-def]
    """Depth first from `start`: routes[v] becomes 2 where no bridge lies between, 1 behind a bridge.

    least[v] is the earliest node that v or what hangs on it reaches beside the tree edge it was entered by; an edge
    that doubles a road counts as beside it.
    """
    nodes = first.size - 1
    order = np.full(nodes, _NONE, np.int64)  # when a node was met
    least = np.empty(nodes, np.int64)
    came = np.full(nodes, _NONE, np.int64)  # node and road that it was entered from
    via = np.full(nodes, _NONE, np.int64)
    at = first[:-1].copy()  # next arc to look at
    met = np.empty(nodes, np.int64)
    count = 1
    order[start] = 0
    least[start] = 0
    met[0] = start
    v = start
    while v != _NONE:
        if at[v] < first[v + 1]:
            arc = at[v]
            at[v] += 1
            u = target[arc]
            if order[u] == _NONE:
                came[u], via[u] = v, road[arc]
                order[u] = least[u] = count
                met[count] = u
                count += 1
                v = u
            elif road[arc] != via[v] or double[road[arc]]:
                least[v] = min(least[v], order[u])
            continue
        u = came[v]
        if u != _NONE:
            least[u] = min(least[u], least[v])
        v = u
    routes[start] = 2
    for k in range(1, count):
        v = met[k]
        behind = least[v] > order[came[v]]
        routes[v] = 1 if behind or routes[came[v]] == 1 else 2
