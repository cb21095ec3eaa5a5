"""A drill in the tiny city, ready to run: 36 blocks, four shelters, a street grid, teams if asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from data.rules_file import load_rules
from shelters.graph import RoadGraph
from sim.area_map import warned_areas
from sim.command.places import places_of
from sim.command.script import Inject, Order
from sim.command.setup import Blocks, DrillSetup, GivenOrder, PlanRows, RoadNet, Sites
from sim.departure import Rayleigh
from sim.leave_orders import blocks_of_areas, rows_of_areas
from sim.movement.build_links import build_links
from sim.movement.doors import DoorTerms
from sim.movement.road_water import RoadEpochs
from sim.movement.terms import MovementTerms
from sim.rulebook import walk_rules
from sim.stability_rules import drive_rules
from tests.behaviour_case import ALL, behaviour, shares
from tests.tiny_city import tiny_city
from tests.tiny_teams import tiny_teams

WEST, EAST, CITY = "510101", "510102", "510100"
PERSONS = 50  # of each block


def order(kind: str, at_min: float, *targets: str, **more: Any) -> Order:
    return Order(more.pop("id", f"{kind}-{at_min:g}-{'-'.join(targets)}"), kind, float(at_min), targets, **more)


def inject(kind: str, at_min: float, *targets: str, **more: Any) -> Inject:
    return Inject(more.pop("id", f"{kind}-{at_min:g}"), kind, float(at_min), targets=targets, **more)


def drill_setup(
    *orders: Order,
    injects: tuple[Inject, ...] = (),
    teams: bool = False,
    capacity: tuple[int, ...] = (900, 900, 900, 900),
    depth_m: dict[float, dict[int, float]] | None = None,
    people: dict[str, Any] | None = None,
    **given: Any,
) -> DrillSetup:
    """Blocks of the west go to S1, those of the east to S2. `depth_m`: time (s) -> edge -> still water on it."""
    city = tiny_city()
    if teams:
        city = replace(city, teams=tiny_teams(city))
    assert city.roads is not None
    assert city.people is not None
    assert city.shelters is not None
    edges, nodes = city.roads.edges, city.roads.nodes
    xy = nodes[["x_m", "y_m"]].to_numpy(float)
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    graph = RoadGraph.build(tail, head, edges["length_m"].to_numpy(float), len(nodes))
    areas = blocks_of_areas(city, warned_areas(city))
    sites = rows_of_areas(city, warned_areas(city), city.shelters)
    area = np.where(np.isin(np.arange(36), areas[WEST]), WEST, EAST).astype(object)
    setup = DrillSetup(
        roads=RoadNet(graph, build_links(graph, edges, xy, MovementTerms()), _epochs(edges, depth_m or {}),
                      xy[:, 0], xy[:, 1], xy[:, 0], xy[:, 1]),
        blocks=Blocks(tuple(city.people["id"]), area, _nearest(city.people, xy), np.full(36, 30.0),
                      np.full(36, PERSONS, np.int64), np.full(36, np.inf)),
        sites=Sites(tuple(city.shelters["id"]), _nearest(city.shelters, xy), np.full(4, 10.0),
                    np.array(capacity, np.int64), np.full(4, np.inf), np.zeros(4), np.zeros(4, np.int64),
                    np.array([True, False, True, True])),
        plan=PlanRows(np.arange(36, dtype=np.int32), (area == EAST).astype(np.int32), np.full(36, PERSONS - 10)),
        places=places_of(city, areas, [channel.name for channel in ALL], sites),
        people=shares(36, **(people or {})),
        behaviour=behaviour(*ALL),
        rumour=Rayleigh(600.0),
        movement=MovementTerms(),
        doors=DoorTerms(places_per_desk=100.0, service_s=2.0, opening_s=120.0),
        teams=city.teams,
        until_s=7200.0,
        identity={"version": "0", "scenario": "s", "rules": "r"},
    )  # fmt: skip
    return replace(setup.with_inputs([GivenOrder(step, "script") for step in orders], injects), **given)


def _nearest(frame: Any, xy: np.ndarray) -> np.ndarray:
    points = frame[["x_m", "y_m"]].to_numpy(float)
    return np.argmin(((points[:, None] - xy[None]) ** 2).sum(axis=2), axis=1).astype(np.int32)


def _epochs(edges: Any, depth_m: dict[float, dict[int, float]]) -> RoadEpochs:
    rules = load_rules()
    times = sorted({0.0, *depth_m})
    depth = np.zeros((len(times), len(edges)))
    for row, time_s in enumerate(times):
        for edge, value in depth_m.get(time_s, {}).items():
            depth[row, edge] = value
    still = np.zeros_like(depth)
    speed = edges["speed_m_s"].to_numpy(float)
    return RoadEpochs.build(np.array(times), depth, still, still, speed, (walk_rules(rules),) * 4, drive_rules(rules))
