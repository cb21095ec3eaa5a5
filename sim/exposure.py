"""Where people are on the grid: every street cell carries its share of the block it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from data.schema import City
from hazards import RiskWeights, vulnerability

_REACH = 1.5  # a cell belongs to the nearest block within this many block half-widths (a hexagon's corner is 1.16)


@dataclass(frozen=True)
class Exposure:
    """People spread over the street cells of their blocks, as parallel arrays of places (cell and block).

    A block stands for a patch of ground of `footprint_m2`. Its people are spread evenly over the cells of that
    patch that are street or open ground: cells under buildings stay dry in the model although the ground floor
    does not, and river cells hold nobody. A block that owns no such cell, because of a large building or of
    neighbours closer than a cell, shares the street cell nearest to it. Blocks off the modelled ground have no place.
    """

    shape: tuple[int, int]
    cell: np.ndarray  # int64 (places,), flat
    block: np.ndarray  # int64 (places,)
    at_place: np.ndarray  # float64 (places,), persons
    vulnerability: np.ndarray  # float64 (blocks,), v of the person-risk formula
    persons: np.ndarray  # int64 (blocks,)

    @cached_property
    def persons_per_cell(self) -> np.ndarray:
        """Persons on each cell, float64 (rows, cols)."""
        return self._on_cells(self.at_place)

    @cached_property
    def vulnerable_per_cell(self) -> np.ndarray:
        """Persons times their vulnerability on each cell, float64 (rows, cols)."""
        return self._on_cells(self.at_place * self.vulnerability[self.block])

    @property
    def placed(self) -> np.ndarray:
        """Whether each block stands on modelled ground, bool (blocks,)."""
        return np.bincount(self.block, minlength=len(self.persons)) > 0

    def seen(self, layer: np.ndarray) -> np.ndarray:
        """Value of a map (rows, cols) at each place."""
        return layer.reshape(-1)[self.cell]

    def of_blocks(self, where: np.ndarray) -> np.ndarray:
        """Persons of each block at the places where `where` (places,) is true, float64 (blocks,)."""
        return np.bincount(self.block[where], self.at_place[where], minlength=len(self.persons))

    def _on_cells(self, persons: np.ndarray) -> np.ndarray:
        return np.bincount(self.cell, persons, minlength=self.shape[0] * self.shape[1]).reshape(self.shape)


def expose(city: City, street: np.ndarray, time_of_day: str, weights: RiskWeights) -> Exposure:
    """Spread the people present by "day" or at "night" over the cells where `street` is true."""
    people = city.people
    if people is None or people.empty:
        none = np.empty(0, np.int64)
        return Exposure(city.grid.shape, none, none, np.empty(0), np.empty(0), none)
    persons = whole_persons(city, time_of_day)
    cell, block = _own_cells(city, street)
    count = np.bincount(block, minlength=len(people))
    shared, without = _nearest_cells(city, street, np.flatnonzero(count == 0))
    cell, block = np.concatenate([cell, shared]), np.concatenate([block, without])
    count = np.bincount(block, minlength=len(people))
    shares = (people[f"share_{name}"].to_numpy(float) for name in ("65", "14", "disabled", "basement"))
    at_place = persons[block] / count[block]
    return Exposure(city.grid.shape, cell, block, at_place, vulnerability(weights, *shares), persons)


def whole_persons(city: City, time_of_day: str) -> np.ndarray:
    """People of each block by "day" or at "night", int64 (blocks,)."""
    if city.people is None:
        return np.empty(0, np.int64)
    return city.people[f"population_{time_of_day}"].to_numpy(float).round().astype(np.int64)


def _own_cells(city: City, street: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Street cells within reach of a block, each with its nearest block."""
    people, grid = city.people, city.grid
    assert people is not None
    rows, cols = np.nonzero(street)
    if rows.size == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    reach = _REACH * 0.5 * np.sqrt(people["footprint_m2"].to_numpy(float))
    tree = cKDTree(people[["x_m", "y_m"]].to_numpy(float))
    points = np.column_stack([grid.x_centres[cols], grid.y_centres[rows]])
    distance, block = tree.query(points, distance_upper_bound=float(reach.max()))
    near = np.isfinite(distance)
    near[near] = distance[near] <= reach[block[near]]
    return (rows * grid.cols + cols)[near].astype(np.int64), block[near].astype(np.int64)


def _nearest_cells(city: City, street: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The street cell nearest to each of the blocks, its own cell where there is no street; none off the ground."""
    people, grid = city.people, city.grid
    assert people is not None
    x, y = people["x_m"].to_numpy(float)[blocks], people["y_m"].to_numpy(float)[blocks]
    rows, cols = grid.cell_of(x, y)
    on = (rows >= 0) & np.isfinite(city.terrain[rows, cols])
    around = np.flatnonzero(street.reshape(-1))
    cell = (rows * grid.cols + cols)[on].astype(np.int64)
    if around.size and cell.size:
        street_rows, street_cols = np.divmod(around, grid.cols)
        tree = cKDTree(np.column_stack([grid.x_centres[street_cols], grid.y_centres[street_rows]]))
        cell = around[tree.query(np.column_stack([x[on], y[on]]))[1]].astype(np.int64)
    return cell, blocks[on].astype(np.int64)
