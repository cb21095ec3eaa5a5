"""What a unit does at a crossing: the next link by what it knows, and whether it dares to enter it (numba)."""

from __future__ import annotations

from data.compiling import njit
from sim.behaviour.draws import draw
from sim.movement.compiled import PART
from sim.movement.flow import Flow, Roads
from sim.movement.harm import struck
from sim.movement.links import ARRIVED, CLOSED, OPEN, UNKNOWN
from sim.movement.units import CAR, NO_REASON, WALK, Units

HERE, ASK, ASIDE = -1, -2, -3  # instead of a link: its site is at this node; knows no open way; does not dare


@njit(**PART)
def next_link(u: int, v: int, flow: Flow, roads: Roads, units: Units) -> int:
    """The link that unit u takes at node v, or HERE, ASK or ASIDE.

    Who finds the way closed that he left with looks at what is told from then on.
    """
    site = units.site[u]
    if site < 0:
        return ASK
    by_car = 1 if units.mode[u] == CAR else 0
    while True:
        row = roads.ways.row[units.informed[u], by_car, site]
        if row >= 0:
            slot = roads.ways.slot[row, v]
            if slot == ARRIVED:
                return HERE
            if slot != UNKNOWN:
                edge = roads.links.out_edge[roads.links.out_first[v] + slot]
                link = edge + by_car * roads.links.area_m2.size
                answer = dares(u, link, edge, flow, roads, units)
                if answer != ASK:
                    return link if answer == HERE else answer
        if units.informed[u]:
            return ASK
        units.informed[u] = 1


@njit(**PART)
def dares(u: int, link: int, edge: int, flow: Flow, roads: Roads, units: Units) -> int:
    """HERE: enters; ASK: the link is closed; ASIDE: it is open to others, but unit u stays out of this water.

    A walker never enters a closed edge, nor water that he could not stand in. A driver goes as deep as he dares,
    closed by its water or not; never past a barrier.
    """
    state = roads.water.open[link]
    if state == OPEN:
        return HERE
    if roads.barred[link] or flow.queue[link].storage == 0:
        return ASK
    if units.mode[u] != CAR:
        if state == CLOSED:
            return ASK
        group = units.group[u]
        depth, product = roads.water.depth_m[edge], roads.water.depth_speed_m2_s[edge]
        if roads.water.walk_slow[group, edge] <= 0.0 or struck(WALK, group, depth, product, roads.limits) != NO_REASON:
            return ASIDE
        return HERE
    if roads.water.car_slow[edge] <= 0.0:
        return ASK
    if flow.willing_m.size == 0:
        return ASK if state == CLOSED else HERE
    if roads.water.depth_m[edge] <= willing_of(u, flow):
        return HERE
    return ASK if state == CLOSED else ASIDE


@njit(**PART)
def willing_of(u: int, flow: Flow) -> float:
    """The deepest water (m) that the driver of unit u enters."""
    return flow.willing_m[int(draw(flow.willing_key[0], u) * flow.willing_m.size)]
