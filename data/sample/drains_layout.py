"""Where the storm sewers of the sample city run: under the streets, down to outfalls on the rivers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from data.sample.arterials import RIVERSIDE
from data.sample.raster import burn
from data.schema import Grid, RoadNetwork

MERGE_M = 30.0  # street corners closer than this share a manhole
OUTFALL_SPACING_M = 260.0  # between outfalls on a river bank
UPHILL_M_PER_M = 1500.0  # metres of detour worth a metre of rise on the way
INSIDE_M = 15.0  # manholes stand so far inside the domain edge, outfalls that leave it 2 m inside
RIM_M = 40.0  # streets that end so near the domain edge lead their sewer out of the model


@dataclass(frozen=True)
class Layout:
    """A forest of sewers: every manhole leads to the next one downstream, the last one to an outfall.

    `x_m`, `y_m`, `ground_m` (n,) of the manholes; `next_node` (n,) the manhole downstream, -1 where the pipe ends in
    an outfall; `line` (n,) the pipe that leaves each manhole; `out_x_m`, `out_y_m` (n,) place of the outfall (NaN for
    others); `to_river` (n,) whether that outfall lies in a river; `road_class` (n,) of the street above the pipe.
    """

    x_m: np.ndarray
    y_m: np.ndarray
    ground_m: np.ndarray
    next_node: np.ndarray
    line: np.ndarray
    out_x_m: np.ndarray
    out_y_m: np.ndarray
    to_river: np.ndarray
    road_class: np.ndarray

    def without(self, gone: np.ndarray) -> Layout:
        """The forest less some manholes, bool (n,); what lies upstream of one must be gone too."""
        number = np.cumsum(~gone) - 1
        following = self.next_node[~gone]
        kept = {f.name: getattr(self, f.name)[~gone] for f in fields(self)}
        return Layout(**kept | {"next_node": np.where(following >= 0, number[following], -1)})


def lay_sewers(grid: Grid, roads: RoadNetwork, terrain: np.ndarray, water: shapely.Geometry) -> Layout:
    """Manholes at the street corners, and the way of each to its outfall.

    Ways are the shortest under streets (none over a river; beside an underpass the pipe lies outside its walls), where
    a rise of the ground costs UPHILL_M_PER_M. Outfalls lie on the river bank below riverside streets, and at the domain edge where a street
    leaves down the slope.
    """
    one_way = roads.edges.iloc[: len(roads.edges) // 2]
    over_water = one_way["bridge"] & one_way.geometry.intersects(water)
    usable = one_way[~over_water].reset_index(drop=True)
    place, of_node = _manholes(grid, roads, usable)
    row, col = _cells(grid, place)
    ground = terrain[row, col]
    tail, head = of_node[usable["tail"]], of_node[usable["head"]]
    apart = tail != head
    tail, head, usable = tail[apart], head[apart], usable[apart].reset_index(drop=True)
    length = usable["length_m"].to_numpy()
    river = burn(grid, [water])
    bank, bank_cell = _bank(grid, place, ground, usable, tail, head, river)
    rim = _rim(grid, place, ground)
    sinks = np.concatenate([bank, rim])
    cost = np.concatenate(
        [
            length + UPHILL_M_PER_M * np.maximum(ground[head] - ground[tail], 0.0),
            length + UPHILL_M_PER_M * np.maximum(ground[tail] - ground[head], 0.0),
        ]
    )
    # the graph is walked from the outfalls upwards, so an entry (downstream, upstream) costs the way down
    down, up = np.concatenate([head, tail]), np.concatenate([tail, head])
    order = np.lexsort((cost, up, down))
    down, up, cost = down[order], up[order], cost[order]
    edge = np.concatenate([np.arange(len(tail))] * 2)[order]
    first = np.r_[True, (np.diff(down) != 0) | (np.diff(up) != 0)]
    down, up, cost, edge = down[first], up[first], cost[first], edge[first]
    count = len(place)
    graph = coo_matrix((cost, (down, up)), shape=(count, count)).tocsr()
    away, parent, _ = dijkstra(graph, indices=sinks, return_predecessors=True, min_only=True)
    reached = np.isfinite(away)
    next_node = np.where(parent >= 0, parent, -1)
    between = {(int(d), int(u)): int(e) for d, u, e in zip(down, up, edge, strict=True)}
    line = np.empty(count, object)
    road_class = np.full(count, "residential", object)
    out = np.full((count, 2), np.nan)
    to_river = np.zeros(count, bool)
    for number, cell in zip(bank, bank_cell, strict=True):
        out[number] = cell
        to_river[number] = True
    for number in rim:
        out[number] = _outwards(grid, place[number])
    for number in np.flatnonzero(reached):
        if next_node[number] < 0:
            line[number] = shapely.LineString([place[number], out[number]])
            continue
        street = between[int(next_node[number]), int(number)]
        road_class[number] = usable["road_class"].iloc[street]
        inner = shapely.get_coordinates(usable.geometry.iloc[street])[1:-1]
        if tail[street] != number:
            inner = inner[::-1]
        line[number] = shapely.LineString([place[number], *inner, place[next_node[number]]])
    keep = np.flatnonzero(reached)
    number = np.full(count, -1)
    number[keep] = np.arange(len(keep))
    following = np.where(next_node[keep] >= 0, number[next_node[keep]], -1)
    return Layout(
        *place[keep].T, ground[keep], following, line[keep], *out[keep].T, to_river[keep], road_class[keep]
    )  # fmt: skip


def _manholes(grid: Grid, roads: RoadNetwork, usable: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) of the manholes and the manhole of each street corner: corners that lie close share one."""
    west, south, east, north = grid.bounds
    least, most = np.array([west, south]) + INSIDE_M, np.array([east, north]) - INSIDE_M
    corners = np.clip(roads.nodes[["x_m", "y_m"]].to_numpy(), least, most)
    short = usable[usable["length_m"] < MERGE_M]
    count = len(corners)
    links = coo_matrix((np.ones(len(short)), (short["tail"], short["head"])), shape=(count, count))
    _, group = connected_components(links, directed=False)
    _, chosen = np.unique(group, return_index=True)
    return corners[chosen], group


