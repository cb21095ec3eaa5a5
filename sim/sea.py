"""Does the town turn into a sea (看海)? Streets that stand deep for long, per area, and the worst place of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.rules_file import Rules
from data.units import minutes_to_s


@dataclass(frozen=True)
class SeaLimits:
    """What makes an area a sea; values from the rules file `drainage.toml`."""

    depth_m: float  # a street cell counts while deeper than this
    duration_s: float  # without a break at least this long
    share: float  # of the area's street cells; more than this is a sea

    def __post_init__(self) -> None:
        for name in ("depth_m", "duration_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")
        if not 0.0 <= self.share < 1.0:
            raise ValueError(f"share(={self.share}) must be >= 0 and < 1")


def sea_limits(rules: Rules) -> SeaLimits:
    """The limits of the rules."""
    return SeaLimits(
        depth_m=rules.number("drainage.sea_depth_m"),
        duration_s=minutes_to_s(rules.number("drainage.sea_duration_min")),
        share=rules.number("drainage.sea_share"),
    )


class DeepSpells:
    """Longest time without a break that each street cell stood deep, from the frames of the watch.

    A spell runs from the first frame that finds the cell deep to the last, so it is too short by up to one watch step
    at either end and never too long.
    """

    def __init__(self, street: np.ndarray, depth_m: float) -> None:
        self._cells = np.flatnonzero(street)
        self._shape = street.shape
        self._depth_m = depth_m
        self._deep = np.zeros(self._cells.size, bool)
        self._spell_s = np.zeros(self._cells.size, np.float32)
        self._longest_s = np.zeros(self._cells.size, np.float32)
        self._time_s = 0.0

    def take(self, time_s: float, depth: np.ndarray) -> None:
        """Look at the depth (rows, cols; NaN outside the domain counts as dry) of the next frame."""
        deep = depth.reshape(-1)[self._cells] > self._depth_m
        passed = np.float32(time_s - self._time_s)
        self._spell_s = np.where(deep & self._deep, self._spell_s + passed, np.float32(0.0))
        np.maximum(self._longest_s, self._spell_s, out=self._longest_s)
        self._deep, self._time_s = deep, time_s

    @property
    def longest_s(self) -> np.ndarray:
        """Longest spell of each cell (rows, cols), float32, s; 0 off the streets."""
        out = np.zeros(self._shape[0] * self._shape[1], np.float32)
        out[self._cells] = self._longest_s
        return out.reshape(self._shape)


@dataclass(frozen=True, eq=False)
class Sea:
    """The criterion per area, arrays of shape (areas,)."""

    share: np.ndarray  # of the area's street cells that stood deep for long
    ok: np.ndarray  # bool: no more than the limit
    known: np.ndarray  # bool: the run went on long enough after the rain to say so
    worst_cell: np.ndarray  # int64, flat: the deepest that stood long, else the deepest; -1 without water
    worst_depth_m: np.ndarray  # greatest depth there; NaN without water


def judge_sea(
    longest_s: np.ndarray,
    max_depth: np.ndarray,
    area: np.ndarray,
    areas: int,
    limits: SeaLimits,
    *,
    rain_end_s: float,
    end_s: float,
) -> Sea:
    """Share of each area's street under the sea, and where it is worst.

    `longest_s` (s, of `DeepSpells`), `max_depth` (m) and `area` (number 0..areas-1 of the street cells, else -1) have
    one shape. An area that held until the end is known to hold if the run lasted for one duration after the rain.
    """
    number = area.reshape(-1)
    street = np.flatnonzero(number >= 0)
    of = number[street].astype(np.int64)
    long = longest_s.reshape(-1)[street] >= limits.duration_s
    count = np.bincount(of, minlength=areas)
    share = np.bincount(of[long], minlength=areas) / np.maximum(count, 1)
    ok = share <= limits.share
    depth = max_depth.reshape(-1)[street].astype(np.float64)
    wet = depth > 0.0
    order = np.lexsort((depth[wet], long[wet]))  # long spells last, the deepest of them at the end
    worst = np.full(areas, -1, np.int64)
    worst[of[wet][order]] = street[wet][order]  # the last write of each area stands
    worst_depth = np.where(worst >= 0, max_depth.reshape(-1)[np.maximum(worst, 0)], np.nan)
    known = ~ok | (end_s >= rain_end_s + limits.duration_s)
    return Sea(share, ok, known, worst, worst_depth)
