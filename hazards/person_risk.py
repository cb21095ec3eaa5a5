"""Person-risk: hazard class, how long the water stays, how many people, how vulnerable - absolute and additive.

R = sum over places of N H v in persons. Sums of parts equal the whole, so streets add up to districts and to the
city; nothing is normalised by a minimum or maximum of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

CLASSES = 7  # dry, H1-H6


@dataclass(frozen=True)
class RiskWeights:
    """Weights of the person-risk formula; the values come from the rules (our proposals, to be set by officers)."""

    hazard: tuple[float, ...]  # h for dry, H1-H6
    persistence: float  # share of the gap to 1 that lasting water closes
    over_65: float  # per share of people of 65 and more
    under_14: float  # per share of people of 14 and less
    disabled: float  # per share of people with a disability
    basement: float  # per share of people in basements

    def __post_init__(self) -> None:
        rising = all(low <= high for low, high in pairwise(self.hazard))
        if len(self.hazard) != CLASSES or self.hazard[0] != 0.0 or not rising or not self.hazard[-1] <= 1.0:
            raise ValueError(f"hazard(={self.hazard}) must be {CLASSES} values rising from 0 (dry) to at most 1")
        if not 0.0 <= self.persistence <= 1.0:
            raise ValueError(f"persistence(={self.persistence}) must be 0 to 1")
        for name in ("over_65", "under_14", "disabled", "basement"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name}(={getattr(self, name)}) must be >= 0")


def vulnerability(
    weights: RiskWeights,
    share_65: np.ndarray,
    share_14: np.ndarray,
    share_disabled: np.ndarray,
    share_basement: np.ndarray,
) -> np.ndarray:
    """Vulnerability v = 1 + sum of weight times share (shares 0-1), of the shape of the shares."""
    return (
        1.0
        + weights.over_65 * np.asarray(share_65, dtype=np.float64)
        + weights.under_14 * np.asarray(share_14, dtype=np.float64)
        + weights.disabled * np.asarray(share_disabled, dtype=np.float64)
        + weights.basement * np.asarray(share_basement, dtype=np.float64)
    )


def hazard_score(
    weights: RiskWeights, hazard: np.ndarray, ponded_s: np.ndarray, limit_s: np.ndarray | float
) -> np.ndarray:
    """H = 1 - (1 - h)(1 - w g) with g = min(1, ponded time / allowed time); 0 where the class is dry.

    `hazard` holds classes 0-6, `ponded_s` the time (s) deeper than the ponding depth, `limit_s` (s, > 0) the
    drain-down time that the drainage class allows.
    """
    if not np.all(np.asarray(limit_s) > 0.0):
        raise ValueError("limit_s must be > 0 everywhere")
    base = np.array(weights.hazard)[hazard]
    lasting = np.minimum(1.0, np.asarray(ponded_s, dtype=np.float64) / limit_s)
    return np.where(np.asarray(hazard) > 0, 1.0 - (1.0 - base) * (1.0 - weights.persistence * lasting), 0.0)


def person_risk(people: np.ndarray, score: np.ndarray, vulnerable: np.ndarray) -> np.ndarray:
    """R = N H v of each place (persons)."""
    return np.asarray(people, dtype=np.float64) * score * vulnerable


def sum_by_area(values: np.ndarray, area: np.ndarray, areas: int) -> np.ndarray:
    """Sum of the values over each area, shape (areas,); `area` numbers 0..areas-1, -1 = nowhere."""
    inside = np.asarray(area) >= 0
    return np.bincount(np.asarray(area)[inside].astype(np.int64), np.asarray(values)[inside], minlength=areas)


def exposed_people(people: np.ndarray, hazard: np.ndarray, area: np.ndarray, areas: int) -> np.ndarray:
    """People by class in each area (persons), shape (areas, 7): column 0 dry, 1-6 = H1-H6."""
    inside = np.asarray(area) >= 0
    key = np.asarray(area)[inside].astype(np.int64) * CLASSES + np.asarray(hazard)[inside]
    return np.bincount(key, np.asarray(people)[inside], minlength=areas * CLASSES).reshape(areas, CLASSES)


def risk_index(risk: np.ndarray, reference_persons: np.ndarray | float, scale: float) -> np.ndarray:
    """Display index 0-100: I = 100 (1 - exp(-R / (scale N_ref))), N_ref a fixed population per kind of area.

    For showing only: the index does not add up, R does.
    """
    if not (scale > 0.0 and np.all(np.asarray(reference_persons) > 0.0)):
        raise ValueError(f"scale(={scale}) and reference_persons must be > 0")
    return -100.0 * np.expm1(-np.asarray(risk, dtype=np.float64) / (scale * np.asarray(reference_persons)))
