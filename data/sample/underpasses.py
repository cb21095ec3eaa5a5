"""Where a main road dives under the railway or under a ring road: 3 to 5 m down over 70 to 100 m of road."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.ops import substring

from data.sample.arterials import Street
from data.sample.plan import CityPlan

SUNK_HALF_WIDTH_M = 12.0
SLIP_OFFSET_M = 26.0  # slip roads beside an underpass below a ring road
SPACING_M = 230.0  # least distance between two structures


@dataclass(frozen=True)
class Underpass:
    """A sunken piece of road: `line` is its centre line, from the top of one ramp to the top of the other."""

    line: LineString
    depth_m: float
    pump_m3_s: float
    hump_m: float  # the rise at both ends that keeps shallow street water out
    street: Street
    under: str  # "railway" or the name of the ring above
    under_en: str
    slips: tuple[LineString, ...] = ()

    @property
    def polygon(self) -> Polygon:
        return self.line.buffer(SUNK_HALF_WIDTH_M, cap_style="flat")

    @property
    def keep_clear(self) -> Polygon:
        """Where no local street may go."""
        return self.line.buffer(SLIP_OFFSET_M + 14.0 if self.slips else 30.0, cap_style="square")


def place_underpasses(
    plan: CityPlan, streets: list[Street], railway: list[LineString], water: Polygon
) -> tuple[list[Underpass], list[Street]]:
    """The underpasses, and the streets with those pieces taken out.

    A main road passes under the railway wherever it meets it squarely; the avenues pass under the rings outside
    the old town. Where a road meets the railway at a slant it goes over it on a bridge and nothing is sunk.
    """
    rng = plan.rng("underpasses")
    rail = shapely.union_all(railway)
    rings = [s for s in streets if s.road_class == "trunk"]
    outer_rings = [s for s in rings if s.name != "一环路"]
    found: list[Underpass] = []
    remaining: list[Street] = []
    for street in streets:
        cuts: list[tuple[float, float]] = []
        crossings = [(p, "铁路", "the railway") for p in _points(street.line.intersection(rail))]
        if street.road_class == "primary":
            for ring in outer_rings:
                crossings += [(p, ring.name, ring.name_en) for p in _points(street.line.intersection(ring.line))]
        for point, under, under_en in sorted(crossings, key=lambda c: street.line.project(c[0])):
            at = street.line.project(point)
            half = float(rng.uniform(36.0, 48.0))
            depth = float(rng.uniform(2.6, 3.4))
            pump = float(np.round(rng.uniform(0.08, 0.25), 2))
            hump = float(np.round(rng.uniform(0.02, 0.22), 2))
            clear = (
                half + 60.0 < at < street.line.length - half - 60.0
                and water.distance(point) > 130.0
                and all(u.line.distance(point) > SPACING_M for u in found)
                and _squarely(street.line, at, rail if under == "铁路" else shapely.union_all([r.line for r in rings]))
            )
            if not clear:
                continue
            a, b = (Point(np.round(street.line.interpolate(at + d).coords[0])) for d in (-half, half))
            inner = substring(street.line, at - half + 12.0, at + half - 12.0)
            line = LineString([a, *inner.coords, b])
            slips: tuple[LineString, ...] = ()
            if under != "铁路":
                slips = tuple(_slip(a, b, side) for side in (SLIP_OFFSET_M, -SLIP_OFFSET_M))
            found.append(Underpass(line, round(depth, 2), pump, hump, street, under, under_en, slips))
            cuts.append((at - half, at + half))
        remaining += _without(street, cuts, found[len(found) - len(cuts) :])
    return found, remaining


def _slip(a: Point, b: Point, side_m: float) -> LineString:
    """A road at street level beside an underpass, between its two ends."""
    start, end = np.array(a.coords[0]), np.array(b.coords[0])
    along = (end - start) / np.hypot(*(end - start))
    aside = side_m * np.array([-along[1], along[0]])
    return LineString([start, start + 14.0 * along + aside, end - 14.0 * along + aside, end])


def _points(geometry: shapely.Geometry) -> list[Point]:
    return [p for p in shapely.get_parts(geometry) if p.geom_type == "Point"]


def _squarely(line: LineString, at: float, other: shapely.Geometry) -> bool:
    """Whether the two lines meet at 40 degrees or more: the other's length near the point tells the angle."""
    a, b = (np.array(line.interpolate(at + d).coords[0]) for d in (-15.0, 15.0))
    near = other.intersection(Point(line.interpolate(at)).buffer(15.0))
    xy = shapely.get_coordinates(near)
    if len(xy) < 2:
        return False
    span = xy[:, None, :] - xy[None, :, :]
    far = np.unravel_index(np.argmax((span**2).sum(-1)), span.shape[:2])
    u, v = b - a, span[far]
    sine = abs(u[0] * v[1] - u[1] * v[0]) / (np.hypot(*u) * np.hypot(*v))
    return bool(sine > np.sin(np.deg2rad(40.0)))


