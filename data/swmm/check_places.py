"""Checks where a network lies: coordinates that are absent, swapped, of another CRS, or off the terrain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from data.datum import WGS84, transform
from data.schema import Grid
from data.swmm.telling import CheckLimits, Teller

_ALL = 0.5  # share of nodes off the terrain from which the CRS, not the nodes, must be wrong


def check_places(teller: Teller, grid: Grid | None, terrain: np.ndarray | None, limits: CheckLimits) -> None:
    """Tell what the places of nodes cannot be; the street above them only where there is a terrain."""
    nodes = teller.network.nodes
    if nodes.empty:
        if teller.coupled:
            teller.tell("error", "no nodes", "[JUNCTIONS]", None, "manholes and outfalls with coordinates")
        return
    x, y = nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy()
    placed = np.isfinite(x) & np.isfinite(y)
    if not placed.any():
        severity = "error" if teller.coupled else "warning"
        teller.tell(severity, "no node has coordinates", "[COORDINATES]", f"{len(nodes)} nodes",
                    "a row with x and y for each node")  # fmt: skip
        return
    teller.rows("warning", nodes, ~placed, "node without coordinates: it exchanges no water with the street",
                [None] * len(nodes), "a row in [COORDINATES]")  # fmt: skip
    if grid is not None and terrain is not None:
        _check_on_terrain(teller, grid, terrain, placed)
        if not teller.report.errors:
            _check_street(teller, grid, terrain, placed, limits)
    else:
        _check_on_earth(teller, placed)
    if teller.network.links.crs is not None:  # else the unit of the coordinates is unknown
        _check_lengths(teller, limits)


def _check_on_earth(teller: Teller, placed: np.ndarray) -> None:
    crs = teller.network.links.crs
    if crs is None:
        return
    nodes = teller.network.nodes
    lon, lat = transform(nodes["x_m"].to_numpy()[placed], nodes["y_m"].to_numpy()[placed], str(crs), WGS84)
    bad = np.zeros(len(nodes), bool)
    bad[placed] = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) <= 90.0))
    teller.rows("error", nodes, bad, f"no place of {crs}", _pairs(nodes), "coordinates in the CRS given")


def _check_on_terrain(teller: Teller, grid: Grid, terrain: np.ndarray, placed: np.ndarray) -> None:
    nodes = teller.network.nodes
    x, y = nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy()
    inside = _inside(grid, terrain, x, y)
    off = placed & ~inside
    if off.sum() > _ALL * placed.sum():
        west, south, east, north = grid.bounds
        first = int(np.flatnonzero(off)[0])
        swapped = _inside(grid, terrain, y, x)[placed].mean() > _ALL
        doubt = "x and y swapped" if swapped else "coordinates in another CRS?"
        teller.tell(
            "error", f"{int(off.sum())} of {int(placed.sum())} nodes lie outside the terrain: {doubt}",
            f"[COORDINATES] {nodes['name'].iloc[first]}", f"{x[first]:.1f}, {y[first]:.1f} in {grid.crs}",
            f"x {west:.0f} to {east:.0f}, y {south:.0f} to {north:.0f}; give the crs of the file",
        )  # fmt: skip
        return
    outfall = (nodes["kind"] == "outfall").to_numpy()
    remedy = "its place, or terrain that reaches it"
    teller.rows("error" if teller.coupled else "warning", nodes, off & ~outfall, "node outside the terrain",
                _pairs(nodes), remedy)  # fmt: skip
    teller.rows("warning", nodes, off & outfall, "outfall outside the terrain: its water leaves the model",
                _pairs(nodes), remedy)  # fmt: skip
    inlets = teller.network.inlets
    lost = inlets[~_inside(grid, terrain, inlets["x_m"].to_numpy(float), inlets["y_m"].to_numpy(float))]
    if len(lost):
        name, lon, lat = lost["id"].iloc[0], lost["lon"].iloc[0], lost["lat"].iloc[0]
        teller.tell(
            "error" if teller.coupled else "warning",
            f"{len(lost)} of {len(inlets)} street inlets lie outside the terrain and would take no water",
            f"inlets, id {name}, lon, lat", f"{lon:.6g}, {lat:.6g}", "places on the terrain",
        )  # fmt: skip


def _check_street(teller: Teller, grid: Grid, terrain: np.ndarray, placed: np.ndarray, limits: CheckLimits) -> None:
    """Rims of junctions against the terrain in their cells; only where the file gives a depth."""
    nodes = teller.network.nodes
    known = placed & (nodes["kind"] == "junction").to_numpy() & (nodes["max_depth_m"] > 0.0).to_numpy()
    row, col = grid.cell_of(nodes["x_m"].to_numpy(), nodes["y_m"].to_numpy())
    known &= row >= 0
    off = np.full(len(nodes), np.nan)
    off[known] = nodes["rim_m"].to_numpy()[known] - terrain[row[known], col[known]]
    known &= np.isfinite(off)
    if not known.any():
        return
    median = float(np.median(off[known]))
    if abs(median) > limits.datum_off_m:
        teller.tell(
            "error" if teller.coupled else "warning", "rims and terrain have different vertical datums or units",
            "[JUNCTIONS]", f"rims {median:+.2f} m off the terrain at the median",
            f"a median within {limits.datum_off_m:g} m",
        )  # fmt: skip
        return
    far = known & (np.abs(np.nan_to_num(off)) > limits.rim_off_street_m)
    values = [f"rim {rim:.2f} m, terrain {rim - d:.2f} m" for rim, d in zip(nodes["rim_m"], off, strict=True)]
    teller.rows("warning", nodes, far, "rim off the street level", values,
                f"within {limits.rim_off_street_m:g} m of the terrain")  # fmt: skip


def _check_lengths(teller: Teller, limits: CheckLimits) -> None:
    """Drawn against stated lengths of conduits: all off by a like factor tells a wrong unit or CRS."""
    links = teller.network.links
    drawn = shapely.length(np.asarray(links.geometry.array))
    stated = links["length_m"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((stated > 1.0) & (drawn > 1.0), drawn / stated, np.nan)
    far = (ratio > limits.length_factor) | (ratio < 1.0 / limits.length_factor)
    known = np.isfinite(ratio)
    if known.any() and far.sum() > _ALL * known.sum():
        teller.tell(
            "warning", "pipes are drawn much longer or shorter than the file says: another unit or CRS?",
            "[COORDINATES]", f"drawn / stated {np.nanmedian(ratio):.3g} at the median",
            "coordinates in metres of the CRS given",
        )  # fmt: skip
        return
    values = [f"{length:.1f} m, drawn {line:.1f} m" for length, line in zip(stated, drawn, strict=True)]
    teller.rows("warning", links, far, "stated and drawn length of the conduit differ", values,
                f"a factor below {limits.length_factor:g}")  # fmt: skip


def _inside(grid: Grid, terrain: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    finite = np.isfinite(x) & np.isfinite(y)
    row, col = grid.cell_of(np.where(finite, x, np.inf), np.where(finite, y, np.inf))
    return (row >= 0) & np.isfinite(terrain[row, col])


def _pairs(nodes: pd.DataFrame) -> list[str]:
    return [f"{x:.1f}, {y:.1f}" for x, y in zip(nodes["x_m"], nodes["y_m"], strict=True)]
