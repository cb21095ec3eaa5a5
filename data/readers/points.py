"""Reads people and shelters: tables of points in degrees, placed on the grid, with the usual mistakes caught."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from data.datum import WGS84, to_wgs84, transform
from data.errors import InputError
from data.readers.columns import check_columns
from data.readers.report import Report
from data.readers.tables import read_numbered
from data.readers.vectors import read_layer, to_crs
from data.schema import Grid, Table

_DEGREES = ("lon", "lat")
_MOST_OUTSIDE = 0.5  # share of points outside the terrain from which datum, CRS or file must be wrong


def read_points(
    path: str | Path, table: Table, grid: Grid, *, datum: str = "WGS84", report: Report | None = None
) -> pd.DataFrame:
    """The rows of a CSV or point layer with lon, lat in WGS84 and x_m, y_m in the grid's CRS.

    `datum` says what the file's degrees are in. Points outside the terrain are left out with a warning, and an
    error when they are more than half. Raises InputError.
    """
    report = report or Report()
    file = Path(path)
    mark = report.mark()
    frame, rows = _rows(file, table, report)
    return locate_points(frame, rows, file, table, grid, datum=datum, report=report, mark=mark)


def locate_points(
    frame: pd.DataFrame,
    rows: list[str],
    file: Path,
    table: Table,
    grid: Grid,
    *,
    datum: str,
    report: Report,
    mark: int,
) -> pd.DataFrame:
    """The rows of a checked frame that lie on the grid, with lon, lat in WGS84 and x_m, y_m in the grid's CRS.

    `rows` names each row for messages; errors told since `mark` stop it.
    """
    lon, lat = (frame[name].to_numpy(float) for name in _DEGREES)
    good = _check_degrees(file, lon, lat, grid, datum, rows, table, report)
    report.stop_since(mark)
    frame["lon"], frame["lat"] = to_wgs84(lon, lat, datum)
    frame = place_points(frame, grid)
    inside = good & on_grid(frame["lon"].to_numpy(), frame["lat"].to_numpy(), grid)
    _tell_outside(file, inside, lon, lat, rows, report)
    report.stop_since(mark)
    return frame[inside].reset_index(drop=True)


def place_points(frame: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """The frame with columns x_m and y_m (grid's CRS, m) from lon and lat (WGS84)."""
    x, y = transform(frame["lon"].to_numpy(), frame["lat"].to_numpy(), WGS84, grid.crs)
    return frame.assign(x_m=x, y_m=y)


def on_grid(lon: np.ndarray, lat: np.ndarray, grid: Grid) -> np.ndarray:
    """Whether WGS84 points lie on the grid."""
    possible = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    x, y = transform(np.where(possible, lon, 0.0), np.where(possible, lat, 0.0), WGS84, grid.crs)
    return possible & (grid.cell_of(x, y)[0] >= 0)


def _rows(file: Path, table: Table, report: Report) -> tuple[pd.DataFrame, list[str]]:
    if file.suffix.lower() in (".csv", ".txt"):
        return read_numbered(file, table, report, without_range=_DEGREES)
    layer = read_layer(file)
    rows = [f"feature {number}" for number in range(1, len(layer) + 1)]
    if layer.crs is None:
        raise InputError("the file has no coordinate reference system", file=file, expected="a layer with one")
    points = np.asarray(layer.geometry.array)
    if (shapely.get_type_id(points) != shapely.GeometryType.POINT).any():
        raise InputError("not a layer of points", file=file, expected="one point per row")
    values = pd.DataFrame(layer.drop(columns=[layer.geometry.name, *_DEGREES], errors="ignore"))
    degrees = shapely.get_coordinates(to_crs(points, layer.crs.to_wkt(), WGS84))
    values = values.assign(lon=degrees[:, 0], lat=degrees[:, 1])
    return check_columns(values, table, file=file, rows=rows, report=report, without_range=_DEGREES), rows


def _check_degrees(
    file: Path, lon: np.ndarray, lat: np.ndarray, grid: Grid, datum: str, rows: list[str], table: Table, report: Report
) -> np.ndarray:
    """Tell zero, swapped and impossible coordinates; true where none of these holds."""
    finite = np.isfinite(lon) & np.isfinite(lat)
    zero = finite & ((lon == 0.0) | (lat == 0.0))
    inside = np.zeros(len(lon), bool)
    swapped = np.zeros(len(lon), bool)
    here = np.flatnonzero(finite & ~zero)
    inside[here] = on_grid(*to_wgs84(lon[here], lat[here], datum), grid)
    swapped[here] = ~inside[here] & on_grid(*to_wgs84(lat[here], lon[here], datum), grid)
    possible = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    checks = (
        (zero, "zero coordinates", "the longitude and latitude of the place"),
        (swapped, "longitude and latitude swapped", "lon first, then lat"),
        (
            finite & ~zero & ~swapped & ~possible,
            "impossible coordinates (longitude and latitude swapped?)",
            table["lat"].describe_range(),
        ),
    )
    for bad, message, expected in checks:
        _tell_places(bad, message, expected, file, lon, lat, rows, report)
    return finite & ~zero & ~swapped & possible


def _tell_places(
    bad: np.ndarray,
    message: str,
    expected: str,
    file: Path,
    lon: np.ndarray,
    lat: np.ndarray,
    rows: list[str],
    report: Report,
) -> None:
    where = np.flatnonzero(bad).tolist()
    if where:
        names = [rows[i] for i in where]
        values = [f"{lon[i]:g}, {lat[i]:g}" for i in where]
        report.row_errors(message, file=file, column="lon, lat", rows=names, values=values, expected=expected)


def _tell_outside(
    file: Path, inside: np.ndarray, lon: np.ndarray, lat: np.ndarray, rows: list[str], report: Report
) -> None:
    outside = np.flatnonzero(~inside).tolist()
    if not outside:
        return
    first = outside[0]
    value = f"{lon[first]:g}, {lat[first]:g}"
    place = f"{rows[first]}, lon, lat"
    if len(outside) > _MOST_OUTSIDE * len(inside):
        words = f"{len(outside)} of {len(inside)} points lie outside the terrain"
        report.error(words, file=file, place=place, value=value, expected="points on the terrain: check datum and crs")
    else:
        words = f"{len(outside)} of {len(inside)} points lie outside the terrain and are left out"
        report.warn(words, file=file, place=place, value=value, remedy="remove the rows or enlarge the terrain")
