"""Runs a flood case: the surface flow of the case as read, with its rain, losses, inflows, levels and gauges."""

from __future__ import annotations

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
    Tracking,
    barrier_crests,
    gridded_rain,
    uniform_rain,
)
from sim.flood_run import FloodRun, FloodStopped, GaugePoint, Progress, run_flood
from sim.ground import barrier_lines
from sim.rulebook import hazard_limits


def run_flood_case(case: FloodCase, rules: Rules, on_progress: Progress | None = None) -> FloodRun:
    """Run the case to its end; raises FloodStopped, with what was computed, where the flow stops itself."""
    return run_flood(
        surface_of(case, rules),
        until_s=case.duration_s,
        output_step_s=case.output_step_s,
        gauge_step_s=case.gauge_step_s,
        rain=_rain(case),
        gauges=[GaugePoint(gauge.name, gauge.row, gauge.col) for gauge in case.gauges],
        on_progress=on_progress,
    )


def surface_of(case: FloodCase, rules: Rules) -> SurfaceFlow:
    """The surface flow of a case before its first step."""
    crest_x, crest_y = _crests(case)
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
        tracking=_tracking(rules),
        threads=case.threads,
    )
    infiltration = _infiltration(case)
    drainage = None if case.drainage_m_s is None else np.nan_to_num(case.drainage_m_s)
    if infiltration is not None or drainage is not None:
        flow.set_loss(infiltration, drainage)
    return flow


def flood_case_summary(run: FloodRun, wall_s: float, stopped: FloodStopped | None = None) -> dict[str, Any]:
    """The content of summary.json; volumes in m3 with the water of the start among what came in."""
    book = run.book
    summary: dict[str, Any] = {
        "flood": {
            "cells": run.cells,
            "cell_m": run.cell_m,
            "steps": run.steps,
            "continuity_error": book.continuity_error,
            "max_depth_m": run.max_depth_m,
            "volume_in_m3": book.initial_m3 + book.volume_in_m3,
            "volume_out_m3": book.volume_out_m3,
            "volume_stored_m3": book.stored_m3,
            "cell_updates_per_s": run.cell_updates_per_s,
        },
        "wall_s": wall_s,
    }
    if stopped is not None:
        summary["stopped"] = {"message": stopped.message, "time_s": stopped.time_s, "place": stopped.place}
    return summary


def _infiltration(case: FloodCase) -> Infiltration | None:
    if case.loss_rate_m_s > 0.0:
        return ConstantInfiltration(case.loss_rate_m_s)
    return None


def _rain(case: FloodCase) -> RainForcing | None:
    rain = case.rain
    if rain is None:
        return None
    if isinstance(rain, RainSeries):
        return uniform_rain(rain.edges_s, rain.rate_m_s)
    return gridded_rain(case.grid, rain.x_m, rain.y_m, rain.edges_s, rain.rates_m_s)


def _edge(condition: str | Series) -> str | StageSeries:
    return condition if isinstance(condition, str) else StageSeries(condition.time_s, condition.value)


def _crests(case: FloodCase) -> tuple[np.ndarray | None, np.ndarray | None]:
    if case.barriers is None:
        return None, None
    return barrier_crests(case.grid, barrier_lines(case.barriers))


def _tracking(rules: Rules) -> Tracking:
    limits = hazard_limits(rules)
    return Tracking(
        ponding_depth_m=rules.number("hazard.ponding_depth_m"),
        hazard_depth_speed_m2_s=limits.depth_speed_m2_s,
        hazard_depth_m=limits.depth_m,
        hazard_speed_m_s=limits.speed_m_s,
    )
