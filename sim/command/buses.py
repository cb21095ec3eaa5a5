"""Buses: from where people wait to a shelter and back, until nobody is left to fetch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import simpy

from sim.command.delivery import Delivery
from sim.command.driving import FAR
from sim.command.scene import Scene
from sim.command.vehicles import Process, Road, Vehicle
from sim.movement.units import WAITING

_LOOK_AGAIN_S = 60.0


@dataclass(eq=False)
class Errand:
    """One order to fetch people: who is out for it, and whether it has been carried out."""

    blocks: np.ndarray  # bool (blocks,)
    site: int
    start_node: int  # where buses go that find nobody waiting yet
    done: simpy.Event
    missing: int  # buses still to be sent, when some are free
    out: int = 0  # buses that have not found the areas empty, or have found somebody since
    brought: int = 0


class Buses:
    """The bus services that orders have started."""

    def __init__(self, scene: Scene, road: Road, delivery: Delivery) -> None:
        self._scene, self._road, self._delivery = scene, road, delivery
        self._terms = road.terms
        self._claimed: dict[int, int] = {}  # crossing -> seats on the way to people there
        self._waiting = np.empty(0, np.int32)  # units that wait for a bus, or did
        self._somebody = scene.env.event()

    def wait(self, ids: np.ndarray) -> None:
        """These units (WAITING, mode BUS) wait for a bus from now on."""
        self._waiting = np.concatenate((self._waiting[~np.isin(self._waiting, ids)], ids))
        self.look_again()

    def look_again(self) -> None:
        """Buses that stand by look whether there is anybody to fetch."""
        event, self._somebody = self._somebody, self._scene.env.event()
        event.succeed()

    def errand(self, blocks: np.ndarray, buses: int, site: int) -> Errand:
        """A new order for so many buses; `blocks` are row numbers."""
        setup = self._scene.setup
        wanted = np.zeros(len(setup.blocks.ids), bool)
        wanted[blocks] = True
        fullest = int(np.asarray(blocks)[setup.blocks.people[blocks].argmax()])
        return Errand(wanted, site, int(setup.blocks.node[fullest]), self._scene.env.event(), buses)

    def first_stop(self, errand: Errand) -> tuple[int, int]:
        """The crossing that a bus is chosen for, where most people wait whom no bus is on the way to; and how many."""
        nodes, persons = self._stops(errand)
        most = int(persons.argmax()) if len(nodes) else -1
        return (int(nodes[most]), int(persons[most])) if most >= 0 else (errand.start_node, 0)

    def serve(self, vehicle: Vehicle, errand: Errand) -> Process:
        """One bus: fetch and bring, stand by where nobody waits, end when nobody came for the idle time."""
        env = self._scene.env
        yield from self._road.turn_out(vehicle)
        errand.out += 1
        idle_until = np.inf
        staged = False
        while not vehicle.lost:
            self._scene.sync()
            began = env.now
            stop, claim = self._next_stop(vehicle, errand, np.inf)
            if stop >= 0:
                if idle_until < np.inf:
                    errand.out += 1
                    idle_until = np.inf
                yield from self._fetch(vehicle, errand, stop, claim)
                if vehicle.persons:
                    terms = self._terms
                    errand.brought += yield from self._delivery.deliver(
                        vehicle, "to_shelter", terms.bus_alight_stop_s, terms.bus_alight_s, errand.site
                    )
                if env.now == began:  # nobody boarded where people wait: never ask again at the same moment
                    yield env.timeout(_LOOK_AGAIN_S)
                continue
            if not staged and not errand.brought:
                staged = True
                if (yield from self._road.drive(vehicle, errand.start_node, "to_area")):
                    continue
            if idle_until == np.inf:
                idle_until = env.now + self._terms.bus_idle_s
                errand.out -= 1
                if errand.out == 0 and errand.brought and not errand.done.triggered:
                    errand.done.succeed(errand.brought)
            if env.now >= idle_until:
                break
            yield self._somebody | self._road.changed | env.timeout(idle_until - env.now)
        errand.out -= idle_until == np.inf
        if errand.out == 0 and not errand.done.triggered:
            errand.done.succeed(errand.brought)

    def _fetch(self, vehicle: Vehicle, errand: Errand, stop: int, claim: int) -> Process:
        """Drive to a stop, let people board, and go on to near stops while there are seats."""
        while stop >= 0:
            self._claimed[stop] = self._claimed.get(stop, 0) + claim
            there = yield from self._road.drive(vehicle, stop, "to_stop")
            self._claimed[stop] -= claim
            if not self._claimed[stop]:
                del self._claimed[stop]
            if not there:
                return
            self._scene.sync()
            ids = self._ids(errand)
            ids = ids[self._scene.movement.units.node[ids] == stop]
            before = self._scene.movement.count
            boarded, persons = self._scene.movement.board(ids, vehicle.seats - vehicle.persons)
            parts = np.arange(before, self._scene.movement.count, dtype=np.int32)  # of a unit that did not fit
            self._waiting = np.concatenate((parts, self._waiting))
            if persons:
                self._delivery.put_off.difference_update(boarded.tolist())
                vehicle.take(boarded, persons)
                self._scene.tell("team", does="boards", vehicle=vehicle.name, node=stop, persons=persons)
                yield self._scene.env.timeout(self._terms.bus_stop_s + self._terms.bus_board_s * persons)
            if vehicle.persons >= vehicle.seats:
                return
            stop, claim = self._next_stop(vehicle, errand, self._terms.more_stops_s)

    def _next_stop(self, vehicle: Vehicle, errand: Errand, within_s: float) -> tuple[int, int]:
        """The stop with most people whom no other bus is on the way to; of as many the nearest; and seats to claim.

        Further stops of a bus with people on board are the nearest ones within `within_s`. (-1, 0): nobody in reach, or
        no shelter to take them to.
        """
        nodes, persons = self._stops(errand)
        away_ms = self._road.driving.times_from(vehicle.node)[nodes].astype(np.int64)
        some = (persons > 0) & (away_ms < FAR) & (away_ms <= min(within_s, FAR / 1000.0) * 1000.0)
        if vehicle.persons:
            some &= nodes != vehicle.node
        nodes, persons, away_ms = nodes[some], persons[some], away_ms[some]
        if not len(nodes) or self._delivery.site_for(vehicle, vehicle.node, 1, errand.site) < 0:
            return -1, 0
        best = (nodes, -persons, away_ms) if vehicle.persons else (nodes, away_ms, -persons)
        first = np.lexsort(best)[0]
        return int(nodes[first]), min(int(persons[first]), vehicle.seats - vehicle.persons)

    def _stops(self, errand: Errand) -> tuple[np.ndarray, np.ndarray]:
        """Crossings where people of the errand wait, rising, and how many of them no bus is on the way to."""
        units, ids = self._scene.movement.units, self._ids(errand)
        at_node = np.bincount(units.node[ids], units.persons[ids]).astype(np.int64)
        nodes = np.flatnonzero(at_node)
        for node, seats in self._claimed.items():
            if node < len(at_node):
                at_node[node] -= seats
        return nodes, at_node[nodes]

    def _ids(self, errand: Errand) -> np.ndarray:
        """Units of the errand that wait for a bus, in the order in which they came to wait."""
        units = self._scene.movement.units
        ids = self._waiting = self._waiting[units.state[self._waiting] == WAITING]
        return ids[errand.blocks[units.block[ids]]]
