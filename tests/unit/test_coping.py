"""The coping gap of blocks: a street of hand values, and what more water and more shelter do to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.readers.columns import fill_absent
from data.rules_file import load_rules
from data.schema import SHELTERS
from shelters.graph import RoadGraph
from sim.behaviour.decisions import leave_delay
from sim.behaviour_rules import behaviour
from sim.coping import CopingRules, coping_gaps, coping_rules
from sim.scenario import Scenario
from sim.site_use import SiteUse, judge_sites
from sim.streets import Streets

RULES = CopingRules(target_m2=2.0, reach_m=1000.0, lead_s=1500.0, leave_s=300.0)
NEVER = np.full(2, np.inf)


def street(walk_time_s: list[list[float]]) -> Streets:
    """A road of three nodes, 400 m and 500 m; blocks at its ends, a site at the middle and one at the far end."""
    tail, head = np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1])
    graph = RoadGraph.build(tail, head, np.array([400.0, 400.0, 500.0, 500.0]))
    both_ways = np.repeat(np.array(walk_time_s, float), 2, axis=1)
    return Streets(
        graph, np.array([0, 2]), np.array([50.0, 0.0]), np.array([1, 2]), np.array([30.0, 0.0]), 1.0, both_ways
    )


def sites(**columns) -> pd.DataFrame:
    """Halls of 120 m2 and 200 m2: 60 and 100 places at 2 m2."""
    frame = pd.DataFrame({"id": ["A", "B"], "area_m2": [120.0, 200.0], "indoor": True} | columns)
    return fill_absent(frame, SHELTERS)


def use(frame: pd.DataFrame, wet_s=NEVER, cut_s=NEVER, open_air: bool = False) -> SiteUse:
    return judge_sites(frame, wet_s, cut_s, m2_per_person=2.0, year=2026, open_air=open_air)


def gaps(walk_time_s, frame=None, rules=RULES, told_s=0.0, **judged) -> list[float]:
    frame = sites() if frame is None else frame
    steps = 300.0 * np.arange(len(walk_time_s))
    return coping_gaps(
        street(walk_time_s),
        steps,
        told_s,
        frame,
        use(frame, **judged),
        np.array([200, 100]),
        np.array([90.0, 80.0]),
        rules,
    ).tolist()


DRY = [[400.0, 500.0]]


def test_hand_values() -> None:
    """A: 480 m from block 0, 530 m from block 1: 60 places for 300 people, 40 and 20. B: 950 m and 0 m: 67 and 33."""
    assert gaps(DRY) == pytest.approx([0.0, 80.0 - 20.0 - 100.0 / 3.0])


def test_a_site_out_of_reach_is_shared_by_those_who_are_within() -> None:
    """Within 949 m block 0 does not reach B, which is then all for block 1."""
    assert gaps(DRY, rules=replace(RULES, reach_m=949.0)) == pytest.approx([50.0, 0.0])


@pytest.mark.parametrize(
    ("columns", "judged"),
    [
        ({}, {"wet_s": np.array([np.inf, 60.0])}),
        ({}, {"cut_s": np.array([np.inf, 60.0])}),
        ({"indoor": [True, False]}, {}),
        ({"in_floodplain": [False, True]}, {}),
        ({"fit_for_waterlogging": [True, False]}, {}),
        ({"open_year": [np.nan, 2030.0]}, {}),
        ({"occupants": [0.0, 100.0]}, {}),
    ],
)
def test_a_site_that_the_storm_takes_leaves_only_the_other(columns, judged) -> None:
    assert gaps(DRY, sites(**columns), **judged) == pytest.approx([50.0, 60.0])


def test_an_open_field_counts_where_the_scenario_says_so() -> None:
    assert gaps(DRY, sites(indoor=[True, False]), open_air=True) == gaps(DRY)


def test_people_already_inside_take_places() -> None:
    assert gaps(DRY, sites(occupants=[0.0, 40.0])) == pytest.approx([10.0, 80.0 - 20.0 - 20.0])


def test_a_road_closed_at_any_moment_is_closed_and_a_slow_one_may_be_too_slow() -> None:
    closed_once = [[400.0, 500.0], [400.0, np.inf], [400.0, 500.0]]
    assert gaps(closed_once) == pytest.approx([50.0, 80.0 - 100.0 / 3.0])
    slow = [[400.0, 500.0], [400.0, 800.0]]  # block 0 to B: 50 + 400 + 800 s; block 1 to A: 800 + 30 s
    assert gaps(slow) == pytest.approx([50.0, 80.0 - 20.0 - 100.0 / 3.0])
    assert gaps(slow, rules=replace(RULES, lead_s=1550.0)) == gaps(DRY)


def test_roads_count_as_they_are_within_the_lead_time() -> None:
    """A road that closes at 1,500 s is open for those told at 0, whose time is then over, and not for later ones."""
    closes = [[400.0, 500.0]] * 5 + [[400.0, np.inf]] * 3
    assert gaps(closes) == gaps(DRY)
    assert gaps(closes, told_s=1.0) == pytest.approx([50.0, 80.0 - 100.0 / 3.0])


def test_who_needs_longer_to_leave_than_the_lead_gives_reaches_nothing() -> None:
    assert gaps(DRY, rules=replace(RULES, leave_s=1500.0)) == [90.0, 80.0 - 100.0 / 3.0]  # block 1 stands at B's door
    with pytest.raises(ValueError, match="leave_s"):
        replace(RULES, leave_s=1501.0)


def test_a_detour_that_is_too_long_is_no_way_even_where_there_is_time() -> None:
    """A road of 400 m to the site and one of 1,100 m around; the storm closes the short one."""
    graph = RoadGraph.build(np.array([0, 0]), np.array([1, 1]), np.array([400.0, 1100.0]))
    hall, node, door = sites().iloc[:1], np.zeros(1, int), np.zeros(1)

    def gap(walk_time_s: list[float], reach_m: float) -> list[float]:
        streets = Streets(graph, node, door, np.ones(1, int), door, 1.0, np.array([walk_time_s]))
        judged = use(hall, NEVER[:1], NEVER[:1])
        rules = replace(RULES, reach_m=reach_m)
        return coping_gaps(streets, np.zeros(1), 0.0, hall, judged, np.array([100]), np.array([90.0]), rules).tolist()

    assert gap([400.0, 1100.0], 1000.0) == [30.0]
    assert gap([np.inf, 1100.0], 1000.0) == [90.0]
    assert gap([np.inf, 1100.0], 1100.0) == [30.0]


def test_the_rules_of_a_stay() -> None:
    rules = load_rules()
    found = coping_rules(rules, "short")
    assert (found.target_m2, found.reach_m, found.lead_s) == (2.0, rules.number("shelters.distance_m_short"), 3600.0)
    assert found.leave_s == leave_delay(behaviour(Scenario(time_of_day="day"), rules), 0.95)  # warned, and ready


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_more_water_never_lowers_and_more_shelter_never_raises_any_gap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes, edges, blocks, count = 9, 26, 6, 4
    graph = RoadGraph.build(
        rng.integers(0, nodes, edges), rng.integers(0, nodes, edges), rng.integers(50, 600, edges).astype(float), nodes
    )
    dry_s = graph.length_m * rng.choice([1.0, 1.0, 3.0, np.inf], (2, edges))
    wet_roads_s = dry_s * rng.choice([1.0, 1.0, 2.0, np.inf], (2, edges))
    block_node, block_m = rng.integers(0, nodes, blocks), rng.integers(0, 100, blocks).astype(float)
    site_node, site_m = rng.integers(0, nodes, count), rng.integers(0, 100, count).astype(float)
    people = rng.integers(0, 300, blocks)
    danger = people * rng.choice([0.0, 0.3, 1.0], blocks)
    frame = fill_absent(
        pd.DataFrame({"id": range(count), "area_m2": rng.uniform(0, 400, count), "indoor": rng.random(count) < 0.8}),
        SHELTERS,
    )
    wet_s = rng.choice([np.inf, np.inf, 60.0], count)
    cut_s = rng.choice([np.inf, np.inf, 60.0], count)

    def at(walk_s=dry_s, sites=frame, some=slice(None), wet=wet_s, cut=cut_s, endangered=danger) -> np.ndarray:
        streets = Streets(graph, block_node, block_m, site_node[some], site_m[some], 1.0, walk_s)
        return coping_gaps(
            streets, np.array([0.0, 900.0]), 0.0, sites[some], use(sites[some], wet[some], cut[some]), people,
            endangered, RULES,
        )  # fmt: skip

    base = at()
    wetter = (np.where(rng.random(count) < 0.3, 60.0, of) for of in (wet_s, cut_s))
    assert (at(wet_roads_s) >= base).all()
    assert (at(dry_s, frame, slice(None), *wetter) >= base).all()
    assert (at(endangered=np.minimum(people, 1.5 * danger)) >= base).all()
    larger = frame.assign(area_m2=frame["area_m2"] + rng.uniform(0, 300, count))
    assert (at(sites=larger) <= base).all()
    assert (at(some=slice(0, count - 1)) >= base).all()
