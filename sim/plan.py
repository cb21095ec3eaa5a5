"""Who has to leave, when they are told, and which shelter each block goes to."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from data.schema import City
from shelters.allocation import Allocation
from shelters.assignment import assign
from shelters.latest_departure import latest_departures
from shelters.timed_roads import TimedRoads
from shelters.timed_travel import TimedTravel
from sim.demand import Timing
from sim.plan_terms import PlanTerms
from sim.streets import Streets


@dataclass(frozen=True)
class ShelterPlan:
    """The plan: demand and order time per block, and the allocation with the trips of its rows."""

    demand: np.ndarray  # int64 (blocks,)
    order_s: np.ndarray  # float64 (blocks,), inf where nobody is told to leave
    allocation: Allocation
    distance_m: np.ndarray  # float64 (rows of the allocation,)
    leave_s: np.ndarray  # float64 (blocks,): the moment of leaving that trips are computed for; inf where nobody goes
    leave_by_s: np.ndarray  # float64 (rows,): latest safe departure; inf where no way ever closes
    travel: TimedTravel | None  # the trips that the plan was chosen from; None without roads or shelters


def make_plan(
    streets: Streets,
    places: np.ndarray,
    demand: np.ndarray,
    timing: Timing,
    step_s: np.ndarray,
    terms: PlanTerms,
    extra_s: np.ndarray | None = None,
) -> ShelterPlan:
    """Assign the demand to `places` (persons per site, 0 where the plan uses none) under the terms.

    Trips are walked on the roads of their own hours. A road counts from the order until it closes; one that is closed
    when people are told, or closes after that, does not count again. They leave when most have left
    (`terms.leave_delay_s` after the order), but not after their danger begins; a block that reaches no place then, or
    is told only once its danger has begun, leaves when it is told. `extra_s` (edges,) adds the delays that crowds are
    expected to cause.
    """
    told, danger = (np.where(demand > 0, times, np.inf) for times in (timing.told_s, timing.danger_s))
    walking = streets.walk_time_s if extra_s is None else streets.walk_time_s + extra_s
    travel = TimedTravel(
        TimedRoads(streets.graph, step_s, walking),
        streets.block_node,
        streets.block_access_s,
        np.maximum(told, np.minimum(told + terms.leave_delay_s, danger)),
        streets.site_node,
        streets.site_access_s,
        np.full(len(places), np.inf),
        terms.max_walk_s,
        told,
    )
    reached = _reach_a_place(travel, places, terms)
    if not reached[demand > 0].all():
        travel = replace(travel, leave_s=np.where(reached, travel.leave_s, told))
    given = assign(terms.by_group(demand), travel, places, terms.options, terms.districts).allocation
    metres = travel.ways(given.block, given.site).length_m(streets.graph.length_m)
    latest = latest_departures(
        travel.roads, travel.block_node, travel.block_access_s, travel.site_node, travel.site_access_s,
        travel.site_closes_s, given.block, given.site, told,
    )  # fmt: skip
    distance = metres + streets.block_access_m[given.block] + streets.site_access_m[given.site]
    return ShelterPlan(demand, told, given, distance, travel.leave_s, latest, travel)


def _reach_a_place(travel: TimedTravel, places: np.ndarray, terms: PlanTerms) -> np.ndarray:
    """Whether each block reaches a site that a household of it may use, bool (blocks,)."""
    usable = places >= terms.options.household_persons
    reached = np.zeros(travel.blocks, bool)
    if terms.options.aid == "own_only" and terms.districts is not None:
        pairs = travel.all_pairs(usable)
        own = terms.districts.of_block[pairs.block] == terms.districts.of_site[pairs.site]
        reached[pairs.block[own]] = True
    else:
        reached[travel.candidates(1, None, usable).block] = True
    return reached


def plan_nobody(demand: np.ndarray, timing: Timing) -> ShelterPlan:
    """The plan of a city without roads or shelters: all who must leave are told, and nobody has a place."""
    none, nowhere = np.empty(0, np.int64), np.empty(0)
    given = Allocation(
        block=none, site=none, persons=none, time_s=nowhere, unserved=demand.copy(), occupancy=none,
        walk_person_s=0.0, gap_person_s=0.0, gap=0.0, certified=True, rounds=0, pairs=0,
    )  # fmt: skip
    told = np.where(demand > 0, timing.told_s, np.inf)
    return ShelterPlan(demand, told, given, nowhere, told, nowhere, None)


def plan_table(city: City, plan: ShelterPlan, area_code: np.ndarray) -> pd.DataFrame:
    """The plan in the columns of schema PLAN: assigned rows, then people without a place."""
    assert city.people is not None
    block_id = city.people["id"].to_numpy()
    site_id, site_name = np.empty(0, object), np.empty(0, object)
    if city.shelters is not None:
        site_id, site_name = city.shelters["id"].to_numpy(), city.shelters["name"].to_numpy()
    given = plan.allocation
    left = np.flatnonzero(given.unserved)
    nothing = np.full(len(left), np.nan)
    leave_by = np.where(np.isfinite(plan.leave_by_s), np.floor(plan.leave_by_s), np.nan)  # a whole second too early
    table = pd.DataFrame(
        {
            "block": np.concatenate([block_id[given.block], block_id[left]]),
            "area": np.concatenate([area_code[given.block], area_code[left]]),
            "shelter": np.concatenate([site_id[given.site], np.full(len(left), "", object)]),
            "shelter_name": np.concatenate([site_name[given.site], np.full(len(left), "", object)]),
            "persons": np.concatenate([given.persons, given.unserved[left]]),
            "walk_min": np.concatenate([given.time_s / 60.0, nothing]),
            "distance_m": np.concatenate([plan.distance_m, nothing]),
            "leave_by_s": np.concatenate([leave_by, nothing]),
        }
    )
    return table.round({"walk_min": 2, "distance_m": 1})
