"""Expected deaths from where people stay: at home, on the way, in wet shelters; and had nobody moved."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.casualties import DeadlyWater, _worst_along
from sim.road_water import RoadCells

WATER = DeadlyWater(
    at_home=np.array([0.5, 0.0]),
    at_node=np.array([0.0, 0.1, 0.2]),
    at_edge=np.array([0.3, 0.4]),
    at_site=np.array([0.0, 0.25]),
    demand=np.array([100, 50]),
)
STUCK = pd.DataFrame(
    {"node": [1, 2, 2], "edge": [-1, 1, -1], "reason": ["no_way", "caught", ""], "persons": [10, 5, 7]}
)


def _outcome(**given):
    nobody = {f"{name}_by_block": np.zeros(2, np.int64) for name in ("refused", "home", "waiting", "late")}
    nobody |= {"peak": np.zeros(2, np.int64), "struck_by_edge": np.zeros(2, np.int64)}
    return SimpleNamespace(**({"stuck": STUCK.iloc[:0]} | nobody | given))


def test_had_nobody_moved_all_who_must_leave_stand_in_their_own_water():
    assert WATER.deaths(None) == 50.0


def test_who_refuses_or_has_not_left_stays_in_the_water_at_home():
    outcome = _outcome(refused_by_block=np.array([10, 5]), home_by_block=np.array([4, 0]))
    assert WATER.deaths(outcome) == pytest.approx(7.0)


def test_who_waits_for_a_vehicle_to_the_end_waits_in_the_water_at_home():
    outcome = _outcome(waiting_by_block=np.array([20, 3]), home_by_block=np.array([4, 0]))
    assert WATER.deaths(outcome) == pytest.approx(12.0)


def test_who_is_stranded_stands_on_the_road_or_at_the_crossing_and_who_has_no_place_at_the_crossing():
    stuck = STUCK.assign(reason=["no_way", "unwilling", ""])
    assert WATER.deaths(_outcome(stuck=stuck)) == pytest.approx(10 * 0.1 + 5 * 0.4 + 7 * 0.2)


def test_who_was_caught_counts_where_it_happened_rescued_or_not():
    rescued = _outcome(struck_by_edge=np.array([0, 5]))
    assert WATER.deaths(rescued) == pytest.approx(5 * 0.4)
    still_there = _outcome(stuck=STUCK.iloc[1:2], struck_by_edge=np.array([0, 5]))
    assert WATER.deaths(still_there) == WATER.deaths(rescued)


def test_who_left_home_after_the_worst_water_stood_in_it():
    assert WATER.deaths(_outcome(late_by_block=np.array([20, 9]))) == pytest.approx(10.0)


def test_people_in_a_shelter_that_floods_count():
    assert WATER.deaths(_outcome(peak=np.array([1000, 8]))) == pytest.approx(2.0)


def test_moving_everybody_out_is_never_worse_than_nobody():
    assert WATER.deaths(_outcome()) == 0.0 < WATER.deaths(None)


def test_more_people_at_home_than_must_leave_count_once():
    outcome = _outcome(home_by_block=np.array([500, 0]))  # a rumour's people beside them need not leave
    assert WATER.deaths(outcome) == WATER.deaths(None)


def test_the_worst_cell_along_an_edge_counts_and_an_edge_without_cells_is_dry():
    cells = RoadCells(np.array([0, 2, 2, 3]), np.array([4, 1, 0]))
    layer = np.array([0.5, 2.0, 9.0, 9.0, 0.25])
    assert _worst_along(cells, layer).tolist() == [2.0, 0.0, 0.5]


def test_deadlier_water_never_saves_anybody():
    worse = replace(WATER, at_home=WATER.at_home + 0.1, at_edge=WATER.at_edge + 0.1)
    outcome = _outcome(struck_by_edge=np.array([4, 0]), refused_by_block=np.array([3, 2]))
    assert worse.deaths(outcome) > WATER.deaths(outcome)
