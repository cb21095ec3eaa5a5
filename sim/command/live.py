"""A drill that people step through: it stands still while they think, and takes orders and injects on the way."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

from data.errors import InputError
from data.units import minutes_to_s, s_to_minutes
from sim.command.books import record_of
from sim.command.check import check_script
from sim.command.incident import Incident
from sim.command.record import DrillRecord
from sim.command.script import Inject, Order
from sim.command.setup import DrillSetup, GivenOrder
from sim.movement.links import CLOSED
from sim.movement.units import STATES


class LiveDrill:
    """One run of a setup in steps. Whatever is given on the way is part of the record, and of a replay of its log."""

    def __init__(self, setup: DrillSetup) -> None:
        self._incident = Incident(setup)
        self._now_s = 0.0

    @property
    def now_min(self) -> float:
        """Where the clock stands, in minutes."""
        return float(s_to_minutes(self._now_s))

    @property
    def over(self) -> bool:
        """The run has come to its end."""
        return self._incident.over

    def step(self, minutes: float) -> None:
        """Run on by so many minutes, rounded up to whole exchanges of movement and command, or to the end.

        InputError for no time, or one that has no number.
        """
        if not (math.isfinite(minutes) and minutes > 0.0):
            raise InputError("no time to run on", place="step", value=minutes, expected="minutes above 0")
        each = self._incident.setup.exchange_s
        steps = math.ceil(round((self._now_s + minutes_to_s(minutes)) / each, 9))
        self._to(steps * each)

    def run(self) -> DrillRecord:
        """Run to the end; what the drill has left."""
        self._to(math.inf)
        return record_of(self._incident)

    def give(self, order: Order) -> Order:
        """Take an order, at its own time, which is now or later; returns it with its number as its id.

        InputError where it lies in the past, names what the city does not have, or contradicts another one.
        """
        given = replace(order, id=self._name())
        self._check(given)
        self._incident.give(GivenOrder(given, "live"))
        return given

    def strike(self, inject: Inject) -> Inject:
        """Take an inject, as `give` takes an order."""
        given = replace(inject, id=self._name())
        self._check(given)
        self._incident.strike(given)
        return given

    def status(self) -> dict[str, Any]:
        """How things stand: the minute, people by state, shelters open and full, closed roads, orders not done."""
        incident, now_s = self._incident, self._now_s
        units = incident.movement.count_by_state().tolist()
        capacity = incident.setup.sites.capacity
        is_open = incident.shelters.is_open(now_s) & (capacity > 0)  # a site that the plan leaves out holds nobody
        edges = incident.setup.roads.graph.edges
        return {
            "minute": self.now_min,
            "until_minute": float(s_to_minutes(incident.setup.until_s)),
            "people": dict(zip(STATES, units, strict=True)),
            "shelters_open": int(is_open.sum()),
            "shelters_full": int((incident.doors.admitted >= capacity)[is_open].sum()),
            "queueing": int(incident.movement.queue_at().sum()),
            "roads_closed_to_walkers": int((incident.water.open[:edges] == CLOSED).sum()),
            "roads_closed_to_cars": int((incident.water.open[edges:] == CLOSED).sum()),
            "orders_open": incident.given.open_orders(),
            "to_come": sum(minutes_to_s(given.order.at_min) >= now_s for given in incident.inputs.orders),
        }

    def _to(self, to_s: float) -> None:
        incident = self._incident
        if to_s >= incident.setup.until_s:
            incident.run()
            self._now_s = incident.setup.until_s
        else:
            incident.step_to(to_s)
            self._now_s = to_s

    def _name(self) -> str:
        """The first of live-1, live-2 ... that no order and no inject has."""
        setup = self._incident.inputs
        taken = {given.order.id for given in setup.orders} | {inject.id for inject in setup.injects}
        return next(name for number in itertools.count(1) if (name := f"live-{number}") not in taken)

    def _check(self, step: Order | Inject) -> None:
        setup = self._incident.inputs
        if self.over or minutes_to_s(step.at_min) < self._now_s:
            raise InputError(
                "the moment has passed", place="at", value=f"minute {step.at_min:g}",
                expected=f"minute {self.now_min:g} or later" if not self.over else "nothing: the drill is over",
            )  # fmt: skip
        same = [given.order for given in setup.orders if given.order.at_min == step.at_min]
        orders, injects = ([*same, step], []) if isinstance(step, Order) else ([], [step])
        check_script(setup.places, orders, injects, setup.until_s)
