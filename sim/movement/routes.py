"""Which way to go: next-hop tables from every node to the shelter sites, as people left with them and as they are told.

A table row is one byte per node, the place of the next edge in the node's row of `Links.out_edge`. Rows are made when
they are asked for and only as far out as people need them. Times are whole milliseconds on an empty road; walkers take
the way of the adult, cars never count on a road that is closed to them.
"""

from __future__ import annotations

import numpy as np

from shelters.paths import bucket_layout
from shelters.threads import share_out
from sim.movement.links import ARRIVED, LEFT_WITH, TOLD, UNKNOWN, Links, RoadWater, Ways
from sim.movement.tree_search import FAR, grow_trees, link_times, mark_changes, stale_rows
from sim.movement.trunk import Trunk
from sim.movement.units import ADULT

__all__ = ["FAR", "RouteTables", "route_ms"]

_SHARED = 8  # searches from which on threads are worth starting


def route_ms(links: Links, water: RoadWater | None) -> np.ndarray:
    """Time of each link on an empty road (ms, int32 (links,)): at least 1, FAR where it is closed; None: dry."""
    edges = len(links.area_m2)
    out = np.empty(2 * edges, np.int32)
    if water is None:
        dry = np.ones(edges, np.float32)
        link_times(links.free_ms, links.storage, np.zeros(2 * edges, np.uint8), dry, dry, out)
    else:
        link_times(links.free_ms, links.storage, water.open, water.walk_slow[ADULT], water.car_slow, out)
    return out


