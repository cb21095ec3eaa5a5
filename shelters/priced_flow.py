"""The cheapest plan over all pairs of block and site, found on few of them: minimum-cost flow and pricing.

A flow over each block's nearest sites (Google OR-Tools) gives prices of places (see `certificate`); they show which
unlisted pairs would improve the plan; those join the table and the flow is solved again, until none is left and the
bound is met. Pairs far from being used under the prices are dropped meanwhile: if they matter after all, they come
back the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from shelters.candidates import CandidateTable, Travel
from shelters.certificate import least_label, lower_bound, plan_cost, site_prices

_LARGEST = 2**62  # of int64 numbers inside the flow solver
_FIRST_PRICE = 2  # of an unserved person, in longest listed walks: most exchanges cost less, and the flow is quicker
_PRICE_AFTER_START = 8  # where all are served from the start, at the price of dear exchanges
_SLACK = 1  # pairs that miss being best by so many times the largest gain found are dropped: prices move about as much
_DROP_ROUNDS = 10  # later ones drop nothing, so that the rounds end


@dataclass(frozen=True)
class PricedFlow:
    """A plan on a table of pairs, and what is proven of it."""

    table: CandidateTable
    persons: np.ndarray  # int64, shape (pairs,)
    unserved: np.ndarray  # int64, shape (blocks,)
    gap_ms: int  # what any other plan could at most save, an unserved person priced beyond any walk
    certified: bool  # gap_ms is 0 at a price of unserved people that puts them first
    rounds: int
    price_ms: np.ndarray  # int64, shape (sites,): what one more place would save


def cheapest_plan(
    demand: np.ndarray,
    travel: Travel,
    capacity: np.ndarray,
    usable: np.ndarray,
    k: int,
    max_rounds: int,
    start: CandidateTable | None = None,
    price_ms: np.ndarray | None = None,
) -> PricedFlow:
    """The least-cost plan among those that leave the fewest people without a place.

    The first table has the k nearest sites of each block, and the pairs of `start`: those of a plan that serves as many
    as can be served, where one is known. With the prices of places of a like problem (`price_ms`, per site) the k best
    under them take the place of the nearest, and fewer rounds remain.

    Nobody changes places more than once per site along a chain of exchanges, so a price of an unserved person above
    (sites + 1) x longest walk puts people before walking. A lower price is tried first, for speed: where all are
    served under it, the plan is optimal under any higher one too.
    """
    strict_ms = (min(int(usable.sum()), int((demand > 0).sum())) + 1) * travel.longest_ms() + 1
    if strict_ms * (len(demand) + len(capacity) + 3) > _LARGEST:
        raise ValueError("walking times too long to rank plans exactly; set a time limit")
    table = travel.candidates(k, price_ms, usable)
    if start is not None:
        known = np.isin(start.block * start.sites + start.site, table.block * table.sites + table.site)
        table = _joined(table, start.take(~known, False))
    unserved_ms = strict_ms
    if len(table) and demand.sum() <= capacity.sum():
        first = _FIRST_PRICE if start is None else _PRICE_AFTER_START
        unserved_ms = min(strict_ms, first * int(table.cost_ms.max()) + 1)
    rounds = 0
    while True:
        rounds += 1
        persons = _least_cost_flow(demand, table, capacity, unserved_ms)
        unserved = demand.copy()
        np.subtract.at(unserved, table.block, persons)
        price, _ = site_prices(table, persons, capacity, unserved_ms)
        rivals = travel.candidates(rounds + 1, price, usable)
        best = least_label(rivals, price, unserved_ms)
        gap_ms = plan_cost(persons, table.cost_ms, unserved, unserved_ms) - lower_bound(demand, capacity, price, best)
        strict = unserved_ms == strict_ms or not unserved.any()
        if (gap_ms == 0 and strict) or rounds == max_rounds:
            break
        if gap_ms == 0:
            unserved_ms = strict_ms
            continue
        gain = least_label(table, price, unserved_ms)[rivals.block] - rivals.cost_ms - price[rivals.site]
        if gain.max(initial=0) <= 0:
            break
        if rounds < _DROP_ROUNDS:
            miss = table.cost_ms + price[table.site] - best[table.block]
            table = table.take(miss <= _SLACK * gain.max(), False)  # keeps all in use: they miss by their gain
        table = _joined(table, rivals.take(gain > 0, False))
    return PricedFlow(table, persons, unserved, gap_ms, gap_ms == 0 and strict, rounds, price)


def _least_cost_flow(demand: np.ndarray, table: CandidateTable, capacity: np.ndarray, unserved_ms: int) -> np.ndarray:
    """Persons on each pair: minimum-cost flow block -> site -> sink, and block -> sink at `unserved_ms`."""
    asking = np.flatnonzero(demand)
    pair = np.flatnonzero(demand[table.block])
    block, site = table.block[pair], table.site[pair]
    sites = np.flatnonzero(capacity)
    sink = len(demand) + len(capacity)
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate((block, asking, len(demand) + sites)),
        np.concatenate((len(demand) + site, np.full(len(asking) + len(sites), sink))),
        np.concatenate((np.minimum(demand[block], capacity[site]), demand[asking], capacity[sites])),
        np.concatenate((table.cost_ms[pair], np.full(len(asking), unserved_ms), np.zeros(len(sites), np.int64))),
    )
    flow.set_nodes_supplies(np.append(asking, sink), np.append(demand[asking], -demand.sum()))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"minimum-cost flow ended with status {status}")
    persons = np.zeros(len(table), np.int64)
    persons[pair] = flow.flows(arcs[: len(pair)])
    return persons


def _joined(table: CandidateTable, more: CandidateTable) -> CandidateTable:
    """The pairs of both tables, which have none in common."""
    block = np.concatenate((table.block, more.block))
    order = np.argsort(block, kind="stable")
    site, time, cost = (
        np.concatenate(column)[order]
        for column in ((table.site, more.site), (table.time_ms, more.time_ms), (table.cost_ms, more.cost_ms))
    )
    counted = None if table.counted_ms is None else cost
    return CandidateTable(table.blocks, table.sites, block[order], site, time, table.complete, counted)
