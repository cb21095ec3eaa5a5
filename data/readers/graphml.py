"""Reads a road graph in GraphML, as osmnx and networkx save it: nodes with x and y, edges with OpenStreetMap's tags."""

from __future__ import annotations

import ast
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from lxml import etree

from data.datum import is_crs, same_crs
from data.errors import InputError
from data.readers.osm_tags import RoadDefaults, read_tags, road_defaults
from data.readers.vectors import to_crs
from data.readers.xml_files import xml_root

_KIND = "a road graph in GraphML"
_TRUE = ("true", "1", "yes")


def read_graphml(
    path: str | Path, target_crs: str, *, crs: str | None = None, defaults: RoadDefaults | None = None
) -> gpd.GeoDataFrame:
    """The edges of a graph as lines with the columns of schema ROADS, in `target_crs`.

    Each is one-way, as the graph has it; an edge of an undirected graph counts for both ways. The `oneway` of an edge
    does not close its way back, which is an edge of its own; it says how `lanes` counts. Of several values of a
    simplified edge the least speed and lanes count, and the first class and name. An edge without `geometry` (WKT)
    runs straight. `crs` is that of a graph that names none. Raises InputError.
    """
    file = Path(path)
    root = xml_root(file, "graphml", _KIND)
    names = {key.get("id"): key.get("attr.name", "") for key in root.iterfind("{*}key")}
    graph = root.find("{*}graph")
    if graph is None:
        raise InputError("no graph in the file", file=file, expected=_KIND)
    own = _data(graph, names).get("crs", "") or crs
    if own is None or not is_crs(own):
        raise InputError(
            "the file has no coordinate reference system" if own is None else "unknown coordinate reference system",
            file=file, place="graph, crs", value=own, expected='crs = "EPSG:..."',
        )  # fmt: skip
    if crs and is_crs(crs) and not same_crs(own, crs):
        raise InputError("crs differs from the file's own", file=file, place="crs", value=crs, expected=own)
    nodes = _nodes(file, graph, names)
    two_way = graph.get("edgedefault") == "undirected"
    defaults = defaults or road_defaults()
    rows, lines = [], []
    for edge in graph.iterfind("{*}edge"):
        values = _data(edge, names)
        ends = [nodes.get(edge.get(side, "")) for side in ("source", "target")]
        if ends[0] is None or ends[1] is None:
            raise _bad(file, edge, "edge without its nodes", "source and target among the nodes")
        lines.append(_line(file, edge, values.get("geometry"), ends[0], ends[1]))
        rows.append(_row(edge, values, two_way, defaults))
    if not rows:
        raise InputError("no roads in the graph", file=file, expected="edges")
    moved = to_crs(np.array(lines), own, target_crs)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise InputError(
            "coordinates beyond the reference system (longitude and latitude swapped?)",
            file=file, place="graph, crs", value=own, expected="x and y in the order of the graph's crs",
        )  # fmt: skip
    return gpd.GeoDataFrame(rows, geometry=moved, crs=target_crs)


def _row(edge: etree._Element, values: dict[str, str], two_way: bool, defaults: RoadDefaults) -> dict:
    listed = {key: _several(text) for key, text in values.items() if key != "geometry"}
    tags = {key: found[0] for key, found in listed.items()}
    tags |= {key: ";".join(listed[key]) for key in ("lanes", "maxspeed") if key in listed}
    tags["highway"] = tags.get("highway", "unclassified")
    tags["oneway"] = "yes" if not two_way and tags.get("oneway", "").lower() in _TRUE else "no"
    road = read_tags(tags, defaults)
    return {
        "id": tags.get("osmid", edge.get("id", "")),
        "road_class": road.road_class,
        "two_way": two_way,
        "lanes": road.ahead.lanes,
        "speed_m_s": road.ahead.speed_m_s,
        "bridge": road.bridge,
        "underpass": road.underpass,
        "name": tags.get("name", ""),
        "name_en": tags.get("name:en", ""),
        "source": "fact",
    }


def _several(text: str) -> list[str]:
    """The values of an attribute: osmnx writes those of merged edges as a list."""
    if text.startswith("[") and text.endswith("]"):
        try:
            found = ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return [text]
        if isinstance(found, list) and found:
            return [str(value) for value in found]
    return [text]


def _nodes(file: Path, graph: etree._Element, names: dict[str | None, str]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for node in graph.iterfind("{*}node"):
        values = _data(node, names)
        try:
            place = float(values["x"]), float(values["y"])
        except (KeyError, ValueError):
            place = (np.nan, np.nan)
        if not np.isfinite(place).all():
            raise _bad(file, node, "node without a place", "finite x and y")
        found[node.get("id", "")] = place
    return found


def _line(
    file: Path, edge: etree._Element, text: str | None, start: tuple[float, float], end: tuple[float, float]
) -> shapely.LineString:
    if not text:
        return shapely.LineString([start, end])
    try:
        line = shapely.from_wkt(text)
    except shapely.GEOSException:
        line = None
    if not isinstance(line, shapely.LineString) or not np.isfinite(shapely.get_coordinates(line)).all():
        raise _bad(file, edge, "geometry that is no line", "a WKT LINESTRING")
    return line


def _data(element: etree._Element, names: dict[str | None, str]) -> dict[str, str]:
    return {names.get(item.get("key"), ""): (item.text or "").strip() for item in element.iterfind("{*}data")}


def _bad(file: Path, element: etree._Element, message: str, expected: str) -> InputError:
    kind = etree.QName(element).localname
    name = element.get("id") or f"{element.get('source')} to {element.get('target')}"
    return InputError(message, file=file, place=f"line {element.sourceline}, {kind} {name}", expected=expected)
