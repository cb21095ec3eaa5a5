"""Checks where a network opens to its street: basins without openings of their own, streets below their shafts."""

from __future__ import annotations

import numpy as np

from data.schema import Grid
from data.swmm.basins import rim_areas
from data.swmm.inp import Row
from data.swmm.telling import LISTED, CheckLimits, Teller
from data.swmm.units import METRE_OF


def check_openings(
    teller: Teller, rows: dict[str, list[Row]], grid: Grid | None, terrain: np.ndarray | None, limits: CheckLimits
) -> None:
    """Tell openings that a coupled run would have to make up."""
    nodes, inlets = teller.network.nodes, teller.network.inlets
    if nodes.empty:
        return
    bare = ~nodes["name"].isin(set(inlets["node"])).to_numpy()
    if teller.coupled:
        _check_basins(teller, rows, bare, limits)
    if grid is None or terrain is None:
        return
    invert = nodes["invert_m"].to_numpy(float)
    street = _street(grid, terrain, nodes["x_m"].to_numpy(float), nodes["y_m"].to_numpy(float))
    opens = nodes["kind"].isin(["junction", "storage"]).to_numpy() & bare
    values = [f"street {level:.2f} m, invert {low:.2f} m" for level, low in zip(street, invert, strict=True)]
    message = "street below the bottom of the node: water enters from the bottom on only"
    remedy = "levels of one datum, and the place of the node"
    teller.rows("warning", nodes, opens & (street < invert), message, values, remedy)
    _check_inlets(teller, grid, terrain, remedy)


def _check_basins(teller: Teller, rows: dict[str, list[Row]], bare: np.ndarray, limits: CheckLimits) -> None:
    """Tell storage that lies open to the sky: tanks with a shaft and wet wells under a station open as manholes do."""
    nodes, links = teller.network.nodes, teller.network.links
    wells = set(links.loc[(links["kind"] == "pump") & (links["tail"] >= 0), "tail"])
    area = rim_areas(rows, METRE_OF[teller.network.flow_units])
    area_m2 = nodes["name"].map(area).to_numpy(float)
    covered = np.isin(np.arange(len(nodes)), list(wells)) | (area_m2 < limits.basin_m2)
    basin = (nodes["kind"] == "storage").to_numpy() & bare & ~covered
    values = [f"{area:.0f} m2 at the rim" if np.isfinite(area) else None for area in area_m2]
    message = "storage without an opening: it spills onto the street where it lies, through that of a manhole"
    teller.rows("warning", nodes, basin, message, values, "its openings as rows of the inlets")


def _check_inlets(teller: Teller, grid: Grid, terrain: np.ndarray, remedy: str) -> None:
    inlets = teller.network.inlets
    bottom = dict(zip(teller.network.nodes["name"], teller.network.nodes["invert_m"], strict=True))
    street = _street(grid, terrain, inlets["x_m"].to_numpy(float), inlets["y_m"].to_numpy(float))
    invert = inlets["node"].map(bottom).to_numpy(float)
    low = np.flatnonzero(street < invert).tolist()
    for i in low[:LISTED]:
        place = f"inlets, id {inlets['id'].iloc[i]}, lon, lat"
        value = f"street {street[i]:.2f} m, invert of {inlets['node'].iloc[i]} {invert[i]:.2f} m"
        teller.tell("warning", "street inlet below the bottom of its node", place, value, remedy)
    if len(low) > LISTED:
        place = f"inlets, {len(low) - LISTED} more"
        teller.tell("warning", "street inlet below the bottom of its node", place, None, remedy)


def _street(grid: Grid, terrain: np.ndarray, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    """The terrain at each place (m), NaN off it."""
    finite = np.isfinite(x_m) & np.isfinite(y_m)
    row, col = grid.cell_of(np.where(finite, x_m, np.inf), np.where(finite, y_m, np.inf))
    return np.where(row >= 0, terrain[row, col], np.nan)
