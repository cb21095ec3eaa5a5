"""A sewer of six manholes on the tiny city, for tests: two branches that meet and fall into the river."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from data.datum import WGS84, transform
from data.schema import DrainageNetwork, Grid
from data.swmm import inp_of
from data.swmm.network import read_network
from tests.tiny_city import CRS, NORTH_M, WEST_M

# name, x and y from the west and north edge (m), invert, depth
_NODES = (
    ("M1", 55.0, 205.0, 497.9, 2.2), ("M2", 155.0, 205.0, 497.6, 2.4), ("M3", 255.0, 205.0, 497.0, 1.5),
    ("M4", 355.0, 205.0, 496.9, 3.0), ("M5", 355.0, 105.0, 497.5, 2.7), ("M6", 455.0, 205.0, 496.5, 3.3),
)  # fmt: skip
_PIPES = (("P1", "M1", "M2", 0.3), ("P2", "M2", "M3", 0.4), ("P3", "M3", "M4", 0.4), ("P4", "M5", "M4", 0.3),
          ("P5", "M4", "M6", 0.6), ("P6", "M6", "OUT", 0.6))  # fmt: skip


def small_inp() -> list[str]:
    """Lines of the SWMM input, coordinates in the CRS of the tiny city."""
    rows = [
        "[TITLE]", "Six manholes", "", "[OPTIONS]", "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "ROUTING_STEP 5",
        "START_DATE 07/15/2026", "END_DATE 07/15/2026", "END_TIME 02:00:00", "", "[JUNCTIONS]",
        *[f"{name} {invert} {depth} 0 0 0" for name, _, _, invert, depth in _NODES], "", "[OUTFALLS]",
        "OUT 496.0 FREE NO", "", "[CONDUITS]",
        *[f"{name} {tail} {head} 100 0.013 0 0" for name, tail, head, _ in _PIPES],
        "", "[XSECTIONS]", *[f"{name} CIRCULAR {height} 0 0 0" for name, _, _, height in _PIPES], "", "[COORDINATES]",
        *[f"{name} {WEST_M + x:.2f} {NORTH_M - y:.2f}" for name, x, y, _, _ in _NODES],
        f"OUT {WEST_M + 565.0:.2f} {NORTH_M - 205.0:.2f}", "", "[VERTICES]",
        f"P4 {WEST_M + 345.0:.2f} {NORTH_M - 155.0:.2f}", "",
    ]  # fmt: skip
    return rows


def small_network(grid: Grid | None = None) -> DrainageNetwork:
    """The network of these lines with two inlets and a census of three pipes."""
    crs = grid.crs if grid else CRS
    network = read_network(inp_of(small_inp(), Path("network.inp")), target_crs=crs)
    x, y = network.nodes["x_m"].to_numpy()[[0, 2]] + 3.0, network.nodes["y_m"].to_numpy()[[0, 2]]
    lon, lat = transform(x, y, crs, WGS84)
    inlets = pd.DataFrame(
        {
            "id": ["I1", "I2"], "node": ["M1", "M3"], "lon": lon, "lat": lat, "weir_length_m": [1.8, 3.6],
            "orifice_area_m2": [0.1, 0.2], "blocked_share": [0.0, 0.5], "source": "synthetic", "x_m": x, "y_m": y,
            "node_index": np.array([0, 2], np.int64),
        }
    )  # fmt: skip
    links = network.links.copy()
    links.loc[:2, "condition_grade"] = [1, 3, 4]
    links.loc[:2, "blocked_share"] = [0.0, 0.2, 0.5]
    links.loc[:2, "system"] = "storm"
    links.loc[:2, "repair_cost"] = [np.nan, 120.0, 200.5]
    return replace(network, inlets=inlets, links=links)
