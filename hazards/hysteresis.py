"""Keeping a warning level steady: raised at once, lowered only after a while, not reissued every minute."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.schema import LEVELS

_HIGHEST = len(LEVELS) - 1


@dataclass(frozen=True)
class Hysteresis:
    """How long a level is kept; the values come from the rules."""

    downgrade_hold_s: float  # the rules must have been below the level for so long before it is lowered
    min_reissue_s: float  # between two changes, unless the second one raises the level

    def __post_init__(self) -> None:
        for name in ("downgrade_hold_s", "min_reissue_s"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}(={getattr(self, name)}) must be finite and >= 0")


@dataclass(frozen=True)
class Transition:
    """A change of the level in force."""

    time_s: float
    before: int
    after: int
    evidence_s: float  # time at which the rules last gave `after`: what to show as the reason


@dataclass(frozen=True)
class LevelState:
    """What must be remembered between two looks at the rules; start with LevelState()."""

    level: int = 0
    changed_s: float = -math.inf
    seen_s: float = -math.inf
    met_s: tuple[float, ...] = (-math.inf,) * _HIGHEST  # last time the rules gave level 1, 2, .. or more
    below_s: tuple[float, ...] = (-math.inf,) * _HIGHEST  # since when they give less; inf while they give it


def take(state: LevelState, time_s: float, raw: int, hysteresis: Hysteresis) -> tuple[LevelState, Transition | None]:
    """One look at the rules: the state after it, and the change it brought, if any.

    The rules' level `raw` holds from `time_s` until the next look. The level in force rises to `raw` at once. It falls
    to the highest level that the rules gave within the last downgrade_hold_s, and not before min_reissue_s have
    passed since the last change. Looking twice at the same moment changes nothing.
    """
    if not time_s >= state.seen_s:
        raise ValueError(f"time_s(={time_s}) must not be before the last look at {state.seen_s}")
    if not 0 <= raw <= _HIGHEST:
        raise ValueError(f"raw(={raw}) must be 0 to {_HIGHEST}")
    met_s, below_s = list(state.met_s), list(state.below_s)
    for k in range(_HIGHEST):
        if raw > k:
            met_s[k], below_s[k] = time_s, math.inf
        elif below_s[k] == math.inf:
            below_s[k] = time_s
    looked = replace(state, seen_s=time_s, met_s=tuple(met_s), below_s=tuple(below_s))
    lasting = [k + 1 for k in range(_HIGHEST) if time_s - below_s[k] < hysteresis.downgrade_hold_s]
    wanted = max(lasting, default=0)
    if raw > state.level:
        wanted = raw
    elif wanted == state.level or time_s - state.changed_s < hysteresis.min_reissue_s:
        return looked, None
    evidence_s = met_s[wanted - 1] if wanted else time_s
    change = Transition(time_s, state.level, wanted, evidence_s)
    return replace(looked, level=wanted, changed_s=time_s), change


def apply_hysteresis(
    time_s: Sequence[float] | np.ndarray,
    raw_level: Sequence[int] | np.ndarray,
    hysteresis: Hysteresis,
    state: LevelState | None = None,
) -> list[Transition]:
    """The changes of the level in force over a series of looks, in order; pure, one area."""
    if len(time_s) != len(raw_level):
        raise ValueError(f"{len(time_s)} times and {len(raw_level)} levels must be equally many")
    state = LevelState() if state is None else state
    changes = []
    for time, raw in zip(time_s, raw_level, strict=True):
        state, change = take(state, float(time), int(raw), hysteresis)
        if change is not None:
            changes.append(change)
    return changes


def level_at(changes: Sequence[Transition], time_s: np.ndarray | float) -> np.ndarray:
    """Level in force at each time, uint8; 0 before the first change (for a series that began with LevelState())."""
    moments = np.array([change.time_s for change in changes])
    levels = np.array([0, *(change.after for change in changes)], dtype=np.uint8)
    return levels[np.searchsorted(moments, time_s, side="right")]
