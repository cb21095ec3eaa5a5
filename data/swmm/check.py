"""Checks a sewer network: everything that contradicts itself, the street above it, or what the engine reads.

An error is what SWMM would refuse, or what would make a run coupled to the street lie; the rest are warnings.
"""

from __future__ import annotations

import numpy as np

from data.errors import Finding
from data.schema import DrainageNetwork, Grid
from data.swmm.check_files import check_files
from data.swmm.check_levels import check_levels
from data.swmm.check_openings import check_openings
from data.swmm.check_paths import check_paths
from data.swmm.check_places import check_places
from data.swmm.inp import sections
from data.swmm.opening import open_findings
from data.swmm.telling import CheckLimits, Teller

# of the engine's words: files that are missing (errors 3xx) and rims below crowns are told with their lines above
_TOLD_HERE = ("SWMM error 3", "SWMM warning 02")


def check_network(
    network: DrainageNetwork,
    *,
    grid: Grid | None = None,
    terrain: np.ndarray | None = None,
    coupled: bool = False,
    engine: bool = True,
    limits: CheckLimits | None = None,
) -> list[Finding]:
    """Every error and warning about a network that could be read, errors first.

    `terrain` (m, shape of the grid, NaN outside the domain) is the street above it. `coupled`: the run exchanges
    water with the street and rain falls on the grid. `engine`: let the SWMM engine open it too.
    """
    teller = Teller(network, coupled)
    rows = sections(network.inp)
    limits = limits or CheckLimits.of()
    check_files(teller, rows)
    check_places(teller, grid, terrain, limits)
    if not teller.report.errors:  # with places or datum wrong every level is
        check_openings(teller, rows, grid, terrain, limits)
    check_levels(teller, rows, limits)
    check_paths(teller)
    found = teller.findings
    if engine:
        told = open_findings(network, rain="none" if coupled else "own")
        found = found + [finding for finding in told if not finding.message.startswith(_TOLD_HERE)]
    return sorted(found, key=lambda finding: finding.severity != "error")
