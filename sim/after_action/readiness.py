"""How ready the city was in this drill: four abilities, each from figures that the run measured."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from data.rules_file import Rules
from sim.command.record import DrillRecord
from sim.result import Result

ABILITIES = ("infrastructure", "risk_control", "response", "society")


@dataclass(frozen=True)
class Part:
    """One figure of an ability: 0-100, or None where this drill cannot tell."""

    ability: str  # of ABILITIES
    key: str
    score: float | None


@dataclass(frozen=True)
class Readiness:
    """Scores 0-100. An ability is the mean of its parts that could be measured; None where none could."""

    parts: tuple[Part, ...]
    abilities: dict[str, float | None]
    weights: dict[str, float]  # of the abilities, as the rules give them
    score: float | None  # mean of the measured abilities by weight


def readiness(result: Result, record: DrillRecord, plan_steps: pd.DataFrame, rules: Rules) -> Readiness:
    """The score of a drill."""
    raise NotImplementedError
