"""Water that must not move, and rain that must not get lost."""

from __future__ import annotations

import numpy as np
import pytest

from hazards import FlowParameters, SurfaceFlow
from tests.shared_data import shared
from tests.verification.surface_cases import MM_H, three_humps


def _check_rest(bed: np.ndarray, depth: np.ndarray, speed_gate: float = 1e-4) -> None:
    """Gate: 1e-4 m/s and 1e-6 of the volume, the bounds of a float32 state after some 2500 steps."""
    flow = SurfaceFlow(bed, 1.0, 0.04, initial_depth=depth)
    before = flow.depth.copy()
    flow.advance(600.0)
    assert flow.maxima.max_speed.max() < speed_gate
    assert np.array_equal(flow.depth > 0.0, before > 0.0)
    assert flow.book.continuity_error < 1e-6


def test_lake_among_dry_humps_stays_at_rest() -> None:
    bed = three_humps()
    _check_rest(bed, np.maximum(0.875 - bed, 0.0))


def test_lake_stays_at_rest_500_m_above_the_lowest_bed() -> None:
    """The bed itself is rounded to 3e-5 m there, so the lake starts that much out of level: twice sqrt(g/h) of it."""
    bed = three_humps() + 520.0
    depth = np.maximum(520.875 - bed, 0.0)
    bed[:2, :2] = 530.0
    bed[0, 0] = 20.0
    depth[:2, :2] = 0.0
    _check_rest(bed, depth, speed_gate=2.0 * np.sqrt(9.81 / 0.875) * np.spacing(np.float32(500.0)))


def test_published_humps_stay_at_rest() -> None:
    bed = np.loadtxt(shared("uos_humps", "humps.dem"), skiprows=6)
    depth = np.loadtxt(shared("uos_humps", "humps_cp.wd"), skiprows=6)
    if depth.max() < 0.9:  # the file holds the stage over the bed it floods
        depth = np.where(bed < 0.875, np.maximum(0.875 - bed, 0.0), 0.0)
    _check_rest(bed, depth)


@pytest.mark.parametrize("initial_m", [0.0, 5.0])
def test_a_day_of_rain_is_kept_in_float32(initial_m: float) -> None:
    """10 mm/h for 24 h are 0.240 m, to 1e-5: each 5 s bring 1.4e-5 m, 30 units in the last place of a 5 m depth."""
    flow = SurfaceFlow(np.zeros((6, 7)), 10.0, 0.03, initial_depth=initial_m)
    flow.set_rain(None, 10.0 * MM_H)
    flow.advance(86400.0)
    rise = flow.depth.astype(np.float64) - initial_m
    ulp = float(np.spacing(np.float32(initial_m + 0.24)))
    assert np.abs(rise / 0.240 - 1.0).max() < 1e-5 + ulp / 0.240
    assert flow.book.rain_m3 == pytest.approx(0.240 * 42 * 100, rel=1e-9)
    assert flow.book.continuity_error < 1e-7


def test_drizzle_below_half_a_unit_in_the_last_place_is_kept() -> None:
    """1 mm/h in steps of 0.5 s is 1.4e-7 m on 8 m of water, where float32 resolves 9.5e-7 m."""
    parameters = FlowParameters(longest_step_s=0.5, hydrology_step_s=0.5)
    flow = SurfaceFlow(np.zeros((4, 4)), 10.0, 0.03, initial_depth=8.0, parameters=parameters)
    flow.set_rain(None, 1.0 * MM_H)
    flow.advance(3600.0)
    assert flow.book.stored_m3 - flow.book.initial_m3 == pytest.approx(1e-3 * 1600.0, rel=1e-5)
    assert np.abs(flow.depth.astype(float) - 8.001).max() < 1e-6


def test_cloudburst_on_a_steep_plane_stays_finite_and_wet() -> None:
    """72 mm/min on a fall of 1 m per 1 m cell: finite, h >= 0, volume to 1e-5 (itzi's steep plane)."""
    bed = np.repeat(np.arange(20.0, 0.0, -1.0)[None], 10, axis=0)
    flow = SurfaceFlow(bed, 1.0, 0.03)
    flow.set_rain(None, 0.072 / 60.0)
    for until in (0.1, 60.0):
        flow.advance(until)
        assert np.isfinite(flow.depth).all()
        assert flow.depth.min() >= 0.0
        assert flow.book.stored_m3 == pytest.approx(0.0012 * until * 200.0, rel=1e-5)
    assert np.isfinite(flow.maxima.max_speed).all()


def _roughness_of_a_noisy_lake(parameters: FlowParameters) -> float:
    """Largest distance (m) of the water surface from its four neighbours' mean, two hours after noise on the depth."""
    x, y = np.meshgrid(np.arange(60) * 10.0, np.arange(60) * 10.0)
    bed = -2.0 * np.exp(-(((x - 250.0) / 90.0) ** 2 + ((y - 350.0) / 90.0) ** 2))
    noise = 1.0 + 0.02 * np.random.default_rng(1).standard_normal(bed.shape)
    flow = SurfaceFlow(
        bed, 10.0, 0.01, parameters=parameters, initial_depth=np.maximum(-0.3 - bed, 0.0) * np.abs(noise)
    )
    flow.advance(7200.0)
    level = bed + flow.depth
    around = 0.25 * (level[:-2, 1:-1] + level[2:, 1:-1] + level[1:-1, :-2] + level[1:-1, 2:])
    deep = flow.depth[1:-1, 1:-1] > 0.2
    return float(np.abs(level[1:-1, 1:-1] - around)[deep].max())


def test_short_waves_fade() -> None:
    """A noisy lake comes to rest: below 1 mm, a twentieth of the noise; without the lead it breaks up."""
    assert _roughness_of_a_noisy_lake(FlowParameters()) < 1e-3
    assert _roughness_of_a_noisy_lake(FlowParameters(lead_share=1e-9)) > 1e-2
