"""Where the storm sewers of the sample city run: under the streets, down to outfalls on the rivers."""

from __future__ import annotations

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree
from shapely.geometry import LineString

from data.sample.arterials import RIVERSIDE
from data.sample.raster import burn
from data.schema import Grid, RoadNetwork

MERGE_M = 30.0  # street corners closer than this share a manhole
OUTFALL_SPACING_M = 260.0  # between outfalls on a river bank
BANK_M = 80.0  # from a riverside manhole to the water
LEAST_BANK_M = 2.0  # ground of that manhole above the river bed
UPHILL_M_PER_M = 1500.0  # metres of detour worth a metre of rise on the way
INSIDE_M = 15.0  # manholes stand so far inside the domain edge, outfalls that leave it 2 m inside
RIM_M = 40.0  # streets that end so near the domain edge lead their sewer out of the model


@dataclass(frozen=True)
class Layout:
    """A forest of sewers: every manhole leads to the next one downstream, the last one to an outfall.

    `x_m`, `y_m`, `ground_m` (n,) of the manholes; `next_node` (n,) the manhole downstream, -1 where the pipe ends in
    an outfall; `line` (n,) the pipe that leaves each manhole; `out_x_m`, `out_y_m` (n,) place of the outfall (NaN for
    others); `to_river` (n,) whether that outfall lies in a river.
    """

    x_m: np.ndarray
    y_m: np.ndarray
    ground_m: np.ndarray
    next_node: np.ndarray
    line: np.ndarray
    out_x_m: np.ndarray
    out_y_m: np.ndarray
    to_river: np.ndarray

    @property
    def length_m(self) -> np.ndarray:
        """Length of the pipe that leaves each manhole, (n,)."""
        return shapely.length(self.line)

    @property
    def outfall_of(self) -> np.ndarray:
        """The manhole at whose outfall each one's water arrives, int64 (n,)."""
        last = np.arange(len(self.next_node))
        for node in self.downstream_order()[::-1]:
            if self.next_node[node] >= 0:
                last[node] = last[self.next_node[node]]
        return last

    def without(self, gone: np.ndarray) -> Layout:
        """The forest less some manholes, bool (n,), and less all that drains to them."""
        gone = gone.copy()
        for node in self.downstream_order()[::-1]:
            gone[node] |= self.next_node[node] >= 0 and gone[self.next_node[node]]
        number = np.cumsum(~gone) - 1
        following = self.next_node[~gone]
        kept = {f.name: getattr(self, f.name)[~gone] for f in fields(self)}
        return Layout(**kept | {"next_node": np.where(following >= 0, number[following], -1)})

    def downstream_order(self) -> np.ndarray:
        """Manholes in an order in which each comes before the one that it leads to, int64 (n,)."""
        waiting = np.bincount(self.next_node[self.next_node >= 0], minlength=len(self.next_node))
        order = list(np.flatnonzero(waiting == 0))
        for node in order:
            after = self.next_node[node]
            if after >= 0:
                waiting[after] -= 1
                if waiting[after] == 0:
                    order.append(after)
        return np.array(order)


