"""Plans made again with the delays that crowds cause, each judged by walking it, the best kept.

Round 0 plans on free walking times. After each round the delay expected on each edge moves towards the mean wait just
found there, by 1 / (plans judged + 1): the method of successive averages, with the free streets as its first value.
The next plan takes it for part of the walking time, in its ways and in who goes where. Rounds do not improve one after
the other, and the first may be worse than none, so the best is kept. Delays stay on edges: a penalty per site made
plans worse in every round (docs/decisions/0011-crowds-judge-plans.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from sim.crowding import Crowding

PlanMade = TypeVar("PlanMade")


@dataclass(frozen=True)
class Round:
    """How one plan went. Times in s; NaN when nobody walked."""

    number: int  # 0: made on free walking times
    unserved: int
    t95_s: float
    mean_s: float
    worst_s: float
    wait_mean_s: float  # of one person in queues

    @classmethod
    def of(cls, number: int, found: Crowding) -> Round:
        return cls(number, found.unserved, found.t95_s, found.mean_s, found.worst_s, found.wait_mean_s)


@dataclass(frozen=True)
class Improved(Generic[PlanMade]):
    """The best plan, what crowds made of it, and all rounds."""

    plan: PlanMade
    crowding: Crowding
    extra_s: np.ndarray  # float64, shape (edges,): the delays that the plan was made with
    best: int  # its round
    rounds: tuple[Round, ...]


def improve(
    make: Callable[[np.ndarray], PlanMade],
    judge: Callable[[PlanMade, np.ndarray], Crowding],
    edges: int,
    rounds: int,
) -> Improved[PlanMade]:
    """Plan, judge and plan again `rounds` times; keep the best by `Crowding.rank`, of equals the first.

    `make(extra_s)` plans with delays per edge (s, shape (edges,)) on top of the walking times; `judge(plan, extra_s)`
    lets the people of the plan walk it on the ways that it was made for. Ends early where nobody walks, or nobody
    waits with a plan on free times, since the next round would be the same.
    """
    if rounds < 0:
        raise ValueError(f"rounds(={rounds}) must be >= 0")
    extra = np.zeros(edges)
    plan = make(extra)
    found = judge(plan, extra)
    best = Improved(plan, found, extra, 0, ())
    told = [Round.of(0, found)]
    for number in range(1, rounds + 1):
        if not found.wait_s.any() and not extra.any():
            break
        extra = extra + (found.wait_s - extra) / (number + 1)
        plan = make(extra)
        found = judge(plan, extra)
        told.append(Round.of(number, found))
        if found.rank < best.crowding.rank:
            best = Improved(plan, found, extra, number, ())
    return Improved(best.plan, best.crowding, best.extra_s, best.best, tuple(told))
