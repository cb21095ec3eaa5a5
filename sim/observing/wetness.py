"""How wet the ground is before a storm: the antecedent precipitation index, as a share from dry to full."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.rules_file import Rules
from hazards import RainForcing

_DAY_S = 86400.0


@dataclass(frozen=True)
class WetnessTerms:
    """See data/rules/observations.toml."""

    recession: float  # share of the index that is left after a day
    days: float  # how far back rain counts
    dry_m: float  # index up to which the ground counts as dry
    full_m: float  # index from which the ground counts as full

    def __post_init__(self) -> None:
        if not (0.0 < self.recession < 1.0 and self.days > 0.0 and 0.0 <= self.dry_m < self.full_m):
            raise ValueError(f"recession must lie in 0 to 1, days above 0, dry_m below full_m: {self}")


def wetness_terms(rules: Rules) -> WetnessTerms:
    """The terms as the rules set them."""
    return WetnessTerms(
        rules.number("observations.wetness_recession"),
        rules.number("observations.wetness_days"),
        rules.number("observations.wetness_dry_mm") / 1000.0,
        rules.number("observations.wetness_full_mm") / 1000.0,
    )


def antecedent_index(
    rain: RainForcing,
    now_s: float,
    terms: WetnessTerms,
    kept_m: np.ndarray | float = 0.0,
    kept_at_s: float | None = None,
) -> np.ndarray:
    """Index (m) of every zone at `now_s`: rain of the days before, each day's rest times `recession` (Kohler 1951).

    Taken over time without steps: rain that fell t days ago counts recession^t, exactly integrated over each interval.
    `kept_m` is an index known at `kept_at_s` (by default the first edge of the rain), which takes the place of all rain
    before it: who keeps it from cycle to cycle needs no rain of the days before. Shape (zones,).
    """
    if kept_at_s is None:
        kept_at_s = float(rain.edges_s[0])
    since = max(kept_at_s, now_s - terms.days * _DAY_S)
    decay = -np.log(terms.recession) / _DAY_S
    low = np.clip(rain.edges_s[:-1], since, now_s)
    high = np.clip(rain.edges_s[1:], since, now_s)
    weight = (np.exp(-decay * (now_s - high)) - np.exp(-decay * (now_s - low))) / decay
    kept = np.asarray(kept_m, dtype=np.float64) * np.exp(-decay * max(now_s - kept_at_s, 0.0))
    return weight @ rain.rates_m_s + kept


def wetness(index_m: np.ndarray, terms: WetnessTerms) -> np.ndarray:
    """0 (dry) to 1 (full), linear in the index between `dry_m` and `full_m`; same shape."""
    return np.clip((np.asarray(index_m, dtype=np.float64) - terms.dry_m) / (terms.full_m - terms.dry_m), 0.0, 1.0)


def wetness_before(rain: RainForcing, now_s: float, terms: WetnessTerms) -> np.ndarray:
    """Wetness of every zone of observed rain at `now_s`, in seconds of the same clock."""
    return wetness(antecedent_index(rain, now_s, terms), terms)
