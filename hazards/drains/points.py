"""Where street and sewer meet: the inlets of manholes and the outfalls into open water, on the cells of a raster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.ndimage import distance_transform_edt

from data.schema import Grid
from data.schema.drainage import DrainageNetwork

_KINDS_THAT_OPEN = ("junction", "storage")  # to the street, unless the pack says where; a basin spills too


@dataclass(frozen=True)
class InletDefaults:
    """The inlets of a manhole for which the pack names none, and when a rim is taken at its word."""

    weir_length_m: float
    orifice_area_m2: float
    rim_above_street_m: float  # a rim higher above its cell than this is a raised chamber
    most_moved_m: float = 30.0  # m; a point under a building goes to the nearest street cell within this distance


@dataclass(frozen=True)
class ExchangePoints:
    """Places where water passes between a cell and a node; arrays of shape (points,), sorted by node.

    `cell` counts through the raster in row-major order, `node` through `nodes` (names of coupled nodes, some of which
    may have no point: a pump lifts into them). A blocked share is already taken off length and area.
    """

    nodes: tuple[str, ...]
    cell: np.ndarray  # int64
    node: np.ndarray  # int64
    weir_length_m: np.ndarray  # float64
    area_m2: np.ndarray  # float64
    street_m: np.ndarray  # float64, level of the street: bed of the cell
    crest_m: np.ndarray  # float64, level that water must pass, street_m or a rim above it

    def __post_init__(self) -> None:
        count = len(self.cell)
        for name in ("node", "weir_length_m", "area_m2", "street_m", "crest_m"):
            if len(getattr(self, name)) != count:
                raise ValueError(f"{name} has {len(getattr(self, name))} points, expected {count}")
        if count and (np.diff(self.node) < 0).any():
            raise ValueError("points must be sorted by node")
        if count and not (self.node.min() >= 0 and self.node.max() < len(self.nodes)):
            raise ValueError(f"node must lie between 0 and {len(self.nodes) - 1}")
        for name in ("weir_length_m", "area_m2"):
            if not (getattr(self, name) >= 0.0).all():
                raise ValueError(f"{name} must be >= 0")
        if not (self.crest_m >= self.street_m).all():
            raise ValueError("crest_m must not lie below street_m")

    @property
    def count(self) -> int:
        return len(self.cell)

    @property
    def node_start(self) -> np.ndarray:
        """Points of node k are node_start[k] to node_start[k + 1] - 1; int64 (nodes + 1,)."""
        return np.searchsorted(self.node, np.arange(len(self.nodes) + 1)).astype(np.int64)


@dataclass(frozen=True)
class BlockedInlets:
    """Inlets that pass less for a while: the share of length and area that each point keeps, float64 (points,)."""

    from_s: float
    until_s: float
    open_share: np.ndarray

    def __post_init__(self) -> None:
        if not self.from_s < self.until_s:
            raise ValueError(f"until_s(={self.until_s}) must be > from_s(={self.from_s})")
        if not ((self.open_share >= 0.0) & (self.open_share <= 1.0)).all():
            raise ValueError("open_share must lie in [0, 1]")


@dataclass(frozen=True)
class OutfallCells:
    """Outfalls that end in open water of the raster: their names and cells (int64, row-major), of equal length."""

    names: tuple[str, ...]
    cell: np.ndarray

    def __post_init__(self) -> None:
        if len(self.names) != len(self.cell):
            raise ValueError(f"{len(self.names)} outfalls, but {len(self.cell)} cells")


NO_OUTFALLS = OutfallCells((), np.zeros(0, np.int64))


def exchange_points(
    network: DrainageNetwork,
    grid: Grid,
    street_level: np.ndarray,
    street: np.ndarray,
    defaults: InletDefaults,
    also: Sequence[str] = (),
) -> ExchangePoints:
    """The points of a network on a raster.

    Every row of the network's inlets is a point at its own cell. A junction or storage node without one opens where it
    lies, with the inlets that `defaults` gives a manhole; its crest is the street, or its rim where that stands well
    above. A lid that the file bolts down (surcharge depth) lies that much higher. Nodes and inlets off the raster stay
    uncoupled.
    `street_level` (rows, cols) is the ground in m, NaN outside; `street` (rows, cols, bool) says where water can pass:
    a point elsewhere (under a building) moves to the nearest such cell. Nodes named in `also` are coupled without one.
    No crest lies below the bottom of its shaft: an empty shaft must not drain onto a street below it.
    """
    nodes, inlets = network.nodes, network.inlets
    named = set(inlets["node"])
    bare = nodes[nodes["kind"].isin(_KINDS_THAT_OPEN) & ~nodes["name"].isin(named)]
    rim = bare["rim_m"].to_numpy(float) + bare["surcharge_depth_m"].to_numpy(float)
    rim[bare["max_depth_m"].to_numpy(float) <= 0.0] = -np.inf
    table = pd.DataFrame(
        {
            "name": [*bare["name"], *inlets["node"]],
            "x_m": np.concatenate([bare["x_m"], inlets["x_m"]]),
            "y_m": np.concatenate([bare["y_m"], inlets["y_m"]]),
            "open": np.concatenate([np.ones(len(bare)), 1.0 - inlets["blocked_share"].to_numpy(float)]),
            "weir_length_m": np.concatenate([np.full(len(bare), defaults.weir_length_m), inlets["weir_length_m"]]),
            "area_m2": np.concatenate([np.full(len(bare), defaults.orifice_area_m2), inlets["orifice_area_m2"]]),
            "rim_m": np.concatenate([rim, np.full(len(inlets), -np.inf)]),
        }
    )
    cell = cells_at(grid, street, table["x_m"].to_numpy(float), table["y_m"].to_numpy(float), defaults.most_moved_m)
    table, cell = table[cell >= 0], cell[cell >= 0]
    coupled = set(table["name"]) | set(also)
    names = tuple(name for name in nodes["name"] if name in coupled)
    node = table["name"].map({name: number for number, name in enumerate(names)}).to_numpy(np.int64)
    level = street_level.reshape(-1)[cell].astype(float)
    rim = table["rim_m"].to_numpy(float)
    bottom = table["name"].map(dict(zip(nodes["name"], nodes["invert_m"], strict=True))).to_numpy(float)
    crest = np.maximum(np.where(rim > level + defaults.rim_above_street_m, rim, level), bottom)
    order = np.argsort(node, kind="stable")
    return ExchangePoints(
        nodes=names,
        cell=cell[order],
        node=node[order],
        weir_length_m=(table["weir_length_m"] * table["open"]).to_numpy(float)[order],
        area_m2=(table["area_m2"] * table["open"]).to_numpy(float)[order],
        street_m=level[order],
        crest_m=crest[order],
    )


def outfall_cells(
    network: DrainageNetwork, grid: Grid, open_water: np.ndarray, named: Sequence[str] = (), most_moved_m: float = 0.0
) -> OutfallCells:
    """Outfalls on cells of open water (bool, rows x cols), and those in `named` on the cell where they lie.

    An outfall at most `most_moved_m` from open water (its headwall stands on the bank) ends in the nearest of it.
    """
    outfalls = network.nodes[network.nodes["kind"] == "outfall"]
    x, y = outfalls["x_m"].to_numpy(float), outfalls["y_m"].to_numpy(float)
    cell = cells_at(grid, open_water, x, y, most_moved_m)
    asked = outfalls["name"].isin(named).to_numpy() & (cell < 0)
    cell = np.where(asked, cells_at(grid, np.ones(grid.shape, bool), x, y, 0.0), cell)
    inside = cell >= 0
    return OutfallCells(tuple(outfalls["name"][inside]), cell[inside])


def cells_at(grid: Grid, allowed: np.ndarray, x_m: np.ndarray, y_m: np.ndarray, most_moved_m: float) -> np.ndarray:
    """The row-major cell of each place (int64), the nearest allowed one within `most_moved_m`; -1 where there is none.

    A place off the raster or without coordinates (NaN) has none.
    """
    with np.errstate(invalid="ignore"):
        row = np.floor((grid.north_m - y_m) / grid.cell_m)
        col = np.floor((x_m - grid.west_m) / grid.cell_m)
        on_raster = (row >= 0) & (row < grid.rows) & (col >= 0) & (col < grid.cols)
    cell = np.full(len(x_m), -1, np.int64)
    if not on_raster.any() or not allowed.any():
        return cell
    distance, (near_row, near_col) = distance_transform_edt(~allowed, return_indices=True)
    row, col = row[on_raster].astype(np.int64), col[on_raster].astype(np.int64)
    close = distance[row, col] * grid.cell_m <= most_moved_m
    cell[on_raster] = np.where(close, near_row[row, col].astype(np.int64) * grid.cols + near_col[row, col], -1)
    return cell
