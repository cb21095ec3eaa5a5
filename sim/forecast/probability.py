"""From the colours of the members to the colour to warn of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.schema import LEVELS

HIGHEST = len(LEVELS) - 1


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the members together say of the areas of one level; colours are indices into LEVELS."""

    now: np.ndarray  # uint8 (areas,): by what is there at the time of the cycle
    colour: np.ndarray  # uint8 (areas,): to warn of
    probability: np.ndarray  # (areas, 4): share of members that reach blue, yellow, orange, red or worse
    onset: np.ndarray  # int64 (areas,): step at which `colour` is first there or probable enough; -1 where none
    example: np.ndarray  # int64 (areas,): member that shows the colour best, the middle one of those that reach it


def probabilities(level: np.ndarray) -> np.ndarray:
    """Share of members that reach each colour within the horizon, (areas, 4); `level` (members, times, areas)."""
    worst = level.max(axis=1)
    return np.stack([(worst >= colour).mean(axis=0) for colour in range(1, HIGHEST + 1)], axis=1)


def outcome(level: np.ndarray, people: np.ndarray, now: np.ndarray, warn_probability: tuple[float, ...]) -> Outcome:
    """The colour to warn of, area by area.

    `level` (members, times, areas) uint8; `people` (members, areas) in danger at the worst moment, by which members
    that reach the same colour are ordered; `now` (areas,) what is there. A colour is warned of where it is there now
    or where at least warn_probability[colour - 1] of the members reach it within the horizon.
    """
    share = probabilities(level)
    areas = level.shape[2]
    colour = now.astype(np.uint8).copy()
    for k, least in enumerate(warn_probability, start=1):
        colour = np.where(share[:, k - 1] >= least - 1e-12, np.maximum(colour, k), colour).astype(np.uint8)
    onset = np.full(areas, -1, np.int64)
    example = np.zeros(areas, np.int64)
    reached_by = np.maximum.accumulate(level, axis=1)
    for area in np.flatnonzero(colour):
        wanted = int(colour[area])
        if now[area] >= wanted:
            onset[area] = 0
        else:
            enough = (reached_by[:, :, area] >= wanted).mean(axis=0) >= warn_probability[wanted - 1] - 1e-12
            onset[area] = int(np.argmax(enough))
        those = np.flatnonzero(reached_by[:, -1, area] >= wanted)
        if those.size:
            order = those[np.argsort(people[those, area], kind="stable")]
            example[area] = order[len(order) // 2]
    return Outcome(now.astype(np.uint8), colour, share, onset, example)


def people_range(people: np.ndarray, percentiles: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Mean over the members, rounded up, and range: int64 (areas,) and (areas, 2); `people` (members, areas)."""
    mean = np.ceil(people.mean(axis=0) - 1e-9).astype(np.int64)
    low, high = np.percentile(people, percentiles, axis=0)
    return mean, np.stack([np.floor(low + 1e-9), np.ceil(high - 1e-9)], axis=1).astype(np.int64)


def planned_member(people: np.ndarray, percentile: float) -> int:
    """The member whose flood the plan is made for: that percentile of the members by people in danger (members,)."""
    order = np.argsort(people, kind="stable")
    return int(order[min(int(np.ceil(percentile / 100.0 * len(order))), len(order)) - 1])
