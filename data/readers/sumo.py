"""Reads the roads of a SUMO network (.net.xml): one line per edge, with lanes, speed, class and direction."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from lxml import etree

from data.datum import is_crs
from data.errors import InputError
from data.readers.osm_tags import road_class
from data.readers.vectors import to_crs
from data.readers.xml_files import xml_root

_RAIL = ("rail", "tram", "railway", "waterway")


def read_sumo(path: str | Path, target_crs: str) -> gpd.GeoDataFrame:
    """The edges of a SUMO network as lines with the columns of schema ROADS, each one-way as SUMO has them.

    Lanes closed to cars count for walkers only (speed 0). Internal edges of junctions, rails and waterways are
    left out. An edge without a shape runs straight between its junctions; lines always end at the junctions,
    because SUMO draws shapes only up to the border of a junction.
    """
    file = Path(path)
    root = xml_root(file, "net", "a SUMO network (.net.xml)")
    offset, crs = _location(file, root)
    junctions = {node.get("id"): (_number(file, node, "x"), _number(file, node, "y")) for node in root.iter("junction")}
    rows = []
    for edge in root.iter("edge"):
        kind = edge.get("type", "")
        if edge.get("function", "normal") != "normal" or kind.startswith(_RAIL):
            continue
        ends = [junctions.get(edge.get(key)) for key in ("from", "to")]
        lanes = edge.findall("lane")
        if None in ends or not lanes:
            raise _bad(file, edge, "edge without junctions or lanes")
        rows.append(_edge(file, edge, ends, lanes))
    if not rows:
        raise InputError("no roads in the network", file=file, expected="edges with lanes")
    frame = gpd.GeoDataFrame(rows, geometry=[row["geometry"] for row in rows])
    moved = shapely.transform(np.asarray(frame.geometry.array), lambda xy: xy - offset)
    return frame.set_geometry(to_crs(moved, crs, target_crs)).set_crs(target_crs)


def _edge(file: Path, edge: etree._Element, ends: list, lanes: list[etree._Element]) -> dict:
    cars = [lane for lane in lanes if _open_to_cars(lane)]
    shape = edge.get("shape")
    middle = _points(file, edge, shape) if shape else []
    if shape:  # SUMO gives the whole line from junction to junction here
        middle = [point for point in middle if point not in ends]
    line = shapely.LineString([ends[0], *middle, ends[1]])
    return {
        "geometry": line,
        "id": edge.get("id", ""),
        "road_class": road_class(edge.get("type", "").removeprefix("highway.")),
        "two_way": False,
        "lanes": len(cars),
        "speed_m_s": max((_number(file, lane, "speed") for lane in cars), default=0.0),
        "bridge": False,
        "underpass": False,
        "name": edge.get("name", ""),
        "source": "fact",
    }


def _open_to_cars(lane: etree._Element) -> bool:
    allow, disallow = lane.get("allow"), lane.get("disallow", "")
    return "passenger" in allow.split() if allow else not {"passenger", "all"} & set(disallow.split())


def _points(file: Path, edge: etree._Element, text: str) -> list[tuple[float, float]]:
    try:
        points = [tuple(float(value) for value in point.split(",")[:2]) for point in text.split()]
    except ValueError:
        raise _bad(file, edge, "shape that is no list of x,y") from None
    if any(len(point) != 2 or not np.isfinite(point).all() for point in points):
        raise _bad(file, edge, "shape that is no list of x,y")
    return [(x, y) for x, y in points]


def _number(file: Path, element: etree._Element, key: str) -> float:
    try:
        value = float(element.get(key, ""))
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        place = f"line {element.sourceline}, {element.tag} {element.get('id')}, {key}"
        raise InputError("not a number", file=file, place=place, value=element.get(key), expected="a finite number")
    return value


def _location(file: Path, root: etree._Element) -> tuple[np.ndarray, str]:
    location = root.find("location")
    projection = "" if location is None else location.get("projParameter", "!")
    if location is None or projection in ("!", "-", "") or not is_crs(projection):
        raise InputError(
            "network without a projection", file=file, place="location", value=projection, expected="projParameter"
        )
    try:
        offset = np.array([float(value) for value in location.get("netOffset", "").split(",")])
    except ValueError:
        offset = np.empty(0)
    if offset.shape != (2,):
        raise InputError("bad netOffset", file=file, place="location", value=location.get("netOffset"), expected="x,y")
    return offset, projection


def _bad(file: Path, edge: etree._Element, message: str) -> InputError:
    place = f"line {edge.sourceline}, edge {edge.get('id')}"
    return InputError(message, file=file, place=place, expected="an edge as netconvert writes it")
