"""One member of a forecast: its flood from the analysis on, watched, and what of it the cycle needs."""

from __future__ import annotations

import pickle
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.errors import RunStopped
from hazards import FlowMaxima, RainForcing
from sim.flood_record import FloodRun, Frame
from sim.flood_watch import FloodWatch
from sim.forecast.ground import ForecastGround
from sim.forecast.levels import count_people
from sim.forecast.states import UNREADABLE, KeptState, read_state
from sim.forecast.water import ForecastWater

Told = Callable[[float], None]  # hears the share of the members that are done

# Lists of the watch, one row per look.
_ROWS = (
    "people_by_class", "block_danger", "ponded_cells", "edge_depth", "edge_speed", "edge_depth_speed", "site_depth",
    "site_class", "underpass_depth", "volume_m3",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class MemberTask:
    """What one member is run with; rain in seconds since `rain_epoch`."""

    number: int
    rain: RainForcing
    rain_epoch: datetime
    horizon_s: float
    time_of_day: str
    state: Path  # where it begins, for those who read this machine's disk


@dataclass(frozen=True, eq=False)
class MemberFlood:
    """What a member's flood came to; times in s since the cycle."""

    number: int
    time_s: np.ndarray  # (times,)
    people: tuple[np.ndarray, ...]  # by level: (times, areas, 7) persons by class
    underpass_depth: np.ndarray  # (times, underpasses) m
    packed: bytes  # the rest of the watch and the maxima, for the member that the plan is made for
    stopped: str = ""  # why it has no flood, in words


@dataclass(frozen=True, eq=False)
class MemberWater:
    """What plan and pages need of one member."""

    watch: FloodWatch
    run: FloodRun
    first_depth: np.ndarray  # (rows, cols) m, at the time of the cycle


class _LevelWatch:
    """The watch of a drill, and people of the areas of every level beside it."""

    def __init__(self, prepared: ForecastGround, time_of_day: str, sign: Callable[[], None]) -> None:
        self._sign = sign
        points = prepared.points_by(time_of_day)
        self.prepared = prepared
        self.watch = FloodWatch(prepared.city, points)
        self.people: list[list[np.ndarray]] = [[] for _ in prepared.levels]
        self.first_depth = np.zeros(0, np.float32)

    def take(self, frame: Frame) -> None:
        if not self.watch.time_s:
            self.first_depth = frame.depth
        self.watch.take(frame)
        persons = self.watch.points.exposure.at_place
        counts = count_people(self.prepared.levels, self.prepared.place_areas, persons, self.watch.place_class)
        for rows, count in zip(self.people, counts, strict=True):
            rows.append(count)
        self._sign()


def run_member(
    water: ForecastWater, task: MemberTask, state: KeptState | None = None, sign: Callable[[], None] = lambda: None
) -> MemberFlood:
    """Run a member from a state, or from that at the path of the task; `sign` is called with every look at its water.

    One whose water stops itself, or whose state cannot be read, comes back without a flood, and says so.
    """
    seen = _LevelWatch(water.prepared, task.time_of_day, sign)
    try:
        state = read_state(task.state) if state is None else state
    except UNREADABLE as error:
        return _without_flood(task, f"its state cannot be read: {error}")
    try:
        run = water.run_on(state, task.rain, task.rain_epoch, task.horizon_s, seen.take)
    except RunStopped as stop:
        return _without_flood(task, str(stop) or "stopped")
    watch = seen.watch
    kept: dict[str, Any] = {name: getattr(watch, name) for name in _ROWS}
    kept["site_limit_s"] = watch.site_limit_s
    kept["maxima"] = run.maxima.max_depth, run.maxima.max_hazard, run.maxima.arrival_s - np.float32(state.time_s)
    kept["first_depth"] = seen.first_depth
    kept["run"] = run.book, run.steps, run.wall_s
    return MemberFlood(
        number=task.number,
        time_s=np.array(watch.time_s),
        people=tuple(np.stack(rows) for rows in seen.people),
        underpass_depth=watch.stacked("underpass_depth"),
        packed=zlib.compress(pickle.dumps(kept, protocol=5), 1),
    )


def _without_flood(task: MemberTask, why: str) -> MemberFlood:
    return MemberFlood(task.number, np.zeros(0), (), np.zeros((0, 0)), b"", why)


def unpack(prepared: ForecastGround, flood: MemberFlood, time_of_day: str) -> MemberWater:
    """The watch and the maxima of a member, as its process saw them; the other maxima are empty."""
    kept = pickle.loads(zlib.decompress(flood.packed))
    watch = FloodWatch(prepared.city, prepared.points_by(time_of_day))
    watch.time_s = flood.time_s.tolist()
    for name in _ROWS:
        setattr(watch, name, kept[name])
    watch.site_limit_s = kept["site_limit_s"]
    depth, hazard, arrival = kept["maxima"]
    none = {field.name: np.zeros((0, 0)) for field in fields(FlowMaxima)}
    maxima = FlowMaxima(**none | {"max_depth": depth, "max_hazard": hazard, "arrival_s": arrival})
    book, steps, wall_s = kept["run"]
    bed = prepared.ground.bed
    frames = np.zeros((0, *bed.shape), np.float32)
    run = FloodRun(
        time_s=np.zeros(0), depth=frames, speed_x=frames, speed_y=frames, bed=bed, maxima=maxima, book=book,
        gauges=pd.DataFrame(), steps=steps, wall_s=wall_s, cell_m=prepared.city.grid.cell_m,
    )  # type: ignore[arg-type]  # fmt: skip
    return MemberWater(watch, run, kept["first_depth"])


class Lent:
    """Surfaces of a process, one for each thread that runs water at the same time."""

    def __init__(self, prepared: ForecastGround, threads: int | None) -> None:
        self.prepared, self._threads = prepared, threads
        self._free: list[ForecastWater] = []
        self._lock = threading.Lock()

    @contextmanager
    def surface(self) -> Iterator[ForecastWater]:
        """A surface that nobody else uses; laid out where none is free."""
        with self._lock:
            water = self._free.pop() if self._free else None
        water = water or ForecastWater(self.prepared, self._threads)
        try:
            yield water
        finally:
            with self._lock:
                self._free.append(water)

    def run(
        self, task: MemberTask, state: KeptState | None = None, sign: Callable[[], None] = lambda: None
    ) -> MemberFlood:
        """Run a member on a free surface."""
        with self.surface() as water:
            return run_member(water, task, state, sign)
