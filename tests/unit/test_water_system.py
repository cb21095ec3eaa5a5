"""Street, sewer and structures stepped together: the clock, the books, pumps into nodes, saving and going on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hazards import SurfaceFlow
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import NO_OUTFALLS, ExchangePoints, OutfallCells
from hazards.structures import PumpStation
from hazards.water_system import Coupling, WaterSystem
from tests.tank_engine import TankEngine

CELL = 10.0
ROUNDING = 1e-9  # relative: float64 books of some thousand windows


def street(depth: float | np.ndarray = 0.0, rows: int = 4, cols: int = 12) -> SurfaceFlow:
    """A closed gutter that falls 1 in 100 to the east."""
    bed = 10.0 - 0.01 * CELL * np.arange(cols)[None, :] + 0.05 * np.arange(rows)[:, None]
    return SurfaceFlow(bed, CELL, 0.02, initial_depth=depth, threads=1)


def under(
    flow: SurfaceFlow, cells: tuple[int, ...] = (2, 6, 10), outfalls: OutfallCells = NO_OUTFALLS, **tank: object
) -> Coupling:
    """Tanks 2 m deep under some cells."""
    cell = np.array(cells)
    level = flow.bed.reshape(-1)[cell]
    count = len(cell)
    points = ExchangePoints(
        tuple(f"N{k}" for k in range(count)), cell, np.arange(count), np.full(count, 4.0), np.full(count, 0.5), level,
        level,
    )  # fmt: skip
    return Coupling(TankEngine(level - 2.0, **tank), points, outfalls)  # type: ignore[arg-type]


def books(system: WaterSystem, engine: TankEngine) -> float:
    """What is missing of all water, m3."""
    book, drains = system.book, system.drains
    assert drains is not None
    between = drains.escrow_m3 + drains.lifted_m3
    rivers = drains.exchange.outfall_out_m3 - drains.exchange.outfall_in_m3  # made and swallowed by the fake itself
    came = book.initial_m3 + book.rain_m3 + book.inflow_m3 + rivers
    return came - book.stored_m3 - book.outflow_m3 - between - engine.stored_m3 - engine.leaked_m3


def test_without_a_sewer_and_structures_it_is_the_surface_flow_itself() -> None:
    alone, within = street(0.1), street(0.1)
    alone.set_rain(None, 1e-5)
    system = WaterSystem(within)
    system.set_rain(None, 1e-5)
    for instant in (70.0, 333.3, 600.0):
        alone.advance(instant)
        system.advance(instant)
        assert np.array_equal(alone.depth, system.depth)
    assert system.drains is None
    assert system.finish() is None


def test_the_engine_is_ahead_by_less_than_its_step_and_the_surface_lands_where_it_is_asked_to() -> None:
    flow = street(0.1)
    coupling = under(flow, step_s=3.0)
    system = WaterSystem(flow, coupling)
    for instant, engine_s in ((5.0, 6.0), (10.0, 12.0), (11.0, 15.0), (13.0, 15.0), (16.0, 21.0)):  # steps of 3 s
        system.advance(instant)
        assert system.time_s == instant
        assert system.drains is not None  # waits for the engine
        assert coupling.engine.time_s == engine_s  # type: ignore[attr-defined]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_no_water_is_made_or_lost_and_no_depth_is_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flow = street(rng.uniform(0.0, 0.3, (4, 12)) * rng.integers(0, 2, (4, 12)))
    outfalls = OutfallCells(("O",), np.array([47]))
    coupling = under(
        flow, tuple(rng.choice(40, 5).tolist()), outfalls, leak_m3_s=rng.uniform(0.0, 0.1),
        step_s=rng.uniform(0.7, 5.0), outfall_m3_s=(rng.uniform(-0.2, 0.2),),
    )  # fmt: skip
    system = WaterSystem(flow, coupling)
    instant = 0.0
    for _ in range(8):
        system.set_rain(None, rng.uniform(0.0, 1e-4))
        instant += rng.uniform(1.0, 90.0)
        system.advance(instant)
        assert system.depth.min() >= 0.0
        assert system.drains is not None
        total = system.book.initial_m3 + system.book.rain_m3 + 1.0
        assert abs(books(system, coupling.engine)) < 1e-6 * total  # type: ignore[arg-type]  # float32 rain in flight
        assert abs(system.drains.exchange_error_m3) < ROUNDING * total


def test_a_full_sewer_comes_up_and_the_street_has_what_it_lost() -> None:
    flow = street()
    coupling = under(flow, area_m2=20.0)
    engine = coupling.engine
    assert isinstance(engine, TankEngine)
    engine.head[:] = flow.bed.reshape(-1)[[2, 6, 10]] + 0.5
    had = engine.stored_m3
    system = WaterSystem(flow, coupling)
    system.advance(1800.0)
    assert system.book.from_sewers_m3 > 5.0
    drains = system.drains  # waits for the engine
    assert drains is not None
    assert system.book.stored_m3 + engine.stored_m3 + drains.escrow_m3 == pytest.approx(had, rel=ROUNDING)


def test_an_outfall_feels_the_water_of_its_cell_and_is_paid_for_from_it() -> None:
    flow = street(0.2)
    cell = 11
    outfalls = OutfallCells(("O",), np.array([cell]))
    coupling = under(flow, (2,), outfalls, outfall_m3_s=(-0.1,), step_s=5.0)
    system = WaterSystem(flow, coupling)
    before = float(flow.depth.reshape(-1)[cell])
    system.advance(5.0)
    assert coupling.engine.stage[0] == pytest.approx(flow.bed.reshape(-1)[cell] + before, abs=1e-6)
    system.advance(60.0)
    book = system.drains
    assert book is not None
    assert book.exchange.outfall_in_m3 == pytest.approx(0.1 * 60.0, rel=ROUNDING)
    # A window's water is taken in the next one: what is held between is a window's worth less than nothing, beside what
    # is on its way at the manhole (at most what its shaft eases in over a step).
    assert book.escrow_m3 == pytest.approx(-0.1 * 5.0, abs=0.2)
    net = book.exchange.down_m3 - book.exchange.up_m3 + 0.1 * 60.0 + book.escrow_m3
    assert system.book.to_sewers_m3 - system.book.from_sewers_m3 == pytest.approx(net, rel=ROUNDING)


def test_a_dry_river_pushes_nothing_and_one_that_cannot_pay_stops_pushing() -> None:
    for depth in (0.0, 0.001):  # on 100 m2 a tenth of a cubic metre, a fifth of what the outfall takes in a window
        flow = street(depth)
        cell = 11
        coupling = under(flow, (2,), OutfallCells(("O",), np.array([cell])), outfall_m3_s=(-0.1,), step_s=5.0)
        system = WaterSystem(flow, coupling)
        stages = []
        for window in range(1, 4):
            system.advance(5.0 * window)
            stages.append(float(coupling.engine.stage[0]))
        assert np.isnan(stages[0]) == (depth == 0.0)
        assert np.isnan(stages[1:]).all()


def test_a_pump_lifts_into_a_node_what_it_takes_from_the_street() -> None:
    flow = street(0.3)
    coupling = under(flow, (2,), step_s=3.0, area_m2=1000.0)
    pump = PumpStation("P", np.array([11]), 0.05, on_depth_m=0.1, off_depth_m=0.05, node=0)
    system = WaterSystem(flow, coupling, [pump])
    system.advance(600.0)
    book = system.drains
    assert book is not None
    assert system.book.pumped_out_m3 == pytest.approx(pump.state["volume_m3"], rel=ROUNDING)
    assert book.exchange.lifted_m3 + book.lifted_m3 == pytest.approx(system.book.pumped_out_m3, rel=ROUNDING)
    assert book.exchange.lifted_m3 == pytest.approx(0.05 * 600.0, rel=0.03)  # a window's worth may be under way
    assert abs(books(system, coupling.engine)) < 1e-6 * system.book.initial_m3  # type: ignore[arg-type]


def test_structures_without_a_sewer_begin_a_window_when_the_clock_changes_them() -> None:
    flow = street(0.3)
    pump = PumpStation("P", np.array([11]), 0.1, on_depth_m=0.01, off_depth_m=0.005, outages=[(12.5, 60.0)])
    system = WaterSystem(flow, None, [pump])
    system.advance(60.0)
    assert pump.state["running_s"] == 12.5
    assert pump.state["lacking_s"] == 47.5


def test_rain_reaches_the_gages_by_the_share_of_each_zone() -> None:
    flow = street()
    coupling = under(flow, gages=2)
    share = np.array([[0.25, 0.75], [1.0, 0.0]])
    system = WaterSystem(flow, Coupling(coupling.engine, coupling.points, gage_share=share))
    zone = np.zeros((4, 12), np.uint16)
    zone[:, 6:] = 1
    system.set_rain(zone, np.array([1e-5, 3e-5]))
    assert coupling.engine.rain_mm_h == pytest.approx([2.5e-5 * 3.6e6, 36.0])


def test_a_system_loaded_in_the_middle_of_a_window_goes_on_to_the_same_bytes() -> None:
    def make() -> tuple[WaterSystem, TankEngine]:
        flow = street(0.2)
        coupling = under(flow, step_s=3.5, leak_m3_s=0.02)
        pump = PumpStation("P", np.array([11]), 0.02, on_depth_m=0.1, off_depth_m=0.05, node=1)
        assert isinstance(coupling.engine, TankEngine)
        return WaterSystem(flow, coupling, [pump]), coupling.engine

    one, engine = make()
    one.set_rain(None, 2e-5)
    one.advance(123.0)
    kept = {name: array.copy() for name, array in one.save().items()}
    other, twin = make()
    for name in ("head", "uptake_m3_s", "received_m3", "lateral", "_applied"):
        getattr(twin, name)[:] = getattr(engine, name)
    twin.time_s, twin.leaked_m3 = engine.time_s, engine.leaked_m3
    other.load(kept)
    for system in (one, other):
        system.advance(400.0)
    assert np.array_equal(one.depth, other.depth)
    assert np.array_equal(engine.head, twin.head)
    assert one.drains == other.drains
    assert one.book == other.book


def test_parameters_out_of_range_are_refused() -> None:
    for wrong in ({"step_s": 0.0}, {"orifice": -1.0}, {"relaxation": 1.0}, {"share_of_cell": 1.5}):
        with pytest.raises(ValueError, match="must be"):
            ExchangeParameters(**wrong)
