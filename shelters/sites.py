"""How many people a shelter site holds, and when water closes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shelters.graph import RoadGraph


@dataclass(frozen=True)
class SpaceRules:
    """Space per person by length of stay (m2) and the size of a unit; values from the rules file `shelters.toml`."""

    emergency_m2: float
    temporary_m2: float
    short_m2: float
    medium_m2: float
    long_m2: float
    unit_persons: int  # a site is laid out in units of at most so many people

    def __post_init__(self) -> None:
        for name in ("emergency_m2", "temporary_m2", "short_m2", "medium_m2", "long_m2", "unit_persons"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")

    def m2_per_person(self, stay: str) -> float:
        """Space per person for a stay: emergency, temporary, short, medium or long."""
        try:
            return float(getattr(self, f"{stay}_m2"))
        except AttributeError:
            raise ValueError(f"stay(={stay!r}) is none of emergency, temporary, short, medium, long") from None


@dataclass(frozen=True)
class FloodLimits:
    """From which water on a site counts as flooded; values from the rules file `shelters.toml`."""

    depth_m: float
    hazard_class: int  # 1-6 for H1-H6

    def __post_init__(self) -> None:
        if not self.depth_m > 0.0:
            raise ValueError(f"depth_m(={self.depth_m}) must be > 0")
        if not 1 <= self.hazard_class <= 6:
            raise ValueError(f"hazard_class(={self.hazard_class}) must be 1 to 6")


def capacity_persons(area_m2: np.ndarray, usable_share: np.ndarray, m2_per_person: float) -> np.ndarray:
    """People a site holds, floor(area x usable share / space per person), int64.

    The product is raised by 4 parts in 2^52 before the floor: three rounded operations lose at most three halves of
    one part each, and 600 m2 x 0.7 / 0.7 must hold 600 people and not 599.
    """
    area, share = np.asarray(area_m2, np.float64), np.asarray(usable_share, np.float64)
    if not (np.isfinite(area).all() and (area >= 0.0).all()):
        raise ValueError("area_m2 must be finite and not negative")
    if not ((share >= 0.0) & (share <= 1.0)).all():
        raise ValueError("usable_share must lie between 0 and 1")
    if not m2_per_person > 0.0:
        raise ValueError(f"m2_per_person(={m2_per_person}) must be > 0")
    return np.floor(area * share / m2_per_person * (1.0 + 2.0**-50)).astype(np.int64)


def free_places(
    area_m2: np.ndarray, usable_share: np.ndarray, occupants: np.ndarray, m2_per_person: float
) -> np.ndarray:
    """Places that are left beside the people already inside, never below 0; int64, shape (sites,)."""
    inside = np.ceil(np.asarray(occupants, np.float64)).astype(np.int64)
    return np.maximum(capacity_persons(area_m2, usable_share, m2_per_person) - inside, 0)


def unit_count(capacity: np.ndarray, unit_persons: int) -> np.ndarray:
    """Units that a site of this capacity is laid out in, each of at most `unit_persons`."""
    return -(-np.asarray(capacity, np.int64) // unit_persons)


def flooded(depth_m: np.ndarray, hazard_class: np.ndarray, limits: FloodLimits) -> np.ndarray:
    """Whether the water on a site reaches a limit, elementwise: shapes (sites,) or (times, sites)."""
    return (np.asarray(depth_m) >= limits.depth_m) | (np.asarray(hazard_class) >= limits.hazard_class)


def access_cut(graph: RoadGraph, edge_time_s: np.ndarray, site_node: np.ndarray) -> np.ndarray:
    """Whether every edge that leads to the site's node is closed (infinite time).

    `edge_time_s` has shape (edges,) or (times, edges); the result (sites,) or (times, sites). A node that no edge
    enters at all counts as cut.
    """
    times = np.atleast_2d(edge_time_s)
    open_in = np.zeros((len(times), graph.nodes), bool)
    for row, time in zip(open_in, times, strict=True):
        row[graph.head[np.isfinite(time)]] = True
    cut = ~open_in[:, np.asarray(site_node)]
    return cut if np.ndim(edge_time_s) == 2 else cut[0]


def closing_time(time_s: np.ndarray, shut: np.ndarray) -> np.ndarray:
    """First time (s) at which each site is shut, infinite where never; `shut` has shape (times, sites)."""
    shut = np.asarray(shut, bool)
    first = np.argmax(shut, axis=0)
    return np.where(shut.any(axis=0), np.asarray(time_s, np.float64)[first], np.inf)


def open_capacity(capacity: np.ndarray, shut: np.ndarray) -> np.ndarray:
    """Capacity with the sites that are ever shut in the window set to 0; `shut` is (sites,) or (times, sites)."""
    ever = np.atleast_2d(np.asarray(shut, bool)).any(axis=0)
    return np.where(ever, 0, np.asarray(capacity, np.int64))
