"""All vehicles and crews of a drill: who is free, who is sent, what they did. The incident talks to this class only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import simpy

from data.units import minutes_to_s
from sim.command.buses import Buses, Errand
from sim.command.crews import Crews, Job
from sim.command.delivery import Delivery
from sim.command.driving import FAR, post_nodes
from sim.command.rescue import Call, Calls
from sim.command.scene import Scene
from sim.command.vehicles import Process, Road, Vehicle
from sim.movement.engine import Exchange
from sim.movement.units import BUS


@dataclass(frozen=True)
class FleetRecord:
    """What the teams did. `trips` and `rescues` have the columns of TRIPS and RESCUES.

    `pumps` columns: team, underpass, called_s, arrived_s (when it pumps; NaN: never), pump_m3_s.
    """

    trips: pd.DataFrame
    rescues: pd.DataFrame
    pumps: pd.DataFrame


class Fleet:
    """The teams of `scene.setup.teams` (None: none at all). Same calls in the same order, same events.

    Teams never act on people at the moment of a call: whatever they do happens in processes of `scene.env`.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._road = Road(scene)
        delivery = Delivery(scene, self._road)
        self._buses = Buses(scene, self._road, delivery)
        self._calls = Calls(scene, self._road, delivery)
        self._crews = Crews(scene, self._road)
        self._vehicles = _park(scene)
        self._errands: list[Errand] = []
        self._of_kind: dict[str, list[Vehicle]] = {}
        for vehicle in self._vehicles:
            self._of_kind.setdefault(vehicle.kind, []).append(vehicle)
        self._free = {kind: len(vehicles) for kind, vehicles in self._of_kind.items()}  # asked for at every call

    def exchange(self, exchange: Exchange) -> None:
        """After every `Movement.advance`: the newly stranded and those who newly wait for an ambulance call for help.

        May be called several times at one moment. People who wait for a bus (mode BUS) call nobody: buses are sent by
        order.
        """
        if not self._vehicles:
            return
        by_bus = exchange.waiting[self._scene.movement.units.mode[exchange.waiting] == BUS]
        if len(by_bus):
            self._buses.wait(by_bus)
            self._send_buses()
        if self._calls.ring(np.concatenate((exchange.stranded, exchange.waiting))):
            self._answer_calls()

    def water_changed(self) -> None:
        """After `scene.water` changed (flood, road barred or opened): vehicles plan anew at their next crossing."""
        if self._vehicles:
            self._road.water_changed()
            self._send_all()

    def send_buses(self, blocks: np.ndarray, count: int, site: int = -1, order: str = "") -> simpy.Event:
        """`count` buses fetch the people of these blocks (row numbers) who wait for one, until nobody is left to fetch.

        They bring them to `site`, or (-1, or where it is full or cut off) where time and price are least. The event
        comes when nobody is left to fetch for the first time; its value is the number of persons brought. Where fewer
        buses are free than asked for, those go, and others follow as they become free; the log says so.
        """
        if not len(blocks):
            raise ValueError("blocks must not be empty: buses need a place to go to")
        errand = self._buses.errand(blocks, count, site)
        self._errands.append(errand)
        self._send_buses(first=True)
        if errand.missing:
            self._scene.tell("team", does="too_few_buses", order=order, asked=count, sent=count - errand.missing)
        return errand.done

    def close(
        self, edges: np.ndarray, barred: bool = True, by_car_only: bool = False, name: str = "", order: str = ""
    ) -> simpy.Event:
        """One road or underpass is closed (or opened) by the road crew that is there first; without any, at once.

        The event comes when `scene.bar` has been called; it never comes if no crew gets there.
        """
        job = Job("road", name, np.asarray(edges), self._scene.env.now, self._scene.env.event(), barred, by_car_only)
        if "road" in self._of_kind and len(job.edges):
            self._crews.add(job)
            self._send_crews("road")
        else:
            self._scene.bar(job.edges, barred, by_car_only)
            job.done.succeed()
        return job.done

    def pump(self, edges: np.ndarray, name: str, order: str = "") -> simpy.Event:
        """A pump crew goes to the underpass `name` (through which `edges` lead) and stays there.

        The event comes when it pumps; it never comes if no crew gets there.
        """
        job = Job("pump", name, np.asarray(edges), self._scene.env.now, self._scene.env.event())
        self._crews.add(job)
        self._send_crews("pump")
        return job.done

    def lose(self, team: int, lost: bool = True) -> None:
        """Team of that row is out of action: who is on the way ends the task, then stops. `lost` False: it is back."""
        for vehicle in self._vehicles:
            if vehicle.team == team:
                self._mark(vehicle, lost=lost)
        if lost:
            self._buses.look_again()  # those that stand by look again, and end
        else:
            self._send_all()

    def on_board(self) -> int:
        """Persons on vehicles now."""
        return sum(vehicle.persons for vehicle in self._vehicles)

    def record(self) -> FleetRecord:
        """What has been done up to now; trips that are not over count as given up."""
        return FleetRecord(self._road.trips(), self._calls.table(), self._crews.pumps())

    def _send_all(self) -> None:
        self._send_buses()
        self._answer_calls()
        for kind in ("road", "pump"):
            self._send_crews(kind)

    def _send_buses(self, first: bool = False) -> None:
        """Buses for the errands that lack some: at the order, and later where people wait whom no bus is going to."""
        self._errands = [errand for errand in self._errands if errand.missing]
        for number, errand in enumerate(self._errands):
            ordered_now = first and number == len(self._errands) - 1
            while errand.missing:
                stop, persons = self._buses.first_stop(errand)
                bus = self._nearest("bus", [stop])[0] if ordered_now or persons > 0 else None
                if bus is None:
                    break
                errand.missing -= 1
                self._task(bus, self._buses.serve(bus, errand))
                if not ordered_now:
                    break  # it has yet to say where it is going: the next one is sent when that is known

    def _answer_calls(self) -> None:
        """Crews for the calls; without ambulances rescue crews fetch those who cannot walk too."""
        roads = (self._road.driving.version, int(self._scene.env.now // _LOOK_AGAIN_S))
        for kind in ("rescue", "ambulance"):
            crew = "rescue" if kind == "ambulance" and "ambulance" not in self._of_kind else kind
            self._calls.send(kind, roads, partial(self._crew_for, crew), partial(self._any_free, crew), self._task)

    def _any_free(self, kind: str) -> bool:
        return self._free.get(kind, 0) > 0

    def _crew_for(self, kind: str, call: Call) -> Vehicle | None:
        """The crew that is there first, where a shelter has room for whom it fetches."""
        crew = self._nearest(kind, [call.node])[0]
        if crew is not None and self._calls.delivery.site_for(crew, call.node, 1) < 0:
            return None
        return crew

    def _send_crews(self, kind: str) -> None:
        for job in [job for job in self._crews.waiting if job.kind == kind]:
            crew, goal = self._nearest(kind, self._crews.ends(job))
            if crew is not None:
                self._crews.waiting.remove(job)
                self._task(crew, self._crews.work(crew, job, goal))

    def _nearest(self, kind: str, goals: Iterable[int]) -> tuple[Vehicle | None, int]:
        """The free vehicle that is at one of the crossings first, and at which; of several the first in the list."""
        best: tuple[int, Vehicle | None, int] = (FAR, None, -1)
        free = [vehicle for vehicle in self._of_kind.get(kind, ()) if vehicle.free] if self._any_free(kind) else []
        for goal in goals if free else ():
            away_ms = self._road.driving.towards(goal, free[0].boats)
            for vehicle in free:
                at_ms = int(away_ms[vehicle.node]) + vehicle.ready_ms if away_ms[vehicle.node] < FAR else FAR
                if at_ms < best[0]:
                    best = (at_ms, vehicle, goal)
        return best[1], best[2]

    def _task(self, vehicle: Vehicle, work: Process) -> None:
        self._mark(vehicle, busy=True)
        self._scene.env.process(self._until_done(vehicle, work))

    def _mark(self, vehicle: Vehicle, busy: bool | None = None, lost: bool | None = None) -> None:
        """A vehicle is on a task or not, out of action or not; None: as it was."""
        before = vehicle.free
        vehicle.busy = vehicle.busy if busy is None else busy
        vehicle.lost = vehicle.lost if lost is None else lost
        self._free[vehicle.kind] += int(vehicle.free) - int(before)

    def _until_done(self, vehicle: Vehicle, work: Process) -> Process:
        yield from work
        self._mark(vehicle, busy=False)
        self._scene.tell("team", does="stands_by", vehicle=vehicle.name, node=vehicle.node)
        self._send_all()


_CARRY = ("bus", "ambulance", "rescue")  # kinds that take people on board
_LOOK_AGAIN_S = 600.0  # a call that no crew could answer is tried again, when crews are sent, after so long


def _park(scene: Scene) -> list[Vehicle]:
    """Every vehicle and crew at the crossing nearest to its post, in the order of the teams."""
    setup = scene.setup
    if setup.teams is None or setup.teams.empty:
        return []
    teams = setup.teams
    node = post_nodes(setup.roads, teams)
    found: list[Vehicle] = []
    for row in range(len(teams)):
        name, kind = str(teams["id"].iloc[row]), str(teams["kind"].iloc[row])
        seats, vehicles = (int(teams[column].to_numpy()[row]) for column in ("seats", "vehicles"))
        turnout_s = minutes_to_s(float(teams["turnout_min"].to_numpy()[row]))
        if kind in _CARRY and seats < 1:
            raise ValueError(f"team {name} of kind {kind} has {seats} seats; at least 1 must be there")
        found += [
            Vehicle(f"{name}-{number}", row, kind, seats, turnout_s, int(node[row]))
            for number in range(1, vehicles + 1)
        ]
    return found
