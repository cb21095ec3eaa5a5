"""Reads gridded rain: a NetCDF file with one rain rate over time, y, x (projected or in degrees)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from data.datum import WGS84, crs_name, is_metric, same_crs, transform
from data.errors import InputError
from data.readers.raster_files import axes_of, netcdf_crs, spacing
from data.readers.report import Report
from data.readers.series import check_times
from data.schema import RAIN_RATE, Grid
from data.units import mm_h_to_m_s

_TO_MM_H = {
    "mm/h": 1.0, "mm h-1": 1.0, "mm/hr": 1.0, "mm hr-1": 1.0, "mm h**-1": 1.0,
    "m s-1": 3.6e6, "m/s": 3.6e6, "mm s-1": 3600.0, "mm/s": 3600.0, "kg m-2 s-1": 3600.0,
}  # fmt: skip
TO_SECONDS = {"s": 1.0, "second": 1.0, "min": 60.0, "minute": 60.0, "h": 3600.0, "hour": 3600.0, "day": 86400.0}
_FINEST = 400  # most columns and rows that rain in degrees is laid on


@dataclass(frozen=True, eq=False)
class RainGrid:
    """Rain cells in the CRS of the terrain: interval i from edges_s[i] to edges_s[i + 1] has rates_m_s[i]."""

    x_m: np.ndarray  # (nx,) centres, west to east
    y_m: np.ndarray  # (ny,) centres, north to south
    edges_s: np.ndarray  # (intervals + 1,)
    rates_m_s: np.ndarray  # (intervals, ny, nx)


def read_rain_grid(path: str | Path, grid: Grid, *, report: Report | None = None) -> RainGrid:
    """The rain of a NetCDF file over the terrain. It must cover the terrain; each rate holds until the next time.

    Times are seconds, minutes, hours or days; with "since DATE" the first time is the start of the run. The last
    rate lasts as long as the one before. Rain in degrees is laid on a metric grid of half its cell size by the
    nearest cell. Raises InputError.
    """
    report = report or Report()
    mark = report.mark()
    file = Path(path)
    if not file.is_file():
        raise InputError("no such file", file=file, expected="a NetCDF file with a rain rate over time, y, x")
    rate, x, y, time_s, crs = _read(file)
    check_rates(file, rate, time_s, report)
    check_times(time_s, file, [f"time {k}" for k in range(len(time_s))], report)
    report.stop_since(mark)
    if crs is None or same_crs(crs, grid.crs):
        check_cover(file, x, y, grid)
        x_m, y_m = x, y
    else:
        rows, cols, x_m, y_m = laid_on(file, x, y, crs, grid)
        rate = rate[:, rows, cols]
    step_s = time_s[-1] - time_s[-2] if len(time_s) > 1 else 3600.0
    return RainGrid(x_m, y_m, np.append(time_s, time_s[-1] + step_s), mm_h_to_m_s(rate))


def _read(file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, str | None]:
    try:
        with xr.open_dataset(file, decode_times=False) as data:
            names = [str(n) for n, v in data.data_vars.items() if v.ndim == 3 and v.dtype.kind in "fiu"]
            if len(names) != 1:
                raise InputError(
                    "not one rain field",
                    file=file,
                    value=names,
                    expected="exactly one numeric variable over time, y, x",
                )
            variable = data[names[0]]
            if 0 in variable.shape:
                raise InputError("empty rain field", file=file, place=names[0], value=variable.shape)
            x, y, flipped = axes_of(file, variable)
            rate = variable.to_numpy().astype(np.float64) * rate_factor(file, variable)
            time_s = _seconds(file, data, str(variable.dims[0]))
            crs = netcdf_crs(data, variable) or (WGS84 if in_degrees(data, variable) else None)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError(
            f"not a readable NetCDF file (damaged or truncated): {str(error) or type(error).__name__}",
            file=file,
            expected="a NetCDF file with a rain rate over time, y, x",
        ) from None
    return (rate[:, ::-1] if flipped else rate), x, y, time_s, crs


def rate_factor(file: Path, variable: xr.DataArray) -> float:
    """What makes the values of a rain field mm/h, by its units."""
    units = str(variable.attrs.get("units", "")).strip()
    if units not in _TO_MM_H:
        raise InputError(
            "unknown unit of rain", file=file, place=f"{variable.name}:units", value=units, expected=", ".join(_TO_MM_H)
        )
    return _TO_MM_H[units]


def _seconds(file: Path, data: xr.Dataset, name: str) -> np.ndarray:
    if name not in data.coords:
        raise InputError("no times", file=file, place=name, expected="a coordinate with the start of each interval")
    time = data.coords[name]
    units = str(time.attrs.get("units", ""))
    match = re.fullmatch(r"\s*([a-z]+?)s?(\s+since\s+.+)?\s*", units)
    factor = TO_SECONDS.get(match[1] if match and match[1] else units.strip())
    if match is None or factor is None:
        raise InputError(
            "unknown unit of time", file=file, place=f"{name}:units", value=units, expected="hours since ..."
        )
    seconds = time.to_numpy().astype(np.float64) * factor
    return seconds - seconds[0] if match[2] else seconds


def in_degrees(data: xr.Dataset, variable: xr.DataArray) -> bool:
    """Whether the last two axes of a variable are longitude and latitude."""
    names = [str(name) for name in variable.dims[-2:]]
    return any(
        str(data.coords[name].attrs.get("units", "")).startswith("degree") for name in names if name in data.coords
    )


def check_rates(file: Path, rate: np.ndarray, time_s: np.ndarray, report: Report) -> None:
    """Tell rates (times, rows, cols; mm/h) that are no number, negative or above the range."""
    with np.errstate(invalid="ignore"):
        checks = (
            (~np.isfinite(rate), "rain that is no number"),
            (rate < 0.0, "negative rain"),
            (rate > float(RAIN_RATE.maximum or np.inf), "rain above the range"),
        )
    for bad, message in checks:
        if bad.any():
            k, row, col = np.argwhere(bad)[0]
            place = f"time {k} ({time_s[k]:g} s), row {row}, column {col} (from 0 in the north-west)"
            more = f"{place}, and {int(bad.sum()) - 1} more" if bad.sum() > 1 else place
            value = float(rate[k, row, col])
            report.error(message, file=file, place=more, value=value, expected=RAIN_RATE.describe_range())


def check_cover(file: Path, x: np.ndarray, y: np.ndarray, grid: Grid) -> None:
    """Raise InputError where rain in the CRS of the grid leaves part of it without."""
    half_x, half_y = 0.5 * spacing(file, x, "x"), 0.5 * spacing(file, y, "y")
    west, south, east, north = x[0] - half_x, y[-1] - half_y, x[-1] + half_x, y[0] + half_y
    slack = 1e-3 * grid.cell_m
    if (
        west > grid.west_m + slack
        or east < grid.east_m - slack
        or south > grid.south_m + slack
        or north < grid.north_m - slack
    ):
        raise _not_covering(file, f"{west:.0f}, {south:.0f}, {east:.0f}, {north:.0f}", grid)


def laid_on(
    file: Path, x: np.ndarray, y: np.ndarray, crs: str, grid: Grid
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(rows, cols of the file for each metric cell, x_m, y_m) of rain in another CRS than the terrain."""
    step_x, step_y = spacing(file, x, "x"), spacing(file, y, "y")
    scale = 1.0 if is_metric(crs) else 111_000.0  # metres in a degree; sets the fineness alone
    size_m = 0.5 * min(step_x, step_y) * scale
    nx = int(np.clip(np.ceil((grid.east_m - grid.west_m) / size_m), 1, _FINEST))
    ny = int(np.clip(np.ceil((grid.north_m - grid.south_m) / size_m), 1, _FINEST))
    x_m = grid.west_m + (np.arange(nx) + 0.5) * (grid.east_m - grid.west_m) / nx
    y_m = grid.north_m - (np.arange(ny) + 0.5) * (grid.north_m - grid.south_m) / ny
    here_x, here_y = np.meshgrid(x_m, y_m)
    there_x, there_y = transform(here_x.ravel(), here_y.ravel(), grid.crs, crs)
    col = np.round((there_x - x[0]) / step_x)
    row = np.round((y[0] - there_y) / step_y)
    if not ((col >= 0) & (col < len(x)) & (row >= 0) & (row < len(y))).all():
        raise _not_covering(file, f"{x[0]:g}, {y[-1]:g}, {x[-1]:g}, {y[0]:g} in {crs_name(crs)}", grid)
    return row.astype(np.int64).reshape(ny, nx), col.astype(np.int64).reshape(ny, nx), x_m, y_m


def _not_covering(file: Path, found: str, grid: Grid) -> InputError:
    west, south, east, north = grid.bounds
    expected = f"at least {west:.0f}, {south:.0f}, {east:.0f}, {north:.0f} (west, south, east, north) in {grid.crs}"
    return InputError("rain does not cover the terrain", file=file, value=found, expected=expected)
