"""The way in words: the streets walked, in order, as few as people keep in mind."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.schema import RoadNetwork
from sim import run as run_module
from sim.plan import plan_table
from sim.scenario import Flood, Scenario
from sim.warning_chain import shelters_used
from sim.way_words import named_ways, streets_of
from tests.tiny_city import tiny_city


def test_the_streets_of_a_way_in_the_order_walked() -> None:
    told = streets_of(["", "甲路", "甲路", "", "乙街", "甲路"], ["", "A", "A", "", "B", "A"], [9, 50, 50, 5, 30, 80])
    assert told.names == ("甲路", "乙街", "甲路")
    assert told.names_en == ("A", "B", "A")
    assert streets_of(["甲路", "", "甲路"], ["A", "", "A"], [1, 1, 1]).names == ("甲路",)
    assert streets_of(["甲路", "乙街"], ["A", ""], [1, 1]).names_en == ()
    assert streets_of([], [], []).names == ()


def test_the_shortest_streets_are_left_out_first() -> None:
    told = streets_of(list("甲乙丙丁戊"), list("abcde"), [10, 50, 20, 40, 30])
    assert told.names == ("乙", "丙", "丁", "戊")


@given(st.lists(st.tuples(st.sampled_from(["", "甲", "乙", "丙", "丁", "戊", "己"]), st.floats(0, 1e4)), max_size=30))
def test_any_way_names_at_most_four_streets_none_twice_in_a_row(edges: list) -> None:
    names, metres = [name for name, _ in edges], [m for _, m in edges]
    told = streets_of(names, names, metres).names
    assert len(told) <= 4
    assert all(a != b for a, b in pairwise(told))
    left = iter(name for name in names if name)
    assert all(any(name == passed for passed in left) for name in told)  # in the order walked
    assert bool(told) == any(names)


@pytest.fixture(scope="module")
def moved():
    """The plan of a drill in the tiny city, whose roads are named after their number, with the areas of its blocks."""
    city = tiny_city()
    edges = city.roads.edges.copy()
    numbers = edges["id"].astype(str)
    city = replace(city, roads=RoadNetwork(city.roads.nodes, edges.assign(name="路" + numbers, name_en="R" + numbers)))
    kept = {}

    def table(given_city, plan, block_area):
        kept["plan"], kept["areas"] = plan, block_area
        return plan_table(given_city, plan, block_area)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "load_city", lambda _: city)
        patch.setattr(run_module, "plan_table", table)
        kept["result"] = run_module.run(Scenario(flood=Flood(duration_h=2.5)))
    return city, kept["plan"], kept["areas"], kept["result"]


def test_a_plan_names_the_way_of_most_people(moved) -> None:
    city, plan, areas, _ = moved
    ways = named_ways(city, plan, areas)
    table = plan_table(city, plan, areas)
    placed = table[table["shelter"] != ""]
    assert ways
    assert set(ways) <= set(zip(placed["area"], placed["shelter"], strict=True))
    names = "路" + city.roads.edges["id"].astype(str)
    for (area, shelter), way in ways.items():
        rows = np.flatnonzero((areas[plan.allocation.block] == area)
                              & (city.shelters["id"].to_numpy()[plan.allocation.site] == shelter))  # fmt: skip
        row = rows[np.argmax(plan.allocation.persons[rows])]
        walked = plan.travel.ways(plan.allocation.block[row : row + 1], plan.allocation.site[row : row + 1])
        assert set(way.names) <= set(names.iloc[walked.edge])
        assert len(way.names_en) == len(way.names)


def test_shelters_of_a_warning_have_their_way_place_and_deadline(moved) -> None:
    city, plan, areas, _ = moved
    table = plan_table(city, plan, areas)
    going = shelters_used(table, city, named_ways(city, plan, areas))
    uses = [use for there in going.values() for use in there.shelters]
    assert any(use.way for use in uses)
    for area, there in going.items():
        for use in there.shelters:
            rows = table[(table["area"] == area) & (table["shelter"] == use.shelter)]
            first = rows["leave_by_s"].min()
            assert use.leave_by_s == (None if pd.isna(first) else first)
            row = city.shelters.set_index("id").loc[use.shelter]
            assert (use.lon, use.lat) == pytest.approx((row["lon"], row["lat"]), abs=1e-6, nan_ok=True)


def test_two_levels_at_once_are_each_as_alone(moved) -> None:
    city, plan, areas, _ = moved
    whole = np.full(len(areas), "city", object)
    both = named_ways(city, plan, areas, whole)
    assert both == named_ways(city, plan, areas) | named_ways(city, plan, whole)
    assert any(area == "city" for area, _ in both)
    assert named_ways(city, plan) == {}


def test_the_warnings_of_a_drill_tell_the_way(moved) -> None:
    _, _, _, result = moved
    sent = [use for warning in result.warnings for use in warning.shelters]
    assert sent
    assert all(use.way and len(use.way) == len(use.way_en) for use in sent)


def test_only_the_shelters_of_most_people_are_looked_at(moved) -> None:
    city, plan, areas, _ = moved
    one = named_ways(city, plan, areas, shelters=1)
    assert len(one) == len({area for area, _ in one})
    table = plan_table(city, plan, areas)
    for area, shelter in one:
        sums = table[table["area"] == area].groupby("shelter")["persons"].sum()
        assert sums[shelter] == sums.drop("", errors="ignore").max()


def test_roads_without_names_give_no_way(moved) -> None:
    city, plan, areas, _ = moved
    assert named_ways(replace(city, roads=None), plan, areas) == {}
    assert named_ways(tiny_city(), plan, areas) == {}
    assert named_ways(city, replace(plan, travel=None), areas) == {}
