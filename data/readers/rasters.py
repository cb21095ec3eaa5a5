"""Reads rasters: GeoTIFF and ESRI ASCII through rasterio, NetCDF through xarray; checks grid and values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.fill import fillnodata
from scipy import ndimage

from data.datum import WGS84, crs_name, is_metric, same_crs, transform, utm_crs
from data.errors import InputError
from data.readers.raster_files import RawRaster, read_raw
from data.readers.report import Report
from data.schema import TERRAIN, Field, Grid

_SAME_PLACE = 1e-3  # of a cell: rounding of corners that programs write into headers


@dataclass(frozen=True)
class Terrain:
    """Bed level on its grid: float64, NaN outside the domain."""

    grid: Grid
    level_m: np.ndarray


def read_terrain(
    path: str | Path, *, crs: str | None = None, fill_holes: bool = False, report: Report | None = None
) -> Terrain:
    """The terrain raster, which sets the grid.

    `crs` names the coordinate reference system of a file that carries none. NaN that reaches the border is
    outside the domain; NaN inside is an error, or filled by inverse-distance weights with `fill_holes`.
    """
    report = report or Report()
    mark = report.mark()
    terrain = load_terrain(Path(path), crs, fill_holes, report)
    report.stop_since(mark)
    return terrain


def load_terrain(file: Path, crs: str | None, fill_holes: bool, report: Report) -> Terrain:
    """The same for a collecting report: with bad values told, so that other layers can still be checked on its grid."""
    raw = read_raw(file)
    grid = _grid(file, raw, crs, report)
    level = raw.values
    _check_values(file, level, TERRAIN, report)
    if not np.isfinite(level).any():
        report.error("no cell has a value", file=file, expected="bed levels in metres")
        return Terrain(grid, level)
    hole = _holes(level)
    if hole.any() and fill_holes:
        level = fillnodata(level.copy(), mask=~np.isnan(level), max_search_distance=float(max(level.shape)))
        level[np.isnan(raw.values) & ~hole] = np.nan
        report.warn("holes filled", file=file, value=f"{int(hole.sum())} cells", remedy="check them on a map")
    elif hole.any():
        _tell_holes(file, hole, report)
    return Terrain(grid, level)


def read_matching(
    path: str | Path, grid: Grid, field: Field, domain: np.ndarray, *, report: Report | None = None
) -> np.ndarray:
    """A raster on the terrain's grid (land cover, Manning, initial depth): float64, NaN where it has no value.

    `domain` is true where the terrain has a level; there a value is needed, in the range of `field`.
    """
    report = report or Report()
    mark = report.mark()
    file = Path(path)
    raw = read_raw(file)
    if raw.values.shape != grid.shape:
        raise InputError(
            "raster of another size than the terrain",
            file=file,
            value=_shape(raw.values.shape),
            expected=f"{_shape(grid.shape)} cells as the terrain has",
        )
    _check_place(file, raw, grid, report)
    values = np.where(domain, raw.values, np.nan)
    _check_values(file, values, field, report)
    missing = domain & np.isnan(values)
    if missing.any():
        row, col = np.argwhere(missing)[0]
        report.error(
            "no value within the domain",
            file=file,
            place=cell_place(row, col),
            value=f"{int(missing.sum())} cells",
            expected=f"{field.meaning.lower()} in each cell that has terrain",
        )
    report.stop_since(mark)
    return values


def cell_place(row: int, col: int) -> str:
    """A cell as messages name it."""
    return f"row {row}, column {col} (counted from 0 in the north-west)"


def _grid(file: Path, raw: RawRaster, crs: str | None, report: Report) -> Grid:
    named = raw.crs or crs
    if named is None:
        raise InputError(
            "the file has no coordinate reference system", file=file, place="crs", expected='crs = "EPSG:..."'
        )
    if raw.crs and crs and not same_crs(raw.crs, crs):
        report.error("crs differs from the file's own", file=file, place="crs", value=crs, expected=crs_name(raw.crs))
    if not is_metric(named):
        raise _not_metric(file, raw, named)
    rows, cols = raw.values.shape
    return Grid(rows, cols, raw.cell_x, raw.west, raw.north, crs_name(named))


def _not_metric(file: Path, raw: RawRaster, crs: str) -> InputError:
    rows, cols = raw.values.shape
    x, y = raw.west + 0.5 * cols * raw.cell_x, raw.north - 0.5 * rows * raw.cell_y
    lon, lat = transform(np.array([x]), np.array([y]), crs, WGS84)
    known = np.isfinite(lon[0]) and abs(lon[0]) <= 180.0 and abs(lat[0]) <= 90.0
    better = utm_crs(float(lon[0]), float(lat[0])) if known else "a UTM zone"
    return InputError(
        "the coordinate reference system is not metric",
        file=file,
        place="crs",
        value=crs_name(crs),
        expected=f"the raster reprojected to a metric CRS, such as {better} (gdalwarp -t_srs {better} in.tif out.tif)",
    )


def _check_place(file: Path, raw: RawRaster, grid: Grid, report: Report) -> None:
    if raw.crs and not same_crs(raw.crs, grid.crs):
        report.error("raster in another CRS than the terrain", file=file, value=crs_name(raw.crs), expected=grid.crs)
        return
    off = max(abs(raw.west - grid.west_m), abs(raw.north - grid.north_m), abs(raw.cell_x - grid.cell_m) * grid.cols)
    if off > _SAME_PLACE * grid.cell_m:
        found = f"west {raw.west:.3f}, north {raw.north:.3f}, cell {raw.cell_x:g} m"
        expected = f"west {grid.west_m:.3f}, north {grid.north_m:.3f}, cell {grid.cell_m:g} m as the terrain has"
        report.error("raster lies elsewhere than the terrain", file=file, value=found, expected=expected)


def _check_values(file: Path, values: np.ndarray, field: Field, report: Report) -> None:
    with np.errstate(invalid="ignore"):
        checks = [(np.isinf(values), "infinite value")]
        if field.minimum is not None:
            checks.append((values < field.minimum, "value below the range (an undeclared no-data value?)"))
        if field.maximum is not None:
            checks.append((values > field.maximum, "value above the range (an undeclared no-data value?)"))
    for bad, message in checks:
        if bad.any():
            row, col = np.argwhere(bad)[0]
            more = f", and {int(bad.sum()) - 1} more cells" if bad.sum() > 1 else ""
            place = cell_place(row, col) + more
            value = float(values[row, col])
            report.error(message, file=file, place=place, value=value, expected=field.describe_range())


def _holes(level: np.ndarray) -> np.ndarray:
    """Cells without a level that do not hang together with the border (8 neighbours)."""
    missing = np.isnan(level)
    if not missing.any():
        return missing
    labels, count = ndimage.label(missing, structure=np.ones((3, 3), int))
    outside = np.zeros(count + 1, bool)
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        outside[np.unique(side)] = True
    outside[0] = True
    return ~outside[labels]


def _tell_holes(file: Path, hole: np.ndarray, report: Report) -> None:
    row, col = np.argwhere(hole)[0]
    report.error(
        "hole in the terrain",
        file=file,
        place=cell_place(row, col),
        value=f"NaN or no-data in {int(hole.sum())} cells inside the domain",
        expected="a level in each cell, or fill_holes = true in [terrain]",
    )


def _shape(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} rows x {shape[1]} columns"
