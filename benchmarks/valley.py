"""The common case of the surface-flow benchmark: rain on a tilted V-valley (imported by the peer's script too)."""

from __future__ import annotations

import numpy as np

CELL_M = 10.0
MANNING = 0.03
RAIN_M_S = 50.0 / 3.6e6
RAIN_END_S = 3600.0
END_S = 7200.0


def valley_bed(n: int) -> np.ndarray:
    """Square of n x n cells: side slopes 1 %, axial slope 0.2 %, 5 cm of random relief (seed 1), m."""
    row, col = np.mgrid[0:n, 0:n]
    relief = 0.05 * np.random.default_rng(1).random((n, n))
    return 0.01 * CELL_M * np.abs(col - n / 2) + 0.002 * CELL_M * (n - row) + relief
