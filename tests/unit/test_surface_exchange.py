"""Water taken from cells and put on them while the surface runs: amounts, books, step length, what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import ConstantInfiltration, FlowParameters, SurfaceFlow


def _pond(**options: Any) -> SurfaceFlow:
    """4 x 5 cells of 100 m2 under 0.1 m."""
    return SurfaceFlow(np.zeros((4, 5)), 10.0, 0.03, initial_depth=0.1, **options)


def test_no_more_is_taken_than_lies_there_and_in_order() -> None:
    """10 m3 lie in each cell; the third entry names the first cell again and gets what the first left."""
    flow = _pond()
    taken = flow.take(np.array([7, 3, 7]), np.array([6.0, 25.0, 6.0]))
    np.testing.assert_allclose(taken, [6.0, 10.0, 4.0], rtol=1e-7)  # 0.1 m in float32 and its residue
    assert flow.depth[1, 2] == flow.depth[0, 3] == 0.0
    assert flow.book.to_sewers_m3 == pytest.approx(taken.sum(), rel=1e-12)
    assert flow.book.stored_m3 == pytest.approx(200.0 - 20.0, rel=1e-7)
    assert flow.book.continuity_error < 1e-12


def test_pumps_have_books_of_their_own() -> None:
    flow = _pond()
    flow.take(np.array([0]), np.array([5.0]), account="pumps")
    flow.put_rate(np.array([19]), np.array([0.05]), account="pumps")
    flow.put_rate(np.array([19, 10]), np.array([0.01, 0.02]))
    flow.advance(100.0)
    book = flow.book
    assert (book.to_sewers_m3, book.pumped_out_m3) == (0.0, 5.0)
    assert book.pumped_in_m3 == pytest.approx(5.0, rel=1e-12)
    assert book.from_sewers_m3 == pytest.approx(3.0, rel=1e-12)
    assert (book.volume_in_m3, book.volume_out_m3) == pytest.approx((8.0, 5.0), rel=1e-12)
    assert book.continuity_error < 1e-9
    assert book.stored_m3 == pytest.approx(203.0, rel=1e-7)  # 0.1 m is rounded to float32


def test_a_rate_holds_until_it_is_set_again() -> None:
    flow = _pond()
    flow.put_rate(np.array([4, 4]), np.array([0.1, 0.3]))
    flow.advance(50.0)
    assert flow.book.from_sewers_m3 == pytest.approx(20.0, rel=1e-12)
    flow.put_rate(np.array([4, 4]), np.array([0.0, 0.1]))
    flow.advance(60.0)
    assert flow.book.from_sewers_m3 == pytest.approx(21.0, rel=1e-12)
    flow.put_rate(np.zeros(0, int), np.zeros(0))
    flow.advance(100.0)
    assert flow.book.from_sewers_m3 == pytest.approx(21.0, rel=1e-12)


def test_owners_of_one_account_do_not_touch_each_other() -> None:
    flow = _pond()
    flow.put_rate(np.array([4]), np.array([0.1]), "pumps", "east")
    flow.put_rate(np.array([4, 5]), np.array([0.2, 0.3]), "pumps", "west")
    flow.advance(10.0)
    flow.put_rate(np.array([4]), np.array([0.0]), "pumps", "east")
    flow.advance(20.0)
    assert flow.book.pumped_in_m3 == pytest.approx(0.6 * 10.0 + 0.5 * 10.0, rel=1e-12)


def test_taking_nothing_changes_nothing() -> None:
    one, other = _pond(), _pond()
    for flow in (one, other):
        flow.put_rate(np.array([6]), np.array([0.2]))
        flow.advance(7.0)
        if flow is other:
            assert flow.take(np.arange(20), np.zeros(20)).sum() == 0.0
        flow.advance(60.0)
    assert one.depth.tobytes() == other.depth.tobytes()
    assert one.steps == other.steps


def test_a_strong_source_on_dry_ground_shortens_the_step() -> None:
    """5 m3/s on one of 101 x 101 dry cells of 1 m: without the limit the first step (5 s) would heap up 25 m."""
    flow = SurfaceFlow(np.zeros((101, 101)), 1.0, 0.03, parameters=FlowParameters(continuity_limit=1e-6))
    flow.put_rate(np.array([50 * 101 + 50, 50 * 101 + 50]), np.array([2.0, 3.0]))
    flow.advance(20.0)
    assert flow.maxima.max_depth.max() < 1.5  # a head that drives 5 m3/s over 4 m of rim: (1.25 / 1.705)^(2/3) = 0.8
    np.testing.assert_allclose(flow.depth, flow.depth[::-1], atol=1e-3)  # it spreads to all sides alike
    assert flow.book.from_sewers_m3 == pytest.approx(100.0, rel=1e-12)


class Counter(ConstantInfiltration):
    """Constant infiltration that counts how often it is asked, and for how long."""

    asked = 0
    covered_s = 0.0

    def potential_rate(self, time_s: float, dt_s: float, out: np.ndarray) -> None:
        assert time_s == pytest.approx(self.covered_s)
        self.asked += 1
        self.covered_s += dt_s
        super().potential_rate(time_s, dt_s, out)


def test_many_stops_do_not_cut_the_rain_short_where_it_is_known_to_hold() -> None:
    """120 stops in 300 s: asked each time for rain and losses, or every 10 s where the rain's end is told."""
    flows, grounds = [_pond(), _pond()], [Counter(1e-5), Counter(1e-5)]
    for flow, ground, told in zip(flows, grounds, (None, 300.0), strict=True):
        flow.set_rain(None, 5e-5)
        flow.set_loss(ground)
        for stop in np.arange(2.5, 301.0, 2.5):
            flow.advance(float(stop), told)
        assert flow.time_s == ground.covered_s == pytest.approx(300.0)
        assert flow.book.rain_m3 == pytest.approx(5e-5 * 300.0 * 2000.0, rel=1e-7)
        assert flow.book.continuity_error < 1e-7
    assert [ground.asked for ground in grounds] == [120, 30]
    np.testing.assert_allclose(flows[0].depth, flows[1].depth, rtol=1e-6)


