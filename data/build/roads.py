"""Roads from several files, with synthetic footways where none is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.build.spec import Lattice, RoadFile
from data.datum import same_crs
from data.errors import InputError
from data.readers.osm_tags import road_class
from data.readers.road_files import names_its_own_columns, read_road_lines
from data.readers.vectors import read_layer, to_crs
from data.schema import ROADS

_LINES = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
_LONGEST_LINK = 2.0  # of the spacing: a lattice node farther from any road stays without a link there


def read_roads(files: tuple[RoadFile, ...], crs: str) -> gpd.GeoDataFrame:
    """The lines of all files with the columns of schema ROADS in `crs`."""
    parts = [_read(file, crs) for file in files]
    if not parts:
        return _lines(np.empty(0, object), crs, {})
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=crs)


def fill_gaps(roads: gpd.GeoDataFrame, within: shapely.Geometry, lattice: Lattice) -> gpd.GeoDataFrame:
    """The roads and a square lattice of footways where no road lies within `clear_m`, both joined.

    A lattice node whose neighbour was left out for a road is linked to the road's point nearest to where that
    neighbour would be. Footways carry source "synthetic"; cars do not use them.
    """
    spacing = lattice.spacing_m
    known = np.asarray(roads.geometry.array)
    known = shapely.segmentize(known, spacing / 2.0)  # points in between for links to end at
    west, south, east, north = shapely.bounds(within)
    i, j = np.meshgrid(
        np.arange(np.floor(west / spacing), np.ceil(east / spacing) + 1),
        np.arange(np.floor(south / spacing), np.ceil(north / spacing) + 1),
        indexing="ij",
    )
    x, y = i * spacing, j * spacing
    shapely.prepare(within)
    inside = shapely.contains_xy(within, x, y)
    kept = inside.copy()
    if len(known):
        place = np.flatnonzero(inside.ravel())
        points = shapely.points(x.ravel()[place], y.ravel()[place])
        near, _ = shapely.STRtree(known).query(points, predicate="dwithin", distance=lattice.clear_m)
        kept.ravel()[place[np.unique(near)]] = False
    ends = np.concatenate([_between(x, y, kept, step) for step in ((1, 0), (0, 1))])
    if len(known):
        crossing, _ = shapely.STRtree(known).query(shapely.linestrings(ends.reshape(-1, 2, 2)), predicate="intersects")
        ends = np.delete(ends, np.unique(crossing), axis=0)  # nothing would join the two where they cross
        ends = np.concatenate([ends, _links(x, y, inside, kept, shapely.get_coordinates(known), spacing)])
    footways = _lines(
        shapely.linestrings(ends.reshape(-1, 2, 2)),
        str(roads.crs),
        {"road_class": "footway", "speed_m_s": 0.0, "lanes": 0, "source": "synthetic"},
    )
    return gpd.GeoDataFrame(pd.concat([roads.set_geometry(known), footways], ignore_index=True), crs=roads.crs)


def _between(x: np.ndarray, y: np.ndarray, kept: np.ndarray, step: tuple[int, int]) -> np.ndarray:
    """(x0, y0, x1, y1) of the ways between kept neighbours in one direction."""
    rows, cols = kept.shape
    here = (slice(0, rows - step[0]), slice(0, cols - step[1]))
    there = (slice(step[0], rows), slice(step[1], cols))
    both = kept[here] & kept[there]
    return np.column_stack([x[here][both], y[here][both], x[there][both], y[there][both]])


def _links(
    x: np.ndarray, y: np.ndarray, inside: np.ndarray, kept: np.ndarray, road_points: np.ndarray, spacing: float
) -> np.ndarray:
    """(x0, y0, x1, y1) from kept nodes towards neighbours that were left out, to the nearest point of a road."""
    gone = np.pad(inside & ~kept, 1)
    rows, cols = kept.shape
    links = []
    tree = shapely.STRtree(shapely.points(road_points))
    for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        missing = kept & gone[1 + di : rows + 1 + di, 1 + dj : cols + 1 + dj]
        start = np.column_stack([x[missing], y[missing]])
        aim = shapely.points(start + spacing * np.array([di, dj]))
        found = tree.nearest(aim) if len(aim) else np.empty(0, int)
        end = road_points[found]
        good = np.hypot(*(end - start).T) <= _LONGEST_LINK * spacing
        links.append(np.column_stack([start, end])[good])
    return np.unique(np.concatenate(links), axis=0)


def _read(file: RoadFile, crs: str) -> gpd.GeoDataFrame:
    if names_its_own_columns(file.file):
        return read_road_lines(file.file, crs, crs=file.crs)
    layer = read_layer(file.file)
    own = layer.crs.to_wkt() if layer.crs is not None else None
    if own is None and file.crs is None:
        raise InputError("the file has no coordinate reference system", file=file.file, expected='crs = "EPSG:..."')
    if own and file.crs and not same_crs(own, file.crs):
        raise InputError(
            "crs differs from the file's own",
            file=file.file,
            place="crs",
            value=file.crs,
            expected=layer.crs.to_string(),
        )
    shapes = np.asarray(layer.geometry.array)
    wrong = ~np.isin(shapely.get_type_id(shapes), _LINES) | shapely.is_empty(shapes)
    if wrong.any():
        place = f"feature {int(np.flatnonzero(wrong)[0]) + 1}"
        raise InputError("not a line", file=file.file, place=place, expected="a layer of road lines")
    classes: object = file.road_class
    if file.class_column is not None:
        if file.class_column not in layer.columns:
            raise InputError(
                "no such column",
                file=file.file,
                place="class_column",
                value=file.class_column,
                expected=", ".join(str(name) for name in layer.columns),
            )
        classes = [road_class(str(value)) for value in layer[file.class_column]]
    values = {"road_class": classes, "two_way": file.two_way, "source": "fact"}
    moved = to_crs(shapes, own or file.crs or "", crs, file.datum)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise InputError(
            "coordinates beyond the reference system",
            file=file.file,
            place="crs",
            value=file.crs,
            expected="the right crs",
        )
    return _lines(moved, crs, values)


def _lines(shapes: np.ndarray, crs: str, values: dict[str, object]) -> gpd.GeoDataFrame:
    """Lines with every column of schema ROADS, filled with its default where `values` has none."""
    columns = {
        field.name: values.get(field.name, "" if field.default is None else field.default)
        for field in ROADS
        if field.dtype != "geometry"
    }
    return gpd.GeoDataFrame(columns, index=pd.RangeIndex(len(shapes)), geometry=shapes, crs=crs)
