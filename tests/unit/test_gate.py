"""Gates: closing by the water level, staying where they are stuck, their place in a wall, restart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from data.schema import Grid
from hazards import StageBoundary, SurfaceFlow, barrier_crests
from hazards.structures import Faces, Gate, line_faces, nearest_faces
from tests.windows import run_windows

GRID = Grid(rows=3, cols=10, cell_m=10.0, west_m=0.0, north_m=30.0, crs="EPSG:32648")
WALL = np.array([50.0, 50.0]), np.array([30.0, 0.0])
OPENING = np.array([50.0, 50.0]), np.array([20.0, 10.0])
RISE = [0.0, 600.0, 1800.0, 3600.0]
STAGE = [1.0, 1.0, 3.0, 0.8]  # the river: 1.5 m is passed at 900 s on the way up, at 3027 s on the way down


def _river_and_street() -> SurfaceFlow:
    """River west of a levee at 4 m, street (bed at 1.2 m) east of it."""
    bed = np.where(np.arange(10) < 5, 0.0, 1.2) + np.zeros((3, 1))
    river = np.nonzero(np.arange(10) < 4)[0]
    held = StageBoundary((np.repeat(np.arange(3), 4), np.tile(river, 3)), RISE, STAGE)
    crest_x, crest_y = barrier_crests(GRID, [(*WALL, 4.0)])
    depth = np.where(np.arange(10) < 5, 1.0, 0.0) + np.zeros((3, 1))
    return SurfaceFlow(bed, 10.0, 0.03, initial_depth=depth, crest_x=crest_x, crest_y=crest_y, stages=[held])


def _gate(**options: Any) -> Gate:
    faces = line_faces(GRID, [OPENING])
    given = {"closed_m": 4.0, "sill_m": 0.0, "close_above_m": 1.15, "reopen_fall_m": 0.1, "watch": np.array([14])}
    return Gate("G1", faces, **{**given, **options})


def test_it_closes_with_the_rising_river_and_keeps_the_street_dry() -> None:
    flow, gate = _river_and_street(), _gate()
    run_windows(flow, [gate], 3600.0)
    closed_s, opened_s = gate.moved_s
    assert closed_s == pytest.approx(690.0, abs=10.0)  # 1.15 m on the way up; a window and the wave to the gate
    assert opened_s == pytest.approx(1800.0 + 1800.0 * 1.95 / 2.2, abs=10.0)  # 1.05 m on the way down
    assert flow.maxima.max_depth[:, 5:].max() == 0.0
    assert gate.state == {"kind": "gate", "name": "G1", "closed": False, "moved_s": [closed_s, opened_s]}


def test_a_gate_that_is_stuck_floods_the_street() -> None:
    flow, gate = _river_and_street(), _gate(stuck=[(600.0, np.inf)])
    run_windows(flow, [gate], 1800.0)
    assert gate.moved_s == ()
    assert flow.depth[:, 5:].min() > 1.0  # the river at 3 m over a bed of 1.2 m
    late, freed = _river_and_street(), _gate(stuck=[(600.0, 900.0)])
    run_windows(late, [freed], 1800.0)
    assert freed.moved_s == (900.0,)
    assert 0.0 < late.depth[:, 5:].max() < 0.5


def test_a_gate_without_a_rule_stays_as_it_is() -> None:
    """Open it lets the river in at 1.2 m; closed it does not, though the wall it stands in is as high."""
    for is_open in (True, False):
        flow, gate = _river_and_street(), _gate(close_above_m=None, open_at_start=is_open)
        run_windows(flow, [gate], 1800.0)
        assert gate.moved_s == ()
        assert (flow.depth[:, 5:].max() > 1.0) == is_open


def test_only_the_faces_of_the_gate_move() -> None:
    flow = _river_and_street()
    before_x, before_y = flow.crests
    _gate().act(flow, 0.0, 5.0)
    now_x, now_y = flow.crests
    assert np.argwhere(now_x != before_x).tolist() == [[1, 5]]
    assert now_x[1, 5] == 0.0
    np.testing.assert_array_equal(now_y, before_y)


def test_a_loaded_gate_goes_on_to_the_same_bytes() -> None:
    whole, fresh = (_river_and_street(), _gate()), (_river_and_street(), _gate())
    run_windows(whole[0], [whole[1]], 1000.0)
    kept = whole[0].save(), whole[1].save()
    fresh[0].load(kept[0])
    fresh[1].load(kept[1])
    for flow, gate in (whole, fresh):
        run_windows(flow, [gate], 3600.0)
    assert whole[0].depth.tobytes() == fresh[0].depth.tobytes()
    assert whole[1].state == fresh[1].state
    assert len(whole[1].moved_s) == 2


def test_faces_of_a_line_and_the_cells_beside_them() -> None:
    faces = line_faces(GRID, [OPENING])
    assert (faces.x.tolist(), faces.y.tolist()) == ([1 * 11 + 5], [])
    assert faces.beside(3, 10).tolist() == [14, 15]
    flat = line_faces(GRID, [(np.array([20.0, 40.0]), np.array([10.0, 10.0]))])
    assert flat.beside(3, 10).tolist() == [12, 13, 22, 23]
    rim = Faces(np.array([0, 10]), np.array([0]))  # outer faces have one cell
    assert rim.beside(3, 10).tolist() == [0, 9]


def test_the_faces_nearest_to_a_place() -> None:
    wall = line_faces(GRID, [WALL])
    assert nearest_faces(wall, GRID, 52.0, 16.0, 10.0).x.tolist() == [1 * 11 + 5]
    assert nearest_faces(wall, GRID, 52.0, 16.0, 1.0).count == 1
    assert nearest_faces(wall, GRID, 52.0, 21.0, 20.0).x.tolist() == [5, 16]
    assert nearest_faces(wall, GRID, 52.0, 16.0, 500.0).count == 3


@pytest.mark.parametrize("wrong", [{"sill_m": 4.0}, {"reopen_fall_m": -1.0}, {"watch": None}, {"stuck": [(3.0, 1.0)]}])
def test_what_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"closed_m|reopen_fall_m|watch|stuck"):
        _gate(**wrong)
