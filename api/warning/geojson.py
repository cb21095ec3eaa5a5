"""Notices as GeoJSON features with CAP-shaped properties (RFC 7946, WGS84)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from api.warning.drill import notices
from api.warning.notice import Notice
from api.warning.profile import Profile
from sim.result import Result


def feature(notice: Notice) -> dict[str, Any]:
    """One feature; its properties are those of `Notice.to_json` but for the outline, which is the geometry."""
    return feature_of(notice.to_json())


def feature_of(said: dict[str, Any]) -> dict[str, Any]:
    """The feature of a notice that is JSON already."""
    rings = said["polygon"]
    if len(rings) == 1:
        geometry: dict[str, Any] = {"type": "Polygon", "coordinates": rings}
    else:
        geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}
    properties = {key: value for key, value in said.items() if key != "polygon"}
    return {"type": "Feature", "id": said["identifier"], "geometry": geometry, "properties": properties}


def collection(said: Iterable[Notice]) -> dict[str, Any]:
    """A FeatureCollection of notices, in their order."""
    return {"type": "FeatureCollection", "features": [feature(notice) for notice in said]}


def warnings_geojson(result: Result, profile: Profile) -> dict[str, Any]:
    """The FeatureCollection of a drill; one feature per message, in the order sent."""
    return {
        "type": "FeatureCollection",
        "name": "warnings",
        "exercise": profile.drill,
        "rulesVersion": result.rules_hash,
        "unverifiedThresholds": list(result.unverified_rules),
        "syntheticLayers": list(result.city.synthetic),
        "features": [feature(notice) for notice in notices(result, profile)],
    }


def write_warnings_geojson(result: Result, path: Path, profile: Profile) -> None:
    """The collection as UTF-8 JSON."""
    text = json.dumps(warnings_geojson(result, profile), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
