"""Flow along a channel against closed-form solutions."""

from __future__ import annotations

import numpy as np
import pytest

from hazards import EdgeConditions, FlowParameters, Inflow, StageBoundary, SurfaceFlow
from tests.shared_data import shared
from tests.verification.surface_cases import hunter_depth, steady_channel

WIDTH = 3  # rows: the middle one must behave as the outer ones


def _line(column: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(WIDTH), np.full(WIDTH, column)


def test_hunter_wave_runs_at_its_speed() -> None:
    """RMSE below 0.03 m at 50 m cells, front within a cell and 50 m of 3600 m (flood gates of Hunter 2005)."""
    cell, cells, manning, speed, end = 50.0, 120, 0.03, 1.0, 3600.0
    x = (np.arange(cells) + 0.5) * cell
    since = np.concatenate([[0.0], np.geomspace(1e-3, end, 2000)])  # the depth rises as t^(3/7)
    time = x[0] / speed + since
    stage = StageBoundary(_line(0), time, hunter_depth(x[0], time, manning, speed))
    flow = SurfaceFlow(np.zeros((WIDTH, cells)), cell, manning, stages=[stage])
    flow.advance(end)
    error = flow.depth[1] - hunter_depth(x, end, manning, speed)
    assert np.sqrt((error**2).mean()) < 0.03
    assert abs((flow.depth[1] > 1e-3).sum() * cell - speed * end) <= cell + 50.0
    assert np.array_equal(flow.depth[0], flow.depth[2])


@pytest.mark.parametrize(
    ("name", "flow_m2_s", "rain_m_s", "end_s", "gate_m"),
    [("norain", 2.0, 0.0, 1200.0, 0.03), ("rain", 1.0, 0.001, 2400.0, 0.035)],
)
def test_macdonald_channel(name: str, flow_m2_s: float, rain_m_s: float, end_s: float, gate_m: float) -> None:
    """Mean error of the level below the gates that itzi sets itself (full shallow water, Froude up to 0.99)."""
    table = np.genfromtxt(shared("swashes_macdonald", f"mcdo_{name}.csv"), delimiter=",", skip_header=1)
    bed, level = table[:, 1], table[:, 2]
    flow = SurfaceFlow(
        np.repeat(bed[None], WIDTH, axis=0),
        5.0,
        0.033,
        inflows=[Inflow(_line(0), [0.0], [flow_m2_s * 5.0 * WIDTH])],
        stages=[StageBoundary(_line(len(bed) - 1), [0.0], [level[-1]])],
        parameters=FlowParameters(hydrology_step_s=1.0),
    )
    flow.set_rain(None, rain_m_s)
    flow.advance(end_s)
    assert np.abs(flow.depth[1] + bed - level).mean() < gate_m
    assert np.abs(flow.flow_y).max() == 0.0
    assert flow.flow_x[1, 100] == pytest.approx(flow_m2_s + rain_m_s * 500.0, rel=2e-3)


def _steady_error(cell: float) -> float:
    cells = int(1000 / cell)
    depth, bed = steady_channel((np.arange(cells) + 0.5) * cell, 2.0, 0.033)
    flow = SurfaceFlow(
        np.repeat(bed[None], WIDTH, axis=0),
        cell,
        0.033,
        initial_depth=np.repeat(depth[None], WIDTH, axis=0),
        inflows=[Inflow(_line(0), [0.0], [2.0 * cell * WIDTH])],
        stages=[StageBoundary(_line(cells - 1), [0.0], [bed[-1] + depth[-1]])],
    )
    flow.advance(1800.0)
    return float(np.abs(flow.depth[1] - depth).mean())


def test_error_falls_with_the_cell_at_first_order() -> None:
    """Mean depth error at 40, 20, 10 m: the flow depth of a face is one-sided, so first order; at least 0.8 asked."""
    errors = [_steady_error(cell) for cell in (40.0, 20.0, 10.0)]
    orders = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    print(f"\nsteady channel, cells 40/20/10 m: errors {np.round(errors, 5)} m, orders {np.round(orders, 2)}")
    assert orders.min() > 0.8
    assert errors[-1] < 0.01


@pytest.mark.parametrize(("slope", "manning", "flow_m2_s"), [(0.005, 0.02, 2.0), (0.02, 0.015, 1.0), (0.05, 0.03, 0.5)])
def test_steep_flow_does_not_break_into_waves(slope: float, manning: float, flow_m2_s: float) -> None:
    """Froude 1.1 to 2.4 on a bumpy bed: after half an hour the flow is steady to 0.1 % and no deeper than the bumps.

    Full shallow water is stable there below Froude 2; the plain local inertial equations are not above 0.6 (depths of
    16 times the normal one were seen at slope 0.02).
    """
    cell, cells = 5.0, 200
    normal = (flow_m2_s * manning / np.sqrt(slope)) ** 0.6
    bed = np.arange(cells)[::-1] * cell * slope + 0.1 * normal * np.random.default_rng(0).random(cells)
    flow = SurfaceFlow(
        np.repeat(bed[None], WIDTH, axis=0),
        cell,
        manning,
        initial_depth=normal,
        inflows=[Inflow(_line(0), [0.0], [flow_m2_s * cell * WIDTH])],
        edges=EdgeConditions(east="open"),
    )
    flow.advance(1500.0)
    seen = []
    for until in np.arange(1507.0, 1600.0, 7.0):
        flow.advance(until)
        seen.append(flow.flow_x[1, 1:].copy())
    assert np.abs(np.array(seen) / flow_m2_s - 1.0).max() < 1e-3
    assert flow.depth[1].max() < 1.15 * normal
