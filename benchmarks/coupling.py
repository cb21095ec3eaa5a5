"""What it costs to couple street and sewer: a lattice of manholes under a tilted plane of streets, rain for an hour.

Alone means: the engine on the same prepared model, fed with the same inflows window by window (so it does the same
hydraulics), without a street; and the surface with drains of the sewers' design capacity, without a sewer. CPU seconds
count all threads of both processes: on a machine that others use too they say more than the clock.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.lattice_drains import INFLOW_M3_S, SPACING_M, lattice_ground, lattice_network
from data.rules_file import load_rules
from data.schema import DrainageNetwork, Grid
from data.swmm import read_inp
from data.swmm.network import read_network
from data.units import hours_to_s, mm_h_to_m_s
from hazards import EdgeConditions, SurfaceFlow
from hazards.drains.accounts import DrainsResult, together_error
from hazards.drains.journal import Journal
from hazards.drains.points import NO_OUTFALLS, ExchangePoints, exchange_points
from hazards.drains.shafts import shafts_of
from hazards.water_system import Coupling, WaterSystem
from sim.drains import open_engine
from sim.rulebook import exchange_parameters, inlet_defaults
from tests.real.bellinge_pack import CRS, generated_terrain
from tests.shared_data import ROOT

SIDES = (32, 141)  # 1,024 and 19,881 manholes
HOURS = 3.0
SHARED = Path(os.environ.get("RONGAN_SHARED_DATA", ROOT.parent / "shared" / "data"))
BELLINGE = SHARED / "swmm_bellinge" / "BellingeSWMM_v021_nopervious.inp"
BELLINGE_HOURS = 1.0  # its short pipes take native steps of half a second
RAIN_MM_H = 60.0  # for the first hour; the sewers are made for 43
FRAME_S = 300.0
OPEN = EdgeConditions(west="open", east="open", south="open", north="open")
RULES = load_rules()
EXCHANGE = exchange_parameters(RULES)


def run() -> list[dict[str, object]]:
    """One row for the network of Bellinge where its data are there, and one a lattice."""
    _measure("lattice", lattice_network(4), *lattice_ground(4), 0.1)  # compiles everything
    rows = [] if not BELLINGE.exists() else [_measure("Bellinge", *_bellinge(), BELLINGE_HOURS)]
    return rows + [_measure("lattice", lattice_network(side), *lattice_ground(side), HOURS) for side in SIDES]


def _bellinge() -> tuple[DrainageNetwork, Grid, np.ndarray]:
    """The sewers of Bellinge and generated ground over them, in cells of 10 m."""
    network = read_network(read_inp(BELLINGE), crs=CRS, target_crs=CRS)
    west, south, east, north = (float(side) for side in np.round(network.links.total_bounds, -1))
    rows, cols = round((north - south) / 10.0) + 20, round((east - west) / 10.0) + 20
    grid = Grid(rows, cols, 10.0, west - 100.0, north + 100.0, CRS)
    return network, grid, generated_terrain(network, grid)


def _measure(name: str, network: DrainageNetwork, grid: Grid, bed: np.ndarray, hours: float) -> dict[str, object]:
    points = exchange_points(network, grid, bed, np.ones(grid.shape, bool), inlet_defaults(RULES))
    until_s = hours_to_s(hours)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal")
        coupled, system, drains = _coupled(network, points, grid, bed, until_s, journal)
        engine = _engine_alone(network, points, until_s, journal)
    surface, alone = _surface_alone(grid, bed, until_s)
    return {
        "network": name,
        "manholes": points.count,
        "cells": grid.cells,
        "exchanges": drains.book.exchange.windows,
        "engine alone, s (CPU)": engine.told,
        "surface alone, s (CPU)": surface.told,
        "coupled, s (CPU)": coupled.told,
        "coupled by both alone": round(coupled.wall_s / (engine.wall_s + surface.wall_s), 2),
        "the same in CPU": round(coupled.cpu_s / (engine.cpu_s + surface.cpu_s), 2),
        "exchange itself, share of both": f"{drains.coupling_cpu_s / (engine.cpu_s + surface.cpu_s):.1%}",
        "steps of the surface": f"{system.steps} ({alone.steps} alone)",
        "down, % of rain": round(100.0 * drains.book.exchange.down_m3 / system.book.rain_m3, 1),
        "error of all water": f"{together_error(system.book, drains.book):.1e}",
        "of the exchange": f"{abs(drains.book.exchange_error_m3) / system.book.rain_m3:.0e}",
    }


@dataclass(frozen=True)
class Cost:
    """Seconds of a run by the clock and in CPU."""

    wall_s: float
    cpu_s: float

    @property
    def told(self) -> str:
        return f"{self.wall_s:.1f} ({self.cpu_s:.1f})"


@contextmanager
def _measured(pid: int = 0) -> Iterator[list[Cost]]:
    """The cost of what is done inside, by this process and, where named, by that of the engine."""
    cost: list[Cost] = []
    wall, cpu = time.perf_counter(), time.process_time() + _cpu_of(pid)
    yield cost
    cost.append(Cost(time.perf_counter() - wall, time.process_time() + _cpu_of(pid) - cpu))


def _cpu_of(pid: int) -> float:
    """CPU seconds of another process so far; 0 where none is named."""
    if not pid:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _street(grid: Grid, bed: np.ndarray) -> SurfaceFlow:
    return SurfaceFlow(bed, grid.cell_m, 0.02, edges=OPEN)


def _rain(system: SurfaceFlow | WaterSystem, until_s: float) -> None:
    """Run under the rain, in frames."""
    for instant in np.arange(FRAME_S, until_s + 1.0, FRAME_S):
        system.set_rain(None, mm_h_to_m_s(RAIN_MM_H) if instant <= 3600.0 else 0.0)
        system.advance(float(instant))


def _coupled(
    network: DrainageNetwork, points: ExchangePoints, grid: Grid, bed: np.ndarray, until_s: float, journal: Journal
) -> tuple[Cost, WaterSystem, DrainsResult]:
    """Measured without the journal, then once more with it, for the engine alone to be fed by."""
    shafts = shafts_of(network, points.nodes, EXCHANGE)
    first: tuple[Cost, WaterSystem, DrainsResult] | None = None
    for kept in (None, journal):
        with open_engine(network, points, NO_OUTFALLS, EXCHANGE, RULES, until_s) as engine:
            engine.journal = kept
            system = WaterSystem(_street(grid, bed), Coupling(engine, points, parameters=EXCHANGE, shaft_m2=shafts))
            with _measured(engine.pid) as cost:
                _rain(system, until_s)
            drains = system.finish()
            assert drains is not None
            first = first or (cost[0], system, drains)
    assert first is not None
    return first


def _engine_alone(network: DrainageNetwork, points: ExchangePoints, until_s: float, journal: Journal) -> Cost:
    with open_engine(network, points, NO_OUTFALLS, EXCHANGE, RULES, until_s) as engine:
        cpu = _cpu_of(engine.pid)
        engine.replay(journal)
        return Cost(engine.wall_s, _cpu_of(engine.pid) - cpu)


def _surface_alone(grid: Grid, bed: np.ndarray, until_s: float) -> tuple[Cost, SurfaceFlow]:
    flow = _street(grid, bed)
    flow.set_loss(None, INFLOW_M3_S / SPACING_M**2)
    with _measured() as cost:
        _rain(flow, until_s)
    return cost[0], flow


if __name__ == "__main__":
    for row in run():
        print("\n".join(f"{column:32} {value}" for column, value in row.items()) + "\n", flush=True)
