"""How far it is to a shelter: the nearest site of each block, and every site within the walking distance of a stay.

The searches are those of the walking times, in metres instead of seconds: one tick is a millimetre. An edge is rounded
once to whole millimetres, so a way of n edges is at most n / 2 mm off, and a distance equal to the limit is within it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.candidates import CandidateTable
from shelters.graph import RoadGraph
from shelters.nearest import RoadTravel

NO_SITE = -1


@dataclass(frozen=True)
class Nearest:
    """The nearest site of each block along the roads."""

    site: np.ndarray  # int64, shape (blocks,); NO_SITE where none is within the limit
    distance_m: np.ndarray  # float64, shape (blocks,); infinite where none

    @property
    def within(self) -> np.ndarray:
        """Whether a site is within the limit, bool, shape (blocks,)."""
        return self.site != NO_SITE


@dataclass(frozen=True)
class Reach:
    """All pairs of block and site within a walking distance, by rising block, then distance, then site."""

    blocks: int
    sites: int
    block: np.ndarray  # int64, shape (pairs,)
    site: np.ndarray  # int64, shape (pairs,)
    distance_m: np.ndarray  # float64, shape (pairs,)

    def __len__(self) -> int:
        return len(self.block)

    def has(self, block: np.ndarray, site: np.ndarray) -> np.ndarray:
        """Whether each pair asked for is among these, bool."""
        asked = np.asarray(block, np.int64) * self.sites + np.asarray(site, np.int64)
        return np.isin(asked, self.block * self.sites + self.site)


def ways_in_metres(
    graph: RoadGraph,
    closed: np.ndarray,
    block_node: np.ndarray,
    block_access_m: np.ndarray,
    site_node: np.ndarray,
    site_access_m: np.ndarray,
    limit_m: float,
    threads: int | None = None,
) -> RoadTravel:
    """Ways from door to door of at most `limit_m` on the edges that are not `closed` (bool, shape (edges,)).

    `RoadTravel` measures in seconds; here each of its seconds stands for a metre.
    """
    if not limit_m >= 0.0:
        raise ValueError(f"limit_m(={limit_m}) must be >= 0")
    length = np.where(np.asarray(closed, bool), np.inf, graph.length_m)
    return RoadTravel(graph, length, block_node, block_access_m, site_node, site_access_m, limit_m, threads)


def nearest_site(ways: RoadTravel, usable: np.ndarray | None = None) -> Nearest:
    """The nearest of the usable sites (bool, shape (sites,)) for each block; of several the smaller number."""
    site, distance = np.full(ways.blocks, NO_SITE, np.int64), np.full(ways.blocks, np.inf)
    if ways.sites and (usable is None or np.asarray(usable).any()):
        found = ways.candidates(1, None, usable)
        site[found.block], distance[found.block] = found.site, found.time_s
    return Nearest(site, distance)


def sites_in_reach(ways: RoadTravel, usable: np.ndarray | None = None) -> Reach:
    """Every pair of block and usable site within the limit of `ways`; with no site, none."""
    if ways.sites == 0 or ways.blocks == 0:
        none = np.empty(0, np.int64)
        return Reach(ways.blocks, ways.sites, none, none, np.empty(0))
    return _reach(ways.all_pairs(usable))


def _reach(table: CandidateTable) -> Reach:
    return Reach(table.blocks, table.sites, table.block, table.site, table.time_s)
