"""The stage of a movement run: its scene and clock, and ways and sites for those who ask for them."""

from __future__ import annotations

import numpy as np

from sim.movement import asking, interrupt
from sim.movement.choosing import ASK, HERE
from sim.movement.flow import BUCKET, COUNT, STEP_MS, Scene, own_units
from sim.movement.kernel import ASKED, DONE, run
from sim.movement.overflow import FULL, SENT, Overflow
from sim.movement.routes import RouteTables
from sim.movement.units import CAR, HOME, NEVER_MS, NO_SITE, NOWHERE

_LEAST_SPLITS = 64


def first_room(count: int, sites: int) -> int:
    """Entries for `count` units and the splits to come."""
    return count + max(_LEAST_SPLITS, count // 32, 4 * sites)


class Stage:
    """What all parts of a run act on. `scene` is replaced where arrays grow: take it from here each time."""

    def __init__(self, scene: Scene, routes: RouteTables, overflow: Overflow) -> None:
        self.scene, self.routes, self.overflow = scene, routes, overflow
        self.now_ms = 0

    @property
    def count(self) -> int:
        """Units in use."""
        return int(self.scene.flow.tally[COUNT])

    @property
    def acting_ms(self) -> int:
        """When what is done from outside happens: now, or from the next step on where that begins later."""
        flow = self.scene.flow
        return max(int(flow.tally[BUCKET] * flow.fixed[STEP_MS]), self.now_ms)

    def run_to(self, bucket: int) -> None:
        """Work off all steps before `bucket`; whoever asks on the way is answered."""
        while True:
            why = run(bucket, self.scene)
            if why == DONE:
                return
            if why == ASKED:
                self._answer_all()
            else:
                self.make_room(0)

    def make_room(self, more: int) -> None:
        """Room for `more` units beside that for the splits of one step."""
        scene = self.scene
        needed = self.count + more + 2 * len(scene.doors.node) + _LEAST_SPLITS
        if needed <= scene.units.room:
            return
        room = max(needed, self.count + self.count // 16)
        news = np.zeros(room, np.uint8)
        news[: self.count] = scene.news[: self.count]
        self.scene = scene._replace(units=own_units(scene.units, self.count, room), news=news)

    # -- ways --

    def _answer_all(self) -> None:
        """Ways and sites for those who ask."""
        scene = self.scene
        asking_now = int(asking.count_asking(scene))
        ids, queue = np.empty(asking_now, np.int32), np.empty(asking_now, np.int32)
        asking.collect(scene, ids, queue)
        now_ms = int(scene.flow.tally[BUCKET] * scene.flow.fixed[STEP_MS])
        self._resolve(ids, queue, now_ms)

    def _resolve(self, ids: np.ndarray, queue: np.ndarray, now_ms: int) -> None:
        """Find a way for each of `ids`, else another site with a way, else leave it stranded or turned away."""
        size = self.scene.units.size[ids]
        fate = np.full(len(ids), asking.CUT, np.uint8)
        self._look_up(ids, fate)
        lost = np.flatnonzero(fate != asking.GOES)
        if lost.size:
            before = self.count
            self.make_room(len(self.scene.doors.node))
            units = self.scene.units
            count, sent = self.overflow.relocate(ids[lost].astype(np.int32), now_ms, before, units, self.scene.doors)
            self.scene.flow.tally[COUNT] = count
            self.scene.news[before:count] = 0
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
        asking.settle(ids, queue, size, fate, now_ms, self.scene)

    def _look_up(self, ids: np.ndarray, fate: np.ndarray) -> None:
        """Fate = GOES where a unit's site can be reached as the roads are now, with the table that says how."""
        units = self.scene.units
        bound = np.flatnonzero(units.site[ids] != NO_SITE)
        if not bound.size:
            return
        some = ids[bound]
        units.informed[some] = 1
        self.routes.answer(units.site[some], units.mode[some] == CAR, units.node[some])
        ahead = np.empty(len(some), np.int64)
        asking.look_ahead(some, self.scene, ahead)
        fate[bound[ahead != ASK]] = asking.GOES

    def look_again(self) -> None:
        """Whoever waits for room on a road thinks over where to go."""
        interrupt.wake_blocked(self.acting_ms, self.scene.flow)

    def try_again(self, ids: np.ndarray) -> None:
        """Units that stand at a node without a way or a site ask once more."""
        ids = ids.astype(np.int32)
        if not ids.size:
            return
        units, now_ms = self.scene.units, self.acting_ms
        units.ready_ms[ids] = now_ms
        ahead = np.empty(len(ids), np.int64)
        asking.look_ahead(ids, self.scene, ahead)
        ready = ids[(ahead >= 0) | (ahead == HERE)]
        none = np.full(len(ready), NOWHERE, np.int32)
        size = self.scene.units.size[ready]
        asking.settle(ready, none, size, np.full(len(ready), asking.GOES, np.uint8), now_ms, self.scene)
        asks = ids[ahead == ASK]
        if asks.size:
            self._resolve(asks, np.full(len(asks), NOWHERE, np.int32), now_ms)

    def prepare(self, ids: np.ndarray, node: np.ndarray) -> None:
        """Have the tables made that units need to go from `node` (one each) to their sites by what they know."""
        units = self.scene.units
        goes = (units.site[ids] != NO_SITE) & (units.mode[ids] <= CAR)
        ids, node = ids[goes], node[goes]
        for layer in (0, 1):
            here = units.informed[ids] == layer
            some = ids[here]
            if some.size:
                self.routes.prepare(layer, units.mode[some] == CAR, units.site[some], node[here])

    def prepare_from_home(self, ids: np.ndarray) -> None:
        """The same for units that will set out from home."""
        self.prepare(ids, self.scene.flow.block_node[self.scene.units.block[ids]])

    # -- people --

    def in_state(self, ids: np.ndarray, state: int) -> np.ndarray:
        """Those of `ids` that are in a state, in their order and each once."""
        ids = np.atleast_1d(np.asarray(ids, np.int32))
        first = np.unique(ids, return_index=True)[1]
        ids = ids[np.sort(first)]
        return ids[self.scene.units.state[ids] == state]

    def about_to_leave(self, ids: np.ndarray) -> np.ndarray:
        """Those at home that have a time to leave."""
        home = self.in_state(ids, HOME)
        return home[self.scene.units.ready_ms[home] != NEVER_MS]
