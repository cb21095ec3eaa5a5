"""Reads vector layers (GeoJSON, GeoPackage, Shapefile) against a table of the schema, into the grid's CRS."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from data.datum import WGS84, is_crs, same_crs, transform, wgs84_from_gcj02
from data.errors import InputError
from data.readers.columns import check_columns
from data.readers.report import Report
from data.schema import Table

_KINDS = {
    "polygon": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
    "line": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
    "point": (shapely.GeometryType.POINT,),
}
_FORMATS = "a vector layer: GeoJSON, GeoPackage or Shapefile"


def read_vectors(
    path: str | Path,
    table: Table,
    kind: str,
    target_crs: str,
    *,
    crs: str | None = None,
    datum: str = "WGS84",
    report: Report | None = None,
) -> gpd.GeoDataFrame:
    """The features of a layer with the columns of `table`, geometry in `target_crs`.

    `kind` is "polygon", "line" or "point". `crs` names the reference system of a file that carries none;
    `datum` "GCJ-02" converts a layer in degrees that was drawn on a Chinese map service. Raises InputError.
    """
    report = report or Report()
    mark = report.mark()
    file = Path(path)
    raw = read_layer(file)
    rows = [f"feature {number}" for number in range(1, len(raw) + 1)]
    source = _source_crs(file, raw, crs, datum, report)
    if raw.empty:
        report.error("no features", file=file, expected=table.meaning)
    geometry = np.asarray(raw.geometry.array)
    _check_geometry(file, geometry, kind, rows, report)
    columns = check_columns(
        pd.DataFrame(raw.drop(columns=raw.geometry.name)), table, file=file, rows=rows, report=report
    )
    report.stop_since(mark)
    try:
        moved = to_crs(geometry, source, target_crs, datum)
    except InputError as error:
        raise InputError(error.message, file=file, place="crs", value=error.value, expected=error.expected) from None
    _check_finite(file, moved, rows, source, report)
    report.stop_since(mark)
    return gpd.GeoDataFrame(columns, geometry=moved, crs=target_crs)


def read_layer(file: Path) -> gpd.GeoDataFrame:
    """The only layer of a vector file, as it is."""
    if not file.is_file():
        raise InputError("no such file", file=file, expected=_FORMATS)
    if file.stat().st_size == 0:
        raise InputError("empty file", file=file, expected=_FORMATS)
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(file) if kind is not None]
        if len(layers) != 1:
            raise InputError("not one layer of geometry", file=file, value=layers, expected="a file with one layer")
        count = pyogrio.read_info(file, layer=layers[0], force_feature_count=True)["features"]
        frame = pyogrio.read_dataframe(file, layer=layers[0])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, shapely.GEOSException) as error:
        raise _damaged(file, error) from None
    except (OSError, ValueError, RuntimeError, NameError) as error:  # NameError: pyogrio on a damaged .prj
        raise _damaged(file, error) from None
    if not isinstance(frame, gpd.GeoDataFrame) or (count >= 0 and len(frame) < count):
        raise _damaged(file, f"{len(frame)} of {count} features could be read")
    return frame


def to_crs(geometry: np.ndarray, source: str, target: str, datum: str = "WGS84") -> np.ndarray:
    """Geometries from one CRS to another; coordinates beyond the projection become infinite."""
    if datum == "WGS84" and same_crs(source, target):
        return geometry

    def move(xy: np.ndarray) -> np.ndarray:
        x, y = xy[:, 0], xy[:, 1]
        if datum == "GCJ-02":
            x, y = wgs84_from_gcj02(x, y)
        return np.column_stack(transform(x, y, source, target))

    return shapely.transform(shapely.force_2d(geometry), move)


def _source_crs(file: Path, raw: gpd.GeoDataFrame, crs: str | None, datum: str, report: Report) -> str:
    own = raw.crs.to_wkt() if raw.crs is not None else None
    if own is None and crs is None:
        raise InputError(
            "the file has no coordinate reference system", file=file, place="crs", expected='crs = "EPSG:..."'
        )
    if crs is not None and not is_crs(crs):
        raise InputError("unknown coordinate reference system", file=file, place="crs", value=crs, expected="EPSG:...")
    if own and crs and not same_crs(own, crs):
        report.error("crs differs from the file's own", file=file, place="crs", value=crs, expected=raw.crs.to_string())
    source = own or crs or ""
    if datum == "GCJ-02" and not same_crs(source, WGS84):
        report.error(
            "GCJ-02 is a datum of degrees", file=file, place="datum", value=source, expected="a layer in EPSG:4326"
        )
    return source


def _check_geometry(file: Path, geometry: np.ndarray, kind: str, rows: list[str], report: Report) -> None:
    missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    _tell(missing, "no geometry", None, f"a {kind}", file, rows, report)
    wrong = ~missing & ~np.isin(shapely.get_type_id(geometry), _KINDS[kind])
    found = np.array([None if g is None else g.geom_type for g in geometry], dtype=object)
    _tell(wrong, "wrong kind of geometry", found, f"a {kind}", file, rows, report)
    good = ~missing & ~wrong
    invalid = np.zeros(len(geometry), bool)
    invalid[good] = ~shapely.is_valid(geometry[good])
    reasons = np.full(len(geometry), None, dtype=object)
    reasons[invalid] = shapely.is_valid_reason(geometry[invalid])
    expected = f"a valid {kind} (ogr2ogr -makevalid repairs many)"
    _tell(invalid, f"invalid {kind}", reasons, expected, file, rows, report)


def _check_finite(file: Path, geometry: np.ndarray, rows: list[str], source: str, report: Report) -> None:
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    lost = np.zeros(len(geometry), bool)
    lost[owner[~np.isfinite(coordinates).all(axis=1)]] = True
    message = "coordinates beyond the reference system (longitude and latitude swapped?)"
    _tell(lost, message, None, "coordinates in the order of the format: x or longitude first", file, rows, report)


def _tell(
    bad: np.ndarray,
    message: str,
    values: np.ndarray | None,
    expected: str,
    file: Path,
    rows: list[str],
    report: Report,
) -> None:
    where = np.flatnonzero(bad).tolist()
    if where:
        found = [None if values is None else values[i] for i in where]
        names = [rows[i] for i in where]
        report.row_errors(message, file=file, column="geometry", rows=names, values=found, expected=expected)


def _damaged(file: Path, error: object) -> InputError:
    return InputError(f"not a readable vector file (damaged or truncated): {error}", file=file, expected=_FORMATS)
