"""Surface and sewers of one real place: balances each and together, the outfall against the engine alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.rules_file import load_rules
from data.swmm import PrepareOptions, prepare_inp
from hazards.drains.accounts import together_error
from hazards.drains.engine import SwmmEngine
from sim.flood_case import run_flood_case
from sim.flood_run import FloodRun
from tests.real.aalto_case import START, aalto_case, rain_mm

MINUTES = 120
CELL_M2 = 1.0


def run_case(folder: Path, runoff: str) -> FloodRun:
    return run_flood_case(aalto_case(folder, runoff, MINUTES), load_rules(), keep_frames=False)


@pytest.mark.slow
def test_rain_on_the_grid_balances_above_below_and_together(tmp_path: Path) -> None:
    """Every cubic metre of 17 mm on 3.2 ha is in the ground, over the rim, in hollows, or went down the manholes."""
    run = run_case(tmp_path, "surface")
    book, drains = run.book, run.drains
    assert drains is not None
    rain = rain_mm(MINUTES).sum() / 1e3 * run.cells * CELL_M2
    assert book.rain_m3 == pytest.approx(rain, rel=1e-6)
    assert book.continuity_error < 1e-6
    assert abs(drains.book.exchange_error_m3) < 1e-9 * rain
    assert abs(drains.book.engine_error) < 5e-3
    assert together_error(book, drains.book) < 1e-3
    down = drains.book.exchange.down_m3
    assert 0.04 * rain < down < 0.15 * rain
    assert drains.book.exchange.up_m3 == 0.0  # pipes for a town do not mind 17 mm
    # Terrain of 1 m has hollows that no one drew as subcatchments: more stays there than goes down (docs/verification).
    assert book.stored_m3 > down
    assert book.infiltrated_m3 > 0.5 * rain


@pytest.mark.slow
def test_subcatchments_above_coupled_sewers_give_the_outfall_of_the_engine_alone(tmp_path: Path) -> None:
    """The city's own runoff through shafts and slots: the volume within 5 %, the peak within 10 %.

    The shafts hold water that the engine's junctions do not, so the wave comes about a minute later.
    """
    case = aalto_case(tmp_path, "lumped", MINUTES)
    assert case.drains is not None
    assert any("no rain falls on the grid" in note for note in case.notes)
    network = case.drains.network
    lines = prepare_inp(network, PrepareOptions(start=START, duration_s=60.0 * MINUTES))
    with SwmmEngine(lines, outfalls=["o1"], source=network.inp.file) as engine:
        engine.advance(60.0 * MINUTES)
        own = engine.finish().outfalls
    run = run_flood_case(case, load_rules(), keep_frames=False)
    drains = run.drains
    assert drains is not None
    assert drains.outfalls is not None
    assert run.book.rain_m3 == 0.0
    assert drains.outfalls["volume_m3"].sum() == pytest.approx(own["volume_m3"].sum(), rel=0.05)
    assert drains.outfalls["max_flow_m3_s"].max() == pytest.approx(own["max_flow_m3_s"].max(), rel=0.1)
