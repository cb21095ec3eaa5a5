"""What the values of OpenStreetMap's `highway` tag are in the road classes of the schema."""

from __future__ import annotations

from data.schema import ROAD_CLASSES

_OTHERS = {
    "path": "footway",
    "pedestrian": "footway",
    "steps": "footway",
    "cycleway": "footway",
    "bridleway": "footway",
    "corridor": "footway",
}


def road_class(highway: str) -> str:
    """The road class of a `highway` value: links count as their road, lanes and alleys as residential."""
    value = highway.strip().lower().removesuffix("_link")
    if value in ROAD_CLASSES:
        return value
    return _OTHERS.get(value, "residential")
