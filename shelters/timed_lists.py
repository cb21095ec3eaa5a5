"""The searches of many homes on roads that change, one after the other with one workspace (numba).

Shapes as in `timed_travel`; times in ms, int64. `first`, `target`, `edge` are the roads forward, `spell_first` and
`spells` their walking times (`timed_roads`), `sites_first` and `sites_here` the sites of each node.
"""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from shelters.paths import FAR
from shelters.timed_roads import NEVER
from shelters.timed_search import sites_from_home


@njit(nogil=True, cache=True)
def too_short(first, site, time, horizon, price, cheapest, k, short):  # type: ignore[no-untyped-def]
    """Mark the blocks where a pair beyond the horizon could be among the k best.

    Such a pair counts its horizon and the least price of an unlisted site or more.
    """
    best = np.empty(k, np.int64)
    listed = np.full(price.size, -1, np.int64)
    for i in range(short.size):
        if horizon[i] == NEVER:
            continue
        have = 0
        for p in range(first[i], first[i + 1]):
            listed[site[p]] = i
            worth = time[p] + price[site[p]]
            if have < k:
                at = have
                have += 1
            elif worth < best[k - 1]:
                at = k - 1
            else:
                continue
            while at > 0 and best[at - 1] > worth:
                best[at] = best[at - 1]
                at -= 1
            best[at] = worth
        cheap = 0
        while cheap < cheapest.size and listed[cheapest[cheap]] == i:
            cheap += 1
        short[i] = cheap < cheapest.size and (have < k or horizon[i] + price[cheapest[cheap]] <= best[k - 1])


@njit(nogil=True, cache=True)
def list_sites(  # type: ignore[no-untyped-def]
    first, target, edge, spell_first, spells, sites_first, sites_here, site_ms, closes_ms, usable, price, cheapest,
    node, access_ms, leave_ms, told_ms, limit, k,
):  # fmt: skip
    """(count, horizon) of each home, and the sites and times of all of them in a row."""
    nodes, sites = first.size - 1, site_ms.size
    label, via = np.empty(nodes, np.int64), np.empty(nodes, np.int32)
    seen = np.full(nodes + sites, -1, np.int64)
    heap = np.empty(edge.size + sites + 1, np.int64)
    best, here, then = np.empty(k, np.int64), np.empty(sites, np.int64), np.empty(sites, np.int64)
    count, horizon = np.empty(node.size, np.int64), np.empty(node.size, np.int64)
    room, used = 1024, 0
    out_site, out_time = np.empty(room, np.int64), np.empty(room, np.int64)
    for i in range(node.size):
        found, beyond = sites_from_home(
            first, target, edge, spell_first, spells, sites_first, sites_here, site_ms, closes_ms, usable, price,
            cheapest, node[i], access_ms[i], leave_ms[i], told_ms[i], limit, k,
            label, seen, via, i, heap, best, here, then,
        )  # fmt: skip
        while used + found > room:
            room *= 2
            out_site, out_time = _longer(out_site, room), _longer(out_time, room)
        out_site[used : used + found], out_time[used : used + found] = here[:found], then[:found]
        used += found
        count[i], horizon[i] = found, beyond
    return count, horizon, out_site[:used], out_time[:used]


@njit(nogil=True, cache=True)
def list_ways(  # type: ignore[no-untyped-def]
    first, target, edge, spell_first, spells, sites_first, sites_here, site_ms, closes_ms, site_node, tail,
    node, access_ms, leave_ms, told_ms, limit, pair_first, pair, site, block,
):  # fmt: skip
    """The quickest way of each asked pair: (pair, edges of it), and all edges with the ms spent on each, in a row.

    Searched again from its home, then followed back; waiting before an edge counts as spent on it.
    """
    nodes, sites = first.size - 1, site_ms.size
    label, via = np.empty(nodes, np.int64), np.empty(nodes, np.int32)
    seen = np.full(nodes + sites, -1, np.int64)
    heap = np.empty(edge.size + sites + 1, np.int64)
    here, then = np.empty(sites, np.int64), np.empty(sites, np.int64)
    none, asked = np.zeros(sites, np.int64), np.zeros(sites, np.bool_)
    rows = np.int64(0)
    for i in range(node.size):
        rows += pair_first[block[i] + 1] - pair_first[block[i]]
    number, count = np.empty(rows, np.int64), np.zeros(rows, np.int64)
    room, used, row = 4096, 0, 0
    way, spent = np.empty(room, np.int32), np.empty(room, np.int64)
    for i in range(node.size):
        mine = pair[pair_first[block[i]] : pair_first[block[i] + 1]]
        for p in mine:
            asked[site[p]] = site_ms[site[p]] < FAR
        if leave_ms[i] < NEVER and access_ms[i] < FAR:
            sites_from_home(
                first, target, edge, spell_first, spells, sites_first, sites_here, site_ms, closes_ms, asked, none,
                np.flatnonzero(asked), node[i], access_ms[i], leave_ms[i], told_ms[i], limit, mine.size,
                label, seen, via, i, heap, np.empty(mine.size, np.int64), here, then,
            )  # fmt: skip
        for p in mine:
            number[row] = p
            begin = used
            if seen[nodes + site[p]] == i:
                v = site_node[site[p]]
                while via[v] >= 0:
                    if used == room:
                        room *= 2
                        way, spent = _longer(way, room), _longer(spent, room)
                    u = tail[via[v]]
                    way[used], spent[used] = via[v], label[v] - label[u]
                    used += 1
                    v = u
                way[begin:used], spent[begin:used] = way[begin:used][::-1].copy(), spent[begin:used][::-1].copy()
                count[row] = used - begin
            else:
                count[row] = -1
            row += 1
            asked[site[p]] = False
    return number, count, way[:used], spent[:used]


@njit(nogil=True, cache=True)
def _longer(values, room):  # type: ignore[no-untyped-def]
    more = np.empty(room, values.dtype)
    more[: values.size] = values
    return more
