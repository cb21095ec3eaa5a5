"""The movement engine: units move on links by discrete events while water, orders and vehicles act from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.behaviour.draws import key
from sim.movement import asking, interrupt
from sim.movement.books import count_people, empty_books, move_to
from sim.movement.choosing import ASK, HERE
from sim.movement.closing import close_books
from sim.movement.doors import bind, set_hours, split
from sim.movement.flow import (
    BUCKET,
    COUNT,
    DUE,
    NEWLY_STRANDED,
    NEWLY_TURNED,
    NEWLY_WAITING,
    NEWS,
    RESCUED,
    RIDDEN,
    STEP_MS,
    Roads,
    Scene,
    new_flow,
    own_units,
)
from sim.movement.harm import HarmLimits
from sim.movement.kernel import ASKED, DONE, knock, run
from sim.movement.links import CLOSED, NEVER, Doors, Links, RoadWater
from sim.movement.outcome import MovementOutcome
from sim.movement.overflow import FULL, SENT, Overflow
from sim.movement.routes import RouteTables
from sim.movement.terms import MovementTerms
from sim.movement.units import (
    CAR,
    GROUPS,
    HOME,
    MOVING,
    NEVER_MS,
    NO_REASON,
    NO_SITE,
    NO_WAY,
    NOWHERE,
    RIDING,
    STATES,
    STRANDED,
    TURNED_AWAY,
    UNWILLING,
    WAITING,
    WALK,
    Units,
)

_MS_PER_S = 1000.0
_LEAST_SPLITS = 64


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
        how long. `harm` None: nobody is caught or stalls. Raises ValueError where arrays do not fit each other.
        """
        _check(links, doors, units, count, until_s, record_s, block_node, block_access_ms)
        until_ms, record_ms = round(until_s * _MS_PER_S), round(record_s * _MS_PER_S)
        edges = len(links.area_m2)
        self._until_ms, self._first_order_s = until_ms, first_order_s
        self._routes, self._overflow = routes, Overflow(links, doors)
        records = -(-until_ms // record_ms) + 1
        flow = new_flow(links, terms, until_ms, count, block_node, block_access_ms, key(seed, "willing to drive"))
        dry = dry_water(edges)
        self._water = dry
        # Kernels are given one set of arrays for good, so the open links and the barriers are written in place.
        open_now = np.where(links.storage > 0, np.uint8(0), np.uint8(CLOSED))
        roads = Roads(
            links, routes.ways, dry._replace(open=open_now), np.zeros(2 * edges, np.uint8), harm or unharmed()
        )
        room = count + max(_LEAST_SPLITS, count // 32, 4 * len(doors.node))
        books = empty_books(records, len(doors.node), record_ms)
        self._scene = Scene(flow, roads, own_units(units, count, room), np.zeros(room, np.uint8), doors, books)
        self._scene.units.ready_ms[:count] = NEVER_MS
        self._now_ms, self._arrived_before = 0, np.zeros(len(doors.node), np.int64)
        self._start = count_people(count, self._scene.units)
        self._balance_error, self._checked_ms = 0, -record_ms
        self._inside_before, self._closed_rows = np.zeros(len(doors.node), np.int64), 0

    # -- reading --

    @property
    def now_s(self) -> float:
        return self._now_ms / _MS_PER_S

    @property
    def units(self) -> Units:
        """The units as they are now: arrays of room for splits; only the first `count` count. Not to be written."""
        return self._scene.units

    @property
    def count(self) -> int:
        return int(self._scene.flow.tally[COUNT])

    @property
    def over(self) -> bool:
        """Nothing is due any more: the clock may still run, but without new orders, water or vehicles nobody moves."""
        return int(self._scene.flow.tally[DUE]) == 0

    def count_by_state(self) -> np.ndarray:
        """Persons in each of STATES now, int64 (9,)."""
        return count_people(self.count, self._scene.units)

    @property
    def entered(self) -> np.ndarray:
        """Walkers or vehicles that entered each link so far, int64 (links,); one that comes back counts again."""
        return self._scene.flow.queue["entered"][: len(self._scene.roads.links.tail)].astype(np.int64)

    def queue_at(self) -> np.ndarray:
        """Persons queueing at each site's door now, int64 (sites,)."""
        return self._scene.doors.admitted - self._inside()

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
        if to_ms < self._now_ms:
            raise ValueError(f"to_s(={to_s}) is before the present time {self.now_s}")
        step_ms = int(self._scene.flow.fixed[STEP_MS])
        self._run(to_ms // step_ms if to_ms < self._until_ms else self._until_ms // step_ms + 1)
        self._now_ms = to_ms
        self._check_balance()
        return self._exchange()

    def _run(self, to_bucket: int) -> None:
        while True:
            why = run(to_bucket, self._scene)
            if why == DONE:
                return
            if why == ASKED:
                self._answer_all()
            else:
                self._make_room(0)

    def _answer_all(self) -> None:
        """Ways and sites for those who ask."""
        scene = self._scene
        asking_now = int(asking.count_asking(scene))
        ids, queue = np.empty(asking_now, np.int32), np.empty(asking_now, np.int32)
        asking.collect(scene, ids, queue)
        now_ms = int(scene.flow.tally[BUCKET] * scene.flow.fixed[STEP_MS])
        self._resolve(ids, queue, now_ms)

    def _resolve(self, ids: np.ndarray, queue: np.ndarray, now_ms: int) -> None:
        """Find a way for each of `ids`, else another site with a way, else leave it stranded or turned away."""
        size = self._scene.units.size[ids]
        fate = np.full(len(ids), asking.CUT, np.uint8)
        self._look_up(ids, fate)
        lost = np.flatnonzero(fate != asking.GOES)
        if lost.size:
            before = self.count
            self._make_room(len(self._scene.doors.node))
            units = self._scene.units
            count, sent = self._overflow.relocate(ids[lost].astype(np.int32), now_ms, before, units, self._scene.doors)
            self._scene.flow.tally[COUNT] = count
            self._scene.news[before:count] = 0
            ids = np.concatenate((ids, np.arange(before, count, dtype=np.int32)))
            order = np.argsort(ids)
            place = order[np.searchsorted(ids, sent.units, sorter=order)]  # of each who asked for a site among all
            queue = np.concatenate((queue, np.full(count - before, NOWHERE, np.int32)))
            size = np.concatenate((size, units.size[before:count]))
            fate = np.concatenate((fate, np.full(count - before, asking.CUT, np.uint8)))
            fate[place[sent.verdict == FULL]] = asking.TURNED
            again = np.sort(place[sent.verdict == SENT])
            found = fate[again]
            self._look_up(ids[again], found)
            fate[again] = found
        asking.settle(ids, queue, size, fate, now_ms, self._scene)

    def _look_up(self, ids: np.ndarray, fate: np.ndarray) -> None:
        """Fate = GOES where a unit's site can be reached as the roads are now, with the table that says how."""
        units = self._scene.units
        bound = np.flatnonzero(units.site[ids] != NO_SITE)
        if not bound.size:
            return
        some = ids[bound]
        units.informed[some] = 1
        self._routes.answer(units.site[some], units.mode[some] == CAR, units.node[some])
        ahead = np.empty(len(some), np.int64)
        asking.look_ahead(some, self._scene, ahead)
        fate[bound[ahead != ASK]] = asking.GOES

    def _exchange(self) -> Exchange:
        scene = self._scene
        arrived = self._inside()
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

    def _check_balance(self) -> None:
        """Compare the books with the units themselves, once per record; keep the largest difference."""
        if self._now_ms - self._checked_ms < self._scene.books.record_ms[0] and self._now_ms < self._until_ms:
            return
        self._checked_ms = self._now_ms
        counted = count_people(self.count, self._scene.units)
        booked = self.count_by_state()
        inside = int(self._inside().sum())
        off = max(int(np.abs(counted - booked).max()), abs(int(counted.sum() - self._start.sum())))
        sheltered = STATES.index("sheltered")
        self._balance_error = max(self._balance_error, off, abs(int(counted[sheltered]) - inside))

    def _inside(self) -> np.ndarray:
        """Persons let in so far at each site: rows of the books that nothing is added to any more are summed once."""
        books = self._scene.books
        row = min(int(self._now_ms // books.record_ms[0]), len(books.arrivals))
        self._inside_before += books.arrivals[self._closed_rows : row].sum(axis=0)
        self._closed_rows = row
        return self._inside_before + books.arrivals[row : row + 2].sum(axis=0)

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
        scene = self._scene
        roads, old = scene.roads, scene.roads.water
        old.open[:] = np.where((roads.barred > 0) | (roads.links.storage <= 0), np.uint8(CLOSED), self._water.open)
        seen = RoadWater(
            old.open,
            np.ascontiguousarray(self._water.walk_slow, np.float32),
            np.ascontiguousarray(self._water.car_slow, np.float32),
            np.ascontiguousarray(self._water.depth_m, np.float32),
            np.ascontiguousarray(self._water.depth_speed_m2_s, np.float32),
        )
        self._scene = scene = scene._replace(roads=roads._replace(water=seen))
        self._routes.see(seen)
        self._overflow.set_water(seen)
        ids, fate = np.empty(self.count, np.int32), np.empty(self.count, np.uint8)
        interrupt.flood(self._acting_ms, scene, ids, fate)
        self._look_again()
        stranded = scene.units.state[: self.count] == STRANDED
        reason = scene.units.reason[: self.count]
        self._try_again(np.flatnonzero(stranded & ((reason == NO_WAY) | (reason == UNWILLING))))

    @property
    def _acting_ms(self) -> int:
        """When what is done from outside happens: now, or from the next step on where that begins later."""
        flow = self._scene.flow
        return max(int(flow.tally[BUCKET] * flow.fixed[STEP_MS]), self._now_ms)

    def _look_again(self) -> None:
        """Whoever waits for room on a road thinks over where to go."""
        interrupt.wake_blocked(self._acting_ms, self._scene.flow)

    def _try_again(self, ids: np.ndarray) -> None:
        """Units that stand at a node without a way or a site ask once more."""
        ids = ids.astype(np.int32)
        if not ids.size:
            return
        units, now_ms = self._scene.units, self._acting_ms
        units.ready_ms[ids] = now_ms
        ahead = np.empty(len(ids), np.int64)
        asking.look_ahead(ids, self._scene, ahead)
        ready = ids[(ahead >= 0) | (ahead == HERE)]
        none = np.full(len(ready), NOWHERE, np.int32)
        asking.settle(ready, none, none, np.full(len(ready), asking.GOES, np.uint8), now_ms, self._scene)
        asks = ids[ahead == ASK]
        if asks.size:
            self._resolve(asks, np.full(len(asks), NOWHERE, np.int32), now_ms)

    def bulletin(self) -> None:
        """The present state of the roads is told: informed units follow it from now on."""
        self._routes.told()
        units = self._scene.units
        on_the_way = (units.state[: self.count] == MOVING) & (units.informed[: self.count] == 1)
        self._prepare(np.flatnonzero(on_the_way), units.node)
        self._look_again()

    def inform(self, ids: np.ndarray) -> None:
        """These units follow the last bulletin from now on."""
        self._scene.units.informed[ids] = 1

    def _prepare(self, ids: np.ndarray, node: np.ndarray) -> None:
        """Have the tables made that units need to go from node[id] to their sites by what they know."""
        units = self._scene.units
        ids = ids[(units.site[ids] != NO_SITE) & (units.mode[ids] <= CAR)]
        for layer in (0, 1):
            some = ids[units.informed[ids] == layer]
            if some.size:
                self._routes.prepare(layer, units.mode[some] == CAR, units.site[some], node[some])

    # -- people --

    def leave(self, ids: np.ndarray, at_s: np.ndarray | float) -> None:
        """Units at home set out at `at_s` (>= now). WALK and CAR go to the road, BUS and ASSISTED wait near home.

        A unit that has a time to leave keeps the earlier one; units not at home are left alone.
        """
        ids = np.atleast_1d(np.asarray(ids, np.int32))
        at_ms = np.rint(np.broadcast_to(np.asarray(at_s, np.float64), ids.shape) * _MS_PER_S)
        at_ms = np.clip(at_ms, self._now_ms, NEVER - 1).astype(np.int32)
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
        node = np.zeros(units.room, np.int32)
        node[ids] = self._scene.flow.block_node[units.block[ids]]
        self._prepare(ids, node)

    def stay(self, ids: np.ndarray) -> np.ndarray:
        """Take back the leave of those who are still at home; returns the ids that had one."""
        ids = self._planned_at_home(ids)
        interrupt.unschedule(ids, self._scene)
        self._scene.units.ready_ms[ids] = NEVER_MS
        return ids

    def refuse(self, ids: np.ndarray) -> None:
        """Units at home that were told to leave and will not."""
        self.stay(ids)
        interrupt.refuse(_in_state(ids, HOME, self._scene.units), self._now_ms, self._scene)

    def _planned_at_home(self, ids: np.ndarray) -> np.ndarray:
        home = _in_state(ids, HOME, self._scene.units)
        return home[self._scene.units.ready_ms[home] != NEVER_MS]

    def add(self, units: Units, count: int) -> np.ndarray:
        """More units, at home (rumours); returns their ids."""
        self._make_room(count)
        first = self.count
        for mine, given in zip(self._scene.units, units, strict=True):
            mine[first : first + count] = given[:count]
        self._scene.units.ready_ms[first : first + count] = NEVER_MS
        self._scene.flow.tally[COUNT] += count
        self._start += count_people(count, units)
        return np.arange(first, first + count, dtype=np.int32)

    def _make_room(self, more: int) -> None:
        """Room for `more` units beside that for the splits of one step."""
        scene = self._scene
        needed = self.count + more + 2 * len(scene.doors.node) + _LEAST_SPLITS
        if needed <= scene.units.room:
            return
        room = max(needed, self.count + self.count // 16)
        news = np.zeros(room, np.uint8)
        news[: self.count] = scene.news[: self.count]
        self._scene = scene._replace(units=own_units(scene.units, self.count, room), news=news)

    # -- shelters --

    def redirect(self, site_from: int, site_to: int) -> int:
        """Whoever is bound for one site and not yet at its door goes to the other; returns the persons."""
        units = self._scene.units
        if site_from == site_to:
            return 0
        state = units.state[: self.count]
        free = (state == HOME) | (state == MOVING) | (state == WAITING) | (state == RIDING) | (state == STRANDED)
        ids = np.flatnonzero(free & (units.site[: self.count] == site_from)).astype(np.int32)
        if not ids.size:
            return 0
        interrupt.send_to(ids, site_to, self._scene)
        moving = ids[state[ids] == MOVING]
        units.informed[moving] = 1
        self._prepare(moving, units.node)
        home = self._planned_at_home(ids)
        node = np.zeros(units.room, np.int32)
        node[home] = self._scene.flow.block_node[units.block[home]]
        self._prepare(home, node)
        self._look_again()
        stuck = ids[(state[ids] == STRANDED) & ((units.reason[ids] == NO_WAY) | (units.reason[ids] == UNWILLING))]
        self._try_again(stuck)
        return int(units.persons[ids].astype(np.int64).sum())

    def open_site(self, site: int, at_s: float) -> None:
        """The door opens at `at_s` (>= now), or earlier if it would have anyway; if it had closed it is open again."""
        at_ms = max(round(at_s * _MS_PER_S), self._now_ms)
        doors = self._scene.doors
        closed = int(doors.closes_ms[site]) <= at_ms
        opens_ms = at_ms if closed else min(int(doors.opens_ms[site]), at_ms)
        self._set_hours(site, opens_ms, NEVER if closed else int(doors.closes_ms[site]))

    def close_site(self, site: int, at_s: float) -> None:
        """The door closes for good at `at_s` (>= now); those inside stay inside."""
        at_ms = max(round(at_s * _MS_PER_S), self._now_ms)
        self._set_hours(site, int(self._scene.doors.opens_ms[site]), at_ms)

    def _set_hours(self, site: int, opens_ms: int, closes_ms: int) -> None:
        scene, now_ms = self._scene, self._acting_ms
        queue = set_hours(site, opens_ms, closes_ms, now_ms, scene.units, self.count, scene.doors)
        interrupt.unschedule(queue.astype(np.int32), scene)
        self._make_room(len(queue))
        for u in queue:
            knock(u, now_ms, self._scene)
        state = self._scene.units.state[: self.count]
        self._try_again(np.flatnonzero(state == TURNED_AWAY))

    # -- vehicles --

    def waiting(self, block: int | None = None) -> np.ndarray:
        """Ids of units that wait for a bus or an ambulance (of one block), first come first."""
        units = self._scene.units
        ids = np.flatnonzero(units.state[: self.count] == WAITING).astype(np.int32)
        if block is not None:
            ids = ids[units.block[ids] == block]
        return ids[np.lexsort((ids, units.left_ms[ids]))]

    def board(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        """Of these WAITING units in this order, who fits into `seats` rides (the last may split): ids and persons."""
        aboard, persons = self._take_aboard(_in_state(ids, WAITING, self._scene.units), seats)
        self._scene.flow.tally[RIDDEN] += persons
        return aboard, persons

    def pick_up(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        """The same of STRANDED units, who leave their car behind."""
        aboard, persons = self._take_aboard(_in_state(ids, STRANDED, self._scene.units), seats)
        self._scene.flow.tally[RESCUED] += persons
        self._scene.units.mode[aboard] = WALK
        return aboard, persons

    def _take_aboard(self, ids: np.ndarray, seats: int) -> tuple[np.ndarray, int]:
        self._make_room(1)
        units, flow = self._scene.units, self._scene.flow
        aboard, persons = [], 0
        for u in ids.tolist():
            if persons >= seats:
                break
            if units.persons[u] > seats - persons:
                flow.tally[COUNT] = split(u, self.count, int(units.persons[u]) - (seats - persons), units)
            move_to(u, RIDING, self._now_ms, units, self._scene.books)
            units.reason[u], units.link[u] = NO_REASON, NOWHERE
            aboard.append(u)
            persons += int(units.persons[u])
        return np.array(aboard, np.int32), persons

    def alight(self, ids: np.ndarray, site: int) -> None:
        """RIDING units are at the door of `site` now; whoever does not get in goes on from there on foot."""
        ids = _in_state(ids, RIDING, self._scene.units)
        self._make_room(len(ids))
        units = self._scene.units
        for u in ids:
            if units.site[u] != site:
                bind(u, site, units, self._scene.doors)
            units.mode[u] = WALK
            knock(u, self._acting_ms, self._scene)

    def set_down(self, ids: np.ndarray, node: int) -> None:
        """RIDING units get off at a crossing and wait there for another vehicle (theirs cannot go on)."""
        units = self._scene.units
        for u in _in_state(ids, RIDING, units):
            units.node[u] = node
            move_to(u, WAITING, self._now_ms, units, self._scene.books)
            self._scene.news[u] |= NEWLY_WAITING
            self._scene.flow.tally[NEWS] += 1

    # -- end --

    def outcome(self, ordered: np.ndarray, unordered: np.ndarray) -> MovementOutcome:
        """The books closed. `ordered`, `unordered`: persons told to leave, or leaving of their own accord, so far at
        each record, int64 (records,); records are at 0, record_s, 2 record_s ... and `until_s`.

        Who waits in a circle of blocked roads counts as stranded in the last record.
        """
        return close_books(
            self._scene, self._until_ms, self._first_order_s, self._start, ordered, unordered, self._balance_error
        )


def dry_water(edges: int) -> RoadWater:
    """Roads without any water."""
    zero = np.zeros(edges, np.float32)
    return RoadWater(
        np.zeros(2 * edges, np.uint8), np.ones((len(GROUPS), edges), np.float32), np.ones(edges, np.float32), zero, zero
    )


def unharmed() -> HarmLimits:
    """Limits that no water passes."""
    each = np.full(len(GROUPS), np.inf)
    return HarmLimits(
        np.full(len(GROUPS), 1e3),
        np.full(len(GROUPS), 1e12),
        each,
        each,
        np.array([0.0, 1.0, 0.0, 0.0]),
        np.inf,
        np.inf,
    )


def _in_state(ids: np.ndarray, state: int, units: Units) -> np.ndarray:
    """Those of `ids` that are in a state, in their order and each once."""
    ids = np.atleast_1d(np.asarray(ids, np.int32))
    first = np.unique(ids, return_index=True)[1]
    ids = ids[np.sort(first)]
    return ids[units.state[ids] == state]


def _check(
    links: Links,
    doors: Doors,
    units: Units,
    count: int,
    until_s: float,
    record_s: float,
    block_node: np.ndarray,
    block_access_ms: np.ndarray,
) -> None:
    nodes = len(links.out_first) - 1
    if not (until_s > 0.0 and until_s * _MS_PER_S < NEVER - 1):
        raise ValueError(f"until_s(={until_s}) must be > 0 and below {NEVER // 1000} s")
    if not record_s > 0.0:
        raise ValueError(f"record_s(={record_s}) must be > 0")
    if not 0 <= count <= units.room:
        raise ValueError(f"count(={count}) must be 0 to the room of the units, {units.room}")
    if len(links.tail) != 2 * len(links.area_m2):
        raise ValueError(f"{len(links.tail)} links for {len(links.area_m2)} edges; two each are needed")
    if np.shape(block_node) != np.shape(block_access_ms):
        raise ValueError(f"block_node {np.shape(block_node)}, block_access_ms {np.shape(block_access_ms)}")
    for name, values, end in (
        ("block_node", np.asarray(block_node), nodes),
        ("doors.node", doors.node, nodes),
        ("units.block", units.block[:count], len(block_node)),
    ):
        if len(values) and (values.min() < 0 or values.max() >= end):
            raise ValueError(f"{name} runs from {values.min()} to {values.max()}; it must be 0 to {end - 1}")
    site = units.site[:count]
    if count and (site.min() < NO_SITE or site.max() >= len(doors.node)):
        raise ValueError(f"units.site runs from {site.min()} to {site.max()} with {len(doors.node)} sites")
    if count and (units.persons[:count].min() < 1 or units.size[:count].min() < 1):
        raise ValueError("units must hold at least one person and take room for at least one")
