"""Gauges and rain grids on the model grid."""

from __future__ import annotations

import numpy as np
import pytest

from data.schema import Grid
from hazards.rain_zones import InverseDistance, common_intervals, gauge_rain, gridded_rain, uniform_rain

GRID = Grid(rows=30, cols=40, cell_m=10.0, west_m=1000.0, north_m=5000.0, crs="EPSG:32648")
EDGES = np.array([0.0, 300.0, 900.0])


def _field(rain, time_s=0.0):
    return rain.rate_m_s(time_s)[rain.zone]


def test_each_cell_takes_its_nearest_gauge() -> None:
    generator = np.random.default_rng(3)
    x, y = generator.uniform(900, 1500, 7), generator.uniform(4600, 5100, 7)
    rain = gauge_rain(GRID, x, y, EDGES, generator.uniform(0, 1e-5, (2, 7)))
    xx, yy = np.meshgrid(GRID.x_centres, GRID.y_centres)
    brute = np.argmin(np.hypot(xx[..., None] - x, yy[..., None] - y), axis=2)
    np.testing.assert_array_equal(rain.zone, brute)
    assert rain.zone.dtype == np.uint16
    assert rain.zones == 7


def test_the_north_gauge_rains_on_the_first_rows() -> None:
    rain = gauge_rain(GRID, [1200.0, 1200.0], [5000.0, 4700.0], EDGES, [[1e-5, 0.0], [0.0, 0.0]])
    field = _field(rain)
    assert np.all(field[:15] == 1e-5)
    assert np.all(field[15:] == 0.0)


def test_inverse_distance_by_hand() -> None:
    """One block of 30 x 40 cells, its centre (1200, 4850), gauges 100 m and 200 m away: weights 4/5 and 1/5."""
    rain = gauge_rain(GRID, [1300.0, 1200.0], [4850.0, 4650.0], EDGES, [[1e-5, 2e-5], [0, 0]], InverseDistance(2.0, 40))
    assert rain.zones == 1
    assert rain.rate_m_s(0.0)[0] == pytest.approx(0.8e-5 + 0.2 * 2e-5, rel=1e-14)


def test_inverse_distance_stays_between_the_gauges_and_meets_them() -> None:
    """A gauge at a block's centre gives that block its own rate (others weigh (1 mm / distance)^2 < 1e-9)."""
    x, y = np.array([1025.0, 1375.0]), np.array([4975.0, 4725.0])  # centres of the first and last block of 5 cells
    rain = gauge_rain(GRID, x, y, EDGES, [[1e-5, 3e-5], [2e-5, 2e-5]], InverseDistance(2.0, 5))
    field = _field(rain)
    assert field[0, 0] == pytest.approx(1e-5, rel=1e-8)
    assert field[-1, -1] == pytest.approx(3e-5, rel=1e-8)
    assert field.min() >= 1e-5
    assert field.max() <= 3e-5
    assert np.all(np.diff(field[2]) >= -1e-20)  # rising towards the wetter gauge along a row
    np.testing.assert_allclose(_field(rain, 400.0), 2e-5, rtol=1e-14)


def test_rain_grid_by_nearest_centre_in_any_order() -> None:
    x, y = np.array([1350.0, 1050.0, 1150.0]), np.array([4750.0, 4950.0])  # neither sorted
    rates = np.arange(12, dtype=float).reshape(2, 2, 3) * 1e-6
    rain = gridded_rain(GRID, x, y, EDGES, rates)
    for time_s, layer in ((0.0, rates[0]), (300.0, rates[1])):
        row = np.argmin(np.abs(GRID.y_centres[:, None] - y), axis=1)
        col = np.argmin(np.abs(GRID.x_centres[:, None] - x), axis=1)
        np.testing.assert_array_equal(_field(rain, time_s), layer[row][:, col])
    assert rain.zones == 6


def test_unused_rain_cells_are_dropped() -> None:
    x, y = 1000.0 * np.arange(100) + 500.0, 1000.0 * np.arange(100) + 500.0
    rates = np.zeros((1, 100, 100))
    rates[0, 4, 1] = 1e-5
    rain = gridded_rain(GRID, x, y, [0.0, 60.0], rates)
    assert rain.zones == 1
    assert rain.rate_m_s(0.0).tolist() == [1e-5]


def test_series_of_different_steps_share_their_edges() -> None:
    edges, rates = common_intervals(
        [(np.array([0.0, 300.0, 600.0]), np.array([1.0, 2.0])), (np.array([200.0, 400.0]), np.array([5.0]))]
    )
    assert edges.tolist() == [0.0, 200.0, 300.0, 400.0, 600.0]
    assert rates.tolist() == [[1.0, 0.0], [1.0, 5.0], [2.0, 5.0], [2.0, 0.0]]


def test_uniform_rain_has_no_zone_map() -> None:
    rain = uniform_rain(EDGES, np.array([1e-5, 2e-5]))
    assert rain.zone is None
    assert rain.rate_m_s(300.0).tolist() == [2e-5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gauge_rain(GRID, [1.0], [1.0], EDGES, np.zeros((2, 2))), "one column per gauge"),
        (lambda: gauge_rain(GRID, [np.nan], [1.0], EDGES, np.zeros((2, 1))), "finite"),
        (lambda: gridded_rain(GRID, np.zeros(2), np.zeros(3), EDGES, np.zeros((2, 2, 3))), "must be"),
        (lambda: InverseDistance(power=0.0), "power"),
        (lambda: InverseDistance(block_cells=0), "block_cells"),
        (
            lambda: gauge_rain(
                Grid(300, 300, 1.0, 0.0, 0.0, "EPSG:32648"),
                [1.0],
                [1.0],
                EDGES,
                np.zeros((2, 1)),
                InverseDistance(2, 1),
            ),
            "at most 65536",
        ),
    ],
)
def test_bad_rain_is_refused(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
