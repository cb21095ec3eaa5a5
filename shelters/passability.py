"""How long a walker takes along a road edge that stands in water, and when the edge is closed."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

GRAVITY_M_S2 = 9.81


@dataclass(frozen=True)
class WalkRules:
    """How people walk through water. Every value comes from the rules file `evacuation.toml`.

    Wading: v = alpha M^beta with the specific force M = v_w^2 d / g + d^2 / 2 (m2), v_w the speed of the water and
    d its depth (Bernardini et al. 2020); it holds from `wading_depth_m` up and never exceeds the dry speed.
    """

    dry_speed_m_s: float
    wading_depth_m: float  # water shallower than this does not slow a walker
    wading_alpha: float
    wading_beta: float
    closure_depth_m: float  # an edge this deep is closed
    closure_depth_speed_m2_s: float  # an edge with this product of depth and speed is closed

    def __post_init__(self) -> None:
        for name in ("dry_speed_m_s", "wading_alpha", "closure_depth_m", "closure_depth_speed_m2_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")
        if not self.wading_depth_m > 0.0:
            raise ValueError(f"wading_depth_m(={self.wading_depth_m}) must be > 0: M vanishes in no water")


@dataclass(frozen=True)
class WadingTable:
    """alpha and beta of wading by age, as measured in bands of age (Bernardini et al. 2020).

    Band i is for ages up to and including upper_age[i]; ages between bands count to the next older one. Older than
    the last band: its speed over 1 + decline_per_year (age - upper_age[-1]).
    """

    upper_age: tuple[float, ...]
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    decline_per_year: float

    def __post_init__(self) -> None:
        rising = all(low < high for low, high in pairwise(self.upper_age))
        if not (len(self.upper_age) == len(self.alpha) == len(self.beta) > 0 and rising):
            raise ValueError("upper_age must rise; alpha and beta need one value per band")
        if not (min(self.alpha) > 0.0 and self.decline_per_year >= 0.0):
            raise ValueError(f"alpha(={self.alpha}) must be > 0, decline_per_year(={self.decline_per_year}) >= 0")

    def at_age(self, age: float) -> tuple[float, float]:
        """(alpha, beta) of walkers of this age, in years."""
        if not age >= 0.0:
            raise ValueError(f"age(={age}) must be >= 0")
        band = min(bisect_left(self.upper_age, age), len(self.upper_age) - 1)
        beyond = max(0.0, age - self.upper_age[-1])
        return self.alpha[band] / (1.0 + self.decline_per_year * beyond), self.beta[band]


def walking_speed(
    depth_m: np.ndarray, speed_m_s: np.ndarray, rules: WalkRules, depth_speed_m2_s: np.ndarray | None = None
) -> np.ndarray:
    """Speed of a walker (m/s) in water of `depth_m` that flows at `speed_m_s`; 0 where walking is not possible.

    `depth_speed_m2_s`: the worst product of depth and speed in any one place, by which the edge closes; None: the
    product of the two, as in one place. Arrays of any shapes that broadcast together. 0 stands for "closed" here
    only; times say it as infinity.
    """
    depth, speed = np.broadcast_arrays(np.asarray(depth_m, np.float64), np.asarray(speed_m_s, np.float64))
    product = depth * np.abs(speed) if depth_speed_m2_s is None else np.asarray(depth_speed_m2_s, np.float64)
    if np.isnan(depth).any() or np.isnan(speed).any() or np.isnan(product).any():
        raise ValueError("depth_m, speed_m_s and depth_speed_m2_s must be numbers, not NaN")
    walk = np.full(depth.shape, rules.dry_speed_m_s)
    closed = (depth >= rules.closure_depth_m) | (product >= rules.closure_depth_speed_m2_s)
    wet = (depth >= rules.wading_depth_m) & ~closed
    d, v_w = depth[wet], speed[wet]
    force = v_w * v_w * d / GRAVITY_M_S2 + 0.5 * d * d
    walk[wet] = np.minimum(rules.wading_alpha * force**rules.wading_beta, rules.dry_speed_m_s)
    walk[closed] = 0.0
    return walk


def walking_times(
    length_m: np.ndarray,
    depth_m: np.ndarray,
    speed_m_s: np.ndarray,
    rules: WalkRules,
    depth_speed_m2_s: np.ndarray | None = None,
) -> np.ndarray:
    """Walking time (s) of each edge, infinite where it is closed.

    `depth_m`, `speed_m_s` and `depth_speed_m2_s` are each the worst along the edge, shape (edges,) or (epochs,
    edges): a walker must pass all of it, so one deep stretch closes the edge. Without `depth_speed_m2_s` the edge
    closes by the product of the worst depth and the worst speed, though they may be in two places.
    """
    walk = walking_speed(depth_m, speed_m_s, rules, depth_speed_m2_s)
    length = np.broadcast_to(np.asarray(length_m, np.float64), walk.shape)
    time = np.full(walk.shape, np.inf)
    np.divide(length, walk, out=time, where=walk > 0.0)
    return time
