"""Water at the shelter sites: on their ground, or around the building they are in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from data.schema import City


@dataclass(frozen=True)
class SiteCells:
    """The grid cells each site is judged by, as compressed rows: site s owns cells[first[s]:first[s + 1]]."""

    first: np.ndarray  # int64 (sites + 1,)
    cells: np.ndarray  # int64, flat indices of the grid; a site has at least one unless it lies off the grid

    def worst(self, layer: np.ndarray) -> np.ndarray:
        """Largest value of a flat map at each site, shape (sites,); 0 for a site off the grid."""
        worst = np.zeros(len(self.first) - 1, layer.dtype)
        on = np.flatnonzero(np.diff(self.first))
        if on.size:
            worst[on] = np.maximum.reduceat(layer[self.cells], self.first[on])
        return worst


def site_cells(city: City, building: np.ndarray, street: np.ndarray) -> SiteCells:
    """A site on open ground is judged by its own cell, a site in a building by the street around it.

    The cell of a building stands above the flood in the model, but water in front of the door is water in the ground
    floor: such a site takes the worst of the street cells that are at most one cell farther off than the nearest.
    """
    if city.shelters is None or city.shelters.empty:
        return SiteCells(np.zeros(1, np.int64), np.empty(0, np.int64))
    grid = city.grid
    x, y = city.shelters["x_m"].to_numpy(float), city.shelters["y_m"].to_numpy(float)
    rows, cols = grid.cell_of(x, y)
    flat = rows * grid.cols + cols
    owned = [np.array([cell] if row >= 0 else [], np.int64) for cell, row in zip(flat, rows, strict=True)]
    inside = np.flatnonzero((rows >= 0) & building[rows, cols])
    around = np.flatnonzero(street.reshape(-1))
    if inside.size and around.size:
        street_rows, street_cols = np.divmod(around, grid.cols)
        tree = cKDTree(np.column_stack([grid.x_centres[street_cols], grid.y_centres[street_rows]]))
        places = np.column_stack([x[inside], y[inside]])
        nearest, _ = tree.query(places)
        for site, near in zip(inside, tree.query_ball_point(places, nearest + grid.cell_m), strict=True):
            owned[site] = around[np.sort(near)]
    first = np.concatenate([[0], np.cumsum([len(cells) for cells in owned])]).astype(np.int64)
    return SiteCells(first, np.concatenate(owned))
