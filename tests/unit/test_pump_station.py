"""Pumping stations: switching by depth and power, what they take, where it goes, restart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import Inflow, SurfaceFlow
from hazards.structures import PumpStation
from tests.windows import run_windows


def _sump(inflow_m3_s: float = 0.0, depth: float = 0.0) -> SurfaceFlow:
    """Two basins of 5 cells of 100 m2, walled off from each other; water comes into the west one."""
    crest = np.full((1, 11), -np.inf)
    crest[0, 5] = np.inf
    deep = np.where(np.arange(10) < 5, depth, 0.0)[None]
    inflows = [Inflow((np.zeros(5, int), np.arange(5)), [0.0], [inflow_m3_s])]
    return SurfaceFlow(np.zeros((1, 10)), 10.0, 0.03, initial_depth=deep, crest_x=crest, inflows=inflows)


def _pump(**options: Any) -> PumpStation:
    given = {"cells": np.arange(5), "rate_m3_s": 0.2, "on_depth_m": 0.3, "off_depth_m": 0.1, **options}
    return PumpStation("P1", **given)


def test_it_switches_on_and_off_by_depth() -> None:
    """500 m2 fed by 0.05 m3/s, pumped at 0.2: 0.3 m after 3000 s, back at 0.1 m after 667 s, up again in 2000 s.

    Water taken is above the lower depth alone, so it stops within a window (5 s) of each switch.
    """
    flow, pump = _sump(0.05), _pump()
    cycle = 100.0 / 0.15 + 100.0 / 0.05
    run_windows(flow, [pump], 2990.0)
    assert not pump.running
    run_windows(flow, [pump], 3020.0)
    assert pump.running
    run_windows(flow, [pump], 3640.0)
    assert pump.running
    run_windows(flow, [pump], 3690.0)
    assert not pump.running
    assert flow.depth[0, :5].min() >= 0.1 - 1e-6
    run_windows(flow, [pump], 3005.0 + 5 * cycle + 100.0)
    assert pump.state["starts"] == 6
    assert pump.state["running_s"] == pytest.approx(5 * 100.0 / 0.15 + 100.0, abs=6 * 10.0)
    assert flow.book.pumped_out_m3 == pytest.approx(pump.state["volume_m3"], rel=1e-12)
    assert flow.book.continuity_error < 1e-6


def test_without_power_it_stands_still_and_says_how_long_it_was_needed() -> None:
    flow, pump = _sump(depth=0.5), _pump(outages=[(0.0, 600.0), (700.0, np.inf)])
    run_windows(flow, [pump], 600.0)
    assert (flow.book.pumped_out_m3, pump.state["lacking_s"]) == (0.0, 600.0)
    run_windows(flow, [pump], 1000.0)
    assert flow.book.pumped_out_m3 == pytest.approx(20.0, rel=1e-9)
    assert (pump.state["running_s"], pump.state["lacking_s"], pump.state["starts"]) == (100.0, 900.0, 1)
    assert pump.change_times_s == (0.0, 600.0, 700.0)


def test_what_it_lifts_comes_out_where_it_should() -> None:
    """All but the water below 0.1 m: 500 m2 x 0.4 m = 200 m3, into the other basin and spread there."""
    flow, pump = _sump(depth=0.5), _pump(to_cell=9)
    run_windows(flow, [pump], 300.0)
    assert pump.held_m3(300.0) == pytest.approx(0.0, abs=1e-9)
    assert flow.book.pumped_in_m3 == pytest.approx(60.0, rel=1e-9)
    run_windows(flow, [pump], 3600.0)
    assert flow.book.pumped_in_m3 == pytest.approx(200.0, rel=1e-6)
    np.testing.assert_allclose(flow.depth[0, 5:], 0.4, atol=2e-3)


def test_windows_that_turn_out_longer_than_told_lose_no_water() -> None:
    flow, pump = _sump(depth=0.5), _pump(to_cell=9)
    for now in np.arange(0.0, 700.0, 7.0):
        pump.act(flow, now, 5.0)
        flow.advance(now + 7.0)
        assert abs(pump.held_m3(now + 7.0)) <= 0.2 * 7.0
        total = flow.book.stored_m3 + pump.held_m3(now + 7.0)
        assert total == pytest.approx(250.0, rel=1e-7)


def test_a_node_is_handed_what_was_taken() -> None:
    flow, pump = _sump(depth=0.5), _pump(node=3)
    pump.act(flow, 0.0, 5.0)
    assert (pump.node, pump.delivered_m3_s) == (3, pytest.approx(0.2))
    empty = _pump(node=3)
    empty.act(_sump(), 0.0, 5.0)
    assert empty.delivered_m3_s == 0.0
    away = _pump()
    away.act(flow, 5.0, 5.0)
    assert (away.node, away.delivered_m3_s) == (None, 0.0)


def test_a_loaded_station_goes_on_to_the_same_bytes() -> None:
    whole = _sump(0.05, depth=0.29), _pump(to_cell=9, outages=[(500.0, 600.0)])
    run_windows(whole[0], [whole[1]], 450.0)
    kept = whole[0].save(), whole[1].save()
    fresh = _sump(0.05, depth=0.29), _pump(to_cell=9, outages=[(500.0, 600.0)])
    fresh[0].load(kept[0])
    fresh[1].load(kept[1])
    for flow, pump in (whole, fresh):
        run_windows(flow, [pump], 2000.0)
    assert whole[0].depth.tobytes() == fresh[0].depth.tobytes()
    assert whole[1].state == fresh[1].state
    assert whole[1].state["starts"] >= 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"on_depth_m": 0.1},
        {"off_depth_m": -0.1},
        {"rate_m3_s": -1.0},
        {"rate_m3_s": np.nan},
        {"cells": np.zeros(0, int)},
        {"to_cell": 1, "node": 2},
        {"outages": [(5.0, 5.0)]},
    ],
)
def test_what_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"pumping station|rate_m3_s|off_depth_m|outage"):
        _pump(**wrong)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.001, 5.0), st.floats(0.0, 0.5), st.floats(0.5, 30.0))
def test_pumps_conserve_water(seed: int, rate: float, off: float, window: float) -> None:
    """Any ground, stations that share cells and lift to each other: never negative, every litre accounted for."""
    random = np.random.default_rng(seed)
    flow = SurfaceFlow(random.random((6, 7)), 5.0, 0.03, initial_depth=random.random((6, 7)))
    pumps = [
        PumpStation(
            f"P{k}",
            random.choice(42, 4, replace=False),
            rate,
            on_depth_m=off + 0.1,
            off_depth_m=off,
            to_cell=int(random.integers(42)) if k else None,
            outages=[(20.0, 40.0)] if k == 2 else [],
        )
        for k in range(4)
    ]
    run_windows(flow, pumps, 100.0, window)
    book = flow.book
    assert flow.depth.min() >= 0.0
    assert book.pumped_out_m3 == pytest.approx(sum(pump.state["volume_m3"] for pump in pumps), rel=1e-9)
    inside = book.stored_m3 + sum(pump.held_m3(100.0) for pump in pumps[1:])
    assert inside + pumps[0].state["volume_m3"] == pytest.approx(book.initial_m3, rel=1e-6)
