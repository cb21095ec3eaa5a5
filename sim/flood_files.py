"""Runs a flood case into a run folder, frame by frame, so that large grids need no memory for their frames."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from data.errors import InputError
from data.flood_case import FloodCase
from data.rules_file import Rules
from data.run_folder import SUMMARY, RunFolder
from data.schema import GAUGE_SERIES
from sim.flood_case import flood_case_summary, run_flood_case
from sim.flood_run import FloodStopped, Frame, Progress

_BYTES_PER_CELL_AND_FRAME = 12  # depth and two speeds in float32


def flood_into(
    out: Path, case: FloodCase, rules: Rules, clock: float, on_progress: Progress | None = None
) -> tuple[dict[str, Any], FloodStopped | None]:
    """Run the case and write flood.nc, gauges.csv and summary.json into `out`, all together at the end.

    Returns the summary, and the stop where the flow stopped itself: then the folder holds what was computed until
    then. `clock` is time.perf_counter() at the start, for `wall_s`.
    """
    _check_room(out, case)
    stopped: FloodStopped | None = None
    with RunFolder(out) as folder:
        with folder.open_flood(case.grid, title=f"Surface flood, {case.file.name}") as flood:

            def keep(frame: Frame) -> None:
                flood.add_frame(
                    frame.time_s, {"depth": frame.depth, "speed_x": frame.speed_x, "speed_y": frame.speed_y}
                )

            try:
                run = run_flood_case(case, rules, on_progress=on_progress, on_frame=keep, keep_frames=False)
            except FloodStopped as stop:
                stopped, run = stop, stop.run
            flood.write_maps(run.variables())
        folder.write_table(GAUGE_SERIES, run.gauges)
        summary = flood_case_summary(run, time.perf_counter() - clock, stopped)
        folder.write_json(SUMMARY, summary)
    return summary, stopped


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
