"""What goes wrong while people move: one process per inject, from its beginning to its end."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from data.units import minutes_to_s
from sim.behaviour.rumours import rumour_units
from sim.command.moments import INJECT, INJECT_END, Moment
from sim.command.script import Inject
from sim.movement.units import NO_SITE

if TYPE_CHECKING:
    from sim.command.incident import Incident


class Mishaps:
    """The injects of a run, and the people whom rumours set in motion."""

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        self.rumoured: list[tuple[np.ndarray, np.ndarray]] = []  # of each rumour: when its units leave, their persons
        self._gone = np.zeros(len(incident.setup.blocks.ids), np.int64)  # people of each block whom rumours have moved

    def begin(self, inject: Inject) -> None:
        """Let an inject come at its time, and end at its end."""
        env = self._incident.env
        Moment(env, float(minutes_to_s(inject.at_min)), INJECT, partial(self._strike, inject))
        if inject.until_min is not None:
            Moment(env, float(minutes_to_s(inject.until_min)), INJECT_END, partial(self._end, inject))

    def _strike(self, inject: Inject) -> None:
        self._incident.sync()
        self._incident.tell("inject", **_words(inject), **self._act(inject, True))

    def _end(self, inject: Inject) -> None:
        self._incident.sync()
        self._act(inject, False)
        self._incident.tell("inject_end", **_words(inject))

    def _act(self, inject: Inject, begins: bool) -> dict[str, Any]:
        """Begin or end it; returns what the log says besides."""
        incident, places = self._incident, self._incident.setup.places
        if inject.kind == "shelter_power":
            struck = [name for name in inject.targets if incident.shelters.darken(places.shelters[name], begins)]
            return {"closed": struck}
        if inject.kind == "power_cut":
            return self._power_cut(inject, begins)
        if inject.kind == "road_blocked":
            for name in inject.targets:
                incident.barriers.block(places.roads[name], begins)
            incident.roads_changed()
            return {}
        if inject.kind == "team_lost":
            for name in inject.targets:
                incident.fleet.lose(places.teams[name], begins)
            return {}
        if not begins:  # channels come back and rumours are put right of themselves: their end was known
            return {}
        until_s, blocks = _end_s(inject), self._blocks(inject)
        if inject.kind == "channel_down":
            where = blocks if inject.targets else None
            incident.people.channel_down(inject.channel, where, incident.env.now, until_s)
            incident.given.heard_anew()
            return {"channel": inject.channel}
        return {"persons": self._rumour(inject, blocks, until_s)}

    def _power_cut(self, inject: Inject, begins: bool) -> dict[str, Any]:
        """Halls without a supply of their own are dark; channels that need the mains are down until their end."""
        incident, places = self._incident, self._incident.setup.places
        sites = {int(site) for code in inject.targets for site in places.sites.get(code, ())}
        closed = [incident.setup.sites.ids[site] for site in sorted(sites) if incident.shelters.darken(site, begins)]
        channels = [channel.name for channel in incident.setup.behaviour.channels if channel.needs_power]
        if begins:
            for name in channels:
                incident.people.channel_down(name, self._blocks(inject), incident.env.now, _end_s(inject))
            incident.given.heard_anew()
        return {"closed": closed, "channels": channels}

    def _blocks(self, inject: Inject) -> np.ndarray:
        areas = self._incident.setup.places.areas
        return np.unique(np.concatenate([np.empty(0, np.int64), *(areas[code] for code in inject.targets)]))

    def _rumour(self, inject: Inject, blocks: np.ndarray, until_s: float) -> int:
        """People who need not leave set out; returns how many."""
        incident, setup = self._incident, self._incident.setup
        now_s = incident.env.now
        spare = np.maximum(setup.blocks.people - setup.demand - self._gone, 0)[blocks]
        believers, leaves_s = rumour_units(
            inject.id, now_s, blocks, spare, inject.share, setup.people, setup.rumour, setup.behaviour.preparation,
            seed=setup.seed, until_s=until_s, site=setup.places.shelters[inject.to] if inject.to else NO_SITE,
            platoon=incident.platoon, car_persons=setup.car_persons,
        )  # fmt: skip
        leaves_s = np.rint(leaves_s * 1000.0) / 1000.0  # movement counts in whole milliseconds
        going = np.flatnonzero(leaves_s <= setup.until_s)
        if not believers.count:
            return 0
        persons = believers.units.persons[: believers.count].astype(np.int64)
        np.add.at(self._gone, believers.units.block[: believers.count], persons)
        ids = incident.movement.add(believers.units, believers.count)
        incident.movement.leave(ids[going], leaves_s[going])
        self.rumoured.append((np.where(leaves_s <= setup.until_s, leaves_s, np.inf), persons))
        return int(persons.sum())


def _end_s(inject: Inject) -> float:
    return np.inf if inject.until_min is None else float(minutes_to_s(inject.until_min))


def _words(inject: Inject) -> dict[str, Any]:
    return {"id": inject.id, "inject": inject.kind, "targets": list(inject.targets)}
