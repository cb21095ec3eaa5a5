"""Small networks, people and waters for the tests of the movement engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from shelters.graph import RoadGraph
from sim.movement.build_links import assemble_links
from sim.movement.doors import DoorTerms, build_doors, count_reserved
from sim.movement.engine import Movement
from sim.movement.links import CLOSED, Links, RoadWater, dry_water
from sim.movement.outcome import MovementOutcome
from sim.movement.routes import RouteTables
from sim.movement.terms import MovementTerms
from sim.movement.units import CAR, WALK, Units, no_units

HUGE = 10**6


def one_way(roads: list[tuple[int, int]], nodes: int | None = None) -> RoadGraph:
    """Directed edges of 100 m."""
    tail, head = np.array(roads).T
    return RoadGraph.build(tail, head, np.full(len(roads), 100.0), nodes)


def links_of(graph: RoadGraph, **given: Any) -> Links:
    """Links with roomy roads of 10 s; name a value of `assemble_links` (one per edge or for all) to change it."""
    edges = graph.edges
    values: dict[str, Any] = {
        "walk_s": 10.0, "walk_flow_per_s": 1000.0, "walk_room": HUGE, "area_m2": 1e9,
        "car_s": 10.0, "car_flow_per_s": 1000.0, "car_room": HUGE,
    } | given  # fmt: skip
    phase = values.pop("phase", None)
    whole = {name: np.broadcast_to(np.asarray(value, np.float64), (edges,)).copy() for name, value in values.items()}
    return assemble_links(graph, **whole, phase=phase)


def people(block: list[int], site: list[int], *, mode: Any = WALK, persons: Any = 1, group: Any = 0) -> Units:
    """One unit per entry; cars take the room of one vehicle, walkers that of their number."""
    n = len(block)
    units = no_units(n)
    units.block[:], units.site[:], units.mode[:], units.group[:] = block, site, mode, group
    units.persons[:] = persons
    units.size[:] = np.where(units.mode == CAR, 1, units.persons)
    return units


class Case:
    """A run on `links` of `units` from `block_node` to the sites at `site_node`."""

    def __init__(
        self,
        links: Links,
        units: Units,
        block_node: list[int],
        site_node: list[int],
        until_s: float = 3600.0,
        *,
        terms: MovementTerms | None = None,
        capacity: Any = HUGE,
        block_access_s: Any = 0.0,
        site_access_s: Any = 0.0,
        service_s: float = 0.0,
        places_per_desk: float = 1e9,
        hours: dict[str, Any] | None = None,
        **given: Any,
    ) -> None:
        sites, self.edges = len(site_node), len(links.area_m2)
        each = np.full(sites, 1.0)
        self.doors = build_doors(
            np.array(site_node), each * site_access_s, (each * capacity).astype(np.int64),
            DoorTerms(places_per_desk, service_s, 0.0), **(hours or {}),
        )  # fmt: skip
        count = units.room
        count_reserved(units, count, self.doors)
        access_ms = np.broadcast_to(np.asarray(block_access_s) * 1000, (len(block_node),)).astype(np.int32)
        self.run = Movement(
            links, self.doors, RouteTables(links, np.array(site_node)), units, count, terms or MovementTerms(), until_s,
            block_node=np.array(block_node, np.int32), block_access_ms=access_ms,
            **{"record_s": 60.0, "first_order_s": 0.0, **given},
        )  # fmt: skip
        self.ids = np.arange(count)

    def leave(self, at_s: Any = 0.0) -> Case:
        self.run.leave(self.ids, at_s)
        return self

    def finish(self) -> MovementOutcome:
        """To the end; everybody counts as told to leave at 0."""
        self.run.advance(1e9)
        records = len(self.run._scene.books.change)
        told = np.full(records, self.run.count_by_state().sum())
        outcome = self.run.outcome(told, np.zeros(records, np.int64))
        assert outcome.balance_error == 0
        assert (outcome.timeline.iloc[:, 3:].sum(axis=1) == told).all()
        return outcome

    def column(self, name: str) -> np.ndarray:
        return np.array(getattr(self.run.units, name)[: self.run.count])

    @property
    def arrived_s(self) -> np.ndarray:
        return self.column("arrived_ms") / 1000.0


def water(edges: int, *, closed: Any = (), by_car_only: bool = False) -> RoadWater:
    """Dry roads of which some are closed."""
    dry = dry_water(edges)
    closed = np.asarray(closed, np.int64)
    if not by_car_only:
        dry.open[closed] = CLOSED
        dry.walk_slow[:, closed] = 0.0
    dry.open[edges + closed] = CLOSED
    dry.car_slow[closed] = 0.0
    return dry
