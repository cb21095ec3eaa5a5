"""Deep and fast tiles take short steps, all others long ones: no water lost, the same flood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import ConstantInfiltration, EdgeConditions, FlowParameters, Inflow, StageSeries, SurfaceFlow, Tracking

MM_H = 1e-3 / 3600.0


def _valley(parts: int, *, threads: int = 1, **parameters: Any) -> SurfaceFlow:
    """A river 4 m below streets under rain, walls, drains that spout, a basin that drains fast: tiles of every pace."""
    random = np.random.default_rng(0)
    rows, cols = 165, 130
    y, x = np.mgrid[:rows, :cols]
    bed = 500.0 + 0.02 * (cols - x) + 0.3 * random.random((rows, cols))
    bed[np.abs(y - 0.4 * rows - 4.0 * np.sin(x / 15.0)) < 3.0] -= 4.0
    bed[:3, :5] = np.nan
    crest = np.where(random.random((rows, cols + 1)) < 0.01, bed.max(initial=0.0, where=np.isfinite(bed)), -np.inf)
    river = int(0.4 * rows)
    flow = SurfaceFlow(
        bed,
        10.0,
        0.03,
        parameters=FlowParameters(most_parts=parts, continuity_limit=1e-6, **parameters),
        edges=EdgeConditions(east="open", south="open"),
        crest_x=crest,
        inflows=[
            Inflow((np.arange(river - 1, river + 2), np.zeros(3, int)), np.array([0.0, 300.0]), np.array([0.0, 90.0]))
        ],
        tracking=Tracking(0.15),
        threads=threads,
    )
    flow.set_rain(None, 90.0 * MM_H)
    flow.set_loss(ConstantInfiltration(10.0 * MM_H), drainage_m_s=5.0 * MM_H)
    flow.put_rate(random.choice(np.flatnonzero(np.isfinite(bed)), 40, replace=False), np.full(40, 0.3))
    return flow


def _run(flow: SurfaceFlow, until_s: float = 1200.0, every_s: float = 10.0) -> list[int]:
    """Land as a run with sewers does; the parts of the long steps before each landing."""
    seen = []
    for time in np.arange(flow.time_s + every_s, until_s + 0.5 * every_s, every_s):
        flow.advance(float(time))
        seen.append(flow.parts)
    return seen


def _all_bytes(flow: SurfaceFlow) -> bytes:
    arrays = (flow.depth, flow.flow_x, flow.flow_y, *vars(flow.maxima).values())
    return b"".join(np.ascontiguousarray(a).tobytes() for a in arrays) + repr(flow.book).encode()


def test_the_flood_is_that_of_equal_steps() -> None:
    """Local steps move the flood by less than half of what halving all steps does.

    The scheme's error is of first order in the step: 47 mm at most and 1.5 mm (rms) of the greatest depth here between
    steps and half of them, most of it where the flood wave in the river leaves.
    """
    alike, local, half = _valley(1), _valley(4), _valley(1, courant=0.3, advective_courant=0.2)
    assert set(_run(alike)) == set(_run(half)) == {1}
    parts = _run(local)
    assert np.mean(np.array(parts) > 1) > 0.8, "the case is to have tiles of two paces"

    def apart(one: SurfaceFlow, other: SurfaceFlow) -> tuple[float, float]:
        difference = np.abs(one.maxima.max_depth - other.maxima.max_depth)
        return float(difference.max()), float(np.sqrt((difference**2).mean()))

    for moved, own in zip(apart(local, alike), apart(alike, half), strict=True):
        assert moved < 0.5 * own
    for volume in ("stored_m3", "outflow_m3"):
        own = abs(getattr(alike.book, volume) - getattr(half.book, volume))
        assert getattr(local.book, volume) == pytest.approx(getattr(alike.book, volume), abs=0.5 * own)


def test_threads_give_the_same_bytes() -> None:
    one = _valley(4)
    _run(one, 600.0)
    for threads in (2, 3):
        other = _valley(4, threads=threads)
        _run(other, 600.0)
        assert _all_bytes(other) == _all_bytes(one)


def test_a_run_saved_midway_goes_on_to_the_same_bytes() -> None:
    whole, first, second = _valley(4), _valley(4), _valley(4)
    _run(whole, 800.0)
    _run(first, 430.0)
    assert first.parts > 1
    second.load(first.save())
    _run(second, 800.0)
    assert _all_bytes(second) == _all_bytes(whole)


def test_a_lake_stays_at_rest_beside_a_running_street() -> None:
    """A deep lake behind a bank is fast by its depth; the slow street beside must not set it in motion."""
    bed = np.full((48, 160), 10.0)
    bed[:, 80] = 14.0
    bed[:, :80] = 6.0
    bed[:, 81:] += 0.01 * np.arange(79)[::-1]
    depth = np.where(np.arange(160) < 80, 5.0, 0.0) * np.ones((48, 1))
    flow = SurfaceFlow(bed, 10.0, 0.03, initial_depth=depth, parameters=FlowParameters(most_parts=4))
    rain = np.zeros(bed.shape, np.uint16)
    rain[:, 81:] = 1
    flow.set_rain(rain, np.array([0.0, 60.0 * MM_H]))
    assert max(_run(flow, 900.0)) > 1
    assert flow.maxima.max_speed[:, :80].max() < 1e-4
    assert flow.depth[:, 81:].max() > 5e-3
    assert flow.book.continuity_error < 1e-7


@st.composite
def rough_cases(draw: st.DrawFn) -> dict[str, Any]:
    """Cliffs, films, pits, dry cells and a channel over several tiles: outflow must be limited on either side."""
    rows, cols = draw(st.integers(9, 40)), draw(st.integers(40, 110))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bed = 500.0 + draw(st.sampled_from([0.1, 3.0, 20.0])) * random.random((rows, cols))
    start = draw(st.integers(0, cols - 20))
    bed[:, start : start + 12] = 495.0
    depth = draw(st.sampled_from([0.0, 0.02, 0.3])) * random.random((rows, cols))
    depth[:, start : start + 12] = draw(st.sampled_from([2.0, 4.0]))
    if draw(st.booleans()):
        bed[random.random((rows, cols)) < 0.05] = np.nan
        bed[rows // 2, start + 5] = 495.0
    east: Any = draw(st.sampled_from(["open", "closed", StageSeries(np.array([0.0, 60.0]), np.array([501.0, 503.0]))]))
    return {
        "bed": bed,
        "initial_depth": depth,
        "manning_n": draw(st.sampled_from([0.01, 0.05])),
        "crest_y": np.where(random.random((rows + 1, cols)) < 0.1, 500.0 + 2.0 * random.random(), -np.inf),
        "edges": EdgeConditions(east=east, south=draw(st.sampled_from(["open", "closed"]))),
        "inflows": [
            Inflow((np.array([rows // 2]), np.array([start + 5])), np.zeros(1), np.array([draw(st.floats(0.0, 40.0))]))
        ],
    }


@settings(max_examples=60, deadline=None)
@given(rough_cases(), st.floats(0.0, 1e-4), st.integers(2, 5), st.floats(5.0, 60.0))
def test_no_water_is_lost_between_paces(case: dict[str, Any], rain: float, parts: int, until: float) -> None:
    """Books to 1e-6 (float32 state), no depth below nought, whatever had to be limited on either side."""
    flow = SurfaceFlow(cell_m=10.0, parameters=FlowParameters(most_parts=parts, continuity_limit=1e-6), **case)
    flow.set_rain(None, rain)
    flow.set_loss(ConstantInfiltration(1e-5), drainage_m_s=1e-6)
    _run(flow, until, until / 3.0)
    assert flow.depth.min() >= 0.0
    assert np.isfinite(flow.depth).all()
    assert flow.book.continuity_error < 1e-6


def test_outflow_is_limited_on_both_sides_of_a_border_of_paces() -> None:
    """Cells that would run dry, in short and in long steps: what one does not give, the other does not get."""
    repaired = parts = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        bed = 500.0 + random.random((60, 130))
        bed[:, 40:52] = 495.0
        depth = np.where(random.random(bed.shape) < 0.3, 0.05, 0.0)
        depth[:, 40:52] = 3.0
        flow = SurfaceFlow(bed, 10.0, 0.01, initial_depth=depth, parameters=FlowParameters(most_parts=4))
        flow.set_loss(ConstantInfiltration(2e-5))
        cells = random.choice(bed.size, 300, replace=False)
        flow.put_rate(cells, np.full(300, 0.2))
        for until in np.arange(10.0, 130.0, 10.0):
            before = flow.repaired_cells
            flow.advance(float(until))
            repaired += (flow.repaired_cells - before) * (flow.parts > 1)
            parts = max(parts, flow.parts)
        assert flow.book.continuity_error < 1e-7
        assert flow.depth.min() >= 0.0
    assert parts > 1
    assert repaired > 1000, "the case is to run cells dry"


def test_a_crest_between_paces_passes_as_much_as_comes() -> None:
    """A pond in fast tiles spills over a wall onto slow ground: both sides book the same flow."""
    bed = np.full((48, 160), 500.0)
    bed[:, 40:52] = 495.0
    crest = np.full((48, 161), -np.inf)
    crest[:, 60] = 510.0
    crest[:, 96] = 500.2  # columns 32 to 63 are deep, so those to 95 are fast
    depth = np.zeros(bed.shape)
    depth[:, 40:52], depth[:, 60:96] = 3.0, 0.5
    flow = SurfaceFlow(bed, 10.0, 0.03, initial_depth=depth, crest_x=crest, parameters=FlowParameters(most_parts=4))
    assert max(_run(flow, 300.0)) > 1
    assert flow.flow_x[:, 96].min() > 0.01
    assert flow.book.continuity_error < 1e-7
