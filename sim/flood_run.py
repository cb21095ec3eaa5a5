"""The flood loop shared by `rongan flood` and the drill: water through time, rain over time, frames and gauges out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.errors import RunStopped
from data.schema import FLOOD, GAUGE_SERIES
from hazards import FlowMaxima, RainForcing, SurfaceFlow, WaterBook
from hazards.drains.accounts import DrainsResult
from hazards.water_system import WaterSystem

Progress = Callable[[float, float], None]  # (time_s, fraction of the run done)

_TICKS = 50  # progress is told at least this often; a part of every run, so that being watched changes nothing


@dataclass(frozen=True)
class GaugePoint:
    """A named cell whose water is written down over time."""

    name: str
    row: int
    col: int


@dataclass(frozen=True)
class Frame:
    """The surface at one instant; arrays of shape (rows, cols), float32, copies that the receiver may keep."""

    time_s: float
    depth: np.ndarray  # m
    speed_x: np.ndarray  # m/s, eastward
    speed_y: np.ndarray  # m/s, northward


@dataclass(frozen=True)
class FloodRun:
    """What a run of the surface leaves behind: frames, maxima, water balance, gauges, cost."""

    time_s: np.ndarray  # (frames,) float64
    depth: np.ndarray  # (frames, rows, cols) float32, m; NaN outside the domain; no frames where none were kept
    speed_x: np.ndarray  # the same shape, m/s eastward
    speed_y: np.ndarray  # the same shape, m/s northward
    bed: np.ndarray  # (rows, cols) float64, m, as the flow saw it
    maxima: FlowMaxima
    book: WaterBook
    gauges: pd.DataFrame  # columns of schema GAUGE_SERIES
    steps: int
    wall_s: float  # seconds on the clock inside the kernel of the surface
    cell_m: float
    drains: DrainsResult | None = None  # of a run with sewers

    @property
    def cells(self) -> int:
        """Cells inside the domain."""
        return int(np.isfinite(self.bed).sum())

    @property
    def cell_updates_per_s(self) -> float:
        """Cells of the domain times steps over wall seconds: the speed of the kernel."""
        return self.cells * self.steps / self.wall_s if self.wall_s > 0.0 else 0.0

    @property
    def max_depth_m(self) -> float:
        """Largest depth anywhere at any time (m); 0 on a domain that stayed dry."""
        return float(np.nanmax(self.maxima.max_depth, initial=0.0))

    def variables(self) -> dict[str, np.ndarray]:
        """Every variable of schema FLOOD by name, ready for the writer; NaN (hazard 0) outside the domain."""
        outside = ~np.isfinite(self.bed)
        maxima = {
            name: np.where(outside, 0 if FLOOD[name].dtype == "int" else np.nan, getattr(self.maxima, name))
            for name in FLOOD.names
            if hasattr(self.maxima, name)
        }
        ever_wet = self.maxima.max_depth > 0.0
        return {
            "depth": self.depth,
            "speed_x": self.speed_x,
            "speed_y": self.speed_y,
            "bed": self.bed,
            "max_stage": np.where(ever_wet & ~outside, self.bed + self.maxima.max_depth, np.nan),
            **maxima,
        }


class FloodStopped(RunStopped):
    """The surface stopped itself; `run` holds everything computed until then."""

    def __init__(self, cause: RunStopped, run: FloodRun) -> None:
        super().__init__(cause.message, time_s=cause.time_s, place=cause.place)
        self.run = run


def run_flood(
    flow: SurfaceFlow | WaterSystem,
    *,
    until_s: float,
    output_step_s: float,
    rain: RainForcing | None = None,
    gauges: Sequence[GaugePoint] = (),
    gauge_step_s: float | None = None,
    on_progress: Progress | None = None,
    on_frame: Callable[[Frame], None] | None = None,
    keep_frames: bool = True,
) -> FloodRun:
    """Run `flow` (the surface, or the surface with what lies under it) to `until_s` and collect what it did.

    A frame is taken at the start, every `output_step_s` and at `until_s`; gauges are read every
    `gauge_step_s` (default: with the frames). The flow lands exactly on those instants and on each change of
    the rain, so the rate is constant within a step and the rain volume is exact. With `keep_frames` false the
    frames go to `on_frame` alone and the returned arrays have no frames (for grids that would not fit in memory).

    Raises FloodStopped, with the partial run in it, where the flow stops itself.
    """
    recorder = _Recorder(flow, gauges, on_frame, keep_frames)
    frame_times = _instants(flow.time_s, until_s, output_step_s)
    gauge_times = frame_times if gauge_step_s is None else _instants(flow.time_s, until_s, gauge_step_s)
    changes = [] if rain is None else [t for t in rain.change_times_s if flow.time_s < t < until_s]
    ticks = _instants(flow.time_s, until_s, (until_s - flow.time_s) / _TICKS)
    at_frame, at_gauge = set(frame_times), set(gauge_times)
    start_s = flow.time_s
    recorder.take_gauges()
    recorder.take_frame()
    if rain is not None:
        flow.set_rain(rain.zone, rain.rate_m_s(start_s))
    for instant in sorted(at_frame | at_gauge | set(changes) | set(ticks))[1:]:
        clock = time.perf_counter()
        try:
            flow.advance(instant)
        except RunStopped as stop:
            recorder.wall_s += time.perf_counter() - clock
            recorder.take_gauges()
            recorder.take_frame()
            raise FloodStopped(stop, recorder.result()) from stop
        recorder.wall_s += time.perf_counter() - clock
        if rain is not None:
            flow.set_rain(rain.zone, rain.rate_m_s(instant))
        if instant in at_gauge:
            recorder.take_gauges()
        if instant in at_frame:
            recorder.take_frame()
        if on_progress is not None:
            on_progress(instant, (instant - start_s) / (until_s - start_s))
    return recorder.result()


class _Recorder:
    """Collects frames and gauge readings of one run."""

    def __init__(
        self,
        flow: SurfaceFlow | WaterSystem,
        gauges: Sequence[GaugePoint],
        on_frame: Callable[[Frame], None] | None,
        keep_frames: bool,
    ) -> None:
        self.flow = flow
        self.gauges = gauges
        self.on_frame = on_frame
        self.keep_frames = keep_frames
        self.frames: list[Frame] = []
        self.readings: list[tuple[float, str, float, float, float]] = []
        self.first_step = flow.steps
        self.wall_s = 0.0
        self.outside = ~flow.inside

    def take_frame(self) -> None:
        if not (self.keep_frames or self.on_frame):
            return
        flow = self.flow
        layers = (np.array(a, np.float32) for a in (flow.depth, flow.speed_x, flow.speed_y))
        depth, speed_x, speed_y = (np.where(self.outside, np.float32(np.nan), a) for a in layers)
        frame = Frame(flow.time_s, depth, speed_x, speed_y)
        if self.on_frame is not None:
            self.on_frame(frame)
        if self.keep_frames:
            self.frames.append(frame)

    def take_gauges(self) -> None:
        if not self.gauges:
            return
        flow = self.flow
        depth, speed_x, speed_y = flow.depth, flow.speed_x, flow.speed_y
        for gauge in self.gauges:
            cell = gauge.row, gauge.col
            deep = float(depth[cell])
            stage = float(flow.bed[cell]) + deep if deep > flow.parameters.flow_depth_m else math.nan
            speed = math.hypot(float(speed_x[cell]), float(speed_y[cell]))
            self.readings.append((flow.time_s, gauge.name, stage, deep, speed))

    def result(self) -> FloodRun:
        flow = self.flow
        return FloodRun(
            time_s=np.array([frame.time_s for frame in self.frames]),
            depth=self._stack("depth"),
            speed_x=self._stack("speed_x"),
            speed_y=self._stack("speed_y"),
            bed=flow.bed,
            maxima=flow.maxima,
            book=flow.book,
            gauges=pd.DataFrame(self.readings, columns=list(GAUGE_SERIES.names)),
            steps=flow.steps - self.first_step,
            wall_s=flow.surface_wall_s if isinstance(flow, WaterSystem) else self.wall_s,
            cell_m=flow.cell_m,
            drains=flow.finish() if isinstance(flow, WaterSystem) else None,
        )

    def _stack(self, name: str) -> np.ndarray:
        layers = [getattr(frame, name) for frame in self.frames]
        return np.stack(layers) if layers else np.empty((0, *self.outside.shape), np.float32)


def _instants(start_s: float, until_s: float, step_s: float) -> list[float]:
    """start, start + step, ... and until_s itself, to the nanosecond, so that equal instants of two steps are one."""
    if not (step_s > 0.0 and until_s > start_s):
        raise ValueError(f"step_s(={step_s}) must be > 0 and until_s(={until_s}) > {start_s}")
    count = math.ceil((until_s - start_s) / step_s - 1e-9)
    return [round(start_s + k * step_s, 9) for k in range(count)] + [until_s]
