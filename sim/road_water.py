"""Water on the roads: the worst depth, speed and product of the two along each edge, not only at its middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from data.compiling import njit
from data.schema import City


@dataclass(frozen=True)
class RoadCells:
    """The grid cells each road edge runs over, as compressed rows: edge e owns cells[first[e]:first[e + 1]]."""

    first: np.ndarray  # int64 (edges + 1,)
    cells: np.ndarray  # int64, flat indices of the grid


def road_cells(city: City, street: np.ndarray) -> RoadCells:
    """Sample every edge at half a cell's spacing and keep the street cells met.

    Bridges stay dry whatever flows below, so they own no cell; neither do stretches under a building, which is how
    a coarse grid sees a lane beside a house, nor stretches outside the grid.
    """
    assert city.roads is not None
    grid, edges = city.grid, city.roads.edges
    lines = edges.geometry.to_numpy()
    length = shapely.length(lines)
    count = np.maximum(2, np.ceil(length / (0.5 * grid.cell_m)).astype(np.int64) + 1)
    count[edges["bridge"].to_numpy(bool)] = 0
    edge = np.repeat(np.arange(len(edges)), count)
    step = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
    share = step / np.maximum(1, count[edge] - 1)
    points = shapely.line_interpolate_point(lines[edge], share, normalized=True)
    rows, cols = grid.cell_of(shapely.get_x(points), shapely.get_y(points))
    inside = rows >= 0
    inside[inside] = street[rows[inside], cols[inside]]
    pair = np.unique(np.column_stack([edge[inside], rows[inside] * grid.cols + cols[inside]]), axis=0)
    first = np.zeros(len(edges) + 1, np.int64)
    np.cumsum(np.bincount(pair[:, 0], minlength=len(edges)), out=first[1:])
    return RoadCells(first, pair[:, 1].copy())


@njit(cache=True)
def worst_along(
    first: np.ndarray,
    cells: np.ndarray,
    depth: np.ndarray,
    speed: np.ndarray,
    depth_out: np.ndarray,
    speed_out: np.ndarray,
    product_out: np.ndarray,
) -> None:
    """Deepest water, fastest water and worst depth x speed of each edge (m, m/s, m2/s) over all cells it meets.

    The three need not be in one cell: whoever passes the edge passes all of it. The product is that of one cell
    each; the product of the other two would close roads whose deep water stands and whose fast water is thin.
    `depth` and `speed` are flat maps; NaN (outside the domain) counts as dry, a NaN speed in water as still.
    """
    for e in range(first.size - 1):
        deepest = 0.0
        fastest = 0.0
        worst = 0.0
        for k in range(first[e], first[e + 1]):
            h = depth[cells[k]]
            if h > deepest:
                deepest = h
            v = speed[cells[k]]
            if v > fastest and h > 0.0:
                fastest = v
            if h > 0.0 and h * v > worst:
                worst = h * v
        depth_out[e] = deepest
        speed_out[e] = fastest
        product_out[e] = worst
