"""What moves on the map: shelters filling, warnings in force, roads closing, the plan, frame by frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

from api.report.bilingual import Both, known, named, records, say
from api.report.facts import UNDER_WAY, Facts, left_out
from api.report.frames import Frames
from api.report.ground import pair_duplicates, to_wgs84
from api.report.sewers import PIPE_STATES, Sewers
from api.warning.outline import outlines
from data.schema import LEVELS
from sim.result import Result, Warning

_M_PER_DEGREE = 111_000.0  # of latitude, for the detail of lines


@dataclass(frozen=True)
class MapParameters:
    """Upper limits that keep the page small; the largest are kept."""

    most_sites: int = 1500
    most_flows: int = 250
    most_closed_roads: int = 6000
    most_unserved: int = 400
    most_labels: int = 60
    most_pipes: int = 6000
    most_manholes: int = 1500


def map_data(result: Result, facts: Facts, frames: Frames, parameters: MapParameters | None = None) -> dict[str, Any]:
    """Everything the map's script needs, ready for JSON; pairs of texts are [zh, en]."""
    p = parameters or MapParameters()
    spots = _spots(result, facts)
    return {
        "frames": _frames(result, frames),
        "start": frames.start,
        "sites": _sites(result, frames, p.most_sites),
        "warnings": _warnings(result, spots),
        "underpasses": _underpasses(result),
        "flows": _flows(result, p.most_flows),
        "unserved": _unserved(result, p.most_unserved),
        "roads": _closed_roads(result, frames, p.most_closed_roads),
        "sewers": _sewers(result, facts.sewers, p),
        "labels": _labels(facts, spots, p.most_labels),
        "words": _words(),
    }


def _pair(both: Both) -> list[str]:
    return [str(both.zh), str(both.en)]


def _at(lat: float, lon: float) -> list[float]:
    return [round(float(lat), 5), round(float(lon), 5)]


def _frames(result: Result, frames: Frames) -> list[dict[str, Any]]:
    line = result.timeline
    columns = {"danger": line.people_h3_up, "moving": line[list(UNDER_WAY)].sum(axis=1), "sheltered": line.sheltered}
    out = []
    for k, time_s in enumerate(frames.time_s):
        row = max(int(np.searchsorted(line.time_s, time_s, side="right")) - 1, 0)
        interval = int(np.searchsorted(result.rain_time_s, time_s, side="right")) - 1
        rain = float(result.rain_mm_h[interval]) if 0 <= interval < len(result.rain_mm_h) else 0.0
        counts = {name: int(values.iloc[row]) for name, values in columns.items()}
        clock = f"{result.moment(time_s):%H:%M}"
        out.append({"t": float(time_s), "clock": clock, "image": frames.depth[k], "rain": round(rain, 1), **counts})
    return out


def _sites(result: Result, frames: Frames, most: int) -> list[dict[str, Any]]:
    sites = result.sites.reset_index(drop=True)
    rows = np.searchsorted(result.timeline.time_s, frames.time_s, side="right") - 1
    occupancy, out_of_use = np.asarray(result.site_occupancy), left_out(sites)
    shown = sites.sort_values(["peak", "capacity"], ascending=False, kind="stable").index[:most]
    out = []
    for k in sorted(shown):
        site = sites.loc[k]
        inside = occupancy[np.maximum(rows, 0), k] if occupancy.size else np.zeros(len(rows), int)
        out.append(
            {
                "name": _pair(named(site["name"], site["name_en"], site["id"])),
                "at": _at(site["lat"], site["lon"]),
                "capacity": int(site["capacity"]),
                "closed": None if math.isnan(site["closed_s"]) else float(site["closed_s"]),
                "dark": site["status"] == "dark",
                "out": _pair(known("adequacy.reason", site["excluded"])) if out_of_use[k] else None,
                "inside": [int(n) for n in inside],
            }
        )
    return out


def _warnings(result: Result, spots: dict[str, list[float]]) -> list[dict[str, Any]]:
    ended: dict[str, float] = {w.references: w.sent_s for w in result.warnings if w.references}
    out = []
    for warning in result.warnings:
        until = min(warning.expires_s, ended.get(warning.id, math.inf))
        if warning.level == 0 or until <= warning.sent_s:
            continue
        rings = outlines(warning.polygon)
        # A warning for the whole city has its badge at the upper edge and no hatching over those of its parts.
        wide = warning.area not in spots
        out.append(
            {
                "name": _pair(_area_name(warning)),
                "level": warning.level,
                "wide": wide,
                "from": warning.sent_s,
                "until": until,
                "rings": [[_at(lat, lon) for lon, lat in ring.exterior.coords] for ring in rings],
                "at": _top(rings[0]) if wide else spots[warning.area],
            }
        )
    return out


def _top(ring: Polygon) -> list[float]:
    """The point of the outline nearest to the middle of its northern limit."""
    west, _, east, north = ring.bounds
    spot = ring.boundary.interpolate(ring.boundary.project(Point((west + east) / 2, north)))
    return _at(spot.y, spot.x)


def _area_name(warning: Warning) -> Both:
    return named(warning.area_name, warning.area_name_en, warning.area)


