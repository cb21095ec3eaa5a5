"""Plans made again with the delays of crowds: better where crowds matter, never worse than without."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelters import Allocation, RoadGraph, RoadTravel, allocate
from sim.crowding import Crowding, load_plan, platoons
from sim.departure import Rayleigh
from sim.feedback import Improved, improve
from tests.quickest_ways import quickest_ways
from tests.unit.test_crowding import lattice

CURVE = Rayleigh(300.0)
FLOW = 1.0  # persons/s that an edge lets pass


def improved(
    graph: RoadGraph, people: np.ndarray, site_node: np.ndarray, room: np.ndarray, rounds: int
) -> Improved[Allocation]:
    """Everybody lives at a crossing and walks at 1 m/s."""
    home, none = np.arange(graph.nodes), np.zeros(graph.nodes)

    def make(extra_s: np.ndarray) -> Allocation:
        travel = RoadTravel(graph, graph.length_m + extra_s, home, none, site_node, np.zeros(len(site_node)))
        return allocate(people, travel, room)

    def judge(plan: Allocation, extra_s: np.ndarray) -> Crowding:
        ways = quickest_ways(graph, graph.length_m, plan.block, site_node[plan.site], extra_s, plan.worst_s + 1.0)
        rows = np.zeros(len(plan.block))
        leave = platoons(plan.persons, rows, CURVE, 5)
        full = np.full(graph.edges, FLOW)
        return load_plan(ways, leave, rows, rows, rows, full, int(plan.unserved.sum()))

    return improve(make, judge, graph.edges, rounds)


def town(edge_share: float) -> tuple[RoadGraph, np.ndarray, np.ndarray, np.ndarray]:
    """A lattice of 15 x 15 with a large shelter in the middle and a small one in a corner."""
    graph = lattice(15)
    people = np.random.default_rng(5).integers(5, 60, graph.nodes)
    total = int(people.sum())
    return graph, people, np.array([112, 14]), np.array([total, int(edge_share * total)])


def test_feedback_beats_the_free_plan_where_many_go_to_one_shelter() -> None:
    """Free times fill the four streets at the large shelter and leave the small one, which is farther, half empty."""
    found = improved(*town(0.4), rounds=6)
    free, best = found.rounds[0], found.rounds[found.best]
    assert free.wait_mean_s > 200.0
    assert best.unserved == free.unserved == 0
    assert best.t95_s < 0.9 * free.t95_s
    assert best.mean_s < free.mean_s
    assert found.best > 0
    assert found.crowding.t95_s == best.t95_s
    assert best.t95_s < min(round_.t95_s for round_ in found.rounds) + 60.0
    assert (found.plan.occupancy <= town(0.4)[3]).all()


def test_the_same_input_gives_the_same_rounds() -> None:
    assert improved(*town(0.4), rounds=2).rounds == improved(*town(0.4), rounds=2).rounds


def test_without_rounds_the_free_plan_is_returned() -> None:
    found = improved(*town(0.4), rounds=0)
    assert found.best == 0
    assert len(found.rounds) == 1
    assert not found.extra_s.any()


def test_nobody_walks_and_nothing_is_planned_again() -> None:
    graph, people, sites, room = town(0.4)
    found = improved(graph, np.zeros_like(people), sites, room, rounds=5)
    assert len(found.rounds) == 1
    full = improved(graph, people, sites, np.zeros_like(room), rounds=5)
    assert [round_.unserved for round_ in full.rounds] == [people.sum()]


def crowd(unserved: int, t95_s: float, mean_s: float, wait_s: float) -> Crowding:
    zero = np.zeros(1, np.int64)
    return Crowding(9, unserved, mean_s, t95_s, t95_s, mean_s, mean_s, np.array([wait_s]), zero, zero, 60.0, 0)


minutes = st.integers(1, 3).map(lambda minute: 60.0 * minute)
scores = st.tuples(st.integers(0, 2), minutes, minutes)


@given(st.lists(scores, min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_the_best_round_is_kept_whatever_the_rounds_bring(given_: list[tuple[int, float, float]]) -> None:
    """Fewest without a place, then t95, then the mean; of equals the first. Never worse than round 0."""
    turn = iter(range(len(given_)))
    found = improve(lambda extra: next(turn), lambda plan, _: crowd(*given_[plan], 1.0), 1, len(given_) - 1)
    assert found.best == found.plan == given_.index(min(given_))
    assert found.crowding.rank <= given_[0]
    assert [(r.unserved, r.t95_s, r.mean_s) for r in found.rounds] == given_


def test_seconds_are_no_difference_between_plans() -> None:
    """A later plan that is better by less than a minute does not replace the free one; by a minute it does."""
    for gain, best in ((20.0, 0), (70.0, 1)):
        t95 = [3600.0, 3600.0 - gain]
        found = improve(lambda extra: 0 if not extra.any() else 1, lambda k, _, t=t95: crowd(0, t[k], 900.0, 1.0), 1, 1)
        assert found.best == best


def test_delays_are_successive_averages() -> None:
    """Waits of 6, 0 and 3 s found: the plans are made with 0, 6/2, 6/3 and 9/4 s."""
    waits, used = [6.0, 0.0, 3.0, 1.0], []

    def make(extra_s: np.ndarray) -> int:
        used.append(float(extra_s[0]))
        return len(used) - 1

    improve(make, lambda plan, _: crowd(0, 1.0, 1.0, waits[plan]), 1, 3)
    assert used == pytest.approx([0.0, 3.0, 2.0, 2.25])


def test_fewer_than_no_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="rounds"):
        improve(lambda extra: 0, lambda plan, extra: crowd(0, 1.0, 1.0, 0.0), 1, -1)
