"""What it costs to couple street and sewer: a lattice of manholes under a tilted plane of streets, rain for an hour.

Alone means: the engine on the same prepared model, fed with the same inflows window by window (so it does the same
hydraulics), without a street; and the surface with drains of the sewers' design capacity, without a sewer.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.lattice_drains import INFLOW_M3_S, SPACING_M, lattice_ground, lattice_network
from data.rules_file import load_rules
from data.schema import DrainageNetwork, Grid
from data.units import hours_to_s, mm_h_to_m_s
from hazards import EdgeConditions, SurfaceFlow
from hazards.drains.accounts import DrainsResult, together_error
from hazards.drains.journal import Journal
from hazards.drains.points import NO_OUTFALLS, ExchangePoints, exchange_points
from hazards.drains.shafts import shafts_of
from hazards.water_system import Coupling, WaterSystem
from sim.drains import open_engine
from sim.rulebook import exchange_parameters, inlet_defaults

SIDES = (32, 141)  # 1,024 manholes are a network of Bellinge's size, 19,881 a city's
HOURS = 3.0
RAIN_MM_H = 60.0  # for the first hour; the sewers are made for 43
FRAME_S = 300.0
RULES = load_rules()
EXCHANGE = exchange_parameters(RULES)


def run() -> list[dict[str, object]]:
    """One row a lattice."""
    _measure(4, 0.1)  # compiles everything
    return [_measure(side, HOURS) for side in SIDES]


def _measure(side: int, hours: float) -> dict[str, object]:
    network = lattice_network(side)
    grid, bed = lattice_ground(side)
    points = exchange_points(network, grid, bed, np.ones(grid.shape, bool), inlet_defaults(RULES))
    until_s = hours_to_s(hours)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal")
        coupled_s, system, drains = _coupled(network, points, grid, bed, until_s, journal)
        engine_s = _engine_alone(network, points, until_s, journal)
    surface_s, alone = _surface_alone(grid, bed, until_s)
    inside = drains.engine_wall_s + system.surface_wall_s
    return {
        "manholes": points.count,
        "cells": grid.cells,
        "exchanges": drains.book.exchange.windows,
        "engine alone, s": round(engine_s, 1),
        "surface alone, s": round(surface_s, 1),
        "coupled, s": round(coupled_s, 1),
        "coupled by both alone": round(coupled_s / (engine_s + surface_s), 2),
        "engine within, s": round(drains.engine_wall_s, 1),
        "surface within, s": round(system.surface_wall_s, 1),
        "exchange, share of both": f"{(coupled_s - inside) / inside:.1%}",
        "steps of the surface": f"{system.steps} ({alone.steps} alone)",
        "down, % of rain": round(100.0 * drains.book.exchange.down_m3 / system.book.rain_m3, 1),
        "error of all water": f"{together_error(system.book, drains.book):.1e}",
        "of the exchange": f"{abs(drains.book.exchange_error_m3) / system.book.rain_m3:.0e}",
    }


def _street(grid: Grid, bed: np.ndarray) -> SurfaceFlow:
    return SurfaceFlow(bed, grid.cell_m, 0.02, edges=EdgeConditions(east="open"))


def _rain(system: SurfaceFlow | WaterSystem, until_s: float) -> float:
    """Run under the rain, in frames; the seconds it took."""
    begin = time.perf_counter()
    for instant in np.arange(FRAME_S, until_s + 1.0, FRAME_S):
        system.set_rain(None, mm_h_to_m_s(RAIN_MM_H) if instant <= 3600.0 else 0.0)
        system.advance(float(instant))
    return time.perf_counter() - begin


def _coupled(
    network: DrainageNetwork, points: ExchangePoints, grid: Grid, bed: np.ndarray, until_s: float, journal: Journal
) -> tuple[float, WaterSystem, DrainsResult]:
    """Timed without the journal, then once more with it, for the engine alone to be fed by."""
    shafts = shafts_of(network, points.nodes, EXCHANGE)
    timed: tuple[float, WaterSystem, DrainsResult] | None = None
    for kept in (None, journal):
        with open_engine(network, points, NO_OUTFALLS, EXCHANGE, RULES, until_s) as engine:
            engine.journal = kept
            system = WaterSystem(_street(grid, bed), Coupling(engine, points, parameters=EXCHANGE, shaft_m2=shafts))
            seconds = _rain(system, until_s)
            drains = system.finish()
            assert drains is not None
            timed = timed or (seconds, system, drains)
    assert timed is not None
    return timed


def _engine_alone(network: DrainageNetwork, points: ExchangePoints, until_s: float, journal: Journal) -> float:
    with open_engine(network, points, NO_OUTFALLS, EXCHANGE, RULES, until_s) as engine:
        engine.replay(journal)
        return engine.wall_s


def _surface_alone(grid: Grid, bed: np.ndarray, until_s: float) -> tuple[float, SurfaceFlow]:
    flow = _street(grid, bed)
    flow.set_loss(None, INFLOW_M3_S / SPACING_M**2)
    return _rain(flow, until_s), flow


if __name__ == "__main__":
    for number in sys.argv[1:] or SIDES:
        for name, value in _measure(int(number), HOURS).items():
            print(f"{name:28} {value}")