def lay_sewers(grid: Grid, roads: RoadNetwork, terrain: np.ndarray, water: shapely.Geometry) -> Layout:
    """Manholes at the street corners, and the way of each to its outfall.

    Ways are the shortest under streets (none over a river; beside an underpass the pipe lies outside its walls), where
    a rise of the ground costs UPHILL_M_PER_M. Outfalls lie on the river bank below riverside streets, and at the
    domain edge where a street leaves down the slope. Manholes without a way are left out.
    """
    one_way = roads.edges.iloc[: len(roads.edges) // 2]
    over_water = one_way["bridge"] & one_way.geometry.intersects(water)
    streets = one_way[~over_water]
    place, of_corner = _manholes(grid, roads, streets)
    ground = terrain[grid_cells(grid, *place.T)]
    streets = streets.assign(tail=of_corner[streets["tail"]], head=of_corner[streets["head"]])
    streets = streets[streets["tail"] != streets["head"]].reset_index(drop=True)
    bank, bank_place = _bank(grid, place, terrain, streets, water)
    rim = _rim(grid, place)
    outfall = np.full((len(place), 2), np.nan)
    outfall[bank] = bank_place
    outfall[rim] = _outwards(grid, place[rim])
    reached, next_node, street = _ways(streets, ground, np.concatenate([bank, rim]))
    line = np.empty(len(place), object)
    for number in np.flatnonzero(reached):
        after = next_node[number]
        if after < 0:
            line[number] = LineString([place[number], outfall[number]])
            continue
        inner = shapely.get_coordinates(streets.geometry.iloc[street[number]])[1:-1]
        forward = streets["tail"].iloc[street[number]] == number
        line[number] = LineString([place[number], *(inner if forward else inner[::-1]), place[after]])
    return Layout(
        x_m=place[:, 0],
        y_m=place[:, 1],
        ground_m=ground,
        next_node=next_node,
        line=line,
        out_x_m=outfall[:, 0],
        out_y_m=outfall[:, 1],
        to_river=np.isin(np.arange(len(place)), bank),
    ).without(~reached)


def grid_cells(grid: Grid, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of the cell that holds each place, the nearest one for places outside."""
    row = np.floor((grid.north_m - y) / grid.cell_m).astype(int)
    col = np.floor((x - grid.west_m) / grid.cell_m).astype(int)
    return np.clip(row, 0, grid.rows - 1), np.clip(col, 0, grid.cols - 1)


def _ways(
    streets: gpd.GeoDataFrame, ground: np.ndarray, sinks: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each manhole has a way to a sink, the manhole next on it (-1 at a sink) and the street between (n,)."""
    tail, head = streets["tail"].to_numpy(), streets["head"].to_numpy()
    rise, length = ground[head] - ground[tail], streets["length_m"].to_numpy()
    cost = np.concatenate([length + UPHILL_M_PER_M * np.maximum(s * rise, 0.0) for s in (1.0, -1.0)])
    # walked from the sinks upwards: an entry (downstream, upstream) costs the way down; of parallel streets the least
    down, up = np.concatenate([head, tail]), np.concatenate([tail, head])
    order = np.lexsort((cost, up, down))
    order = order[np.r_[True, (np.diff(down[order]) != 0) | (np.diff(up[order]) != 0)]]
    count = len(ground)
    graph = coo_matrix((cost[order], (down[order], up[order])), shape=(count, count)).tocsr()
    away, before, _ = dijkstra(graph, indices=sinks, return_predecessors=True, min_only=True)
    next_node = np.where(before >= 0, before, -1)
    taken = coo_matrix((order % len(tail) + 1, (down[order], up[order])), shape=(count, count)).tocsr()
    street = np.asarray(taken[next_node, np.arange(count)]).ravel() - 1
    return np.isfinite(away), next_node, street


def _manholes(grid: Grid, roads: RoadNetwork, streets: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) of the manholes and the manhole of each street corner: corners that lie close share one."""
    west, south, east, north = grid.bounds
    least, most = np.array([west, south]) + INSIDE_M, np.array([east, north]) - INSIDE_M
    corners = np.clip(roads.nodes[["x_m", "y_m"]].to_numpy(), least, most)
    short = streets[streets["length_m"] < MERGE_M]
    pairs = coo_matrix((np.ones(len(short)), (short["tail"], short["head"])), shape=(len(corners), len(corners)))
    _, group = connected_components(pairs, directed=False)
    _, chosen = np.unique(group, return_index=True)
    return corners[chosen], group


def _bank(
    grid: Grid, place: np.ndarray, terrain: np.ndarray, streets: gpd.GeoDataFrame, water: shapely.Geometry
) -> tuple[np.ndarray, np.ndarray]:
    """Manholes under riverside streets that get an outfall, lowest first, and the river cell (x, y) of each."""
    riverside = streets[streets["name"] == RIVERSIDE[0]]
    candidates = np.unique(riverside[["tail", "head"]])
    ground = terrain[grid_cells(grid, *place.T)]
    rows, cols = np.nonzero(burn(grid, [water]))
    cells = np.stack([grid.x_centres[cols], grid.y_centres[rows]], axis=1)
    away, nearest = cKDTree(cells).query(place)
    high = ground - terrain[grid_cells(grid, *cells[nearest].T)] > LEAST_BANK_M
    taken: list[int] = []
    for number in candidates[np.argsort(ground[candidates], kind="stable")]:
        apart = all(np.hypot(*(place[number] - place[other])) >= OUTFALL_SPACING_M for other in taken)
        if apart and high[number] and away[number] < BANK_M:
            taken.append(int(number))
    return np.array(taken), cells[nearest[taken]]


def _rim(grid: Grid, place: np.ndarray) -> np.ndarray:
    """Manholes at the south and east edge, where the plain falls away."""
    _, south, east, _ = grid.bounds
    return np.flatnonzero((place[:, 0] > east - RIM_M) | (place[:, 1] < south + RIM_M))


def _outwards(grid: Grid, place: np.ndarray) -> np.ndarray:
    """A place in the rim cell beside each manhole at the edge."""
    _, south, east, _ = grid.bounds
    x, y = place.T
    to_east = east - x < y - south
    return np.stack([np.where(to_east, east - 2.0, x), np.where(to_east, y, south + 2.0)], axis=1)