def _underpasses(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "name": _pair(named(row.name, row.name_en, row.id)),
            "at": _at(row.lat, row.lon),
            "depth": round(float(row.max_depth_m), 2),
            "from": None if math.isnan(row.closed_from_s) else float(row.closed_from_s),
            "until": None if math.isnan(row.closed_until_s) else float(row.closed_until_s),
        }
        for row in records(result.underpasses)
    ]


def _flows(result: Result, most: int) -> list[dict[str, Any]]:
    """Lines from where the people of an area set out (their centre) to each shelter, by persons."""
    plan = result.plan[(result.plan.shelter != "") & result.plan.shelter.notna() & (result.plan.persons > 0)]
    if not len(plan):
        return []
    place = result.blocks.set_index("id")[["lat", "lon"]]
    joined = plan.join(place, on="block", how="inner")
    weighted = joined.assign(lat=joined.lat * joined.persons, lon=joined.lon * joined.persons)
    flows = weighted.groupby(["area", "shelter"], sort=True)[["lat", "lon", "persons"]].sum().reset_index()
    flows = flows.nlargest(most, "persons", keep="first")
    goal = result.sites.set_index("id")[["lat", "lon", "name", "name_en"]]
    out = []
    for flow in records(flows):
        if flow.shelter in goal.index:
            site = goal.loc[flow.shelter]
            start = _at(flow.lat / flow.persons, flow.lon / flow.persons)
            out.append({"from": start, "to": _at(site["lat"], site["lon"]), "persons": int(flow.persons)})
    return out


def _unserved(result: Result, most: int) -> list[list[float]]:
    blocks = result.blocks[result.blocks.unserved > 0].nlargest(most, "unserved")
    return [[*_at(row.lat, row.lon), int(row.unserved)] for row in records(blocks)]


def _closed_roads(result: Result, frames: Frames, most: int) -> dict[str, Any]:
    """Lines of the roads that ever close, and for each frame the numbers of those closed then."""
    closed = np.asarray(result.roads_closed_frames, bool)
    network = result.city.roads
    if network is None or not frames.index.size or not closed.size:
        return {"lines": [], "frames": [[] for _ in frames.time_s]}
    single = np.flatnonzero(~pair_duplicates(network.edges))
    closed = closed[np.ix_(frames.index, single)]
    length = network.edges.length_m.to_numpy()[single] * closed.sum(axis=0)
    ever = np.flatnonzero(length > 0)
    ever = np.sort(ever[np.argsort(-length[ever], kind="stable")[:most]])
    shapes = shapely.simplify(network.edges.geometry.to_numpy()[single[ever]], result.city.grid.cell_m / 2)
    lines = [[[y, x] for x, y in shapely.get_coordinates(line).tolist()] for line in _placed(shapes, result)]
    return {"lines": lines, "frames": [np.flatnonzero(row).tolist() for row in closed[:, ever]]}


def _sewers(result: Result, sewers: Sewers | None, p: MapParameters) -> dict[str, Any] | None:
    """Lines of the pipes by state (the fullest and longest are kept), manholes filled to the street, outfalls."""
    if sewers is None:
        return None
    kept = sewers.pipes.sort_values(["state", "length_m"], ascending=False, kind="stable").head(p.most_pipes)
    tolerance = result.city.grid.cell_m / 2 / _M_PER_DEGREE
    lines = shapely.simplify(kept.geometry.to_numpy(), tolerance)
    pipes = {
        state: [[[round(y, 5), round(x, 5)] for x, y in line.coords] for line in lines[kept["state"].to_numpy() == k]]
        for k, state in enumerate(PIPE_STATES)
    }
    return {
        "pipes": pipes,
        "manholes": [
            [*_at(m.lat, m.lon), m.name, round(m.over_m, 2)] for m in records(sewers.manholes.head(p.most_manholes))
        ],
        "outfalls": [[*_at(o.lat, o.lon), o.name, bool(o.drowned)] for o in records(sewers.outfalls)],
    }


def _placed(shapes: np.ndarray, result: Result) -> np.ndarray:
    return to_wgs84(shapes, result.city.grid.crs) if len(shapes) else shapes


def _spots(result: Result, facts: Facts) -> dict[str, list[float]]:
    """Code of each reported area -> a place well inside it, where its name and its badge stand."""
    areas = result.city.areas
    if areas is None:
        return {}
    rows = areas[areas.code.isin(facts.areas.code)].drop_duplicates("code")
    if not len(rows):
        return {}
    points = to_wgs84(shapely.point_on_surface(rows.geometry.to_numpy()), result.city.grid.crs)
    return {code: _at(point.y, point.x) for code, point in zip(rows.code, points, strict=True)}


def _labels(facts: Facts, spots: dict[str, list[float]], most: int) -> list[dict[str, Any]]:
    shown = facts.areas[facts.areas.code.isin(spots)].head(most)
    return [{"name": _pair(named(row.name, row.name_en, row.code)), "at": spots[row.code]} for row in records(shown)]


def _words() -> dict[str, list[str]]:
    keys = (
        "play", "pause", "zoom_in", "zoom_out", "capacity", "inside", "people", "site_full", "site_flooded",
        "site_dark", "site_empty", "site_out", "underpass_shut", "underpass_open", "manhole_full", "outfall_drowned",
        "outfall",
    )  # fmt: skip
    words = {key: _pair(say(f"report.map.{key}")) for key in keys}
    levels = {f"level{k}": _pair(say(f"report.level.{name}")) for k, name in enumerate(LEVELS) if k}
    return words | levels
