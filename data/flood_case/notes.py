"""What runs as written but may not be meant: told to the user before the run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.flood_case.case import FloodCase, Series


def notes_on(case: FloodCase, buildings: str | None) -> tuple[str, ...]:
    """Doubts about a case, one sentence each; `buildings` is the file of building polygons, if any."""
    return tuple(_notes(case, buildings))


def _notes(case: FloodCase, buildings: str | None) -> Iterator[str]:
    raised = case.building_height > 0.0
    if buildings and not raised.any():
        yield f"no polygon of {buildings} covers the centre of a terrain cell: no building is raised"
    for source in (*case.inflows, *case.stages):
        on_roof = int(raised[source.rows, source.cols].sum())
        if on_roof:
            yield f"{source.name}: {on_roof} of {len(source.rows)} cells are raised by a building"
        yield from _short(source.name, source.series, case.duration_s)
    for side, condition in case.edges.items():
        if isinstance(condition, Series):
            yield from _short(f"{side} edge", condition, case.duration_s)
    for gauge in case.gauges:
        if raised[gauge.row, gauge.col]:
            yield f"gauge {gauge.name} stands on a cell raised by a building"
    if case.barriers is not None:
        west, south, east, north = case.grid.bounds
        if not len(case.barriers.cx[west:east, south:north]):
            yield "no barrier lies on the terrain"


def _short(name: str, series: Series, duration_s: float) -> Iterator[str]:
    last = float(series.time_s[-1])
    if len(series.time_s) > 1 and last < duration_s and not np.isclose(series.value[-1], 0.0):
        yield f"{name}: its series ends at {last:g} s; the last value {series.value[-1]:g} holds until {duration_s:g} s"
