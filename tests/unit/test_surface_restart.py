"""A surface flow saved and loaded goes on to the same bytes; walls move while it runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hazards import EdgeConditions, FlowParameters, Inflow, SurfaceFlow, Tracking
from hazards.infiltration import ConstantLoss, GreenAmpt, Horton, LandCoverInfiltration

ROWS, COLS = 40, 50
ZONE = np.add.outer(np.arange(ROWS) // 14, np.zeros(COLS, int)).astype(np.uint16)
RATES = np.array([80.0, 20.0, 50.0]) / 3.6e6
MODELS = {0: Horton(2e-5, 3e-6, 1e-3), 1: GreenAmpt(2e-6, 0.15, 0.3), 2: ConstantLoss(1e-6)}
EVERYTHING = ("max_depth", "max_speed", "max_depth_speed", "max_hazard", "arrival_s", "last_ponded_s", "ponded_s")


def _flow(threads: int = 1) -> SurfaceFlow:
    random = np.random.default_rng(5)
    bed = 500.0 + np.add.outer(np.linspace(2.0, 0.0, ROWS), 0.4 * random.random(COLS))
    bed[10:12, 20:23] = np.nan
    crest_y = np.full((ROWS + 1, COLS), -np.inf)
    crest_y[20, 5:45] = 502.0
    flow = SurfaceFlow(
        bed,
        10.0,
        0.03,
        crest_y=crest_y,
        inflows=[Inflow((np.array([3]), np.array([4])), [0.0, 300.0], [0.5, 2.0])],
        edges=EdgeConditions(south="open"),
        tracking=Tracking(0.15, (0.3, 0.6), (0.3, 0.5), (2.0, 2.0)),
        parameters=FlowParameters(continuity_limit=1e-6),
        threads=threads,
    )
    flow.set_loss(LandCoverInfiltration(ZONE, MODELS), drainage_m_s=1e-6)
    return flow


def _first_half(flow: SurfaceFlow) -> None:
    flow.set_rain(ZONE, RATES)
    flow.put_rate(np.array([700, 701]), np.array([0.2, 0.1]))
    flow.advance(303.7)
    crest_x, crest_y = flow.crests
    crest_y[20, 20:25] = 500.5
    flow.set_crests(crest_x, crest_y)
    flow.put_rate(np.array([900]), np.array([0.05]), "pumps", "one")
    flow.put_rate(np.array([900, 901]), np.array([0.1, 0.05]), "pumps", "two")
    flow.advance(427.3, forcing_until_s=633.3)


def _second_half(flow: SurfaceFlow) -> None:
    flow.take(np.arange(700, 720), np.full(20, 0.5))
    flow.advance(633.3)
    flow.set_rain(ZONE.copy(), RATES * 0.5)
    flow.advance(900.0)


def _same(one: SurfaceFlow, other: SurfaceFlow) -> None:
    for name in ("depth", "flow_x", "flow_y", "speed_x"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    for name in EVERYTHING:
        assert getattr(one.maxima, name).tobytes() == getattr(other.maxima, name).tobytes(), name
    assert one.book == other.book
    assert (one.steps, one.time_s, one.repaired_cells) == (other.steps, other.time_s, other.repaired_cells)


@pytest.mark.parametrize("rain_given_first", [True, False])
def test_a_loaded_flow_goes_on_to_the_same_bytes(rain_given_first: bool) -> None:
    """Rain zones, three kinds of ground, a breached wall, sources and books; one thread, then two."""
    whole = _flow()
    _first_half(whole)
    kept = whole.save()
    asked = {key: array.copy() for key, array in kept.items()}
    _second_half(whole)
    assert all(kept[key].tobytes() == asked[key].tobytes() for key in asked)  # copies, not live arrays
    fresh = _flow(threads=2)
    if rain_given_first:
        fresh.set_rain(ZONE.copy(), RATES)
    fresh.load(kept)
    if not rain_given_first:
        fresh.set_rain(ZONE.copy(), RATES)
    _second_half(fresh)
    _same(whole, fresh)
    assert whole.book.continuity_error < 1e-6


def test_a_saved_flow_of_another_raster_is_refused() -> None:
    kept = SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03).save()
    with pytest.raises(ValueError, match="saved array"):
        SurfaceFlow(np.zeros((5, 4)), 10.0, 0.03).load(kept)
    flow, other = _flow(), _flow()
    other.set_loss(LandCoverInfiltration(ZONE, {**MODELS, 0: ConstantLoss(0.0)}))
    with pytest.raises(ValueError, match="saved ground"):
        other.load(flow.save())


def test_walls_set_again_as_they_stand_change_nothing() -> None:
    one, other = _flow(), _flow()
    for flow in (one, other):
        flow.set_rain(ZONE, RATES)
        flow.advance(200.0)
        if flow is other:
            flow.set_crests(*flow.crests)
        flow.advance(400.0)
    _same(one, other)


def _two_boxes(crest_m: float) -> tuple[SurfaceFlow, Any]:
    crest_x = np.full((1, 11), -np.inf)
    crest_x[0, 5] = crest_m
    depth = np.where(np.arange(10) < 5, 1.0, 0.0)[None]
    return SurfaceFlow(np.zeros((1, 10)), 10.0, 0.03, initial_depth=depth, crest_x=crest_x), crest_x


def test_a_wall_that_falls_lets_the_water_through_and_one_that_rises_keeps_it() -> None:
    """Five cells of 100 m2 under 1 m beside five dry ones: 500 m3 stay behind the wall, then spread to 0.5 m."""
    flow, crest_x = _two_boxes(2.0)
    flow.advance(600.0)
    assert flow.depth[0, 5:].max() == 0.0
    flow.set_crests(np.full_like(crest_x, -np.inf), None)
    flow.advance(7200.0)
    np.testing.assert_allclose(flow.depth, 0.5, atol=0.01)
    flow.set_crests(crest_x, None)
    flow.take(np.arange(5), np.full(5, 100.0))
    flow.advance(9000.0)
    assert flow.depth[0, :5].max() == 0.0
    assert float(flow.depth[0, 5:].sum()) * 100.0 == pytest.approx(250.0, rel=0.02)
