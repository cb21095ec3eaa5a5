"""The loading kernel: platoons pass the edges of their ways in the order in which they come (numba).

Each edge is a point queue before its footway: a platoon that comes at t enters at s = max(t, free), is at the other
end at s + walking time, and the footway is free again at s + persons x headway, headway = 1 / capacity. A queue takes
any number of people and holds up only those who want the same edge (no spillback). Times are whole microseconds, so
nothing is rounded on the way and every machine finds the same order: by time, and of equal times by platoon number.

Events wait in a circular calendar of linked lists; only those of the present bucket stand in a heap, which is small.
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.key_heap import pop, push

_BUCKET_US = 1_000_000
_BUCKETS = 4096  # one turn of the calendar; who is due later is looked at once a turn


@njit(nogil=True, cache=True)
def load_ways(
    first: np.ndarray,
    last: np.ndarray,
    edge: np.ndarray,
    walk_us: np.ndarray,
    row: np.ndarray,
    leave_us: np.ndarray,
    persons: np.ndarray,
    headway_us: np.ndarray,
    arrive_us: np.ndarray,
    gap_us: np.ndarray,
    wait_us: np.ndarray,
    passed: np.ndarray,
) -> int:
    """Walk every platoon to the end of its way; returns how many edges were passed, over all platoons.

    Platoon u (row[u], leave_us[u] >= 0, persons[u] > 0, int64) takes edge[first[row]] to edge[last[row] - 1], each in
    walk_us of the same position. Written: `arrive_us` (its first person at the end of the way), `gap_us` (between two
    of its people, the longest headway met), and added up per edge `wait_us` (person-microseconds) and `passed`
    (persons). All int64.
    """
    units = row.size
    free_us = np.zeros(headway_us.size, np.int64)
    step = np.empty(units, np.int64)
    due_us = leave_us.copy()
    bucket = np.full(_BUCKETS, -1, np.int64)
    behind = np.full(units, -1, np.int64)
    heap = np.empty(units, np.int64)
    waiting = 0
    now: int = 2**62
    for u in range(units):
        now = min(now, int(due_us[u] // _BUCKET_US))
    for u in range(units - 1, -1, -1):
        step[u] = first[row[u]]
        gap_us[u] = 0
        if step[u] == last[row[u]]:
            arrive_us[u] = due_us[u]
            continue
        _put(u, due_us[u], bucket, behind)
        waiting += 1
    moves = 0
    while waiting > 0:
        start = now * _BUCKET_US
        size = 0
        u = int(bucket[now % _BUCKETS])
        bucket[now % _BUCKETS] = -1
        while u >= 0:
            after = int(behind[u])
            if due_us[u] < start + _BUCKET_US:
                size = push(heap, size, (due_us[u] - start) * units + u)
            else:
                _put(u, due_us[u], bucket, behind)
            u = after
        while size > 0:
            u = int(heap[0] % units)
            size = pop(heap, size)
            at = step[u]
            e = edge[at]
            n = persons[u]
            enter = max(due_us[u], free_us[e])
            free_us[e] = enter + n * headway_us[e]
            wait_us[e] += n * (enter - due_us[u])
            if headway_us[e] > gap_us[u]:  # the platoon is drawn out: its second person waits one headway, and so on
                wait_us[e] += n * (n - 1) // 2 * (headway_us[e] - gap_us[u])
                gap_us[u] = headway_us[e]
            passed[e] += n
            moves += 1
            due_us[u] = enter + walk_us[at]
            step[u] = at + 1
            if at + 1 == last[row[u]]:
                arrive_us[u] = due_us[u]
                waiting -= 1
            elif due_us[u] < start + _BUCKET_US:
                size = push(heap, size, (due_us[u] - start) * units + u)
            else:
                _put(u, due_us[u], bucket, behind)
        now += 1
    return moves


@njit(nogil=True, cache=True)
def _put(u: int, due_us: int, bucket: np.ndarray, behind: np.ndarray) -> None:
    """Hang platoon u into the bucket of its time."""
    slot = due_us // _BUCKET_US % _BUCKETS
    behind[u] = bucket[slot]
    bucket[slot] = u
