"""The risk score: danger, waterlogging beyond what the drains' class allows, and people without a place, in persons.

    S = R + w_e E + w_g U

R is the person-risk (see `person_risk`), E the waterlogging excess, U the coping gap (people in danger without a place
that they can count on). Each part is a sum over places of people, so S adds up over areas. S is our own proposal, with
weights in the rules file that officers set; it is no probability and no forecast of casualties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ScoreWeights:
    """Weights of the score; values from the rules file `risk.toml` (our proposals, to be set by officers)."""

    excess: float  # w_e, of one person whose street stands under water twice as long as allowed
    excess_cap: float  # hours beyond the limit, over the limit, count at most so much
    gap: float  # w_g, of one person in danger without a place

    def __post_init__(self) -> None:
        for name in ("excess", "gap"):
            if not 0.0 <= getattr(self, name) < np.inf:
                raise ValueError(f"{name}(={getattr(self, name)}) must be >= 0")
        if not 0.0 < self.excess_cap < np.inf:
            raise ValueError(f"excess_cap(={self.excess_cap}) must be > 0")


def waterlogging_excess(
    people: np.ndarray, ponded_s: np.ndarray, limit_s: np.ndarray | float, cap: float
) -> np.ndarray:
    """E = N min(cap, max(0, T - L) / L) of each place (persons), arrays that broadcast together.

    N people, T the time (s) that their street stands deeper than the ponding depth, L the time (s, > 0) that the
    drainage class allows.
    """
    if not np.all(np.asarray(limit_s) > 0.0):
        raise ValueError("limit_s must be > 0 everywhere")
    over = np.maximum(np.asarray(ponded_s, dtype=np.float64) - limit_s, 0.0) / limit_s
    return np.asarray(people, dtype=np.float64) * np.minimum(over, cap)


def risk_score(person_risk: np.ndarray, excess: np.ndarray, gap: np.ndarray, weights: ScoreWeights) -> np.ndarray:
    """S = R + w_e E + w_g U (persons), of places, areas or the whole city alike."""
    return (
        np.asarray(person_risk, dtype=np.float64)
        + weights.excess * np.asarray(excess, dtype=np.float64)
        + weights.gap * np.asarray(gap, dtype=np.float64)
    )
