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
from hazards import RainForcing
from hazards.structures import Structure
from hazards.water_system import WaterSystem
from sim.area_map import warned_areas
from sim.city_water import WATCH_STEP_S, city_surface, set_city_loss, watch_points
from sim.drains import Sewers, lay_sewers, running_under
from sim.exposure import Exposure, expose
from sim.flood_run import FloodRun, FloodStopped, Frame, run_flood
from sim.flood_watch import FloodWatch
from sim.ground import Ground, prepare_ground
from sim.pump_crews import PumpCrew, crew_pumps
from sim.rulebook import risk_weights
from sim.scenario import Scenario
from sim.structures import city_structures, lifted_nodes

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
    exposure = expose(city, ground.street, scenario.time_of_day, risk_weights(rules))
    points = watch_points(city, ground, rules, warned_areas(city), exposure)
    watch = FloodWatch(city, points)
    flow = city_surface(city, ground, rules, usable_threads(scenario.flood.threads))
    sewers = lay_sewers(city, ground, rules, lifted_nodes(city)) if scenario.drains.network else None
    nodes = () if sewers is None else sewers.points.nodes
    structures = city_structures(city, ground, scenario, rules, nodes, scenario.file)
    structures += crew_pumps(city, ground, crews)
    set_city_loss(flow, city, ground, sewers)
    keeper = FrameKeeper(watch, minutes_to_s(scenario.flood.output_step_min), until_s)
    try:
        with running_under(sewers, city, scenario, rules, rain, until_s) as (coupling, rain_on_grid):
            done = run_flood(
                WaterSystem(flow, coupling, structures),
                until_s=until_s,
                output_step_s=WATCH_STEP_S,
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
        self.every = max(1, round(output_step_s / WATCH_STEP_S))
        self.until_s = until_s
        self._time_s: list[float] = []
        self._layers: dict[str, np.ndarray] = {}
        self._seen = 0

    def take(self, frame: Frame) -> None:
        """Receive one frame of the flood loop."""
        self.watch.take(frame)
        if self._seen % self.every == 0 or frame.time_s >= self.until_s:
            if not self._layers:
                most = math.ceil(self.until_s / (self.every * WATCH_STEP_S)) + 2
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
