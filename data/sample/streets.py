"""Local streets inside the superblocks, and the road network that all streets make together."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point, Polygon, box

from data.sample.arterials import RAIL_HALF_WIDTH_M, RIVERSIDE, Street, clip
from data.sample.names import stem
from data.sample.plan import CENTRE, CENTRE_X_M, CENTRE_Y_M, CityPlan
from data.sample.underpasses import Underpass
from data.schema import RoadNetwork

SPEED_M_S = {"trunk": 16.7, "primary": 13.9, "secondary": 11.1, "tertiary": 8.3, "residential": 5.6, "footway": 0.0}
LANES = {"trunk": 3, "primary": 3, "secondary": 2, "tertiary": 1, "residential": 1, "footway": 0}
SNAP_M = 1.0  # all street ends lie on a grid of this size, so that lines meet exactly


@dataclass(frozen=True)
class StreetPlan:
    """Everything the streets are made of, before they become a graph."""

    streets: list[Street]
    underpasses: list[Underpass]
    superblocks: list[Polygon]


def lay_local_streets(
    plan: CityPlan,
    main: list[Street],
    underpasses: list[Underpass],
    railway: list[LineString],
    valley: Polygon,
    parks: list[Polygon],
) -> StreetPlan:
    """Cut the main roads at the river valley and fill each superblock with a street grid of its own direction."""
    rng = plan.rng("streets")
    domain = box(*plan.grid.bounds)
    kept: list[Street] = []
    for street in main:
        bridged = street.crosses_river or street.name == RIVERSIDE[0] or not street.line.intersects(valley)
        kept += [street] if bridged else clip(street, valley, outside=True)
    lines = [s.line for s in kept] + [u.line for u in underpasses] + railway + [domain.boundary]
    superblocks = _faces(lines)
    forbidden = shapely.union_all(
        [r.buffer(RAIL_HALF_WIDTH_M + 14.0) for r in railway] + [valley] + [u.keep_clear for u in underpasses] + parks
    )
    streets = kept + [Street(line, "tertiary", "", "") for u in underpasses for line in u.slips]
    for number, face in enumerate(superblocks):
        streets += _grid_streets(plan, face, forbidden, rng, number)
    return StreetPlan(streets, underpasses, superblocks)


def _faces(lines: list[LineString]) -> list[Polygon]:
    noded = shapely.union_all(lines, grid_size=SNAP_M)
    return [f for f in shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))) if f.area > 400.0]


def _grid_streets(
    plan: CityPlan, face: Polygon, forbidden: shapely.Geometry, rng: np.random.Generator, number: int
) -> list[Street]:
    """Two families of parallel lines across a superblock, along and across its longest side."""
    centre = face.centroid
    distance = np.hypot(centre.x - CENTRE_X_M, centre.y - CENTRE_Y_M)
    if distance < plan.old_town_radius_m:
        spacing = np.array([130.0, 150.0])
    elif distance < plan.ring_radii_m[-1]:
        spacing = np.array([175.0, 215.0])
    else:
        spacing = np.array([220.0, 270.0])
    spacing = spacing * rng.uniform(0.92, 1.12, 2)
    rectangle = shapely.get_coordinates(shapely.minimum_rotated_rectangle(face))
    sides = np.diff(rectangle[:3], axis=0)
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    free = face.difference(forbidden)
    streets = []
    zh, en = stem(number)
    for axis in (0, 1):
        count = round(lengths[axis] / spacing[axis])
        if count < 2:
            continue
        along, across = sides[axis] / lengths[axis], sides[1 - axis] / lengths[1 - axis]
        origin = rectangle[0] if axis == 0 else rectangle[1]
        other = across if axis == 0 else -across
        for k in range(1, count):
            at = origin + along * lengths[axis] * (k + rng.uniform(-0.08, 0.08)) / count
            line = LineString([at - other * 5.0, at + other * (lengths[1 - axis] + 5.0)])
            road_class = "tertiary" if k == count // 2 else "residential"
            kind, kind_en = (("横街", "Cross Street"), ("直街", "Long Street"))[axis]
            name = f"{zh}{kind}{k}", f"{en} {kind_en} {k}"
            street = Street(line, road_class, *name)
            streets += [part for part in clip(street, free) if part.line.length > 40.0]
    return streets


def build_network(plan: CityPlan, layout: StreetPlan, water: Polygon, railway: list[LineString]) -> RoadNetwork:
    """Node all streets, drop a few local pieces by chance, and keep the largest connected part.

    Two-way streets give two rows. An edge over water, over the railway or over an underpass is a bridge.
    """
    rng = plan.rng("network")
    source = layout.streets
    tree_lines = np.array([s.line for s in source])
    noded = shapely.get_parts(shapely.union_all(tree_lines, grid_size=SNAP_M))
    noded = noded[np.lexsort(np.round(shapely.get_coordinates(shapely.centroid(noded)), 2).T)]
    middle = shapely.line_interpolate_point(noded, 0.5, normalized=True)
    tree = shapely.STRtree(tree_lines)
    _, owner = tree.query_nearest(middle, all_matches=False)
    road_class = np.array([s.road_class for s in source])[owner]
    dropped = (rng.random(len(noded)) < 0.07) & (road_class == "residential")
    below = shapely.union_all([u.line for u in layout.underpasses] + railway)
    over_water = shapely.length(shapely.intersection(noded, water)) > 5.0
    bridge = over_water | shapely.crosses(noded, below)
    frame = gpd.GeoDataFrame(
        {
            "road_class": road_class,
            "bridge": bridge,
            "underpass": False,
            "name": [source[i].name for i in owner],
            "name_en": [source[i].name_en for i in owner],
        },
        geometry=noded,
        crs=plan.grid.crs,
    )[~dropped]
    under = gpd.GeoDataFrame(
        {
            "road_class": [u.street.road_class for u in layout.underpasses],
            "bridge": False,
            "underpass": True,
            "name": [u.street.name for u in layout.underpasses],
            "name_en": [u.street.name_en for u in layout.underpasses],
        },
        geometry=[u.line for u in layout.underpasses],
        crs=plan.grid.crs,
    )
    return make_network(pd.concat([frame, under], ignore_index=True))


def make_network(streets: gpd.GeoDataFrame) -> RoadNetwork:
    """The directed graph of two-way streets whose ends meet exactly; only its largest connected part is kept."""
    lines = streets.geometry.to_numpy()
    ends = np.stack(
        [shapely.get_coordinates(shapely.get_point(lines, 0)), shapely.get_coordinates(shapely.get_point(lines, -1))]
    )
    nodes, index = np.unique(np.round(ends.reshape(-1, 2), 3), axis=0, return_inverse=True)
    tail, head = index.reshape(2, -1)
    _, label = connected_components(
        coo_matrix((np.ones(len(tail)), (tail, head)), shape=(len(nodes), len(nodes))), directed=False
    )
    keep = (label[tail] == np.argmax(np.bincount(label[tail]))) & (tail != head)
    used = np.unique(np.concatenate([tail[keep], head[keep]]))
    number = np.full(len(nodes), -1)
    number[used] = np.arange(len(used))
    one_way = streets[keep].reset_index(drop=True)
    one_way["tail"], one_way["head"] = number[tail[keep]], number[head[keep]]
    back = one_way.copy()
    back["tail"], back["head"] = one_way["head"], one_way["tail"]
    back["geometry"] = shapely.reverse(one_way.geometry.to_numpy())
    width = len(str(len(one_way)))
    one_way["id"] = [f"R{i:0{width}d}f" for i in range(len(one_way))]
    back["id"] = [f"R{i:0{width}d}b" for i in range(len(one_way))]
    edges = gpd.GeoDataFrame(pd.concat([one_way, back], ignore_index=True), crs=streets.crs)
    edges["length_m"] = edges.geometry.length
    edges["lanes"] = edges["road_class"].map(LANES).astype(int)
    edges["speed_m_s"] = edges["road_class"].map(SPEED_M_S).astype(float)
    edges["source"] = "synthetic"
    columns = ["id", "tail", "head", "length_m", "road_class", "lanes", "speed_m_s", "bridge", "underpass"]
    return RoadNetwork(
        pd.DataFrame({"x_m": nodes[used, 0], "y_m": nodes[used, 1]}),
        edges[[*columns, "name", "name_en", "source", "geometry"]],
        int((~keep).sum()),
    )


def park_sites(plan: CityPlan, water: Polygon, railway: list[LineString], main: list[Street]) -> list[Polygon]:
    """Larger parks: rounded patches kept free of streets, away from the railway and from each other."""
    rng = plan.rng("parks")
    blocked = shapely.union_all([r.buffer(150.0) for r in railway] + [water.buffer(20.0)])
    trunk = shapely.union_all([s.line for s in main])
    parks: list[Polygon] = []
    for _ in range(4_000):
        if len(parks) == plan.parks:
            break
        xy = rng.uniform(-0.92 * plan.half_m, 0.92 * plan.half_m, 2) + CENTRE
        size = rng.uniform(85.0, 150.0)
        theta = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        r = size * (
            1 + 0.16 * np.cos(2 * theta + rng.uniform(0, 6.28)) + 0.1 * np.cos(3 * theta + rng.uniform(0, 6.28))
        )
        patch = Polygon(np.round(xy + np.stack([r * np.cos(theta), r * np.sin(theta)], axis=1), 1))
        apart = all(Point(xy).distance(p) > 0.22 * plan.half_m for p in parks)
        if apart and not patch.intersects(blocked) and trunk.distance(patch) > 12.0:
            parks.append(patch)
    return parks
