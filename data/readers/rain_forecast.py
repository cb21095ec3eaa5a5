"""Reads a rain forecast with absolute times: NetCDF over (member,) time, y, x, or a folder with a file per member."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from data.datum import WGS84, same_crs
from data.errors import InputError
from data.readers.rain_grid import TO_SECONDS, check_cover, check_rates, in_degrees, laid_on, rate_factor
from data.readers.raster_files import axes_of, netcdf_crs
from data.readers.report import Report
from data.readers.series import check_times
from data.schema import Grid
from data.units import mm_h_to_m_s

_MEMBERS = ("member", "number", "realization", "realisation", "ensemble", "ens")
_MOST_MEMBERS = 200
_CALENDARS = ("standard", "gregorian", "proleptic_gregorian")  # of CF; others count days that never were
_YEARS = (1900, 2200)  # as of observations


@dataclass(frozen=True, eq=False)
class RainForecast:
    """Rain cells in the CRS of the terrain; interval i reaches from start + edges_s[i] to start + edges_s[i + 1]."""

    start: datetime  # with its offset
    x_m: np.ndarray  # (nx,) centres, west to east
    y_m: np.ndarray  # (ny,) centres, north to south
    edges_s: np.ndarray  # (intervals + 1,), the first is 0
    rates_m_s: np.ndarray  # (members, intervals, ny, nx)


def read_rain_forecast(path: str | Path, grid: Grid) -> RainForecast:
    """The rain of a file, or of a folder of `*.nc` files in the order of their names, that covers the terrain.

    Times are "UNIT since DATE", the starts of the intervals; a date without an offset is UTC (CF conventions). The last
    rate lasts as long as the one before. Files of a folder must agree in times and cells. Raises InputError.
    """
    place = Path(path)
    if not place.is_dir():
        return _read(place, grid)
    files = sorted(place.glob("*.nc"))
    if not files:
        raise InputError("no member", file=place, expected="one or more files *.nc, a member of the ensemble each")
    parts = [_read(file, grid) for file in files]
    first = parts[0]
    for file, part in zip(files, parts, strict=True):
        for name in ("start", "edges_s", "x_m", "y_m"):
            if not np.array_equal(getattr(part, name), getattr(first, name)):
                what = "times" if name in ("start", "edges_s") else "cells"
                raise InputError(f"{what} unlike those of {files[0].name}", file=file, expected=f"the same {what}")
    rates = np.concatenate([part.rates_m_s for part in parts])
    _check_members(place, rates.shape[0])
    return RainForecast(first.start, first.x_m, first.y_m, first.edges_s, rates)


def _read(file: Path, grid: Grid) -> RainForecast:
    if not file.is_file():
        raise InputError("no such file", file=file, expected="a NetCDF file or a folder of them")
    try:
        with xr.open_dataset(file, decode_times=False) as data:
            variable = _rain_field(file, data)
            x, y, flipped = axes_of(file, variable)
            rate = variable.to_numpy().astype(np.float64) * rate_factor(file, variable)
            start, time_s = _times(file, data, str(variable.dims[1]))
            crs = netcdf_crs(data, variable) or (WGS84 if in_degrees(data, variable) else None)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise InputError(
            f"not a readable NetCDF file (damaged or truncated): {str(error) or type(error).__name__}",
            file=file,
            expected="a NetCDF file with a rain rate over time, y, x, or over member, time, y, x",
        ) from None
    if flipped:
        rate = rate[:, :, ::-1]
    report = Report()
    for member in rate:
        check_rates(file, member, time_s, report)
    check_times(time_s, file, [f"time {k}" for k in range(len(time_s))], report)
    if crs is None or same_crs(crs, grid.crs):
        check_cover(file, x, y, grid)
    else:
        rows, cols, x, y = laid_on(file, x, y, crs, grid)
        rate = rate[:, :, rows, cols]
    last_s = time_s[-1] - time_s[-2] if len(time_s) > 1 else 3600.0
    return RainForecast(start, x, y, np.append(time_s, time_s[-1] + last_s), mm_h_to_m_s(rate))


def _rain_field(file: Path, data: xr.Dataset) -> xr.DataArray:
    """The one rain field, over member, time, y, x; a file without members has one."""
    names = [str(n) for n, v in data.data_vars.items() if v.ndim in (3, 4) and v.dtype.kind in "fiu"]
    expected = "exactly one numeric variable over time, y, x, or over member, time, y, x"
    if len(names) != 1:
        raise InputError("not one rain field", file=file, value=names, expected=expected)
    variable = data[names[0]]
    if 0 in variable.shape:
        raise InputError("empty rain field", file=file, place=names[0], value=variable.shape)
    if variable.ndim == 3:
        return variable.expand_dims("member")
    member = [name for name in variable.dims if str(name).lower() in _MEMBERS]
    if len(member) != 1:
        raise InputError(
            "no dimension of members",
            file=file,
            place=names[0],
            value=variable.dims,
            expected="one named " + " or ".join(_MEMBERS),
        )
    _check_members(file, variable.sizes[member[0]])
    return variable.transpose(member[0], *(name for name in variable.dims if name != member[0]))


def _check_members(file: Path, members: int) -> None:
    if members > _MOST_MEMBERS:
        raise InputError("too many members", file=file, value=members, expected=f"at most {_MOST_MEMBERS}")


def _times(file: Path, data: xr.Dataset, name: str) -> tuple[datetime, np.ndarray]:
    """The first time, and seconds since it."""
    expected = 'units such as "seconds since 2026-07-01T00:00:00+08:00"'
    if name not in data.coords:
        raise InputError("no times", file=file, place=name, expected="a coordinate with the start of each interval")
    calendar = str(data.coords[name].attrs.get("calendar", "standard"))
    if calendar.lower() not in _CALENDARS:
        expected_calendar = " or ".join(_CALENDARS)
        raise InputError(
            "calendar of no clock", file=file, place=f"{name}:calendar", value=calendar, expected=expected_calendar
        )
    units = str(data.coords[name].attrs.get("units", ""))
    match = re.fullmatch(r"\s*([a-z]+?)s?\s+since\s+(.+?)\s*", units)
    factor = TO_SECONDS.get(match[1]) if match else None
    if match is None or factor is None:
        raise InputError("time without a date", file=file, place=f"{name}:units", value=units, expected=expected)
    try:
        origin = datetime.fromisoformat(match[2].removesuffix(" UTC").replace("Z", "+00:00"))
    except ValueError:
        raise InputError("unreadable date", file=file, place=f"{name}:units", value=units, expected=expected) from None
    origin = origin if origin.tzinfo else origin.replace(tzinfo=UTC)
    seconds = data.coords[name].to_numpy().astype(np.float64) * factor
    if not np.all(np.isfinite(seconds)) or abs(seconds[0]) > 1e10:
        raise InputError("impossible time", file=file, place=name, value=float(seconds[0]), expected="a finite time")
    try:
        start, end = (origin + timedelta(seconds=float(seconds[k])) for k in (0, -1))
    except OverflowError:
        start = end = datetime.max.replace(tzinfo=UTC)
    if not (start.year >= _YEARS[0] and end.year <= _YEARS[1]):
        raise InputError("impossible time", file=file, place=f"{name}:units", value=units, expected=expected)
    return start, seconds - seconds[0]