@pytest.mark.parametrize(
    ("cell", "volume", "account"),
    [
        ([20], [1.0], "sewers"),
        ([-1], [1.0], "sewers"),
        ([0], [1.0], "sewers"),  # outside: the bed is not known
        ([1], [-1.0], "sewers"),
        ([1], [np.nan], "sewers"),
        ([1], [np.inf], "sewers"),
        ([1, 2], [1.0], "sewers"),
        ([1], [1.0], "sponge"),
    ],
)
def test_what_is_refused(cell: list[int], volume: list[float], account: str) -> None:
    bed = np.zeros((4, 5))
    bed[0, 0] = np.nan
    flow = SurfaceFlow(bed, 10.0, 0.03, initial_depth=0.1)
    before = flow.book
    for act in (flow.take, flow.put_rate):
        with pytest.raises(ValueError, match=r"cell|rate_m3_s|account"):
            act(np.array(cell), np.array(volume), account)
    flow.advance(10.0)
    assert flow.book == before


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.floats(0.5, 60.0), st.floats(1e-6, 10.0))
def test_exchange_conserves_water(seed: int, windows: int, window_s: float, size: float) -> None:
    """Any amounts on any ground: never negative; what is taken leaves to 1e-12 (float32 + residue); books to 1e-6."""
    random = np.random.default_rng(seed)
    bed = 500.0 + random.random((6, 7)) * random.choice([0.01, 1.0, 10.0])
    bed[random.random((6, 7)) < 0.1] = np.nan
    bed[3, 3] = 500.0
    flow = SurfaceFlow(bed, 5.0, 0.03, initial_depth=random.random((6, 7)))
    inside = np.flatnonzero(flow.inside)
    for window in range(1, windows + 1):
        for account in ("sewers", "pumps"):
            cell = random.choice(inside, 10)
            wanted = size * random.random(10)
            stored = flow.book.stored_m3
            taken = flow.take(cell, wanted, account)
            assert ((taken >= 0.0) & (taken <= wanted)).all()
            assert stored - flow.book.stored_m3 == pytest.approx(taken.sum(), abs=1e-12 * stored)
            flow.put_rate(random.choice(inside, 10), size * random.random(10) / window_s, account)
        flow.advance(window * window_s)
        assert flow.depth.min() >= 0.0
    assert flow.book.continuity_error < 1e-6
