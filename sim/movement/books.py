"""The books of a movement run: whole people per recorded interval and state (numba)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.movement.compiled import PART
from sim.movement.units import STATES, Units

_BLOCK = 8192  # units whose states and persons lie in the nearest cache


class Books(NamedTuple):
    """Changes of the people counts: entry k holds what happened after record k - 1 and up to record k."""

    change: np.ndarray  # int64 (records, STATES)
    arrivals: np.ndarray  # int64 (records, sites), persons let in
    record_ms: np.ndarray  # int64 (1,), time between records


def empty_books(records: int, sites: int, record_ms: int) -> Books:
    """Books of a run in which nothing has happened yet."""
    return Books(
        np.zeros((records, len(STATES)), np.int64), np.zeros((records, sites), np.int64), np.array([record_ms])
    )


@njit(**PART)
def record_of(ms: int, books: Books) -> int:
    """The first record at or after `ms`."""
    return min((ms + books.record_ms[0] - 1) // books.record_ms[0], books.change.shape[0] - 1)


@njit(**PART)
def move_to(u: int, state: int, ms: int, units: Units, books: Books) -> None:
    """Unit u is in another state from `ms` on."""
    k = record_of(ms, books)
    books.change[k, units.state[u]] -= units.persons[u]
    books.change[k, state] += units.persons[u]
    units.state[u] = state


@njit(nogil=True, cache=True)
def count_people(count: int, units: Units) -> np.ndarray:
    """Persons in each state, counted unit by unit; int64 (STATES,)."""
    people = np.zeros(9, np.int64)
    for first in range(0, count, _BLOCK):
        last = min(first + _BLOCK, count)
        for state in range(9):  # without a branch, so that many units are compared at once
            some = np.int32(0)
            for u in range(first, last):
                some += np.int32(units.persons[u]) * np.int32(units.state[u] == state)
            people[state] += some
    return people
