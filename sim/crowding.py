"""What crowds make of a plan: everybody walks it at once, over footways that let only so many people pass a second.

A plan is the best on free walking times, and sends many people over the same ways to large sites; how it does is
judged here. People of a row leave home by the departure curve in platoons, keep to the way of their row, and queue
before edges that are full (`crowd_loading`). Everybody of the plan walks, each to the door of the site given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.paths import TICKS_PER_S
from sim.crowd_loading import load_ways
from sim.departure import DelayCurve
from sim.ways import Ways

_US_PER_S = 1_000_000
_COMPARED_S = 60.0  # times of plans are compared in steps of this
_GOLDEN = 0.6180339887498949  # multiples of it spread evenly over [0, 1) (Weyl 1916), without a random draw


@dataclass(frozen=True)
class Platoons:
    """People of one row who leave together."""

    row: np.ndarray  # int64, shape (platoons,)
    leave_s: np.ndarray  # float64, shape (platoons,)
    persons: np.ndarray  # int64, shape (platoons,), > 0


@dataclass(frozen=True)
class Crowding:
    """How a plan went. Trips run from leaving home to the door; `since order` counts from the row's own order."""

    persons: int  # who walked, all of whom arrived
    unserved: int  # whom the plan left without a place
    mean_s: float  # mean time since order; NaN (as the next three) when nobody walked
    t95_s: float  # the time since order within which 95 % of the people had arrived
    worst_s: float  # the longest time since order
    trip_mean_s: float  # mean trip
    walk_mean_s: float  # the same without queues
    wait_s: np.ndarray  # float64, shape (edges,): mean wait of those who passed an edge, 0 where nobody did
    passed: np.ndarray  # int64, shape (edges,): persons
    arrivals: np.ndarray  # int64, shape (records,): persons who arrived in each interval of record_s from time 0
    record_s: float
    moves: int  # edges passed, over all platoons

    @property
    def wait_mean_s(self) -> float:
        """Mean time in queues of one person over the whole trip."""
        return self.trip_mean_s - self.walk_mean_s

    @property
    def rank(self) -> tuple[int, int, int]:
        """What plans are compared by, least first: people without a place, then t95, then the mean.

        Both in whole minutes: less is no difference between plans, and with short queues it is all there is.
        """
        if not self.persons:
            return self.unserved, 0, 0
        return self.unserved, round(self.t95_s / _COMPARED_S), round(self.mean_s / _COMPARED_S)


def platoons(persons: np.ndarray, order_s: np.ndarray, curve: DelayCurve, size: int) -> Platoons:
    """Whole people of each row (int64) in m equal platoons of at most `size`, spread over the departure curve.

    Platoon j of row i leaves at the quantile (j + u_i) / m of the curve after the order of its row (order_s, s):
    systematic sampling, with u_i the fraction of (i + 1) x the golden section. No draw, so no seed.
    """
    persons, order_s = np.asarray(persons, np.int64), np.asarray(order_s, np.float64)
    if size < 1:
        raise ValueError(f"size(={size}) must be >= 1")
    if (persons < 0).any() or not np.isfinite(order_s[persons > 0]).all():
        raise ValueError("persons must be >= 0, each row with people told to leave at a finite time")
    parts = -(-persons // size)
    row = np.repeat(np.arange(len(persons)), parts)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
    share = np.modf((row + 1) * _GOLDEN)[0]
    leave = order_s[row] + curve.delay((nth + share) / parts[row])
    return Platoons(row, leave, persons[row] // parts[row] + (nth < persons[row] % parts[row]))


def load_plan(
    ways: Ways,
    leave: Platoons,
    order_s: np.ndarray,
    start_access_s: np.ndarray,
    end_access_s: np.ndarray,
    capacity_p_s: np.ndarray,
    unserved: int = 0,
    record_s: float = 60.0,
) -> Crowding:
    """Let all platoons walk their row's way; access from home to the road and to the door knows no queue.

    `order_s`, `start_access_s`, `end_access_s`: per row (s, finite where it has people). `capacity_p_s`: persons per
    second that each edge lets pass, shape (edges,), > 0, infinite for an edge without queues.
    """
    capacity = np.asarray(capacity_p_s, np.float64)
    if not (capacity > 0.0).all():
        raise ValueError("capacity_p_s must be > 0; an edge that is closed is on no way")
    row, people = leave.row, leave.persons
    begin = leave.leave_s + np.asarray(start_access_s, np.float64)[row]
    if not (np.isfinite(begin).all() and (begin >= 0.0).all()):
        raise ValueError("people leave at a finite time >= 0, and reach the road")
    leave_us = np.rint(begin * _US_PER_S).astype(np.int64)
    arrive_us, gap_us = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
    wait_us, passed = np.zeros(len(capacity), np.int64), np.zeros(len(capacity), np.int64)
    moves = load_ways(
        ways.first, ways.last, ways.edge, ways.walk_ms * (_US_PER_S // TICKS_PER_S), row, leave_us, people,
        np.rint(_US_PER_S / capacity).astype(np.int64), arrive_us, gap_us, wait_us, passed,
    )  # fmt: skip
    door_s = np.asarray(end_access_s, np.float64)[row]
    access_s = np.asarray(start_access_s, np.float64)[row] + door_s
    nth = np.arange(int(people.sum())) - np.repeat(np.cumsum(people) - people, people)
    at_door = np.repeat(arrive_us / _US_PER_S + door_s, people) + nth * np.repeat(gap_us / _US_PER_S, people)
    since = at_door - np.repeat(np.asarray(order_s, np.float64)[row], people)
    total = len(since)
    last95 = max(-(-95 * total // 100) - 1, 0)
    nobody = float("nan")
    return Crowding(
        persons=total,
        unserved=unserved,
        mean_s=float(since.mean()) if total else nobody,
        t95_s=float(np.partition(since, last95)[last95]) if total else nobody,
        worst_s=float(since.max()) if total else nobody,
        trip_mean_s=float(at_door.mean() - np.average(leave.leave_s, weights=people)) if total else nobody,
        walk_mean_s=float(np.average(ways.walk_s[row] + access_s, weights=people)) if total else nobody,
        wait_s=wait_us / _US_PER_S / np.maximum(passed, 1),
        passed=passed,
        arrivals=np.bincount((at_door / record_s).astype(np.int64)),
        record_s=record_s,
        moves=moves,
    )
