"""Ways to one site at a time, written as places in the rows of out-edges: bucket searches that end when they may.

The same search as `shelters.paths` (whole milliseconds, circular buckets), but a tree costs one byte per node and a
search ends as soon as all nodes that were asked for are settled.
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from sim.movement.links import ARRIVED, CLOSED, UNKNOWN

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
    served_ms: np.ndarray,
) -> None:
    """Search i: the ways to node goal[i] into slot[row[i]]; how far it came into radius_ms[i], FAR where to the end,
    and how far it had to come for those nodes asked for that have a way into served_ms[i].

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
        served_ms[i] = max(least_ms[i], radius_ms[i] if wanted > nodes else 0)
        for k in range(wanted_first[i], wanted_first[i + 1]):
            if label[wanted_node[k]] <= radius_ms[i] and label[wanted_node[k]] != FAR:
                served_ms[i] = max(served_ms[i], label[wanted_node[k]])
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


@njit(cache=True)
def link_times(
    free_ms: np.ndarray,
    storage: np.ndarray,
    state: np.ndarray,
    walk_slow: np.ndarray,
    car_slow: np.ndarray,
    out: np.ndarray,
) -> None:
    """out[l] (int32) = time of link l (ms): at least 1, FAR where it is CLOSED or has no room; slow: by edge."""
    edges = walk_slow.size
    for link in range(out.size):
        slow = walk_slow[link] if link < edges else car_slow[link - edges]
        if state[link] == CLOSED or storage[link] <= 0 or slow <= 0.0:
            out[link] = FAR
        else:
            out[link] = min(max(np.rint(np.float64(free_ms[link]) / np.float64(slow)), 1.0), FAR - 1.0)


@njit(cache=True)
def mark_changes(
    now: np.ndarray, was: np.ndarray, share: float, version: int, worse_at: np.ndarray, better_at: np.ndarray
) -> int:
    """Note in worse_at and better_at the version at which links change; was[l] becomes now[l] where they do.

    A link changes when it opens or closes, or when its time differs by more than `share` of it. How many did.
    """
    count = 0
    for link in range(now.size):
        new, old = np.int64(now[link]), np.int64(was[link])
        if new == old or ((new == FAR) == (old == FAR) and abs(new - old) <= share * old):
            continue
        if new > old:
            worse_at[link] = version
        else:
            better_at[link] = version
        was[link] = now[link]
        count += 1
    return count


@njit(nogil=True, cache=True)
def spread(
    first: np.ndarray, arc_edge: np.ndarray, end: np.ndarray, ms: np.ndarray, start: int, seen: np.ndarray
) -> int:
    """seen[v] (bool) where open edges lead to v from `start`, along the arcs in compressed rows; how many nodes.

    Arc k is edge arc_edge[k] and leads to node end[k]: its head with the rows of out-edges, its tail with in-edges.
    """
    seen[:] = False
    seen[start] = True
    queue = np.empty(seen.size, np.int32)
    queue[0] = start
    count, done = 1, 0
    while done < count:
        v = queue[done]
        done += 1
        for arc in range(first[v], first[v + 1]):
            u = end[arc]
            if not seen[u] and ms[arc_edge[arc]] != FAR:
                seen[u] = True
                queue[count] = u
                count += 1
    return count
