"""A vehicle or crew on the road: from crossing to crossing on the roads of the moment, with every trip in the books."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import simpy

from data.schema.drills import TRIPS
from sim.command.driving import NO_EDGE, Driving
from sim.command.scene import Scene
from sim.command_rules import CommandTerms

Process = Generator[simpy.Event, Any, Any]
BOATS = ("rescue",)  # kinds of team that take to the boat where the road is under water


@dataclass(eq=False)
class Vehicle:
    """One vehicle or crew. Between two tasks it stands by where the last one ended."""

    name: str  # team and number
    team: int  # row of City.teams
    kind: str  # of TEAM_KINDS
    seats: int
    turnout_s: float
    node: int  # crossing where it is, or that it left last
    called: bool = False  # has been out: the time to turn out is over
    busy: bool = False
    lost: bool = False
    riders: list[np.ndarray] = field(default_factory=list)  # ids of units on board
    persons: int = 0  # on board

    @property
    def team_id(self) -> str:
        return self.name.rpartition("-")[0]

    @property
    def boats(self) -> bool:
        return self.kind in BOATS

    @property
    def free(self) -> bool:
        """Can be given a task."""
        return not (self.busy or self.lost)

    @property
    def ready_ms(self) -> int:
        """From the call until it drives."""
        return 0 if self.called else round(self.turnout_s * 1000.0)

    @property
    def ids(self) -> np.ndarray:
        """Units on board, int32."""
        return np.concatenate(self.riders) if self.riders else np.empty(0, np.int32)

    def take(self, ids: np.ndarray, persons: int) -> None:
        """These units are on board now."""
        self.riders.append(np.asarray(ids, np.int32))
        self.persons += persons

    def empty(self) -> None:
        """All have got off."""
        self.riders, self.persons = [], 0


@dataclass
class _Trip:
    vehicle: str
    kind: str
    purpose: str
    leave_s: float
    arrive_s: float
    from_node: int
    to_node: int
    length_m: float
    persons: int


class Road:
    """Drives vehicles and keeps the list of their trips."""

    def __init__(self, scene: Scene) -> None:
        roads = scene.setup.roads
        self._scene, self._head, self._length_m = scene, roads.graph.head, roads.graph.length_m
        self._car_link = roads.links.storage[roads.graph.edges :] > 0
        self.terms: CommandTerms = scene.setup.command
        self.driving = Driving(roads.graph, roads.links, self.terms, scene.water)
        self._changed = scene.env.event()
        self._trips: list[_Trip] = []

    def water_changed(self) -> None:
        """The roads are those of `scene.water` from now on; whoever waits for a way looks again."""
        self.driving.set_water(self._scene.water)
        event, self._changed = self._changed, self._scene.env.event()
        event.succeed()

    @property
    def changed(self) -> simpy.Event:
        """Comes at the next change of the roads."""
        return self._changed

    def turn_out(self, vehicle: Vehicle) -> Process:
        """From the call until it drives; nothing for a crew that is out already."""
        if not vehicle.called:
            vehicle.called = True
            yield self._scene.env.timeout(vehicle.turnout_s)
        self._scene.tell("team", does="sets_out", vehicle=vehicle.name, node=vehicle.node)

    def drive(self, vehicle: Vehicle, goal: int, purpose: str) -> Process:
        """Drive to a crossing by the way that is quickest at each crossing passed. Returns whether it is there.

        The time of an edge is that without a queue plus the queue before it at the last exchange. An edge that closes
        under a vehicle is driven to its end. Where no way is left it stops at the crossing it has come to: False.
        """
        env, movement = self._scene.env, self._scene.movement
        if vehicle.node == goal and not vehicle.persons:
            return True
        trip = _Trip(
            vehicle.name, vehicle.kind, purpose, env.now, np.nan, vehicle.node, goal, 0.0, vehicle.persons
        )  # fmt: skip
        self._trips.append(trip)
        while vehicle.node != goal:
            edge = self.driving.step(vehicle.node, goal, vehicle.boats)
            if edge == NO_EDGE:
                self._scene.tell("team", does="no_way", vehicle=vehicle.name, node=vehicle.node, to=goal)
                return False
            queue_s = movement.car_delay_s(edge) if self._car_link[edge] else 0.0
            yield env.timeout(self.driving.edge_s(edge, vehicle.boats) + queue_s)
            vehicle.node = int(self._head[edge])
            trip.length_m += float(self._length_m[edge])
        trip.arrive_s = env.now
        self._scene.tell("team", does="arrives", vehicle=vehicle.name, node=goal, persons=vehicle.persons)
        return True

    def trips(self) -> pd.DataFrame:
        """TRIPS, in the order of departure."""
        return pd.DataFrame([vars(trip) for trip in self._trips], columns=list(TRIPS.names))
