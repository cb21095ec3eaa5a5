"""Check-in desks: first come, first served, each at the desk that is free first (numba)."""

from __future__ import annotations

import numpy as np

from data.compiling import njit


@njit(nogil=True, cache=True)
def seize_desk(free_at: np.ndarray, first: int, last: int, now: float, service: float) -> float:
    """Take the desk of free_at[first:last] that is free first, from `now` on, and return when the service ends.

    Of several that are free equally early the first is taken. Any unit of time; the array keeps its own.
    """
    desk = first
    for d in range(first + 1, last):
        if free_at[d] < free_at[desk]:
            desk = d
    done = max(now, free_at[desk]) + service
    free_at[desk] = done
    return done


@njit(nogil=True, cache=True)
def queue_times(arrival: np.ndarray, service: np.ndarray, desks: int) -> np.ndarray:
    """How long each of those who arrive (in rising time) waits before its service begins, at `desks` desks.

    `arrival` and `service` in the same unit, one value each; the answer in that unit. Multi-server queue of one line
    (Kendall's G/G/c); holds for any distribution of either.
    """
    if desks < 1:
        raise ValueError("desks must be 1 or more")
    free_at = np.full(desks, -np.inf)
    waited = np.empty(arrival.size)
    for i in range(arrival.size):
        waited[i] = seize_desk(free_at, 0, desks, arrival[i], service[i]) - service[i] - arrival[i]
    return waited
