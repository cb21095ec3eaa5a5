"""Beds and solutions that the surface-flow verification shares."""

from __future__ import annotations

import numpy as np

MM_H = 1.0 / 3.6e6  # m/s


def three_humps(rows: int = 30, cols: int = 75) -> np.ndarray:
    """Bed (m) of 1 m cells with three conical humps, two drowned and one dry at a stage of 0.875 m."""
    y, x = np.mgrid[0:rows, 0:cols] + 0.5
    humps = (
        1.0 - np.hypot(x - 30.0, y - 6.0) / 8.0,
        1.0 - np.hypot(x - 30.0, y - 24.0) / 8.0,
        3.0 - 0.3 * np.hypot(x - 47.5, y - 15.0),
    )
    return np.maximum.reduce([np.zeros_like(x), *humps])


def hunter_depth(x_m: np.ndarray | float, time_s: np.ndarray | float, manning_n: float, speed: float) -> np.ndarray:
    """Depth (m) of a wave that runs over a flat bed at a constant speed (Hunter et al. 2005, eq. 13):

    h = [7/3 n^2 u^2 (u t - x)]^(3/7) behind the front at x = u t, 0 before it.
    """
    behind = np.maximum(speed * np.asarray(time_s, float) - np.asarray(x_m, float), 0.0)
    return (7.0 / 3.0 * manning_n**2 * speed**2 * behind) ** (3.0 / 7.0)


def steady_channel(x_m: np.ndarray, flow: float, manning_n: float) -> tuple[np.ndarray, np.ndarray]:
    """Depth (m) and bed (m) of a 1000 m channel with a steady flow per width that Manning's law holds exactly.

    The depth is h = 0.9 + 0.2 exp(-36 (x/1000 - 1/2)^2); the bed follows from d(z + h)/dx = -n^2 q^2 / h^(10/3), that
    is MacDonald's construction without the convective term, so that the local inertial scheme must converge to it.
    """
    fine = np.linspace(0.0, 1000.0, 100_001)
    depth = 0.9 + 0.2 * np.exp(-36.0 * (fine / 1000.0 - 0.5) ** 2)
    slope = manning_n**2 * flow**2 / depth ** (10.0 / 3.0)
    fall = np.concatenate([[0.0], np.cumsum(0.5 * (slope[1:] + slope[:-1]) * np.diff(fine))])
    level = fall[-1] - fall + 1.0
    at = np.interp(x_m, fine, depth)
    return at, np.interp(x_m, fine, level) - at