def _cells(grid: Grid, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    row = np.floor((grid.north_m - place[:, 1]) / grid.cell_m).astype(int)
    col = np.floor((place[:, 0] - grid.west_m) / grid.cell_m).astype(int)
    return np.clip(row, 0, grid.rows - 1), np.clip(col, 0, grid.cols - 1)


def _bank(
    grid: Grid,
    place: np.ndarray,
    ground: np.ndarray,
    usable: gpd.GeoDataFrame,
    tail: np.ndarray,
    head: np.ndarray,
    river: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Manholes under riverside streets that get an outfall, lowest first, and the river cell of each."""
    riverside = (usable["name"] == RIVERSIDE[0]).to_numpy()
    candidates = np.unique(np.concatenate([tail[riverside], head[riverside]]))
    rows, cols = np.nonzero(river)
    water = np.stack([grid.x_centres[cols], grid.y_centres[rows]], axis=1)
    tree = shapely.STRtree(shapely.points(water))
    taken: list[int] = []
    cells = []
    for number in candidates[np.argsort(ground[candidates], kind="stable")]:
        if all(np.hypot(*(place[number] - place[other])) >= OUTFALL_SPACING_M for other in taken):
            cell = water[tree.nearest(shapely.Point(place[number]))]
            if np.hypot(*(cell - place[number])) < 80.0:
                taken.append(int(number))
                cells.append(cell)
    return np.array(taken), np.array(cells)


def _rim(grid: Grid, place: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Manholes at the south and east edge, where the plain falls away."""
    _, south, east, _ = grid.bounds
    near = (place[:, 0] > east - RIM_M) | (place[:, 1] < south + RIM_M)
    return np.flatnonzero(near)


def _outwards(grid: Grid, point: np.ndarray) -> np.ndarray:
    """A place in the rim cell beside a manhole at the edge."""
    _, south, east, _ = grid.bounds
    if east - point[0] < point[1] - south:
        return np.array([east - 2.0, point[1]])
    return np.array([point[0], south + 2.0])
