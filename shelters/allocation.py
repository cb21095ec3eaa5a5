"""Who goes to which shelter: the plan with the fewest unserved people, and among those the least walking.

A transport problem in whole persons and whole milliseconds: minimum-cost flow over each block's nearest sites (Google
OR-Tools), made optimal over all pairs by pricing: the prices of places (see `certificate`) show which unlisted pairs
would improve the plan; those join the table and the plan is solved again, until none is left and the bound is met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from shelters.candidates import CandidateTable, Travel
from shelters.certificate import check_plan, least_label, lower_bound, plan_cost, site_prices
from shelters.paths import TICKS_PER_S

_LARGEST = 2**62  # of int64 numbers inside the flow solver
_FIRST_PRICE = 8  # of an unserved person, in longest listed walks: most exchanges cost less, and the flow is quicker


@dataclass(frozen=True)
class Allocation:
    """A plan: one row per block and shelter, and the people of each block that no shelter has room for."""

    block: np.ndarray  # int64, shape (rows,), rising
    site: np.ndarray  # int64, shape (rows,)
    persons: np.ndarray  # int64, shape (rows,), > 0
    time_s: np.ndarray  # float64, shape (rows,)
    unserved: np.ndarray  # int64, shape (blocks,)
    occupancy: np.ndarray  # int64, shape (sites,)
    walk_person_s: float  # sum of persons x time
    gap_person_s: float  # what any other plan could at most save, with an unserved person priced beyond any walk
    gap: float  # the same as a share of walk_person_s; 0 = proven optimal
    certified: bool  # the bound is met exactly: no plan serves more people, none that serves as many walks less
    rounds: int  # times the flow was solved
    pairs: int  # pairs of block and site in the last flow

    @property
    def assigned(self) -> int:
        return int(self.persons.sum())

    @property
    def mean_s(self) -> float:
        """Mean walking time of the people with a place, NaN when there are none."""
        return self.walk_person_s / self.assigned if self.assigned else float("nan")

    @property
    def worst_s(self) -> float:
        return float(self.time_s.max()) if len(self.time_s) else float("nan")

    def quantile_s(self, share: float) -> float:
        """The smallest time within which this share of the people with a place has arrived."""
        if not self.assigned:
            return float("nan")
        order = np.argsort(self.time_s, kind="stable")
        reached = np.cumsum(self.persons[order])
        return float(self.time_s[order][np.searchsorted(reached, share * reached[-1])])


def allocate(
    demand_persons: np.ndarray, travel: Travel, capacity_persons: np.ndarray, k: int = 8, max_rounds: int = 60
) -> Allocation:
    """The least-walking plan among those that leave the fewest people without a place.

    `travel` says how long each block walks to each site: `RoadTravel`, or a `CandidateTable` that lists all pairs.
    The first flow sees the `k` nearest sites of each block. With no place in reach people are unserved: a normal
    result. Nobody changes places more than once per site along a chain of exchanges, so a price of an unserved person
    above (sites + 1) x longest walk puts people before walking. A lower price is tried first, for speed: where all
    are served under it, the plan is optimal under any higher one too.
    """
    demand = _whole("demand_persons", demand_persons, travel.blocks)
    capacity = _whole("capacity_persons", capacity_persons, travel.sites)
    usable = capacity > 0
    if travel.limited:
        travel = travel.all_pairs(usable)
    strict_ms = (min(int(usable.sum()), int((demand > 0).sum())) + 1) * travel.longest_ms() + 1
    if strict_ms * (len(demand) + len(capacity) + 3) > _LARGEST:
        raise ValueError("walking times too long to rank plans exactly; set a time limit")
    table = travel.candidates(k, None, usable)
    unserved_ms = strict_ms
    if len(table) and demand.sum() <= capacity.sum():
        unserved_ms = min(strict_ms, _FIRST_PRICE * int(table.time_ms.max()) + 1)
    rounds = 0
    while True:
        rounds += 1
        persons = _least_cost_flow(demand, table, capacity, unserved_ms)
        unserved = demand.copy()
        np.subtract.at(unserved, table.block, persons)
        price, _ = site_prices(table, persons, capacity, unserved_ms)
        rivals = travel.candidates(rounds + 1, price, usable)
        best = least_label(rivals, price, unserved_ms)
        gap_ms = plan_cost(persons, table.time_ms, unserved, unserved_ms) - lower_bound(demand, capacity, price, best)
        strict = unserved_ms == strict_ms or not unserved.any()
        if (gap_ms == 0 and strict) or rounds == max_rounds:
            break
        if gap_ms == 0:
            unserved_ms = strict_ms
            continue
        better = rivals.time_ms + price[rivals.site] < least_label(table, price, unserved_ms)[rivals.block]
        if not better.any():
            break
        table = _joined(table, rivals, better)
    check_plan(demand, capacity, table.block, table.site, persons, unserved)
    return _plan(table, persons, unserved, gap_ms, gap_ms == 0 and strict, rounds)


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
        np.concatenate((table.time_ms[pair], np.full(len(asking), unserved_ms), np.zeros(len(sites), np.int64))),
    )
    flow.set_nodes_supplies(np.append(asking, sink), np.append(demand[asking], -demand.sum()))
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"minimum-cost flow ended with status {status}")
    persons = np.zeros(len(table), np.int64)
    persons[pair] = flow.flows(arcs[: len(pair)])
    return persons


def _joined(table: CandidateTable, more: CandidateTable, chosen: np.ndarray) -> CandidateTable:
    """The table and the chosen pairs of `more`, none of which it has."""
    block = np.concatenate((table.block, more.block[chosen]))
    site = np.concatenate((table.site, more.site[chosen]))
    time = np.concatenate((table.time_ms, more.time_ms[chosen]))
    order = np.argsort(block, kind="stable")
    return CandidateTable(table.blocks, table.sites, block[order], site[order], time[order], table.complete)


def _plan(
    table: CandidateTable, persons: np.ndarray, unserved: np.ndarray, gap_ms: int, certified: bool, rounds: int
) -> Allocation:
    used = np.flatnonzero(persons)
    occupancy = np.zeros(table.sites, np.int64)
    np.add.at(occupancy, table.site[used], persons[used])
    walk_ms = plan_cost(persons[used], table.time_ms[used], unserved, 0)
    return Allocation(
        block=table.block[used],
        site=table.site[used],
        persons=persons[used],
        time_s=table.time_ms[used] / TICKS_PER_S,
        unserved=unserved,
        occupancy=occupancy,
        walk_person_s=walk_ms / TICKS_PER_S,
        gap_person_s=gap_ms / TICKS_PER_S,
        gap=0.0 if gap_ms == 0 else gap_ms / max(walk_ms, 1),
        certified=certified,
        rounds=rounds,
        pairs=len(table),
    )


def _whole(name: str, values: np.ndarray, count: int) -> np.ndarray:
    values = np.asarray(values)
    if values.shape != (count,):
        raise ValueError(f"{name} has shape {values.shape}, expected ({count},)")
    whole = values.astype(np.int64)
    if (whole != values).any() or (whole < 0).any():
        raise ValueError(f"{name} must be whole numbers >= 0")
    return whole
