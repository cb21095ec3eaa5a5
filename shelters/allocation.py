"""Who goes to which shelter: the fewest unserved people, then the least walking, or first the shortest worst trip.

A transport problem in whole persons and whole milliseconds, solved exactly and proven: see `priced_flow` for the plan
of least walking, `fairness` for the smallest worst trip, `certificate` for the proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from shelters.candidates import Travel
from shelters.certificate import check_plan, plan_cost
from shelters.fairness import least_worst_trip
from shelters.parties import PartyTravel
from shelters.paths import TICKS_PER_S
from shelters.priced_flow import PricedFlow, cheapest_plan
from shelters.whole_numbers import whole_numbers

Choice = Literal["plain", "fair"]


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
    gap: float  # the same as a share of all that walks count (walk_person_s without weights); 0 = proven optimal
    certified: bool  # proven: no plan serves more people, none that serves as many (as fairly, if so chosen) walks less
    rounds: int  # times the flow was solved
    pairs: int  # pairs of block and site in the last flow
    price_ms: np.ndarray | None = None  # int64 (sites,): what one more place would save, person-ms; None: not known
    worst_certified: bool = False  # proven: every plan that serves as many people has a trip as long as the worst here

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
    demand_persons: np.ndarray,
    travel: Travel,
    capacity_persons: np.ndarray,
    k: int = 6,
    max_rounds: int = 60,
    choice: Choice = "plain",
    weight: np.ndarray | None = None,
    price_ms: np.ndarray | None = None,
) -> Allocation:
    """The best plan among those that leave the fewest people without a place.

    `choice` "plain": the least walking. "fair": the smallest worst trip, and among those plans the least walking.
    `travel` says how long each block walks to each site: `RoadTravel`, or a `CandidateTable` that lists all pairs.
    `weight` (whole, >= 1, per block) says how many times a minute of its people counts in the sum of walks; it does not
    enter the worst trip, which is in real time. The first flow sees the `k` nearest sites of each block; a plain plan
    that is told the prices of a like problem (`Allocation.price_ms`, per site) starts from the best under them, which
    saves rounds and changes nothing that is proven. With no place in reach people are unserved: a normal result.
    """
    demand = whole_numbers("demand_persons", demand_persons, (travel.blocks,))
    capacity = whole_numbers("capacity_persons", capacity_persons, (travel.sites,))
    if choice not in ("plain", "fair"):
        raise ValueError(f"choice(={choice!r}) must be plain or fair")
    if price_ms is not None:
        price_ms = whole_numbers("price_ms", price_ms, (travel.sites,))
    usable = capacity > 0
    if weight is not None:
        whole = whole_numbers("weight", weight, (travel.blocks,))
        nowhere = np.zeros(travel.blocks, np.int64), np.zeros(travel.sites, np.int64)
        travel = PartyTravel(travel.all_pairs(usable), np.arange(travel.blocks), whole, *nowhere)
    elif travel.limited and choice == "plain":
        travel = travel.all_pairs(usable)
    if choice == "plain":
        found = cheapest_plan(demand, travel, capacity, usable, k, max_rounds, price_ms=price_ms)
        return _plan(demand, capacity, found, True, False)
    fair = least_worst_trip(demand, travel, capacity, usable)
    found = cheapest_plan(demand, fair.table, capacity, usable, k, max_rounds, fair.used)
    return _plan(demand, capacity, found, fair.served_certified, fair.worst_certified)


def _plan(
    demand: np.ndarray, capacity: np.ndarray, found: PricedFlow, most_served: bool, worst_certified: bool
) -> Allocation:
    table = found.table
    check_plan(demand, capacity, table.block, table.site, found.persons, found.unserved)
    used = np.flatnonzero(found.persons)
    block, site, persons, time_ms = table.block[used], table.site[used], found.persons[used], table.time_ms[used]
    occupancy = np.zeros(table.sites, np.int64)
    np.add.at(occupancy, site, persons)
    counted_ms = plan_cost(persons, table.cost_ms[used], found.unserved, 0)
    return Allocation(
        block=block,
        site=site,
        persons=persons,
        time_s=time_ms / TICKS_PER_S,
        unserved=found.unserved,
        occupancy=occupancy,
        walk_person_s=plan_cost(persons, time_ms, found.unserved, 0) / TICKS_PER_S,
        gap_person_s=found.gap_ms / TICKS_PER_S,
        gap=0.0 if found.gap_ms == 0 else found.gap_ms / max(counted_ms, 1),
        certified=found.certified and most_served,
        rounds=found.rounds,
        pairs=len(table),
        price_ms=found.price_ms,
        worst_certified=worst_certified,
    )
