"""The common case of movement: a grid of one-lane streets that 100,000 cars leave by exits on its rim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

SIDE, LINK_M, SPEED_M_S, LANES = 50, 200.0, 50.0 / 3.6, 1
EXITS, CARS, SIGMA_S, END_S = 20, 100_000, 1800.0, 14_400.0


@dataclass(frozen=True)
class Grid:
    """Crossings 200 m apart with a street each way between neighbours; cars bound for the nearest exit."""

    x_m: np.ndarray  # per node
    y_m: np.ndarray
    tail: np.ndarray  # per edge
    head: np.ndarray
    exit_node: np.ndarray  # (EXITS,)
    exit_of: np.ndarray  # per node: the nearest exit
    next_edge: np.ndarray  # per node: the edge on the way there, -1 at an exit
    origin: np.ndarray  # per car, in rising time of departure
    leaves_s: np.ndarray  # per car, Rayleigh, at most the end of the run

    def route(self, node: int) -> list[int]:
        """Edges from a node to its exit."""
        found = []
        while self.next_edge[node] >= 0:
            found.append(int(self.next_edge[node]))
            node = int(self.head[found[-1]])
        return found


def grid_case(side: int = SIDE, cars: int = CARS, seed: int = 1) -> Grid:
    """The case of a seed; a way of as many links to two exits goes to the exit of lower number."""
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    one = np.concatenate((number[:, :-1].ravel(), number[:-1].ravel()))
    other = np.concatenate((number[:, 1:].ravel(), number[1:].ravel()))
    tail, head = np.r_[one, other], np.r_[other, one]
    rim = np.concatenate((number[0], number[1:, -1], number[-1, -2::-1], number[-2:0:-1, 0]))
    exits = rim[np.arange(EXITS) * len(rim) // EXITS]
    links = coo_array((np.ones(len(tail)), (head, tail)), 2 * (side * side,)).tocsr()
    away = dijkstra(links, indices=exits)
    nearest = away.argmin(axis=0)
    left = away[nearest, np.arange(side * side)]
    next_edge = np.full(side * side, -1)
    # Many ways are equally short: which one a crossing takes is drawn, or single streets would carry all.
    for edge in rng.permutation(len(tail)):
        closer = nearest[tail[edge]] == nearest[head[edge]] and left[head[edge]] < left[tail[edge]]
        if closer:
            next_edge[tail[edge]] = edge
    inside = np.setdiff1d(number.ravel(), exits)
    leaves = np.sort(np.minimum(rng.rayleigh(SIGMA_S, cars), END_S))
    return Grid(
        x_m=LINK_M * (number.ravel() % side),
        y_m=LINK_M * (number.ravel() // side),
        tail=tail,
        head=head,
        exit_node=exits,
        exit_of=nearest,
        next_edge=next_edge,
        origin=rng.choice(inside, cars),
        leaves_s=leaves,
    )
