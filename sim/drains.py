"""The sewers of a drill: where a city's network meets its streets, and the engine that runs under them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt

from data.rules_file import Rules
from data.schema import City, DrainageNetwork
from data.swmm import LinkOutage, PrepareOptions, prepare_inp, warm_start
from data.units import minutes_to_s
from hazards import RainForcing
from hazards.drains.engine import SwmmEngine
from hazards.drains.parameters import ExchangeParameters
from hazards.drains.points import BlockedInlets, ExchangePoints, OutfallCells, exchange_points, outfall_cells
from hazards.drains.shafts import shafts_of, wide_shafts
from hazards.water_system import Coupling
from sim.failures import Failure
from sim.ground import Ground
from sim.lumped_runoff import cells_in, lumped_rain
from sim.outages import network_pumps, outages
from sim.rulebook import exchange_parameters, inlet_defaults, pipe_capacity_share
from sim.scenario import CHINA, Scenario


@dataclass(frozen=True)
class Sewers:
    """A network on the ground of its city."""

    network: DrainageNetwork
    points: ExchangePoints
    outfalls: OutfallCells
    served: np.ndarray  # bool (rows, cols): ground that drains to an inlet, and so at no equivalent capacity


def lay_sewers(city: City, ground: Ground, rules: Rules, lifted_to: Sequence[str] = ()) -> Sewers | None:
    """Where the network of a city opens to its streets and rivers; None where there is none.

    Nodes in `lifted_to` are coupled even without an inlet, for pumps that lift into them.
    """
    if city.drainage is None:
        return None
    grid = city.grid
    points = exchange_points(city.drainage, grid, ground.bed, ground.street, inlet_defaults(rules), lifted_to)
    bank_m = rules.number("drainage.outfall_to_river_m")
    outfalls = outfall_cells(city.drainage, grid, ground.river, most_moved_m=bank_m)
    has_inlet = np.zeros(grid.shape, bool)
    has_inlet.reshape(-1)[points.cell] = True
    served = np.zeros(grid.shape, bool)
    if has_inlet.any():
        served = distance_transform_edt(~has_inlet) * grid.cell_m <= rules.number("drainage.inlet_reach_m")
    return Sewers(city.drainage, points, outfalls, served)


@contextmanager
def running_under(
    sewers: Sewers | None, city: City, scenario: Scenario, rules: Rules, rain: RainForcing, until_s: float
) -> Iterator[tuple[Coupling | None, RainForcing]]:
    """The engine of a network for one run, from the start of the scenario to `until_s`, and the rain of the grid.

    Without a network there is no coupling; with lumped runoff no rain falls on cells of its subcatchments. Raises
    InputError where the engine refuses the network.
    """
    if sewers is None:
        yield None, rain
        return
    exchange = exchange_parameters(rules, scenario.drains.exchange_step_s)
    out = outages(city, scenario.failure)
    gages: tuple[str, ...] = ()
    gage_share = None
    if scenario.drains.runoff == "lumped":
        lumped = lumped_rain(sewers.network, city.grid, np.isfinite(city.terrain), rain)
        rain, gages, gage_share = lumped.grid, lumped.gages, lumped.gage_share
    with open_engine(
        sewers.network, sewers.points, sewers.outfalls, exchange, rules, until_s,
        start=scenario.start.astimezone(CHINA).replace(tzinfo=None),
        gages=gages,
        outages=[(pump, *span) for pump in network_pumps(city) for span in out.get(("pump", pump), [])],
    ) as engine:  # fmt: skip
        blocked = blocked_inlets(city, sewers.points, scenario.failure)
        shafts = shafts_of(sewers.network, sewers.points.nodes, exchange)
        yield Coupling(engine, sewers.points, sewers.outfalls, exchange, gage_share, blocked, shafts), rain


def blocked_inlets(city: City, points: ExchangePoints, failures: Sequence[Failure]) -> tuple[BlockedInlets, ...]:
    """What the blocked inlets of a scenario leave open; an area counts with every area below it."""
    found = []
    for failure in failures:
        if failure.kind == "inlets":
            struck = np.ones(points.count, bool)
            if failure.id and city.areas is not None:
                area = city.areas[city.areas["code"].astype(str) == failure.id]
                struck = cells_in(city.grid, area).reshape(-1)[points.cell]
            until_s = np.inf if failure.until_min is None else float(minutes_to_s(failure.until_min))
            share = np.where(struck, 1.0 - failure.share, 1.0)
            found.append(BlockedInlets(float(minutes_to_s(failure.from_min)), until_s, share))
    return tuple(found)


def open_engine(
    network: DrainageNetwork,
    points: ExchangePoints,
    outfalls: OutfallCells,
    exchange: ExchangeParameters,
    rules: Rules,
    duration_s: float,
    *,
    start: datetime | None = None,
    gages: Sequence[str] = (),
    outages: Sequence[LinkOutage] = (),
    hotstart: Path | None = None,
) -> SwmmEngine:
    """An engine at its start, prepared to exchange water with the street for `duration_s`.

    `start` is the clock of the model (None: that of its file). Rain falls on the grid alone, or, where `gages` are
    named, on them as the run sets it. `outages` are those of pumps of the network. `hotstart` is what an engine opened
    alike has saved (None: that of the network, where it has one). Raises InputError where the engine refuses the
    network.
    """
    wide = wide_shafts(network, exchange)
    wish = PrepareOptions(
        coupled=points.nodes,
        shaft_area_m2=exchange.shaft_area_m2,
        shaft_areas=wide,
        rain="given" if gages else "none",
        longest_step_s=exchange.step_s,
        courant=exchange.engine_courant,
        most_trials=exchange.engine_trials,
        start=start,
        duration_s=duration_s + exchange.step_s,
        quiet=True,
        capacity_share=pipe_capacity_share(rules),
        outages=tuple(outages),
    )
    deep = network.nodes.loc[network.nodes["max_depth_m"] > 0.0, "name"]
    shafts = {*points.nodes, *(wide.keys() & set(deep))}
    own = warm_start(network, shafts) if hotstart is None else nullcontext(hotstart)
    with own as begins:  # read once, when the engine opens
        return SwmmEngine(
            prepare_inp(network, wish),
            coupled=points.nodes,
            outfalls=outfalls.names,
            gages=gages,
            source=network.inp.file,
            hotstart=begins,
        )
