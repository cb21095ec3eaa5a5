"""Street and SWMM together against closed forms and balances: closed box, surcharging orifice, drowned outfall."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from data.schema import Inp
from data.swmm import PrepareOptions, inp_of, prepare_inp
from hazards import StageBoundary, SurfaceFlow
from hazards.drains.accounts import DrainsResult, together_error
from hazards.drains.engine import SwmmEngine
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import NO_OUTFALLS, ExchangePoints, OutfallCells
from hazards.water_system import Coupling, WaterSystem

CELL = 5.0
HEAD = ["[OPTIONS]", "FLOW_UNITS CMS", "FLOW_ROUTING DYNWAVE", "START_DATE 07/15/2026", "END_DATE 07/16/2026"]
ROOT_2G = math.sqrt(2.0 * 9.81)


def model(*lines: str) -> Inp:
    return inp_of([*HEAD, *lines], Path("model.inp"))


def prepared(inp: Inp, points: ExchangePoints, step_s: float, hours: float) -> list[str]:
    wish = PrepareOptions(
        coupled=points.nodes, rain="none", longest_step_s=step_s, duration_s=3600.0 * hours + step_s, quiet=True
    )
    return prepare_inp(inp, wish)


def street(rows: int = 9, cols: int = 40) -> np.ndarray:
    """A gutter in the middle that falls 1 in 200 to the east, sides of 1 in 50; closed all round, so water ponds."""
    x = np.arange(cols) * CELL
    return 500.0 - 0.005 * x[None, :] + 0.02 * np.abs(np.arange(rows) - rows // 2)[:, None] * CELL


def line_of_manholes(
    bed: np.ndarray, diameter_m: float = 0.3, last_diameter_m: float | None = None
) -> tuple[Inp, ExchangePoints, int]:
    """Seven manholes 2 m deep along the gutter, pipes of 25 m, an outfall under the cell at the low end."""
    row, cols = bed.shape[0] // 2, np.arange(7) * 5 + 2
    level = bed[row, cols]
    names = [f"J{k}" for k in range(7)]
    inp = model(
        "[JUNCTIONS]", *(f"{name} {z - 2.0:.4f} 2 0 0 0" for name, z in zip(names, level, strict=True)),
        "[OUTFALLS]", f"O {level[-1] - 2.2:.4f} FREE NO",
        "[CONDUITS]", *(f"C{k} J{k} {'O' if k == 6 else f'J{k + 1}'} 25 0.013 0 0 0 0" for k in range(7)),
        "[XSECTIONS]", *(f"C{k} CIRCULAR {diameter_m} 0 0 0 1" for k in range(6)),
        f"C6 CIRCULAR {last_diameter_m or diameter_m} 0 0 0 1",
    )  # fmt: skip
    size = np.full(7, 4.0), np.full(7, 0.5)
    points = ExchangePoints(tuple(names), row * bed.shape[1] + cols, np.arange(7), *size, level, level)
    return inp, points, row * bed.shape[1] + bed.shape[1] - 1


def run_box(step_s: float, outfall_on_street: bool) -> tuple[WaterSystem, DrainsResult]:
    """150 mm/h for 20 minutes on the closed street, then until four hours have passed.

    The pipes are narrow at the low end, so that water comes up there; on the street the outfall's water ponds.
    """
    bed = street()
    inp, points, low = line_of_manholes(bed, last_diameter_m=0.2)
    outfalls = OutfallCells(("O",), np.array([low])) if outfall_on_street else NO_OUTFALLS
    flow = SurfaceFlow(bed, CELL, 0.015, threads=1)
    with SwmmEngine(prepared(inp, points, step_s, 4.0), points.nodes, outfalls.names) as engine:
        system = WaterSystem(flow, Coupling(engine, points, outfalls, ExchangeParameters(step_s=step_s)))
        for minute in range(240):
            system.set_rain(None, 150e-3 / 3600.0 if minute < 20 else 0.0)
            system.advance(60.0 * (minute + 1))
            assert system.depth.min() >= 0.0
        drains = system.finish()
        assert drains is not None
        return system, drains


@pytest.mark.parametrize(("step_s", "gate"), [(1.0, 1e-3), (5.0, 5e-3)])
@pytest.mark.parametrize("outfall_on_street", [False, True])
def test_closed_box_balances(outfall_on_street: bool, step_s: float, gate: float) -> None:
    """All rain is on the street, in the sewer or gone through the outfall.

    The exchange closes to rounding at any step. SWMM's own part stems from the first minutes, when dry pipes of 28 m3
    fill: it takes their volume for linear in the depth within a step, so the error goes with the step.
    """
    system, drains = run_box(step_s, outfall_on_street)
    rain = system.book.rain_m3
    assert rain == pytest.approx(0.05 * 360 * CELL**2, rel=1e-6)
    assert drains.book.exchange.down_m3 > 0.1 * rain
    assert drains.book.exchange.up_m3 > 0.01 * rain
    assert abs(drains.book.exchange_error_m3) < 1e-9 * rain
    assert system.book.continuity_error < 1e-7  # float32 depths, exact to about that
    assert together_error(system.book, drains.book) < gate
    left = 0.0 if outfall_on_street else drains.book.outflow_m3 - drains.book.exchange.up_m3
    stored = system.book.stored_m3 + drains.book.stored_m3 - drains.book.initial_m3 + drains.book.escrow_m3
    assert left + stored == pytest.approx(rain, rel=gate)


def test_surcharging_manhole_lets_out_by_the_orifice() -> None:
    """A tank drains through a manhole: sqrt(h) falls evenly, h(t) = (sqrt(h0) - k t / (2 A))^2, k = Co A_o sqrt(2g).

    The chamber's crest stands above the street, so the head is that over the crest. The pipe of 0.6 m takes less than
    3 mm at 0.06 m3/s. What starts late, two windows or 10 s by the eased exchange, counts off: 0.6 m3 in all. The gate
    is that and 1 % of the volume; on the head 1 cm.
    """
    tank_m2, area_m2, above_m, crest = 400.0, 0.05, 3.0, 502.0
    level = crest + above_m - 498.0
    inp = model(
        "[STORAGE]", f"T 498 20 {level} FUNCTIONAL 0 0 {tank_m2}",
        "[JUNCTIONS]", f"M 498 4 {level} 0 0", "[OUTFALLS]", "O 510 FREE NO",
        "[CONDUITS]", "C T M 20 0.011 0 0 0 0", "D M O 20 0.011 12.5 0 0 0",
        "[XSECTIONS]", "C CIRCULAR 0.6 0 0 0 1", "D CIRCULAR 0.3 0 0 0 1",
    )  # fmt: skip
    bed = np.full((20, 20), 501.0)
    points = ExchangePoints(
        ("M",), np.array([210]), np.array([0]), np.array([4.0]), np.array([area_m2]), bed[:1, 0], np.array([crest])
    )
    flow = SurfaceFlow(bed, CELL, 0.02, threads=1)
    k = 0.167 * area_m2 * ROOT_2G
    with SwmmEngine(prepared(inp, points, 5.0, 2.0), points.nodes) as engine:
        system = WaterSystem(flow, Coupling(engine, points))
        for instant in (600.0, 1800.0, 3600.0, 5400.0):
            system.advance(instant)
            head = (math.sqrt(above_m) - k * instant / (2.0 * tank_m2)) ** 2
            let_out = tank_m2 * (above_m - head)
            assert system.book.stored_m3 == pytest.approx(let_out, abs=0.6 + 0.01 * let_out)
            assert engine.head[0] - crest == pytest.approx(head, abs=0.01)


def test_drowned_outfall_backs_up_into_the_street() -> None:
    """The river rises above the street behind a wall: through the pipes the street fills to the river's level.

    It comes within a centimetre: the last flow follows the orifice of the shafts, and a head of 1 cm over 4,000 m2
    is made up in some minutes.
    """
    bed = street(cols=60)
    inp, points, low = line_of_manholes(bed, 0.6)
    low += 19
    bed[:, -5:] = 497.0  # the river
    wall = np.full((bed.shape[0], bed.shape[1] + 1), -np.inf)
    wall[:, -6] = 505.0
    level = 499.6  # the street falls from 500 to 498.8 m
    river = np.nonzero(np.arange(60)[None, :] + 0 * bed >= 55)
    stage = StageBoundary(river, np.array([0.0, 1800.0]), np.array([497.2, level]))
    flow = SurfaceFlow(bed, CELL, 0.015, crest_x=wall, stages=[stage], threads=1)
    outfalls = OutfallCells(("O",), np.array([bed.shape[1] * 4 + 57]))
    with SwmmEngine(prepared(inp, points, 5.0, 8.0), points.nodes, outfalls.names) as engine:
        system = WaterSystem(flow, Coupling(engine, points, outfalls))
        system.advance(900.0)
        assert system.depth[:, :55].max() == 0.0  # the river stands below the street
        system.advance(8.0 * 3600.0)
        ponded = system.depth[4, 50]
        assert bed[4, 50] + ponded == pytest.approx(level, abs=0.01)
        drains = system.finish()
    assert drains is not None
    book = drains.book.exchange
    assert book.outfall_in_m3 == pytest.approx(book.up_m3, rel=0.05)  # the rest fills the pipes
    on_street = float(system.depth[:, :55].sum(dtype=float)) * CELL**2
    assert book.up_m3 - book.down_m3 == pytest.approx(on_street, rel=1e-3)
    assert abs(drains.book.exchange_error_m3) < 1e-9 * book.up_m3


def test_dry_street_leaves_the_engine_to_its_own_run() -> None:
    """Nothing to exchange: peaks and books are those of the engine alone on the same prepared model, to the bit."""
    bed = street()
    inp, points, _ = line_of_manholes(bed)
    inp = inp_of([*inp.lines, "[DWF]", "J0 FLOW 0.02", "J3 FLOW 0.015"], Path("model.inp"))
    lines = prepared(inp, points, 5.0, 1.0)
    with SwmmEngine(lines) as alone:
        alone.advance(3600.0)
        own = alone.finish()
    with SwmmEngine(lines, points.nodes) as engine:
        system = WaterSystem(SurfaceFlow(bed, CELL, 0.015, threads=1), Coupling(engine, points))
        system.advance(3600.0)
        drains = system.finish()
    assert drains is not None
    assert drains.nodes is not None
    assert drains.links is not None
    assert drains.book.exchange.down_m3 == drains.book.exchange.up_m3 == 0.0
    assert own.nodes["max_depth_m"].max() > 0.1
    assert drains.nodes.equals(own.nodes)
    assert drains.links.equals(own.links)
    assert drains.book.outflow_m3 == own.totals["outflow"]
