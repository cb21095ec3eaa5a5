from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import ConstantInfiltration, EdgeConditions, FlowParameters, Inflow, StageSeries, SurfaceFlow, Tracking

EDGES = st.sampled_from(["closed", "open", StageSeries([0.0, 300.0], [1.0, 3.0])])


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Rough beds with holes, walls, films and pools, any edges: what a city could hold and worse."""
    rows, cols = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    relief = draw(st.sampled_from([0.01, 1.0, 20.0]))
    bed = 500.0 + relief * random.random((rows, cols))
    if rows * cols > 4 and draw(st.booleans()):
        bed[random.random((rows, cols)) < 0.1] = np.nan
        bed[rows // 2, cols // 2] = 500.0
    crest_x = np.where(random.random((rows, cols + 1)) < 0.2, 500.0 + 2.0 * relief * random.random(), -np.inf)
    edges = {side: draw(EDGES) for side in ("west", "east", "north", "south")}
    edges = {
        side: StageSeries(e.time_s, e.stage_m + 500.0) if not isinstance(e, str) else e for side, e in edges.items()
    }
    return {
        "bed": bed,
        "cell_m": draw(st.sampled_from([1.0, 10.0])),
        "manning_n": draw(st.sampled_from([0.01, 0.03, 0.2])),
        "initial_depth": draw(st.sampled_from([0.0, 0.02, 2.0])) * random.random((rows, cols)),
        "crest_x": crest_x,
        "edges": EdgeConditions(**edges),
        "inflows": [
            Inflow((np.array([rows // 2]), np.array([cols // 2])), [0.0, 60.0], [0.0, draw(st.floats(0.0, 5.0))])
        ],
    }


@settings(max_examples=150, deadline=None)
@given(cases(), st.floats(0.0, 1e-3), st.floats(0.0, 1e-4), st.floats(1.0, 200.0))
def test_water_is_conserved_and_never_negative(case: dict[str, Any], rain: float, loss: float, until: float) -> None:
    """Whatever the ground: books to 1e-6 (float32 state), h >= 0, nothing infinite."""
    flow = SurfaceFlow(**case, parameters=FlowParameters(continuity_limit=1e-6))
    flow.set_rain(None, rain)
    flow.set_loss(ConstantInfiltration(loss), drainage_m_s=loss)
    flow.advance(until)
    assert flow.depth.min() >= 0.0
    assert np.isfinite(flow.depth).all()
    assert flow.book.continuity_error < 1e-6
    assert flow.time_s == until
    assert flow.depth[~flow.inside].sum() == 0.0


def _rough(rows: int, cols: int, **options: Any) -> SurfaceFlow:
    random = np.random.default_rng(3)
    bed = (
        500.0 + np.add.outer(np.linspace(3.0, 0.0, rows), 0.5 * random.random(cols)) + 0.3 * random.random((rows, cols))
    )
    crest = np.where(random.random((rows + 1, cols)) < 0.02, 503.0, -np.inf)
    inflow = Inflow((np.arange(20, 24), np.full(4, 5)), [0.0], [6.0])
    flow = SurfaceFlow(
        bed,
        10.0,
        0.03,
        crest_y=crest,
        inflows=[inflow],
        edges=EdgeConditions(south="open"),
        tracking=Tracking(0.15),
        **options,
    )
    flow.set_rain(None, 60.0 / 3.6e6)
    flow.set_loss(ConstantInfiltration(1e-6), drainage_m_s=2e-6)
    flow.advance(900.0)
    return flow


def _all_bytes(flow: SurfaceFlow) -> bytes:
    maxima = flow.maxima
    arrays = (flow.depth, flow.flow_x, flow.flow_y, *vars(maxima).values())
    return b"".join(np.ascontiguousarray(a).tobytes() for a in arrays) + repr(flow.book).encode()


def test_one_and_more_threads_give_the_same_bytes() -> None:
    """Also with blocks of other heights, and again with the same."""
    one = _all_bytes(_rough(150, 90, threads=1))
    for threads in (1, 2, 3):
        assert _all_bytes(_rough(150, 90, threads=threads)) == one


def test_mirrored_ground_gives_mirrored_water() -> None:
    """East-west and north-south images are equal; transposed ground agrees within what half the step changes too.

    Friction on southward flow sees the old eastward flow, friction on eastward flow the new southward one.
    """
    y, x = np.mgrid[0:40, 0:40].astype(float)
    bed = 0.02 * x + 0.3 * np.sin(x / 5.0) + 0.3 * np.cos(y / 7.0 + x / 9.0)
    depth = np.exp(-((x - 18.0) ** 2 + (y - 22.0) ** 2) / 30.0)

    def run(ground: np.ndarray, water: np.ndarray) -> np.ndarray:
        flow = SurfaceFlow(ground, 10.0, 0.05, initial_depth=water)
        flow.advance(300.0)
        return flow.depth.copy()

    plain = run(bed, depth)
    assert run(bed[:, ::-1], depth[:, ::-1])[:, ::-1] == pytest.approx(plain, abs=1e-5)
    assert run(bed[::-1], depth[::-1])[::-1] == pytest.approx(plain, abs=1e-5)
    transposed = run(bed.T, depth.T).T
    assert transposed == pytest.approx(plain, abs=0.015)


def test_outflow_of_a_cell_is_held_to_its_water() -> None:
    """A pool on a needle of rock runs off at once: it is limited, nothing falls below zero, nothing is lost."""
    bed = np.zeros((9, 9))
    bed[4, 4] = 50.0
    depth = np.zeros((9, 9))
    depth[4, 4] = 2.0
    flow = SurfaceFlow(bed, 1.0, 0.01, initial_depth=depth, parameters=FlowParameters(continuity_limit=1e-6))
    flow.advance(20.0)
    assert flow.repaired_cells > 0
    assert flow.depth.min() >= 0.0
    assert flow.book.stored_m3 == pytest.approx(2.0, rel=1e-6)


def test_advance_lands_and_refuses_to_go_back() -> None:
    flow = SurfaceFlow(np.zeros((3, 3)), 10.0, 0.03, initial_depth=1.0)
    for until in (0.1, 7.77, 7.77, 60.0):
        flow.advance(until)
        assert flow.time_s == until
    with pytest.raises(ValueError, match="until_s"):
        flow.advance(1.0)


def test_water_spreads_alike_along_and_across_the_raster() -> None:
    """A point inflow on a plain: as deep 14.1 cells off along the diagonal as along the axis, to 1 %.

    Friction taken by the component alone lets diagonal flow run too easily (4 % here).
    """
    inflow = Inflow((np.array([40]), np.array([40])), [0.0], [20.0])
    flow = SurfaceFlow(np.zeros((81, 81)), 10.0, 0.05, inflows=[inflow])
    flow.advance(3600.0)
    along = np.interp(np.hypot(10.0, 10.0), np.arange(41), flow.depth[40, 40:])
    assert flow.depth[50, 50] == pytest.approx(along, rel=0.01)
