"""What stands on the ground as a line: river embankments, and the walls and humps that guard underpasses."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely.geometry import LineString, Polygon
from shapely.ops import substring

from data.sample.plan import CityPlan
from data.sample.raster import Sampler, sampler
from data.sample.underpasses import Underpass

CREST_M = 0.7  # embankment above the ground beside it
PIECE_M = 60.0  # length of a piece of embankment
PARAPET_M = 0.8  # side wall of an underpass above the ground
GUARD_HALF_WIDTH_M = 19.0  # walls stand so far from the middle that every sunken cell lies between them


def build_barriers(
    plan: CityPlan, water: Polygon, underpasses: list[Underpass], ground: np.ndarray
) -> gpd.GeoDataFrame:
    """The BARRIERS layer; crests are ground levels plus the heights above."""
    at = sampler(plan.grid, ground)
    rows = _embankments(plan, water, at)
    for underpass in underpasses:
        rows += _guards(underpass, at)
    lines, crests, names = zip(*rows, strict=True)
    ids = [f"W{number:03d}" for number in range(1, len(rows) + 1)]
    columns = {"crest_m": np.round(crests, 2), "id": ids, "name": names}
    return gpd.GeoDataFrame(columns, geometry=list(lines), crs=plan.grid.crs)


def _embankments(plan: CityPlan, water: Polygon, at: Sampler) -> list[tuple[LineString, float, str]]:
    """Walls along both banks, open at every third place so that streets drain to the river."""
    inside = shapely.box(*plan.grid.bounds).buffer(-2.0 * plan.cell_m)
    edge = water.buffer(0.6 * plan.cell_m).simplify(2.0).boundary.intersection(inside)
    rows = []
    for line in shapely.get_parts(shapely.line_merge(edge)):
        count = max(round(line.length / PIECE_M), 1)
        for number in range(count):
            if number % 3 != 2:
                piece = substring(line, number / count, (number + 1) / count, normalized=True)
                rows.append((piece, _highest(piece, at) + CREST_M, "锦水堤防"))
    return rows


def _guards(underpass: Underpass, at: Sampler) -> list[tuple[LineString, float, str]]:
    """Side walls along an underpass, and a hump across each of its mouths."""
    line = underpass.line
    ends = np.array([line.coords[0], line.coords[-1]])[:, :2]
    along = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    aside = GUARD_HALF_WIDTH_M * np.array([-along[1], along[0]])
    rows = []
    for side in (aside, -aside):
        wall = LineString(ends + side)
        rows.append((wall, _highest(wall, at) + PARAPET_M, "下穿隧道挡墙"))
    for end in ends:
        hump = LineString([end - aside, end + aside])
        rows.append((hump, float(at(end[:1], end[1:])[0]) + underpass.hump_m, "下穿隧道驼峰"))
    return rows


def _highest(line: LineString, at: Sampler) -> float:
    xy = shapely.get_coordinates(shapely.segmentize(line, 10.0))
    return float(at(xy[:, 0], xy[:, 1]).max())