def _without(street: Street, cuts: list[tuple[float, float]], made: list[Underpass]) -> list[Street]:
    """The street less the cut stretches; its new ends are the ends of the underpasses."""
    if not cuts:
        return [street]
    parts = []
    start, start_point = 0.0, None
    ends = [*zip(cuts, made, strict=True), ((street.line.length, 0.0), None)]
    for (low, high), underpass in ends:
        coords = list(substring(street.line, start, low).coords)
        if start_point is not None:
            coords[0] = start_point
        if underpass is not None:
            coords[-1] = underpass.line.coords[0]
            start_point = underpass.line.coords[-1]
        parts.append(Street(LineString(coords), street.road_class, street.name, street.name_en, street.crosses_river))
        start = high
    return parts


def underpass_table(underpasses: list[Underpass], crs: str) -> gpd.GeoDataFrame:
    """The UNDERPASSES layer."""
    rows = [
        {
            "id": f"U{number:02d}",
            "name": f"{u.street.name}下穿{u.under}隧道",
            "name_en": f"{u.street.name_en} underpass below {u.under_en}",
            "closure_depth_m": 0.3,
            "pump_m3_s": u.pump_m3_s,
            "pump_on_depth_m": 0.05,
            "reopen_depth_m": 0.05,
            "pump_node": "",
            "source": "synthetic",
        }
        for number, u in enumerate(underpasses, start=1)
    ]
    return gpd.GeoDataFrame(rows, geometry=[u.polygon for u in underpasses], crs=crs)


def sink_underpasses(terrain: np.ndarray, x: np.ndarray, y: np.ndarray, underpasses: list[Underpass]) -> None:
    """Lower the terrain along each underpass, in place.

    The road falls from the level of its ends over the outer 30 % of its length on each side and is flat between;
    `x` and `y` are the cell centres.
    """
    cell = float(x[1] - x[0])
    for underpass in underpasses:
        west, south, east, north = underpass.line.buffer(40.0).bounds
        cols = slice(max(int((west - x[0]) / cell), 0), int((east - x[0]) / cell) + 2)
        rows = slice(max(int((y[0] - north) / cell), 0), int((y[0] - south) / cell) + 2)
        window = terrain[rows, cols]
        xx, yy = np.meshgrid(x[cols], y[rows])
        points = shapely.points(xx, yy)
        along = shapely.line_locate_point(underpass.line, points)
        away = shapely.distance(underpass.line, points)
        length = underpass.line.length
        ends = [_level(window, xx, yy, underpass.line.coords[i]) for i in (0, -1)]
        road = ends[0] + (ends[1] - ends[0]) * along / length
        ramp = np.clip(np.minimum(along, length - along) / (0.3 * length), 0.0, 1.0)
        inside = (away <= SUNK_HALF_WIDTH_M) & (along > 0.0) & (along < length)
        window[inside] = (road - underpass.depth_m * ramp)[inside]


def _level(window: np.ndarray, xx: np.ndarray, yy: np.ndarray, point: tuple[float, ...]) -> float:
    nearest = np.argmin((xx - point[0]) ** 2 + (yy - point[1]) ** 2)
    return float(window.flat[nearest])
