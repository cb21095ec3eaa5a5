"""What the map of a network draws, as small arrays: parts, colours, findings, and the quiet ground below."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from api.messages import catalogue
from api.report.bilingual import Both, say
from api.report.ground import limits, rivers
from data.datum import WGS84, transform
from data.records import records
from data.schema import City, DrainageNetwork
from data.swmm.geojson import network_geojson

SIZES_M = (0.3, 0.5, 0.8, 1.2, 2.0)  # lower limits of the size classes but the first
SIZE_COLOURS = ("#9ab7d3", "#5f94c4", "#2f6fae", "#1c4f8c", "#123368", "#2a1250")
GRADE_COLOURS = ("#2e8b57", "#a3a334", "#e0812e", "#b3161b")
BLOCKED_COLOURS = ("#2e8b57", "#e0812e", "#b3161b")
UNKNOWN_COLOUR = "#9aa4ac"
OTHER_COLOUR = "#7a3b8f"


def map_data(network: DrainageNetwork, city: City | None, findings: pd.DataFrame) -> dict[str, Any]:
    """The data of the page's script: JSON values alone."""
    features = network_geojson(network)["features"]
    links = [_link(feature) for feature in features if feature["properties"]["part"] == "link"]
    nodes = [_node(feature) for feature in features if feature["properties"]["part"] == "node"]
    return {
        "links": links,
        "nodes": nodes,
        "inlets": _inlets(network),
        "findings": [_finding(row) for row in records(findings[np.isfinite(findings["lon"].astype(float))])],
        "rivers": rivers(city) if city else None,
        "areas": limits(city, _lowest(city)) if city and city.areas is not None else None,
        "colours": {
            "size": [list(SIZES_M), list(SIZE_COLOURS)],
            "grade": list(GRADE_COLOURS),
            "blocked": list(BLOCKED_COLOURS),
            "unknown": UNKNOWN_COLOUR,
            "other": OTHER_COLOUR,
        },
        "words": {key.removeprefix("network.part."): [entry["zh"], entry["en"]]
                  for key, entry in catalogue().items() if key.startswith("network.part.")},
    }  # fmt: skip


def told(message: str) -> Both:
    """A finding's words in both languages."""
    for key, entry in catalogue().items():
        if key.startswith("network.finding.") and entry["en"] == message:
            return say(key)
    return Both(message, message)


def _link(feature: dict[str, Any]) -> list[Any]:
    """Name, kind, line, height, width, length, fall, full flow, grade, blocked share, shape."""
    p = feature["properties"]
    fall = None
    if p["tail_invert_m"] is not None and p["head_invert_m"] is not None:
        fall = round(p["tail_invert_m"] - p["head_invert_m"], 3)
    line = [[lat, lon] for lon, lat in feature["geometry"]["coordinates"]]
    return [p["name"], p["kind"], line, p["height_m"], p["width_m"], p["length_m"], fall, p["full_flow_m3_s"],
            p["condition_grade"], p["blocked_share"], p["shape"]]  # fmt: skip


def _node(feature: dict[str, Any]) -> list[Any]:
    """Name, kind, latitude, longitude, invert, rim."""
    p = feature["properties"]
    lon, lat = feature["geometry"]["coordinates"]
    return [p["name"], p["kind"], lat, lon, p["invert_m"], p["rim_m"]]


def _inlets(network: DrainageNetwork) -> list[list[Any]]:
    """Id, node, latitude, longitude, blocked share."""
    inlets = network.inlets
    lon, lat = transform(inlets["x_m"].to_numpy(float), inlets["y_m"].to_numpy(float), str(network.links.crs), WGS84)
    return [
        [name, node, round(y, 7), round(x, 7), blocked]
        for name, node, y, x, blocked in zip(
            inlets["id"], inlets["node"], lat.tolist(), lon.tolist(), inlets["blocked_share"].tolist(), strict=True
        )
        if math.isfinite(x) and math.isfinite(y)
    ]


def _finding(row: dict[str, Any]) -> list[Any]:
    """Severity, latitude, longitude, words (zh, en), place, value."""
    words = told(row["message"])
    return [row["severity"], row["lat"], row["lon"], [words.zh, words.en], row["place"], row["value"]]


def _lowest(city: City) -> set[str]:
    assert city.areas is not None
    return set(city.areas["code"]) - set(city.areas["parent"])
