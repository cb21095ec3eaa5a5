"""Whether probabilities came true: reliability table, Brier score and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schema import LEVELS, RELIABILITY


@dataclass(frozen=True)
class Brier:
    """Brier score = reliability - resolution + uncertainty + within (Murphy 1973; `within`: Stephenson et al. 2008)."""

    score: float  # mean of (p - o)^2; 0 is perfect
    reliability: float  # how far classes of probability are from their frequency; 0 is perfect
    resolution: float  # how far frequencies of classes are from that of all; more is better
    uncertainty: float  # what the weather gives: base rate (1 - base rate)
    within: float  # what is lost and gained by putting different probabilities into one class
    skill: float  # 1 - score / uncertainty: against always saying the base rate; NaN where nothing ever varies
    forecasts: int


def brier(probability: np.ndarray, came: np.ndarray, classes: int) -> Brier:
    """Score of probabilities (n,) against what came (n,), 0 or 1; n >= 1. Raises ValueError."""
    p, o = _checked(probability, came)
    number = _classes(p, classes)[1]
    base = float(o.mean())
    reliability = resolution = within = 0.0
    for k in range(classes):
        here = number == k
        if here.any():
            mean_p, mean_o, share = float(p[here].mean()), float(o[here].mean()), float(here.mean())
            reliability += share * (mean_p - mean_o) ** 2
            resolution += share * (mean_o - base) ** 2
            spread = p[here] - mean_p
            within += share * float((spread**2).mean() - 2.0 * (spread * (o[here] - mean_o)).mean())
    score = float(((p - o) ** 2).mean())
    uncertainty = base * (1.0 - base)
    skill = 1.0 - score / uncertainty if uncertainty > 0.0 else float("nan")
    return Brier(score, reliability, resolution, uncertainty, within, skill, p.size)


def reliability_table(colour: np.ndarray, probability: np.ndarray, came: np.ndarray, classes: int) -> pd.DataFrame:
    """Schema RELIABILITY from one entry per forecast: colour (1 .. 4), probability and whether it came (n,)."""
    colours = np.asarray(colour, dtype=np.int64)
    rows = []
    for number, name in enumerate(LEVELS[1:], start=1):
        here = colours == number
        p, o = _checked(np.asarray(probability)[here], np.asarray(came)[here]) if here.any() else (np.zeros(0),) * 2
        edges, which = _classes(p, classes)
        for k in range(classes):
            one = which == k
            rows.append(
                {
                    "colour": name,
                    "from_p": edges[k],
                    "to_p": edges[k + 1],
                    "forecasts": int(one.sum()),
                    "mean_p": float(p[one].mean()) if one.any() else np.nan,
                    "observed": float(o[one].mean()) if one.any() else np.nan,
                }
            )
    return pd.DataFrame(rows, columns=list(RELIABILITY.names))


def _checked(probability: np.ndarray, came: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p, o = np.asarray(probability, dtype=np.float64), np.asarray(came, dtype=np.float64)
    if p.ndim != 1 or p.shape != o.shape or p.size == 0:
        raise ValueError(f"probability {p.shape} and came {o.shape} must be (n,), n >= 1")
    if not np.all((p >= 0.0) & (p <= 1.0)):
        raise ValueError("probabilities must be 0 to 1")
    if not np.all((o == 0.0) | (o == 1.0)):
        raise ValueError("what came must be 0 or 1")
    return p, o


def _classes(p: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the classes (classes + 1,) and the class of each probability; 1.0 is in the last."""
    if classes < 1:
        raise ValueError(f"classes(={classes}) must be >= 1")
    return np.linspace(0.0, 1.0, classes + 1), np.minimum((p * classes).astype(np.int64), classes - 1)
