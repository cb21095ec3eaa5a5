"""The grid of a built city and the level of its ground: from a raster, or synthetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject
from scipy.ndimage import gaussian_filter

from data.build.spec import GridSpec, SyntheticTerrain
from data.datum import WGS84, transform
from data.errors import InputError
from data.readers.raster_files import read_raw
from data.schema import Grid


def lay_grid(spec: GridSpec, crs: str) -> Grid:
    """The grid that holds the rectangle; its edges lie on multiples of the cell."""
    west, south, east, north = spec.bounds
    lon = np.concatenate([np.linspace(west, east, 11), np.linspace(west, east, 11), np.full(22, west)])
    lat = np.concatenate([np.full(11, south), np.full(11, north), np.linspace(south, north, 22)])
    lon[33:], cell = east, spec.cell_m
    x, y = transform(lon, lat, WGS84, crs)
    left, right = np.floor(x.min() / cell), np.ceil(x.max() / cell)
    bottom, top = np.floor(y.min() / cell), np.ceil(y.max() / cell)
    return Grid(int(top - bottom), int(right - left), cell, float(left * cell), float(top * cell), crs)


def synthetic_ground(grid: Grid, spec: SyntheticTerrain) -> np.ndarray:
    """A plane that falls towards a bearing, with random relief, float64 (rows, cols).

    z = mean - slope s + sum over the relief of height times a normal field smoothed over its length, s being the way
    from the centre towards the bearing. The relief is what makes hollows: a smoothed field of height H and
    length L has slopes of about H / (1.4 L), to be compared with the slope of the plane.
    """
    x = grid.x_centres - grid.x_centres.mean()
    y = grid.y_centres - grid.y_centres.mean()
    bearing = np.deg2rad(spec.falls_to_deg)
    along = x[None, :] * np.sin(bearing) + y[:, None] * np.cos(bearing)
    ground = spec.mean_level_m - spec.slope * along
    generator = np.random.default_rng(spec.seed)
    for length_m, height_m in spec.relief:
        field = gaussian_filter(generator.standard_normal(grid.shape), length_m / grid.cell_m, mode="reflect")
        ground += height_m * (field - field.mean()) / max(float(field.std()), 1e-12)
    return ground


def warped_ground(file: Path, grid: Grid) -> np.ndarray:
    """A terrain raster in any reference system, brought onto the grid by bilinear interpolation."""
    raw = read_raw(file)
    if raw.crs is None:
        raise InputError("the raster has no coordinate reference system", file=file, expected="a raster with one")
    ground = np.full(grid.shape, np.nan)
    reproject(
        raw.values,
        ground,
        src_transform=Affine(raw.cell_x, 0.0, raw.west, 0.0, -raw.cell_y, raw.north),
        src_crs=raw.crs,
        src_nodata=np.nan,
        dst_transform=Affine(*grid.affine),
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    if not np.isfinite(ground).any():
        raise InputError("the raster does not cover the city", file=file, place="[grid] bounds", expected="an overlap")
    return ground
