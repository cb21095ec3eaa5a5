from __future__ import annotations

import numpy as np
import pytest

from data.errors import RunStopped
from hazards import ConstantInfiltration, FlowParameters, SurfaceFlow, Tracking
from hazards.surface.book import hazard_of_maxima

AIDR = Tracking(
    ponding_depth_m=0.15,
    hazard_depth_speed_m2_s=(0.3, 0.6, 0.6, 1.0, 4.0),
    hazard_depth_m=(0.3, 0.5, 1.2, 2.0, 4.0),
    hazard_speed_m_s=(2.0, 2.0, 2.0, 2.0, 4.0),
)


class Recorder:
    """Infiltration that writes down what it was asked and told."""

    def __init__(self, rate_m_s: float) -> None:
        self.rate = rate_m_s
        self.asked_s = 0.0
        self.taken_m = np.zeros((4, 5))

    def potential_rate(self, time_s: float, dt_s: float, out: np.ndarray) -> None:
        assert time_s == pytest.approx(self.asked_s)
        self.asked_s += dt_s
        out[...] = self.rate

    def infiltrated(self, actual_m: np.ndarray) -> None:
        self.taken_m += actual_m


def test_rain_infiltration_and_drainage_share_the_water() -> None:
    """36 mm/h of rain for an hour, 7.2 into the ground, 10.8 into drains, 18 mm stay."""
    flow = SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03)
    flow.set_rain(None, 1e-5)
    flow.set_loss(ConstantInfiltration(2e-6), drainage_m_s=3e-6)
    flow.advance(3600.0)
    book = flow.book
    assert book.rain_m3 == pytest.approx(72.0, rel=1e-7)
    assert book.infiltrated_m3 == pytest.approx(14.4, rel=1e-6)
    assert book.drained_m3 == pytest.approx(21.6, rel=1e-6)
    assert book.stored_m3 == pytest.approx(36.0, rel=1e-6)
    assert book.continuity_error < 1e-7


def test_losses_take_no_more_than_there_is_and_the_ground_is_told() -> None:
    ground = Recorder(1e-4)
    flow = SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03, initial_depth=0.01)
    flow.set_rain(None, 1e-5)
    flow.set_loss(ground, drainage_m_s=1.0)
    flow.advance(1000.0)
    book = flow.book
    assert ground.asked_s == pytest.approx(1000.0)
    assert ground.taken_m.sum() * 100.0 == pytest.approx(book.infiltrated_m3, rel=1e-6)
    assert book.infiltrated_m3 + book.drained_m3 == pytest.approx(20.0 + 20.0, rel=1e-6)
    assert flow.depth.max() == 0.0
    assert book.stored_m3 == pytest.approx(0.0, abs=1e-9)


def test_rain_changes_when_told_and_falls_by_zone() -> None:
    zone = np.zeros((4, 5), np.uint16)
    zone[:, 3:] = 1
    flow = SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03)
    flow.set_rain(zone, np.array([1e-5, 2e-5]))
    flow.advance(101.3)
    assert flow.book.rain_m3 == pytest.approx((12 * 1e-5 + 8 * 2e-5) * 100.0 * 101.3, rel=1e-7)
    flow.set_rain(None, 0.0)
    flow.advance(200.0)
    assert flow.book.rain_m3 == pytest.approx((12 * 1e-5 + 8 * 2e-5) * 100.0 * 101.3, rel=1e-7)
    with pytest.raises(ValueError, match="zone must lie"):
        flow.set_rain(zone + 5, np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="rate_m_s"):
        flow.set_rain(None, -1.0)


def test_ponding_times_of_a_filling_and_draining_basin() -> None:
    """0.6 m/h of rain passes 0.15 m after 900 s; drains of 0.6 m/h take it back below after 3600 + 2700 s."""
    flow = SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03, tracking=AIDR)
    rate = 0.6 / 3600.0
    flow.set_rain(None, rate)
    flow.advance(3600.0)
    flow.set_rain(None, 0.0)
    flow.set_loss(drainage_m_s=rate)
    flow.advance(9000.0)
    maxima, step = flow.maxima, flow.parameters.tracking_step_s + flow.parameters.hydrology_step_s
    assert maxima.max_depth == pytest.approx(0.6, rel=1e-5)
    assert np.abs(maxima.arrival_s - 900.0).max() <= step
    assert np.abs(maxima.last_ponded_s - 6300.0).max() <= step
    assert np.abs(maxima.ponded_s - 5400.0).max() <= 2 * step
    assert (maxima.max_hazard == 3).all()


def test_cells_that_never_pond_have_no_times() -> None:
    flow = SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03, tracking=AIDR, initial_depth=0.1)
    flow.advance(60.0)
    assert np.isnan(flow.maxima.arrival_s).all()
    assert np.isnan(flow.maxima.last_ponded_s).all()
    assert flow.maxima.ponded_s.max() == 0.0


def test_hazard_of_maxima_is_the_class_of_the_worst_quantity() -> None:
    depth = np.array([0.0, 0.3, 0.31, 0.2, 0.2, 5.0], np.float32)
    speed = np.array([0.0, 0.5, 0.5, 2.5, 0.5, 0.0], np.float32)
    product = np.array([0.0, 0.15, 0.16, 0.5, 0.61, 0.0], np.float32)
    assert hazard_of_maxima(depth, speed, product, AIDR, 1e-3).tolist() == [0, 1, 2, 5, 4, 6]


def test_maxima_bound_what_is_seen_and_speed_matches_the_flow() -> None:
    bed = np.repeat(np.linspace(2.0, 0.0, 40)[None], 3, axis=0)
    flow = SurfaceFlow(bed, 5.0, 0.03, initial_depth=np.where(np.arange(40) < 8, 1.0, 0.0) * np.ones((3, 1)))
    for until in np.arange(10.0, 200.0, 10.0):
        flow.advance(until)
        maxima = flow.maxima
        assert (maxima.max_depth >= flow.depth).all()
        assert (maxima.max_speed >= np.hypot(flow.speed_x, flow.speed_y) * 0.9999).all()
    assert maxima.max_depth_speed.max() > 0.1
    assert flow.speed_x.max() > 0.0


def test_a_depth_that_is_no_number_stops_the_run_and_says_where() -> None:
    flow = SurfaceFlow(np.zeros((20, 20)), 10.0, 0.03, initial_depth=0.5)
    flow.advance(10.0)
    flow.depth[7, 9] = np.nan
    with pytest.raises(RunStopped, match="row") as stopped:
        flow.advance(60.0)
    row, col = (int(word.split()[1]) for word in stopped.value.place.split(", "))
    assert abs(row - 7) + abs(col - 9) <= 1
    assert 10.0 <= stopped.value.time_s < 60.0


def test_lost_water_stops_the_run() -> None:
    flow = SurfaceFlow(np.zeros((20, 20)), 10.0, 0.03, initial_depth=0.5)
    flow.depth[3, 3] += 1.0
    with pytest.raises(RunStopped, match="water balance"):
        flow.advance(10.0)


@pytest.mark.parametrize(
    "bad",
    [
        {"courant": 0.0},
        {"courant": 1.5},
        {"longest_step_s": -1.0},
        {"shortest_step_s": 100.0},
    ],
)
def test_bad_parameters_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        FlowParameters(**bad)
    with pytest.raises(ValueError, match="equally long"):
        Tracking(hazard_depth_m=(1.0,))
    with pytest.raises(ValueError, match="not fall"):
        Tracking(hazard_depth_m=(2.0, 1.0), hazard_speed_m_s=(1.0, 2.0), hazard_depth_speed_m2_s=(1.0, 2.0))
