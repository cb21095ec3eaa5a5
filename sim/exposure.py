"""Where people are on the grid: every street cell carries its share of the block it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from data.schema import City
from hazards import RiskWeights, vulnerability

_REACH = 1.5  # a cell belongs to the nearest block within this many block half-widths (a hexagon's corner is 1.16)


@dataclass(frozen=True)
class Exposure:
    """People spread over the street cells of their blocks.

    A block stands for a patch of ground of `footprint_m2`. Its people are spread evenly over the cells of that
    patch that are street or open ground: cells under buildings stay dry in the model although the ground floor
    does not, and river cells hold nobody. A block without any such cell puts its people on its own cell.
    """

    block_of_cell: np.ndarray  # int32 (rows, cols); -1 where nobody
    persons_per_cell: np.ndarray  # float64 (rows, cols)
    vulnerability: np.ndarray  # float64 (blocks,), v of the person-risk formula
    persons: np.ndarray  # int64 (blocks,)

    @property
    def cells(self) -> np.ndarray:
        """Flat indices of the cells with people, int64."""
        return np.flatnonzero(self.block_of_cell.reshape(-1) >= 0)


def expose(city: City, street: np.ndarray, time_of_day: str, weights: RiskWeights) -> Exposure:
    """Spread the people present by "day" or at "night" over the cells where `street` is true."""
    people = city.people
    if people is None or people.empty:
        shape = city.grid.shape
        nobody = np.full(shape, -1, np.int32)
        return Exposure(nobody, np.zeros(shape), np.empty(0), np.empty(0, np.int64))
    persons = people[f"population_{time_of_day}"].to_numpy(float).round().astype(np.int64)
    block_of_cell = _nearest_block(city, street)
    count = np.bincount(block_of_cell[block_of_cell >= 0], minlength=len(people))
    _seat_the_rest(city, block_of_cell, count)
    count = np.bincount(block_of_cell[block_of_cell >= 0], minlength=len(people))
    per_cell = np.divide(persons, count, out=np.zeros(len(people)), where=count > 0)
    spread = np.where(block_of_cell >= 0, per_cell[np.maximum(block_of_cell, 0)], 0.0)
    shares = (people[f"share_{name}"].to_numpy(float) for name in ("65", "14", "disabled", "basement"))
    return Exposure(block_of_cell, spread, vulnerability(weights, *shares), persons)


def _nearest_block(city: City, street: np.ndarray) -> np.ndarray:
    people, grid = city.people, city.grid
    assert people is not None
    rows, cols = np.nonzero(street)
    block_of_cell = np.full(grid.shape, -1, np.int32)
    if rows.size == 0:
        return block_of_cell
    reach = _REACH * 0.5 * np.sqrt(people["footprint_m2"].to_numpy(float))
    tree = cKDTree(people[["x_m", "y_m"]].to_numpy(float))
    points = np.column_stack([grid.x_centres[cols], grid.y_centres[rows]])
    distance, block = tree.query(points, distance_upper_bound=float(reach.max()))
    near = np.isfinite(distance)
    near[near] = distance[near] <= reach[block[near]]
    block_of_cell[rows[near], cols[near]] = block[near]
    return block_of_cell


def _seat_the_rest(city: City, block_of_cell: np.ndarray, count: np.ndarray) -> None:
    """Give each block without a cell the one it stands on, so that nobody is lost."""
    people, grid = city.people, city.grid
    assert people is not None
    empty = np.flatnonzero(count == 0)
    rows, cols = grid.cell_of(people["x_m"].to_numpy(float)[empty], people["y_m"].to_numpy(float)[empty])
    free = (rows >= 0) & (block_of_cell[rows, cols] < 0)
    for block, row, col in zip(empty[free], rows[free], cols[free], strict=True):
        if block_of_cell[row, col] < 0:
            block_of_cell[row, col] = block
