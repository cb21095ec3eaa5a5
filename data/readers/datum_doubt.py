"""Doubts about the datum: points that fit the roads better once they are moved between GCJ-02 and WGS84."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from data.datum import WGS84, gcj02_from_wgs84, transform, wgs84_from_gcj02
from data.readers.city_file import CityFile
from data.readers.report import Report
from data.schema import City

_CHINA = (73.5, 18.0, 135.1, 53.6)  # west, south, east, north: GCJ-02 exists here alone
_FAR_M = 100.0  # a point farther from a road says nothing about the datum
_FEWEST = 20  # points; fewer tell nothing
_STRIP_M = 300.0  # a point counts where the roads surround it by this much
_SIGMAS = 4.0  # standard errors by which the other datum must fit better


def tell_wrong_datum(city: City, pack: CityFile, report: Report) -> None:
    """Warn for people or shelters that lie nearer to the roads when their datum is taken for the other one.

    The mean distance to the nearest road (at most 100 m) is compared as given and moved, point by point; a warning
    needs a gain of four standard errors. Blocks on a regular grid show no gain either way.
    """
    if city.roads is None or city.roads.edges.empty:
        return
    lines = np.asarray(city.roads.edges.geometry.array)
    tree = shapely.STRtree(lines)
    bounds = shapely.total_bounds(lines)
    for name, frame in (("people", city.people), ("shelters", city.shelters)):
        if frame is not None:
            layer = pack.layers[name]
            _tell(frame, layer.file, layer.datum, city.grid.crs, tree, bounds, report)


def _tell(
    frame: pd.DataFrame, file: Path, datum: str, crs: str, tree: shapely.STRtree, bounds: np.ndarray, report: Report
) -> None:
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    west, south, east, north = _CHINA
    if not ((lon > west) & (lon < east) & (lat > south) & (lat < north)).all():
        return
    move = gcj02_from_wgs84 if datum == "GCJ-02" else wgs84_from_gcj02
    as_given = frame["x_m"].to_numpy(), frame["y_m"].to_numpy()
    moved = transform(*move(lon, lat), WGS84, crs)
    inside = _surrounded(*as_given, bounds) & _surrounded(*moved, bounds)
    if inside.sum() < _FEWEST:
        return
    given_m, moved_m = (_to_road(x[inside], y[inside], tree) for x, y in (as_given, moved))
    gain = given_m - moved_m
    error = gain.std() / np.sqrt(len(gain))
    if gain.mean() > _SIGMAS * error:
        other = "WGS84" if datum == "GCJ-02" else "GCJ-02"
        report.warn(
            f"points given as {datum} lie nearer to the roads when taken as {other}",
            file=file,
            place="datum",
            value=f"mean distance to a road {given_m.mean():.0f} m as given, {moved_m.mean():.0f} m as {other}",
            remedy=f'datum = "{other}" if the file comes from a Chinese map service'
            if other == "GCJ-02"
            else 'datum = "WGS84" if the file comes from a survey or OpenStreetMap',
        )


def _surrounded(x: np.ndarray, y: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    west, south, east, north = bounds
    return (x > west + _STRIP_M) & (x < east - _STRIP_M) & (y > south + _STRIP_M) & (y < north - _STRIP_M)


def _to_road(x: np.ndarray, y: np.ndarray, tree: shapely.STRtree) -> np.ndarray:
    distance = np.full(len(x), _FAR_M)
    (point, _), found = tree.query_nearest(
        shapely.points(x, y), max_distance=_FAR_M, return_distance=True, all_matches=False
    )
    distance[point] = found
    return distance
