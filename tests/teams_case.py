"""Teams on a small road network, with a plain book of people in place of the movement engine: who rides is counted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import simpy

from shelters.graph import RoadGraph
from sim.command.fleet import Fleet
from sim.command_rules import CommandTerms
from sim.movement.doors import bind, split
from sim.movement.engine import Exchange
from sim.movement.links import CLOSED, NEVER, OPEN, Doors, Links, RoadWater
from sim.movement.units import (
    ASSISTED,
    BUS,
    NO_WAY,
    NOWHERE,
    RIDING,
    SHELTERED,
    STRANDED,
    TURNED_AWAY,
    WAITING,
    Units,
    no_units,
)

CAR_M_S = 10.0


def two_way(roads: list[tuple[int, int, float]]) -> RoadGraph:
    """Roads (node, node, metres) in both directions: road i is edge i and, back, edge len + i."""
    a, b, length = (np.array(part) for part in zip(*roads, strict=True))
    return RoadGraph.build(np.concatenate((a, b)), np.concatenate((b, a)), np.concatenate((length, length)))


def links_of(graph: RoadGraph, for_cars: np.ndarray | None = None) -> Links:
    """Cars at 10 m/s on every edge, or on those `for_cars`."""
    free_ms = np.rint(graph.length_m / CAR_M_S * 1000.0).astype(np.int32)
    room = np.full(graph.edges, 100, np.int32)
    car_room = room if for_cars is None else np.where(for_cars, room, 0).astype(np.int32)
    both = np.concatenate((np.arange(graph.edges), np.arange(graph.edges)))
    return Links(
        tail=graph.tail[both], head=graph.head[both], free_ms=np.concatenate((free_ms * 9, free_ms)),
        headway_us=np.ones(2 * graph.edges, np.int32), storage=np.concatenate((room, car_room)),
        area_m2=np.ones(graph.edges, np.float32), phase=np.full(2 * graph.edges, -1, np.int8),
        out_first=graph.forward.first, out_edge=graph.forward.edge,
    )  # fmt: skip


def dry(graph: RoadGraph) -> RoadWater:
    edges = graph.edges
    return RoadWater(
        np.full(2 * edges, OPEN, np.uint8), np.ones((4, edges), np.float32), np.ones(edges, np.float32),
        np.zeros(edges, np.float32), np.zeros(edges, np.float32),
    )  # fmt: skip


def flooded(graph: RoadGraph, edges: list[int], depth_m: float = 0.6, depth_speed: float = 0.0) -> RoadWater:
    """These edges closed to everybody by water."""
    water = dry(graph)
    water.open[edges] = CLOSED
    water.open[np.array(edges, int) + graph.edges] = CLOSED
    water.depth_m[edges], water.depth_speed_m2_s[edges] = depth_m, depth_speed
    return water


def team(
    name: str, kind: str, node: int, vehicles: int = 1, seats: int = 50, turnout_min: float = 0.0, **more: Any
) -> dict:
    return {
        "id": name, "kind": kind, "node": node, "vehicles": vehicles, "seats": seats, "turnout_min": turnout_min,
        "pump_m3_s": 0.3, "regional": False, **more,
    }  # fmt: skip


class People:
    """Waiting and stranded people by unit; the part of the engine that teams use, on foot nowhere."""

    def __init__(self, doors: Doors, room: int = 2000) -> None:
        self.doors, self.units, self.count = doors, no_units(room), 0
        self.queue_s: dict[int, float] = {}
        self.news = np.empty(0, np.int32)

    def put(self, node: int, persons: list[int], state: int, mode: int, site: int = -1, block: int = 0) -> np.ndarray:
        ids = np.arange(self.count, self.count + len(persons), dtype=np.int32)
        units: Units = self.units
        units.node[ids], units.persons[ids], units.state[ids], units.mode[ids] = node, persons, state, mode
        units.size[ids], units.block[ids], units.site[ids] = persons, block, -1
        units.reason[ids] = NO_WAY if state == STRANDED else 0
        self.count += len(persons)
        for unit in ids.tolist():
            bind(unit, site, units, self.doors)
        return ids

    def board(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        return self._take(ids, seats, WAITING)

    def pick_up(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        return self._take(ids, seats, STRANDED)

    def _take(self, ids: np.ndarray, seats: int, state: int) -> tuple[np.ndarray, int]:
        taken, left = [], seats
        for unit in ids.tolist():
            assert self.units.state[unit] == state
            if left == 0:
                break
            if self.units.persons[unit] > left:
                self.count = split(unit, self.count, int(self.units.persons[unit]) - left, self.units)
            left -= int(self.units.persons[unit])
            self.units.state[unit] = RIDING
            taken.append(unit)
        return np.array(taken, np.int32), seats - left

    def alight(self, ids: np.ndarray, site: int) -> None:
        for unit in ids.tolist():
            assert self.units.state[unit] == RIDING
            bind(unit, site, self.units, self.doors)
            self.units.node[unit], self.units.link[unit] = self.doors.node[site], NOWHERE
            fits = self.doors.admitted[site] + self.units.persons[unit] <= self.doors.capacity[site]
            self.units.state[unit] = SHELTERED if fits else TURNED_AWAY
            if fits:
                self.doors.admitted[site] += self.units.persons[unit]
            else:
                bind(unit, -1, self.units, self.doors)

    def set_down(self, ids: np.ndarray, node: int) -> None:
        for unit in ids.tolist():
            assert self.units.state[unit] == RIDING
            self.units.node[unit], self.units.state[unit] = node, WAITING
        self.news = np.concatenate((self.news, ids))

    def car_delay_s(self, edge: int) -> float:
        return self.queue_s.get(edge, 0.0)

    def persons(self, state: int) -> int:
        return int(self.units.persons[: self.count][self.units.state[: self.count] == state].sum())

    @property
    def total(self) -> int:
        return int(self.units.persons[: self.count].sum())


class Stage:
    """A Scene with a network, sites and teams; blocks are the nodes."""

    def __init__(
        self, graph: RoadGraph, sites: list[int], teams: list[dict], *, capacity: int | list[int] = 10_000,
        for_cars: np.ndarray | None = None, **terms: float,
    ) -> None:  # fmt: skip
        count = len(sites)
        self.env = simpy.Environment()
        self.doors = Doors(
            np.array(sites, np.int32), np.zeros(count, np.int32), np.broadcast_to(capacity, (count,)).astype(np.int64),
            np.zeros(count, np.int32), np.full(count, NEVER, np.int32), *(np.zeros(count, np.int64) for _ in range(4)),
            np.arange(count + 1), np.zeros(count, np.int64), np.zeros(count, np.int32),
        )  # fmt: skip
        at = np.arange(graph.nodes, dtype=float)
        frame = pd.DataFrame(teams)
        if teams:
            frame = frame.assign(x_m=frame["node"].astype(float), y_m=0.0)
        self.setup: Any = SimpleNamespace(
            roads=SimpleNamespace(
                graph=graph, links=links_of(graph, for_cars), node_x_m=at, node_y_m=0 * at, node_lon=at, node_lat=0 * at
            ),
            blocks=SimpleNamespace(ids=tuple(map(str, range(graph.nodes))), node=np.arange(graph.nodes, dtype=np.int32),
                                   people=np.ones(graph.nodes, np.int64)),
            sites=SimpleNamespace(ids=tuple(f"S{k}" for k in range(count)), node=self.doors.node),
            teams=frame, command=replace(CommandTerms(), **terms), until_s=86_400.0,
        )  # fmt: skip
        self.water = dry(graph)
        self.movement: Any = People(self.doors)
        self.log: list[tuple[float, str, dict]] = []
        self.barred: list[tuple[float, list[int], bool]] = []
        self.fleet = Fleet(self)

    def sync(self) -> None:
        """Nobody moves by himself; who had to get off calls."""
        ids, self.movement.news = self.movement.news, np.empty(0, np.int32)
        if len(ids):
            self._ring(ids, "waiting")

    def tell(self, kind: str, **values: Any) -> None:
        self.log.append((self.env.now, kind, values))

    def bar(self, edges: np.ndarray, barred: bool, by_car_only: bool = False) -> None:
        self.barred.append((self.env.now, np.asarray(edges).tolist(), barred))

    def stop_bus(self, node: int, persons: list[int], site: int = -1) -> np.ndarray:
        """People wait for a bus from now on."""
        return self._ring(self.movement.put(node, persons, WAITING, BUS, site, block=node), "waiting")

    def homebound(self, node: int, persons: list[int]) -> np.ndarray:
        """People wait for an ambulance from now on."""
        return self._ring(self.movement.put(node, persons, WAITING, ASSISTED, block=node), "waiting")

    def strand(self, node: int, persons: list[int], reason: int = NO_WAY) -> np.ndarray:
        ids = self.movement.put(node, persons, STRANDED, 0, block=node)
        self.movement.units.reason[ids] = reason
        return self._ring(ids, "stranded")

    def _ring(self, ids: np.ndarray, what: str) -> np.ndarray:
        lists = {name: np.empty(0, np.int32) for name in ("stranded", "turned", "waiting")}
        self.fleet.exchange(Exchange(np.zeros(len(self.doors.node), np.int64), **(lists | {what: ids})))
        return ids

    def flood(self, at_s: float, water: RoadWater) -> None:
        """The roads are as in `water` from `at_s` on."""

        def change() -> Any:
            yield self.env.timeout(at_s - self.env.now)
            self.water = water
            self.fleet.water_changed()

        self.env.process(change())

    def trips(self) -> pd.DataFrame:
        return self.fleet.record().trips
