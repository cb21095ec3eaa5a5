"""Weights of rain gauges at places between them: ordinary kriging, inverse distance, or the nearest gauge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.rules_file import Rules

METHODS = ("kriging", "inverse_distance", "nearest")


@dataclass(frozen=True)
class GaugeTerms:
    """How rain between gauges is found; see data/rules/observations.toml."""

    method: str  # one of METHODS
    reach_m: float  # kriging: distance at which the correlation falls to 1/e
    nugget: float  # kriging: share of the variance that two gauges side by side do not share
    power: float  # inverse distance
    few: int  # gauges in use below which the nearest one is taken
    block_m: float  # side of the squares on which rain is uniform
    least_error: float  # standard error is at least this share of the rain
    late_s: float  # how long the last rain goes on as it is where no gauge at all is heard: they may merely be late
    hold_s: float  # by when it has faded to nothing

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"method {self.method!r} must be one of {', '.join(METHODS)}")
        if not (self.reach_m > 0.0 and 0.0 <= self.nugget < 1.0 and self.power > 0.0 and self.block_m > 0.0):
            raise ValueError(f"reach_m, power and block_m must be > 0, nugget 0 to below 1: {self}")


def gauge_terms(rules: Rules) -> GaugeTerms:
    """The terms as the rules set them."""
    return GaugeTerms(
        str(rules.value("observations.gauge_method")),
        rules.number("observations.gauge_reach_m"),
        rules.number("observations.gauge_nugget"),
        rules.number("observations.gauge_power"),
        int(rules.number("observations.gauge_few")),
        rules.number("observations.gauge_block_m"),
        rules.number("observations.gauge_least_error"),
        rules.number("observations.late_after_s"),
        rules.number("observations.gauge_hold_s"),
    )


def gauge_weights(places: np.ndarray, gauges: np.ndarray, terms: GaugeTerms) -> tuple[np.ndarray, np.ndarray]:
    """Weights (places, gauges) that sum to 1, and the error variance at each place as a share of that between gauges.

    `places` (n, 2) and `gauges` (m, 2) in metres, m >= 1. With fewer than `few` gauges the nearest one has weight 1.
    """
    apart = np.hypot(*(places[:, None, :] - gauges[None, :, :]).transpose(2, 0, 1))
    if terms.method == "nearest" or len(gauges) < terms.few:
        weights = np.zeros(apart.shape)
        weights[np.arange(len(places)), apart.argmin(axis=1)] = 1.0
    elif terms.method == "inverse_distance":
        near = 1.0 / np.maximum(apart, 1e-3) ** terms.power
        weights = near / near.sum(axis=1, keepdims=True)
    else:
        weights = _kriging(apart, gauges, terms)
    return weights, _error_variance(weights, apart, gauges, terms)


def _correlation(apart: np.ndarray, terms: GaugeTerms) -> np.ndarray:
    """Correlation of the true rain at two places; what a gauge adds by its nugget stands on the diagonal alone."""
    return (1.0 - terms.nugget) * np.exp(-apart / terms.reach_m)


def _between(gauges: np.ndarray, terms: GaugeTerms) -> np.ndarray:
    between = _correlation(np.hypot(*(gauges[:, None, :] - gauges[None, :, :]).transpose(2, 0, 1)), terms)
    np.fill_diagonal(between, 1.0 + 1e-9)  # two gauges at one place stay solvable
    return between


def _kriging(apart: np.ndarray, gauges: np.ndarray, terms: GaugeTerms) -> np.ndarray:
    """Ordinary kriging (Matheron 1963); negative weights are set to zero and the rest scaled (Deutsch 1996)."""
    count = len(gauges)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = _between(gauges, terms)
    system[count, count] = 0.0
    right = np.vstack([_correlation(apart, terms).T, np.ones(apart.shape[0])])
    weights = np.maximum(np.linalg.solve(system, right)[:count].T, 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


def _error_variance(weights: np.ndarray, apart: np.ndarray, gauges: np.ndarray, terms: GaugeTerms) -> np.ndarray:
    """Variance of (true - estimated) for any weights that sum to 1, as a share of the variance between the gauges.

    C(0) - 2 w.c + w C w with C(0) = 1 - nugget, the variance of what is not the gauges' own error. Gauges that stand
    close together differ less than the field does far away: their variance is 1 - mean correlation of that field's.
    """
    between = _between(gauges, terms)
    cross = np.einsum("ij,ij->i", weights, _correlation(apart, terms))
    variance = np.maximum(1.0 - terms.nugget - 2.0 * cross + ((weights @ between) * weights).sum(axis=1), 0.0)
    count = len(gauges)
    if count == 1:
        return variance
    mean = (between.sum() - np.trace(between)) / (count * (count - 1))
    return variance / max(1.0 - mean, 1e-6)
