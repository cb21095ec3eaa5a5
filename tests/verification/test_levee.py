"""Levees: a breach drains a box by the weir law; water passes a crest both ways; what is booked is what has passed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import FlowParameters, StageBoundary, SurfaceFlow
from hazards.structures import Breach, Faces
from tests.windows import run_windows

WEIR = FlowParameters().weir_coefficient  # 1.705 m^0.5/s


def test_a_breach_drains_a_box_by_the_weir_law() -> None:
    """A box of 50 m x 50 m under 3 m, its east wall down to 1 m at 60 s; the land behind lies 60 m below.

    A dh/dt = -C L h^1.5 for the head h above the crest, so h = (h0^-1/2 + C L t / (2 A))^-2 with A / L = 50 m. The
    step (0.2 s) makes an error of C sqrt(h0) dt / (4 x 50 m) = 0.24 % at most, the time in which the flow comes up
    (h_f g S = 25 m2/s2 against a flow of 4.8 m2/s: 0.2 s) one of 0.1 s of flow, 0.5 m3 of some 4000: 1 % in all.
    """
    crest = np.array([[-np.inf, 10.0, -np.inf]])
    flow = SurfaceFlow(
        np.array([[0.0, -60.0]]),
        50.0,
        0.01,
        initial_depth=np.array([[3.0, 0.0]]),
        crest_x=crest,
        parameters=FlowParameters(longest_step_s=0.2),
    )
    breach = Breach("B1", Faces(np.array([1]), np.zeros(0, int)), at_s=60.0, to_m=1.0)
    run_windows(flow, [breach], 60.0)
    assert flow.depth[0, 1] == 0.0
    for seconds in (10.0, 60.0, 240.0):
        run_windows(flow, [breach], 60.0 + seconds)
        head = (2.0**-0.5 + WEIR * seconds / (2.0 * 50.0)) ** -2
        passed = 2500.0 * (2.0 - head)
        assert float(flow.depth[0, 1]) * 2500.0 == pytest.approx(passed, rel=0.01)
        assert float(flow.depth[0, 0]) - 1.0 == pytest.approx(head, rel=0.02)
    assert flow.book.continuity_error < 1e-6
    assert breach.state["open"]


def _levee(high_in_west: bool) -> SurfaceFlow:
    """Two lands of 40 cells at -10 m beside a levee with its crest at 2 m; one side is held 0.5 m above the crest."""
    crest = np.full((1, 9), -np.inf)
    crest[0, 4] = 2.0
    held = np.arange(4) if high_in_west else np.arange(4, 8)
    stage = StageBoundary((np.zeros(4, int), held), [0.0], [2.5])
    depth = np.zeros(8)
    depth[held] = 12.5
    return SurfaceFlow(np.full((1, 8), -10.0), 20.0, 0.03, initial_depth=depth[None], crest_x=crest, stages=[stage])


def test_a_levee_is_overtopped_from_either_side() -> None:
    """Free overfall of 0.5 m: C h^1.5 = 0.603 m2/s over 20 m, 12.06 m3/s; drowned, both sides stand equally high.

    The two directions mirror each other exactly.
    """
    west, east = _levee(True), _levee(False)
    for flow, receiving in ((west, slice(4, 8)), (east, slice(0, 4))):
        flow.advance(100.0)
        before = float(flow.depth[0, receiving].sum())
        flow.advance(600.0)
        passed = (float(flow.depth[0, receiving].sum()) - before) * 400.0
        assert passed == pytest.approx(WEIR * 0.5**1.5 * 20.0 * 500.0, rel=1e-4)
        flow.advance(3600.0)
        np.testing.assert_allclose(flow.depth[0, receiving], 12.5, atol=0.01)
    np.testing.assert_array_equal(west.depth, east.depth[:, ::-1])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-1.0, 3.0), st.floats(0.0, 100.0))
def test_a_breach_keeps_the_books(seed: int, to_m: float, at_s: float) -> None:
    """Any walls, any place: no wall rises, none is built, water is conserved to 1e-6."""
    random = np.random.default_rng(seed)
    crest_y = np.where(random.random((9, 7)) < 0.5, 3.0 * random.random((9, 7)), -np.inf)
    flow = SurfaceFlow(random.random((8, 7)), 5.0, 0.03, initial_depth=2.0 * random.random((8, 7)), crest_y=crest_y)
    faces = Faces(np.zeros(0, int), random.choice(63, 20, replace=False))
    breach = Breach("B", faces, at_s=at_s, to_m=to_m)
    run_windows(flow, [breach], 150.0)
    now = flow.crests[1]
    assert (now <= crest_y).all()
    broken = np.zeros(63, bool)
    broken[faces.y] = True
    np.testing.assert_array_equal(now.reshape(-1)[~broken], crest_y.reshape(-1)[~broken])
    assert flow.book.continuity_error < 1e-6
