"""What must hold of a movement run between any two calls, looked up in its lists one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from sim.movement import flow as parts
from sim.movement.engine import Movement
from sim.movement.units import AT_DOOR, HOME, MOVING, NEVER_MS, NO_SITE, SHELTERED


def check_run(run: Movement, persons: int, until_s: float) -> None:
    """Nobody is lost or twice in a list, nothing waits that nothing will wake, roads and doors hold whom they say."""
    flow, units, doors = run._scene.flow, run._scene.units, run._scene.doors
    count, until_ms = run.count, round(until_s * 1000)
    state, people = units.state[:count], units.persons[:count].astype(int)
    assert people.sum() == persons
    assert (people > 0).all()

    unit_in, due = defaultdict(int), 0
    for first in flow.unit_first.tolist():
        for u in _walk(first, units.behind):
            unit_in[u] += 1
            due += 1
    queues = flow.queue
    for q in np.flatnonzero(queues["first"] >= 0).tolist():
        for u in _walk(queues["first"][q], units.behind):
            unit_in[u] += 1
    listed = {u for u, times in unit_in.items() if times}
    assert max(unit_in.values(), default=1) == 1, "a unit is twice in a list"
    ready = units.ready_ms[:count]
    active = (state == MOVING) | (state == AT_DOOR) | ((state == HOME) & (ready != NEVER_MS))
    must = set(np.flatnonzero(active & (ready <= until_ms)).tolist())
    assert must <= listed, "an active unit that nothing will wake"
    assert listed <= set(np.flatnonzero(active).tolist()), "a unit that waits for nothing is in a list"

    gated, blocked, red = set(), set(), set()
    for first in flow.queue_first.tolist():
        gated |= set(_walk(first, queues["next"]))
    blocked_on = np.flatnonzero(queues["waiters"] >= 0)
    for link in blocked_on.tolist():
        blocked |= set(_walk(queues["waiters"][link], queues["next"]))
        assert queues["occupancy"][link] > 0, "people wait for room on an empty road"
    for first in flow.junction["waiting"].tolist():
        red |= set(_walk(first, queues["next"]))
    for status, members in ((parts.GATED, gated), (parts.BLOCKED, blocked), (parts.RED, red)):
        there = set(np.flatnonzero(queues["status"] == status).tolist())
        late = {q for q in there if queues["wake_ms"][q] > until_ms} if status == parts.GATED else set()
        assert members <= there
        assert there - late <= members
    assert not (queues["status"] == parts.ASKING).any()
    assert (queues["first"][queues["status"] == parts.IDLE] < 0).all(), "people in a queue that nothing will wake"
    junctions = sum(1 for first in flow.node_first.tolist() for _ in _walk(first, flow.junction["next"]))
    assert due + len(gated) + junctions == flow.tally[parts.DUE]

    links = len(run._scene.roads.links.tail)
    on_road = np.flatnonzero((state == MOVING) & (units.link[:count] >= 0))
    held = np.bincount(units.link[on_road], units.size[on_road], links).astype(int)
    largest = np.zeros(links, int)
    np.maximum.at(largest, units.link[on_road], units.size[on_road])
    assert (queues["occupancy"][:links] == held).all()
    assert (held <= np.maximum(run._scene.roads.links.storage, largest)).all()
    for phase in (0, 1):
        asks = np.flatnonzero((queues["phase"] == phase) & (queues["first"] >= 0))
        demand = np.bincount(queues["head"][asks], minlength=len(flow.junction))
        assert (flow.junction[f"demand_{phase}"] == demand).all()

    site = units.site[:count]
    bound, inside = site != NO_SITE, (state == SHELTERED) | (state == AT_DOOR)
    sites = len(doors.node)
    assert (np.bincount(site[bound], people[bound], sites).astype(int) == doors.reserved).all()
    assert (np.bincount(site[inside], people[inside], sites).astype(int) == doors.admitted).all()
    assert (doors.admitted <= doors.capacity).all()


def _walk(first: int, following: np.ndarray) -> Iterator[int]:
    place = int(first)
    while place >= 0:
        yield place
        place = int(following[place])
