from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label

from data.schema.grid import Grid
from hazards import StageBoundary, SurfaceFlow, barrier_crests, raise_buildings

GRID = Grid(rows=24, cols=30, cell_m=5.0, west_m=1000.0, north_m=2000.0, crs="EPSG:32648")


def _regions(crest_x: np.ndarray, crest_y: np.ndarray) -> np.ndarray:
    """Cells labelled by the regions that walls separate: cells and open faces on a doubled raster."""
    rows, cols = crest_y.shape[0] - 1, crest_x.shape[1] - 1
    lattice = np.zeros((2 * rows - 1, 2 * cols - 1), bool)
    lattice[::2, ::2] = True
    lattice[::2, 1::2] = np.isneginf(crest_x[:, 1:-1])
    lattice[1::2, ::2] = np.isneginf(crest_y[1:-1])
    return label(lattice)[0][::2, ::2]


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 6.28), st.floats(25.0, 45.0), st.integers(3, 9))
def test_a_closed_wall_of_any_shape_holds_water(turn: float, radius: float, corners: int) -> None:
    """A ring at any angle parts its centre from the rest of the raster: no diagonal leak."""
    angle = turn + np.append(np.arange(corners), 0) * 2.0 * np.pi / corners
    x, y = 1075.0 + radius * np.cos(angle), 1940.0 + radius * np.sin(angle)
    x[-1], y[-1] = x[0], y[0]
    region = _regions(*barrier_crests(GRID, [(x, y, 3.0)]))
    assert region[12, 15] != region[0, 0]
    assert (region[0] == region[0, 0]).all()
    assert (region[:, -1] == region[0, 0]).all()


def test_a_diagonal_wall_across_the_raster_keeps_the_far_side_dry() -> None:
    crest_x, crest_y = barrier_crests(GRID, [(np.array([1000.0, 1150.0]), np.array([2000.0, 1880.0]), np.inf)])
    depth = np.where(
        GRID.x_centres[None] - 1000.0 > (2000.0 - GRID.y_centres[:, None]) * 150.0 / 120.0 + 20.0, 1.0, 0.0
    )
    flow = SurfaceFlow(np.zeros(GRID.shape), GRID.cell_m, 0.03, initial_depth=depth, crest_x=crest_x, crest_y=crest_y)
    flow.advance(600.0)
    south_west = GRID.x_centres[None] - 1000.0 < (2000.0 - GRID.y_centres[:, None]) * 150.0 / 120.0 - 20.0
    assert flow.depth[south_west].max() == 0.0
    assert flow.book.continuity_error < 1e-7


def test_crests_fall_along_a_line_and_the_higher_wall_holds() -> None:
    line = np.array([1010.0, 1060.0]), np.array([1950.0, 1950.0])
    _, crest_y = barrier_crests(GRID, [(*line, np.array([10.0, 20.0])), (*line, 12.0)])
    wall = crest_y[10, 2:12]
    assert wall == pytest.approx(np.maximum(10.5 + np.arange(10), 12.0))
    assert np.isneginf(np.delete(crest_y[10], np.arange(2, 12))).all()


def test_parts_of_a_line_outside_the_raster_are_left_out() -> None:
    crest_x, crest_y = barrier_crests(GRID, [(np.array([900.0, 1300.0]), np.array([1950.0, 1950.0]), 2.0)])
    assert np.isfinite(crest_y[10]).all()
    assert np.isneginf(crest_x).all()


def test_wall_is_overtopped_only_above_its_crest() -> None:
    """Two basins of 10 cells: with 1.2 m behind a crest of 1 m, 0.2 m of the first basin goes over."""
    crest = np.full((3, 21), -np.inf)
    crest[:, 10] = 1.0
    depth = np.where(np.arange(20) < 10, 1.2, 0.0) * np.ones((3, 1))
    flow = SurfaceFlow(np.zeros((3, 20)), 5.0, 0.03, initial_depth=depth, crest_x=crest)
    flow.advance(20_000.0)
    assert flow.depth[1, :10].mean() == pytest.approx(1.0, abs=2e-3)
    assert flow.depth[1, 10:].mean() == pytest.approx(0.2, abs=2e-3)


def test_flow_over_a_crest_is_that_of_a_weir() -> None:
    """Free overfall with a held stage 0.2 m above the crest: 1.705 * 0.2^1.5 m2/s, to 0.1 %."""
    bed = np.where(np.arange(12) < 8, 0.0, -5.0) * np.ones((3, 1))
    crest = np.full((3, 13), -np.inf)
    crest[:, 8] = 1.0
    rows, cols = np.mgrid[0:3, 0:8]
    stage = StageBoundary((rows.ravel(), cols.ravel()), [0.0], [1.2])
    flow = SurfaceFlow(bed, 10.0, 0.03, stages=[stage], crest_x=crest)
    flow.advance(30.0)
    assert flow.flow_x[1, 8] == pytest.approx(1.705 * 0.2**1.5, rel=1e-3)


def test_buildings_stand_above_the_street() -> None:
    bed = np.full((3, 3), 500.0)
    house = np.zeros((3, 3), bool)
    house[1, 1] = True
    raised = raise_buildings(bed, house, 3.0)
    assert raised[1, 1] == 503.0
    assert raised.sum() == 9 * 500.0 + 3.0
    with pytest.raises(ValueError, match="height_m"):
        raise_buildings(bed, house, 0.0)


@pytest.mark.parametrize(("crest", "message"), [(np.zeros((3, 3)), "shape"), (np.full((3, 4), np.nan), "NaN")])
def test_bad_crests_are_refused(crest: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SurfaceFlow(np.zeros((3, 3)), 1.0, 0.03, crest_x=crest)
