"""Sides of cells that a structure stands on, and how their crests are moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from data.schema.grid import Grid
from hazards.surface.faces import barrier_crests
from hazards.surface.flow import SurfaceFlow


@dataclass(frozen=True)
class Faces:
    """Flat indices of west-east faces (of rows x cols + 1) and of north-south faces (of rows + 1 x cols)."""

    x: np.ndarray
    y: np.ndarray

    @property
    def count(self) -> int:
        return len(self.x) + len(self.y)

    def beside(self, rows: int, cols: int) -> np.ndarray:
        """Flat indices of the cells on either side, each once."""
        row, col = np.divmod(self.x, cols + 1)
        cells = [row[side] * cols + col[side] - back for back, side in ((1, col > 0), (0, col < cols))]
        row, col = np.divmod(self.y, cols)
        cells += [(row[side] - back) * cols + col[side] for back, side in ((1, row > 0), (0, row < rows))]
        return np.unique(np.concatenate(cells))


def line_faces(grid: Grid, lines: Iterable[tuple[np.ndarray, np.ndarray]]) -> Faces:
    """The faces that polylines (x, y; m) run along, as `barrier_crests` finds them for walls."""
    crest_x, crest_y = barrier_crests(grid, [(x, y, 0.0) for x, y in lines])
    return Faces(np.flatnonzero(crest_x > -np.inf), np.flatnonzero(crest_y > -np.inf))


def nearest_faces(faces: Faces, grid: Grid, x_m: float, y_m: float, width_m: float) -> Faces:
    """The faces nearest to a place whose sides are `width_m` long together, one at least.

    As many sides as the width needs, and not all within half of it: along a slanting wall the sides of the cells are
    longer than the wall, and more water would pass than over the width itself.
    """
    row, col = np.divmod(faces.x, grid.cols + 1)
    x = [grid.west_m + col * grid.cell_m]
    y = [grid.north_m - (row + 0.5) * grid.cell_m]
    row, col = np.divmod(faces.y, grid.cols)
    x.append(grid.west_m + (col + 0.5) * grid.cell_m)
    y.append(grid.north_m - row * grid.cell_m)
    distance = np.hypot(np.concatenate(x) - x_m, np.concatenate(y) - y_m)
    count = max(1, round(width_m / grid.cell_m))
    chosen = np.zeros(faces.count, bool)
    chosen[np.argsort(distance, kind="stable")[:count]] = True
    return Faces(faces.x[chosen[: len(faces.x)]], faces.y[chosen[len(faces.x) :]])


def move_crest(flow: SurfaceFlow, faces: Faces, level_m: float, only_down: bool = False) -> None:
    """Set the crest on faces to a level (m, absolute); with `only_down` a lower one stays, and none is built."""
    crest_x, crest_y = flow.crests
    for crest, where in ((crest_x.reshape(-1), faces.x), (crest_y.reshape(-1), faces.y)):
        crest[where] = np.minimum(crest[where], level_m) if only_down else level_m
    flow.set_crests(crest_x, crest_y)
