"""The best site of every node by time plus price, mended as sites fill up and roads change (numba).

One Dijkstra search from all offered sites at once, against the edges: the cost of a node is its least time to a door
plus the price of that site. A change mends only what it touches: nodes whose way is lost are searched again from their
neighbours inwards; nodes that a cheaper way reaches are searched from there outwards. The heap deletes lazily.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.compiling import njit
from sim.movement.links import NEVER

FAR = np.int64(2**62)
NO_EDGE = -1


class Streets(NamedTuple):
    """The road edges of one mode: into each node (in_*), out of it, and the time of each."""

    in_first: np.ndarray  # int64 (nodes + 1,)
    in_edge: np.ndarray  # int32 (edges,)
    out_first: np.ndarray  # int64 (nodes + 1,)
    out_edge: np.ndarray  # int32 (edges,)
    tail: np.ndarray  # int32 (edges,)
    head: np.ndarray  # int32 (edges,)
    time_ms: np.ndarray  # int32 (edges,), NEVER: closed


class Field(NamedTuple):
    """Best offered site of every node, what it costs to go there (ms), and the first edge of the way."""

    owner: np.ndarray  # int32 (nodes,), -1: none
    cost_ms: np.ndarray  # int64 (nodes,), FAR: none
    onto: np.ndarray  # int32 (nodes,), NO_EDGE at the site's own node
    offered: np.ndarray  # uint8 (sites,)
    keys: np.ndarray  # int64, heap
    items: np.ndarray  # int32, heap
    lost: np.ndarray  # int32 (nodes,), list of nodes without a way
    size: np.ndarray  # int64 (1,), of the heap


def new_field(nodes: int, edges: int, sites: int) -> Field:
    """A field in which no site is offered."""
    room = 3 * edges + sites + 1  # pushes at most: quicker edges, edges out of lost nodes, edges searched, seeds
    return Field(
        owner=np.full(nodes, -1, np.int32),
        cost_ms=np.full(nodes, FAR, np.int64),
        onto=np.full(nodes, NO_EDGE, np.int32),
        offered=np.zeros(sites, np.uint8),
        keys=np.empty(room, np.int64),
        items=np.empty(room, np.int32),
        lost=np.empty(nodes, np.int32),
        size=np.zeros(1, np.int64),
    )


@njit(nogil=True, cache=True)
def withdraw(site: int, site_node: np.ndarray, site_cost: np.ndarray, streets: Streets, field: Field) -> None:
    """Offer a site no more: whoever went there goes to the next best."""
    if not field.offered[site]:
        return
    field.offered[site] = 0
    v = site_node[site]
    if field.owner[v] == site:  # else another site is better even at its own door
        _lose(v, 0, field)
        _search_again(_lose_all_behind(1, streets, field), site_node, site_cost, streets, field)


@njit(nogil=True, cache=True)
def offer(sites: np.ndarray, site_node: np.ndarray, site_cost: np.ndarray, streets: Streets, field: Field) -> None:
    """Offer these sites: whoever is better off there goes there."""
    for site in sites:
        field.offered[site] = 1
        _lower(site_node[site], site_cost[site], site, NO_EDGE, field)
    _spread(streets, field)


@njit(nogil=True, cache=True)
def new_times(
    time_ms: np.ndarray, site_node: np.ndarray, site_cost: np.ndarray, streets: Streets, field: Field
) -> None:
    """Go over to other times of the edges (`streets.time_ms` takes them over)."""
    lost = 0
    for e in range(time_ms.size):
        v = streets.tail[e]
        if time_ms[e] > streets.time_ms[e] and field.onto[v] == e and field.owner[v] >= 0:
            _lose(v, lost, field)
            lost += 1
    lost = _lose_all_behind(lost, streets, field)
    for e in range(time_ms.size):
        was = streets.time_ms[e]
        streets.time_ms[e] = time_ms[e]
        if time_ms[e] < was and field.owner[streets.head[e]] >= 0:
            _lower(
                streets.tail[e],
                field.cost_ms[streets.head[e]] + time_ms[e],
                field.owner[streets.head[e]],
                e,
                field,
            )
    _search_again(lost, site_node, site_cost, streets, field)


@njit(nogil=True, cache=True)
def reach_of(is_open: np.ndarray, site_node: np.ndarray, streets: Streets, field: Field) -> np.ndarray:
    """1 for every node from which a site of `is_open` can be reached, shape (nodes,)."""
    found = np.zeros(field.owner.size, np.uint8)
    waiting = 0
    for s in range(is_open.size):
        if is_open[s] and not found[site_node[s]]:
            found[site_node[s]] = 1
            field.lost[waiting] = site_node[s]
            waiting += 1
    while waiting > 0:
        waiting -= 1
        v = field.lost[waiting]
        for k in range(streets.in_first[v], streets.in_first[v + 1]):
            e = streets.in_edge[k]
            if streets.time_ms[e] < NEVER and not found[streets.tail[e]]:
                found[streets.tail[e]] = 1
                field.lost[waiting] = streets.tail[e]
                waiting += 1
    return found


@njit(nogil=True, cache=True)
def _lose(v: int, place: int, field: Field) -> None:
    field.owner[v] = -1
    field.cost_ms[v] = FAR
    field.onto[v] = NO_EDGE
    field.lost[place] = v


@njit(nogil=True, cache=True)
def _lose_all_behind(lost: int, streets: Streets, field: Field) -> int:
    """Add to the list of `lost` nodes all whose way leads over one of them; returns how many there are."""
    i = 0
    while i < lost:
        v = field.lost[i]
        i += 1
        for k in range(streets.in_first[v], streets.in_first[v + 1]):
            u = streets.tail[streets.in_edge[k]]
            if field.onto[u] == streets.in_edge[k]:
                _lose(u, lost, field)
                lost += 1
    return lost


@njit(nogil=True, cache=True)
def _search_again(lost: int, site_node: np.ndarray, site_cost: np.ndarray, streets: Streets, field: Field) -> None:
    for i in range(lost):
        u = field.lost[i]
        for k in range(streets.out_first[u], streets.out_first[u + 1]):
            e = streets.out_edge[k]
            v = streets.head[e]
            if streets.time_ms[e] < NEVER and field.owner[v] >= 0:
                _lower(u, field.cost_ms[v] + streets.time_ms[e], field.owner[v], e, field)
    if lost > 0:
        for s in range(site_node.size):
            if field.offered[s]:
                _lower(site_node[s], site_cost[s], s, NO_EDGE, field)
    _spread(streets, field)


@njit(nogil=True, cache=True)
def _spread(streets: Streets, field: Field) -> None:
    while field.size[0] > 0:
        cost = field.keys[0]
        v = field.items[0]
        _pop(field)
        if cost > field.cost_ms[v]:
            continue
        for k in range(streets.in_first[v], streets.in_first[v + 1]):
            e = streets.in_edge[k]
            if streets.time_ms[e] < NEVER:
                _lower(streets.tail[e], cost + streets.time_ms[e], field.owner[v], e, field)


@njit(nogil=True, cache=True)
def _lower(v: int, cost: int, owner: int, edge: int, field: Field) -> None:
    """Take a cheaper way for node v and put it on the heap; nothing where it is not cheaper."""
    if cost >= field.cost_ms[v]:
        return
    field.cost_ms[v] = cost
    field.owner[v] = owner
    field.onto[v] = edge
    keys, items = field.keys, field.items
    i = field.size[0]
    field.size[0] += 1
    while i > 0:
        parent = (i - 1) >> 1
        if keys[parent] <= cost:
            break
        keys[i] = keys[parent]
        items[i] = items[parent]
        i = parent
    keys[i] = cost
    items[i] = v


@njit(nogil=True, cache=True)
def _pop(field: Field) -> None:
    keys, items = field.keys, field.items
    size = field.size[0] - 1
    field.size[0] = size
    key = keys[size]
    item = items[size]
    i = 0
    child = 1
    while child < size:
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[i] = keys[child]
        items[i] = items[child]
        i = child
        child = 2 * i + 1
    keys[i] = key
    items[i] = item
