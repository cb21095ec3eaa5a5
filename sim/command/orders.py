"""What each kind of order does when its moment comes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from sim.command.script import Order
from sim.command.setup import GivenOrder
from sim.movement.units import AT_DOOR, BUS, HOME, MOVING, WAITING

if TYPE_CHECKING:
    from sim.command.incident import Incident


def carry_out(incident: Incident, given: GivenOrder) -> None:
    """Give the order now. What takes time (crews, buses, a shelter that must be opened) ends later."""
    order = given.order
    incident.given.begin(given)
    step = {"source": given.source, "id": order.id, "order": order.kind, "targets": list(order.targets)}
    more = {key: value for key, value in (("to", order.to), ("count", order.count)) if value}
    incident.tell("order", **step, **more)
    _KINDS[order.kind](incident, order)


def _leave(incident: Incident, order: Order) -> None:
    ids = incident.people.leave(_blocks(incident, order), incident.env.now)
    incident.given.told(order, ids)
    incident.given.done(order, persons=int(incident.people.persons[ids].sum()))


def _stay(incident: Incident, order: Order) -> None:
    ids = incident.people.stay(_blocks(incident, order), incident.env.now)
    incident.given.heard_anew()
    incident.given.done(order, persons=int(incident.movement.units.persons[ids].sum()))


def _open_shelter(incident: Incident, order: Order) -> None:
    opens = dict(zip(order.targets, map(incident.shelters.open, _sites(incident, order)), strict=True))
    shut = [name for name, at_s in opens.items() if np.isinf(at_s)]  # by water or the dark
    if len(shut) == len(opens):
        incident.given.done(order, refused=shut)
    else:
        last_s = max(at_s for at_s in opens.values() if np.isfinite(at_s))
        incident.env.process(_finish_at(incident, order, last_s, {"kept_shut": shut} if shut else {}))


def _close_shelter(incident: Incident, order: Order) -> None:
    sites = _sites(incident, order)
    persons = _bound_for(incident, sites)
    for site in sites:
        incident.shelters.close(site)
    incident.given.done(order, persons=persons)


def _redirect(incident: Incident, order: Order) -> None:
    there = incident.setup.places.shelters[order.to]
    persons = sum(int(incident.movement.redirect(site, there)) for site in _sites(incident, order))
    incident.given.done(order, persons=persons)


def _bar(barred: bool) -> Callable[[Incident, Order], None]:
    def give(incident: Incident, order: Order) -> None:
        places = incident.setup.places
        known = places.roads if order.kind.endswith("road") else places.underpasses
        ends = []
        for name in order.targets:
            edges = known[name]
            incident.barriers.order(edges, barred)
            ends.append(incident.fleet.close(edges, barred, name=name, order=order.id))
        incident.env.process(_finish_with(incident, order, ends))

    return give


def _send_buses(incident: Incident, order: Order) -> None:
    site = incident.setup.places.shelters[order.to] if order.to else -1
    blocks = _blocks(incident, order)
    incident.given.meant_for(order, _bus_riders(incident, blocks))
    end = incident.fleet.send_buses(blocks, order.count, site, order=order.id)
    incident.env.process(_finish_with(incident, order, [end], counts=True))


def _pump(incident: Incident, order: Order) -> None:
    known = incident.setup.places.underpasses
    ends = [incident.fleet.pump(known[name], name, order=order.id) for name in order.targets]
    incident.env.process(_finish_with(incident, order, ends))


def _bulletin(incident: Incident, order: Order) -> None:
    units, count = incident.movement.units, incident.movement.count
    told = (units.state[:count] == MOVING) & (units.informed[:count] == 1)
    incident.movement.bulletin()
    incident.given.done(order, persons=int(units.persons[:count][told].sum()))


def _finish_at(
    incident: Incident, order: Order, at_s: float, values: dict[str, Any]
) -> Generator[simpy.Event, Any, None]:
    yield incident.env.timeout(at_s - incident.env.now)
    incident.sync()
    incident.given.done(order, **values)


def _finish_with(
    incident: Incident, order: Order, ends: list[simpy.Event], counts: bool = False
) -> Generator[simpy.Event, Any, None]:
    found = yield simpy.AllOf(incident.env, ends)
    incident.sync()
    incident.given.done(order, **({"persons": sum(int(found[end]) for end in ends)} if counts else {}))


def _blocks(incident: Incident, order: Order) -> np.ndarray:
    parts = [incident.setup.places.areas[code] for code in order.targets]
    return np.unique(np.concatenate(parts))


def _sites(incident: Incident, order: Order) -> list[int]:
    return [incident.setup.places.shelters[name] for name in order.targets]


def _bound_for(incident: Incident, sites: list[int]) -> int:
    """Persons on the way to these sites or at their doors."""
    units, count = incident.movement.units, incident.movement.count
    going = np.isin(units.state[:count], (MOVING, AT_DOOR)) & np.isin(units.site[:count], sites)
    return int(units.persons[:count][going].sum())


def _bus_riders(incident: Incident, blocks: np.ndarray) -> int:
    """Persons of these blocks who wait for a bus now, or will when they leave home."""
    units, count = incident.movement.units, incident.movement.count
    riders = (units.mode[:count] == BUS) & np.isin(units.state[:count], (HOME, WAITING))
    riders &= np.isin(units.block[:count], blocks)
    return int(units.persons[:count][riders].sum())


_KINDS: dict[str, Callable[[Incident, Order], None]] = {
    "leave": _leave,
    "stay": _stay,
    "open_shelter": _open_shelter,
    "close_shelter": _close_shelter,
    "redirect": _redirect,
    "close_road": _bar(True),
    "open_road": _bar(False),
    "close_underpass": _bar(True),
    "open_underpass": _bar(False),
    "send_buses": _send_buses,
    "pump": _pump,
    "bulletin": _bulletin,
}
