"""Shelters that fill up or close: V18 of the verification list; runs that must agree: V21."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from sim.departure import Uniform
from sim.evacuation import EvacuationOutcome, evacuate
from tests.movement_case import both_ways, random_task, task, walking

# A street: home 0, shelters at nodes 1, 2 and 3, 125 m (100 s) apart.
STREET = [(0, 1, 125.0), (1, 2, 125.0), (2, 3, 125.0)]


def _street(**given: object) -> EvacuationOutcome:
    graph = both_ways(STREET)
    values: dict[str, object] = {"site_node": np.array([1, 2, 3]), "site_capacity": np.array([30, 30, 30])} | given
    outcome = evacuate(task(graph, walking(graph), **values))
    assert outcome.balance_error == 0
    assert np.all(outcome.peak <= values["site_capacity"])
    return outcome


def test_v18_the_surplus_goes_on_to_the_next_shelter_with_room() -> None:
    """100 people sent to a shelter of 30: 30 + 30 + 30 are let in, one shelter further every 100 s; 10 find none."""
    outcome = _street()
    assert outcome.peak.tolist() == [30, 30, 30]
    assert outcome.turned_at_door.tolist() == [70, 0, 0]  # places further on are reserved before people set out
    assert outcome.final("turned_away") == 10
    assert outcome.stuck["node"].tolist() == [1]
    inside = outcome.timeline.set_index("time_s")["sheltered"]
    assert [inside[t] for t in (100.0, 101.0, 200.0, 201.0, 300.0, 301.0)] == [0, 30, 30, 60, 60, 90]


def test_v18_first_come_first_served() -> None:
    """Of 50 that leave at 0.5 s and 50 at 50.5 s for a shelter of 60, the later ones are turned away."""
    outcome = _street(
        site_capacity=np.array([60, 0, 100]),
        assigned_block=np.array([0, 1]),
        assigned_site=np.array([0, 0]),
        assigned_persons=np.array([50, 50]),
        block_node=np.array([0, 0]),
        order_time_s=np.array([50.0, 0.0]),
    )
    assert outcome.turned_at_door.tolist() == [40, 0, 0]
    assert outcome.peak.tolist() == [60, 0, 40]
    assert outcome.arrivals[:, 2].nonzero()[0].tolist() == [351]  # 50.5 + 100 to the door, 200 further on


def test_people_without_a_place_in_the_plan_take_what_is_left() -> None:
    """50 people with a place and 20 without: the 20 take the places left over, nearest first."""
    outcome = _street(
        site_capacity=np.array([55, 10, 100]), assigned_block=np.array([0, 0]), assigned_site=np.array([0, -1]),
        assigned_persons=np.array([50, 20]),
    )  # fmt: skip
    assert outcome.peak.tolist() == [55, 10, 5]
    assert outcome.turned_at_door.sum() == 0


def test_a_site_that_closes_sends_later_people_on() -> None:
    """Site 0 closes at 400 s, who left before 300 s is in; those under way are turned at the door, the rest go past."""
    outcome = _street(
        site_capacity=np.array([1000, 1000, 1000]),
        site_closed_at_s=np.array([400.0, np.inf, np.inf]),
        assigned_persons=np.array([600]),
        rules={"curve": Uniform(0.0, 600.0)},
    )
    left = (outcome.timeline["ordered"] - outcome.timeline["home"]).to_numpy()
    assert outcome.peak.tolist() == [left[300], 600 - left[300], 0]
    assert outcome.inside_when_closed.tolist() == [left[300], 0, 0]
    assert outcome.turned_at_door.tolist() == [left[400] - left[300], 0, 0]
    assert outcome.trip_worst_s == 200.0


def test_who_has_a_place_waits_for_the_road_who_has_none_is_turned_away() -> None:
    """The road to site 1 is closed; site 0 in reach is full. Assigned to 1: stranded. Assigned nowhere: turned away."""
    graph = both_ways(STREET)
    times = walking(graph)
    times[0, [1, 4]] = np.inf
    outcome = evacuate(
        task(
            graph, times, site_node=np.array([1, 2]), site_capacity=np.array([30, 100]),
            assigned_block=np.array([0, 0, 0]), assigned_site=np.array([0, 1, -1]),
            assigned_persons=np.array([30, 5, 7]),
        )
    )  # fmt: skip
    assert (outcome.final("sheltered"), outcome.final("stranded"), outcome.final("turned_away")) == (30, 5, 7)


def test_v21_the_number_of_threads_changes_nothing() -> None:
    threads = numba.get_num_threads()
    outcomes = []
    for count in (1, min(2, threads)):
        numba.set_num_threads(count)
        outcomes.append(evacuate(random_task(np.random.default_rng(11), side=12, blocks=40, sites=9)))
    numba.set_num_threads(threads)
    assert outcomes[0].timeline.equals(outcomes[1].timeline)
    assert np.array_equal(outcomes[0].arrivals, outcomes[1].arrivals)
    assert outcomes[0].stuck.equals(outcomes[1].stuck)


@pytest.mark.parametrize("max_group", [1, 5])
def test_v21_the_size_of_groups_hardly_matters(max_group: int) -> None:
    """Groups of 1, 5 and 20 on the same streets: clearance within 2 %, people at each end within 2 %."""

    def run(size: int) -> EvacuationOutcome:
        case = random_task(
            np.random.default_rng(3), side=12, blocks=40, sites=9,
            rules={"max_group": size, "compliance": 0.9, "drawn_refusals": False, "exchange_s": 120.0},
        )  # fmt: skip
        return evacuate(case)

    fine, coarse = run(max_group), run(20)
    assert fine.unit_count > 1.1 * coarse.unit_count
    arrived = [o.timeline["sheltered"].to_numpy() for o in (fine, coarse)]
    total = fine.final("ordered")
    assert np.abs(arrived[0] - arrived[1]).max() <= 0.02 * total
    last = [int(np.searchsorted(a, 0.95 * a[-1])) for a in arrived]
    assert abs(last[0] - last[1]) <= 0.02 * last[1]


def test_who_has_no_place_and_no_way_is_stranded_and_goes_on_later() -> None:
    """All roads out of the island are closed until 500 s; there is room outside: stranded, then sheltered at 600 s."""
    graph = both_ways(STREET)
    times = walking(graph, 2)
    times[0, [0, 3]] = np.inf
    outcome = evacuate(
        task(graph, times, epoch_s=np.array([0.0, 500.0]), site_node=np.array([1]), assigned_site=np.array([-1]))
    )
    stranded = outcome.timeline.set_index("time_s")["stranded"]
    assert [stranded[t] for t in (1.0, 499.0, 500.0)] == [100, 100, 0]
    assert outcome.final("sheltered") == 100
    assert outcome.t50_s == 600.0


def test_a_place_given_up_is_offered_again() -> None:
    """The road to site 1 closes, so its 30 people take site 2 instead; at 1,000 s someone else gets a place in site 1.

    Home 0; site 0 at node 1, site 1 at node 3 beyond node 2; block 1 lives at node 3.
    """
    graph = both_ways([(0, 1, 125.0), (0, 2, 125.0), (2, 3, 125.0)])
    times = walking(graph, 2)
    times[1, [2, 5]] = np.inf
    outcome = evacuate(
        task(
            graph, times, epoch_s=np.array([0.0, 50.0]), site_node=np.array([1, 3]), site_capacity=np.array([30, 30]),
            block_node=np.array([0, 3]), order_time_s=np.array([0.0, 1000.0]), assigned_block=np.array([0, 1]),
            assigned_site=np.array([1, -1]), assigned_persons=np.array([30, 20]), rules={"exchange_s": 300.0},
        )
    )  # fmt: skip
    assert outcome.peak.tolist() == [30, 20]
    assert outcome.balance_error == 0
