"""Everything a drill of command and movement depends on, in one frozen object: same setup, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from shelters.graph import RoadGraph
from sim.behaviour.decisions import Behaviour
from sim.behaviour.people import PeopleShares
from sim.command.places import Places
from sim.command.script import Inject, Order
from sim.command_rules import CommandTerms
from sim.departure import DelayCurve
from sim.movement.doors import DoorTerms
from sim.movement.harm import HarmLimits
from sim.movement.links import Links
from sim.movement.road_water import RoadEpochs
from sim.movement.terms import MovementTerms

SOURCES = ("script", "rules", "live")  # who gave an order


@dataclass(frozen=True)
class GivenOrder:
    """An order and who gave it."""

    order: Order
    source: str  # of SOURCES


@dataclass(frozen=True)
class RoadNet:
    """The roads that people and vehicles use, and the water on them."""

    graph: RoadGraph
    links: Links
    epochs: RoadEpochs
    node_x_m: np.ndarray  # float64 (nodes,), metric CRS
    node_y_m: np.ndarray
    node_lon: np.ndarray  # float64 (nodes,), WGS84
    node_lat: np.ndarray
    edge_name: tuple[tuple[str, str], ...] = ()  # (edges,) name in Chinese and in English, "" where it has none


@dataclass(frozen=True)
class Blocks:
    """Population blocks; arrays of shape (blocks,)."""

    ids: tuple[str, ...]
    area: np.ndarray  # text, code of the warning area; "" where none
    node: np.ndarray  # int32
    access_s: np.ndarray  # float64, on foot from home to the road
    people: np.ndarray  # int64, persons present
    warned_s: np.ndarray  # float64, first warning of its area; inf where there is none
    worst_s: np.ndarray | None = None  # float64, when the water is worst at its homes; inf: never dangerous


@dataclass(frozen=True)
class Sites:
    """Shelter sites; arrays of shape (sites,)."""

    ids: tuple[str, ...]
    node: np.ndarray  # int32
    access_s: np.ndarray  # float64, on foot from the road to the door
    capacity: np.ndarray  # int64, persons let in while it is open
    closed_at_s: np.ndarray  # float64, when water closes it; inf: never
    opens_at_s: np.ndarray  # float64, when it opens of itself; inf: only when ordered
    price_ms: np.ndarray  # int64, the plan's price of a place (person-ms), 0 where it has none
    dark: np.ndarray  # bool, a hall that closes when the power fails: no supply of its own
    dark_spans: tuple[tuple[int, float, float], ...] = ()  # site, from and until when (s): power cuts of the scenario


@dataclass(frozen=True)
class PlanRows:
    """Who goes where by the plan; arrays of shape (rows,). People without a place have site -1."""

    block: np.ndarray  # int32
    site: np.ndarray  # int32
    persons: np.ndarray  # int64


@dataclass(frozen=True)
class DrillSetup:
    """A drill, ready to run: roads as they flood, people, shelters, the plan, orders and injects.

    Times in s since the start of the run. `command` holds the terms of crews and vehicles (sim.command_rules).
    """

    roads: RoadNet
    blocks: Blocks
    sites: Sites
    plan: PlanRows
    places: Places  # what orders and injects can name
    people: PeopleShares
    behaviour: Behaviour
    rumour: DelayCurve  # how a rumour spreads among those who will believe it
    movement: MovementTerms
    doors: DoorTerms
    harm: HarmLimits | None = None  # None: the water catches nobody
    platoon: int | None = None  # people of one unit; None: by their number
    car_persons: int = 3
    teams: pd.DataFrame | None = None  # City.teams
    command: CommandTerms = field(default_factory=CommandTerms)
    orders: tuple[GivenOrder, ...] = ()
    injects: tuple[Inject, ...] = ()
    until_s: float = 0.0
    seed: int = 1
    exchange_s: float = 60.0  # longest time between two exchanges of movement and command
    record_s: float = 60.0
    identity: dict[str, str] = field(default_factory=dict)  # version, scenario hash, rules hash: for the log's header

    @property
    def demand(self) -> np.ndarray:
        """People of each block whom an order to leave moves, int64 (blocks,)."""
        return np.bincount(self.plan.block, self.plan.persons, minlength=len(self.blocks.ids)).astype(np.int64)

    def with_inputs(self, orders: Sequence[GivenOrder], injects: Sequence[Inject]) -> DrillSetup:
        """The same drill with these orders and injects, and shelters shut that the script is the first to open.

        What is given live opens nothing that was not there already: those shelters are open from the start.
        """
        opens_s = np.zeros(len(self.sites.ids))
        opens_s[list(_opened_by(orders, self.places))] = np.inf
        return replace(
            self, orders=tuple(orders), injects=tuple(injects), sites=replace(self.sites, opens_at_s=opens_s)
        )


def _opened_by(orders: Sequence[GivenOrder], places: Places) -> set[int]:
    """Sites whose first order in a script is to open them."""
    named, opened = set[int](), set[int]()
    for order in sorted((given.order for given in orders if given.source == "script"), key=lambda one: one.at_min):
        if order.kind in ("open_shelter", "close_shelter"):
            sites = {places.shelters[name] for name in order.targets}
            opened |= (sites - named) if order.kind == "open_shelter" else set()
            named |= sites
    return opened
