"""The raster grid: square cells in a metric projected CRS, row 0 in the north, column 0 in the west."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Grid:
    """Where a raster lies. Every raster of a city shares one."""

    rows: int
    cols: int
    cell_m: float
    west_m: float  # x of the outer west edge
    north_m: float  # y of the outer north edge
    crs: str  # e.g. "EPSG:32648"; metric

    def __post_init__(self) -> None:
        if self.rows < 1 or self.cols < 1:
            raise ValueError(f"grid of {self.rows} x {self.cols} cells; both must be at least 1")
        if not self.cell_m > 0.0:
            raise ValueError(f"cell_m(={self.cell_m}) must be > 0")

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.cols

    @property
    def cells(self) -> int:
        return self.rows * self.cols

    @property
    def cell_area_m2(self) -> float:
        return self.cell_m * self.cell_m

    @property
    def east_m(self) -> float:
        return self.west_m + self.cols * self.cell_m

    @property
    def south_m(self) -> float:
        return self.north_m - self.rows * self.cell_m

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """(west, south, east, north) in metres."""
        return self.west_m, self.south_m, self.east_m, self.north_m

    @property
    def x_centres(self) -> np.ndarray:
        """Cell centres west to east: x in metres, shape (cols,)."""
        return self.west_m + (np.arange(self.cols) + 0.5) * self.cell_m

    @property
    def y_centres(self) -> np.ndarray:
        """Cell centres north to south: y in metres, shape (rows,)."""
        return self.north_m - (np.arange(self.rows) + 0.5) * self.cell_m

    @property
    def affine(self) -> tuple[float, float, float, float, float, float]:
        """Coefficients (a, b, c, d, e, f) of the affine transform that rasterio uses."""
        return self.cell_m, 0.0, self.west_m, 0.0, -self.cell_m, self.north_m

    def cell_of(self, x_m: np.ndarray | float, y_m: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """(row, col) of the cells that hold the points; (-1, -1) for a point outside."""
        col = np.floor((np.asarray(x_m, float) - self.west_m) / self.cell_m)
        row = np.floor((self.north_m - np.asarray(y_m, float)) / self.cell_m)
        inside = (col >= 0) & (col < self.cols) & (row >= 0) & (row < self.rows)
        return (
            np.where(inside, row, -1).astype(np.int64),
            np.where(inside, col, -1).astype(np.int64),
        )
