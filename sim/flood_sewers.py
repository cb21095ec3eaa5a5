"""The sewers of a flood case under its surface, and what they are summed up to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from data.flood_case import FloodCase, SewerCase
from data.rules_file import Rules
from hazards import RainForcing, SurfaceFlow, WaterBook
from hazards.drains.accounts import DrainsResult, together_error
from hazards.drains.points import exchange_points, outfall_cells
from hazards.drains.shafts import shafts_of
from hazards.water_system import Coupling
from sim.drains import open_engine
from sim.lumped_runoff import lumped_rain
from sim.rulebook import exchange_parameters, inlet_defaults


@contextmanager
def open_sewers(
    case: FloodCase, drains: SewerCase, rules: Rules, flow: SurfaceFlow, rain: RainForcing | None
) -> Iterator[tuple[Coupling, RainForcing | None]]:
    """The engine of a case's network at its start, where it meets the surface, and the rain left for the grid.

    An outfall on a cell whose level is given, or named in the case, ends there; any other leaves the model.
    """
    grid = case.grid
    exchange = exchange_parameters(rules, drains.exchange_step_s)
    street = flow.inside & (case.building_height <= 0.0)
    held = np.zeros(grid.shape, bool)
    for stage in case.stages:
        held[stage.rows, stage.cols] = True
    points = exchange_points(drains.network, grid, flow.bed, street, inlet_defaults(rules))
    outfalls = outfall_cells(drains.network, grid, held, drains.outfalls_to_surface)
    gages: tuple[str, ...] = ()
    gage_share = None
    if rain is not None and drains.runoff == "lumped":
        lumped = lumped_rain(drains.network, grid, flow.inside, rain)
        rain, gages, gage_share = lumped.grid, lumped.gages, lumped.gage_share
    shafts = shafts_of(drains.network, points.nodes, exchange)
    with open_engine(drains.network, points, outfalls, exchange, rules, case.duration_s, gages=gages) as engine:
        yield Coupling(engine, points, outfalls, exchange, gage_share, shaft_m2=shafts), rain


def drains_summary(drains: DrainsResult, surface: WaterBook) -> dict[str, Any]:
    """What summary.json says of the sewers; a figure that a stopped run has not is None."""
    book, exchange = drains.book, drains.book.exchange
    figures = {
        "to_sewers_m3": exchange.down_m3,
        "to_street_m3": exchange.up_m3,
        "outfalls_to_surface_m3": exchange.outfall_out_m3,
        "rivers_to_outfalls_m3": exchange.outfall_in_m3,
        "inflow_m3": book.inflow_m3,
        "outflow_m3": book.outflow_m3,
        "flooded_m3": book.flooded_m3,
        "stored_m3": book.stored_m3,
        "between_m3": book.escrow_m3,
        "engine_error": book.engine_error,
        "exchange_error_m3": book.exchange_error_m3,
        "total_error": together_error(surface, book),
        "exchanges": exchange.windows,
        "engine_wall_s": drains.engine_wall_s,
        "coupling_cpu_s": drains.coupling_cpu_s,
    }
    return {name: value if math.isfinite(value) else None for name, value in figures.items()} | {
        "engine_warnings": list(drains.warnings)
    }
