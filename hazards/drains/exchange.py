"""Flow between street cells and sewer nodes by regime, never more than either side has: compiled, arrays only.

Symbols: h depth on the cell (m), W level of its water, H head in the node, z crest of the point (m), L length of its
weir edge (m), A its open area (m2), q flow (m3/s, positive into the sewer), dt length of the window ahead (s).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import ExchangePoints
from hazards.surface.compiled import kernel

_JUST_ABOVE_M = 1e-9  # a head this far above a crest drowns it


class Places(NamedTuple):
    """Exchange points as the kernels read them."""

    cell: np.ndarray  # int64 (points,)
    node_start: np.ndarray  # int64 (nodes + 1,)
    pool: np.ndarray  # int64 (points,), number of the cell among the cells that have points
    street: np.ndarray  # float64 (points,)
    crest: np.ndarray  # float64 (points,)
    weir_length: np.ndarray  # float64 (points,)
    area: np.ndarray  # float64 (points,)
    shaft: np.ndarray  # float64 (nodes,), plan area of the shaft


class Coefficients(NamedTuple):
    """Scalars of the exchange."""

    free_weir: float  # 2/3 Cw sqrt(2g), m^0.5/s
    submerged_weir: float  # Csw sqrt(2g)
    orifice: float  # Co sqrt(2g)
    relaxation: float
    share_of_cell: float
    cell_area: float  # m2


class Desk(NamedTuple):
    """What the kernels work on from window to window; float64."""

    flow: np.ndarray  # (points,) q of the window
    before: np.ndarray  # (points,) q of the window before
    wanted: np.ndarray  # (points,) m3 to take from the cell now
    due: np.ndarray  # (points,) m3 that came up and has not been put on the cell; negative: put too early
    rate: np.ndarray  # (points,) m3/s to put on the cell during the window
    escrow: np.ndarray  # (nodes,) m3 off the street that the sewer has not had; negative: a debt of the street
    lifted: np.ndarray  # (nodes,) m3 that pumps have taken for the node and the sewer has not had
    need: np.ndarray  # (pools,) scratch


def places_of(points: ExchangePoints, shaft_m2: np.ndarray | float) -> Places:
    """The points as the kernels read them; `shaft_m2` is the plan area of every node's shaft, or of all.

    Length and area are copies, which may shrink while inlets are blocked.
    """
    pool = np.unique(points.cell, return_inverse=True)[1].astype(np.int64)
    return Places(
        points.cell,
        points.node_start,
        pool,
        points.street_m,
        points.crest_m,
        points.weir_length_m.copy(),
        points.area_m2.copy(),
        np.broadcast_to(np.asarray(shaft_m2, float), (len(points.nodes),)).copy(),
    )


def coefficients_of(parameters: ExchangeParameters, cell_area_m2: float) -> Coefficients:
    """The scalars with the constant factors in them."""
    root = (2.0 * parameters.gravity) ** 0.5
    return Coefficients(
        free_weir=2.0 / 3.0 * parameters.free_weir * root,
        submerged_weir=parameters.submerged_weir * root,
        orifice=parameters.orifice * root,
        relaxation=parameters.relaxation,
        share_of_cell=parameters.share_of_cell,
        cell_area=cell_area_m2,
    )


def new_desk(places: Places) -> Desk:
    """A desk at rest."""
    points, nodes = len(places.cell), len(places.node_start) - 1
    pools = int(places.pool.max()) + 1 if points else 0
    flow, before, wanted, due, rate = np.zeros((5, points))
    escrow, lifted = np.zeros((2, nodes))
    return Desk(flow, before, wanted, due, rate, escrow, lifted, np.zeros(pools))


@kernel
def inflow_by_regime(water, head, crest, length, area, c):  # type: ignore[no-untyped-def]
    """Flow from the street down (m3/s, >= 0) with W > H.

    Free weir, (2/3) Cw L sqrt(2g) d^1.5 with d = W - z, while H <= z. Above, a drowned weir, Csw L d sqrt(2g (W - H)),
    while d < A/L, then an orifice, Co A sqrt(2g (W - H)); neither passes more than the free weir.
    """
    deep = water - crest
    if deep <= 0.0:
        return 0.0
    free = c.free_weir * length * deep * np.sqrt(deep)
    if head <= crest:
        return free
    fall = np.sqrt(max(water - head, 0.0))
    drowned = c.submerged_weir * length * deep * fall if deep * length < area else c.orifice * area * fall
    return min(free, drowned)


@kernel
def outflow_of_shaft(head, level, area, shaft_area, supply, dt, c):  # type: ignore[no-untyped-def]
    """Flow out of the shaft (m3/s, >= 0) over a level below its head, by the orifice, semi-implicit.

    With s^2 the head above the level at the end of the window: A_s s^2/dt + k s = A_s (H - level)/dt + supply, where
    k = Co A sqrt(2g) and `supply` (m3/s, >= 0) is what the pipes brought in the window before; the flow is k s. In
    steady state it is the orifice law, and it cannot empty the shaft below the level.
    """
    k = c.orifice * area
    a = shaft_area / dt
    if k <= 0.0:
        return 0.0
    return 2.0 * k * (a * (head - level) + supply) / (k + np.sqrt(k * k + 4.0 * a * (a * (head - level) + supply)))


@kernel(cache=True)
def plan(depth, head, uptake, dt, places, c, desk):  # type: ignore[no-untyped-def]
    """Set the flow of each point for a window of about `dt`, and what is to be taken from its cell now and put on it.

    `depth` float32 (cells,); `head` (m) and `uptake` (m3/s, mean flow from the node into its pipes over the last two
    windows: one alone swings with the exchange itself) per node. Nothing is planned that the cell does not hold: at
    most `share_of_cell` of it goes down, debts of earlier windows first. Down a node goes at most what its pipes took
    and what lifts its shaft half of the way to the street's level; several points share both in proportion to their
    wishes.
    """
    for p in range(places.cell.size):
        desk.before[p] = desk.flow[p]
    for n in range(places.node_start.size - 1):
        first, end = places.node_start[n], places.node_start[n + 1]
        _wishes(depth, head[n], uptake[n], dt, first, end, places.shaft[n], places, c, desk)
        _limit_to_node(depth, head[n], max(uptake[n], 0.0), dt, first, end, places.shaft[n], places, desk)
        _set_rates(n, dt, first, end, desk)
    _limit_to_cells(depth, dt, places, c, desk)


@kernel
def _free_weir(water, p, places, c):  # type: ignore[no-untyped-def]
    """Flow down point p as if its shaft were empty (m3/s)."""
    return inflow_by_regime(water, places.crest[p], places.crest[p], places.weir_length[p], places.area[p], c)


@kernel
def _wishes(depth, head, uptake, dt, first, end, shaft, places, c, desk):  # type: ignore[no-untyped-def]
    """Flow by regime of one node's points, eased by that of the last window.

    The free weir and the drowned opening differ many times over just where a shaft stands most, at its crest. Between
    them the flow slides: what the pipes take and what lifts the shaft half of the way to the crest passes freely.
    """
    supply = max(-uptake, 0.0)
    opening = 0.0
    free = 0.0
    for p in range(first, end):
        water = places.street[p] + np.float64(depth[places.cell[p]])
        free += _free_weir(water, p, places, c)
        if head > max(water, places.crest[p]):
            opening += places.area[p]
    for p in range(first, end):
        water = places.street[p] + np.float64(depth[places.cell[p]])
        level = max(water, places.crest[p])
        if head > level and opening > 0.0:
            share = places.area[p] / opening
            wish = -outflow_of_shaft(head, level, places.area[p], shaft * share, supply * share, dt, c)
        else:
            weir = _free_weir(water, p, places, c)
            drowned = max(head, places.crest[p] + _JUST_ABOVE_M)
            wish = inflow_by_regime(water, drowned, places.crest[p], places.weir_length[p], places.area[p], c)
            if free > 0.0:
                slide = weir / free * (uptake + 0.5 * shaft * (places.crest[p] - head) / dt)
                wish = max(wish, min(weir, slide))
        # Nothing drives water: it stops at once. Else the last flow counts too, so that neither side overshoots.
        desk.flow[p] = 0.0 if wish == 0.0 else wish + c.relaxation * (desk.before[p] - wish)


@kernel
def _limit_to_node(depth, head, uptake, dt, first, end, shaft, places, desk):  # type: ignore[no-untyped-def]
    """Hold the flow down one node to what its pipes take and its shaft has room for."""
    wish = 0.0
    lift = 0.0
    for p in range(first, end):
        if desk.flow[p] > 0.0:
            wish += desk.flow[p]
            lift += desk.flow[p] * (places.street[p] + np.float64(depth[places.cell[p]]) - head)
    if wish > 0.0:
        most = max(uptake + 0.5 * shaft * lift / wish / dt, 0.0)
        if wish > most:
            for p in range(first, end):
                if desk.flow[p] > 0.0:
                    desk.flow[p] *= most / wish


@kernel
def _set_rates(n, dt, first, end, desk):  # type: ignore[no-untyped-def]
    """What comes up is put on the cells as it comes; what was put too early and does not come is owed by the street."""
    for p in range(first, end):
        up = max(-desk.flow[p], 0.0)
        desk.rate[p] = max(up + desk.due[p] / dt, 0.0)
        if up == 0.0 and desk.due[p] < 0.0:
            desk.escrow[n] += desk.due[p]
            desk.due[p] = 0.0


@kernel
def _limit_to_cells(depth, dt, places, c, desk):  # type: ignore[no-untyped-def]
    """Say what is wanted of each cell: what is to go down and is not in escrow, at most a share of its water."""
    for k in range(desk.need.size):
        desk.need[k] = 0.0
    for n in range(places.node_start.size - 1):
        first, end = places.node_start[n], places.node_start[n + 1]
        down = _sum_of(desk.flow, first, end, 1.0)
        need = max(down * dt - desk.escrow[n], 0.0)
        for p in range(first, end):
            desk.wanted[p] = need * _share(places.area, desk.flow, p, first, end, down, 1.0)
            desk.need[places.pool[p]] += desk.wanted[p]
    for p in range(places.cell.size):
        most = c.share_of_cell * max(np.float64(depth[places.cell[p]]), 0.0) * c.cell_area
        need = desk.need[places.pool[p]]
        if need > most:
            desk.wanted[p] *= most / need


@kernel
def _sum_of(flow, first, end, way):  # type: ignore[no-untyped-def]
    """Sum of the flows of one node's points that go one way: 1 down, -1 up."""
    total = 0.0
    for p in range(first, end):
        total += max(way * flow[p], 0.0)
    return total


