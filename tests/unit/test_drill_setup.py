"""From plan and warnings to a drill: nobody is left out of the rows, each block is warned at its first message."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from sim.command.setup import PlanRows
from sim.drill_setup import early_in_danger, first_warnings, plan_rows
from tests.behaviour_case import shares


def _plan(unserved):
    given = SimpleNamespace(
        block=np.array([0, 0, 1]), site=np.array([2, 3, 2]), persons=np.array([5, 6, 7]), unserved=np.array(unserved)
    )
    return SimpleNamespace(allocation=given, demand=np.array([11, 9, 0]))


def test_people_with_a_place_without_one_and_those_nobody_told_are_all_there():
    demand = np.array([11, 9, 4])  # block 2 must leave, and nobody has told it
    rows = plan_rows(_plan([0, 2, 0]), demand)
    assert rows.persons.sum() == demand.sum()
    assert np.bincount(rows.block, rows.persons).tolist() == demand.tolist()
    assert rows.site.tolist() == [2, 3, 2, -1, -1]


def test_a_block_is_warned_by_the_first_message_for_any_area_that_holds_it():
    places = SimpleNamespace(areas={"city": np.arange(3), "a": np.array([0]), "b": np.array([1])})
    said = [("a", 2, 600.0), ("city", 1, 900.0), ("b", 0, 60.0), ("elsewhere", 3, 0.0)]
    warnings = [SimpleNamespace(area=area, level=level, sent_s=sent) for area, level, sent in said]
    assert first_warnings(warnings, places, 3).tolist() == [600.0, 900.0, 900.0]


def test_only_people_in_danger_leave_at_the_first_warning():
    """A plan for everybody moves 100 of block 0, 40 of them in danger, 50 of block 1, all in danger, 80 of block 2."""
    rows = PlanRows(np.array([0, 0, 1, 2]), np.array([0, 1, 0, -1]), np.array([70, 30, 50, 80]))
    early = early_in_danger(shares(4, shadow=0.5), rows, np.array([40, 50, 0, 0])).shadow
    assert early.tolist() == [0.2, 0.5, 0.0, 0.0]
