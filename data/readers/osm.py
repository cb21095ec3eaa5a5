"""Reads the roads of an OpenStreetMap extract (.osm.pbf or .osm) through GDAL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from data.datum import WGS84
from data.errors import InputError
from data.readers.osm_tags import RoadDefaults, is_closed, is_way, read_tags, road_defaults
from data.readers.report import Report
from data.readers.vectors import to_crs

_KIND = "an OpenStreetMap extract (.osm.pbf or .osm)"
_OWN_COLUMNS = ("highway", "name")  # tags that GDAL keeps outside other_tags


def read_osm(
    path: str | Path, target_crs: str, *, defaults: RoadDefaults | None = None, report: Report | None = None
) -> gpd.GeoDataFrame:
    """The ways with a `highway` tag as lines with the columns of schema ROADS, in `target_crs`.

    Tags are read as `read_tags` says; a way whose two directions differ becomes two lines of one id. Left out: ways
    that nobody may use, and what is no way (platforms, building sites); the report says how many of which word.
    Vertices that ways share stay shared, so `build_network` cuts them there. Raises InputError.
    """
    file = Path(path)
    defaults = defaults or road_defaults()
    raw = _ways(file)
    rows: list[dict] = []
    lines: list[shapely.Geometry] = []
    others: Counter[str] = Counter()
    shapes = np.asarray(raw.geometry.array)
    columns = zip(raw["osm_id"], raw["highway"], raw["name"], raw["other_tags"], shapes, strict=True)
    for osm_id, highway, name, other, line in columns:
        if not is_way(highway):
            others[highway] += 1
            continue
        tags = {key: str(value) for key, value in (other or {}).items()} | {"highway": highway}
        if is_closed(tags):
            continue
        found = _rows(osm_id, name or "", tags, defaults)
        rows += [row for row, _ in found]
        lines += [shapely.reverse(line) if against else line for _, against in found]
    if not rows:
        raise InputError("no roads in the extract", file=file, expected="ways with a highway tag")
    if others and report is not None:
        words = ", ".join(f"{count} {word}" for word, count in sorted(others.items()))
        report.warn("ways that are no roads: left out", file=file, place="highway", value=words, remedy="none needed")
    moved = to_crs(np.array(lines), WGS84, target_crs)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise InputError(
            "coordinates beyond the reference system", file=file, value=target_crs, expected="its own zone"
        )
    return gpd.GeoDataFrame(rows, geometry=moved, crs=target_crs)


def _rows(osm_id: str, name: str, tags: dict[str, str], defaults: RoadDefaults) -> list[tuple[dict, bool]]:
    """Rows of one way, each with whether it runs against the line as drawn."""
    road = read_tags(tags, defaults)
    row = {
        "id": str(osm_id),
        "road_class": road.road_class,
        "two_way": road.back is not None,
        "lanes": road.ahead.lanes,
        "speed_m_s": road.ahead.speed_m_s,
        "bridge": road.bridge,
        "underpass": road.underpass,
        "name": name or tags.get("name:zh", ""),
        "name_en": tags.get("name:en", ""),
        "source": "fact",
    }
    if road.back is None or road.back == road.ahead:
        return [(row, road.against)]
    back = {**row, "lanes": road.back.lanes, "speed_m_s": road.back.speed_m_s, "two_way": False}
    return [({**row, "two_way": False}, False), (back, True)]


def _ways(file: Path) -> gpd.GeoDataFrame:
    if not file.is_file():
        raise InputError("no such file", file=file, expected=_KIND)
    if file.stat().st_size == 0:
        raise InputError("empty file", file=file, expected=_KIND)
    try:
        raw = pyogrio.read_dataframe(
            file, layer="lines", columns=["osm_id", *_OWN_COLUMNS, "other_tags"], where="highway IS NOT NULL",
            TAGS_FORMAT="JSON",
        )  # fmt: skip
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"not readable (damaged or truncated): {error}", file=file, expected=_KIND) from None
    return raw.where(raw.notna(), None)