class RouteTables:
    """Ways to the sites (at nodes `site_node`) for walkers and cars, in two layers of knowledge.

    LEFT_WITH: on the roads as `known` at the start (None: dry). TOLD: on the roads as they were when the tree was
    last made or confirmed: at a bulletin (`told`), or when somebody of that site and mode asked at a blocked road
    (`answer`) and passed it on. `see` tells the tables how the roads are; it must be called at every change of water
    or closing, before `told` and `answer`.

    A link whose time changes by no more than `change_share` of itself counts as unchanged, closed or not apart: a
    few centimetres more are no reason for new ways. A new search then takes the time it had.
    """

    def __init__(
        self,
        links: Links,
        site_node: np.ndarray,
        known: RoadWater | None = None,
        *,
        change_share: float = 0.25,
        threads: int | None = None,
    ) -> None:
        if not 0.0 <= change_share < np.inf:
            raise ValueError(f"change_share(={change_share}) must be >= 0")
        self._links, self._threads, self._change_share = links, threads, change_share
        self._nodes, self._edges = len(links.out_first) - 1, len(links.area_m2)
        self._site_node = np.asarray(site_node, np.int32)
        sites = len(self._site_node)
        if sites and (self._site_node.min() < 0 or self._site_node.max() >= self._nodes):
            raise ValueError(f"site nodes must be 0 to {self._nodes - 1}")
        tail, head = links.tail[: self._edges], links.head[: self._edges]
        into = np.argsort(head, kind="stable")
        self._in_edge = into
        self._in_first = np.zeros(self._nodes + 1, np.int64)
        np.cumsum(np.bincount(head, minlength=self._nodes), out=self._in_first[1:])
        place = np.empty(self._edges, np.int64)
        place[links.out_edge] = np.arange(self._edges) - np.repeat(links.out_first[:-1], np.diff(links.out_first))
        if len(place) and place.max() >= ARRIVED:
            raise ValueError(f"a node has {place.max() + 1} edges that leave it; at most {ARRIVED}")
        self._place = place.astype(np.uint8)
        self._in_tail, self._in_place = tail[into].astype(np.int32), self._place[into]

        # One row per layer, mode and site; memory that no tree was written to is never touched.
        self._slot = np.empty((4 * sites, self._nodes), np.uint8)
        self._row = np.full((2, 2, sites), -1, np.int32)
        self._radius = np.zeros(4 * sites, np.int64)
        self._served = np.zeros(4 * sites, np.int64)  # how far the people asked for so far live from the site, ms
        self._since = np.zeros((2, sites), np.int64)  # version of the roads that the TOLD trees are of
        self._known_ms = route_ms(links, known)
        self._now_ms = self._known_ms.copy()
        self._version = 0
        self._worse_at = np.zeros(2 * self._edges, np.int64)
        self._better_at = np.zeros(2 * self._edges, np.int64)
        self._trunk = [Trunk(links, self._in_first, self._in_edge, self._site_node) for _ in range(2)]  # by mode
        self._cut_at = np.full((2, sites), -1, np.int64)  # version at which the tree was last cut to its part
        self._arcs: dict[tuple[int, int], tuple[int, tuple[np.ndarray, int, int]]] = {}
        self.searches = 0  # trees grown so far

    @property
    def ways(self) -> Ways:
        """The tables for kernels. Views: they stay valid and show every later change."""
        return Ways(self._row, self._slot)

    def see(self, water: RoadWater | None) -> None:
        """The roads as they are from now on, closings by order included (None: dry). Nobody knows of it yet."""
        now = route_ms(self._links, water)
        if mark_changes(now, self._now_ms, self._change_share, self._version + 1, self._worse_at, self._better_at):
            self._version += 1

    def told(self, water: RoadWater | None = None) -> int:
        """A bulletin: the roads as last seen (or `water`, seen first) are what informed people know from now on.

        Trees that no change since they were made touches stay; the others are dropped and made again when somebody
        asks. Returns how many were dropped.
        """
        if water is not None:
            self.see(water)
        dropped = 0
        edges = self._edges
        for car in range(2):
            part = slice(car * edges, (car + 1) * edges)
            rows, since = self._row[TOLD, car], self._since[car]
            old = rows >= 0
            if not old.any():
                continue
            first = int(since[old].min())
            edge = np.flatnonzero(np.maximum(self._worse_at[part], self._better_at[part]) > first)
            stale = stale_rows(
                self._slot, rows, since, self._links.tail, self._links.head, self._place, edge,
                self._worse_at[part][edge], self._better_at[part][edge],
            )  # fmt: skip
            # a tree that was only cut may still lead into what was cut off
            stale |= old & (self._cut_at[car] > since)
            rows[stale] = -1
            since[old] = self._version
            dropped += int(stale.sum())
        return dropped

    def prepare(
        self,
        layer: int,
        by_car: np.ndarray | bool,
        site: np.ndarray,
        node: np.ndarray | None = None,
        max_time_s: float = np.inf,
    ) -> None:
        """Make sure that the layer's tables know the ways from the nodes to the sites, of the same shape (units,).

        `node` None: the whole tree of each site, or all within `max_time_s`. LEFT_WITH is made on the roads as known
        at the start; TOLD, where it must be made, on the roads as last seen.
        """
        site = np.atleast_1d(np.asarray(site, np.int64))
        car = np.broadcast_to(np.asarray(by_car, np.int64), site.shape)
        limit = int(min(np.floor(max_time_s * 1000.0), FAR - 1)) if np.isfinite(max_time_s) else FAR - 1
        if node is None:
            sites = len(self._site_node)
            key = np.unique(car * sites + site)
            row = self._row[layer].reshape(-1)[key]
            key = key[(row < 0) | (self._radius[row] < limit)]
            self._grow(layer, key, np.zeros(len(key) + 1, np.int64), np.empty(0, np.int32), limit)
            return
        node = np.broadcast_to(np.asarray(node, np.int32), site.shape)
        self._check(site, node)
        if layer == TOLD:
            reach = ~self._cut_off(site, car, node)
            site, car, node = site[reach], car[reach], node[reach]
        key, first, wanted = self._grouped(site, car, node)
        self._grow_some(layer, key, first, wanted, ~self._covered(layer, key, first, wanted), limit)

    def answer(self, site: np.ndarray, by_car: np.ndarray, node: np.ndarray) -> np.ndarray:
        """Is there an open way from each node to its site, as the roads are now? Shape (askers,), bool.

        Trees of the TOLD layer that are not of the present roads, or that do not come to the node, are made again.
        Who stands on an island in the water is answered without a search.
        """
        site = np.atleast_1d(np.asarray(site, np.int64))
        car = np.broadcast_to(np.asarray(by_car, np.int64), site.shape)
        node = np.broadcast_to(np.asarray(node, np.int32), site.shape)
        self._check(site, node)
        if self._known(site, car, node):
            return np.ones(len(site), bool)
        reach = ~self._cut_off(site, car, node)
        if not reach.all():
            self._forget(site[~reach], car[~reach])
        if reach.any():
            some = reach.nonzero()[0]
            key, first, wanted = self._grouped(site[some], car[some], node[some])
            fresh = self._since.reshape(-1)[key] == self._version
            self._grow_some(TOLD, key, first, wanted, ~(fresh & self._covered(TOLD, key, first, wanted)), FAR - 1)
            reach[some] = self._slot[self._row[TOLD, car[some], site[some]], node[some]] != UNKNOWN
        return reach

    def _known(self, site: np.ndarray, car: np.ndarray, node: np.ndarray) -> bool:
        """Whether the TOLD trees are of the present roads and hold a way for each of them: most often so."""
        row = self._row[TOLD, car, site]
        fresh = (self._since[car, site] == self._version) & (row >= 0)
        return bool(fresh.all() and (self._slot[row, node] != UNKNOWN).all())

    def _cut_off(self, site: np.ndarray, car: np.ndarray, node: np.ndarray) -> np.ndarray:
        """Nodes that surely have no way to their site as the roads are now, bool.

        A site that has a way to the trunk is out of reach of every node that has none: over the site it would have.
        """
        cut = np.zeros(len(node), bool)
        for mode in np.unique(car).tolist():
            mine, leads = car == mode, self._leads(mode)
            cut[mine] = leads[self._site_node[site[mine]]] & ~leads[node[mine]]
        return cut

    def _leads(self, mode: int) -> np.ndarray:
        """Nodes with a way to the trunk as the roads are now, bool (nodes,)."""
        return self._trunk[mode].leads(self._now_ms[mode * self._edges : (mode + 1) * self._edges], self._version)

    def _forget(self, site: np.ndarray, car: np.ndarray) -> None:
        """Take the ways that the water has cut off out of the TOLD trees; what people left with stays."""
        table, since = self._row.reshape(2, -1), self._cut_at.reshape(-1)
        sites = len(self._site_node)
        for key in np.unique(car * sites + site).tolist():
            row = table[TOLD, key]
            if row < 0 or since[key] == self._version:
                continue
            own = 2 * sites + key
            if row != own:
                self._slot[own], self._radius[own], self._served[own] = (
                    self._slot[row], self._radius[row], self._served[row],
                )  # fmt: skip
                table[TOLD, key] = own
            self._slot[own][~self._leads(key // sites)] = UNKNOWN
            since[key] = self._version

    def _check(self, site: np.ndarray, node: np.ndarray) -> None:
        sites = len(self._site_node)
        if len(site) and (site.min() < 0 or site.max() >= sites):
            raise ValueError(f"site runs from {site.min()} to {site.max()}; sites are 0 to {sites - 1}")
        if len(node) and (node.min() < 0 or node.max() >= self._nodes):
            raise ValueError(f"node runs from {node.min()} to {node.max()}; nodes are 0 to {self._nodes - 1}")

    def _grouped(
        self, site: np.ndarray, car: np.ndarray, node: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distinct trees (mode * sites + site), and for each in compressed rows the distinct nodes asked for."""
        sites = len(self._site_node)
        pair = np.unique((car * sites + site) * self._nodes + node)
        key, start = np.unique(pair // self._nodes, return_index=True)
        return key, np.append(start, len(pair)).astype(np.int64), (pair % self._nodes).astype(np.int32)

    def _covered(self, layer: int, key: np.ndarray, first: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Trees that know of every node asked for, bool: by its way, or because their search came to its end."""
        row = self._row[layer].reshape(-1)[key]
        missing = np.repeat(row, np.diff(first)) < 0
        missing[~missing] = self._slot[np.repeat(row, np.diff(first))[~missing], wanted[~missing]] == UNKNOWN
        lacking = np.add.reduceat(missing, first[:-1]) > 0 if len(key) else np.zeros(0, bool)
        return (row >= 0) & ((self._radius[row] == FAR) | ~lacking)

    def _grow_some(
        self, layer: int, key: np.ndarray, first: np.ndarray, wanted: np.ndarray, some: np.ndarray, limit: int
    ) -> None:
        if not some.any():
            return
        count = np.diff(first)
        kept = np.zeros(int(some.sum()) + 1, np.int64)
        np.cumsum(count[some], out=kept[1:])
        self._grow(layer, key[some], kept, wanted[np.repeat(some, count)], limit)

    def _grow(self, layer: int, key: np.ndarray, first: np.ndarray, wanted: np.ndarray, limit: int) -> None:
        """Make the trees `key`; at least as far as people were served before, so that nobody loses his way by it."""
        sites = len(self._site_node)
        table = self._row.reshape(2, 2 * sites)
        least = np.where(table[layer, key] >= 0, self._served[table[layer, key]], 0)
        # as long as nothing has changed both layers are one
        own = LEFT_WITH if self._version == 0 else layer
        row = (own * 2 * sites + key).astype(np.int32)
        if own == LEFT_WITH and self._version > 0:
            table[TOLD, key[table[TOLD, key] == row]] = -1
        whole = self._known_ms if own == LEFT_WITH else self._now_ms
        for car in range(2):
            mine = np.flatnonzero(key // sites == car)
            if len(mine):
                arcs = self._arcs_of(own, car, whole)
                self._search(mine, arcs, self._site_node[key % sites], row, first, wanted, least, limit)
        self.searches += len(key)
        table[layer, key] = row
        if layer == TOLD:
            self._since.reshape(-1)[key] = self._version
            self._cut_at.reshape(-1)[key] = self._version

    def _arcs_of(self, layer: int, car: int, whole: np.ndarray) -> tuple[np.ndarray, int, int]:
        """Times of a mode's edges as they enter nodes, with their buckets: made anew where the roads have changed."""
        version = 0 if layer == LEFT_WITH else self._version
        known = self._arcs.get((layer, car))
        if known is None or known[0] != version:
            ms = whole[car * self._edges : (car + 1) * self._edges][self._in_edge]
            known = self._arcs[layer, car] = (version, (ms, *bucket_layout(ms)))
        return known[1]

    def _search(
        self,
        mine: np.ndarray,
        arcs: tuple[np.ndarray, int, int],
        goal: np.ndarray,
        row: np.ndarray,
        first: np.ndarray,
        wanted: np.ndarray,
        least: np.ndarray,
        limit: int,
    ) -> None:
        """Grow the trees numbered `mine` of the lists, shared out among threads: every tree has its own row."""
        ms, shift, buckets = arcs

        def grow(part: slice) -> None:
            some = mine[part]
            start = np.zeros(len(some) + 1, np.int64)
            np.cumsum(first[some + 1] - first[some], out=start[1:])
            nodes = np.concatenate([wanted[first[i] : first[i + 1]] for i in some]).astype(np.int32)
            radius, served = np.empty(len(some), np.int64), np.empty(len(some), np.int64)
            grow_trees(
                self._in_first, self._in_tail, self._in_place, ms, goal[some], row[some], start, nodes, least[some],
                limit, shift, buckets, self._slot, radius, served,
            )  # fmt: skip
            self._radius[row[some]], self._served[row[some]] = radius, served

        share_out(grow, len(mine), self._threads if len(mine) >= _SHARED else 1)
