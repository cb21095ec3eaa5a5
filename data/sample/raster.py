"""Vectors to cells and cells to values at points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import map_coordinates

from data.schema import Grid

Sampler = Callable[[np.ndarray, np.ndarray], np.ndarray]


def burn(grid: Grid, geometries: list[shapely.Geometry]) -> np.ndarray:
    """Cells whose centre lies in one of the geometries, bool (rows, cols)."""
    if not geometries:
        return np.zeros(grid.shape, bool)
    return rasterize(geometries, out_shape=grid.shape, transform=Affine(*grid.affine), dtype="uint8").astype(bool)


def sampler(grid: Grid, field: np.ndarray) -> Sampler:
    """A function of x and y that interpolates a raster linearly and holds its edge values outside."""

    def at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        row = (grid.north_m - np.asarray(y)) / grid.cell_m - 0.5
        col = (np.asarray(x) - grid.west_m) / grid.cell_m - 0.5
        return map_coordinates(field, [row, col], order=1, mode="nearest")

    return at
