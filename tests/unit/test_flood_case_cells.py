"""Which cells the points, lines and polygons of a flood case mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from data.flood_case.cells import is_outside, line_cells, point_cells, polygon_cells
from data.schema import Grid

GRID = Grid(rows=6, cols=8, cell_m=5.0, west_m=100.0, north_m=230.0, crs="EPSG:27700")


def _pairs(cells: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, int]]:
    return list(zip(cells[0].tolist(), cells[1].tolist(), strict=True))


def test_line_along_the_border_means_the_cells_beside_it_and_no_more() -> None:
    assert _pairs(line_cells(GRID, ((100.0, 205.0), (100.0, 225.0)))) == [(1, 0), (2, 0), (3, 0), (4, 0)]
    assert _pairs(line_cells(GRID, ((140.0, 205.0), (140.0, 225.0)))) == [(1, 7), (2, 7), (3, 7), (4, 7)]
    assert _pairs(line_cells(GRID, ((105.0, 200.0), (115.0, 200.0)))) == [(5, 1), (5, 2)]


def test_point_on_the_outer_border_belongs_inside() -> None:
    assert _pairs(point_cells(GRID, ((140.0, 200.0),))) == [(5, 7)]
    assert _pairs(point_cells(GRID, ((100.0, 230.0),))) == [(0, 0)]
    assert _pairs(point_cells(GRID, ((140.1, 200.0),))) == []


def test_polygon_means_the_cells_whose_centres_it_holds() -> None:
    assert _pairs(polygon_cells(GRID, ((101, 229), (111, 229), (111, 221), (101, 221)))) == [
        (0, 0),
        (0, 1),
        (1, 0),
        (1, 1),
    ]


def test_outside_names_the_first_point_beyond_the_grid() -> None:
    assert is_outside(GRID, ((100.0, 200.0), (140.0, 230.0))) is None
    assert is_outside(GRID, ((120.0, 210.0), (140.2, 210.0), (99.0, 210.0))) == (140.2, 210.0)


_x = st.floats(100.0, 140.0, allow_nan=False)
_y = st.floats(200.0, 230.0, allow_nan=False)


@given(st.lists(st.tuples(_x, _y), min_size=2, max_size=4))
def test_line_cells_are_those_it_crosses_over_some_length(points: list[tuple[float, float]]) -> None:
    """Against shapely: cells crossed over more than a micrometre are found, cells not touched at all are not."""
    line = LineString(points)
    found = set(_pairs(line_cells(GRID, tuple(points))))
    for row in range(GRID.rows):
        for col in range(GRID.cols):
            west, north = GRID.west_m + col * 5.0, GRID.north_m - row * 5.0
            interior = box(west + 1e-6, north - 5.0 + 1e-6, west + 5.0 - 1e-6, north - 1e-6)
            if line.intersection(interior).length > 1e-5:
                assert (row, col) in found
            if not line.intersects(box(west, north - 5.0, west + 5.0, north)):
                assert (row, col) not in found


@pytest.mark.parametrize("point", [(120.0, 215.0)])
def test_line_without_length_means_no_cell(point: tuple[float, float]) -> None:
    assert _pairs(line_cells(GRID, (point, point))) == []
