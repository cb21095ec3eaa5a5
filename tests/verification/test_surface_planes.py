"""Rain on planes against kinematic theory: Overton and Brakensiek's plane, Di Giammarco's V-catchment."""

from __future__ import annotations

import numpy as np
import pytest

from hazards import EdgeConditions, FlowParameters, SurfaceFlow
from tests.verification.surface_cases import MM_H


def test_kinematic_plane_rises_and_settles() -> None:
    """100 m, slope 0.01, n 0.03, 50 mm/h: q = sqrt(S)/n (i t)^(5/3) until tc = 675 s, then i L.

    Gates: rising limb 3 % up to 600 s (later the first-order scheme rounds the kink at tc), equilibrium 0.1 % by the
    book over five minutes, depth at the toe 1 % of 9.373 mm.
    """
    rain, slope, manning, cell = 50.0 * MM_H, 0.01, 0.03, 1.0
    x = (np.arange(100) + 0.5) * cell
    flow = SurfaceFlow(
        np.repeat(((100.0 - x) * slope)[None], 3, axis=0),
        cell,
        manning,
        edges=EdgeConditions(east="open"),
        parameters=FlowParameters(hydrology_step_s=1.0),
    )
    flow.set_rain(None, rain)
    for time in (60.0, 120.0, 240.0, 360.0, 480.0, 600.0):
        flow.advance(time)
        expected = np.sqrt(slope) / manning * (rain * time) ** (5.0 / 3.0)
        assert flow.flow_x[1, -1] == pytest.approx(expected, rel=0.03)
    flow.advance(1500.0)
    before = flow.book.outflow_m3
    flow.advance(1800.0)
    assert (flow.book.outflow_m3 - before) / 300.0 == pytest.approx(rain * 100.0 * 3.0, rel=1e-3)
    assert flow.depth[1, -1] == pytest.approx(9.373e-3, rel=0.01)
    assert flow.book.continuity_error < 1e-6


def test_v_catchment_reaches_its_plateau() -> None:
    """Two planes 800 x 1000 m (slope 0.05, n 0.015) and a 20 m channel (slope 0.02, n 0.15), 10.8 mm/h for 90 min.

    Gates: outlet 4.860 m3/s to 1 %, normal depth of the channel 0.443 m to 2 %, rain and balance to 1e-6; after 180 min
    the planes have run dry and the outflow is below a tenth of the plateau.
    """
    cell, rain = 10.0, 10.8 * MM_H
    y, x = (np.mgrid[0:100, 0:162] + 0.5) * cell
    from_axis = np.abs(x - 810.0)
    channel = from_axis < 10.0
    bed = np.where(channel, -1.0 - 0.02 * y, 0.05 * np.maximum(from_axis - 10.0, 0.0))
    flow = SurfaceFlow(bed, cell, np.where(channel, 0.15, 0.015), edges=EdgeConditions(south="open"))
    flow.set_rain(None, rain)
    flow.advance(4800.0)
    before = flow.book.outflow_m3
    flow.advance(5400.0)
    plateau = (flow.book.outflow_m3 - before) / 600.0
    assert plateau == pytest.approx(4.860, rel=0.01)
    assert flow.depth[-1, 80:82].mean() == pytest.approx(0.443, rel=0.02)
    flow.set_rain(None, 0.0)
    flow.advance(10800.0)
    book = flow.book
    assert book.rain_m3 == pytest.approx(26_244.0, rel=1e-6)
    assert book.continuity_error < 1e-6
    before = book.outflow_m3
    flow.advance(10860.0)
    assert (flow.book.outflow_m3 - before) / 60.0 < 0.1 * plateau
