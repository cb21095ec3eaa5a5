"""A flood case on the surface flow: what of the file becomes what of the flow, and what a run is summed up to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from data.flood_case import FloodCase, RainSeries, Series
from data.rules_file import Rules
from hazards import (
    ConstantInfiltration,
    EdgeConditions,
    Infiltration,
    Inflow,
    RainForcing,
    StageBoundary,
    StageSeries,
    SurfaceFlow,
    barrier_crests,
    gridded_rain,
    uniform_rain,
)
from hazards.water_system import WaterSystem
from sim.checkpoint import Checkpoints
from sim.flood_run import FloodRun, FloodStopped, Frame, GaugePoint, Progress, run_flood
from sim.flood_sewers import drains_summary, open_sewers
from sim.ground import barrier_lines
from sim.land_infiltration import land_infiltration
from sim.rulebook import tracking


def run_flood_case(
    case: FloodCase,
    rules: Rules,
    *,
    on_progress: Progress | None = None,
    on_frame: Callable[[Frame], None] | None = None,
    keep_frames: bool = True,
    checkpoints: Checkpoints | None = None,
) -> FloodRun:
    """Run the case to its end; raises FloodStopped, with what was computed, where the flow stops itself."""
    with water_of(case, rules, _rain(case), checkpoints) as (water, rain):
        return run_flood(
            water,
            until_s=case.duration_s,
            output_step_s=case.output_step_s,
            gauge_step_s=case.gauge_step_s,
            rain=rain,
            gauges=[GaugePoint(gauge.name, gauge.row, gauge.col) for gauge in case.gauges],
            on_progress=on_progress,
            on_frame=on_frame,
            keep_frames=keep_frames,
            checkpoints=checkpoints,
        )


@contextmanager
def water_of(
    case: FloodCase, rules: Rules, rain: RainForcing | None, checkpoints: Checkpoints | None = None
) -> Iterator[tuple[SurfaceFlow | WaterSystem, RainForcing | None]]:
    """The water of a case before its first step, sewers included, and the rain that falls on its grid.

    Sewers of a checkpoint are brought to where it was made. Raises InputError where the engine refuses the network.
    """
    flow = surface_of(case, rules)
    if case.drains is None:
        yield flow, rain
        return
    with open_sewers(case, case.drains, rules, flow, rain) as (coupling, rain):
        engine = coupling.engine
        if checkpoints is not None:
            if checkpoints.state is None:
                engine.journal = checkpoints.journal
            else:
                engine.replay(checkpoints.journal)
        yield WaterSystem(flow, coupling), rain


def surface_of(case: FloodCase, rules: Rules) -> SurfaceFlow:
    """The surface flow of a case before its first step."""
    crest_x, crest_y = (None, None)
    if case.barriers is not None:
        crest_x, crest_y = barrier_crests(case.grid, barrier_lines(case.barriers))
    flow = SurfaceFlow(
        case.bed + case.building_height,
        case.grid.cell_m,
        case.manning_n,
        initial_depth=0.0 if case.initial_depth is None else case.initial_depth,
        edges=EdgeConditions(**{side: _edge(condition) for side, condition in case.edges.items()}),
        crest_x=crest_x,
        crest_y=crest_y,
        inflows=[Inflow((s.rows, s.cols), s.series.time_s, s.series.value) for s in case.inflows],
        stages=[StageBoundary((s.rows, s.cols), s.series.time_s, s.series.value) for s in case.stages],
        tracking=tracking(rules),
        threads=case.threads,
    )
    infiltration = _infiltration(case, flow.inside)
    drainage = None if case.drainage_m_s is None else np.nan_to_num(case.drainage_m_s)
    if infiltration is not None or drainage is not None:
        flow.set_loss(infiltration, drainage)
    return flow


def flood_case_summary(run: FloodRun, wall_s: float, stopped: FloodStopped | None = None) -> dict[str, Any]:
    """The content of summary.json; the water of the start counts among the volume that came in.

    A figure that a stopped run has spoilt (not a number) is None.
    """
    book = run.book
    figures = {
        "cells": run.cells,
        "cell_m": run.cell_m,
        "steps": run.steps,
        "continuity_error": book.continuity_error,
        "max_depth_m": run.max_depth_m,
        "volume_in_m3": book.initial_m3 + book.volume_in_m3,
        "volume_out_m3": book.volume_out_m3,
        "volume_stored_m3": book.stored_m3,
        "cell_updates_per_s": run.cell_updates_per_s,
    }
    flood = {name: value if math.isfinite(value) else None for name, value in figures.items()}
    summary: dict[str, Any] = {"flood": flood, "wall_s": wall_s}
    if run.drains is not None:
        summary["drains"] = drains_summary(run.drains, book)
    if stopped is not None:
        summary["stopped"] = stopped.told
    return summary


def _rain(case: FloodCase) -> RainForcing | None:
    rain = case.rain
    if rain is None:
        return None
    if isinstance(rain, RainSeries):
        return uniform_rain(rain.edges_s, rain.rate_m_s)
    return gridded_rain(case.grid, rain.x_m, rain.y_m, rain.edges_s, rain.rates_m_s)


def _infiltration(case: FloodCase, inside: np.ndarray) -> Infiltration | None:
    """Infiltration of the case; none under buildings."""
    sealed = ~inside | (case.building_height > 0.0)
    if case.land_cover is not None:
        return land_infiltration(case.land_cover, case.land_cover_table, sealed)
    if case.loss_rate_m_s > 0.0:
        return ConstantInfiltration(np.where(sealed, 0.0, case.loss_rate_m_s))
    return None


def _edge(condition: str | Series) -> str | StageSeries:
    return condition if isinstance(condition, str) else StageSeries(condition.time_s, condition.value)
