"""Opens raster files of each format as one plain thing: values, corner, cell sizes, CRS."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import xarray as xr
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from data.datum import is_crs
from data.errors import InputError

NETCDF = (".nc", ".nc4", ".cdf")
_MOST_CELLS = 2_000_000_000  # more is a damaged header, not a city
_SQUARE = 1e-6  # relative difference of cell width and height that is rounding


@dataclass(frozen=True)
class RawRaster:
    """A north-up raster as the file has it: float64, NaN for no-data."""

    values: np.ndarray
    west: float
    north: float
    cell_x: float
    cell_y: float
    crs: str | None  # WKT or authority code


def read_raw(file: Path) -> RawRaster:
    """The single band of a GeoTIFF or ESRI ASCII file, or the single 2-D variable of a NetCDF file."""
    if not file.is_file():
        raise InputError("no such file", file=file, expected="a raster: GeoTIFF, ESRI ASCII or NetCDF")
    if file.stat().st_size == 0:
        raise InputError("empty file", file=file, expected="a raster: GeoTIFF, ESRI ASCII or NetCDF")
    raw = _netcdf(file) if file.suffix.lower() in NETCDF else _rasterio(file)
    if not abs(raw.cell_x - raw.cell_y) <= _SQUARE * abs(raw.cell_x):
        raise InputError(
            "cells are not square",
            file=file,
            value=f"{raw.cell_x:g} x {raw.cell_y:g}",
            expected="cells as wide as high (gdalwarp -tr 10 10)",
        )
    return raw


def _rasterio(file: Path) -> RawRaster:
    # GDAL reads ESRI ASCII as float32 unless told; levels of 500 m would lose 0.03 mm
    options = {"DATATYPE": "Float64"} if file.suffix.lower() == ".asc" else {}
    try:
        with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED="NO"):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(file, **options) as source:
                _check_header(file, source)
                values = source.read(1, masked=True).astype(np.float64).filled(np.nan)
                affine, crs = source.transform, source.crs
    except (RasterioError, OSError, ValueError) as error:
        raise _damaged(file, error) from None
    authority = crs.to_authority() if crs else None  # GDAL knows older dialects of WKT better than PROJ
    name = ":".join(authority) if authority else crs.to_wkt() if crs else None
    return RawRaster(values, affine.c, affine.f, affine.a, -affine.e, name)


def _check_header(file: Path, source: rasterio.DatasetReader) -> None:
    affine = source.transform
    if source.count != 1:
        raise InputError("raster with several bands", file=file, value=source.count, expected="one band")
    if affine.is_identity:
        raise InputError("raster without a place", file=file, expected="a corner and a cell size in the file")
    if affine.b != 0.0 or affine.d != 0.0 or affine.a <= 0.0 or affine.e >= 0.0:
        raise InputError(
            "raster is not north-up",
            file=file,
            value=tuple(affine)[:6],
            expected="rows from north to south, columns from west to east (gdalwarp straightens it)",
        )
    cells = source.width * source.height
    # each cell of an ESRI ASCII file takes a digit and a blank at least
    short = cells > _MOST_CELLS or (source.driver == "AAIGrid" and file.stat().st_size < 2 * cells - 1)
    if short or (source.driver == "AAIGrid" and _count_values(file) != cells):
        raise InputError(
            "file shorter or longer than its header says (truncated?)",
            file=file,
            value=f"{file.stat().st_size} bytes" if short else f"{_count_values(file)} values",
            expected=f"{source.height} rows x {source.width} columns",
        )


def _count_values(file: Path) -> int:
    """How many values stand below the header of an ESRI ASCII file; GDAL fills in zeros where some are missing."""
    count, inside = 0, False
    with file.open("rb") as stream:
        while True:
            line_start = stream.tell()
            line = stream.readline(4096)
            if not line[:1].isalpha():
                break
        stream.seek(line_start)
        while chunk := stream.read(1 << 24):
            blank = np.frombuffer(chunk, np.uint8) <= ord(" ")
            starts = ~blank & np.concatenate([[not inside], blank[:-1]])
            count += int(starts.sum())
            inside = not blank[-1]
    return count


def _netcdf(file: Path) -> RawRaster:
    try:
        with xr.open_dataset(file, decode_times=False) as data:
            names = [str(n) for n, v in data.data_vars.items() if v.ndim == 2 and v.dtype.kind in "fiu"]
            if len(names) != 1:
                raise InputError(
                    "not one raster", file=file, value=names, expected="exactly one numeric variable over y and x"
                )
            variable = data[names[0]]
            x, y, flipped = axes_of(file, variable)
            values = variable.to_numpy().astype(np.float64)
            crs = netcdf_crs(data, variable)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise _damaged(file, error) from None
    if flipped:
        values = values[::-1]
    cell_x, cell_y = spacing(file, x, "x"), spacing(file, y, "y")
    return RawRaster(np.ascontiguousarray(values), x[0] - 0.5 * cell_x, y.max() + 0.5 * cell_y, cell_x, cell_y, crs)


def axes_of(file: Path, variable: xr.DataArray) -> tuple[np.ndarray, np.ndarray, bool]:
    """(x, y from north to south, whether the file counts from the south) of a variable whose last axes are y, x."""
    y_name, x_name = (str(name) for name in variable.dims[-2:])
    for name in (y_name, x_name):
        if name not in variable.coords:
            raise InputError("axis without coordinates", file=file, place=name, expected="cell centres in metres")
    if y_name.lower() in ("x", "lon", "longitude", "easting"):
        raise InputError("axes in the order x, y", file=file, value=variable.dims, expected="the order y, x")
    x, y = (variable.coords[name].to_numpy().astype(np.float64) for name in (x_name, y_name))
    flipped = len(y) > 1 and y[1] > y[0]
    return x, y[::-1] if flipped else y, flipped


def spacing(file: Path, axis: np.ndarray, name: str) -> float:
    """The common distance of the coordinates of an axis."""
    steps = np.abs(np.diff(axis))
    even = len(steps) > 0 and steps[0] > 0.0 and bool(np.all(np.abs(steps - steps.mean()) < 1e-3 * steps.mean()))
    rising = bool(np.all(np.diff(axis) > 0.0) or np.all(np.diff(axis) < 0.0))
    if not (even and rising) or (name == "x" and axis[1] < axis[0]):
        raise InputError("uneven axis", file=file, place=name, expected="two or more cell centres at equal distances")
    return float(abs(axis[-1] - axis[0]) / (len(axis) - 1))


def netcdf_crs(data: xr.Dataset, variable: xr.DataArray) -> str | None:
    """The CRS by the CF grid mapping of a variable, where the file has one."""
    mapping = variable.attrs.get("grid_mapping") or variable.encoding.get("grid_mapping")
    holder = data.variables.get(mapping) if mapping else None
    places = [holder.attrs] if holder is not None else []
    for attributes in [*places, data.attrs]:
        for key in ("crs_wkt", "spatial_ref", "crs"):
            text = attributes.get(key)
            if isinstance(text, str) and text and is_crs(text):
                return text
    return None


def _damaged(file: Path, error: Exception) -> InputError:
    return InputError(
        f"not a readable raster (damaged or truncated): {str(error) or type(error).__name__}",
        file=file,
        expected="a raster: GeoTIFF, ESRI ASCII or NetCDF",
    )
