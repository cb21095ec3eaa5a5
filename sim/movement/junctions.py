"""Junctions of cars: two phases that change on demand (numba).

A junction serves one phase. A car of the other one asks: at once, where nobody of the present phase waits, else when
the last of them has gone or after the longest green, the junction changes, and a clearance time goes by after the last
car of the old phase. So nobody waits at an empty junction, and nobody waits longer than longest green + clearance.
"""

from __future__ import annotations

from data.compiling import njit
from sim.movement.calendar import put_junction, put_queue
from sim.movement.compiled import PART
from sim.movement.flow import BUCKET, CLEARANCE_MS, MAX_GREEN_MS, RED, STEP_MS, Flow
from sim.movement.units import NOWHERE


@njit(**PART)
def may_pass(q: int, v: int, phase: int, now_ms: int, flow: Flow) -> bool:
    """Whether queue q of `phase` may send a car over junction v now; if not, it has been put where it will wake."""
    here = flow.junction[v]
    if here.green == phase and here.asked and now_ms >= here.switch_ms:
        change_phase(v, now_ms, flow)
    if here.green != phase:
        waiting = here.demand_0 if here.green == 0 else here.demand_1
        if waiting > 0:
            if not here.asked:
                here.asked = 1
                here.switch_ms = now_ms + flow.fixed[MAX_GREEN_MS]
                put_junction(v, here.switch_ms, flow)
            flow.queue[q].status = RED
            flow.queue[q].next = here.waiting
            here.waiting = q
            return False
        change_phase(v, now_ms, flow)
    if now_ms < here.from_ms:
        put_queue(q, here.from_ms, flow)
        return False
    here.passed_ms = now_ms
    return True


@njit(**PART)
def change_phase(v: int, now_ms: int, flow: Flow) -> None:
    """The other phase has the junction, after the clearance; those who waited for it wake."""
    here = flow.junction[v]
    here.green = 1 - here.green
    here.asked = 0
    here.from_ms = here.passed_ms + flow.fixed[CLEARANCE_MS]
    q = here.waiting
    here.waiting = NOWHERE
    while q >= 0:
        behind = flow.queue[q].next
        put_queue(q, max(now_ms, here.from_ms), flow)
        q = behind


@njit(**PART)
def somebody_waits(v: int, phase: int, flow: Flow) -> None:
    """A queue of `phase` before junction v is not empty any more."""
    if phase == 0:
        flow.junction[v].demand_0 += 1
    else:
        flow.junction[v].demand_1 += 1


@njit(**PART)
def nobody_waits(v: int, phase: int, now_ms: int, flow: Flow) -> None:
    """A queue of `phase` before junction v has become empty."""
    here = flow.junction[v]
    if phase == 0:
        here.demand_0 -= 1
        left = here.demand_0
    else:
        here.demand_1 -= 1
        left = here.demand_1
    if left == 0 and here.asked and here.green == phase:
        change_phase(v, now_ms, flow)


@njit(**PART)
def on_junction(v: int, flow: Flow) -> None:
    """The longest green may have passed; a junction that changed earlier is looked at again if somebody asks anew."""
    here = flow.junction[v]
    here.due = 0
    if here.asked:
        change_phase_if_due(v, flow)


@njit(**PART)
def change_phase_if_due(v: int, flow: Flow) -> None:
    """Change at `switch_ms`, or come back then."""
    here = flow.junction[v]
    if here.switch_ms // flow.fixed[STEP_MS] <= flow.tally[BUCKET]:
        change_phase(v, here.switch_ms, flow)
    else:
        put_junction(v, here.switch_ms, flow)
