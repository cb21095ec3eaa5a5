"""What a flood run leaves behind, and the recorder that collects it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.schema import FLOOD, GAUGE_SERIES
from hazards import FlowMaxima, SurfaceFlow, WaterBook
from hazards.drains.accounts import DrainsResult
from hazards.water_system import WaterSystem


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


class Recorder:
    """Collects frames and gauge readings of one run; its own state can be saved and gone on from."""

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
        self.start_s = flow.time_s
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

    def save(self) -> dict[str, np.ndarray]:
        """Readings and counts so far; frames are the business of whoever keeps them."""
        number = {gauge.name: k for k, gauge in enumerate(self.gauges)}
        readings = [(time_s, number[name], *water) for time_s, name, *water in self.readings]
        counts = np.array([self.start_s, self.first_step, self.wall_s])
        return {"readings": np.array(readings, float).reshape(-1, 5), "counts": counts}

    def load(self, kept: dict[str, np.ndarray]) -> None:
        """Go on from what `save` gave."""
        self.start_s, self.first_step, self.wall_s = kept["counts"][0], int(kept["counts"][1]), kept["counts"][2]
        names = [gauge.name for gauge in self.gauges]
        self.readings = [(row[0], names[int(row[1])], row[2], row[3], row[4]) for row in kept["readings"].tolist()]
