"""An ensemble of rain: one rain ahead times errors that are correlated in time and space and keep its mean."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from data.rules_file import Rules
from data.schema import Grid
from hazards import RainForcing

_COARSEST = 20  # rows and columns of places at which errors are drawn: finer than the reach of any storm on a city


@dataclass(frozen=True)
class MemberTerms:
    """How wrong rain ahead may be: standard deviation of ln(true / expected), and how far that error reaches."""

    error_start: float  # at the time of the cycle
    error_end: float  # long after it
    growth_s: float
    memory_s: float
    reach_m: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.error_start <= self.error_end:
            raise ValueError(f"error_start(={self.error_start}) must be 0 to error_end(={self.error_end})")
        if not (self.growth_s > 0.0 and self.memory_s > 0.0 and self.reach_m > 0.0):
            raise ValueError(f"growth_s, memory_s and reach_m must be > 0: {self}")

    def deviation(self, lead_s: np.ndarray) -> np.ndarray:
        """Standard deviation of the logarithm of the error, by lead time (s)."""
        grown = 1.0 - np.exp(-np.maximum(lead_s, 0.0) / self.growth_s)
        return np.sqrt(self.error_start**2 + (self.error_end**2 - self.error_start**2) * grown)


def member_terms(rules: Rules) -> MemberTerms:
    """The terms as the rules set them."""
    names = ("error_start", "error_end", "error_growth_s", "error_memory_s", "error_reach_m")
    return MemberTerms(*(rules.number(f"rain_ahead.member_{name}") for name in names))


def rain_member(
    base: RainForcing, grid: Grid, now_s: float, terms: MemberTerms, seed: int, cycle: str, member: int
) -> RainForcing:
    """Member number `member` (0, 1, ...) of the ensemble around `base`, from `now_s` on (s, the clock of `base`).

    Each interval and zone is multiplied by exp(s z - s^2 / 2), z standard normal: the factor is log-normal with mean
    1 (Bowler et al. 2006 perturb nowcasts alike). z is AR(1) in time and exponentially correlated in space; it depends
    on seed, cycle and member alone, not on how many members there are or who computes them.
    """
    lead = 0.5 * (base.edges_s[:-1] + base.edges_s[1:]) - now_s
    deviation = terms.deviation(lead)[:, None]
    z = _errors(base, grid, terms, _rng(seed, cycle, member))
    factor = np.where(lead[:, None] > 0.0, np.exp(deviation * z - 0.5 * deviation**2), 1.0)
    return RainForcing(base.edges_s, base.rates_m_s * factor, base.zone)


def rain_members(
    base: RainForcing, grid: Grid, now_s: float, terms: MemberTerms, seed: int, cycle: str, count: int
) -> tuple[RainForcing, ...]:
    """The first `count` members; `base` itself (the control) is none of them."""
    if count < 1:
        raise ValueError(f"count(={count}) must be >= 1")
    return tuple(rain_member(base, grid, now_s, terms, seed, cycle, member) for member in range(count))


def _rng(seed: int, cycle: str, member: int) -> np.random.Generator:
    name = int.from_bytes(hashlib.sha256(cycle.encode("utf-8")).digest()[:8], "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, name, member])))


def _errors(base: RainForcing, grid: Grid, terms: MemberTerms, rng: np.random.Generator) -> np.ndarray:
    """Standard normal errors (intervals, zones)."""
    places, of_zone = _places(base, grid)
    apart = np.hypot(*(places[:, None, :] - places[None, :, :]).transpose(2, 0, 1))
    mix = np.linalg.cholesky(np.exp(-apart / terms.reach_m) + 1e-9 * np.eye(len(places)))
    middle = 0.5 * (base.edges_s[:-1] + base.edges_s[1:])
    kept = np.exp(-np.diff(middle) / terms.memory_s)
    fresh = rng.standard_normal((middle.size, len(places))) @ mix.T
    z = fresh.copy()
    for k, share in enumerate(kept, start=1):
        z[k] = share * z[k - 1] + np.sqrt(1.0 - share**2) * fresh[k]
    return z[:, of_zone]


def _places(base: RainForcing, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) in metres at which errors are drawn, and the place of each zone.

    Zones of a large city are many; those whose middles share a square of a coarse chequer share an error.
    """
    if base.zone is None:
        return np.zeros((1, 2)), np.zeros(1, np.int64)
    count = np.maximum(np.bincount(base.zone.ravel(), minlength=base.zones), 1)
    x = np.bincount(base.zone.ravel(), np.tile(grid.x_centres, grid.rows), base.zones) / count
    y = np.bincount(base.zone.ravel(), np.repeat(grid.y_centres, grid.cols), base.zones) / count
    side = max(grid.east_m - grid.west_m, grid.north_m - grid.south_m) / _COARSEST
    col = np.clip((x - grid.west_m) // side, 0, _COARSEST - 1).astype(np.int64)
    row = np.clip((y - grid.south_m) // side, 0, _COARSEST - 1).astype(np.int64)
    squares, of_zone = np.unique(row * _COARSEST + col, return_inverse=True)
    centres = np.column_stack([squares % _COARSEST, squares // _COARSEST]) + 0.5
    return centres * side + np.array([grid.west_m, grid.south_m]), of_zone.reshape(-1)
