"""The calendar: what is due in each step of the clock, as linked lists of units, queues and junctions (numba).

Nothing is allocated and nothing is sorted: a step's list is worked off in the order in which it was made, each with its
exact millisecond. What is due after the end of the run is left out.
"""

from __future__ import annotations

from data.compiling import njit
from sim.movement.compiled import PART
from sim.movement.flow import BUCKET, DUE, GATED, STEP_MS, UNTIL_MS, Flow
from sim.movement.units import NOWHERE, Units


@njit(**PART)
def _bucket(ms: int, flow: Flow) -> int:
    return max(ms // flow.fixed[STEP_MS], flow.tally[BUCKET])


@njit(**PART)
def put_unit(u: int, flow: Flow, units: Units) -> None:
    """Unit u is due at its ready_ms; what is past is due at once."""
    ms = units.ready_ms[u]
    units.behind[u] = NOWHERE
    if ms > flow.fixed[UNTIL_MS]:
        return
    b = _bucket(ms, flow)
    if flow.unit_first[b] < 0:
        flow.unit_first[b] = u
    else:
        units.behind[flow.unit_last[b]] = u
    flow.unit_last[b] = u
    flow.tally[DUE] += 1


@njit(**PART)
def put_queue(q: int, ms: int, flow: Flow) -> None:
    """Queue q is looked at again at `ms`."""
    flow.queue[q].status = GATED
    flow.queue[q].wake_ms = ms
    flow.queue[q].next = NOWHERE
    if ms > flow.fixed[UNTIL_MS]:
        return
    b = _bucket(ms, flow)
    if flow.queue_first[b] < 0:
        flow.queue_first[b] = q
    else:
        flow.queue[flow.queue_last[b]].next = q
    flow.queue_last[b] = q
    flow.tally[DUE] += 1


@njit(**PART)
def put_junction(v: int, ms: int, flow: Flow) -> None:
    """Junction v is looked at again at `ms`; it may stand in the calendar once."""
    if flow.junction[v].due or ms > flow.fixed[UNTIL_MS]:
        return
    flow.junction[v].due = 1
    flow.junction[v].next = NOWHERE
    b = _bucket(ms, flow)
    if flow.node_first[b] < 0:
        flow.node_first[b] = v
    else:
        flow.junction[flow.node_last[b]].next = v
    flow.node_last[b] = v
    flow.tally[DUE] += 1
