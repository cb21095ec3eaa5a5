"""The sewers, pumps and failures of the small hand-made drill: a street sewer down to the river."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString

from data.schema import DrainageNetwork, Grid
from data.swmm import inp_of
from data.swmm.network import read_network
from hazards.drains.accounts import DrainsBook, DrainsResult, ExchangeBook
from sim.mishaps import Mishap

_MANHOLES = 8
_SPACING_M = 150.0


def make_network(grid: Grid) -> DrainageNetwork:
    """Eight manholes northwards from the south, the last one drains into the river."""
    west, south, _, _ = grid.bounds
    y = south + 250.0 + _SPACING_M * np.arange(_MANHOLES + 1)
    invert = 495.0 - 0.3 * np.arange(_MANHOLES + 1)
    lines = ["[OPTIONS]", "FLOW_UNITS CMS", "[JUNCTIONS]"]
    lines += [f"J{k} {invert[k]:.2f} 2.5 0 0 0" for k in range(_MANHOLES)]
    lines += ["[OUTFALLS]", f"O1 {invert[-1]:.2f} FREE NO", "[CONDUITS]"]
    ends = [f"J{k}" for k in range(_MANHOLES)] + ["O1"]
    lines += [f"C{k} {ends[k]} {ends[k + 1]} {_SPACING_M:g} 0.013 0 0 0 0" for k in range(_MANHOLES)]
    lines += ["[XSECTIONS]", *(f"C{k} CIRCULAR 1 0 0 0 1" for k in range(_MANHOLES)), "[COORDINATES]"]
    lines += [f"{name} {west + 1000.0} {place}" for name, place in zip(ends, y, strict=True)]
    return read_network(inp_of(lines, "network.inp"), crs=grid.crs, target_crs=grid.crs)


def make_drains(network: DrainageNetwork) -> DrainsResult:
    """Half of the pipes run full, two of them for long; two manholes fill to the street; the river drowns the outfall.

    Books: 9,000 m3 came in from the street, 500 m3 by pumps, 200 m3 through the outfall; the engine lost 7 m3.
    """
    count = _MANHOLES
    nodes = pd.DataFrame({"name": network.nodes["name"], "kind": network.nodes["kind"]})
    nodes["max_depth_m"] = [2.6, 2.5, *[1.5] * (count - 2), 1.4]
    nodes["max_head_m"] = network.nodes["invert_m"] + nodes["max_depth_m"]
    links = pd.DataFrame({"name": network.links["name"], "kind": network.links["kind"]})
    links["max_fill"] = [1.0, 1.0, 1.0, 1.0, 0.85, 0.5, 0.5, 0.5]
    links["full_s"] = [3600.0, 1800.0, 600.0, 60.0, 0.0, 0.0, 0.0, 0.0]
    outfalls = pd.DataFrame({"name": ["O1"], "volume_m3": [8000.0], "max_flow_m3_s": [1.2]})
    exchange = ExchangeBook(
        taken_m3=9010.0, returned_m3=1300.0, down_m3=9000.0, up_m3=1100.0, lifted_m3=500.0, outfall_out_m3=8200.0,
        outfall_in_m3=200.0, windows=2880,
    )  # fmt: skip
    book = DrainsBook(
        exchange, escrow_m3=10.0, initial_m3=0.0, inflow_m3=9700.0, outflow_m3=9300.0, flooded_m3=0.0, lost_m3=0.0,
        stored_m3=393.0,
    )  # fmt: skip
    return DrainsResult(book, nodes, links, outfalls, 1.5)


def make_structures() -> tuple[dict[str, Any], ...]:
    """What two pumps and a gate say of themselves at the end."""
    pump = {"kind": "pump", "running": False}
    return (
        {**pump, "name": "underpass U1", "starts": 2, "running_s": 5400.0, "lacking_s": 2700.0, "volume_m3": 810.0},
        {**pump, "name": "pump PS1", "starts": 1, "running_s": 7200.0, "lacking_s": 0.0, "volume_m3": 4320.0},
        {"kind": "gate", "name": "gate G1", "closed": True, "moved_s": [4500.0]},
    )


def make_mishaps() -> tuple[Mishap, ...]:
    """A power cut, blocked inlets and a breach."""
    return (
        Mishap("power", "SS1", "东郊变电站", "East substation", 1800.0, 9000.0, struck={"pump": 1, "underpass": 2}),
        Mishap("inlets", "510199001", "锦河街道", "Jinhe Street", 0.0, share=0.4),
        Mishap("breach", "W001", "府河堤防", "Fu River levee", 5400.0, width_m=40.0, to_m=497.5),
    )


def pumps_and_gates(grid: Grid) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """The layers that the states above belong to."""
    west, south, _, _ = grid.bounds
    pumps = pd.DataFrame({"id": ["PS1"], "name": ["锦河泵站"], "name_en": ["Jinhe pumping station"]})
    line = LineString([(west + 980.0, south + 1600.0), (west + 1020.0, south + 1600.0)])
    names = {"id": ["G1"], "name": ["府河闸"], "name_en": ["Fu River gate"]}
    return pumps, gpd.GeoDataFrame(names, geometry=[line], crs=grid.crs)
