"""The shelter plan of a drill, made again with the delays of its own crowds: `[plan] feedback_rounds` above 0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.rules_file import Rules
from data.units import s_to_minutes
from shelters.paths import TICKS_PER_S
from sim.crowding import Crowding, load_plan, platoons
from sim.departure import DelayCurve
from sim.feedback import Improved, improve
from sim.plan import ShelterPlan
from sim.plan_terms import departure_curve
from sim.scenario import Scenario
from sim.ways import Ways

_PLATOON = 5  # people; mean and t95 within 1 % of those of single people, in a tenth of the time


@dataclass(frozen=True)
class Crowds:
    """How people fill the streets."""

    curve: DelayCurve  # of leaving home after the order
    capacity_p_s: float  # persons per second over each edge, in each direction


def crowds_of(scenario: Scenario, rules: Rules) -> Crowds:
    """The crowds of a scenario: one footway beside every edge."""
    width, flow = rules.number("evacuation.walkway_width_m"), rules.number("evacuation.walkway_flow_p_m_s")
    return Crowds(departure_curve(scenario, rules), width * flow)


def plan_for_crowds(
    make: Callable[[np.ndarray | None], ShelterPlan], edges: int, rounds: int, crowds: Crowds
) -> Improved[ShelterPlan]:
    """The best of `rounds` + 1 plans, each walked by all its people.

    `make(extra_s)` is `make_plan` with everything but the delays per edge (s, shape (edges,); None: free streets).
    """

    def judge(plan: ShelterPlan, extra_s: np.ndarray) -> Crowding:
        return crowding_of(plan, extra_s, crowds)

    return improve(lambda extra: make(extra if extra.any() else None), judge, edges, rounds)


def crowding_of(plan: ShelterPlan, extra_s: np.ndarray, crowds: Crowds) -> Crowding:
    """What the people of a plan meet who walk it on its own ways; `extra_s` (edges,) is what it was made with.

    Roads are those of the hour for which the plan computed the trip, whenever its people leave.
    """
    given, travel = plan.allocation, plan.travel
    assert travel is not None
    found = travel.ways(given.block, given.site)
    expected_ms = np.rint(np.asarray(extra_s) * TICKS_PER_S).astype(np.int64)
    walk_ms = np.maximum(found.spent_ms - expected_ms[found.edge], 0)
    order = plan.order_s[given.block]
    return load_plan(
        Ways(found.first, found.last, found.edge, walk_ms),
        platoons(given.persons, order, crowds.curve, _PLATOON),
        order,
        travel.block_access_s[given.block],
        travel.site_access_s[given.site],
        np.full(travel.roads.edges, crowds.capacity_p_s),
        int(given.unserved.sum()),
    )


def crowd_summary(improved: Improved[ShelterPlan] | None) -> dict[str, Any]:
    """What the rounds gave, for the plan's part of `summary.json`; nothing where there was no feedback."""
    if improved is None:
        return {}
    rounds = [
        {
            "unserved": one.unserved,
            "t95_min": _minutes(one.t95_s),
            "mean_min": _minutes(one.mean_s),
            "worst_min": _minutes(one.worst_s),
            "wait_min": _minutes(one.wait_mean_s),
        }
        for one in improved.rounds
    ]
    return {"crowds": {"best_round": improved.best, "rounds": rounds}}


def _minutes(time_s: float) -> float | None:
    return None if np.isnan(time_s) else round(float(s_to_minutes(time_s)), 2)
