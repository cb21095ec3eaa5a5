"""Where a vehicle takes the people on board: the shelter with room where time and the plan's price are least."""

from __future__ import annotations

import numpy as np

from sim.command.driving import FAR
from sim.command.scene import Scene
from sim.command.vehicles import Process, Road, Vehicle
from sim.movement.links import NEVER

_LOOK_AGAIN_S = 300.0  # shelters open and get room without a change of the roads


class Delivery:
    """Shelters as vehicles see them, with the places promised to people who are on board for them."""

    def __init__(self, scene: Scene, road: Road) -> None:
        self._scene, self._road = scene, road
        self._promised = np.zeros(len(scene.setup.sites.ids), np.int64)
        self.put_off: set[int] = set()  # units that had to get off between two shelters and call for a crew

    def site_for(self, vehicle: Vehicle, node: int, persons: int, prefer: int = -1) -> int:
        """The site for so many people at a crossing, by this vehicle; -1 where none with room is open and in reach.

        A site with room for all of them comes before one with room for some. `prefer` is taken where it has room for
        anybody. Those on board count where they hold a place already.
        """
        doors, sites = self._scene.doors, self._scene.setup.sites
        if not len(sites.ids):
            return -1
        now_ms = round(self._scene.env.now * 1000.0)
        room = doors.capacity - doors.reserved - self._promised + self._held(vehicle)
        away_ms = self._road.driving.times_from(node, vehicle.boats)[doors.node].astype(np.int64)
        opens = (doors.closes_ms > now_ms + np.minimum(away_ms, NEVER - now_ms)) & (doors.opens_ms < doors.closes_ms)
        usable = opens & (away_ms < FAR) & (room > 0)
        if not usable.any():
            return -1
        if prefer >= 0 and usable[prefer]:
            return prefer
        if (usable & (room >= persons)).any():
            usable &= room >= persons
        cost = np.maximum(away_ms, doors.opens_ms - now_ms) + doors.price_ms
        return int(np.where(usable, cost, np.iinfo(np.int64).max).argmin())

    def deliver(self, vehicle: Vehicle, purpose: str, stop_s: float, person_s: float, prefer: int = -1) -> Process:
        """Take the people on board to a shelter and set them down at its door; returns how many there were.

        Where its way closes, or the site closes or fills up before it is there, the vehicle goes to another one. With
        none left it waits where it is, until the roads change or a shelter gets room. After `stuck_s` the people get
        off, and call for a rescue crew: 0.
        """
        env = self._scene.env
        driven = False
        stuck_since = np.inf
        while True:
            site = self.site_for(vehicle, vehicle.node, vehicle.persons, prefer)
            if site < 0:
                stuck_since = min(stuck_since, env.now)
                left_s = stuck_since + self._road.terms.stuck_s - env.now
                if left_s <= 0.0:
                    self._put_off(vehicle)
                    return 0
                yield self._road.changed | env.timeout(min(left_s, _LOOK_AGAIN_S))
                continue
            stuck_since = np.inf
            goal = int(self._scene.setup.sites.node[site])
            if vehicle.node == goal:
                if not driven:
                    yield from self._road.drive(vehicle, goal, purpose)  # from door to door: a trip of no length
                yield env.timeout(stop_s + person_s * vehicle.persons)
                self._scene.sync()
                persons = vehicle.persons
                self._scene.movement.alight(vehicle.ids, site)
                vehicle.empty()
                self._scene.tell(
                    "team", does="sets_down", vehicle=vehicle.name, persons=persons,
                    site=self._scene.setup.sites.ids[site],
                )  # fmt: skip
                return persons
            places = vehicle.persons - int(self._held(vehicle)[site])
            self._promised[site] += places
            driven = True
            yield from self._road.drive(vehicle, goal, purpose)
            self._promised[site] -= places

    def _put_off(self, vehicle: Vehicle) -> None:
        self._scene.sync()
        self.put_off.update(vehicle.ids.tolist())
        self._scene.movement.set_down(vehicle.ids, vehicle.node)
        self._scene.tell("team", does="is_stuck", vehicle=vehicle.name, node=vehicle.node, persons=vehicle.persons)
        vehicle.empty()

    def _held(self, vehicle: Vehicle) -> np.ndarray:
        """Places that those on board hold at each site, int64 (sites,)."""
        units, ids = self._scene.movement.units, vehicle.ids
        held = np.zeros(len(self._promised), np.int64)
        bound = units.site[ids]
        np.add.at(held, bound[bound >= 0], units.persons[ids][bound >= 0].astype(np.int64))
        return held
