"""Infiltration by land cover: classes, limits by the water there, books, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import SurfaceFlow
from hazards.infiltration import ConstantLoss, GreenAmpt, Horton, LandCoverInfiltration, NoLoss

MODELS = {
    1: NoLoss(),
    2: ConstantLoss(2e-6),
    3: Horton(2e-5, 3e-6, 1e-3),
    4: GreenAmpt(2e-6, 0.15, 0.3),
    5: Horton(1e-5, 0.0, 5e-4),
}
COVER = np.array([[1, 2, 3], [4, 5, 2]], np.uint8)


def _rate(ground, dt=5.0, shape=(2, 3)):
    out = np.full(shape, np.nan, np.float32)
    ground.potential_rate(0.0, dt, out)
    return out


def test_each_class_follows_its_own_model() -> None:
    """First second of fresh ground: nothing, the rate, f0 (less its decay), sqrt(2 K S) for Green-Ampt."""
    rate = _rate(LandCoverInfiltration(COVER, MODELS), dt=1.0)
    assert rate[0, 0] == 0.0
    assert rate[0, 1] == rate[1, 2] == np.float32(2e-6)
    assert rate[0, 2] == pytest.approx(2e-5, rel=1e-3)
    assert rate[1, 1] == pytest.approx(1e-5, rel=1e-3)
    assert rate[1, 0] == pytest.approx(np.sqrt(2 * 2e-6 * 0.045), rel=1e-2)


def test_ground_without_water_keeps_its_thirst() -> None:
    ground = LandCoverInfiltration(COVER, MODELS)
    first = _rate(ground)
    for _ in range(50):
        ground.infiltrated(np.zeros((2, 3), np.float32))
        np.testing.assert_array_equal(_rate(ground), first)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 900), st.floats(0, 1)), min_size=1, max_size=20))
def test_capacity_only_falls_and_never_below_its_end(steps) -> None:
    """Any supply: rates stay finite, never rise at equal step, never fall below the final rate or K."""
    ground = LandCoverInfiltration(COVER, MODELS)
    before = _rate(ground, dt=5.0)
    for dt, share in steps:
        went_in = _rate(ground, dt) * np.float32(dt * share)
        ground.infiltrated(went_in)
        now = _rate(ground, dt=5.0)
        assert np.all(np.isfinite(now))
        assert np.all(now <= before * np.float32(1 + 1e-6))
        assert np.all(now >= np.array([[0, 2e-6, 3e-6], [2e-6, 0, 2e-6]], np.float32) * np.float32(1 - 1e-6))
        before = now


def test_a_horton_cell_never_decays_faster_than_under_standing_water() -> None:
    """With a step of three decay times the approximation would overshoot; it is held at exp(-k dt)."""
    part, full = (LandCoverInfiltration(np.array([[5]], np.uint8), MODELS) for _ in range(2))
    rate = _rate(part, 6000.0, (1, 1))
    _rate(full, 6000.0, (1, 1))
    part.infiltrated(rate * np.float32(0.97 * 6000.0))
    full.infiltrated(rate * np.float32(6000.0))
    assert _rate(part, 1.0, (1, 1)) >= _rate(full, 1.0, (1, 1)) > 0.0


def test_books_of_flow_and_ground_agree() -> None:
    """Rain on a closed tilted plane: what the flow booked is what the ground took (float32 sums, 1e-5)."""
    generator = np.random.default_rng(5)
    cover = generator.integers(1, 6, (20, 30)).astype(np.uint8)
    ground = LandCoverInfiltration(cover, MODELS)
    bed = 500.0 + 0.01 * np.arange(30)[None, :] * np.ones((20, 1))
    flow = SurfaceFlow(bed, 10.0, 0.03)
    flow.set_loss(ground)
    flow.set_rain(None, np.array([5e-6]))
    flow.advance(1800.0)
    flow.set_rain(None, np.array([0.0]))
    flow.advance(3600.0)
    book, taken = flow.book, ground.infiltrated_m.sum(dtype=float) * 100.0
    rain = 5e-6 * 1800.0 * 600 * 100.0
    assert book.infiltrated_m3 == pytest.approx(taken, rel=1e-5)
    assert 0.2 * rain < taken < rain
    assert book.stored_m3 == pytest.approx(rain - taken, abs=1e-5 * rain)
    assert np.all(ground.infiltrated_m[cover == 1] == 0.0)


def test_cells_outside_take_nothing_and_need_no_model() -> None:
    cover = np.array([[2, 99]], np.uint8)
    with pytest.raises(ValueError, match="code 99"):
        LandCoverInfiltration(cover, MODELS)
    cover = np.array([[2, 99, 2, 3]], np.uint8)
    ground = LandCoverInfiltration(cover, MODELS, inside=np.array([[True, False, False, False]]))
    assert _rate(ground, shape=(1, 4)).tolist() == [[pytest.approx(2e-6), 0.0, 0.0, 0.0]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: GreenAmpt(-1.0, 0.1, 0.3), "conductivity_m_s"),
        (lambda: GreenAmpt(1e-6, np.nan, 0.3), "suction_m"),
        (lambda: GreenAmpt(1e-6, 0.1, 1.1), "moisture_deficit"),
        (lambda: Horton(1e-6, 2e-6, 1e-3), "final_m_s"),
        (lambda: Horton(2e-6, 1e-6, -1e-3), "decay_1_s"),
        (lambda: ConstantLoss(-1e-9), "rate_m_s"),
        (lambda: LandCoverInfiltration(COVER, MODELS).potential_rate(0.0, 5.0, np.zeros((2, 3))), "float32"),
        (
            lambda: LandCoverInfiltration(COVER, MODELS).infiltrated(np.zeros((3, 2), np.float32).T),
            "contiguous",
        ),
    ],
)
def test_bad_ground_is_refused(call, words) -> None:
    with pytest.raises(ValueError, match=words):
        call()
