from __future__ import annotations

import numpy as np
import pytest

from hazards import EdgeConditions, FlowParameters, Inflow, StageBoundary, StageSeries, SurfaceFlow

HERE = (np.array([2]), np.array([3]))


def test_inflow_series_is_integrated_exactly() -> None:
    """A triangle 0 - 4 - 0 m3/s brings 400 m3, shared by its cells, whatever the steps."""
    inflow = Inflow((np.array([1, 2]), np.array([1, 1])), [0.0, 100.0, 200.0], [0.0, 4.0, 0.0])
    flow = SurfaceFlow(np.zeros((8, 9)), 10.0, 0.03, inflows=[inflow])
    for until in (33.3, 133.7, 400.0):
        flow.advance(until)
    assert flow.book.inflow_m3 == pytest.approx(400.0, rel=1e-12)
    assert flow.book.stored_m3 == pytest.approx(400.0, rel=1e-7)


def test_inflow_keeps_its_last_value() -> None:
    flow = SurfaceFlow(np.zeros((8, 9)), 10.0, 0.03, inflows=[Inflow(HERE, [10.0], [2.0])])
    flow.advance(60.0)
    assert flow.book.inflow_m3 == pytest.approx(120.0, rel=1e-12)


def test_sudden_inflow_on_dry_ground_spreads_alike_to_all_sides() -> None:
    """50 m3/s on one cell: no heap in the first step, a quarter of the flow over each side once steady, to 1 %."""
    flow = SurfaceFlow(
        np.zeros((41, 41)), 10.0, 0.03, inflows=[Inflow((np.array([20]), np.array([20])), [0.0], [50.0])]
    )
    flow.advance(5.0)
    assert flow.maxima.max_depth.max() < 1.5
    flow.advance(600.0)
    sides = -flow.flow_x[20, 20], flow.flow_x[20, 21], -flow.flow_y[20, 20], flow.flow_y[21, 20]
    assert np.array(sides) == pytest.approx(1.25, rel=0.01)
    assert flow.depth == pytest.approx(flow.depth[::-1], abs=1e-4)
    assert flow.depth == pytest.approx(flow.depth.T, abs=5e-3)


def test_stage_edge_fills_a_basin_to_its_level_and_books_it() -> None:
    edge = StageSeries([0.0, 600.0], [500.2, 500.5])
    flow = SurfaceFlow(np.full((5, 12), 500.0), 10.0, 0.03, edges=EdgeConditions(west=edge))
    flow.advance(7200.0)
    assert flow.depth == pytest.approx(0.5, abs=5e-3)
    assert flow.book.inflow_m3 - flow.book.outflow_m3 == pytest.approx(flow.book.stored_m3, rel=1e-7)


def test_stage_below_the_bed_dries_the_cell() -> None:
    stage = StageBoundary(HERE, [0.0], [-1.0])
    flow = SurfaceFlow(np.zeros((5, 7)), 10.0, 0.03, initial_depth=0.3, stages=[stage])
    flow.advance(600.0)
    assert flow.depth[HERE] == 0.0
    assert flow.book.outflow_m3 > 0.0
    assert flow.book.continuity_error < 1e-7


@pytest.mark.parametrize("side", ["west", "east", "north", "south"])
def test_open_edge_lets_water_out_on_its_side_only(side: str) -> None:
    slope = {"west": (0, 1), "east": (0, -1), "north": (1, 0), "south": (-1, 0)}[side]
    y, x = np.mgrid[0:12, 0:12] * 0.1
    bed = slope[0] * y + slope[1] * x
    dry = SurfaceFlow(bed, 10.0, 0.03, initial_depth=0.1, edges=EdgeConditions(**{side: "open"}))
    shut = SurfaceFlow(bed, 10.0, 0.03, initial_depth=0.1)
    for flow in (dry, shut):
        flow.advance(3600.0)
        assert flow.book.continuity_error < 1e-7
    assert dry.book.outflow_m3 > 0.9 * dry.book.initial_m3
    assert shut.book.outflow_m3 == 0.0
    assert shut.book.stored_m3 == pytest.approx(shut.book.initial_m3, rel=1e-7)


def test_a_river_that_leaves_at_an_angle_is_not_drawn_out_by_the_slope_of_its_bank() -> None:
    """Behind its edge cells stands the bank, 5 m high: its slope drew water out at three times critical speed."""
    y, x = np.mgrid[0:40, 0:60]
    channel = np.abs(x - 10 - y) <= 3
    bed = np.where(channel, -5.0 - 0.005 * y, 0.0)
    cells = (np.full(7, 0), np.arange(7, 14))
    flow = SurfaceFlow(bed, 10.0, 0.03, inflows=[Inflow(cells, [0.0], [400.0])], edges=EdgeConditions(south="open"))
    flow.set_rain(None, 1e-5)
    flow.advance(3600.0)
    depth = flow.depth[-1, channel[-1]]
    speed = np.hypot(flow.speed_x, flow.speed_y)[-1, channel[-1]]
    assert depth.min() > 0.5
    assert (speed <= 1.3 * np.sqrt(9.81 * depth)).all()  # the cell's is the mean of its sides, one of which is inside


