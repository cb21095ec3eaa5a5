"""Units that ask for a way or for another site, collected for the driver of the run and put back by it (numba)."""

from __future__ import annotations

import numpy as np

from data.compiling import njit
from sim.movement.books import move_to
from sim.movement.calendar import put_queue, put_unit
from sim.movement.choosing import next_link
from sim.movement.compiled import LOOP
from sim.movement.flow import (
    ASK_FIRST,
    ASK_LAST,
    ASK_QUEUES,
    NEWLY_TURNED,
    Scene,
)
from sim.movement.off_road import strand, tell
from sim.movement.queues import take_first
from sim.movement.units import MOVING, NO_REASON, NO_WAY, NOWHERE, STRANDED, TURNED_AWAY

GOES, CUT, TURNED = range(3)  # fates of those who asked: has a way; no way to any place; no place at all


@njit(**LOOP)
def collect(scene: Scene, ids: np.ndarray, queue: np.ndarray) -> int:
    """Empty the lists of those who ask into `ids` and the queue each is first in (NOWHERE: off the roads)."""
    flow, units = scene.flow, scene.units
    found = 0
    u = flow.tally[ASK_FIRST]
    while u >= 0:
        ids[found], queue[found] = u, NOWHERE
        found += 1
        u = units.behind[u]
    for i in range(flow.tally[ASK_QUEUES]):
        q = flow.ask[i]
        ids[found], queue[found] = flow.queue[q].first, q
        found += 1
    flow.tally[ASK_FIRST] = NOWHERE
    flow.tally[ASK_LAST] = NOWHERE
    flow.tally[ASK_QUEUES] = 0
    return found


@njit(**LOOP)
def count_asking(scene: Scene) -> int:
    """How many ask."""
    flow = scene.flow
    found = flow.tally[ASK_QUEUES]
    u = flow.tally[ASK_FIRST]
    while u >= 0:
        found += 1
        u = scene.units.behind[u]
    return found


@njit(**LOOP)
def look_ahead(ids: np.ndarray, scene: Scene, found: np.ndarray) -> None:
    """found[i] (int64) = what `next_link` says to unit ids[i] at its node."""
    for i in range(ids.size):
        found[i] = next_link(ids[i], scene.units.node[ids[i]], scene.flow, scene.roads, scene.units)


@njit(**LOOP)
def settle(ids: np.ndarray, queue: np.ndarray, size: np.ndarray, fate: np.ndarray, now_ms: int, scene: Scene) -> None:
    """Put back those who asked: `queue` and `size` are what they had then; parts of split units have no queue."""
    flow, units = scene.flow, scene.units
    for i in range(ids.size):
        u, q = ids[i], queue[i]
        if q < 0:
            units.link[u] = NOWHERE
            _settle_one(u, fate[i], max(units.ready_ms[u], 0), scene)
            if fate[i] == GOES:
                put_unit(u, flow, units)
            continue
        if q < scene.roads.links.tail.size:
            flow.queue[q].occupancy += units.size[u] - size[i]
        ms = flow.queue[q].wake_ms
        if fate[i] != GOES:
            take_first(q, ms, scene)
            units.link[u] = NOWHERE
            _settle_one(u, fate[i], ms, scene)
        put_queue(q, ms, flow)


@njit(**LOOP)
def _settle_one(u: int, fate: int, ms: int, scene: Scene) -> None:
    units = scene.units
    if fate == GOES:
        if units.state[u] != MOVING:
            units.reason[u] = NO_REASON
            move_to(u, MOVING, ms, units, scene.books)
    elif fate == CUT:
        if units.state[u] != STRANDED:
            strand(u, NO_WAY, ms, scene)
    elif units.state[u] != TURNED_AWAY:
        units.reason[u] = NO_REASON
        move_to(u, TURNED_AWAY, ms, units, scene.books)
        tell(u, NEWLY_TURNED, scene)
