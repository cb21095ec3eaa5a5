"""From the metric grid to the web map: a picture in Mercator that lies exactly over its latitude and longitude."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pyproj import Transformer

from data.schema import Grid

_LATTICE = 25  # nodes per side on which the projection is exact; between them it is linear (error below 1 cm)
_MERCATOR = "EPSG:3857"


@dataclass(frozen=True)
class MapWindow:
    """Where a picture of the grid lies and which (reduced) cell each of its pixels shows."""

    bounds: list[list[float]]  # [[south, west], [north, east]] in degrees
    factor: int  # cells per side that one reduced cell stands for
    source: np.ndarray  # flat index into the reduced raster, shape (rows, cols) of the picture; -1 outside

    def draw(self, classes: np.ndarray) -> np.ndarray:
        """A raster of classes (uint8, the grid's shape) as the picture; 0 outside. Blocks keep their largest class."""
        reduced = block_maximum(classes, self.factor)
        picture = reduced.ravel()[np.maximum(self.source, 0)]
        picture[self.source < 0] = 0
        return picture


def block_maximum(raster: np.ndarray, factor: int) -> np.ndarray:
    """Largest value of each `factor` x `factor` block; the last blocks may be smaller."""
    if factor == 1:
        return raster
    rows = np.maximum.reduceat(raster, np.arange(0, raster.shape[0], factor), axis=0)
    return np.maximum.reduceat(rows, np.arange(0, raster.shape[1], factor), axis=1)


def map_window(grid: Grid, most_pixels: int) -> MapWindow:
    """The window of a grid, no side of the picture much above `most_pixels`."""
    factor = max(1, math.ceil(max(grid.rows, grid.cols) / most_pixels))
    west, south, east, north = grid.bounds
    forward = Transformer.from_crs(grid.crs, _MERCATOR, always_xy=True)
    x0, y0, x1, y1 = forward.transform_bounds(west, south, east, north, densify_pts=_LATTICE)
    cols = math.ceil(grid.cols / factor)
    rows = max(1, round(cols * (y1 - y0) / (x1 - x0)))
    x, y = _grid_coordinates(grid, (x0, y0, x1, y1), rows, cols)
    step = grid.cell_m * factor
    col, row = np.floor((x - west) / step), np.floor((north - y) / step)
    width, height = math.ceil(grid.cols / factor), math.ceil(grid.rows / factor)
    inside = (col >= 0) & (col < width) & (row >= 0) & (row < height) & (x < east) & (y > south)
    source = np.where(inside, row * width + col, -1).astype(np.int64)
    back = Transformer.from_crs(_MERCATOR, "EPSG:4326", always_xy=True)
    (lon0, lat0), (lon1, lat1) = back.transform(x0, y0), back.transform(x1, y1)
    return MapWindow([[lat0, lon0], [lat1, lon1]], factor, source)


def _grid_coordinates(
    grid: Grid, extent: tuple[float, float, float, float], rows: int, cols: int
) -> tuple[np.ndarray, np.ndarray]:
    """X and y (m, grid's CRS) of the pixel centres of a Mercator picture, by a lattice of exact points."""
    x0, y0, x1, y1 = extent
    node = np.linspace(0.0, 1.0, _LATTICE)
    mx, my = np.meshgrid(x0 + node * (x1 - x0), y1 - node * (y1 - y0))
    gx, gy = Transformer.from_crs(_MERCATOR, grid.crs, always_xy=True).transform(mx, my)
    return _bilinear(np.asarray(gx), rows, cols), _bilinear(np.asarray(gy), rows, cols)


def _bilinear(nodes: np.ndarray, rows: int, cols: int) -> np.ndarray:
    def weights(count: int) -> np.ndarray:
        place = (np.arange(count) + 0.5) / count * (_LATTICE - 1)
        low = np.minimum(place.astype(int), _LATTICE - 2)
        w = np.zeros((count, _LATTICE))
        w[np.arange(count), low] = 1.0 - (place - low)
        w[np.arange(count), low + 1] = place - low
        return w

    return np.asarray(weights(rows) @ nodes @ weights(cols).T)
