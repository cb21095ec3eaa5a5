"""The quiet background of the map: rivers, roads, limits of areas, as GeoJSON in WGS84."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from data.schema import ROAD_CLASSES, City

_DECIMALS = 5  # about 1 m


@dataclass(frozen=True)
class GroundParameters:
    """How much detail the background carries."""

    tolerance_cells: float = 0.5  # simplification of lines, in cells of the grid
    most_vertices: int = 40_000  # of roads; the lowest classes are left out first
    main_classes: int = 4  # motorway, trunk, primary, secondary are drawn stronger


def to_wgs84(geometries: np.ndarray, crs: str) -> np.ndarray:
    """Geometries of a metric CRS in longitude and latitude, rounded to about 1 m."""
    move = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def convert(points: np.ndarray) -> np.ndarray:
        lon, lat = move.transform(points[:, 0], points[:, 1])
        return np.column_stack([np.round(lon, _DECIMALS), np.round(lat, _DECIMALS)])

    return np.asarray(shapely.transform(geometries, convert))


def roads(city: City, parameters: GroundParameters | None = None) -> dict[str, dict[str, Any]]:
    """Roads as "main" and "side", one multi-line each; both directions of a road are one line."""
    p = parameters or GroundParameters()
    if city.roads is None or not len(city.roads.edges):
        return {}
    edges = city.roads.edges[~pair_duplicates(city.roads.edges)]
    lines = shapely.simplify(edges.geometry.to_numpy(), p.tolerance_cells * city.grid.cell_m)
    rank = edges.road_class.map({name: k for k, name in enumerate(ROAD_CLASSES)}).fillna(len(ROAD_CLASSES)).to_numpy()
    order = np.argsort(rank, kind="stable")
    kept = order[np.cumsum(shapely.get_num_coordinates(lines)[order]) <= p.most_vertices]
    main = kept[rank[kept] < p.main_classes]
    side = kept[rank[kept] >= p.main_classes]
    return {
        name: _feature(shapely.multilinestrings(shapely.get_parts(lines[members])), city.grid.crs)
        for name, members in (("main", main), ("side", side))
        if len(members)
    }


def pair_duplicates(edges: gpd.GeoDataFrame) -> np.ndarray:
    """True on the second of the two rows of a two-way road."""
    tail, head = edges["tail"].to_numpy(), edges["head"].to_numpy()
    pair = np.column_stack([np.minimum(tail, head), np.maximum(tail, head), np.round(edges["length_m"].to_numpy(), 1)])
    first = np.zeros(len(edges), bool)
    first[np.unique(pair, axis=0, return_index=True)[1]] = True
    return ~first


def rivers(city: City) -> dict[str, Any] | None:
    """River polygons as one feature."""
    return _outline(city.rivers, city, polygons=True)


def limits(city: City, codes: set[str]) -> dict[str, Any] | None:
    """Limits of the areas with these codes, as lines."""
    if city.areas is None:
        return None
    return _outline(city.areas[city.areas.code.isin(codes)], city, polygons=False)


def _outline(layer: gpd.GeoDataFrame | None, city: City, *, polygons: bool) -> dict[str, Any] | None:
    if layer is None or not len(layer):
        return None
    shapes = layer.geometry.to_numpy()
    # Lines are merged first, so a border that two areas share is simplified once and drawn once.
    merged = shapely.union_all(shapes if polygons else shapely.boundary(shapes))
    merged = merged if polygons else shapely.line_merge(merged)
    return _feature(shapely.simplify(merged, GroundParameters().tolerance_cells * city.grid.cell_m), city.grid.crs)


def _feature(geometry: Any, crs: str) -> dict[str, Any]:
    placed = to_wgs84(np.array([geometry], dtype=object), crs)[0]
    return {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(placed)}
