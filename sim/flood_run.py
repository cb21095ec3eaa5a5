"""The flood loop shared by `rongan flood` and the drill: water through time, rain over time, frames and gauges out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from data.errors import RunStopped
from hazards import RainForcing, SurfaceFlow
from hazards.surface.saved import part, under
from hazards.water_system import WaterSystem
from sim.checkpoint import Checkpoints
from sim.flood_record import FloodRun, Frame, GaugePoint, Recorder

__all__ = ["FloodRun", "FloodStopped", "Frame", "GaugePoint", "Progress", "run_flood"]

Progress = Callable[[float, float], None]  # (time_s, fraction of the run done)

_TICKS = 50  # progress is told at least this often; a part of every run, so that being watched changes nothing


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
    checkpoints: Checkpoints | None = None,
) -> FloodRun:
    """Run `flow` (the surface, or the surface with what lies under it) to `until_s` and collect what it did.

    A frame is taken at the start, every `output_step_s` and at `until_s`; gauges are read every
    `gauge_step_s` (default: with the frames). The flow lands exactly on those instants and on each change of
    the rain, so the rate is constant within a step and the rain volume is exact. With `keep_frames` false the
    frames go to `on_frame` alone and the returned arrays have no frames (for grids that would not fit in memory).

    With `checkpoints` the state is saved at the first instant after each of their intervals; where they hold one
    already the run goes on from there, to the same bytes. Frames before it are not given again
    (`checkpoints.frames` has them).

    Raises FloodStopped, with the partial run in it, where the flow stops itself.
    """
    recorder = Recorder(flow, gauges, on_frame, keep_frames)
    resumed_s = -math.inf
    if checkpoints is not None and checkpoints.state is not None:
        recorder.load(part(checkpoints.state, "recorder"))
        flow.load(part(checkpoints.state, "water"))
        resumed_s = flow.time_s
    start_s = recorder.start_s
    frame_times = _instants(start_s, until_s, output_step_s)
    gauge_times = frame_times if gauge_step_s is None else _instants(start_s, until_s, gauge_step_s)
    changes = [] if rain is None else [t for t in rain.change_times_s if start_s < t < until_s]
    ticks = _instants(start_s, until_s, (until_s - start_s) / _TICKS)
    at_frame, at_gauge = set(frame_times), set(gauge_times)
    if resumed_s < start_s:
        recorder.take_gauges()
        recorder.take_frame()
    if rain is not None:
        flow.set_rain(rain.zone, rain.rate_m_s(flow.time_s))
    for instant in sorted(at_frame | at_gauge | set(changes) | set(ticks))[1:]:
        if instant <= resumed_s:
            continue
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
        if checkpoints is not None and checkpoints.due(instant):
            checkpoints.save(instant, under("recorder", recorder.save()) | under("water", flow.save()))
        if on_progress is not None:
            on_progress(instant, (instant - start_s) / (until_s - start_s))
    return recorder.result()


def _instants(start_s: float, until_s: float, step_s: float) -> list[float]:
    """start, start + step, ... and until_s itself, to the nanosecond, so that equal instants of two steps are one."""
    if not (step_s > 0.0 and until_s > start_s):
        raise ValueError(f"step_s(={step_s}) must be > 0 and until_s(={until_s}) > {start_s}")
    count = math.ceil((until_s - start_s) / step_s - 1e-9)
    return [round(start_s + k * step_s, 9) for k in range(count)] + [until_s]
