"""Roads whose walking times change while people walk: when one arrives at the end of an edge, at the earliest.

Times are piecewise constant: in step k, from `step_s[k]` until the next one, edge e takes `walk_time_s[k, e]`. Whoever
enters at t in step k keeps that time, and the edge must stay open in every step until it is left: it may be left at
the very moment it closes. Walkers may wait at nodes. With tau(t) the time of an edge entered at t,

    earliest arrival  A(t) = min { t' + tau(t') : t' >= t }          latest entry  E(d) = max { t : t + tau(t) <= d }

are both monotone (who may wait loses nothing by being early), so a label-setting search is exact in both directions
(Kaufman and Smith 1993, IVHS Journal 1(1); Dean 2004, "Shortest paths in FIFO time-dependent networks"). A search that
holds E in both directions has no other assumption than that: E(d) >= t exactly where A(t) <= d.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from data.compiling import njit
from shelters.graph import RoadGraph
from shelters.paths import FAR, TICKS_PER_S, to_ticks

NEVER = 2**62  # ms: an arrival that does not happen, a closing that never comes
ALWAYS = -(2**62)  # ms: before any moment
BEGIN, END, TICKS, OPENED, CLOSES = range(5)  # columns of a spell


@dataclass(frozen=True)
class TimedRoads:
    """A road graph and the walking time of its edges step by step.

    The first step also holds for any time before it, the last one for ever after.
    """

    graph: RoadGraph
    step_s: np.ndarray  # float64 (steps,), rising: when each step begins
    walk_time_s: np.ndarray  # float64 (steps, edges), infinite where the edge is closed

    def __post_init__(self) -> None:
        step, time = np.asarray(self.step_s, np.float64), np.asarray(self.walk_time_s)
        if step.ndim != 1 or len(step) == 0 or time.shape != (len(step), self.graph.edges):
            raise ValueError(
                f"step_s {step.shape} and walk_time_s {time.shape}: expected (steps,) and (steps, {self.graph.edges})"
            )
        if not np.isfinite(step).all() or (np.diff(step_ms(step)) <= 0).any():
            raise ValueError("step_s must rise by a millisecond or more from step to step")

    @property
    def edges(self) -> int:
        return self.graph.edges

    @cached_property
    def spells(self) -> tuple[np.ndarray, np.ndarray]:
        """Spells of one walking time as compressed rows: edge e has spells[first[e]:first[e + 1]], in time.

        Columns (int64, ms): BEGIN and END of the spell, TICKS to walk the edge, and OPENED and CLOSES of the open
        time it is part of. A closed edge has none. Returns (first, spells), shapes (edges + 1,) and (spells, 5).
        """
        ticks = np.stack([to_ticks(row) for row in np.asarray(self.walk_time_s)])
        begin = step_ms(self.step_s)
        begin[0] = ALWAYS
        count = np.zeros(self.edges + 1, np.int64)
        _count_spells(ticks, count)
        first = np.cumsum(count)
        spells = np.empty((int(first[-1]), 5), np.int64)
        _fill_spells(ticks, begin, first, spells)
        return first, spells

    @cached_property
    def last_closing_ms(self) -> int:
        """The last moment at which any edge closes; ALWAYS where none does."""
        closes = self.spells[1][:, CLOSES]
        closes = closes[closes < NEVER]
        return int(closes.max()) if len(closes) else ALWAYS


def step_ms(time_s: np.ndarray) -> np.ndarray:
    """Moments in s to whole ms, int64; infinite ones become NEVER or ALWAYS."""
    time = np.asarray(time_s, np.float64)
    if np.isnan(time).any():
        raise ValueError("moments must be numbers; one that does not come is infinite")
    whole = np.rint(np.clip(time, -1e12, 1e12) * TICKS_PER_S).astype(np.int64)
    return np.where(np.isposinf(time), NEVER, np.where(np.isneginf(time), ALWAYS, whole))


@njit(nogil=True, cache=True)
def arrival(time, since, edge, first, spells):  # type: ignore[no-untyped-def]
    """A(time) of an edge, NEVER where it cannot be passed any more.

    Only what was open by `since` counts, and once closed no longer: an edge that opens after `since` stays closed.
    With `since` = NEVER walkers also wait for roads to open again.
    """
    best = NEVER
    for p in range(first[edge], first[edge + 1]):
        if spells[p, OPENED] > since:
            break
        if spells[p, END] <= time:
            continue
        enter = max(time, spells[p, BEGIN])
        if enter >= best:
            break
        leave = enter + spells[p, TICKS]
        if leave < best and leave <= spells[p, CLOSES]:
            best = leave
    return best


@njit(nogil=True, cache=True)
def latest_entry(due, since, edge, first, spells):  # type: ignore[no-untyped-def]
    """E(due) of an edge, ALWAYS where it cannot be left in time, NEVER where it may be entered at any late moment."""
    for p in range(first[edge + 1] - 1, first[edge] - 1, -1):
        if spells[p, OPENED] > since:
            continue
        leave = min(due, spells[p, CLOSES])
        if leave == NEVER:
            return NEVER
        enter = min(leave - spells[p, TICKS], spells[p, END] - 1)
        if enter >= spells[p, BEGIN]:
            return enter
    return ALWAYS


@njit(cache=True)
def _count_spells(ticks, count):  # type: ignore[no-untyped-def]
    for k in range(ticks.shape[0]):
        for e in range(ticks.shape[1]):
            if ticks[k, e] < FAR and (k == 0 or ticks[k, e] != ticks[k - 1, e]):
                count[e + 1] += 1


@njit(cache=True)
def _fill_spells(ticks, begin, first, spells):  # type: ignore[no-untyped-def]
    """Write the spells of every edge forward in time, then the closing of each open time backwards."""
    steps, edges = ticks.shape
    at = first[:edges].copy()
    for k in range(steps):
        end = begin[k + 1] if k + 1 < steps else NEVER
        for e in range(edges):
            if ticks[k, e] == FAR:
                continue
            p = at[e] - 1
            if k > 0 and ticks[k, e] == ticks[k - 1, e]:
                spells[p, END] = end
                continue
            spells[at[e], BEGIN] = begin[k]
            spells[at[e], END] = end
            spells[at[e], TICKS] = ticks[k, e]
            joined = k > 0 and ticks[k - 1, e] < FAR
            spells[at[e], OPENED] = spells[p, OPENED] if joined else begin[k]
            at[e] += 1
    for e in range(edges):
        for p in range(first[e + 1] - 1, first[e] - 1, -1):
            follows = p + 1 < first[e + 1] and spells[p + 1, OPENED] == spells[p, OPENED]
            spells[p, CLOSES] = spells[p + 1, CLOSES] if follows else spells[p, END]
