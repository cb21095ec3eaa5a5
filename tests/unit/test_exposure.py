"""People on the grid: nobody is lost, nobody stands in a building or a river."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.rules_file import load_rules
from sim.area_map import map_areas, present_levels, warning_level
from sim.area_result import whole_people
from sim.exposure import expose
from sim.rulebook import risk_weights
from sim.summary import people_summary
from tests.tiny_city import tiny_city

WEIGHTS = risk_weights(load_rules())


def test_everybody_stands_somewhere():
    city = tiny_city()
    street = np.ones(city.grid.shape, bool)
    exposure = expose(city, street, "night", WEIGHTS)
    assert exposure.persons_per_cell.sum() == pytest.approx(1800.0, abs=1e-9)
    assert expose(city, street, "day", WEIGHTS).persons_per_cell.sum() == pytest.approx(2160.0, abs=1e-9)


def test_nobody_stands_off_the_street_and_a_block_without_street_takes_the_nearest():
    """Under a roof the model stays dry: people there must be judged by the water at their walls."""
    city = tiny_city()
    street = np.ones(city.grid.shape, bool)
    street[:10, :10] = False  # the whole north-west block is one building
    exposure = expose(city, street, "night", WEIGHTS)
    assert not (exposure.persons_per_cell[~street] > 0).any()
    assert exposure.persons_per_cell.sum() == pytest.approx(1800.0, abs=1e-9)
    north_west = np.flatnonzero(exposure.block == 30)
    assert len(north_west) == 1
    row, col = divmod(int(exposure.cell[north_west[0]]), city.grid.cols)
    assert max(row, col) == 10


def test_blocks_closer_than_a_cell_share_it():
    city = tiny_city()
    people = city.people.assign(x_m=city.people["x_m"].iloc[14], y_m=city.people["y_m"].iloc[14])
    exposure = expose(replace(city, people=people), np.ones(city.grid.shape, bool), "night", WEIGHTS)
    assert exposure.placed.all()
    assert exposure.persons_per_cell.sum() == pytest.approx(1800.0, abs=1e-9)
    everywhere = exposure.of_blocks(np.ones(len(exposure.cell), bool))
    assert everywhere == pytest.approx(np.full(36, 50.0), abs=1e-9)
    assert exposure.vulnerable_per_cell.sum() == pytest.approx(1800.0 * 1.2, abs=1e-9)


def test_people_off_the_terrain_are_counted_as_such():
    city = tiny_city()
    terrain = city.terrain.copy()
    terrain[:, :20] = np.nan  # the two western columns of blocks
    people = city.people.assign(x_m=np.where(np.arange(36) == 35, 0.0, city.people["x_m"]))
    outside = replace(city, terrain=terrain, people=people)
    exposure = expose(outside, np.isfinite(terrain), "night", WEIGHTS)
    assert people_summary(exposure, np.zeros(city.grid.shape, np.uint8), np.zeros(1))["off_the_ground"] == 13 * 50
    assert exposure.persons_per_cell.sum() == pytest.approx(23 * 50.0, abs=1e-9)


def test_vulnerability_follows_the_shares():
    exposure = expose(tiny_city(), np.ones((60, 60), bool), "night", WEIGHTS)
    assert exposure.vulnerability == pytest.approx(np.full(36, 1.2))  # 1 + 4 x 0.5 x 0.1


def test_without_people_there_is_nobody():
    empty = replace(tiny_city(), people=None)
    assert expose(empty, np.ones((60, 60), bool), "night", WEIGHTS).persons_per_cell.sum() == 0.0


def test_areas_are_painted_level_by_level():
    city = tiny_city()
    assert present_levels(city) == ["city", "street"]
    assert warning_level(city) == "street"
    streets = map_areas(city, "street")
    assert (streets.index[:, :30] == 0).all()
    assert (streets.index[:, 30:] == 1).all()
    alone = replace(city, areas=None)
    assert warning_level(alone) == "city"
    assert (map_areas(alone, "city").index == 0).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(0, 1e6), min_size=7, max_size=7), min_size=1, max_size=5))
def test_rounding_to_whole_people_keeps_each_row_total(rows):
    people = np.array(rows)
    whole = whole_people(people)
    assert (whole.sum(axis=1) == np.rint(people.sum(axis=1))).all()
    assert (np.abs(whole - people) <= 1.0 + 1e-6).all()
