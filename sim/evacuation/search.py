"""Shortest walking times towards sites on the roads of one flood epoch (numba).

Both searches run from the sites against the direction of the edges, on a binary heap with lazy deletion. An edge
whose time is not finite is closed. Times in s.

`shelters.paths` makes whole tables for planning, in ticks; movement asks for less and for exact times: the way of the
few nodes where people bound for one site are now, and the nearest site that still has room while sites fill up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from shelters.graph import RoadGraph


class Roads(NamedTuple):
    """The road graph as the kernels take it: arcs into each node (in_*) and out of it (out_*), head of each edge."""

    in_first: np.ndarray
    in_edge: np.ndarray
    in_tail: np.ndarray
    out_first: np.ndarray
    out_edge: np.ndarray
    out_head: np.ndarray
    head: np.ndarray

    @classmethod
    def of(cls, graph: RoadGraph) -> Roads:
        into, out = graph.reverse, graph.forward
        return cls(into.first, into.edge, into.target, out.first, out.edge, out.target, graph.head)


class Doors(NamedTuple):
    """Sites as the kernels take them: road node, walking time from there to the door (s), closing time (s)."""

    node: np.ndarray
    access_s: np.ndarray
    closed_at_s: np.ndarray


class Heap(NamedTuple):
    """Buffers of a heap, long enough for every push of one search: edges + nodes + sites + 1."""

    keys: np.ndarray
    items: np.ndarray

    @classmethod
    def of(cls, edges: int, nodes: int, sites: int) -> Heap:
        size = edges + nodes + sites + 1
        return cls(np.empty(size), np.empty(size, np.int32))


class Tree(NamedTuple):
    """Ways to one site: buffers of one entry per node, valid where `seen` equals the stamp of the search."""

    wanted: np.ndarray
    seen: np.ndarray
    time_s: np.ndarray
    next_edge: np.ndarray

    @classmethod
    def of(cls, nodes: int) -> Tree:
        return cls(
            np.full(nodes, -1, np.int64), np.full(nodes, -1, np.int64), np.empty(nodes), np.empty(nodes, np.int32)
        )


class Nearest(NamedTuple):
    """Nearest offered site of every node (`owner`, -1 = none) and the walking time to its door."""

    offered: np.ndarray
    owner: np.ndarray
    time_s: np.ndarray

    @classmethod
    def of(cls, nodes: int, sites: int) -> Nearest:
        return cls(np.zeros(sites, np.bool_), np.empty(nodes, np.int32), np.empty(nodes))


@njit(cache=True)
def _push(heap: Heap, size: int, key: float, item: int) -> int:
    i = size
    while i > 0:
        parent = (i - 1) // 2
        if heap.keys[parent] <= key:
            break
        heap.keys[i] = heap.keys[parent]
        heap.items[i] = heap.items[parent]
        i = parent
    heap.keys[i] = key
    heap.items[i] = item
    return size + 1


@njit(cache=True)
def _pop(heap: Heap, size: int) -> int:
    size -= 1
    key = heap.keys[size]
    item = heap.items[size]
    i = 0
    child = 1
    while child < size:
        if child + 1 < size and heap.keys[child + 1] < heap.keys[child]:
            child += 1
        if heap.keys[child] >= key:
            break
        heap.keys[i] = heap.keys[child]
        heap.items[i] = heap.items[child]
        i = child
        child = 2 * i + 1
    heap.keys[i] = key
    heap.items[i] = item
    return size


@njit(cache=True)
def tree_to_node(
    goal: int, wanted_count: int, stamp: int, roads: Roads, edge_time: np.ndarray, tree: Tree, heap: Heap
) -> None:
    """Next edge of every node on the quickest way to `goal`, until all wanted nodes are settled.

    `tree.wanted[v] == stamp` marks the `wanted_count` nodes that must be known. Afterwards every node on the way of
    a wanted node is seen with its final time; a wanted node that is not seen has no way to the goal.
    """
    tree.seen[goal] = stamp
    tree.time_s[goal] = 0.0
    tree.next_edge[goal] = -1
    size = _push(heap, 0, 0.0, goal)
    while size > 0 and wanted_count > 0:
        key = heap.keys[0]
        v = heap.items[0]
        size = _pop(heap, size)
        if key > tree.time_s[v]:
            continue
        if tree.wanted[v] == stamp:
            tree.wanted[v] = -1
            wanted_count -= 1
        for k in range(roads.in_first[v], roads.in_first[v + 1]):
            e = roads.in_edge[k]
            u = roads.in_tail[k]
            reach = key + edge_time[e]
            if np.isfinite(reach) and (tree.seen[u] != stamp or reach < tree.time_s[u]):
                tree.seen[u] = stamp
                tree.time_s[u] = reach
                tree.next_edge[u] = e
                size = _push(heap, size, reach, u)


@njit(cache=True)
def nearest_sites(roads: Roads, edge_time: np.ndarray, doors: Doors, field: Nearest, heap: Heap) -> None:
    """Fill `field` with the nearest offered site of every node, by walking time to the door."""
    field.owner[:] = -1
    field.time_s[:] = np.inf
    size = _seed(0, doors, field, heap)
    _spread(size, roads, edge_time, field, heap)


@njit(cache=True)
def withdraw_site(site: int, roads: Roads, edge_time: np.ndarray, doors: Doors, field: Nearest, heap: Heap) -> None:
    """Take one site out of `field`: its nodes go to their next nearest offered site.

    Only the nodes of that site are searched again, from their neighbours of other sites inwards.
    """
    field.offered[site] = False
    for v in range(field.owner.size):
        if field.owner[v] == site:
            field.owner[v] = -1
            field.time_s[v] = np.inf
    size = 0
    for v in range(field.owner.size):
        if field.owner[v] != -1:
            continue
        for k in range(roads.out_first[v], roads.out_first[v + 1]):
            w = roads.out_head[k]
            reach = field.time_s[w] + edge_time[roads.out_edge[k]]
            if reach < field.time_s[v]:
                field.time_s[v] = reach
                field.owner[v] = field.owner[w]
        if field.owner[v] != -1:
            size = _push(heap, size, field.time_s[v], v)
    size = _seed(size, doors, field, heap)
    _spread(size, roads, edge_time, field, heap)


@njit(cache=True)
def _seed(size: int, doors: Doors, field: Nearest, heap: Heap) -> int:
    for s in range(field.offered.size):
        v = doors.node[s]
        if field.offered[s] and doors.access_s[s] < field.time_s[v]:
            field.time_s[v] = doors.access_s[s]
            field.owner[v] = s
            size = _push(heap, size, doors.access_s[s], v)
    return size


@njit(cache=True)
def _spread(size: int, roads: Roads, edge_time: np.ndarray, field: Nearest, heap: Heap) -> None:
    while size > 0:
        key = heap.keys[0]
        v = heap.items[0]
        size = _pop(heap, size)
        if key > field.time_s[v]:
            continue
        for k in range(roads.in_first[v], roads.in_first[v + 1]):
            u = roads.in_tail[k]
            reach = key + edge_time[roads.in_edge[k]]
            if reach < field.time_s[u]:
                field.time_s[u] = reach
                field.owner[u] = field.owner[v]
                size = _push(heap, size, reach, u)
