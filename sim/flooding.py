"""The flood of a drill: the city's ground under the storm, watched as it goes."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.rules_file import Rules
from data.schema import City
from data.units import minutes_to_s
from hazards import EdgeConditions, RainForcing, SurfaceFlow
from hazards.structures import Structure
from hazards.water_system import WaterSystem
from sim.area_map import warned_areas
from sim.drains import Sewers, lay_sewers, running_under
from sim.exposure import Exposure, expose
from sim.flood_run import FloodRun, FloodStopped, Frame, run_flood
from sim.flood_watch import FloodWatch, WatchPoints
from sim.ground import Ground, prepare_ground
from sim.land_infiltration import ground_infiltration
from sim.pump_crews import PumpCrew, crew_pumps
from sim.road_water import road_cells
from sim.rulebook import hazard_limits, risk_weights, site_limits, tracking
from sim.scenario import Scenario
from sim.site_water import site_cells
from sim.structures import city_structures, lifted_nodes

_WATCH_STEP_S = 300.0  # people, roads and shelters are looked at this often; a walker covers some 300 m in it
_FRAME_LAYERS = ("depth", "speed_x", "speed_y")


@dataclass(frozen=True)
class FloodedCity:
    """A city after the storm: the run, what was watched, the ground and the people on it."""

    run: FloodRun
    watch: FloodWatch
    ground: Ground
    exposure: Exposure
    sewers: Sewers | None
    structures: tuple[Structure, ...] = ()

    @property
    def dry_street(self) -> np.ndarray:
        """Cells that count for waterlogging: streets and open ground without the underpasses, bool (rows, cols)."""
        return self.watch.points.street


class DrillStopped(FloodStopped):
    """The water of a drill stopped itself; `run` holds what it did until then, kept frames included."""

    def __init__(self, cause: FloodStopped, city: City, run: FloodRun) -> None:
        super().__init__(cause, run)
        self.city = city


def flood_city(
    scenario: Scenario,
    city: City,
    rain: RainForcing,
    rules: Rules,
    until_s: float,
    tell: Callable[[float], None],
    crews: Sequence[PumpCrew] = (),
) -> FloodedCity:
    """Run the storm over the city to `until_s`; `tell` hears the fraction done, `crews` bring pumps while it runs."""
    ground = prepare_ground(city, rules, scenario.flood.drainage_factor)
    street = ground.street
    exposure = expose(city, street, scenario.time_of_day, risk_weights(rules))
    points = WatchPoints(
        area_map=warned_areas(city),
        exposure=exposure,
        street=street & (ground.underpass < 0),
        road_cells=road_cells(city, street) if city.roads is not None else None,
        site_cells=site_cells(city, ground.building, street),
        underpass_cells=ground.underpass_cells,
        limits=hazard_limits(rules),
        ponding_depth_m=rules.number("hazard.ponding_depth_m"),
        sea_depth_m=rules.number("drainage.sea_depth_m"),
        site_limits=site_limits(rules),
    )
    watch = FloodWatch(city, points)
    flow = SurfaceFlow(
        ground.bed,
        city.grid.cell_m,
        ground.manning_n,
        initial_depth=ground.initial_depth,
        edges=EdgeConditions(west="open", east="open", south="open", north="open"),
        crest_x=ground.crest_x,
        crest_y=ground.crest_y,
        inflows=ground.inflows,
        stages=ground.stages,
        tracking=tracking(rules),
        threads=usable_threads(scenario.flood.threads),
    )
    sewers = lay_sewers(city, ground, rules, lifted_nodes(city)) if scenario.drains.network else None
    nodes = () if sewers is None else sewers.points.nodes
    structures = city_structures(city, ground, scenario, rules, nodes, scenario.file)
    structures += crew_pumps(city, ground, crews)
    flow.set_loss(
        ground_infiltration(city, ground.building | ~flow.inside),
        ground.drainage_m_s if sewers is None else np.where(sewers.served, 0.0, ground.drainage_m_s),
    )
    keeper = FrameKeeper(watch, minutes_to_s(scenario.flood.output_step_min), until_s)
    try:
        with running_under(sewers, city, scenario, rules, rain, until_s) as (coupling, rain_on_grid):
            done = run_flood(
                WaterSystem(flow, coupling, structures),
                until_s=until_s,
                output_step_s=_WATCH_STEP_S,
                rain=rain_on_grid,
                on_progress=lambda _, fraction: tell(fraction),
                on_frame=keeper.take,
                keep_frames=False,
            )
    except FloodStopped as stop:
        raise DrillStopped(stop, city, keeper.into(stop.run)) from stop
    return FloodedCity(keeper.into(done), watch, ground, exposure, sewers, tuple(structures))


class FrameKeeper:
    """Shows every frame to the watch and keeps those of the output step and the last.

    Kept frames go straight into the arrays of the run: on a large grid there is no room for them twice.
    """

    def __init__(self, watch: FloodWatch, output_step_s: float, until_s: float) -> None:
        self.watch = watch
        self.every = max(1, round(output_step_s / _WATCH_STEP_S))
        self.until_s = until_s
        self._time_s: list[float] = []
        self._layers: dict[str, np.ndarray] = {}
        self._seen = 0

    def take(self, frame: Frame) -> None:
        """Receive one frame of the flood loop."""
        self.watch.take(frame)
        if self._seen % self.every == 0 or frame.time_s >= self.until_s:
            if not self._layers:
                most = math.ceil(self.until_s / (self.every * _WATCH_STEP_S)) + 2
                shape = (most, *frame.depth.shape)
                self._layers = {name: np.empty(shape, np.float32) for name in _FRAME_LAYERS}
            for name, layer in self._layers.items():
                layer[len(self._time_s)] = getattr(frame, name)
            self._time_s.append(frame.time_s)
        self._seen += 1

    def into(self, done: FloodRun) -> FloodRun:
        """The finished run with the kept frames."""
        depth, speed_x, speed_y = (self._layers[name][: len(self._time_s)] for name in _FRAME_LAYERS)
        return replace(done, time_s=np.array(self._time_s), depth=depth, speed_x=speed_x, speed_y=speed_y)


def usable_threads(asked: int | None) -> int | None:
    """More threads than cores only wait for each other; the result is the same for any number."""
    return None if asked is None else min(asked, os.cpu_count() or asked)
