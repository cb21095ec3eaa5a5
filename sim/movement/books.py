"""The books of a movement run: whole people per recorded interval and state (numba)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.compiling import njit
from sim.movement.compiled import PART
from sim.movement.units import STATES, Units


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
    people = np.zeros((4, 9), np.int64)  # four sums side by side, so that one need not wait for the other
    whole = count - count % 4
    for u in range(0, whole, 4):
        people[0, units.state[u]] += units.persons[u]
        people[1, units.state[u + 1]] += units.persons[u + 1]
        people[2, units.state[u + 2]] += units.persons[u + 2]
        people[3, units.state[u + 3]] += units.persons[u + 3]
    for u in range(whole, count):
        people[0, units.state[u]] += units.persons[u]
    return people[0] + people[1] + people[2] + people[3]
