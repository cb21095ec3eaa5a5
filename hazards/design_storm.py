"""Design storms: a city's rainstorm formula with its guards, and the Chicago hyetograph built from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_SECONDS_PER_MINUTE = 60.0
_MM_MIN_TO_M_S = 1.0e-3 / _SECONDS_PER_MINUTE


@dataclass(frozen=True)
class RainstormFormula:
    """Coefficients of i = A1 (1 + C lg P) / (t + b)^n with n = n1 (lg P)^n2, and the range it may be used in.

    i is the mean rain intensity (mm/min) of the heaviest t minutes with return period P (years). The fit is not
    homogeneous in its dimensions, so its coefficients keep the published units (mm, minutes); every function of this
    module takes seconds and returns SI. Form: Chengdu rainstorm formula of 2015; the values come from the rules.
    """

    scale_mm_min: float  # A1
    return_period_factor: float  # C
    offset_min: float  # b
    exponent: float  # n1
    exponent_power: float  # n2; 0 for the usual form with a constant exponent
    shortest_return_period_a: float  # years
    longest_return_period_a: float  # years
    longest_duration_s: float

    def __post_init__(self) -> None:
        for name in ("scale_mm_min", "offset_min", "exponent", "shortest_return_period_a", "longest_duration_s"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be > 0")
        if not self.longest_return_period_a >= self.shortest_return_period_a:
            raise ValueError(
                f"longest_return_period_a(={self.longest_return_period_a}) must be >= "
                f"shortest_return_period_a(={self.shortest_return_period_a})"
            )

    def coefficients(self, return_period_a: float) -> tuple[float, float, float]:
        """(A, b, n) of i = A / (t + b)^n for one return period; ValueError outside the range of the fit."""
        low, high = self.shortest_return_period_a, self.longest_return_period_a
        if not low <= return_period_a <= high:
            raise ValueError(f"return_period_a(={return_period_a}) must be {low:g} to {high:g} years")
        decades = math.log10(return_period_a)
        power = decades**self.exponent_power if self.exponent_power != 0.0 else 1.0
        exponent = self.exponent * power
        if not exponent < 1.0:  # the hyetograph would turn negative far from its peak
            raise ValueError(f"exponent n(={exponent:.4f}) at return_period_a(={return_period_a}) must be < 1")
        return self.scale_mm_min * (1.0 + self.return_period_factor * decades), self.offset_min, exponent


def mean_intensity(formula: RainstormFormula, return_period_a: float, duration_s: float) -> float:
    """Mean rain rate (m/s) of the heaviest `duration_s` seconds with the given return period (years)."""
    if not 0.0 < duration_s <= formula.longest_duration_s:
        raise ValueError(f"duration_s(={duration_s}) must be > 0 and at most {formula.longest_duration_s:g} s")
    scale, offset, exponent = formula.coefficients(return_period_a)
    return scale / (duration_s / _SECONDS_PER_MINUTE + offset) ** exponent * _MM_MIN_TO_M_S


def storm_depth(formula: RainstormFormula, return_period_a: float, duration_s: float) -> float:
    """Rain depth (m) of the heaviest `duration_s` seconds: mean intensity times duration."""
    return mean_intensity(formula, return_period_a, duration_s) * duration_s


def chicago_storm(
    formula: RainstormFormula,
    return_period_a: float,
    duration_s: float,
    *,
    peak_ratio: float,
    interval_s: float,
    uplift: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Chicago hyetograph as exact interval means: (edges time_s (n+1,), rate_m_s (n,)).

    With H(t) = i(t) t, r the peak ratio and T the duration, the rain that falls in the last t_b before the peak is
    r H(t_b / r), in the first t_a after it (1 - r) H(t_a / (1 - r)); every interval is a difference of these, so
    the whole storm is exactly H(T). The last interval is shorter when `interval_s` does not divide T. `uplift`
    multiplies every rate (climate factor). Source: Keifer & Chu 1957, J. Hydraul. Div. ASCE 83(4).
    """
    if not 0.0 < peak_ratio < 1.0:
        raise ValueError(f"peak_ratio(={peak_ratio}) must be > 0 and < 1")
    if not interval_s > 0.0:
        raise ValueError(f"interval_s(={interval_s}) must be > 0")
    if not uplift > 0.0:
        raise ValueError(f"uplift(={uplift}) must be > 0")
    total = storm_depth(formula, return_period_a, duration_s)
    scale, offset, exponent = formula.coefficients(return_period_a)

    def heaviest(t_s: np.ndarray) -> np.ndarray:
        minutes = t_s / _SECONDS_PER_MINUTE
        return 1.0e-3 * scale * minutes / (minutes + offset) ** exponent

    edges = _edges(duration_s, interval_s)
    peak_s = peak_ratio * duration_s
    before = peak_ratio * (total - heaviest(np.maximum(peak_s - edges, 0.0) / peak_ratio))
    after = (1.0 - peak_ratio) * heaviest(np.maximum(edges - peak_s, 0.0) / (1.0 - peak_ratio))
    return edges, uplift * np.diff(before + after) / np.diff(edges)


def _edges(duration_s: float, interval_s: float) -> np.ndarray:
    """Interval edges from 0 to the duration; a last piece below a millionth of an interval joins the one before."""
    count = max(1, math.ceil(duration_s / interval_s - 1.0e-6))
    edges = interval_s * np.arange(count + 1, dtype=np.float64)
    edges[-1] = duration_s
    return edges
