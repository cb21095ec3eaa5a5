"""Vector layers as GeoJSON (RFC 7946) and GeoPackage, with the column names of the schema; both open in QGIS."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from shapely.geometry import mapping
from shapely.geometry.polygon import orient

from data.records import records
from data.schema import Table

WGS84 = "EPSG:4326"
_DECIMALS = 6  # of a degree, about 0.1 m
_WRITTEN = "2000-01-01T00:00:00.000Z"  # GeoPackage notes when it was written; the same result is the same bytes


def points(table: Table, frame: pd.DataFrame) -> gpd.GeoDataFrame:
    """The rows of a table with `lon` and `lat` as points, columns in the order of the schema."""
    kept = frame.loc[:, list(table.names)].reset_index(drop=True)
    return gpd.GeoDataFrame(kept, geometry=gpd.points_from_xy(kept["lon"], kept["lat"]), crs=WGS84)


def outlined(table: Table, frame: pd.DataFrame, shapes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows of a table of areas with the outlines in the same rows of `shapes` (EPSG:4326)."""
    if list(frame["code"]) != list(shapes["code"]):
        raise ValueError("table and shapes must hold the same areas in the same order")
    kept = frame.loc[:, list(table.names)].reset_index(drop=True)
    geometry = [_multi(shape) for shape in shapes.geometry]
    return gpd.GeoDataFrame(kept, geometry=geometry, crs=WGS84)


def write_geojson(layer: gpd.GeoDataFrame, path: Path, **members: Any) -> None:
    """One FeatureCollection in WGS84; missing values become null; `members` go beside the features."""
    names = [name for name in layer.columns if name != layer.geometry.name]
    shapes = shapely.transform(layer.geometry.to_numpy(), lambda at: np.round(at, _DECIMALS))
    collection = {
        "type": "FeatureCollection",
        "name": path.stem,
        **members,
        "features": [
            {"type": "Feature", "geometry": mapping(shape), "properties": {n: _value(v) for n, v in row.items()}}
            for shape, row in zip(shapes, records(pd.DataFrame(layer[names])), strict=True)
        ],
    }
    text = json.dumps(collection, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def write_geopackage(layers: Mapping[str, gpd.GeoDataFrame], path: Path) -> None:
    """Named layers in one file; missing values become NULL."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _WRITTEN})
    try:
        for name, layer in layers.items():
            pyogrio.write_dataframe(layer, path, layer=name, driver="GPKG", append=path.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _multi(shape: Any) -> Any:
    """Polygons and multi-polygons alike as multi-polygons, counter-clockwise: a layer has one type of geometry."""
    parts = [orient(part) for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.multipolygons(parts)


def _value(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if value is None or (isinstance(value, float) and not math.isfinite(value)) else value
