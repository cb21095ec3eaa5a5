"""The latest moment at which people can leave home and still reach the door of a site before every way closes."""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.paths import FAR, TICKS_PER_S, access_ticks
from shelters.threads import share_out
from shelters.timed_roads import ALWAYS, NEVER, TimedRoads, step_ms
from shelters.timed_search import LONGEST_MS, latest_at_nodes


def latest_departures(
    roads: TimedRoads,
    block_node: np.ndarray,
    block_access_s: np.ndarray,
    site_node: np.ndarray,
    site_access_s: np.ndarray,
    site_closes_s: np.ndarray,
    block: np.ndarray,
    site: np.ndarray,
    told_s: np.ndarray | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Latest departure (s) of each pair `block`, `site` (int64, shape (pairs,)); float64, shape (pairs,).

    Infinite where no way ever closes, minus infinite where there is none. `told_s` (blocks,) and the other arguments
    as in `timed_travel.TimedTravel`: with it, a way is over for good once it has closed after the block was told;
    without it, walkers also wait for roads that open again. One reverse search per site and moment of telling.

    Exact to the millisecond: who leaves at the result arrives in time, who leaves 1 ms later does not.
    """
    block, site = np.asarray(block, np.int64), np.asarray(site, np.int64)
    told = np.full(len(block), NEVER) if told_s is None else step_ms(told_s)[block]
    closes, away = step_ms(site_closes_s), access_ticks(site_access_s)
    due = np.where(closes == NEVER, NEVER, closes - 1 - away)
    home = access_ticks(block_access_s)[block]
    possible = (away[site] < FAR) & (home < FAR)
    finite = np.concatenate((due[due < NEVER], [roads.last_closing_ms, 0]))
    last = int(finite.max()) + 1
    if max(last, -int(told.min(initial=0))) > LONGEST_MS:
        raise ValueError("moments lie more than 8 years from the start")
    result = np.full(len(block), -np.inf)
    pairs = np.flatnonzero(possible)
    order = pairs[np.lexsort((told[pairs], site[pairs]))]
    starts = np.ones(len(order), bool)
    starts[1:] = (np.diff(site[order]) != 0) | (np.diff(told[order]) != 0)
    groups = np.append(np.flatnonzero(starts), len(order))
    node = np.asarray(block_node, np.int64)[block]
    reverse = roads.graph.reverse
    at_node = np.full(len(block), ALWAYS)
    numbers = np.arange(len(groups) - 1)

    def search(some: slice) -> None:
        _search_groups(
            reverse.first, reverse.target, reverse.edge, *roads.spells, np.asarray(site_node, np.int64), due, last,
            groups, numbers[some], order, site, told, node, at_node,
        )  # fmt: skip

    share_out(search, len(numbers), threads)
    result[at_node == NEVER] = np.inf
    finite_rows = (at_node > ALWAYS) & (at_node < NEVER)
    result[finite_rows] = (at_node[finite_rows] - home[finite_rows]) / TICKS_PER_S
    return result


@njit(nogil=True, cache=True)
def _search_groups(  # type: ignore[no-untyped-def]
    first, target, edge, spell_first, spells, site_node, due, last, groups, some, order, site, told, node, at_node
):  # fmt: skip
    """One reverse search per group of pairs with the same site and moment of telling; `at_node` takes the labels."""
    nodes = first.size - 1
    label = np.empty(nodes, np.int64)
    seen = np.full(nodes, -1, np.int64)
    heap = np.empty(edge.size + 1, np.int64)
    for g in some:
        rows = order[groups[g] : groups[g + 1]]
        j = site[rows[0]]
        latest_at_nodes(
            first, target, edge, spell_first, spells, site_node[j], due[j], told[rows[0]], last, node[rows],
            label, seen, g, heap,
        )  # fmt: skip
        for p in rows:
            if seen[node[p]] == g:
                at_node[p] = label[node[p]]
