"""The water of a city that is run again and again: from a kept state, or from dry streets, to another moment."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from data.errors import RunStopped
from data.rules_file import Rules
from hazards import FlowParameters, RainForcing, SurfaceFlow
from hazards.drains.engine import SwmmEngine
from hazards.drains.shafts import shafts_of
from hazards.surface.saved import part
from hazards.water_system import Coupling, WaterSystem
from sim.city_water import WATCH_STEP_S, city_surface, set_city_loss
from sim.drains import open_engine
from sim.flood_run import FloodRun, Frame, run_flood
from sim.forecast.ground import ForecastGround
from sim.forecast.states import KeptState, rain_between
from sim.rulebook import exchange_parameters
from sim.scenario import CHINA
from sim.structures import city_structures

# Greatest values and times of the surface begin anew with every run, so no state keeps them: what they begin with.
_MAXIMA = {"deepest": 0.0, "fastest": 0.0, "strongest": 0.0, "arrival": np.inf, "last": -np.inf, "ponded": 0.0}
_ANEW = {f"flow.field.{name}": value for name, value in _MAXIMA.items()}


class ForecastWater:
    """One surface, laid out once, on which runs follow each other; not to be used by two threads at once."""

    def __init__(self, prepared: ForecastGround, threads: int | None) -> None:
        self.prepared = prepared
        parameters = _flow_parameters(prepared.rules)
        self._flow = city_surface(prepared.city, prepared.ground, prepared.rules, threads, parameters)
        self._wetness = -1.0
        self._dry: dict[str, np.ndarray] = {}

    def analyse(
        self, state: KeptState | None, begins: datetime, rain: RainForcing, rain_epoch: datetime, until: datetime,
        wetness: float,
    ) -> KeptState:  # fmt: skip
        """The state at `until`: from `state`, or from dry streets at `begins` on ground of that wetness.

        `rain` is in seconds since `rain_epoch`. Raises FloodStopped where the water stops itself.
        """
        epoch = begins if state is None else state.epoch
        since_s = 0.0 if state is None else state.time_s
        until_s = (until - epoch).total_seconds()
        shift = (rain_epoch - epoch).total_seconds()
        wetness = wetness if state is None else state.wetness
        kept: dict[str, np.ndarray] = {}
        sewers = b""
        with self._running(state, epoch, until_s, wetness) as (system, engine):

            def keep(frame: Frame) -> None:  # a run ends its engine, so what it leaves is kept with its last frame
                nonlocal sewers
                if frame.time_s >= until_s:
                    kept.update({name: array for name, array in system.save().items() if name not in _ANEW})
                    sewers = b"" if engine is None else _hotstart_of(engine)

            if until_s > since_s:
                step_s, falls = until_s - since_s, moved(rain, shift)
                run_flood(system, until_s=until_s, output_step_s=step_s, rain=falls, on_frame=keep, keep_frames=False)
            else:
                keep(Frame(until_s, system.depth, system.speed_x, system.speed_y))
        last_s = last_rain_s(rain, until_s - shift) + shift
        return KeptState(
            epoch=epoch,
            time_s=until_s,
            since_s=since_s,
            rained_s=max(last_s, 0.0 if state is None else state.rained_s),
            wetness=wetness,
            rain_mm=rain_between(rain, self._flow.bed.shape, since_s - shift, until_s - shift),
            water=kept,
            sewers=sewers,
        )

    def run_on(
        self, state: KeptState, rain: RainForcing, rain_epoch: datetime, horizon_s: float,
        on_frame: Callable[[Frame], None],
    ) -> FloodRun:  # fmt: skip
        """The flood from a state on; `on_frame` sees it every 5 min, its times in seconds since the state."""
        until_s = state.time_s + horizon_s
        ahead = moved(rain, (rain_epoch - state.epoch).total_seconds())

        def shown(frame: Frame) -> None:
            on_frame(Frame(round(frame.time_s - state.time_s, 6), frame.depth, frame.speed_x, frame.speed_y))

        with self._running(state, state.epoch, until_s, state.wetness) as (system, _):
            return run_flood(
                system, until_s=until_s, output_step_s=WATCH_STEP_S, rain=ahead, on_frame=shown, keep_frames=False
            )

    @contextmanager
    def _running(
        self, state: KeptState | None, epoch: datetime, until_s: float, wetness: float
    ) -> Iterator[tuple[WaterSystem, SwmmEngine | None]]:
        """The system at its start; the engine, where there is one, ends with the block."""
        self._wet(wetness)
        water = {} if state is None else _with_maxima(state.water, self._flow.depth.shape)
        if state is None:
            self._flow.load(self._dry)
        else:
            _load(self._flow, part(water, "flow"), state)
        prepared = self.prepared
        sewers, rules = prepared.sewers, prepared.rules
        scenario = prepared.terms.scenario(epoch, rules)
        nodes = () if sewers is None else sewers.points.nodes
        structures = city_structures(prepared.city, prepared.ground, scenario, rules, nodes)
        if sewers is None:
            system = WaterSystem(self._flow, None, structures)
            if state is not None:
                _load(system, water, state)
            yield system, None
            return
        engine_s = 0.0
        if state is not None:  # the engine may be ahead of the street by less than one of its steps
            numbers = water["under.numbers"].copy()
            numbers[0] = engine_s = numbers[1]
            water["under.numbers"] = numbers
        exchange = replace(
            exchange_parameters(rules, scenario.drains.exchange_step_s),
            engine_courant=rules.number("forecast.sewer_courant"),
            engine_trials=round(rules.number("forecast.sewer_trials")),
        )
        with tempfile.TemporaryDirectory(prefix="rongan-state-") as folder:
            hotstart = None
            if state is not None:
                hotstart = Path(folder) / "state.hsf"
                hotstart.write_bytes(state.sewers)
            begins = (epoch + timedelta(seconds=int(engine_s))).astimezone(CHINA).replace(tzinfo=None)
            with open_engine(
                sewers.network, sewers.points, sewers.outfalls, exchange, rules, until_s - engine_s + 60.0,
                start=begins, hotstart=hotstart,
            ) as engine:  # fmt: skip
                shafts = shafts_of(sewers.network, sewers.points.nodes, exchange)
                coupling = Coupling(engine, sewers.points, sewers.outfalls, exchange, shaft_m2=shafts)
                system = WaterSystem(self._flow, coupling, structures)
                if state is not None:
                    _load(system, water, state)
                yield system, engine

    def _wet(self, wetness: float) -> None:
        """Ground of this wetness under the surface; the surface itself as it was at its start."""
        if wetness == self._wetness:
            return
        prepared = self.prepared
        set_city_loss(self._flow, prepared.city, prepared.ground, prepared.sewers, wetness)
        fresh = self._flow.save()
        if self._dry:  # only the soil has begun anew
            fresh = self._dry | {name: array for name, array in fresh.items() if name.startswith("infiltration.")}
        self._dry, self._wetness = fresh, wetness


def _flow_parameters(rules: Rules) -> FlowParameters:
    """Those of a drill, but for what makes a forecast of many members come in time (docs/decisions/0019)."""
    return FlowParameters(
        most_parts=round(rules.number("forecast.most_parts")),
        hydrology_step_s=rules.number("forecast.hydrology_step_s"),
        tracking_step_s=rules.number("forecast.exchange_step_s"),  # a run lands there anyway
        deepest_each_step=False,
    )


def _load(what: SurfaceFlow | WaterSystem, water: dict[str, np.ndarray], state: KeptState) -> None:
    """Raises RunStopped where the arrays are not those of this city and this release."""
    try:
        what.load(water)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise RunStopped(f"a kept state does not fit: {error}", time_s=state.time_s) from error


def moved(rain: RainForcing, by_s: float) -> RainForcing:
    """The same rain on a clock that began `by_s` later."""
    return rain if by_s == 0.0 else RainForcing(rain.edges_s + by_s, rain.rates_m_s, rain.zone)


def last_rain_s(rain: RainForcing, until_s: float) -> float:
    """End of the last rain before a time (s, clock of the rain); -inf where none fell."""
    raining = np.flatnonzero(np.any(rain.rates_m_s > 0.0, axis=1) & (rain.edges_s[:-1] < until_s))
    return min(float(rain.edges_s[raining[-1] + 1]), until_s) if raining.size else -np.inf


def first_rain_s(rain: RainForcing, from_s: float) -> float:
    """When it first rains at or after a time (s, clock of the rain); inf where it does not."""
    raining = np.flatnonzero(np.any(rain.rates_m_s > 0.0, axis=1) & (rain.edges_s[1:] > from_s))
    return max(float(rain.edges_s[raining[0]]), from_s) if raining.size else np.inf


def _hotstart_of(engine: SwmmEngine) -> bytes:
    with tempfile.TemporaryDirectory(prefix="rongan-state-") as folder:
        path = Path(folder) / "state.hsf"
        engine.save_hotstart(path)
        return path.read_bytes()


def _with_maxima(water: dict[str, np.ndarray], shape: tuple[int, int]) -> dict[str, np.ndarray]:
    return water | {name: np.full(shape, value, np.float32) for name, value in _ANEW.items()}
