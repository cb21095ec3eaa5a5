"""Storage on the ground: it fills first, is booked, never overfills, and is saved and loaded to the byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazards import SurfaceFlow
from hazards.infiltration import Retention
from hazards.surface.losses import ConstantInfiltration

CELL_M = 10.0
DEPTH_EPS = 2.0**-23  # of float32


def _box(storage_m, rate_m_s=0.0, below=None, depth_m=0.0, cells=4):
    flow = SurfaceFlow(np.zeros((cells, cells)), CELL_M, 0.03, initial_depth=depth_m)
    shape = (cells, cells)
    retention = Retention(np.broadcast_to(storage_m, shape), np.broadcast_to(rate_m_s, shape), below)
    flow.set_loss(retention)
    return flow, retention


def test_rain_up_to_the_storage_leaves_the_street_dry_and_the_rest_runs_off():
    flow, retention = _box(0.010)
    flow.set_rain(None, 20.0 / 3.6e6)  # 20 mm/h: the storage is full after half an hour
    flow.advance(1700.0)
    assert float(flow.depth.max()) == 0.0
    flow.advance(3600.0)
    area = 16 * CELL_M**2
    # Kept: exactly the storage; on the street: the other half of 20 mm, to the rounding of a float32 depth per step.
    assert retention.kept_m.sum() * CELL_M**2 == pytest.approx(0.010 * area, rel=1e-6)
    assert flow.book.infiltrated_m3 == pytest.approx(0.010 * area, rel=1e-5)
    assert flow.book.stored_m3 == pytest.approx(0.010 * area, rel=1e-4)
    assert flow.book.continuity_error < 1e-6


def test_the_storage_fills_before_the_soil_and_the_soil_before_the_measure():
    soil_m_s, extra_m_s = 2e-6, 3e-6
    seen = []

    class Soil(ConstantInfiltration):
        def infiltrated(self, actual_m):
            seen.append(float(actual_m[0, 0]))

    retention = Retention(np.full((1, 1), 0.001), np.full((1, 1), extra_m_s), Soil(soil_m_s))
    out = np.empty((1, 1), np.float32)
    retention.potential_rate(0.0, 100.0, out)
    assert float(out[0, 0]) == pytest.approx(0.001 / 100.0 + soil_m_s + extra_m_s, rel=4 * DEPTH_EPS)
    retention.infiltrated(np.full((1, 1), 0.0009, np.float32))
    retention.potential_rate(100.0, 100.0, out)
    retention.infiltrated(np.full((1, 1), 0.0006, np.float32))  # 0.1 mm fill the storage, 0.2 mm are all the soil takes
    assert seen == [0.0, pytest.approx(soil_m_s * 100.0, rel=1e-6)]
    assert float(retention.kept_m[0, 0]) == pytest.approx(0.001, rel=1e-9)


@given(storage=st.floats(0.0, 0.5), rate=st.floats(0.0, 1e-4), soil=st.floats(0.0, 1e-4), depth=st.floats(0.0, 0.5))
def test_water_is_conserved_and_nothing_is_overfilled(storage, rate, soil, depth):
    flow, retention = _box(storage, rate, ConstantInfiltration(soil), depth, cells=2)
    flow.advance(60.0)
    assert float(flow.depth.min()) >= 0.0
    assert float(retention.kept_m.max()) <= storage
    assert flow.book.continuity_error < 1e-6
    gone = 4 * CELL_M**2 * min(depth, storage + (rate + soil) * 60.0)
    # The last millionth of a depth stays: a film below what a float32 step can take.
    assert flow.book.infiltrated_m3 == pytest.approx(gone, rel=1e-4, abs=4 * CELL_M**2 * 1e-6)


def test_a_tank_swallows_its_volume_from_around_and_then_no_more():
    storage = np.zeros((4, 4))
    storage[1, 1] = 0.2 * 16  # as much as lies in the box
    flow, retention = _box(storage, depth_m=0.3)
    flow.advance(3600.0)
    assert retention.kept_m.sum() == pytest.approx(3.2, rel=1e-6)
    assert flow.book.stored_m3 == pytest.approx(0.1 * 16 * CELL_M**2, rel=1e-4)


def test_a_loaded_flow_goes_on_to_the_same_bytes():
    def run(until_s, saved=None):
        flow, _ = _box(0.01, 1e-6, ConstantInfiltration(1e-6), 0.005)
        flow.set_rain(None, 1e-5)
        if saved is not None:
            flow.load(saved)
        flow.advance(until_s)
        return flow

    whole = run(900.0)
    half = run(450.0).save()
    np.testing.assert_array_equal(run(900.0, half).depth, run(900.0, half).depth)
    flow = run(450.0)
    flow.advance(900.0)
    np.testing.assert_array_equal(run(900.0, half).depth, flow.depth)
    assert whole.book.infiltrated_m3 == pytest.approx(flow.book.infiltrated_m3, rel=1e-5)


def test_bad_maps_are_refused():
    with pytest.raises(ValueError, match="storage_m"):
        Retention(np.full((1, 1), -1.0), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="shape"):
        Retention(np.zeros((1, 2)), np.zeros((1, 1)))
    with pytest.raises(ValueError, match="rate_m_s"):
        Retention(np.zeros((1, 1)), np.full((1, 1), np.nan))
