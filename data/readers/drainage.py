"""Reads the sewer network of a city pack: a SWMM input, its inlets and the census of its pipes, on the city's grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data.readers.report import Report
from data.schema import DrainageNetwork, Grid
from data.swmm.check import check_network
from data.swmm.inp import read_inp
from data.swmm.network import read_network


def read_drainage(
    path: str | Path,
    grid: Grid | None,
    terrain: np.ndarray | None,
    *,
    crs: str | None = None,
    datum: str = "WGS84",
    inlets: Path | None = None,
    pipes: Path | None = None,
    hotstart: Path | None = None,
    report: Report | None = None,
) -> DrainageNetwork:
    """The network of a SWMM input in the CRS of the grid, checked against the terrain (m, NaN outside the domain).

    A collecting report gets every finding. Else the first error is raised, and doubts are only counted.
    """
    told = report or Report()
    network = read_network(
        read_inp(path),
        crs=crs,
        target_crs=grid.crs if grid else None,
        datum=datum,
        inlets=inlets,
        pipes=pipes,
        hotstart=hotstart,
        report=told,
    )
    found = check_network(network, grid=grid, terrain=terrain, coupled=True, engine=told.collect)
    if told.collect:
        told.findings += found
        return network
    for finding in found:
        if finding.severity == "error":
            raise finding.as_error()
    if found:
        words = "doubt" if len(found) == 1 else "doubts"
        told.warn(
            f"{len(found)} {words} about the drainage network, listed by rongan city check",
            file=path, remedy="a network without doubts",
        )  # fmt: skip
    return network
