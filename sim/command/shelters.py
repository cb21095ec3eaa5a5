"""Doors of shelters as command sees them: opened and closed by order, shut by the dark or the water, full."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.movement.links import NEVER

if TYPE_CHECKING:
    from sim.command.incident import Incident


class Shelters:
    """Open and close doors, and write down who queues; arrays of shape (sites,).

    A door that water has closed opens no more; one that the dark has closed opens when the power is back, unless an
    order keeps it shut.
    """

    def __init__(self, incident: Incident) -> None:
        self._incident = incident
        sites = incident.setup.sites
        self._water_s = sites.closed_at_s.astype(float)  # when water closes it; inf: never
        self._opens_s = sites.opens_at_s.astype(float)  # when it opens; inf: not until it is ordered
        self._shut = np.zeros(len(sites.ids), bool)  # closed by order
        self._dark = np.zeros(len(sites.ids), np.int64)  # mishaps that keep it dark now
        self._was_open = np.zeros(len(sites.ids), bool)
        self._full = np.zeros(len(sites.ids), bool)
        self.time_s: list[float] = []
        self.queue: list[np.ndarray] = []
        self.opened: list[np.ndarray] = []

    def is_open(self, now_s: float) -> np.ndarray:
        """Whether each door lets people in, bool (sites,)."""
        return (self._opens_s <= now_s) & (now_s < self._water_s) & ~self._shut & (self._dark == 0)

    def open(self, site: int) -> float:
        """Order a door open; returns when it will be (s), inf where water or the dark keeps it shut."""
        now_s = self._incident.env.now
        if self.is_open(now_s)[site]:
            return now_s
        at_s = now_s + self._incident.setup.doors.opening_s
        if self._water_s[site] <= at_s or self._dark[site]:
            return np.inf
        self._shut[site] = False
        self._opens_s[site] = min(at_s, self._opens_s[site]) if self._opens_s[site] > now_s else at_s
        self._let_in(site, self._opens_s[site])
        return float(self._opens_s[site])

    def close(self, site: int) -> None:
        """Order a door shut now; who is inside stays."""
        self._shut[site] = True
        self._incident.movement.close_site(site, self._incident.env.now)

    def darken(self, site: int, begins: bool) -> bool:
        """The power fails at a site, or is back; False where it has a supply of its own, or needs none."""
        if not self._incident.setup.sites.dark[site]:
            return False
        now_s = self._incident.env.now
        self._dark[site] += 1 if begins else -1
        if begins:
            self._incident.movement.close_site(site, now_s)
        elif not self._dark[site] and not self._shut[site]:
            at_s = max(now_s, self._opens_s[site])
            if at_s < self._water_s[site]:
                self._let_in(site, at_s)
        return True

    def note(self, now_s: float) -> None:
        """Write down the doors at an exchange, and tell what has changed since the last."""
        incident, ids = self._incident, self._incident.setup.sites.ids
        now_open = self.is_open(now_s)
        for site in np.flatnonzero(now_open & ~self._was_open).tolist() if self.time_s else []:
            incident.tell("site_opened", site=ids[site])
        for site in np.flatnonzero(~now_open & self._was_open).tolist():
            incident.tell("site_closed", site=ids[site], why=self._why(site, now_s))
        capacity = incident.setup.sites.capacity
        full = (capacity > 0) & (incident.doors.admitted >= capacity)
        for site in np.flatnonzero(full & ~self._full & now_open).tolist():
            incident.tell("site_full", site=ids[site], persons=int(incident.doors.admitted[site]))
        self._was_open, self._full = now_open, full
        self.time_s.append(now_s)
        self.queue.append(incident.movement.queue_at().astype(np.int64))
        self.opened.append(now_open)

    def _let_in(self, site: int, at_s: float) -> None:
        """Open in the engine, and close again where water will come."""
        self._incident.movement.open_site(site, at_s)
        if np.isfinite(self._water_s[site]) and self._incident.doors.closes_ms[site] == NEVER:
            self._incident.movement.close_site(site, float(self._water_s[site]))

    def _why(self, site: int, now_s: float) -> str:
        if self._water_s[site] <= now_s:
            return "water"
        return "dark" if self._dark[site] else "order"
