"""The search kernel behind `nearest`: the k best sites of every node in one sweep of circular buckets."""

from __future__ import annotations

import numpy as np

from data.compiling import njit

_DROPPED = -1


@njit(nogil=True, cache=True)
def search_k(first, target, ticks, source, start, order, limit, shift, turn, asks, count, site, label):  # type: ignore[no-untyped-def]
    """Fill `count` (nodes), `site` and `label` (nodes, k), each row in rising (label, site).

    Entries (node, site, label) wait in circular buckets of 2^shift ms by label, `turn` of them. An entry that makes
    the list of its node is passed on along the node's arcs; one that does not is dropped, for k better sites at a
    node are better everywhere behind it. `order` names the sites in rising `start`; each enters when the search gets
    to its start label, and its ways end `limit` ms later. The search ends when every node of `asks` has k sites and
    no waiting entry can better them, or when nothing waits.
    """
    k = site.shape[1]
    mask = turn - 1
    bucket = np.full(turn, -1, np.int64)
    room = 4096 + order.size
    node_of = np.empty(room, np.int32)
    site_of = np.empty(room, np.int32)
    label_of = np.empty(room, np.int64)
    next_of = np.empty(room, np.int64)
    used = 0  # entries ever taken from the pool
    free = np.int64(-1)  # head of the list of entries given back
    waiting = 0
    entered = 0
    lacking = 0
    for v in range(asks.size):
        lacking += asks[v]
    horizon = np.int64(2**62)  # labels beyond it change nothing
    now = np.int64(0)
    while now << shift <= horizon:
        if waiting == 0:
            if entered == order.size:
                break
            now = max(now, start[order[entered]] >> shift)
        while entered < order.size and start[order[entered]] >> shift <= now:
            j = order[entered]
            if used == room:
                room *= 2
                node_of, site_of = _grown(node_of), _grown(site_of)
                label_of, next_of = _grown(label_of), _grown(next_of)
            slot = (start[j] >> shift) & mask
            node_of[used], site_of[used], label_of[used], next_of[used] = source[j], j, start[j], bucket[slot]
            bucket[slot] = used
            used += 1
            entered += 1
            waiting += 1
        slot = now & mask
        e = bucket[slot]
        if e < 0:
            now += 1
            continue
        bucket[slot] = next_of[e]
        next_of[e] = free
        free = e
        waiting -= 1
        v, j, reached = node_of[e], site_of[e], label_of[e]
        had = count[v]
        have = _take(site[v], label[v], had, j, reached)
        if have == _DROPPED:
            continue
        count[v] = have
        if have == k and had < k and asks[v]:
            lacking -= 1
            if lacking == 0:
                horizon = np.int64(0)
                for u in range(asks.size):
                    if asks[u]:
                        horizon = max(horizon, label[u, k - 1])
        farthest = min(limit + start[j], horizon)
        for arc in range(first[v], first[v + 1]):
            found = reached + ticks[arc]
            if found > farthest:
                continue
            u = target[arc]
            if count[u] == k and found > label[u, k - 1]:
                continue
            known = False  # most of all: the node this entry came from
            for q in range(count[u]):
                if site[u, q] == j:
                    known = label[u, q] <= found
                    break
            if known:
                continue
            if free >= 0:
                e = free
                free = next_of[e]
            else:
                if used == room:
                    room *= 2
                    node_of, site_of = _grown(node_of), _grown(site_of)
                    label_of, next_of = _grown(label_of), _grown(next_of)
                e = np.int64(used)
                used += 1
            slot = (found >> shift) & mask
            node_of[e], site_of[e], label_of[e], next_of[e] = u, j, found, bucket[slot]
            bucket[slot] = e
            waiting += 1


@njit(nogil=True, cache=True)
def _take(site, label, had, j, reached):  # type: ignore[no-untyped-def]
    """Put (reached, j) into the list of a node if it betters it; the new length, or _DROPPED."""
    k = site.size
    at = had
    for q in range(had):
        if site[q] == j:
            if label[q] <= reached:
                return _DROPPED
            at = q
            break
    have = had
    if at == had:
        if had < k:
            have = had + 1
        elif reached > label[k - 1] or (reached == label[k - 1] and j > site[k - 1]):
            return _DROPPED
        else:
            at = k - 1
    while at > 0 and (label[at - 1] > reached or (label[at - 1] == reached and site[at - 1] > j)):
        site[at] = site[at - 1]
        label[at] = label[at - 1]
        at -= 1
    site[at] = j
    label[at] = reached
    return have


@njit(nogil=True, cache=True)
def _grown(values):  # type: ignore[no-untyped-def]
    more = np.empty(2 * values.size, values.dtype)
    more[: values.size] = values
    return more
