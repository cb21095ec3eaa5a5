"""The evacuation run: orders, departures, walking on roads that flood, shelters filling up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.evacuation.doors import admit, find_other_sites
from sim.evacuation.outcome import COUNTS, EvacuationOutcome, arrival_times, stuck_people, trip_times
from sim.evacuation.search import Doors, Heap, Nearest, Roads, Tree, nearest_sites
from sim.evacuation.start import count_people, get_ready
from sim.evacuation.task import EvacuationInput
from sim.evacuation.units import (
    ENTERING,
    HOME,
    MOVING,
    SHELTERED,
    STRANDED,
    TURNED_AWAY,
    Units,
    with_room,
)
from sim.evacuation.walking import turn_back, walk


def evacuate(task: EvacuationInput) -> EvacuationOutcome:
    """People told to leave go to their shelters on foot; the same task and seed give the same outcome.

    Within a step (at most `exchange_s`, never across a flood epoch) each unit walks until it has nothing to do before
    the step ends; then those at a door are let in by time of arrival, and those without a site or a way are sent on
    by time of asking; this repeats until the step is over for all. A place is reserved from the moment a unit is
    sent to it, so nobody is sent to a site that fills up meanwhile; only a plan that assigns more people than a
    site holds, or a site that closes, turns people away.
    """
    run = _Run(task)
    for start_s, end_s, epoch, new in _steps(task):
        run.step(start_s, end_s, epoch, new)
        if run.finished:
            break
    return run.outcome()


def _steps(task: EvacuationInput) -> list[tuple[float, float, int, bool]]:
    """(start, end, flood epoch, whether the epoch begins here) of each step; the last one includes `until_s`."""
    ordered = np.asarray(task.order_time_s, float)
    first = float(min(ordered.min(initial=np.inf), task.until_s))
    marks = np.arange(first, task.until_s, task.rules.exchange_s)
    epochs = np.asarray(task.epoch_s, float)
    inside = epochs[(epochs > first) & (epochs < task.until_s)]
    starts = np.unique(np.concatenate(([first], marks, inside)))
    ends = np.append(starts[1:], np.nextafter(task.until_s, np.inf))
    epoch = np.maximum(np.searchsorted(epochs, starts, side="right") - 1, 0)
    new = np.diff(epoch, prepend=-1) > 0
    return list(zip(starts.tolist(), ends.tolist(), epoch.tolist(), new.tolist(), strict=True))


class _Run:
    """State of one run: the units, the books, and the buffers of the kernels."""

    def __init__(self, task: EvacuationInput) -> None:
        self.task = task
        sites, nodes = len(task.site_node), task.graph.nodes
        self.block_node = np.asarray(task.block_node, np.int32)
        self.block_access_s = np.asarray(task.block_access_s, np.float64)
        self.capacity = np.asarray(task.site_capacity, np.int64)
        self.doors = Doors(
            np.asarray(task.site_node, np.int32),
            np.asarray(task.site_access_s, np.float64),
            np.asarray(task.site_closed_at_s, np.float64),
        )
        self.roads = Roads.of(task.graph)
        self.tree, self.heap = Tree.of(nodes), Heap.of(task.graph.edges, nodes, sites)
        self.field = Nearest.of(nodes, sites)
        self.stamp, self.epochs, self.balance_error = 0, 0, 0
        self.edge_time = np.empty(task.graph.edges)
        self.time_s = np.append(np.arange(0.0, task.until_s, task.rules.record_s), task.until_s)
        self.start = get_ready(task, self.time_s.size)
        self.units, self.books = self.start.units, self.start.books
        self.count = self.units.block.size

    @property
    def finished(self) -> bool:
        """Nobody is at home, on the way or stranded any more."""
        state = self.units.state[: self.count]
        return bool(np.all((state == SHELTERED) | (state == TURNED_AWAY)))

    def step(self, start_s: float, end_s: float, epoch: int, new_epoch: bool) -> None:
        """Everything that happens from `start_s` up to, not including, `end_s`."""
        if new_epoch:
            self.epochs += 1
            self.edge_time = self.task.edge_walk_time_s[epoch].astype(np.float64)
            turn_back(self.count, self.units, self.task.graph.tail, self.edge_time, start_s, self.task.rules.finish_s)
        self.books.reserved[:] -= self.books.given_up
        self.books.given_up[:] = 0
        state, ready_s = self.units.state[: self.count], self.units.ready_s[: self.count]
        ready_s[state == STRANDED] = start_s
        active = np.flatnonzero((state != SHELTERED) & (state != TURNED_AWAY) & (ready_s < end_s))
        field_known = False
        while active.size:
            lost = self._walk_and_enter(active, end_s)
            if not lost.size:
                break
            if not field_known:
                self._look_for_places(start_s)
                field_known = True
            active = self._send_on(lost, start_s, end_s)
        self._check()

    def _walk_and_enter(self, active: np.ndarray, end_s: float) -> np.ndarray:
        sites = self.capacity.size
        self.units = with_room(self.units, self.count, sites)
        site = self.units.site[active]
        key = site.astype(np.int16) if sites < np.iinfo(np.int16).max else site  # short keys sort by radix
        active = active[np.argsort(key, kind="stable")]
        at_door, lost = np.empty(active.size, np.int64), np.empty(active.size + sites, np.int64)
        self.stamp, arrived, without = walk(
            active, end_s, self.stamp, self.units, self.block_node, self.block_access_s, self.roads, self.doors,
            self.edge_time, self.books, self.tree, self.heap, at_door, lost,
        )  # fmt: skip
        at_door = at_door[:arrived]
        at_door = at_door[np.lexsort((at_door, self.units.ready_s[at_door], self.units.site[at_door]))]
        self.count, without = admit(
            at_door, end_s, self.count, self.units, self.capacity, self.doors, self.books, lost, without
        )
        return lost[:without]

    def _look_for_places(self, start_s: float) -> None:
        is_open = self.doors.closed_at_s > start_s
        self.field.offered[:] = is_open
        nearest_sites(self.roads, self.edge_time, self.doors, self.field, self.heap)
        self.open_in_reach = self.field.owner >= 0
        self.field.offered[:] = is_open & (self.capacity > self.books.reserved)
        nearest_sites(self.roads, self.edge_time, self.doors, self.field, self.heap)

    def _send_on(self, lost: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
        sites = self.capacity.size
        self.units = with_room(self.units, self.count, sites)
        lost = lost[np.lexsort((lost, self.units.ready_s[lost]))]
        closed = self.doors.closed_at_s
        closing = np.flatnonzero((closed > start_s) & (closed < end_s))
        again = np.empty(lost.size + sites, np.int64)
        self.count, onward = find_other_sites(
            lost, end_s, self.count, self.units, self.capacity, self.doors, closing[np.argsort(closed[closing])],
            self.open_in_reach, self.roads, self.edge_time, self.books, self.field, self.heap, again,
        )  # fmt: skip
        return again[:onward]

    def _check(self) -> None:
        """Compare the books with a count of the units themselves; keep the largest difference."""
        state, persons = self.units.state[: self.count], self.units.persons[: self.count]
        counted = count_people(state, persons, TURNED_AWAY + 1)
        books = self.books
        differences = (
            books.home.sum() - counted[HOME],
            books.moving.sum() - counted[MOVING] - counted[ENTERING],
            books.sheltered.sum() - counted[SHELTERED],
            books.stranded.sum() - counted[STRANDED],
            books.turned_away.sum() - counted[TURNED_AWAY],
            books.arrivals.sum() - counted[SHELTERED],
            counted.sum() - self.start.complying,
        )
        self.balance_error = max(self.balance_error, *(abs(int(d)) for d in differences))

    def outcome(self) -> EvacuationOutcome:
        """The books closed and summed."""
        units = Units(*(array[: self.count] for array in self.units))
        books = self.books
        changes = {"home": books.home, "moving": books.moving, "sheltered": books.sheltered,
                   "stranded": books.stranded, "turned_away": books.turned_away}  # fmt: skip
        people = {name: np.cumsum(change) for name, change in changes.items()} | {"refused": self.start.refused}
        timeline = pd.DataFrame({"time_s": self.time_s, "ordered": self.start.ordered} | {k: people[k] for k in COUNTS})
        error = int(np.abs(timeline[list(COUNTS)].sum(axis=1) - timeline["ordered"]).max())
        t50, t90, t95 = arrival_times(units, self.start.complying, self.start.first_order_s, (0.5, 0.9, 0.95))
        mean, p95, worst = trip_times(units)
        inside = units.state == SHELTERED
        before = inside & (units.sheltered_s < self.doors.closed_at_s[units.site])
        closes = np.where(self.doors.closed_at_s <= self.task.until_s, 1, 0)
        home = units.state == HOME
        return EvacuationOutcome(
            timeline=timeline,
            arrivals=books.arrivals,
            turned_at_door=books.turned_at_door,
            inside_when_closed=count_people(units.site[before], units.persons[before], self.capacity.size) * closes,
            stuck=stuck_people(units),
            refused_by_block=self.start.refused_by_block,
            home_by_block=count_people(units.block[home], units.persons[home], self.block_node.size),
            first_order_s=self.start.first_order_s,
            t50_s=t50,
            t90_s=t90,
            t95_s=t95,
            trip_mean_s=mean,
            trip_p95_s=p95,
            trip_worst_s=worst,
            unit_count=self.count,
            edge_epochs=self.epochs,
            balance_error=max(self.balance_error, error),
        )
