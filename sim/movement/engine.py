"""The movement engine: units move on links by discrete events while water, orders and vehicles act from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.behaviour.draws import key
from sim.movement import boarding, interrupt
from sim.movement.balance import Balance
from sim.movement.books import empty_books
from sim.movement.closing import close_books
from sim.movement.doors import count_reserved, set_hours
from sim.movement.flow import (
    COUNT,
    DUE,
    NEWLY_STRANDED,
    NEWLY_TURNED,
    NEWLY_WAITING,
    NEWS,
    STEP_MS,
    Roads,
    Scene,
    new_flow,
    own_units,
)
from sim.movement.given import check_run, check_units
from sim.movement.harm import HarmLimits, unharmed
from sim.movement.links import CLOSED, NEVER, Doors, Links, RoadWater, dry_water
from sim.movement.off_road import knock
from sim.movement.outcome import MovementOutcome
from sim.movement.overflow import Overflow
from sim.movement.routes import RouteTables
from sim.movement.stage import Stage, first_room
from sim.movement.terms import MovementTerms
from sim.movement.units import (
    HOME,
    MOVING,
    NEVER_MS,
    NO_WAY,
    RIDING,
    STRANDED,
    TURNED_AWAY,
    UNWILLING,
    WAITING,
    Units,
)

_MS_PER_S = 1000.0


@dataclass(frozen=True)
class Exchange:
    """What happened since the last exchange, for those who act from outside."""

    arrived: np.ndarray  # int64 (sites,), persons let in
    stranded: np.ndarray  # int32, ids of units newly stranded, in rising number
    turned: np.ndarray  # int32, ids of units newly without any place, in rising number
    waiting: np.ndarray  # int32, ids of units that newly wait for a vehicle (bus or ambulance), in rising number


class Movement:
    """Units on roads. Times in s on the clock of the run; what is done at `now_s` happens before anybody moves on.

    The units given are copied: read them from `.units` afterwards. Everybody is HOME at first and sets out when told
    by `leave`. The run holds exact whole persons at all times; `outcome` says by how much any sum ever failed to.
    Events happen in steps of `terms.step_s`; a time between two steps counts as the beginning of its step.
    """

    def __init__(
        self,
        links: Links,
        doors: Doors,
        routes: RouteTables,
        units: Units,
        count: int,
        terms: MovementTerms,
        until_s: float,
        *,
        block_node: np.ndarray,
        block_access_ms: np.ndarray,
        record_s: float = 60.0,
        first_order_s: float = np.nan,
        harm: HarmLimits | None = None,
        seed: int = 1,
    ) -> None:
        """`block_node` (blocks,), `block_access_ms` (blocks,): where the people of a block reach the road, and after
        how long. `harm` None: nobody is caught or stalls. `doors` must keep a place for everybody who is bound for a
        site (`count_reserved`). Raises ValueError where arrays do not fit each other.
        """
        check_run(links, doors, units, count, until_s, record_s, block_node, block_access_ms)
        until_ms, record_ms = round(until_s * _MS_PER_S), round(record_s * _MS_PER_S)
        edges, sites = len(links.area_m2), len(doors.node)
        self._until_ms, self._first_order_s = until_ms, first_order_s
        flow = new_flow(links, terms, until_ms, count, block_node, block_access_ms, key(seed, "willing to drive"))
        dry = dry_water(edges)
        self._water = dry
        # Kernels are given one set of arrays for good, so the open links and the barriers are written in place.
        open_now = np.where(links.storage > 0, np.uint8(0), np.uint8(CLOSED))
        roads = Roads(
            links, routes.ways, dry._replace(open=open_now), np.zeros(2 * edges, np.uint8), harm or unharmed()
        )
        room = first_room(count, sites)
        books = empty_books(-(-until_ms // record_ms) + 1, sites, record_ms)
        scene = Scene(flow, roads, own_units(units, count, room), np.zeros(room, np.uint8), doors, books)
        scene.units.ready_ms[:count] = NEVER_MS
        self._stage = Stage(scene, routes, Overflow(links, doors))
        self._balance = Balance(scene.units, count, sites)
        self._arrived_before = np.zeros(sites, np.int64)

    # -- reading --

    @property
    def _scene(self) -> Scene:
        return self._stage.scene

    @property
    def now_s(self) -> float:
        return self._stage.now_ms / _MS_PER_S

    @property
    def units(self) -> Units:
        """The units as they are now: arrays of room for splits; only the first `count` count. Not to be written."""
        return self._scene.units

    @property
    def count(self) -> int:
        return self._stage.count

    @property
    def over(self) -> bool:
        """Nothing is due any more: the clock may still run, but without new orders, water or vehicles nobody moves."""
        return int(self._scene.flow.tally[DUE]) == 0

    def count_by_state(self) -> np.ndarray:
        """Persons in each of STATES now, int64 (9,)."""
        return self._balance.by_state(self._scene)

    @property
    def entered(self) -> np.ndarray:
        """Walkers or vehicles that entered each link so far, int64 (links,); one that comes back counts again."""
        return self._scene.flow.queue["entered"][: len(self._scene.roads.links.tail)].astype(np.int64)

    def queue_at(self) -> np.ndarray:
        """Persons queueing at each site's door now, int64 (sites,)."""
        return self._scene.doors.admitted - self._balance.inside(self._scene, self._stage.now_ms)

    def car_delay_s(self, edge: int) -> float:
        """How long a car that enters the edge now waits at its end beyond its free time: the queue before it."""
        flow = self._scene.flow
        link = int(edge) + len(self._scene.roads.links.area_m2)
        queue = flow.queue[link]
        standing = max(int(queue["occupancy"]) - 1, 0) * int(queue["headway_us"]) / 1e6
        return max(0.0, standing - int(queue["free_ms"]) / _MS_PER_S)

    # -- time --

    def advance(self, to_s: float) -> Exchange:
        """Move everybody up to `to_s` (>= now): all steps that end by then; at the end of the run, all."""
        to_ms = min(round(to_s * _MS_PER_S), self._until_ms)
        if to_ms < self._stage.now_ms:
            raise ValueError(f"to_s(={to_s}) is before the present time {self.now_s}")
        step_ms = int(self._scene.flow.fixed[STEP_MS])
        self._stage.run_to(to_ms // step_ms if to_ms < self._until_ms else self._until_ms // step_ms + 1)
        self._stage.now_ms = to_ms
        self._balance.check(self._scene, to_ms, self._until_ms)
        return self._exchange()

    def _exchange(self) -> Exchange:
        scene = self._scene
        arrived = self._balance.inside(scene, self._stage.now_ms)
        new, self._arrived_before = arrived - self._arrived_before, arrived
        if not scene.flow.tally[NEWS]:
            none = np.empty(0, np.int32)
            return Exchange(new, none, none, none)
        scene.flow.tally[NEWS] = 0
        ids = np.flatnonzero(scene.news[: self.count]).astype(np.int32)
        what, state = scene.news[ids], scene.units.state[ids]
        scene.news[ids] = 0
        return Exchange(
            arrived=new,
            stranded=ids[(what & NEWLY_STRANDED > 0) & (state == STRANDED)],
            turned=ids[(what & NEWLY_TURNED > 0) & (state == TURNED_AWAY)],
            waiting=ids[(what & NEWLY_WAITING > 0) & (state == WAITING)],
        )

    # -- water and roads --

    def set_water(self, water: RoadWater) -> None:
        """The water on the roads from now on; closes roads under people, and those who are stranded try again."""
        self._water = water
        self._roads_changed()

    def bar(self, edges: np.ndarray, barred: bool, by_car_only: bool = False) -> None:
        """Close edges whatever the water is, or open them again (a barrier, a bridge, a fallen tree)."""
        edges = np.atleast_1d(np.asarray(edges, np.int64))
        by_car = self._scene.roads.barred[len(self._scene.roads.links.area_m2) :]
        by_car[edges] = barred
        if not by_car_only:
            self._scene.roads.barred[edges] = barred
        self._roads_changed()

    def _roads_changed(self) -> None:
        stage, water = self._stage, self._water
        roads, old = stage.scene.roads, stage.scene.roads.water
        old.open[:] = np.where((roads.barred > 0) | (roads.links.storage <= 0), np.uint8(CLOSED), water.open)
        seen = RoadWater(
            old.open,
            np.ascontiguousarray(water.walk_slow, np.float32),
            np.ascontiguousarray(water.car_slow, np.float32),
            np.ascontiguousarray(water.depth_m, np.float32),
            np.ascontiguousarray(water.depth_speed_m2_s, np.float32),
        )
        stage.scene = scene = stage.scene._replace(roads=roads._replace(water=seen))
        stage.routes.see(seen)
        stage.overflow.set_water(seen)
        ids, fate = np.empty(stage.count, np.int32), np.empty(stage.count, np.uint8)
        interrupt.flood(stage.acting_ms, scene, ids, fate)
        stage.look_again()
        stage.try_again(self._without_way(np.flatnonzero(scene.units.state[: stage.count] == STRANDED)))

    def _without_way(self, stranded: np.ndarray) -> np.ndarray:
        """Those of the stranded who can go on by themselves once there is a way."""
        reason = self.units.reason[stranded]
        return stranded[(reason == NO_WAY) | (reason == UNWILLING)]

    def bulletin(self) -> None:
        """The present state of the roads is told: informed units follow it from now on."""
        stage = self._stage
        stage.routes.told()
        units = stage.scene.units
        on_the_way = (units.state[: stage.count] == MOVING) & (units.informed[: stage.count] == 1)
        ids = np.flatnonzero(on_the_way)
        stage.prepare(ids, units.node[ids])
        stage.look_again()

    def inform(self, ids: np.ndarray) -> None:
        """These units follow the last bulletin from now on."""
        self._scene.units.informed[ids] = 1

    # -- people --

    def leave(self, ids: np.ndarray, at_s: np.ndarray | float) -> None:
        """Units at home set out at `at_s` (>= now). WALK and CAR go to the road, BUS and ASSISTED wait near home.

        A unit that has a time to leave keeps the earlier one; units not at home are left alone.
        """
        ids = np.atleast_1d(np.asarray(ids, np.int32))
        at_ms = np.rint(np.broadcast_to(np.asarray(at_s, np.float64), ids.shape) * _MS_PER_S)
        at_ms = np.clip(at_ms, self._stage.now_ms, NEVER - 1).astype(np.int32)
        if len(ids) > 1 and (np.diff(ids) <= 0).any():  # each once, at the earliest of its times
            order = np.lexsort((at_ms, ids))
            order = order[np.diff(ids[order], prepend=-1) > 0]
            ids, at_ms = ids[order], at_ms[order]
        units = self._scene.units
        planned = units.ready_ms[ids]
        goes = (units.state[ids] == HOME) & ((planned == NEVER_MS) | (at_ms < planned))
        ids, at_ms, planned = ids[goes], at_ms[goes], planned[goes]
        interrupt.unschedule(ids[planned != NEVER_MS], self._scene)
        interrupt.plan_leave(ids, at_ms, self._scene)
        self._stage.prepare_from_home(ids)

    def stay(self, ids: np.ndarray) -> np.ndarray:
        """Take back the leave of those who are still at home; returns the ids that had one."""
        ids = self._stage.about_to_leave(ids)
        interrupt.unschedule(ids, self._scene)
        self._scene.units.ready_ms[ids] = NEVER_MS
        return ids

    def refuse(self, ids: np.ndarray) -> None:
        """Units at home that were told to leave and will not."""
        self.stay(ids)
        interrupt.refuse(self._stage.in_state(ids, HOME), self._stage.now_ms, self._scene)

    def add(self, units: Units, count: int) -> np.ndarray:
        """More units, at home (rumours), with a place kept where they are bound for; returns their ids."""
        doors = self._scene.doors
        check_units(units, count, len(self._scene.flow.block_node), len(doors.node))
        self._stage.make_room(count)
        first = self.count
        for mine, given in zip(self._scene.units, units, strict=True):
            mine[first : first + count] = given[:count]
        self._scene.units.ready_ms[first : first + count] = NEVER_MS
        self._scene.flow.tally[COUNT] += count
        count_reserved(units, count, doors)
        self._balance.add(units, count)
        return np.arange(first, first + count, dtype=np.int32)

    # -- shelters --

    def redirect(self, site_from: int, site_to: int) -> int:
        """Whoever is bound for one site and not yet at its door goes to the other; returns the persons."""
        stage, units = self._stage, self._scene.units
        if site_from == site_to:
            return 0
        state = units.state[: stage.count]
        free = (state == HOME) | (state == MOVING) | (state == WAITING) | (state == RIDING) | (state == STRANDED)
        ids = np.flatnonzero(free & (units.site[: stage.count] == site_from)).astype(np.int32)
        if not ids.size:
            return 0
        interrupt.send_to(ids, site_to, stage.scene)
        moving = ids[state[ids] == MOVING]
        units.informed[moving] = 1
        stage.prepare(moving, units.node[moving])
        stage.prepare_from_home(stage.about_to_leave(ids))
        stage.look_again()
        stage.try_again(self._without_way(ids[state[ids] == STRANDED]))
        return int(units.persons[ids].astype(np.int64).sum())

    def open_site(self, site: int, at_s: float) -> None:
        """The door opens at `at_s` (>= now), or earlier if it would have anyway; if it had closed it is open again."""
        at_ms = max(round(at_s * _MS_PER_S), self._stage.now_ms)
        doors = self._scene.doors
        closed = int(doors.closes_ms[site]) <= at_ms
        opens_ms = at_ms if closed else min(int(doors.opens_ms[site]), at_ms)
        self._set_hours(site, opens_ms, NEVER if closed else int(doors.closes_ms[site]))

    def close_site(self, site: int, at_s: float) -> None:
        """The door closes for good at `at_s` (>= now); those inside stay inside."""
        at_ms = max(round(at_s * _MS_PER_S), self._stage.now_ms)
        self._set_hours(site, int(self._scene.doors.opens_ms[site]), at_ms)

    def _set_hours(self, site: int, opens_ms: int, closes_ms: int) -> None:
        stage, now_ms = self._stage, self._stage.acting_ms
        scene = stage.scene
        queue = set_hours(site, opens_ms, closes_ms, now_ms, scene.units, stage.count, scene.doors)
        interrupt.unschedule(queue.astype(np.int32), scene)
        stage.make_room(len(queue))
        for u in queue.tolist():
            knock(u, now_ms, stage.scene)
        stage.try_again(np.flatnonzero(self.units.state[: stage.count] == TURNED_AWAY))

    # -- vehicles --

    def waiting(self, block: int | None = None) -> np.ndarray:
        """Ids of units that wait for a bus or an ambulance (of one block), first come first."""
        return boarding.waiting(self._stage, block)

    def board(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        """Of these WAITING units in this order, who fits into `seats` rides (the last may split): ids and persons."""
        return boarding.board(self._stage, ids, seats)

    def pick_up(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        """The same of STRANDED units, who leave their car behind."""
        return boarding.pick_up(self._stage, ids, seats)

    def alight(self, ids: np.ndarray, site: int) -> None:
        """RIDING units are at the door of `site` now; whoever does not get in goes on from there on foot."""
        boarding.alight(self._stage, ids, site)

    def set_down(self, ids: np.ndarray, node: int) -> None:
        """RIDING units get off at a crossing and wait there for another vehicle (theirs cannot go on)."""
        boarding.set_down(self._stage, ids, node)

    # -- end --

    def outcome(
        self,
        ordered: np.ndarray,
        unordered: np.ndarray,
        *,
        not_reached: int = 0,
        stayed: int = 0,
        worst_s: np.ndarray | None = None,
    ) -> MovementOutcome:
        """The books closed. `ordered`, `unordered`: persons told to leave, or leaving of their own accord, so far at
        each record, int64 (records,); records are at 0, record_s, 2 record_s ... and `until_s`.

        `not_reached`, `stayed`: persons of these who are at home at the end and heard of no order, or were told to
        stay after all. `worst_s`: when the water is worst at the homes of each block (inf: never), shape (blocks,).
        Who waits in a circle of blocked roads counts as stranded in the last record.
        """
        balance = self._balance
        return close_books(
            self._scene, self._until_ms, self._first_order_s, balance.start, ordered, unordered, balance.error,
            not_reached, stayed, worst_s,
        )  # fmt: skip
