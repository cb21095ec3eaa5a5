"""Street and yard gullies of the sample city, each with the manhole that it drains to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import label, minimum_position
from scipy.spatial import cKDTree

from data.datum import WGS84, transform
from data.readers.points import place_points
from data.sample.drains_layout import grid_cells
from data.sample.hollows import spill_levels
from data.sample.plan import CityPlan
from data.schema import Grid, RoadNetwork

SPACING_M = 40.0  # along a street, GB 50014: 25 to 50 m
WEIR_M = 3.0  # open edge of a pair of double gullies, one on each side of the street
AREA_M2 = 0.30  # their openings; with the edge above 70 l/s at 6 cm of water, two double gullies of GB 50014
POND_FACTOR = 3.0  # gullies are doubled and tripled where the street is lowest
YARD_WEIR_M = 1.2
YARD_AREA_M2 = 0.12
HOLLOW_M = 0.08  # hollows of the ground deeper than this have a gully at the bottom
HOLLOW_CELLS = 60  # and one more for so many cells
REACH_M = 150.0  # to the manhole
CANDIDATES = 6  # manholes looked at for each gully, nearest first
LEAST_FALL_M = 0.8  # from the gully down to the invert of its manhole
CLOGGED = {"old_town": 0.35, "new_town": 0.12, "key_area": 0.05, "hub": 0.05}  # share of gullies partly blocked


def inlet_cells(
    grid: Grid, roads: RoadNetwork, raised: np.ndarray, street: np.ndarray, open_ground: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cells (row-major, int64) with a gully, whether it lies in a street, and whether that street is low there.

    `raised` (rows, cols): level that water sees. `street` and `open_ground` (bool): cells of streets, and cells where a
    gully can lie at all.
    """
    along = _along_streets(grid, roads, raised, street)
    hollow = _in_hollows(raised, open_ground)
    yard = hollow[~np.isin(hollow, along)]
    yard = yard[~street.ravel()[yard]]
    low_street = hollow[street.ravel()[hollow]]
    along = np.union1d(along, low_street)
    cell = np.concatenate([along, yard])
    on_street = np.arange(len(cell)) < len(along)
    return cell, on_street, np.isin(cell, low_street)


def place_inlets(
    plan: CityPlan,
    cell: np.ndarray,
    on_street: np.ndarray,
    tripled: np.ndarray,
    level_m: np.ndarray,
    water: shapely.Geometry,
    manholes: pd.DataFrame,
    kind: np.ndarray,
) -> pd.DataFrame:
    """The INLETS layer with x_m, y_m and node_index.

    `level_m` (cells,): ground at each gully. `manholes`: name, x_m, y_m, invert_m, the first rows of the network's
    nodes; `kind` their drainage class. A gully drains to the nearest manhole that lies deep enough; where that is far
    away or beyond a river there is none.
    """
    grid = plan.grid
    factor = np.where(tripled, POND_FACTOR, 1.0)
    x, y = grid.x_centres[cell % grid.cols], grid.y_centres[cell // grid.cols]
    place, manhole = np.stack([x, y], axis=1), manholes[["x_m", "y_m"]].to_numpy()
    away, nearest = cKDTree(manhole).query(place, k=CANDIDATES)
    deep = level_m[:, None] - manholes["invert_m"].to_numpy()[nearest] > LEAST_FALL_M
    first = np.argmax(deep, axis=1)[:, None]
    node, away = np.take_along_axis(nearest, first, 1)[:, 0], np.take_along_axis(away, first, 1)[:, 0]
    way = shapely.linestrings(np.stack([place, manhole[node]], axis=1))
    kept = deep.any(axis=1) & (away < REACH_M) & ~shapely.intersects(way, water)
    cell, on_street, factor, x, y, node = (a[kept] for a in (cell, on_street, factor, x, y, node))
    rng = plan.rng("inlets")
    clogged = rng.random(len(cell)) < np.array([CLOGGED[name] for name in kind[node]])
    blocked = np.where(clogged, np.round(rng.uniform(0.2, 0.9, len(cell)), 2), 0.0)
    lon, lat = transform(x, y, grid.crs, WGS84)
    width = len(str(len(cell)))
    table = pd.DataFrame(
        {
            "id": [f"G{number:0{width}d}" for number in range(1, len(cell) + 1)],
            "node": manholes["name"].to_numpy()[node],
            "lon": np.round(lon, 7),
            "lat": np.round(lat, 7),
            "weir_length_m": np.where(on_street, WEIR_M * factor, YARD_WEIR_M),
            "orifice_area_m2": np.where(on_street, AREA_M2 * factor, YARD_AREA_M2),
            "blocked_share": blocked,
            "source": "synthetic",
        }
    )
    return place_points(table, grid).assign(node_index=node.astype(np.int64))


def _along_streets(grid: Grid, roads: RoadNetwork, ground: np.ndarray, street: np.ndarray) -> np.ndarray:
    """Cells (row-major) of gullies along all streets: of the cells about each place the lowest one of the street."""
    edges = roads.edges.iloc[: len(roads.edges) // 2]
    lines = edges[~edges["bridge"] & ~edges["underpass"]].geometry.to_numpy()
    length = shapely.length(lines)
    count = np.maximum(np.round(length / SPACING_M).astype(int), 1)
    number = np.repeat(np.arange(len(lines)), count)
    share = (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[number]
    point = shapely.get_coordinates(shapely.line_interpolate_point(lines[number], share, normalized=True))
    row, col = grid_cells(grid, *point.T)
    level = np.where(street, ground, np.inf)
    near = np.stack(
        [
            np.clip(row + r, 0, grid.rows - 1) * grid.cols + np.clip(col + c, 0, grid.cols - 1)
            for r in (-1, 0, 1)
            for c in (-1, 0, 1)
        ]
    )
    found = level.ravel()[near]
    best = near[np.argmin(found, axis=0), np.arange(near.shape[1])]
    return np.unique(best[np.isfinite(found.min(axis=0))])


def _in_hollows(ground: np.ndarray, open_ground: np.ndarray) -> np.ndarray:
    """Cells (row-major) at the bottom of hollows without an outlet; large hollows have several, lowest cells first."""
    deep = (spill_levels(ground) - ground > HOLLOW_M) & open_ground
    part, count = label(deep)
    bottom = np.array(minimum_position(ground, part, np.arange(1, count + 1)), np.int64).reshape(-1, 2)
    cells = [bottom[:, 0] * ground.shape[1] + bottom[:, 1]]
    sizes = np.bincount(part.ravel())[1:]
    for number in np.flatnonzero(sizes > HOLLOW_CELLS):
        inside = np.flatnonzero(part.ravel() == number + 1)
        lowest = inside[np.argsort(ground.ravel()[inside], kind="stable")]
        cells.append(lowest[::HOLLOW_CELLS][1:])
    return np.unique(np.concatenate(cells))
