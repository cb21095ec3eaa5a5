"""Tables of points in degrees, placed on the grid, with the usual mistakes caught."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from data.datum import WGS84, to_wgs84, transform
from data.errors import InputError
from data.readers.columns import check_columns
from data.readers.people_raster import RASTERS, read_people_raster
from data.readers.report import Report
from data.readers.tables import read_numbered
from data.readers.vectors import read_layer, to_crs
from data.schema import Grid, Table

_DEGREES = ("lon", "lat")
_MOST_OUTSIDE = 0.5  # share of points outside the terrain from which datum, CRS or file must be wrong


@dataclass(frozen=True)
class PointRows:
    """Points of a file with x_m, y_m in the grid's CRS; those astray are among them, at the degrees of the file."""

    frame: pd.DataFrame
    rows: list[str]  # what each row is called in messages
    astray: np.ndarray  # "zero_coordinates", "outside" or "" for each row


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

    `rows` names each row for messages; errors told since `mark` stop it. Zero coordinates are an error, each point
    outside the terrain is a warning and, when they are more than half, an error.
    """
    found = place_rows(frame, rows, file, table, grid, datum=datum, report=report, zero_is_error=True)
    report.stop_since(mark)
    for i in np.flatnonzero(found.astray == "outside").tolist():
        one = found.frame.iloc[i]
        words = f"{one['id']} of the {table.name} lies outside the terrain and is left out"
        value, place = f"{one['lon']:g}, {one['lat']:g}", f"{found.rows[i]}, lon, lat"
        report.warn(words, file=file, place=place, value=value, remedy="remove the row or enlarge the terrain")
    return found.frame[found.astray == ""].reset_index(drop=True)


def place_rows(
    frame: pd.DataFrame,
    rows: list[str],
    file: Path,
    table: Table,
    grid: Grid,
    *,
    datum: str,
    report: Report,
    zero_is_error: bool = False,
) -> PointRows:
    """The rows of a checked frame, with what lies astray marked.

    Swapped and impossible coordinates are errors; their rows are missing here, and the caller stops at the error.
    A file of which more than half lies astray is an error too.
    """
    lon, lat = (frame[name].to_numpy(float) for name in _DEGREES)
    zero, sound = _check_degrees(file, lon, lat, grid, datum, rows, table, zero_is_error, report)
    some = np.flatnonzero(zero | sound)
    frame, rows = frame.iloc[some].reset_index(drop=True), [rows[i] for i in some.tolist()]
    lon, lat, zero = lon[some], lat[some], zero[some]
    moved_lon, moved_lat = to_wgs84(np.where(zero, 1.0, lon), np.where(zero, 1.0, lat), datum)
    inside = ~zero & on_grid(moved_lon, moved_lat, grid)
    frame = place_points(frame.assign(lon=np.where(inside, moved_lon, lon), lat=np.where(inside, moved_lat, lat)), grid)
    astray = np.where(zero, "zero_coordinates", np.where(inside, "", "outside")).astype(object)
    lost = np.flatnonzero(astray != "").tolist()
    if len(lost) > _MOST_OUTSIDE * len(rows):
        first = lost[0]
        report.error(
            f"{len(lost)} of {len(rows)} points lie outside the terrain",
            file=file,
            place=f"{rows[first]}, lon, lat",
            value=f"{lon[first]:g}, {lat[first]:g}",
            expected="points on the terrain: check datum and crs",
        )
    return PointRows(frame, rows, astray)


def place_points(frame: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """The frame with columns x_m and y_m (grid's CRS, m) from lon and lat (WGS84)."""
    x, y = transform(frame["lon"].to_numpy(), frame["lat"].to_numpy(), WGS84, grid.crs)
    return frame.assign(x_m=x, y_m=y)


def on_grid(lon: np.ndarray, lat: np.ndarray, grid: Grid) -> np.ndarray:
    """Whether WGS84 points lie on the grid."""
    possible = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    x, y = transform(np.where(possible, lon, 0.0), np.where(possible, lat, 0.0), WGS84, grid.crs)
    return possible & (grid.cell_of(x, y)[0] >= 0)


def point_rows(file: Path, table: Table, report: Report) -> tuple[pd.DataFrame, list[str]]:
    """The checked rows of a CSV file or a layer of points, and what each is called; degrees are not yet judged.

    A table of people may be a raster of persons per cell: the same by day and by night.
    """
    if file.suffix.lower() in (".csv", ".txt"):
        return read_numbered(file, table, report, without_range=_DEGREES)
    if "population_night" in table and file.suffix.lower() in RASTERS:
        values, rows = read_people_raster(file)
        values = values.assign(population_day=values["persons"], population_night=values["persons"]).drop(
            columns="persons"
        )
    elif "persons" in table and file.suffix.lower() in RASTERS:
        values, rows = read_people_raster(file)
        values = values.drop(columns=["id", "footprint_m2"])
    else:
        values, rows = layer_points(file)
    return check_columns(values, table, file=file, rows=rows, report=report, without_range=_DEGREES), rows


def layer_points(file: Path) -> tuple[pd.DataFrame, list[str]]:
    """The columns of a layer of points with lon and lat of its geometry, and what each feature is called."""
    layer = read_layer(file)
    rows = [f"feature {number}" for number in range(1, len(layer) + 1)]
    if layer.crs is None:
        raise InputError("the file has no coordinate reference system", file=file, expected="a layer with one")
    if layer.empty:
        raise InputError("no features", file=file, expected="one point per row")
    points = np.asarray(layer.geometry.array)
    bad = np.flatnonzero((shapely.get_type_id(points) != shapely.GeometryType.POINT) | shapely.is_empty(points))
    if len(bad):
        raise InputError("not a point", file=file, place=rows[bad[0]], expected="a layer of points, one per row")
    values = pd.DataFrame(layer.drop(columns=[layer.geometry.name, *_DEGREES], errors="ignore"))
    degrees = shapely.get_coordinates(to_crs(points, layer.crs.to_wkt(), WGS84))
    return values.assign(lon=degrees[:, 0], lat=degrees[:, 1]), rows


def _check_degrees(
    file: Path,
    lon: np.ndarray,
    lat: np.ndarray,
    grid: Grid,
    datum: str,
    rows: list[str],
    table: Table,
    zero_is_error: bool,
    report: Report,
) -> tuple[np.ndarray, np.ndarray]:
    """Tell swapped and impossible coordinates; true where they are zero, and where they may be right."""
    finite = np.isfinite(lon) & np.isfinite(lat)
    zero = finite & ((lon == 0.0) | (lat == 0.0))
    inside = np.zeros(len(lon), bool)
    swapped = np.zeros(len(lon), bool)
    here = np.flatnonzero(finite & ~zero)
    inside[here] = on_grid(*to_wgs84(lon[here], lat[here], datum), grid)
    swapped[here] = ~inside[here] & on_grid(*to_wgs84(lat[here], lon[here], datum), grid)
    possible = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    checks = (
        (zero & zero_is_error, "zero coordinates", "the longitude and latitude of the place"),
        (swapped, "longitude and latitude swapped", "lon first, then lat"),
        (
            finite & ~zero & ~swapped & ~possible,
            "impossible coordinates (longitude and latitude swapped?)",
            table["lat"].describe_range(),
        ),
    )
    for bad, message, expected in checks:
        _tell_places(bad, message, expected, file, lon, lat, rows, report)
    return zero, finite & ~zero & ~swapped & possible


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