@kernel
def _share(area, flow, p, first, end, total, way):  # type: ignore[no-untyped-def]
    """Share of point p in what its node takes or gives: by its flow that way, else by area, else alike."""
    if total > 0.0:
        return max(way * flow[p], 0.0) / total
    opening = 0.0
    for other in range(first, end):
        opening += area[other]
    return area[p] / opening if opening > 0.0 else 1.0 / (end - first)


@kernel(cache=True)
def commit(taken, dt, places, desk, lateral):  # type: ignore[no-untyped-def]
    """Put what was taken (m3) into escrow, hold the flow down to what lies there, and set the nodes' inflows (m3/s)."""
    for n in range(places.node_start.size - 1):
        first, end = places.node_start[n], places.node_start[n + 1]
        for p in range(first, end):
            desk.escrow[n] += taken[p]
        held = max(desk.escrow[n], 0.0) / dt
        if first == end:
            lateral[n] = max(desk.lifted[n] + desk.escrow[n], 0.0) / dt
            continue
        lateral[n] = desk.lifted[n] / dt
        down = _sum_of(desk.flow, first, end, 1.0)
        for p in range(first, end):
            if desk.flow[p] > 0.0 and down > held:
                desk.flow[p] *= held / down
            lateral[n] += desk.flow[p]


