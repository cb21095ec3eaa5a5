"""Runs an evacuation case: people leave on dry roads and go to shelters; nothing is flooded and nobody commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.readers.osm_tags import road_defaults
from data.rules_file import Rules
from sim.behaviour.draws import uniform
from sim.behaviour.people import REFUSE, PeopleShares, Population, make_units, set_apart
from sim.evacuation_case import EvacuationCase
from sim.evacuation_network import CaseNetwork, read_case_network
from sim.evacuation_places import Goals, Origins, nearest_goal, read_goals, read_origins
from sim.movement.doors import DoorTerms, build_doors, count_reserved
from sim.movement.engine import Movement
from sim.movement.outcome import MovementOutcome
from sim.movement.routes import RouteTables
from sim.movement.units import MOVING, NO_SITE
from sim.movement_rules import movement_terms


@dataclass(frozen=True)
class CaseRun:
    """What became of the people of a case."""

    case: EvacuationCase
    network: CaseNetwork
    origins: Origins
    goals: Goals
    outcome: MovementOutcome
    platoon: int
    sent: np.ndarray  # int64 (sites,), persons who set out for each site
    cut_off: int  # persons from whose start no way leads to any shelter
    refused: int
    flow: np.ndarray  # int64 (links,), walkers or vehicles that entered each link
    worst_queue: np.ndarray  # int64 (links,), most of them ever waiting at its end at a recorded time
    cpu_s: float
    wall_s: float


def run_evacuation_case(
    case: EvacuationCase, rules: Rules, on_progress: Callable[[float], None] | None = None
) -> CaseRun:
    """Run the case to its end. Raises InputError for files that cannot be used.

    Everybody is told at time 0 and goes to the shelter nearest to the start by time on empty roads; who finds it full
    goes to another one with room. People who start where no way leads to a shelter leave and are stranded.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    terms = movement_terms(rules)
    detour = rules.number("evacuation.access_detour")
    network = read_case_network(case.network, terms, road_defaults(rules))
    origins = read_origins(case, network, detour, terms.walk_speed_m_s)
    goals = read_goals(case, network, detour, terms.walk_speed_m_s)
    people, block_node, block_access_s = _people(case, network, origins, goals)
    total = int(origins.persons.sum())
    doors = build_doors(
        goals.node,
        goals.access_s,
        np.minimum(goals.capacity, total + 1.0),
        DoorTerms(places_per_desk=np.inf, service_s=0.0, opening_s=0.0),
    )
    count_reserved(people.units, people.count, doors)
    movement = Movement(
        network.links,
        doors,
        RouteTables(network.links, goals.node),
        people.units,
        people.count,
        terms,
        case.duration_s,
        block_node=block_node,
        block_access_ms=np.rint(block_access_s * 1000.0).astype(np.int32),
        record_s=case.record_s,
        first_order_s=0.0,
        seed=case.seed,
    )
    unit = np.arange(people.count)
    stays = people.intent == REFUSE
    movement.refuse(unit[stays].astype(np.int32))
    goes = unit[~stays]
    leaves_s = case.preparation.delay(uniform(case.seed, "prepared", goes))
    in_time = leaves_s <= case.duration_s  # whoever is not ready by the end is still at home then
    movement.leave(goes[in_time].astype(np.int32), leaves_s[in_time])
    site, persons = people.units.site[: people.count], people.units.persons[: people.count].astype(np.int64)
    bound = ~stays & (site != NO_SITE)
    worst_queue = np.zeros(len(network.links.tail), np.int64)
    records = _records(case.duration_s, case.record_s)
    for now_s in records[1:]:
        movement.advance(float(now_s))
        np.maximum(worst_queue, _queues(movement, len(worst_queue)), out=worst_queue)
        if on_progress is not None:
            on_progress(float(now_s / case.duration_s))
    told = np.full(len(records), total, np.int64)
    outcome = movement.outcome(told, np.zeros(len(records), np.int64))
    return CaseRun(
        case=case,
        network=network,
        origins=origins,
        goals=goals,
        outcome=outcome,
        platoon=int(people.units.persons[: people.count].max(initial=0)),
        sent=np.bincount(site[bound], persons[bound], minlength=len(goals.name)).astype(np.int64),
        cut_off=int(persons[~stays & (site == NO_SITE)].sum()),
        refused=int(persons[stays].sum()),
        flow=movement.entered,
        worst_queue=worst_queue,
        cpu_s=time.process_time() - cpu,
        wall_s=time.perf_counter() - wall,
    )


def _people(
    case: EvacuationCase, network: CaseNetwork, origins: Origins, goals: Goals
) -> tuple[Population, np.ndarray, np.ndarray]:
    """Units, and node and access time of their blocks: walkers of an origin are one block, drivers another."""
    modes = [by_car for by_car, share in ((False, 1.0 - case.car_share), (True, case.car_share)) if share > 0.0]
    by_car = np.repeat(modes, len(origins.node))
    node, access_s = np.tile(origins.node, len(modes)), np.tile(origins.access_s, len(modes))
    site = np.concatenate([nearest_goal(network, origins.node, goals.node, mode) for mode in modes])
    drivers = set_apart(origins.persons, case.car_share)
    persons = np.concatenate([drivers if mode else origins.persons - drivers for mode in modes])
    blocks = len(node)
    elder, child, impaired = (
        np.tile(origins.shares[name].to_numpy(float), len(modes)) for name in ("share_65", "share_14", "share_disabled")
    )
    nobody = np.zeros(blocks)
    shares = PeopleShares(
        elder=elder,
        child=child,
        impaired=impaired,
        assisted=nobody,
        car=by_car.astype(float),
        bus=nobody,
        compliance=np.full(blocks, case.compliance),
        shadow=nobody,
    )
    found = make_units(
        np.arange(blocks), site, persons, shares, seed=case.seed, platoon=case.platoon, car_persons=case.car_persons
    )
    return found, node, access_s


def _records(until_s: float, record_s: float) -> np.ndarray:
    """Times of the records: 0, record_s, 2 record_s ... and the end."""
    inner = np.arange(0.0, until_s, record_s)
    return np.append(inner, until_s)


def _queues(movement: Movement, links: int) -> np.ndarray:
    """Walkers or vehicles that wait at the end of each link now, int64 (links,)."""
    units, count = movement.units, movement.count
    waits = (units.state[:count] == MOVING) & (units.link[:count] >= 0)
    waits &= units.ready_ms[:count] < np.int64(movement.now_s * 1000.0)
    some = np.flatnonzero(waits)
    return np.bincount(units.link[some], units.size[some], minlength=links).astype(np.int64)
