"""Searches on roads whose walking times change: forward from a home at one moment, backward from a site (numba).

Both settle labels on a heap of whole numbers, `label << 24 | item`: ties go to the smaller item, so the result does
not depend on the order of edges or on threads. An item is a node, or `nodes + j` for site j.
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.key_heap import pop, push
from shelters.timed_roads import ALWAYS, NEVER, arrival, latest_entry

_ITEM = 24  # bits of an item in a key; 39 are left for labels, 17 years in ms
_MASK = 2**_ITEM - 1
MOST_ITEMS = 2**_ITEM
LONGEST_MS = 2**38


@njit(nogil=True, cache=True)
def sites_from_home(  # type: ignore[no-untyped-def]
    first, target, edge, spell_first, spells, sites_first, sites_here, site_ms, closes_ms, usable, price, cheapest,
    node, access_ms, leave_ms, since_ms, limit, k,
    label, seen, via, stamp, heap, best, out_site, out_time,
):  # fmt: skip
    """Sites in rising (trip time, number) for people who leave home at `leave_ms`; returns (count, horizon).

    The trip: `access_ms` to the road at `node`, edges, `site_ms` to the door, which must be reached before
    `closes_ms`. The search ends when k sites are settled and no unsettled one can still come among the k least of
    time + price, or beyond `limit`. Every pair with a time below the horizon is returned; NEVER = all there are.
    `cheapest` lists the usable sites in rising price. `via` holds the edge into each node of this search
    (seen == stamp). `best` (k,), `out_site` and `out_time` (sites,) are room.
    """
    nodes = first.size - 1
    size = 0
    count = 0
    have = 0
    cheap = 0
    label[node] = access_ms
    seen[node] = stamp
    via[node] = -1
    if access_ms <= limit:
        size = push(heap, 0, (np.int64(access_ms) << _ITEM) | np.int64(node))
    while size > 0:
        key = heap[0]
        now = key >> _ITEM
        if cheap == cheapest.size or (have == k and now + price[cheapest[cheap]] > best[k - 1]):
            break
        size = pop(heap, size)
        item = key & _MASK
        if item >= nodes:
            j = item - nodes
            out_site[count] = j
            out_time[count] = now
            count += 1
            worth = now + price[j]
            if have < k:
                at = have
                have += 1
            elif worth < best[k - 1]:
                at = k - 1
            else:
                at = -1
            if at >= 0:
                while at > 0 and best[at - 1] > worth:
                    best[at] = best[at - 1]
                    at -= 1
                best[at] = worth
            seen[item] = stamp
            while cheap < cheapest.size and seen[nodes + cheapest[cheap]] == stamp:
                cheap += 1
            continue
        if now > label[item]:
            continue
        for q in range(sites_first[item], sites_first[item + 1]):
            j = sites_here[q]
            door = now + site_ms[j]
            if usable[j] and door <= limit and leave_ms + door < closes_ms[j]:
                size = push(heap, size, (door << _ITEM) | np.int64(nodes + j))
        for arc in range(first[item], first[item + 1]):
            reach = arrival(leave_ms + now, since_ms, edge[arc], spell_first, spells) - leave_ms
            u = target[arc]
            if reach > limit or (seen[u] == stamp and reach > label[u]):
                continue
            if seen[u] != stamp or reach < label[u]:
                seen[u] = stamp
                label[u] = reach
                via[u] = edge[arc]
                size = push(heap, size, (reach << _ITEM) | np.int64(u))
            elif u != node and edge[arc] < via[u]:
                via[u] = edge[arc]
    whole = size == 0 or cheap == cheapest.size
    return count, NEVER if whole else heap[0] >> _ITEM


@njit(nogil=True, cache=True)
def latest_at_nodes(  # type: ignore[no-untyped-def]
    first, target, edge, spell_first, spells, node, due, since_ms, last_ms, wanted, label, seen, stamp, heap
):  # fmt: skip
    """The latest moment at which one may still be at each node and reach `node` by `due`, until `wanted` are settled.

    `label` holds it where seen == stamp: exact for the nodes that `wanted` (int64, shape (wanted,)) names; NEVER
    where no way ever closes. `last_ms` lies after every finite moment in play; ways used up before `since_ms` are
    not followed. Nodes without a way are not seen.
    """
    left = wanted.size
    label[node] = due
    seen[node] = stamp
    size = push(heap, 0, (_late(due, last_ms) << _ITEM) | np.int64(node))
    while size > 0 and left > 0:
        key = heap[0]
        size = pop(heap, size)
        v = key & _MASK
        if key >> _ITEM > _late(label[v], last_ms):
            continue
        while left > 0 and _settled(wanted[left - 1], label, seen, stamp, key >> _ITEM, last_ms):
            left -= 1
        for arc in range(first[v], first[v + 1]):
            enter = latest_entry(label[v], since_ms, edge[arc], spell_first, spells)
            if enter == ALWAYS or (since_ms < NEVER and enter < since_ms):
                continue
            u = target[arc]
            if seen[u] != stamp or enter > label[u]:
                seen[u] = stamp
                label[u] = enter
                size = push(heap, size, (_late(enter, last_ms) << _ITEM) | np.int64(u))


@njit(nogil=True, cache=True)
def _late(moment, last_ms):  # type: ignore[no-untyped-def]
    """How long before the last moment, ms: 0 for NEVER, which comes after all others."""
    return np.int64(0) if moment == NEVER else last_ms - moment


@njit(nogil=True, cache=True)
def _settled(node, label, seen, stamp, now, last_ms):  # type: ignore[no-untyped-def]
    return seen[node] == stamp and _late(label[node], last_ms) <= now