def test_a_steep_street_leaves_at_its_normal_flow() -> None:
    """1 in 10, Manning 0.015: normal flow is faster than critical and stays as it is, to 2 %."""
    bed = np.repeat(np.arange(60)[::-1, None] * 1.0, 5, axis=1)
    inflow = Inflow((np.zeros(5, int), np.arange(5)), [0.0], [5.0])
    flow = SurfaceFlow(bed, 10.0, 0.015, inflows=[inflow], edges=EdgeConditions(south="open"))
    flow.advance(1800.0)
    normal = (0.1 * 0.015 / np.sqrt(0.1)) ** 0.6  # q = 5 m3/s over 50 m
    assert flow.depth[-1] == pytest.approx(normal, rel=0.02)


def test_a_crest_on_an_open_edge_holds_water_back() -> None:
    crest = np.full((5, 13), -np.inf)
    crest[:, -1] = 0.3
    edges = EdgeConditions(east="open")
    flow = SurfaceFlow(np.zeros((5, 12)), 10.0, 0.03, initial_depth=0.25, crest_x=crest, edges=edges)
    flow.advance(1800.0)
    assert flow.book.outflow_m3 == 0.0


def test_ground_outside_is_walled_off_and_gets_no_rain() -> None:
    bed = np.full((9, 9), 100.0)
    bed[:, 5:] = np.nan
    flow = SurfaceFlow(bed, 10.0, 0.03, edges=EdgeConditions(east="open"))
    flow.set_rain(None, 1e-5)
    flow.advance(1000.0)
    assert flow.depth[:, 5:].max() == 0.0
    assert flow.book.rain_m3 == pytest.approx(1e-2 * 45 * 100.0, rel=1e-6)
    assert flow.depth[:, :5] == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Inflow(HERE, [0.0, 0.0], [1.0, 2.0]), "rise"),
        (lambda: Inflow(HERE, [0.0], [-1.0]), ">= 0"),
        (lambda: Inflow(HERE, [0.0], [np.nan]), "finite"),
        (lambda: Inflow(HERE, [0.0, 1.0], [1.0]), "equally long"),
        (lambda: Inflow((np.array([1]), np.array([], int)), [0.0], [1.0]), "cells"),
        (lambda: StageBoundary(HERE, [1.0, 0.0], [1.0, 1.0]), "rise"),
        (lambda: EdgeConditions(west="ajar"), "west"),
        (lambda: SurfaceFlow(np.zeros((2, 2)), 1.0, 0.03, inflows=[Inflow(HERE, [0.0], [1.0])]), "inflow cells"),
        (lambda: SurfaceFlow(np.zeros((2, 2)), 0.0, 0.03), "cell_m"),
        (lambda: SurfaceFlow(np.zeros((2, 2)), 1.0, 0.0), "manning_n"),
        (lambda: SurfaceFlow(np.zeros((2, 2)), 1.0, 0.03, initial_depth=-0.1), "initial_depth"),
        (lambda: SurfaceFlow(np.zeros((2, 2)), 1.0, np.full((2, 3), 0.03)), "manning_n has shape"),
        (lambda: SurfaceFlow(np.full((2, 2), np.nan), 1.0, 0.03), "bed"),
        (lambda: SurfaceFlow(np.zeros((2, 2)), 1.0, 0.03, threads=0), "threads"),
    ],
)
def test_bad_boundaries_and_inputs_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


def test_a_film_at_a_wetting_front_does_not_race() -> None:
    """Rain runs together in a bowl: no speed is reported above the largest Froude number at the greatest depth."""
    x, y = np.meshgrid(np.arange(60) * 10.0, np.arange(60) * 10.0)
    bowl = 0.002 * y - 0.001 * x - 1.6 * np.exp(-(((x - 250.0) / 70.0) ** 2 + ((y - 350.0) / 70.0) ** 2))
    parameters = FlowParameters()
    flow = SurfaceFlow(bowl, 10.0, 0.03, parameters=parameters)
    flow.set_rain(None, 108.8 / 3.6e6)
    flow.advance(300.0)
    flow.set_rain(None, 0.0)
    flow.advance(1800.0)
    limit = parameters.largest_froude * np.sqrt(parameters.gravity * flow.maxima.max_depth)
    assert (flow.maxima.max_speed <= limit * (1.0 + 1e-5)).all()
    assert (
        np.hypot(flow.speed_x, flow.speed_y) <= parameters.largest_froude * np.sqrt(9.81 * flow.depth) * 1.00001
    ).all()
    assert flow.maxima.max_speed.max() > 0.1
