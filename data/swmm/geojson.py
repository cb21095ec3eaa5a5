"""A drainage network as GeoJSON (RFC 7946, WGS84): nodes as points, links as lines, results where there are any."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
import pandas as pd
import shapely

from data.datum import WGS84, transform
from data.records import records
from data.schema import DrainageNetwork

_NODE_COLUMNS = ("name", "kind", "invert_m", "rim_m", "max_depth_m")
_LINK_COLUMNS = (
    "name", "kind", "shape", "length_m", "height_m", "width_m", "barrels", "roughness", "tail_invert_m",
    "head_invert_m", "full_flow_m3_s", "condition_grade", "blocked_share", "system", "repair_cost",
)  # fmt: skip
_DECIMALS = 7  # of a degree: about 1 cm


class NetworkResult(Protocol):
    """What a run says about the parts of a network: frames with a column `name`."""

    @property
    def nodes(self) -> pd.DataFrame: ...

    @property
    def links(self) -> pd.DataFrame: ...


def network_geojson(network: DrainageNetwork, results: NetworkResult | None = None) -> dict[str, Any]:
    """The FeatureCollection; parts without coordinates are left out, numbers that are not known are null.

    `results` adds its columns to the parts of the same name.
    """
    if network.links.crs is None:
        raise ValueError("a network without a CRS has no place on Earth")
    crs = str(network.links.crs)
    nodes = network.nodes[np.isfinite(network.nodes["x_m"]) & np.isfinite(network.nodes["y_m"])]
    lon, lat = transform(nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy(), crs, WGS84)
    points = [{"type": "Point", "coordinates": [_degrees(x), _degrees(y)]} for x, y in zip(lon, lat, strict=True)]
    names = network.nodes["name"].to_numpy()
    links = network.links[network.links.geometry.notna()]
    ends = {"from": names[links["tail"].to_numpy()], "to": names[links["head"].to_numpy()]}
    node_rows = _properties(nodes[list(_NODE_COLUMNS)], results.nodes if results else None)
    link_rows = _properties(pd.DataFrame(links[list(_LINK_COLUMNS)]).assign(**ends), results.links if results else None)
    lines = [_line(shape, crs) for shape in links.geometry]
    features = [
        {"type": "Feature", "id": f"{part}:{row['name']}", "geometry": geometry, "properties": {"part": part, **row}}
        for part, rows, geometries in (("node", node_rows, points), ("link", link_rows, lines))
        for row, geometry in zip(rows, geometries, strict=True)
    ]
    return {"type": "FeatureCollection", "name": "network", "features": features}


def _properties(frame: pd.DataFrame, results: pd.DataFrame | None) -> list[dict[str, Any]]:
    if results is not None:
        new = [name for name in results.columns if name == "name" or name not in frame.columns]
        frame = frame.merge(results[new], on="name", how="left")
    return [{name: _plain(value) for name, value in row.items()} for row in records(frame)]


def _plain(value: Any) -> Any:
    """A value as JSON has it: numbers to six significant digits, null for what is not finite."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _line(shape: shapely.LineString, crs: str) -> dict[str, Any]:
    corners = shapely.get_coordinates(shape)
    x, y = transform(corners[:, 0], corners[:, 1], crs, WGS84)
    return {"type": "LineString", "coordinates": [[_degrees(a), _degrees(b)] for a, b in zip(x, y, strict=True)]}


def _degrees(value: float) -> float:
    return round(float(value), _DECIMALS)
