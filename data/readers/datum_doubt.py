"""Doubts about the datum: points that fit the roads only once they are moved between GCJ-02 and WGS84."""

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
_ENOUGH = 1000  # of more points every second, third, ... is asked
_STRIP_M = 400.0  # a point counts where the roads surround it by more than the shift
_DIRECTIONS = 24  # shifts of the same length that are tried for comparison
_APART = 3  # of them on either side of the datum's own direction are left out: they lie half way to it
_SIGMAS = 3.5  # spread of the comparison shifts beyond which a distance is no accident


def tell_wrong_datum(city: City, pack: CityFile, report: Report) -> None:
    """Warn for people or shelters that stand to the roads as real places do only when moved to the other datum.

    Real places keep a distance of their own from the roads: less than chance (hotels at the kerb) or more (parks
    between the roads). Chance is the mean distance (at most 100 m) after shifts of the same length in other
    directions. A warning needs the other datum beyond 3.5 spreads of chance and the given one within.
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
    x, y = frame["x_m"].to_numpy(), frame["y_m"].to_numpy()
    moved_x, moved_y = transform(*move(lon, lat), WGS84, crs)
    inside = _surrounded(x, y, bounds)
    if inside.sum() < _FEWEST:
        return
    asked = np.flatnonzero(inside)[:: -(-int(inside.sum()) // _ENOUGH)]
    x, y, moved_x, moved_y = x[asked], y[asked], moved_x[asked], moved_y[asked]
    given_m, moved_m = _to_road(x, y, tree), _to_road(moved_x, moved_y, tree)
    shift = complex(float(np.mean(moved_x - x)), float(np.mean(moved_y - y)))
    turns = np.exp(2j * np.pi * np.arange(_APART + 1, _DIRECTIONS - _APART) / _DIRECTIONS)
    chance_m = np.array([_to_road(x + s.real, y + s.imag, tree) for s in shift * turns])
    off_given, off_moved = (abs(d - chance_m.mean()) / chance_m.std(ddof=1) for d in (given_m, moved_m))
    if off_moved > _SIGMAS > off_given:
        other, origin = ("WGS84", "a survey") if datum == "GCJ-02" else ("GCJ-02", "a Chinese map service")
        found = f"{given_m:.0f} m from a road, as {other} {moved_m:.0f} m, by chance {chance_m.mean():.0f} m"
        report.warn(
            f"points given as {datum} stand to the roads as real places do only when taken as {other}",
            file=file,
            place="datum",
            value=found,
            remedy=f'datum = "{other}" if the file comes from {origin}',
        )


def _surrounded(x: np.ndarray, y: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    west, south, east, north = bounds
    return (x > west + _STRIP_M) & (x < east - _STRIP_M) & (y > south + _STRIP_M) & (y < north - _STRIP_M)


def _to_road(x: np.ndarray, y: np.ndarray, tree: shapely.STRtree) -> float:
    """Mean distance to the nearest road (m), at most `_FAR_M` each."""
    distance = np.full(len(x), _FAR_M)
    (point, _), found = tree.query_nearest(
        shapely.points(x, y), max_distance=_FAR_M, return_distance=True, all_matches=False
    )
    distance[point] = found
    return float(distance.mean())
