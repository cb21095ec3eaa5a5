"""Exchange between street and sewer: regimes against the formulas, and nothing taken that is not there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards.drains.exchange import (
    Desk,
    Places,
    coefficients_of,
    commit,
    inflow_by_regime,
    new_desk,
    outflow_of_shaft,
    places_of,
    plan,
    settle,
)
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import ExchangePoints

CELL_AREA = 100.0
EXCHANGE = ExchangeParameters()
C = coefficients_of(EXCHANGE, CELL_AREA)
G2 = 2.0 * 9.81
LENGTH, AREA = 4.0, 0.5
DT = 5.0
SHAFT = 1.167
ROUNDING = 1e-12  # relative, of a few float64 operations


def points(cell: list[int], node: list[int], street: list[float] | None = None) -> ExchangePoints:
    """Points of equal inlets; nodes are as many as the highest number asks for."""
    count = len(cell)
    level = np.zeros(count) if street is None else np.array(street)
    names = tuple(f"N{k}" for k in range(max(node) + 1))
    size = np.full(count, LENGTH), np.full(count, AREA)
    return ExchangePoints(names, np.array(cell), np.array(node), *size, level, level)


def one(depth: float, head: float, uptake: float = 0.0, before: float = 0.0) -> tuple[Places, Desk]:
    """A single point after its plan."""
    places = places_of(points([0], [0]), SHAFT)
    desk = new_desk(places)
    desk.flow[:] = before
    plan(np.array([depth], np.float32), np.array([head]), np.array([uptake]), DT, places, C, desk)
    return places, desk


def test_free_weir_while_the_shaft_stands_below_the_crest() -> None:
    depth = 0.2
    expected = 2.0 / 3.0 * 0.54 * LENGTH * math.sqrt(G2) * depth**1.5
    assert inflow_by_regime(depth, -1.0, 0.0, LENGTH, AREA, C) == pytest.approx(expected, rel=ROUNDING)
    assert inflow_by_regime(depth, 0.0, 0.0, LENGTH, AREA, C) == pytest.approx(expected, rel=ROUNDING)


def test_drowned_weir_up_to_the_depth_at_which_it_has_the_area_of_the_orifice() -> None:
    head = 0.05
    for depth in (0.06, 0.1, 0.124):  # below A/L = 0.125
        expected = 0.056 * LENGTH * depth * math.sqrt(G2 * (depth - head))
        assert inflow_by_regime(depth, head, 0.0, LENGTH, AREA, C) == pytest.approx(expected, rel=ROUNDING)
    depth = 0.5
    expected = 0.167 * AREA * math.sqrt(G2 * (depth - head))
    assert inflow_by_regime(depth, head, 0.0, LENGTH, AREA, C) == pytest.approx(expected, rel=ROUNDING)


@settings(deadline=None)
@given(depth=st.floats(0.0, 5.0), head=st.floats(-3.0, 5.0))
def test_no_regime_passes_more_than_the_free_weir(depth: float, head: float) -> None:
    flow = inflow_by_regime(depth, min(head, depth), 0.0, LENGTH, AREA, C)
    least = 1e-300  # subnormal numbers round coarsely
    assert 0.0 <= flow <= C.free_weir * LENGTH * depth**1.5 * (1.0 + ROUNDING) + least


def test_street_below_the_crest_gives_nothing() -> None:
    assert inflow_by_regime(0.3, -1.0, 0.4, LENGTH, AREA, C) == 0.0


def test_outflow_in_steady_state_is_the_orifice_law() -> None:
    # Pipes bring exactly what the orifice passes: the head does not change within the window.
    above = 0.8
    steady = 0.167 * AREA * math.sqrt(G2 * above)
    assert outflow_of_shaft(above, 0.0, AREA, SHAFT, steady, DT, C) == pytest.approx(steady, rel=ROUNDING)


@settings(deadline=None)
@given(above=st.floats(1e-6, 10.0), area=st.floats(1e-3, 20.0), dt=st.floats(0.5, 60.0))
def test_outflow_without_supply_never_empties_the_shaft_below_the_level(above: float, area: float, dt: float) -> None:
    out = outflow_of_shaft(above, 0.0, area, SHAFT, 0.0, dt, C)
    assert 0.0 < out * dt <= SHAFT * above * (1.0 + ROUNDING)


def test_change_is_eased_by_the_last_window_and_a_steady_flow_is_left_alone() -> None:
    depth, room = 0.02, 10.0
    weir = C.free_weir * LENGTH * np.float32(depth) ** 1.5
    assert one(depth, -2.0, room)[1].flow[0] == pytest.approx(0.5 * weir, rel=1e-6)  # depth is float32
    assert one(depth, -2.0, room, before=weir)[1].flow[0] == pytest.approx(weir, rel=1e-6)


def test_flow_stops_at_once_where_nothing_drives_it() -> None:
    assert one(0.0, -1.0, before=-0.3)[1].flow[0] == 0.0
    assert one(0.0, -1.0, before=0.3)[1].flow[0] == 0.0


def test_full_pipes_let_down_what_lifts_the_shaft_half_of_the_way() -> None:
    depth, head = 0.5, 0.1
    _, desk = one(depth, head, uptake=0.0, before=100.0)
    assert desk.flow[0] == pytest.approx(0.5 * SHAFT * (depth - head) / DT, rel=1e-6)
    _, desk = one(depth, head, uptake=0.03, before=100.0)
    assert desk.flow[0] == pytest.approx(0.03 + 0.5 * SHAFT * (depth - head) / DT, rel=1e-6)


def test_points_of_one_node_share_what_it_takes() -> None:
    places = places_of(points([0, 1], [0, 0]), SHAFT)
    desk = new_desk(places)
    desk_before = 0.5  # the weight of the last window, in which nothing flowed
    plan(np.array([0.3, 0.6], np.float32), np.array([-0.1]), np.array([1.0]), DT, places, C, desk)
    wish = [0.3**1.5, 0.6**1.5]
    assert desk.flow[1] / desk.flow[0] == pytest.approx(wish[1] / wish[0], rel=1e-6)
    # what the pipes take, and what lifts the shaft half of the way to its crest
    assert desk.flow.sum() == pytest.approx((1.0 - desk_before) * (1.0 + 0.5 * SHAFT * 0.1 / DT), rel=1e-6)


def test_the_flow_down_has_no_step_where_the_shaft_stands_at_its_crest() -> None:
    places = places_of(points([0], [0]), SHAFT)
    flows = []
    for head in (-1e-6, 0.0, 1e-6):
        desk = new_desk(places)
        plan(np.array([0.4], np.float32), np.array([head]), np.array([0.3]), DT, places, C, desk)
        flows.append(desk.flow[0])
    assert flows[0] == pytest.approx(flows[1], rel=1e-4)
    assert flows[2] == pytest.approx(flows[1], rel=1e-4)


def test_points_on_one_cell_share_half_of_its_water() -> None:
    places = places_of(points([3, 3], [0, 1]), SHAFT)
    desk = new_desk(places)
    plan(np.array([9, 9, 9, 0.001], np.float32), np.full(2, -2.0), np.full(2, 9.0), 3600.0, places, C, desk)
    assert desk.wanted.sum() == pytest.approx(0.5 * 0.001 * CELL_AREA, rel=1e-6)
    commit(desk.wanted.copy(), 3600.0, places, desk, np.zeros(2))
    assert desk.flow.sum() * 3600.0 == pytest.approx(0.05, rel=1e-6)


def test_a_blocked_inlet_passes_nothing_either_way() -> None:
    shut = points([0], [0])
    shut = ExchangePoints(shut.nodes, shut.cell, shut.node, np.zeros(1), np.zeros(1), shut.street_m, shut.crest_m)
    places = places_of(shut, SHAFT)
    for depth, head in ((1.0, -1.0), (0.0, 2.0)):
        desk = new_desk(places)
        plan(np.array([depth], np.float32), np.array([head]), np.ones(1), DT, places, C, desk)
        assert desk.flow[0] == 0.0


def test_one_point_may_take_while_another_of_its_node_gives() -> None:
    places = places_of(points([0, 1], [0, 0], street=[0.0, 2.0]), SHAFT)
    desk = new_desk(places)
    plan(np.array([0.0, 0.5], np.float32), np.array([1.0]), np.array([0.5]), DT, places, C, desk)
    assert desk.flow[0] < 0.0 < desk.flow[1]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_every_cubic_metre_is_in_the_sewer_or_on_the_way(seed: int) -> None:
    """Random levels, uptakes, eased inflows and windows: what left the street is in the sewer, back, or in escrow."""
    rng = np.random.default_rng(seed)
    count = 12
    layout = points(rng.integers(0, 8, count).tolist(), sorted(rng.integers(0, 6, count).tolist()))
    places = places_of(layout, SHAFT)
    desk, nodes = new_desk(places), len(layout.nodes)
    depth = rng.uniform(0.0, 0.5, 8).astype(np.float32) * rng.integers(0, 2, 8).astype(np.float32)
    taken = received = returned = lifted = 0.0
    lateral, before, volumes = np.zeros(nodes), np.zeros(nodes), np.zeros(6)
    for _ in range(30):
        window, dt, first = rng.uniform(5.0, 10.0), rng.uniform(5.0, 10.0), rng.uniform(0.5, 5.0)
        lift = rng.uniform(0.0, 1.0, nodes) * rng.integers(0, 2, nodes)
        desk.lifted[:] += lift
        lifted += lift.sum()
        plan(depth, rng.uniform(-1.0, 1.0, nodes), rng.uniform(-0.3, 0.3, nodes), dt, places, C, desk)
        assert (desk.wanted >= 0.0).all()
        by_cell = np.bincount(layout.cell, desk.wanted, 8)
        assert (by_cell <= 0.5 * depth.astype(float) * CELL_AREA * (1.0 + ROUNDING)).all()
        assert (desk.rate >= 0.0).all()
        commit(desk.wanted.copy(), dt, places, desk, lateral)
        had = lateral * window - 0.5 * (lateral - before) * first
        before = lateral.copy()
        settle(window, dt, had, places, desk, volumes)
        taken, received = taken + desk.wanted.sum(), received + had.sum()
        returned += desk.rate.sum() * dt
        depth = np.maximum(depth + rng.uniform(-0.1, 0.1, 8), 0.0).astype(np.float32)
    missing = taken + lifted - received - returned - desk.escrow.sum() - desk.due.sum() - desk.lifted.sum()
    assert volumes[0] == pytest.approx(returned, rel=1e-9)
    assert volumes[1] - volumes[2] + volumes[3] == pytest.approx(received, rel=1e-9, abs=1e-9)
    assert abs(missing) < 1e-9 * (taken + lifted + returned + 1.0)
