"""A drill as it runs: SimPy holds the clock and what command does, the movement engine holds the people."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import simpy

from data.errors import InputError
from data.units import minutes_to_s
from sim.behaviour.people import make_units, platoon_for
from sim.command.barriers import Barriers
from sim.command.books import record_of
from sim.command.car_ways import shares_with_ways
from sim.command.event_log import EventLog
from sim.command.fleet import Fleet
from sim.command.given import GivenOrders
from sim.command.injects import Mishaps
from sim.command.moments import EXCHANGE, INJECT, INJECT_END, ORDER, WARNING, WATER, Moment
from sim.command.orders import carry_out
from sim.command.record import DrillRecord
from sim.command.script import ORDER_KINDS, Inject
from sim.command.setup import DrillSetup, GivenOrder
from sim.command.shelters import Shelters
from sim.command.told import ToldPeople
from sim.movement.doors import build_doors, count_reserved
from sim.movement.engine import Exchange, Movement
from sim.movement.links import CLOSED, RoadWater
from sim.movement.road_water import with_barred
from sim.movement.routes import RouteTables
from sim.movement.units import REASONS, STATES


class Incident:
    """One run of a setup. `step_to` moves its clock, `give` and `strike` add orders and injects to come.

    Vehicles and crews see it as a `Scene`: env, setup, movement, doors, water, sync, tell, bar.
    """

    def __init__(self, setup: DrillSetup) -> None:
        self.setup = setup = replace(setup, people=shares_with_ways(setup))
        self.env = simpy.Environment()
        self.log = EventLog()
        plan, sites = setup.plan, setup.sites
        self.platoon = setup.platoon or platoon_for(int(plan.persons.sum()))
        population = make_units(
            plan.block, plan.site, plan.persons, setup.people,
            seed=setup.seed, platoon=self.platoon, car_persons=setup.car_persons,
        )  # fmt: skip
        self.doors = build_doors(
            sites.node, sites.access_s, sites.capacity, setup.doors,
            opens_s=sites.opens_at_s, closes_s=sites.closed_at_s, price_ms=sites.price_ms,
        )  # fmt: skip
        count_reserved(population.units, population.count, self.doors)
        roads, blocks = setup.roads, setup.blocks
        self.barriers = Barriers(roads.graph.edges)
        self._barred = self.barriers.links
        self._epoch = roads.epochs.index_at(0.0)
        self.water: RoadWater = roads.epochs.at(self._epoch)
        routes = RouteTables(roads.links, sites.node, self.water, change_share=setup.movement.route_change_share)
        self.movement = Movement(
            roads.links, self.doors, routes, population.units,
            population.count, setup.movement, setup.until_s, block_node=blocks.node,
            block_access_ms=np.rint(blocks.access_s * 1000.0).astype(np.int32), record_s=setup.record_s,
            first_order_s=0.0, harm=setup.harm, seed=setup.seed,
        )  # fmt: skip
        self.movement.set_water(self.water)
        self.people = ToldPeople(setup, population, self.movement)
        self.shelters = Shelters(self)
        self.given = GivenOrders(self)
        self.mishaps = Mishaps(self)
        self.fleet = Fleet(self)
        self.over = False
        self.tell("start", people=int(population.units.persons[: population.count].sum()), units=population.count)
        self._steps = 0
        Moment(self.env, 0.0, EXCHANGE, self._exchange)
        for number in np.flatnonzero((roads.epochs.time_s > 0.0) & (roads.epochs.time_s < setup.until_s)).tolist():
            Moment(self.env, float(roads.epochs.time_s[number]), WATER, partial(self._flood, number))
        for at_s in np.unique(blocks.warned_s[blocks.warned_s < setup.until_s]).tolist():
            Moment(self.env, at_s, WARNING, partial(self._warn, np.flatnonzero(blocks.warned_s == at_s)))
        for site, from_s, until_s in setup.sites.dark_spans:
            for at_s, rank, begins in ((from_s, INJECT, True), (until_s, INJECT_END, False)):
                if at_s < setup.until_s:
                    Moment(self.env, at_s, rank, partial(self._darken, site, begins))
        self._orders: list[GivenOrder] = []
        self._injects: list[Inject] = []
        for inject in setup.injects:
            self.strike(inject)
        for order in in_turn(setup.orders):
            self.give(order)

    # -- what processes of this package and of vehicles use --

    def sync(self) -> None:
        """Bring the movement up to `env.now`; whoever is newly stranded or newly waits calls for help."""
        self._heard(self.movement.advance(self.env.now))

    def tell(self, kind: str, **values: Any) -> None:
        """Enter what happens now into the event log."""
        self.log.add(self.env.now, kind, **values)

    def bar(self, edges: np.ndarray, barred: bool, by_car_only: bool = False) -> None:
        """A crew has closed edges by order, or opened them again; no more than the last order for them asks."""
        self.sync()
        self.barriers.carry_out(np.asarray(edges, np.int64), barred, by_car_only)
        self.roads_changed()

    def roads_changed(self) -> None:
        """The roads as they are now, water and barriers, go to people and vehicles."""
        edges = self.setup.roads.graph.edges
        now = self.barriers.links
        walk, car = now[:edges], now[edges:]
        changed = (walk != self._barred[:edges]) | (car != self._barred[edges:])
        for which, barred, cars_only in ((walk, True, False), (~walk, False, False), (car & ~walk, True, True)):
            touched = np.flatnonzero(changed & which).astype(np.int32)
            if touched.size:
                self.movement.bar(touched, barred, by_car_only=cars_only)
        self._barred = now
        self.water = with_barred(self.setup.roads.epochs.at(self._epoch), now)
        self.fleet.water_changed()

    # -- changes from outside, while the run stands still --

    def give(self, given: GivenOrder) -> None:
        """An order to come, not before the present time. InputError where another one has its id."""
        if any(given.order.id == other.order.id for other in self._orders):
            raise InputError(
                "two orders of one id", place=f"[[order]] {given.order.id}", value=given.order.id,
                expected="an id of its own for each",
            )  # fmt: skip
        self._orders.append(given)
        Moment(self.env, float(minutes_to_s(given.order.at_min)), ORDER, partial(self._order, given))

    def strike(self, inject: Inject) -> None:
        """A mishap to come, not before the present time."""
        self._injects.append(inject)
        self.mishaps.begin(inject)

    def step_to(self, to_s: float) -> None:
        """Run up to the exchange at `to_s` (whole exchange steps): of that moment nothing else happens yet."""
        while not self.over and self.env.now < to_s:
            self.env.step()  # the exchange is first of all that happens at its moment

    def run(self) -> None:
        """Run to the end."""
        while not self.over:
            self.env.step()

    @property
    def inputs(self) -> DrillSetup:
        """The setup with every order and inject so far, those given live included."""
        return replace(self.setup, orders=tuple(self._orders), injects=tuple(self._injects))

    # -- what happens at its moment --

    def _exchange(self) -> None:
        """Every exchange step people and command compare notes; the last time ends the run."""
        setup, now_s = self.setup, self.env.now
        self.sync()
        self.people.refuse_due(now_s)
        self.given.note_reached(now_s)
        self.shelters.note(now_s)
        self.tell("count", **dict(zip(STATES, self.movement.count_by_state().tolist(), strict=True)))
        self._steps += 1
        self.over = now_s >= setup.until_s
        if self.over:
            self.tell("end", on_board=self.fleet.on_board())
        else:
            Moment(self.env, min(self._steps * setup.exchange_s, setup.until_s), EXCHANGE, self._exchange)

    def _flood(self, epoch: int) -> None:
        """The next epoch of the flood changes the roads."""
        self.sync()
        self._epoch = epoch
        water = self.setup.roads.epochs.at(epoch)
        self.movement.set_water(water)
        self.water = with_barred(water, self._barred)
        self.fleet.water_changed()
        edges = self.setup.roads.graph.edges
        shut = water.open == CLOSED
        self.tell("water", closed_to_walkers=int(shut[:edges].sum()), closed_to_cars=int(shut[edges:].sum()))

    def _warn(self, blocks: np.ndarray) -> None:
        self.sync()
        self.people.warn(blocks, self.env.now)

    def _darken(self, site: int, begins: bool) -> None:
        self.sync()
        self.shelters.darken(site, begins)

    def _order(self, given: GivenOrder) -> None:
        self.sync()
        carry_out(self, given)

    def _heard(self, exchange: Exchange) -> None:
        ids = exchange.stranded
        if len(ids):
            units = self.movement.units
            persons = np.bincount(units.reason[ids], units.persons[ids], minlength=len(REASONS)).astype(int).tolist()
            self.tell("stranded", **{why: n for why, n in zip(REASONS, persons, strict=True) if n})
        self.fleet.exchange(exchange)


def run_incident(setup: DrillSetup, circles: pd.DataFrame | None = None) -> DrillRecord:
    """Run a drill to its end: the same setup gives the same record and the same bytes of its log.

    `circles`: its response circles, where another run on the same flood has them (see `record_of`).
    """
    incident = Incident(setup)
    incident.run()
    return record_of(incident, circles)


def in_turn(orders: tuple[GivenOrder, ...]) -> list[GivenOrder]:
    """Orders as they are given: in time, of one moment by kind and name; those given live after the others."""
    script = [given for given in orders if given.source != "live"]
    live = [given for given in orders if given.source == "live"]
    rank = {kind: number for number, kind in enumerate(ORDER_KINDS)}
    return sorted(script, key=lambda g: (g.order.at_min, rank[g.order.kind], g.order.id)) + live
