"""Gridded rain: units, times, cover of the terrain, rain in degrees, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from data.datum import WGS84, transform
from data.errors import InputError
from data.readers.rain_grid import read_rain_grid
from data.schema import Grid

GRID = Grid(40, 60, 50.0, 410_000.0, 3_392_000.0, "EPSG:32648")  # 2 km x 3 km


def _rain(
    rate: np.ndarray | None = None,
    units: str = "mm/h",
    time: tuple[float, ...] = (0.0, 600.0, 1200.0),
    since: str = "seconds",
) -> xr.Dataset:
    x, y = 410_000.0 + np.array([500.0, 1500.0, 2500.0]), 3_392_000.0 - np.array([500.0, 1500.0])
    values = np.arange(18.0).reshape(3, 2, 3) if rate is None else rate
    data = xr.Dataset({"rain": (("time", "y", "x"), values, {"units": units})}, {"x": x, "y": y})
    return data.assign_coords(time=("time", np.asarray(time), {"units": since}))


def _write(folder: Path, data: xr.Dataset) -> Path:
    data.to_netcdf(folder / "rain.nc")
    return folder / "rain.nc"


def test_rates_in_si_north_first(tmp_path: Path) -> None:
    rain = read_rain_grid(_write(tmp_path, _rain()), GRID)
    assert rain.edges_s.tolist() == [0.0, 600.0, 1200.0, 1800.0]
    assert rain.rates_m_s * 3.6e6 == pytest.approx(np.arange(18.0).reshape(3, 2, 3))
    flipped = read_rain_grid(_write(tmp_path, _rain().isel(y=[1, 0])), GRID)
    assert np.array_equal(flipped.rates_m_s, rain.rates_m_s)
    assert flipped.y_m.tolist() == rain.y_m.tolist() == [3_391_500.0, 3_390_500.0]


@pytest.mark.parametrize(("units", "factor"), [("mm/h", 1.0), ("kg m-2 s-1", 3600.0), ("m s-1", 3.6e6)])
def test_units_of_rain(tmp_path: Path, units: str, factor: float) -> None:
    rate = np.full((3, 2, 3), 10.0 / factor)
    rain = read_rain_grid(_write(tmp_path, _rain(rate, units)), GRID)
    assert rain.rates_m_s * 3.6e6 == pytest.approx(np.full((3, 2, 3), 10.0))


@pytest.mark.parametrize(
    ("since", "time", "edges"),
    [
        ("hours", (0.0, 0.5, 1.0), [0.0, 1800.0, 3600.0, 5400.0]),
        ("minutes since 2026-07-15 20:00:00", (5.0, 10.0, 15.0), [0.0, 300.0, 600.0, 900.0]),
        ("days since 1970-01-01", (20_000.0, 20_001.0, 20_002.0), [0.0, 86400.0, 172800.0, 259200.0]),
    ],
)
def test_units_of_time(tmp_path: Path, since: str, time: tuple, edges: list[float]) -> None:
    assert read_rain_grid(_write(tmp_path, _rain(time=time, since=since)), GRID).edges_s.tolist() == edges


def test_rain_in_degrees_takes_the_nearest_cell(tmp_path: Path) -> None:
    """Each metric rain cell has the rate of the degree cell that holds its centre."""
    (west, east), (south, north) = transform(
        np.array([409_500.0, 413_500.0]), np.array([3_389_500.0, 3_392_500.0]), GRID.crs, WGS84
    )
    lon, lat = np.linspace(west, east, 9), np.linspace(north, south, 7)
    rate = np.arange(63.0).reshape(1, 7, 9).repeat(2, axis=0)
    data = xr.Dataset(
        {"rain": (("time", "lat", "lon"), rate, {"units": "mm/h"})},
        {"time": ("time", [0.0, 600.0], {"units": "s"}), "lat": ("lat", lat, {"units": "degrees_north"}),
         "lon": ("lon", lon, {"units": "degrees_east"})},
    )  # fmt: skip
    rain = read_rain_grid(_write(tmp_path, data), GRID)
    x, y = np.meshgrid(rain.x_m, rain.y_m)
    there_lon, there_lat = transform(x.ravel(), y.ravel(), GRID.crs, WGS84)
    col = np.abs(there_lon[:, None] - lon).argmin(axis=1)
    row = np.abs(there_lat[:, None] - lat).argmin(axis=1)
    assert (rain.rates_m_s[0].ravel() * 3.6e6) == pytest.approx(rate[0][row, col])
    assert rain.x_m.min() > GRID.west_m
    assert rain.x_m.max() < GRID.east_m


def _bad_rate(value: float) -> xr.Dataset:
    rate = np.ones((3, 2, 3))
    rate[1, 0, 2] = value
    return _rain(rate)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (_bad_rate(-1.0), r"time 1 \(600 s\), row 0, column 2.*negative rain"),
        (_bad_rate(np.nan), "time 1.*no number"),
        (_bad_rate(9e9), "above the range"),
        (_rain(time=(0.0, 600.0, 600.0)), "time 2: time occurs twice"),
        (_rain(time=(0.0, 600.0, 300.0)), "time 2: times not in order"),
        (_rain(units="mm"), "unknown unit of rain"),
        (_rain(units=""), "unknown unit of rain"),
        (_rain(since="fortnights"), "unknown unit of time"),
        (_rain().isel(x=[0, 1]), "does not cover the terrain"),
        (_rain().assign_coords(x=[1.0, 2.0, 4.0]), "uneven axis"),
        (_rain().drop_vars("rain"), "not one rain field"),
        (_rain().assign(more=_rain()["rain"]), "not one rain field"),
        (_rain().isel(time=slice(0, 0)), "empty rain field"),
        (_rain().transpose("time", "x", "y"), "axes in the order x, y"),
    ],
)
def test_bad_rain(tmp_path: Path, data: xr.Dataset, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_rain_grid(_write(tmp_path, data), GRID)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_truncated_file(tmp_path: Path, share: float) -> None:
    file = _write(tmp_path, _rain())
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match=r"rain\.nc"):
        read_rain_grid(file, GRID)
