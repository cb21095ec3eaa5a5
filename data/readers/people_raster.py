"""Reads a raster of people (persons per cell, as WorldPop and GHSL have it) as points at the middle of its cells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.datum import WGS84, crs_name, is_metric, transform, utm_crs
from data.errors import InputError
from data.readers.raster_files import NETCDF, read_raw

RASTERS = (".tif", ".tiff", ".asc", ".img", *NETCDF)
_MOST_PERSONS = 5e7  # of a cell, as the schema has it; more is a no-data value that the file does not declare


def read_people_raster(path: str | Path) -> tuple[pd.DataFrame, list[str]]:
    """Cells with people: id, lon, lat (WGS84), persons and footprint_m2; and what each is called in messages.

    Cells of degrees are as large as at their own latitude. Raises InputError where the raster cannot be read, names no
    CRS, or holds negative or impossible numbers; a cell without a value holds nobody.
    """
    file = Path(path)
    raw = read_raw(file)
    if raw.crs is None:
        raise InputError("the raster has no coordinate reference system", file=file, expected="a raster with one")
    bad = np.argwhere((raw.values < 0.0) | (raw.values > _MOST_PERSONS) | np.isinf(raw.values))
    if len(bad):
        row, col = bad[0]
        raise InputError(
            "not a number of people (a no-data value that the file does not declare?)",
            file=file, place=f"row {row}, column {col} (counted from 0 in the north-west)",
            value=float(raw.values[row, col]), expected=f"persons per cell, 0 to {_MOST_PERSONS:g}",
        )  # fmt: skip
    row, col = np.nonzero(np.nan_to_num(raw.values) > 0.0)
    if not len(row):
        raise InputError("no cell has people", file=file, expected="persons per cell")
    x, y = raw.west + (col + 0.5) * raw.cell_x, raw.north - (row + 0.5) * raw.cell_y
    lon, lat = transform(x, y, raw.crs, WGS84)
    if not (np.isfinite(lon) & np.isfinite(lat)).all():
        raise InputError(
            "cells beyond the reference system", file=file, value=crs_name(raw.crs), expected="its own zone"
        )
    names = [f"row {i}, column {j}" for i, j in zip(row.tolist(), col.tolist(), strict=True)]
    frame = pd.DataFrame(
        {
            "id": [f"r{i}c{j}" for i, j in zip(row.tolist(), col.tolist(), strict=True)],
            "lon": lon, "lat": lat, "persons": raw.values[row, col],
            "footprint_m2": _area_m2(x, y, raw.cell_x, raw.cell_y, raw.crs),
        }
    )  # fmt: skip
    return frame, names


def _area_m2(x: np.ndarray, y: np.ndarray, cell_x: float, cell_y: float, crs: str) -> np.ndarray:
    """Area of each cell: its two half-diagonals through the middle, in the metric zone of the raster's middle."""
    if is_metric(crs):
        return np.full(len(x), cell_x * cell_y)
    lon, lat = transform(np.median(x)[None], np.median(y)[None], crs, WGS84)
    zone = utm_crs(float(lon[0]), float(lat[0]))
    east, west, north, south = (
        np.column_stack(transform(x + dx, y + dy, crs, zone))
        for dx, dy in ((0.5 * cell_x, 0.0), (-0.5 * cell_x, 0.0), (0.0, 0.5 * cell_y), (0.0, -0.5 * cell_y))
    )
    across, along = east - west, north - south
    return np.abs(across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0])
