"""Shelter sites: how many they hold and when water closes them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelters import (
    FloodLimits,
    RoadGraph,
    SpaceRules,
    access_cut,
    capacity_persons,
    closing_time,
    flooded,
    open_capacity,
    unit_count,
)

RULES = SpaceRules(emergency_m2=0.5, temporary_m2=1.0, short_m2=2.0, medium_m2=3.0, long_m2=4.5, unit_persons=2000)


def test_capacity_is_the_floor_of_usable_space_by_stay() -> None:
    area, share = np.array([1000.0, 999.0, 0.0, 10.0]), np.array([0.6, 1.0, 1.0, 0.0])
    assert capacity_persons(area, share, RULES.m2_per_person("short")).tolist() == [300, 499, 0, 0]
    assert capacity_persons(area, share, RULES.m2_per_person("emergency")).tolist() == [1200, 1998, 0, 0]
    assert capacity_persons(area, share, RULES.m2_per_person("long")).tolist() == [133, 222, 0, 0]


@given(persons=st.integers(0, 500_000), tenths=st.integers(1, 100), share=st.integers(1, 100))
def test_a_site_cut_to_size_holds_exactly_its_people(persons: int, tenths: int, share: int) -> None:
    """Rounding of the area must not cost a person, nor make one out of half a square metre."""
    space = tenths / 10.0
    area = persons * space / (share / 100.0)
    assert capacity_persons(np.array([area]), np.array([share / 100.0]), space)[0] == persons
    less = (persons * space - 0.01 * space) / (share / 100.0)
    if persons:
        assert capacity_persons(np.array([less]), np.array([share / 100.0]), space)[0] == persons - 1


def test_units_hold_at_most_their_size() -> None:
    assert unit_count(np.array([0, 1, 2000, 2001, 9000]), RULES.unit_persons).tolist() == [0, 1, 1, 2, 5]


@pytest.mark.parametrize(
    ("area", "share", "space"),
    [(-1.0, 0.5, 2.0), (np.nan, 0.5, 2.0), (1.0, 1.5, 2.0), (1.0, np.nan, 2.0), (1.0, 0.5, 0.0)],
)
def test_impossible_sites_are_refused(area: float, share: float, space: float) -> None:
    with pytest.raises(ValueError, match="must"):
        capacity_persons(np.array([area]), np.array([share]), space)


def test_impossible_rules_are_refused() -> None:
    with pytest.raises(ValueError, match="none of"):
        RULES.m2_per_person("forever")
    with pytest.raises(ValueError, match="short_m2"):
        SpaceRules(0.5, 1.0, 0.0, 3.0, 4.5, 2000)
    with pytest.raises(ValueError, match="hazard_class"):
        FloodLimits(depth_m=0.3, hazard_class=0)
    with pytest.raises(ValueError, match="depth_m"):
        FloodLimits(depth_m=0.0, hazard_class=2)


def test_a_site_is_flooded_from_either_limit_on() -> None:
    limits = FloodLimits(depth_m=0.3, hazard_class=2)
    depth = np.array([0.0, 0.299, 0.3, 0.1, 0.1])
    hazard = np.array([0, 1, 1, 2, 1])
    assert flooded(depth, hazard, limits).tolist() == [False, False, True, True, False]


def test_a_site_is_cut_when_its_last_way_in_closes() -> None:
    """Ways in count, ways out do not."""
    graph = RoadGraph.build(np.array([0, 1, 2, 2]), np.array([2, 2, 0, 3]), np.ones(4))
    site_node = np.array([2, 3, 1])
    closed, open_ = np.inf, 10.0
    over_time = np.array(
        [[open_, open_, open_, open_], [closed, open_, closed, open_], [closed, closed, open_, closed]]
    )
    assert access_cut(graph, over_time, site_node).tolist() == [
        [False, False, True],
        [False, False, True],
        [True, True, True],
    ]
    assert access_cut(graph, over_time[1], site_node).tolist() == [False, False, True]


def test_a_site_shut_at_any_time_is_closed_from_its_first_time() -> None:
    shut = np.array([[False, False, True], [False, True, False], [False, True, False]])
    assert closing_time(np.array([0.0, 600.0, 1200.0]), shut).tolist() == [np.inf, 600.0, 0.0]
    assert open_capacity(np.array([5, 6, 7]), shut).tolist() == [5, 0, 0]
    assert open_capacity(np.array([5, 6, 7]), shut[1]).tolist() == [5, 0, 7]
