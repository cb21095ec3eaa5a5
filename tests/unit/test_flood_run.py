"""The flood loop: instants it lands on, rain it brings, gauges it reads, what it keeps when the flow stops."""

from __future__ import annotations

import numpy as np
import pytest

from data.errors import RunStopped
from data.schema import FLOOD, GAUGE_SERIES
from hazards import EdgeConditions, Inflow, RainForcing, SurfaceFlow
from sim.flood_run import FloodStopped, Frame, GaugePoint, run_flood

CELL = 10.0


def _flow(**options: object) -> SurfaceFlow:
    """A closed 6 x 8 basin that falls to the east, with one cell outside the domain."""
    bed = np.repeat(10.0 - 0.1 * np.arange(8.0)[None, :], 6, axis=0)
    bed[0, 0] = np.nan
    return SurfaceFlow(bed, CELL, 0.03, edges=EdgeConditions(), threads=1, **options)


def _rain(rates_mm_h: list[float], edges_s: list[float]) -> RainForcing:
    return RainForcing(np.array(edges_s), np.array(rates_mm_h) / 3.6e6)


def test_frames_and_gauges_come_at_their_instants() -> None:
    gauges = [GaugePoint("low", 3, 7), GaugePoint("high", 3, 1)]
    run = run_flood(
        _flow(), until_s=100.0, output_step_s=30.0, rain=_rain([60.0], [0.0, 50.0]), gauges=gauges, gauge_step_s=25.0
    )
    assert run.time_s.tolist() == [0.0, 30.0, 60.0, 90.0, 100.0]
    assert run.depth.shape == (5, 6, 8)
    assert run.depth.dtype == np.float32
    assert list(run.gauges.columns) == list(GAUGE_SERIES.names)
    assert sorted(set(run.gauges.time_s)) == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert run.gauges.gauge.tolist()[:2] == ["low", "high"]
    assert np.isnan(run.gauges.stage_m[0])  # dry at the start
    last = run.gauges.iloc[-2]
    assert last.depth_m == run.depth[-1, 3, 7]
    assert last.stage_m == pytest.approx(9.3 + last.depth_m, abs=1e-6)


def test_rain_volume_is_exact_whatever_the_output_step() -> None:
    """Rain changes at 17 s and 41 s, between the frames; 47 cells of 100 m2 get 60 and 30 mm/h."""
    expected = (60.0 * 17.0 + 30.0 * 24.0) / 3.6e6 * 47 * CELL**2
    for step in (7.0, 50.0, 200.0):
        run = run_flood(_flow(), until_s=200.0, output_step_s=step, rain=_rain([60.0, 30.0], [0.0, 17.0, 41.0]))
        assert run.book.rain_m3 == pytest.approx(expected, rel=1e-9)
        stored = np.nansum(run.depth[-1].astype(float)) * CELL**2
        assert stored == pytest.approx(expected, rel=1e-5)  # float32 depth of 47 cells


def test_outside_the_domain_is_not_a_number() -> None:
    run = run_flood(_flow(), until_s=60.0, output_step_s=60.0, rain=_rain([60.0], [0.0, 60.0]))
    variables = run.variables()
    assert set(variables) == set(FLOOD.names)
    for name, values in variables.items():
        assert values.shape[-2:] == (6, 8)
        if FLOOD[name].dtype == "int":
            assert values[..., 0, 0].max() == 0
        else:
            assert np.isnan(values[..., 0, 0]).all(), name
    assert run.cells == 47
    assert run.max_depth_m == np.nanmax(run.maxima.max_depth)
    assert variables["max_stage"][3, 7] == pytest.approx(9.3 + run.maxima.max_depth[3, 7], abs=1e-6)


def test_frames_can_be_streamed_instead_of_kept() -> None:
    seen: list[Frame] = []
    ticks: list[tuple[float, float]] = []
    run = run_flood(
        _flow(),
        until_s=50.0,
        output_step_s=25.0,
        rain=_rain([60.0], [0.0, 50.0]),
        on_frame=seen.append,
        on_progress=lambda time_s, done: ticks.append((time_s, done)),
        keep_frames=False,
    )
    assert run.depth.shape == (0, 6, 8)
    assert [frame.time_s for frame in seen] == [0.0, 25.0, 50.0]
    assert not np.nansum(seen[0].depth)  # a copy: later steps do not change it
    assert np.nansum(seen[2].depth) > 0.0
    assert ticks[0] == (1.0, 0.02)  # a long run without frames still tells how far it is
    assert ticks[-1] == (50.0, 1.0)


def test_stopped_run_keeps_what_it_had() -> None:
    flow = _flow(inflows=[Inflow((np.array([3]), np.array([2])), np.array([0.0]), np.array([0.1]))])
    advance = flow.advance

    def fail_late(until_s: float) -> None:
        advance(min(until_s, 45.0))
        if until_s > 45.0:
            raise RunStopped("depth is not a number", time_s=45.0, place="cell (3, 2)")

    flow.advance = fail_late  # type: ignore[method-assign]
    with pytest.raises(FloodStopped, match="45") as caught:
        run_flood(flow, until_s=90.0, output_step_s=30.0, gauges=[GaugePoint("in", 3, 2)])
    run = caught.value.run
    assert caught.value.exit_code == 3
    assert run.time_s.tolist() == [0.0, 30.0, 45.0]
    assert run.book.inflow_m3 == pytest.approx(4.5, rel=1e-6)
    assert run.gauges.time_s.tolist() == [0.0, 30.0, 45.0]


def test_step_and_end_must_make_sense() -> None:
    with pytest.raises(ValueError, match="step_s"):
        run_flood(_flow(), until_s=10.0, output_step_s=0.0)
    with pytest.raises(ValueError, match="until_s"):
        run_flood(_flow(), until_s=0.0, output_step_s=1.0)
