"""What the tags of OpenStreetMap say about a road, in the words of the schema."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from data.rules_file import Rules, load_rules
from data.schema import ROAD_CLASSES

_OTHERS = {
    "path": "footway",
    "pedestrian": "footway",
    "steps": "footway",
    "cycleway": "footway",
    "bridleway": "footway",
    "corridor": "footway",
}
_STREETS = ("unclassified", "residential", "living_street", "service", "road", "track")
_MOTOR = ("motorcar", "motor_vehicle", "vehicle", "access")  # the first that is given counts
_CLOSED = ("no", "agricultural", "forestry", "emergency")
_SPEED = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?\s*")
_KM_H = {None: 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_FASTEST_M_S = 60.0  # beyond it, as the schema has it, a sign is a slip of the pen
_WALKING_PACE_KM_H = 7.0  # what "walk" means on a sign


@dataclass(frozen=True)
class RoadDefaults:
    """What a road has whose tags do not say: by class."""

    speed_m_s: Mapping[str, float]
    lanes: Mapping[str, int]  # per direction
    lane_capacity_veh_h: float


def road_defaults(rules: Rules | None = None) -> RoadDefaults:
    """The defaults of the rules, by default those of the project."""
    told = rules or load_rules()
    speeds, lanes = told.numbers("roads.class_speed_km_h"), told.numbers("roads.class_lanes")
    return RoadDefaults(
        {name: speed / 3.6 for name, speed in zip(ROAD_CLASSES, speeds, strict=True)},
        {name: int(count) for name, count in zip(ROAD_CLASSES, lanes, strict=True)},
        told.number("roads.lane_capacity_veh_h"),
    )


def road_class(highway: str) -> str:
    """The road class of a `highway` value: links count as their road, lanes and alleys as residential."""
    value = highway.strip().lower().removesuffix("_link")
    if value in ROAD_CLASSES:
        return value
    return _OTHERS.get(value, "residential")


def is_way(highway: str) -> bool:
    """Whether a `highway` value is a way that people or cars move along: not a platform, a plan or a building site."""
    value = highway.strip().lower().removesuffix("_link")
    return value in ROAD_CLASSES or value in _OTHERS or value in _STREETS


def is_closed(tags: Mapping[str, str]) -> bool:
    """Whether nobody may use the way: access is closed to all and nothing opens it to walkers."""
    return tags.get("access") == "no" and tags.get("foot", "no") in ("no", "private") and not _open_to_cars(tags)


@dataclass(frozen=True)
class Lanes:
    """What one direction of a road has for cars; 0 lanes: none."""

    lanes: int
    speed_m_s: float


@dataclass(frozen=True)
class RoadTags:
    """A road in the words of the schema; `back` is None where cars may drive only along the line."""

    road_class: str
    ahead: Lanes
    back: Lanes | None
    against: bool  # one-way against the line as drawn
    bridge: bool
    underpass: bool


def read_tags(tags: Mapping[str, str], defaults: RoadDefaults) -> RoadTags:
    """The tags of one way.

    One-way: `oneway`, and unless it says no also motorways and roundabouts. `lanes` counts both directions of a
    two-way road, so half of them (rounded down, at least one) go each way, unless `lanes:forward` and
    `lanes:backward` say. Speed: `maxspeed` in km/h, mph or knots; of several the least; words such as "signals" leave
    the default of the class. Where cars may not go there are 0 lanes. Underpass: a tunnel other than a culvert or a
    passage through a building, or a layer below 0 that is no bridge.
    """
    kind = road_class(tags["highway"])
    bridge = tags.get("bridge", "no") not in ("no", "")
    tunnel = tags.get("tunnel", "no")
    underpass = tunnel not in ("no", "", "culvert", "building_passage")
    underpass |= not bridge and tunnel not in ("culvert", "building_passage") and _layer(tags) < 0
    if kind == "footway" or not _open_to_cars(tags):
        closed = Lanes(0, 0.0)
        return RoadTags(kind, closed, closed, False, bridge, underpass)
    one_way, against = _one_way(tags)
    ahead, back = (
        Lanes(_lanes(tags, side, one_way, defaults.lanes[kind]), _speed(tags, side, defaults.speed_m_s[kind]))
        for side in ("forward", "backward")
    )
    if against:
        ahead = back
    return RoadTags(kind, ahead, None if one_way else back, against, bridge, underpass)


def speed_m_s(text: str) -> float | None:
    """A `maxspeed` value in m/s, the least of several; None where it is no number ("none", "signals", "CN:urban")."""
    found = []
    for part in text.replace("|", ";").split(";"):
        match = _SPEED.fullmatch(part.lower())
        if match:
            found.append(float(match[1]) * _KM_H[match[2]] / 3.6)
        elif part.strip().lower() == "walk":
            found.append(_WALKING_PACE_KM_H / 3.6)
    return min((speed for speed in found if 0.0 < speed <= _FASTEST_M_S), default=None)


def lane_count(text: str) -> int | None:
    """A `lanes` value as a whole number, rounded down, the least of several; None where it is none."""
    found = []
    for part in text.replace("|", ";").split(";"):
        try:
            number = float(part)
        except ValueError:
            continue
        if math.isfinite(number) and number >= 1.0:
            found.append(min(int(number), 20))
    return min(found, default=None)


def _lanes(tags: Mapping[str, str], side: str, one_way: bool, default: int) -> int:
    own = lane_count(tags.get(f"lanes:{side}", ""))
    if own is not None:
        return own
    both = lane_count(tags.get("lanes", ""))
    if both is None:
        return default
    return both if one_way else max(both // 2, 1)


def _speed(tags: Mapping[str, str], side: str, default: float) -> float:
    for key in (f"maxspeed:{side}", "maxspeed"):
        found = speed_m_s(tags.get(key, ""))
        if found is not None:
            return found
    return default


def _one_way(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether cars may go one way only, and whether that is against the line."""
    told = tags.get("oneway", "").lower()
    if told in ("-1", "reverse"):
        return True, True
    if told in ("no", "false", "0", "alternating"):
        return False, False
    implied = tags["highway"] == "motorway" or tags.get("junction") in ("roundabout", "circular")
    return told in ("yes", "true", "1", "reversible") or implied, False


def _open_to_cars(tags: Mapping[str, str]) -> bool:
    told = next((tags[key] for key in _MOTOR if key in tags), "yes")
    return told not in _CLOSED


def _layer(tags: Mapping[str, str]) -> float:
    try:
        return float(tags.get("layer", "0"))
    except ValueError:
        return 0.0
