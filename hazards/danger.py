"""Hazard of flowing water to people, vehicles and buildings: the classes H1-H6 from depth and speed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from data.compiling import njit

_CLASSES = 5  # H1-H5 have limits; H6 is everything above


@dataclass(frozen=True)
class HazardLimits:
    """Upper limits of the classes H1-H5 (the limit itself still belongs to the class); above them all is H6.

    Source of the scheme: ARR 2019 book 6 chapter 7, AIDR Handbook 7-3, NSW FB03. The values come from the rules.
    """

    depth_speed_m2_s: tuple[float, ...]  # depth times speed, H1-H5 (m2/s)
    depth_m: tuple[float, ...]  # H1-H5 (m)
    speed_m_s: tuple[float, ...]  # H1-H5 (m/s)
    dry_depth_m: float = 0.0  # a cell with no more water than this is class 0 (m)

    def __post_init__(self) -> None:
        for name in ("depth_speed_m2_s", "depth_m", "speed_m_s"):
            values = getattr(self, name)
            if len(values) != _CLASSES:
                raise ValueError(f"{name} has {len(values)} limits; must be {_CLASSES} (H1-H5)")
            if not all(low <= high for low, high in pairwise(values)) or not values[0] > 0.0:
                raise ValueError(f"{name}(={values}) must be > 0 and not fall from H1 to H5")
        if not self.dry_depth_m >= 0.0:
            raise ValueError(f"dry_depth_m(={self.dry_depth_m}) must be >= 0")

    @property
    def table(self) -> np.ndarray:
        """Limits as kernels take them: float64, shape (5, 3), one row per class H1-H5, columns D*V, D, V."""
        return np.array([self.depth_speed_m2_s, self.depth_m, self.speed_m_s], dtype=np.float64).T.copy()


def hazard_class(depth_m: float, speed_m_s: float, limits: HazardLimits) -> int:
    """Hazard class of one place: 0 dry, 1-6 = H1-H6, the first class whose three limits all hold.

    A depth that is not a number (outside the domain) is dry; a speed that is not a number is H6, the safe side.
    """
    if not depth_m > limits.dry_depth_m:
        return 0
    rows = zip(limits.depth_speed_m2_s, limits.depth_m, limits.speed_m_s, strict=True)
    for number, (depth_speed, depth, speed) in enumerate(rows, start=1):
        if depth_m * speed_m_s <= depth_speed and depth_m <= depth and speed_m_s <= speed:
            return number
    return _CLASSES + 1


def hazard_class_map(
    depth_m: np.ndarray, speed_m_s: np.ndarray, limits: HazardLimits, out: np.ndarray | None = None
) -> np.ndarray:
    """Hazard class of every cell, uint8 of the shape of `depth_m`; the same answer as `hazard_class`, cell by cell.

    `speed_m_s` is the magnitude of the velocity; float32 input is compared in float64.
    """
    if depth_m.shape != speed_m_s.shape:
        raise ValueError(f"depth of shape {depth_m.shape} and speed of shape {speed_m_s.shape} must agree")
    if out is None:
        out = np.empty(depth_m.shape, dtype=np.uint8)
    _classify(
        np.ascontiguousarray(depth_m).reshape(-1),
        np.ascontiguousarray(speed_m_s).reshape(-1),
        limits.table,
        limits.dry_depth_m,
        out.reshape(-1),
    )
    return out


@njit(cache=True)
def class_of(depth: float, speed: float, table: np.ndarray, dry_depth: float) -> int:
    """Hazard class of one cell inside a kernel; `table` as in HazardLimits.table."""
    if not depth > dry_depth:
        return 0
    product = depth * speed
    for k in range(table.shape[0]):
        if product <= table[k, 0] and depth <= table[k, 1] and speed <= table[k, 2]:
            return k + 1
    return table.shape[0] + 1


@njit(cache=True)
def _classify(depth: np.ndarray, speed: np.ndarray, table: np.ndarray, dry_depth: float, out: np.ndarray) -> None:
    for i in range(depth.size):
        out[i] = class_of(np.float64(depth[i]), np.float64(speed[i]), table, dry_depth)
