"""The sewers of a flood case: the network, checked against the terrain above it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from data.datum import is_crs
from data.errors import InputError
from data.flood_case.case import SewerCase
from data.schema import Grid
from data.suggest import closest
from data.swmm import read_inp
from data.swmm.check import check_network
from data.swmm.network import read_network
from data.swmm.subcatchments import DRAWN, drawn_share


def read_drains(
    file: Path, section: dict[str, Any], grid: Grid, terrain: np.ndarray
) -> tuple[SewerCase | None, tuple[str, ...]]:
    """The network of [drains] and what a careful user would want to know about it; None without the section.

    Raises InputError for what cannot be read, what the engine would refuse, and what would make the exchange with the
    street lie: each names section and line of the network.
    """
    if not section:
        return None, ()
    crs = section.get("crs")
    if crs is not None and not is_crs(crs):
        raise InputError("unknown coordinate system", file=file, place="[drains] crs", value=crs, expected='"EPSG:..."')
    inlets, pipes = (file.parent / section[key] if key in section else None for key in ("inlets", "pipes"))
    inp = read_inp(file.parent / section["network"])
    network = read_network(inp, crs=crs or grid.crs, target_crs=grid.crs, inlets=inlets, pipes=pipes)
    outfalls = network.nodes.loc[network.nodes["kind"] == "outfall", "name"]
    named = section.get("outfalls_to_surface", ())
    for name in named:
        if name not in set(outfalls):
            raise InputError(
                "no outfall of this name in the network",
                file=file,
                place="[drains] outfalls_to_surface",
                value=name,
                expected=closest(name, outfalls),
            )
    findings = check_network(network, grid=grid, terrain=terrain, coupled=True)
    for finding in findings:
        if finding.severity == "error":
            raise finding.as_error()
    notes: tuple[str, ...] = ()
    if findings:
        first = findings[0]
        place = f"{section['network']}, {first.place}" if first.place else section["network"]
        more = f"; `rongan city check` lists all {len(findings)} doubts about the network" if len(findings) > 1 else ""
        notes = (f"{place}: {first.message}{more}",)
    if section["runoff"] == "lumped" and network.subcatchments is not None and drawn_share(network) < DRAWN:
        share = f"{drawn_share(network):.0%}"
        notes += (f"{section['network']}: polygons hold {share} of the subcatchments' area: no rain falls on the grid",)
    return SewerCase(network, section["runoff"], named, section.get("exchange_step_s")), notes
