"""The large connected part of a town, and who still has a way to it: for answers that need no search."""

from __future__ import annotations

import numpy as np

from sim.movement.links import Links
from sim.movement.tree_search import spread

_TRIED = 8  # sites at most


class Trunk:
    """A site node that stands for the large connected part of the roads of one mode.

    in_first, in_edge: the edges that enter each node, in compressed rows.
    """

    def __init__(self, links: Links, in_first: np.ndarray, in_edge: np.ndarray, site_node: np.ndarray) -> None:
        self._links, self._in_first, self._site_node = links, in_first, site_node
        self._in_edge = in_edge.astype(np.int32)  # as out_edge is: the search is compiled for one kind of rows
        edges = len(in_edge)
        self._in_tail, self._out_head = links.tail[:edges][in_edge], links.head[:edges][links.out_edge]
        self._site = -1
        self._version = -1
        self._leads = np.empty(len(in_first) - 1, np.bool_)

    def leads(self, ms: np.ndarray, version: int) -> np.ndarray:
        """Nodes with a way to the trunk, bool (nodes,), on roads of this version; ms: time of each edge, FAR closed.

        The trunk is the first site that most nodes lead to and that leads to most, of a few tried; it stays the trunk
        for as long as most nodes lead to it.
        """
        if version == self._version:
            return self._leads
        self._version = version
        links, nodes = self._links, len(self._leads)
        if self._site >= 0 and 2 * self._spread_back(ms, self._site, self._leads) > nodes:
            return self._leads
        best = -1
        here, follows = np.empty(nodes, np.bool_), np.empty(nodes, np.bool_)
        for site in np.linspace(0, len(self._site_node) - 1, min(len(self._site_node), _TRIED)).astype(int).tolist():
            count = self._spread_back(ms, site, here)
            ahead = spread(links.out_first, links.out_edge, self._out_head, ms, self._site_node[site], follows)
            if min(count, ahead) > best:
                best, self._site = min(count, ahead), site
                self._leads[:] = here
            if 2 * best > nodes:
                break
        return self._leads

    def _spread_back(self, ms: np.ndarray, site: int, seen: np.ndarray) -> int:
        return int(spread(self._in_first, self._in_edge, self._in_tail, ms, self._site_node[site], seen))
