"""Shortest paths from many places at once: bucket searches in whole milliseconds, one row per source.

Edge times are rounded to milliseconds once, at most 0.5 ms per edge; from there on every sum is an exact integer.
A path of n edges is therefore at most n / 2 ms off its time in real numbers, the same whichever way it is searched,
whichever thread does it and in whatever order edges come. An open edge takes at least 1 ms, so no path circles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.compiling import njit
from shelters.graph import Adjacency, RoadGraph
from shelters.threads import share_out

TICKS_PER_S = 1000
FAR = 2**31 - 1  # ticks of a closed edge and of a node out of reach; 24.8 days
NO_EDGE = -1
_BUCKETS = 4096  # at most; the mean edge of a street network then still spans several buckets


def to_ticks(time_s: np.ndarray) -> np.ndarray:
    """Seconds to whole milliseconds, int32: at least 1, FAR where infinite or beyond what int32 holds."""
    time = np.asarray(time_s, np.float64)
    if np.isnan(time).any() or (time < 0.0).any():
        raise ValueError("edge times must be numbers >= 0; a closed edge is infinite")
    ticks = np.rint(np.minimum(time, FAR / TICKS_PER_S) * TICKS_PER_S)
    return np.clip(ticks, 1, FAR).astype(np.int32)


def access_ticks(time_s: np.ndarray) -> np.ndarray:
    """Access times (s) to whole milliseconds, int64: 0 stays 0 (at the node), FAR where infinite or beyond it."""
    return np.rint(np.minimum(np.asarray(time_s, np.float64), FAR / TICKS_PER_S) * TICKS_PER_S).astype(np.int64)


def to_seconds(ticks: np.ndarray) -> np.ndarray:
    """Milliseconds to seconds, float64; infinite where FAR."""
    return np.where(np.asarray(ticks) == FAR, np.inf, np.asarray(ticks) / TICKS_PER_S)


def limit_ticks(time_s: float) -> int:
    """A time limit (s) in ticks, FAR - 1 (no limit) where infinite."""
    if not time_s >= 0.0:
        raise ValueError(f"max_time_s(={time_s}) must be >= 0")
    return int(min(np.floor(min(time_s, FAR) * TICKS_PER_S + 1e-6), FAR - 1))


def bucket_layout(ticks: np.ndarray, per_edge: float = 4.0) -> tuple[int, int]:
    """(shift, count) of the circular buckets: 2^shift ticks each, count a power of two that spans the longest edge.

    `per_edge` buckets to the mean edge keep repeated visits rare; any width gives the same result.
    """
    open_ticks = ticks[ticks < FAR]
    if len(open_ticks) == 0:
        return 0, 2
    longest = int(open_ticks.max())
    shift = max(0, int(open_ticks.mean() / per_edge).bit_length() - 1)
    while (longest >> shift) + 2 > _BUCKETS:
        shift += 1
    return shift, 1 << ((longest >> shift) + 1).bit_length()


@dataclass(frozen=True)
class PathTrees:
    """Shortest-path trees, one row per site: how long from each node, and along which edge to leave it.

    `next_edge[s, v]` is the edge to take at node v on the way to site s (NO_EDGE at the site and out of reach); of
    several shortest ways the one over the edge with the smallest number.
    """

    time_ms: np.ndarray  # int32, shape (sites, nodes); FAR out of reach
    next_edge: np.ndarray  # int32, shape (sites, nodes)

    @property
    def time_s(self) -> np.ndarray:
        """Seconds, float64, infinite out of reach."""
        return to_seconds(self.time_ms)


def shortest_path_trees(
    graph: RoadGraph,
    edge_time_s: np.ndarray,
    site_node: np.ndarray,
    max_time_s: float = np.inf,
    threads: int | None = None,
) -> PathTrees:
    """Trees of the shortest ways from every node to each site, no farther than `max_time_s`."""
    time_ms, next_edge = _search_all(graph.reverse, edge_time_s, site_node, max_time_s, True, threads)
    return PathTrees(time_ms, next_edge)


def shortest_path_tree(
    graph: RoadGraph, edge_time_s: np.ndarray, site_node: int, max_time_s: float = np.inf
) -> tuple[np.ndarray, np.ndarray]:
    """(time to the site in s, edge to take) of every node, for one site."""
    tree = shortest_path_trees(graph, edge_time_s, np.array([site_node]), max_time_s, 1)
    return tree.time_s[0], tree.next_edge[0]


def shortest_times(
    graph: RoadGraph,
    edge_time_s: np.ndarray,
    source_node: np.ndarray,
    max_time_s: float = np.inf,
    *,
    towards: bool = False,
    threads: int | None = None,
) -> np.ndarray:
    """Times in ms, int32, shape (sources, nodes): from each source, or `towards` it; FAR beyond `max_time_s`."""
    adjacency = graph.reverse if towards else graph.forward
    return _search_all(adjacency, edge_time_s, source_node, max_time_s, False, threads)[0]


def _search_all(
    adjacency: Adjacency,
    edge_time_s: np.ndarray,
    source: np.ndarray,
    max_time_s: float,
    track: bool,
    threads: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    source = np.asarray(source, np.int32)
    nodes = len(adjacency.first) - 1
    if len(source) and (source.min() < 0 or source.max() >= nodes):
        raise ValueError(f"source nodes run from {source.min()} to {source.max()}; nodes are 0 to {nodes - 1}")
    ticks = to_ticks(edge_time_s)[adjacency.edge]
    shift, count = bucket_layout(ticks)
    label = np.empty((len(source), nodes), np.int32)
    via = np.empty((len(source), nodes if track else 0), np.int32)
    limit = limit_ticks(max_time_s)

    def search(rows: slice) -> None:
        _search_rows(
            adjacency.first, adjacency.target, adjacency.edge, ticks, source[rows], limit, shift, count, track,
            label[rows], via[rows],
        )  # fmt: skip

    share_out(search, len(source), threads)
    return label, via


@njit(nogil=True, cache=True)
def _search_rows(first, target, edge, ticks, source, limit, shift, count, track, label, via):  # type: ignore[no-untyped-def]
    """One search per source into the rows of `label` (and `via`), with one workspace for all."""
    nodes = first.size - 1
    after = np.full(nodes, -1, np.int32)
    before = np.full(nodes, -1, np.int32)
    bucket = np.full(count, -1, np.int32)
    for row in range(source.size):
        label[row, :] = FAR
        if track:
            via[row, :] = NO_EDGE
        _search(
            first, target, edge, ticks, source[row], limit, shift, track, label[row], via[row], after, before, bucket
        )


@njit(nogil=True, cache=True)
def _search(first, target, edge, ticks, source, limit, shift, track, label, via, after, before, bucket):  # type: ignore[no-untyped-def]
    """Label-correcting bucket search (Dial 1969; buckets wider than one tick as in Meyer and Sanders 2003).

    A node waits in the bucket of its label, at most once: buckets are doubly linked lists (`after`, `before`), and a
    node that gets a better label moves. before[v] is the node ahead, -2 - b at the head of bucket b, -1 when v does
    not wait. All waiting labels lie within one turn of the circular buckets, and the lists are empty again at the end.
    """
    mask = bucket.size - 1
    label[source] = 0
    bucket[0] = source
    after[source] = -1
    before[source] = -2
    waiting = 1
    turn = np.int64(0)
    while waiting > 0:
        slot = turn & mask
        v = bucket[slot]
        if v < 0:
            turn += 1
            continue
        ahead = after[v]
        bucket[slot] = ahead
        if ahead >= 0:
            before[ahead] = -2 - slot
        before[v] = -1
        waiting -= 1
        reached = np.int64(label[v])
        for arc in range(first[v], first[v + 1]):
            u = target[arc]
            found = reached + ticks[arc]
            old = np.int64(label[u])
            if found < old:
                if found > limit:
                    continue
                label[u] = found
                if track:
                    via[u] = edge[arc]
                place = before[u]
                if place != -1:
                    if old >> shift == found >> shift:
                        continue
                    ahead = after[u]
                    if ahead >= 0:
                        before[ahead] = place
                    if place >= 0:
                        after[place] = ahead
                    else:
                        bucket[-2 - place] = ahead
                    waiting -= 1
                slot_u = (found >> shift) & mask
                ahead = bucket[slot_u]
                after[u] = ahead
                before[u] = -2 - slot_u
                if ahead >= 0:
                    before[ahead] = u
                bucket[slot_u] = u
                waiting += 1
            elif track and found == old and found != FAR and u != source and edge[arc] < via[u]:
                via[u] = edge[arc]
