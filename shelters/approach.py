"""From how many directions roads lead to a site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.compiling import njit
from shelters.graph import RoadGraph


@dataclass(frozen=True)
class ApproachRules:
    """When two roads count as different directions; values from the rules file `shelters.toml`."""

    radius_m: float  # around the site's node, where the directions are taken
    angle_deg: float  # at least so far apart

    def __post_init__(self) -> None:
        if not self.radius_m > 0.0:
            raise ValueError(f"radius_m(={self.radius_m}) must be > 0")
        if not 0.0 < self.angle_deg <= 180.0:
            raise ValueError(f"angle_deg(={self.angle_deg}) must be > 0 and at most 180")


def approach_directions(
    graph: RoadGraph,
    closed: np.ndarray,
    x_m: np.ndarray,
    y_m: np.ndarray,
    site_node: np.ndarray,
    rules: ApproachRules,
) -> np.ndarray:
    """The greatest number of mutually different directions of roads to each site, int64, shape (sites,).

    `x_m`, `y_m` are the nodes' places, `closed` (bool, shape (edges,)) the edges that cannot be walked. From the
    site's node the network is followed outwards, against its edges, for people come from there; where it leaves the
    circle is a direction. Edges are straight between their nodes. A way that ends inside the circle leads nowhere. A
    lane that forks within the circle counts as two directions although its last stretch is one road.
    """
    closed = np.asarray(closed, bool)
    x, y = np.asarray(x_m, np.float64), np.asarray(y_m, np.float64)
    reverse = graph.reverse
    seen = np.full(graph.nodes, -1, np.int64)
    queue = np.empty(graph.nodes, np.int64)
    count = np.zeros(len(site_node), np.int64)
    for site, node in enumerate(np.asarray(site_node, np.int64)):
        most = _crossings(
            reverse.first, reverse.target, reverse.edge, closed, x, y, node, rules.radius_m, site, seen, queue
        )
        count[site] = different_directions(most, rules.angle_deg)
    return count


def different_directions(bearing_deg: np.ndarray, angle_deg: float) -> int:
    """The most bearings (degrees) that lie pairwise at least `angle_deg` apart on the circle.

    From each bearing on around, the next one far enough is taken: the best choice with a fixed start, so the best of
    all starts is the answer. Angles within a millionth of a degree of the limit count as reaching it.
    """
    around = np.unique(np.asarray(bearing_deg, np.float64) % 360.0)
    if len(around) == 0:
        return 0
    return int(_most_apart(around, angle_deg - 1e-6))


@njit(cache=True)
def _most_apart(around, angle):  # type: ignore[no-untyped-def]
    best = 1
    for start in range(around.size):
        taken, last = 1, 0.0
        for step in range(1, around.size):
            turn = (around[(start + step) % around.size] - around[start]) % 360.0
            if turn - last >= angle and 360.0 - turn >= angle:
                taken, last = taken + 1, turn
        best = max(best, taken)
    return best


@njit(cache=True)
def _crossings(first, target, edge, closed, x, y, node, radius, mark, seen, queue):  # type: ignore[no-untyped-def]
    """Bearings (degrees from north, clockwise) at which ways from `node` leave the circle around it."""
    found = [0.0 for _ in range(0)]
    queue[0] = node
    seen[node] = mark
    have = 1
    at = 0
    while at < have:
        v = queue[at]
        at += 1
        for arc in range(first[v], first[v + 1]):
            if closed[edge[arc]]:
                continue
            u = target[arc]
            dx, dy = x[u] - x[node], y[u] - y[node]
            if dx * dx + dy * dy < radius * radius:
                if seen[u] != mark:
                    seen[u] = mark
                    queue[have] = u
                    have += 1
                continue
            px, py = x[v] - x[node], y[v] - y[node]  # |p + t (d - p)| = radius with t in (0, 1]
            a = (dx - px) ** 2 + (dy - py) ** 2
            b = px * (dx - px) + py * (dy - py)
            c = px * px + py * py - radius * radius
            t = (-b + np.sqrt(b * b - a * c)) / a
            found.append(np.degrees(np.arctan2(px + t * (dx - px), py + t * (dy - py))) % 360.0)
    return np.array(found)
