"""Ways to one site at a time, written as places in the rows of out-edges: bucket searches that end when they may.

The same search as `shelters.paths` (whole milliseconds, circular buckets), but a tree costs one byte per node and a
search ends as soon as all nodes that were asked for are settled.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from sim.movement.links import ARRIVED, UNKNOWN

FAR = 2**31 - 1  # ms of a closed link; radius of a search that ran out of nodes


@njit(nogil=True, cache=True)
def grow_trees(
    in_first: np.ndarray,
    in_tail: np.ndarray,
    in_place: np.ndarray,
    in_ms: np.ndarray,
    goal: np.ndarray,
    row: np.ndarray,
    wanted_first: np.ndarray,
    wanted_node: np.ndarray,
    least_ms: np.ndarray,
    limit_ms: int,
    shift: int,
    buckets: int,
    slot: np.ndarray,
    radius_ms: np.ndarray,
) -> None:
    """Search i: the ways to node goal[i] into slot[row[i]]; how far it came into radius_ms[i], FAR where to the end.

    in_*: arcs by the node they enter, with their tail, their place among the out-edges of the tail, and their time.
    wanted_node[wanted_first[i]:wanted_first[i + 1]] are to be settled; none: all nodes are. The search goes on to
    `least_ms[i]` at least and never beyond `limit_ms`. `buckets` (a power of two) of 2^shift ms each span every arc.
    """
    nodes = in_first.size - 1
    label = np.full(nodes, FAR, np.int32)  # FAR again after each search
    touched = np.empty(nodes, np.int32)
    after = np.full(nodes, -1, np.int32)
    before = np.full(nodes, -1, np.int32)
    bucket = np.full(buckets, -1, np.int32)
    stamp = np.full(nodes, -1, np.int32)
    for i in range(goal.size):
        wanted = 0
        for k in range(wanted_first[i], wanted_first[i + 1]):
            if stamp[wanted_node[k]] != i:
                stamp[wanted_node[k]] = i
                wanted += 1
        if wanted_first[i] == wanted_first[i + 1]:
            wanted = nodes + 1  # never all settled
        way = slot[row[i]]
        way[:] = UNKNOWN
        radius_ms[i], met = _grow(
            in_first, in_tail, in_place, in_ms, goal[i], stamp, i, wanted, least_ms[i], limit_ms, shift,
            label, way, after, before, bucket, touched,
        )  # fmt: skip
        for k in range(met):
            v = touched[k]
            if label[v] > radius_ms[i]:
                way[v] = UNKNOWN
            label[v] = FAR
        way[goal[i]] = ARRIVED


@njit(nogil=True, cache=True)
def _grow(in_first, in_tail, in_place, in_ms, goal, stamp, mark, wanted, least, limit, shift, label, way, after, before, bucket, touched):  # type: ignore[no-untyped-def] # fmt: skip  # noqa: E501
    """Label-correcting bucket search; see shelters.paths for how the lists work. Of equal ways the smallest place."""
    mask = bucket.size - 1
    label[goal] = 0
    touched[0] = goal
    met = 1
    bucket[0] = goal
    after[goal] = -1
    before[goal] = -2
    waiting = 1
    turn = np.int64(0)
    while waiting > 0:
        place = turn & mask
        v = bucket[place]
        if v < 0:
            if wanted == 0 and ((turn + 1) << shift) > least:
                break
            turn += 1
            continue
        ahead = after[v]
        bucket[place] = ahead
        if ahead >= 0:
            before[ahead] = -2 - place
        before[v] = -1
        waiting -= 1
        if stamp[v] == mark:
            stamp[v] = -1
            wanted -= 1
        reached = np.int64(label[v])
        for arc in range(in_first[v], in_first[v + 1]):
            u = in_tail[arc]
            found = reached + in_ms[arc]
            old = np.int64(label[u])
            if found < old:
                if found > limit:
                    continue
                if old == FAR:
                    touched[met] = u
                    met += 1
                label[u] = found
                way[u] = in_place[arc]
                held = before[u]
                if held != -1:
                    if old >> shift == found >> shift:
                        continue
                    ahead = after[u]
                    if ahead >= 0:
                        before[ahead] = held
                    if held >= 0:
                        after[held] = ahead
                    else:
                        bucket[-2 - held] = ahead
                    waiting -= 1
                slot_u = (found >> shift) & mask
                ahead = bucket[slot_u]
                after[u] = ahead
                before[u] = -2 - slot_u
                if ahead >= 0:
                    before[ahead] = u
                bucket[slot_u] = u
                waiting += 1
            elif found == old and found != FAR and in_place[arc] < way[u]:
                way[u] = in_place[arc]
    if waiting == 0:
        return (limit if limit < FAR - 1 else FAR), met
    for place in range(bucket.size):  # the lists of a search that ended early must be empty for the next one
        v = bucket[place]
        while v >= 0:
            before[v] = -1
            v = after[v]
        bucket[place] = -1
    return ((turn + 1) << shift) - 1, met


@njit(nogil=True, cache=True)
def stale_rows(
    slot: np.ndarray,
    row: np.ndarray,
    since: np.ndarray,
    tail: np.ndarray,
    head: np.ndarray,
    place: np.ndarray,
    edge: np.ndarray,
    worse_at: np.ndarray,
    better_at: np.ndarray,
) -> np.ndarray:
    """Which trees are no longer the shortest ways, bool of the shape of `row` (rows of `slot`; -1 is never stale).

    `edge`: the edges that changed, with the versions at which each last got worse and better; since[i]: the version
    that tree i is of. A link that got worse matters to a tree that uses it; one that got better to every tree that
    comes to its head.
    """
    stale = np.zeros(row.size, np.bool_)
    for i in range(row.size):
        if row[i] < 0:
            continue
        way = slot[row[i]]
        for k in range(edge.size):
            e = edge[k]
            if worse_at[k] > since[i] and way[tail[e]] == place[e]:
                stale[i] = True
                break
            if better_at[k] > since[i] and way[head[e]] != UNKNOWN:
                stale[i] = True
                break
    return stale


@njit(nogil=True, cache=True)
def joined_parts(tail: np.ndarray, head: np.ndarray, ms: np.ndarray, part: np.ndarray) -> None:
    """part[v] (int32): the smallest node that v hangs together with over open edges, whichever way they run.

    From one part to another there is no way; within one there nearly always is, as streets run both ways.
    """
    for v in range(part.size):
        part[v] = v
    for e in range(ms.size):
        if ms[e] == FAR:
            continue
        a = tail[e]
        while part[a] != a:
            part[a] = part[part[a]]
            a = part[a]
        b = head[e]
        while part[b] != b:
            part[b] = part[part[b]]
            b = part[b]
        if a < b:
            part[b] = a
        else:
            part[a] = b
    for v in range(part.size):
        part[v] = part[part[v]]
