"""One plan for a city: who goes where, with priority, households, aid between districts, and places already held."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from shelters.aid import AidMode, Districts
from shelters.allocation import Allocation, Choice, allocate
from shelters.candidates import CandidateTable, Travel
from shelters.certificate import plan_cost
from shelters.parties import Parties, PartyTravel
from shelters.paths import TICKS_PER_S
from shelters.whole_numbers import whole_numbers


@dataclass(frozen=True)
class AssignmentOptions:
    """How a plan is chosen."""

    choice: Choice = "plain"
    weight: tuple[int, ...] = (1,)  # per group: how many times a minute of its people counts, whole numbers
    household_persons: int = 1  # people who are never split over sites
    aid: AidMode = "free"
    penalty_s: float = 0.0  # own_first: how much farther off a place in another district counts
    nearest: int = 6  # sites per block that the first flow sees

    def __post_init__(self) -> None:
        if not self.weight or any(weight < 1 or weight != int(weight) for weight in self.weight):
            raise ValueError(f"weight(={self.weight}) must be whole numbers >= 1, one per group")
        if self.household_persons < 1:
            raise ValueError(f"household_persons(={self.household_persons}) must be >= 1")
        if self.aid not in ("free", "own_first", "own_only"):
            raise ValueError(f"aid(={self.aid!r}) must be free, own_first or own_only")
        if not 0.0 <= self.penalty_s < np.inf:
            raise ValueError(f"penalty_s(={self.penalty_s}) must be >= 0 and finite")


@dataclass(frozen=True)
class Assignment:
    """A plan with its groups: `allocation` holds the persons by block and site, the rows below by group as well."""

    allocation: Allocation
    block: np.ndarray  # int64, shape (rows,), rising
    site: np.ndarray  # int64, shape (rows,)
    group: np.ndarray  # int64, shape (rows,)
    persons: np.ndarray  # int64, shape (rows,), > 0
    time_s: np.ndarray  # float64, shape (rows,), real time
    unserved: np.ndarray  # int64, shape (groups, blocks)


def assign(
    demand: np.ndarray,
    travel: Travel,
    capacity: np.ndarray,
    options: AssignmentOptions | None = None,
    districts: Districts | None = None,
    held: np.ndarray | None = None,
    price_ms: np.ndarray | None = None,
) -> Assignment:
    """The best plan under the options, with its certificate.

    `demand` in persons, whole, shape (blocks,) or (groups, blocks); `capacity` in persons (sites,); `held` places of
    it that are taken already, by occupants or people on the way (sites,). `districts` are needed unless aid is free.
    `price_ms` (sites,) as for `allocate`.

    Exact: people are conserved; no site is filled beyond its capacity; no household is split; the certificate, in
    weighted times in whole ms. With households of h people the household is what is served, and every one counts as h
    people, in places and in walking, though the last one of a block and group may be smaller: a site takes
    floor(capacity / h) of them, so up to h - 1 places of each site and of each smaller household stay empty.
    """
    options = options or AssignmentOptions()
    persons = whole_numbers("demand", np.atleast_2d(demand), (len(options.weight), travel.blocks))
    places = whole_numbers("capacity", capacity, (travel.sites,))
    if held is not None:
        places = np.maximum(places - whole_numbers("held", held, (travel.sites,)), 0)
    if options.aid != "free" and districts is None:
        raise ValueError(f"aid(={options.aid!r}) needs the districts of blocks and sites")
    size = options.household_persons
    rooms = places // size
    if len(persons) == 1 and options.aid == "free":  # all count alike: any way to travel will do
        parties = Parties(np.arange(travel.blocks), np.zeros(travel.blocks, np.int64), persons[0], size)
        ways = travel
    else:
        parties = Parties.of(persons, size)
        ways = _ways(parties, travel.all_pairs(rooms > 0), options, districts)
    plan = allocate(parties.households, ways, rooms, options.nearest, choice=options.choice, price_ms=price_ms)
    return _in_persons(persons, parties, plan)


def _ways(
    parties: Parties, table: CandidateTable, options: AssignmentOptions, districts: Districts | None
) -> PartyTravel:
    """What the pairs of the table count for the parties: minutes times the weight of their group."""
    weight = np.array(options.weight, np.int64)[parties.group]
    if options.aid == "free" or districts is None:
        nowhere = np.zeros(len(parties), np.int64), np.zeros(table.sites, np.int64)
        return PartyTravel(table, parties.block, weight, *nowhere)
    penalty_ms = round(options.penalty_s * TICKS_PER_S) if options.aid == "own_first" else None
    return PartyTravel(table, parties.block, weight, districts.of_block[parties.block], districts.of_site, penalty_ms)


def _in_persons(demand: np.ndarray, parties: Parties, plan: Allocation) -> Assignment:
    """The plan of households as persons: by block, site and group, and summed over the groups."""
    persons, left = parties.people(plan.block, plan.persons, plan.time_s, plan.unserved)
    block, group = parties.block[plan.block], parties.group[plan.block]
    rows = _sums((block, plan.site, group), persons, plan.time_s)
    total = _sums((block, plan.site), persons, plan.time_s)
    unserved = np.zeros_like(demand)
    unserved[parties.group, parties.block] = left
    occupancy = np.zeros_like(plan.occupancy)
    np.add.at(occupancy, plan.site, persons)
    walk_ms = plan_cost(total[2], np.rint(total[3] * TICKS_PER_S), unserved, 0)
    whole = replace(
        plan, block=total[0], site=total[1], persons=total[2], time_s=total[3], unserved=unserved.sum(axis=0),
        occupancy=occupancy, walk_person_s=walk_ms / TICKS_PER_S, gap_person_s=plan.gap_person_s * parties.size,
    )  # fmt: skip
    return Assignment(whole, rows[0], rows[1], rows[2], rows[3], rows[4], unserved)


def _sums(keys: tuple[np.ndarray, ...], persons: np.ndarray, time_s: np.ndarray) -> list[np.ndarray]:
    """Rows with equal keys, which have equal times, made one: [*keys, persons, time] in rising order of the keys."""
    order = np.lexsort(keys[::-1])
    if not len(order):
        return [*keys, persons, time_s]
    columns = [key[order] for key in keys]
    fresh = np.append(True, np.any([key[1:] != key[:-1] for key in columns], axis=0))
    start = np.flatnonzero(fresh)
    return [*(key[start] for key in columns), np.add.reduceat(persons[order], start), time_s[order][start]]
