"""Calls for help and who answers them: ambulances fetch those who cannot walk, rescue crews those who are stranded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from data.schema.drills import RESCUES
from sim.command.delivery import Delivery
from sim.command.scene import Scene
from sim.command.vehicles import Process, Road, Vehicle
from sim.movement.units import BUS, CAUGHT, REASONS, STALLED, STRANDED, WAITING

ASSISTED_CALL = "assisted"  # the reason of a call by people who wait for an ambulance
STUCK_CALL = "vehicle_stuck"  # by people who had to get off a vehicle that has no way on
_FIRST = {REASONS[CAUGHT]: 0, REASONS[STALLED]: 1}  # in water comes before everybody else


_URGENCIES = 3


@dataclass(eq=False)
class Call:
    """People at one crossing who need help for one reason."""

    time_s: float
    node: int
    reason: str
    ids: np.ndarray  # int32, units that called
    persons: int
    team: str = ""
    answered_s: float = np.nan
    reached_s: float = np.nan
    done_s: float = np.nan
    out: int = 0  # seats on the way to them
    crews: int = 0  # crews on the way, there, or bringing people of this call to a shelter
    open: bool = True
    queued: bool = False
    tried: tuple[int, int] = (-1, -1)  # roads (version) and period in which no crew could get there

    @property
    def kind(self) -> str:
        """Of team that answers it."""
        return "ambulance" if self.reason == ASSISTED_CALL else "rescue"

    @property
    def waits(self) -> bool:
        """By people who wait for a vehicle, not by stranded ones."""
        return self.reason in (ASSISTED_CALL, STUCK_CALL)

    @property
    def urgency(self) -> int:
        return _FIRST.get(self.reason, _URGENCIES - 1)


@dataclass
class Calls:
    """All calls of a drill, and the crews' way of working through them."""

    scene: Scene
    road: Road
    delivery: Delivery
    calls: list[Call] = field(default_factory=list)
    _of: dict[int, Call] = field(default_factory=dict)  # unit -> its open call
    _at: dict[int, list[Call]] = field(default_factory=dict)  # crossing -> calls from there that are open
    _queues: dict[str, tuple[deque[Call], ...]] = field(default_factory=dict)  # kind -> by urgency

    def ring(self, ids: np.ndarray) -> bool:
        """These units call, unless they wait for a bus or their call is open. Whether anybody has called.

        Who stands at the same crossing for the same reason joins the call there while no crew is on its way to it.
        """
        units, now = self.scene.movement.units, self.scene.env.now
        fresh: dict[tuple[int, str], list[int]] = {}
        for unit in ids.tolist():
            state = units.state[unit]
            if state == WAITING and unit in self.delivery.put_off:
                reason = STUCK_CALL
            elif state == WAITING and units.mode[unit] != BUS:
                reason = ASSISTED_CALL
            elif state == STRANDED:
                reason = REASONS[units.reason[unit]]
            else:
                continue
            node = int(units.node[unit])
            known = self._of.get(unit)
            if known is None or not known.open or (known.node, known.reason) != (node, reason):
                fresh.setdefault((node, reason), []).append(unit)
        for (node, reason), some in fresh.items():
            there = np.array(some, np.int32)
            persons = int(units.persons[there].sum())
            at_node = self._at.setdefault(node, [])
            call = next((one for one in at_node if one.reason == reason and one.open and not one.team), None)
            if call is None:
                call = Call(now, node, reason, there, persons)
                self.calls.append(call)
                at_node.append(call)
            else:
                call.ids = np.concatenate((self.left(call), there))
                call.persons += persons
            self._enqueue(call)
            self._of.update(dict.fromkeys(some, call))
            self.scene.tell("call", node=node, reason=reason, persons=persons)
        return bool(fresh)

    def left(self, call: Call) -> np.ndarray:
        """Units of a call that are still there and still in need, int32; forgets the others."""
        units = self.scene.movement.units
        wanted = WAITING if call.waits else STRANDED
        here = (units.node[call.ids] == call.node) & (units.state[call.ids] == wanted)
        here &= np.array([self._of.get(unit) is call for unit in call.ids.tolist()], bool)
        for unit in call.ids[~here].tolist():
            if self._of.get(unit) is call:
                del self._of[unit]  # whoever needs help again calls again
        call.ids = call.ids[here]
        return call.ids

    def unanswered(self, call: Call) -> int:
        """Persons of a call whom no crew is on the way to."""
        return int(self.scene.movement.units.persons[self.left(call)].sum()) - call.out

    def send(
        self,
        kind: str,
        roads: tuple[int, int],
        crew_for: Callable[[Call], Vehicle | None],
        free: Callable[[], bool],
        task: Callable[[Vehicle, Process], None],
    ) -> None:
        """Give the calls of a kind to crews: first those in the water, then in the order in which they came in.

        `crew_for` finds the crew for a call, None where none can get there: it is not tried again on the same `roads`.
        `free`: whether there is a crew at all. `task` starts it on its way.
        """
        for queue in self._queues.get(kind, ()):
            kept: list[Call] = []
            while queue and free():
                call = queue.popleft()
                call.queued = False
                while call.open and free() and call.tried != roads and self.unanswered(call) > 0:
                    crew = crew_for(call)
                    if crew is None:
                        call.tried = roads
                    else:
                        task(crew, self._answer(crew, call, self._claim(crew, call)))
                if call.open and not call.crews and not len(self.left(call)):
                    self._close(call)
                elif call.open and (call.tried == roads or self.unanswered(call) > 0):
                    kept.append(call)
            for call in reversed(kept):
                call.queued = True
                queue.appendleft(call)

    def _answer(self, vehicle: Vehicle, call: Call, claim: int) -> Process:
        """One crew goes there, takes on board who is there, goes on to near calls, brings all to a shelter."""
        scene, terms = self.scene, self.road.terms
        theirs = [call]  # calls that this crew is out for
        brought: list[Call] = []
        yield from self.road.turn_out(vehicle)
        here: Call | None = call
        while here is not None:
            if not here.team:
                here.team, here.answered_s = vehicle.team_id, scene.env.now
            there = yield from self.road.drive(vehicle, here.node, "to_call")
            here.out -= claim
            if not there:
                break
            scene.sync()
            aboard = vehicle.persons
            for other in self._calls_at(here, vehicle):
                if self._take_on_board(vehicle, other):
                    brought.append(other)
                    if other not in theirs:
                        other.crews += 1
                        theirs.append(other)
            load_s = terms.ambulance_load_s if here.reason == ASSISTED_CALL else terms.rescue_load_s
            yield scene.env.timeout(load_s * (vehicle.persons - aboard))
            here = self._next_call(vehicle)
            if here is not None:
                claim = self._claim(vehicle, here)
                theirs.append(here)
        if vehicle.persons:
            yield from self.delivery.deliver(vehicle, "to_shelter", 0.0, terms.handover_s)
            for call in brought:
                call.done_s = scene.env.now
        for call in theirs:
            call.crews -= 1
            if call.open and not call.crews and not len(self.left(call)):
                self._close(call)
            else:
                self._enqueue(call)

    def _claim(self, vehicle: Vehicle, call: Call) -> int:
        """Seats of a crew that is on its way from now on."""
        claim = min(vehicle.seats - vehicle.persons, self.unanswered(call))
        call.out += claim
        call.crews += 1
        return claim

    def _calls_at(self, call: Call, vehicle: Vehicle) -> list[Call]:
        """The call and, for a rescue crew, every other open one from that crossing that crews of its kind answer."""
        others = [one for one in self._at[call.node] if one is not call and one.open and one.kind == call.kind]
        return [call, *sorted(others, key=lambda one: one.urgency)]

    def _next_call(self, vehicle: Vehicle) -> Call | None:
        """The next near call for a rescue crew with seats left: first who is in the water, then the nearest; None."""
        if vehicle.kind != "rescue" or not 0 < vehicle.persons < vehicle.seats:
            return None
        away_ms = self.road.driving.times_from(vehicle.node, vehicle.boats)
        limit_ms = self.road.terms.more_stops_s * 1000.0
        for queue in self._queues.get("rescue", ()):
            best: tuple[float, Call | None] = (np.inf, None)
            for call in queue:
                at_ms = float(away_ms[call.node])
                if at_ms <= limit_ms and at_ms < best[0] and call.open and self.unanswered(call) > 0:
                    best = (at_ms, call)
            if best[1] is not None:
                return best[1]
        return None

    def table(self) -> pd.DataFrame:
        """RESCUES, in the order of the calls; a call is done when the last of its people were in a shelter."""
        roads = self.scene.setup.roads
        rows = [
            {
                "time_s": call.time_s, "node": call.node, "lon": roads.node_lon[call.node],
                "lat": roads.node_lat[call.node], "reason": call.reason, "persons": call.persons, "team": call.team,
                "answered_s": call.answered_s, "reached_s": call.reached_s,
                "done_s": np.nan if call.crews or len(self.left(call)) else call.done_s,
            }
            for call in self.calls
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(RESCUES.names))

    def _take_on_board(self, vehicle: Vehicle, call: Call) -> int:
        """Persons of a call who find a seat."""
        movement, seats = self.scene.movement, vehicle.seats - vehicle.persons
        if np.isnan(call.reached_s):
            call.reached_s = self.scene.env.now
        if not call.team:
            call.team, call.answered_s = vehicle.team_id, self.scene.env.now
        if not seats:
            return 0
        before = movement.count
        take = movement.board if call.waits else movement.pick_up
        ids, persons = take(self.left(call), seats)
        parts = np.arange(before, movement.count, dtype=np.int32)  # of a unit that did not fit as a whole
        call.ids = np.concatenate((call.ids, parts))
        self._of.update(dict.fromkeys(parts.tolist(), call))
        if persons:
            self.delivery.put_off.difference_update(ids.tolist())
            vehicle.take(ids, persons)
            self.scene.tell("team", does="takes_on_board", vehicle=vehicle.name, node=call.node, persons=persons)
        return persons

    def _enqueue(self, call: Call) -> None:
        if call.open and not call.queued:
            call.queued = True
            queues = self._queues.setdefault(call.kind, tuple(deque() for _ in range(_URGENCIES)))
            queues[call.urgency].append(call)

    def _close(self, call: Call) -> None:
        call.open = False
        self._at[call.node].remove(call)
        for unit in call.ids.tolist():
            self._of.pop(unit, None)
