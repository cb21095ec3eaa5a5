"""Runs a flood case into a run folder, frame by frame, so that large grids need no memory for their frames."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.flood_case import FloodCase
from data.rules_file import Rules
from data.run_folder import SUMMARY, RunFolder
from data.schema import GAUGE_SERIES
from sim.checkpoint import Checkpoints, fingerprint
from sim.flood_case import flood_case_summary, run_flood_case
from sim.flood_run import FloodStopped, Frame, Progress
from sim.sewer_files import write_sewers

_BYTES_PER_CELL_AND_FRAME = 12  # depth and two speeds in float32


def flood_into(
    out: Path,
    case: FloodCase,
    rules: Rules,
    clock: float,
    on_progress: Progress | None = None,
    *,
    checkpoint_s: float | None = None,
    resume: bool = False,
) -> tuple[dict[str, Any], FloodStopped | None]:
    """Run the case and write flood.nc, gauges.csv and summary.json into `out`, all together at the end.

    With sewers also nodes.csv, links.csv and network.geojson. Returns the summary, and the stop where the flow stopped
    itself: then the folder holds what was computed until then. `clock` is time.perf_counter() at the start, for
    `wall_s`. Every `checkpoint_s` of model time the state goes into a folder beside `out`, from which `resume` goes on;
    it is removed at the end.
    """
    _check_room(out, case)
    stopped: FloodStopped | None = None
    with RunFolder(out) as folder:
        checkpoints = _checkpoints(out, case, rules, checkpoint_s, resume)
        with folder.open_flood(case.grid, title=f"Surface flood, {case.file.name}") as flood:

            def write(frame: Frame) -> None:
                flood.add_frame(
                    frame.time_s, {"depth": frame.depth, "speed_x": frame.speed_x, "speed_y": frame.speed_y}
                )

            def keep(frame: Frame) -> None:
                write(frame)
                if checkpoints is not None:
                    checkpoints.keep(frame)

            for frame in () if checkpoints is None else checkpoints.frames():
                write(frame)
            try:
                run = run_flood_case(
                    case, rules, on_progress=on_progress, on_frame=keep, keep_frames=False, checkpoints=checkpoints
                )
            except FloodStopped as stop:
                stopped, run = stop, stop.run
            flood.write_maps(run.variables())
        folder.write_table(GAUGE_SERIES, run.gauges)
        summary = flood_case_summary(run, time.perf_counter() - clock, stopped)
        folder.write_json(SUMMARY, summary)
        if case.drains is not None and run.drains is not None:
            write_sewers(folder, case.drains.network, run.drains)
    if checkpoints is not None:
        checkpoints.remove()
    return summary, stopped


def checkpoint_folder(out: Path) -> Path:
    """Where the checkpoints of a run into `out` lie until it is done."""
    place = out.resolve()
    return place.parent / f"{place.name}.checkpoint"


def _checkpoints(out: Path, case: FloodCase, rules: Rules, every_s: float | None, resume: bool) -> Checkpoints | None:
    if every_s is None and not resume:
        return None
    mark = fingerprint(replace(case, threads=None, notes=()), rules.hash)
    if resume:
        return Checkpoints.resume(checkpoint_folder(out), mark, every_s)
    return Checkpoints.begin(checkpoint_folder(out), mark, every_s or case.duration_s)


def _check_room(out: Path, case: FloodCase) -> None:
    """A slip in a step must not fill the disk."""
    frames = case.duration_s / case.output_step_s + 2.0
    needed = frames * case.grid.cells * _BYTES_PER_CELL_AND_FRAME
    place = next(parent for parent in (out.absolute(), *out.absolute().parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise InputError(
            f"{frames:.3g} frames of {case.grid.rows} x {case.grid.cols} cells may take {needed / 1e9:.3g} GB",
            file=case.file,
            place="[run] output_step_s",
            value=case.output_step_s,
            expected=f"a step that needs at most the {free / 1e9:.3g} GB free at {place}",
        )
