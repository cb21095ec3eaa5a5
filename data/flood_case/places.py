"""From the written inflows, levels, gauges and edges of a flood case to cells and series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from data.errors import InputError
from data.flood_case.case import Gauge, Series, Source
from data.flood_case.cells import Cells, Point, is_outside, line_cells, point_cells, polygon_cells
from data.readers.series import read_series
from data.schema import FLOW_SERIES, STAGE_SERIES, Grid, Table

_WAYS = ("point", "line", "polygon")


def read_inflow(file: Path, number: int, values: dict[str, Any], grid: Grid, domain: np.ndarray) -> Source:
    """One [[inflow]]: its cells and discharge (m3/s) over time."""
    place = f"[[inflow]] {number}"
    rows, cols = _cells(file, place, values, grid, domain)
    series = _series(file, values, "flow_m3_s", FLOW_SERIES)
    return Source(values.get("name", f"inflow {number}"), rows, cols, series)


def read_stage(file: Path, number: int, values: dict[str, Any], grid: Grid, domain: np.ndarray) -> Source:
    """One [[stage]]: its cells and level (m above datum) over time."""
    place = f"[[stage]] {number}"
    rows, cols = _cells(file, place, values, grid, domain)
    return Source(values.get("name", f"stage {number}"), rows, cols, _series(file, values, "stage_m", STAGE_SERIES))


def read_edge(file: Path, written: str | dict[str, str]) -> str | Series:
    """One side: its word, or the level over time that its file holds."""
    return written if isinstance(written, str) else _series(file, {"series": written["stage"]}, "stage_m", STAGE_SERIES)


def read_gauges(file: Path, written: list[dict[str, Any]], grid: Grid, domain: np.ndarray) -> tuple[Gauge, ...]:
    """All [[gauge]] entries; names are unique and each lies on a cell of the domain."""
    gauges: list[Gauge] = []
    for number, values in enumerate(written, start=1):
        place = f"[[gauge]] {number} ({values['name']})"
        if any(values["name"] == gauge.name for gauge in gauges):
            raise InputError(
                "name occurs twice", file=file, place=f"{place} name", value=values["name"], expected="unique names"
            )
        rows, cols = _cells(file, place, {"point": values["at"]}, grid, domain, key="at")
        gauges.append(Gauge(values["name"], int(rows[0]), int(cols[0])))
    return tuple(gauges)


def _cells(
    file: Path, place: str, values: dict[str, Any], grid: Grid, domain: np.ndarray, key: str | None = None
) -> Cells:
    way = next(name for name in _WAYS if name in values)
    points: tuple[Point, ...] = (values[way],) if way == "point" else values[way]
    place = f"{place} {key or way}"
    west, south, east, north = grid.bounds
    extent = f"x {west:.2f} to {east:.2f} and y {south:.2f} to {north:.2f} m ({grid.crs})"
    outside = is_outside(grid, points)
    if outside is not None:
        raise InputError(
            "lies outside the terrain", file=file, place=place, value=list(outside), expected=f"a place within {extent}"
        )
    find = {"point": point_cells, "line": line_cells, "polygon": polygon_cells}[way]
    rows, cols = find(grid, points)
    if not len(rows):
        raise InputError(
            f"this {way} holds no cell",
            file=file,
            place=place,
            value=[list(point) for point in points],
            expected=f"a {way} over at least one cell of {grid.cell_m:g} m",
        )
    empty = ~domain[rows, cols]
    if empty.any():
        k = int(np.argmax(empty))
        x, y = float(grid.x_centres[cols[k]]), float(grid.y_centres[rows[k]])
        raise InputError(
            f"{int(empty.sum())} of {len(rows)} cells have no terrain level (no-data)",
            file=file,
            place=place,
            value=[round(x, 3), round(y, 3)],
            expected="cells that have terrain",
        )
    return rows, cols


def _series(file: Path, values: dict[str, Any], constant: str, table: Table) -> Series:
    """The series of a CSV file, or the constant as a series of one row."""
    if "series" not in values:
        return Series(np.array([0.0]), np.array([values[constant]]))
    frame = read_series(file.parent / values["series"], table)
    return Series(frame["time_s"].to_numpy(float), frame[constant].to_numpy(float))