@kernel(cache=True)
def settle(window, dt, received, places, desk, volumes):  # type: ignore[no-untyped-def]
    """After a window: take off what the sewer had, and note what it let out beside what was put on the street.

    The street's window was `dt` long, as planned, the engine's `window`. `received` (m3, net, per node) is what the
    engine's volumes followed: it eases every change of an inflow in over its next step. These differences stay in
    escrow while water goes down a node, and are due, or were put too early, with what the node lets out otherwise.
    `volumes` (m3) grows by what was put on the street, went down, came up (net of each node's points) and was lifted.
    """
    for n in range(places.node_start.size - 1):
        first, end = places.node_start[n], places.node_start[n + 1]
        lifted = desk.lifted[n] * min(window / dt, 1.0)
        desk.lifted[n] -= lifted
        net = received[n] - lifted
        up = _sum_of(desk.flow, first, end, -1.0)
        left = desk.escrow[n] - net - up * window
        passes = end > first and _sum_of(desk.flow, first, end, 1.0) == 0.0
        desk.escrow[n] = 0.0 if passes else left
        for p in range(first, end):
            desk.due[p] += max(-desk.flow[p], 0.0) * window - desk.rate[p] * dt
            if passes:
                desk.due[p] += left * _share(places.area, desk.flow, p, first, end, up, -1.0)
            volumes[0] += desk.rate[p] * dt
        volumes[1] += max(net, 0.0)
        volumes[2] += max(-net, 0.0)
        volumes[3] += lifted


@kernel(cache=True)
def plan_outfalls(depth, dt, cell_area, cell, bed, last, due, stage, wanted, rate):  # type: ignore[no-untyped-def]
    """Level (m) against each outfall (NaN: none), and what is put on its cell (m3/s) and taken from it (m3).

    An outfall goes on as in the last window (`last`, m3/s, out); what came otherwise is `due` (m3). What rivers have
    pushed in is a debt that their cells pay, as far as they can. A cell that is dry, or cannot pay, pushes no more:
    where an outfall lies below the bed of its cell, a dry river would else fill the sewer for ever.
    """
    for o in range(cell.size):
        deep = np.float64(depth[cell[o]])
        coming = due[o] + max(last[o], 0.0) * dt
        pushes = deep > 0.0 and -coming <= deep * cell_area
        stage[o] = bed[o] + deep if pushes else np.nan
        rate[o] = max(coming, 0.0) / dt
        wanted[o] = max(-coming, 0.0)


@kernel(cache=True)
def settle_outfalls(window, dt, discharge, taken, last, due, rate, volumes):  # type: ignore[no-untyped-def]
    """After a window: what outfalls let out or took in (`discharge`, m3, in the engine's window) beside what was put on
    the cells and taken from them (in the street's, `dt`).

    `volumes` (m3) grows by what was put on cells, let out and taken in.
    """
    for o in range(due.size):
        due[o] += discharge[o] + taken[o] - rate[o] * dt
        last[o] = discharge[o] / window
        volumes[0] += rate[o] * dt
        volumes[4] += max(discharge[o], 0.0)
        volumes[5] += max(-discharge[o], 0.0)
