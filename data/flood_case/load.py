"""Reads a flood case file and everything it names into a FloodCase; refuses what cannot be run as it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from data.datum import is_crs
from data.errors import InputError
from data.flood_case.case import FloodCase, RainSeries
from data.flood_case.drains import read_drains
from data.flood_case.ground import (
    read_buildings,
    read_drainage,
    read_initial_depth,
    read_land_cover,
    read_roughness,
)
from data.flood_case.notes import notes_on
from data.flood_case.parse import parse_case
from data.flood_case.places import read_edge, read_gauges, read_inflow, read_stage
from data.readers.rain_grid import RainGrid, read_rain_grid
from data.readers.rasters import read_terrain
from data.readers.series import read_rain_series
from data.readers.vectors import read_vectors
from data.schema import BARRIERS, Grid
from data.units import mm_h_to_m_s

_MOST_INSTANTS = 1e6  # of output in a run; more is a slip of the pen


def load_flood_case(path: str | Path) -> FloodCase:
    """The case of a TOML file (docs/flood-case.md); InputError names file, place, value and what is expected."""
    file = Path(path)
    written = parse_case(file)
    _check_times(file, written)
    section = written["terrain"]
    if "crs" in section and not is_crs(section["crs"]):
        raise InputError(
            "unknown coordinate system", file=file, place="[terrain] crs", value=section["crs"], expected='"EPSG:..."'
        )
    terrain = read_terrain(file.parent / section["dem"], crs=section.get("crs"), fill_holes=section["fill_holes"])
    grid, bed = terrain.grid, terrain.level_m
    domain = np.isfinite(bed)
    heights = np.where(domain, read_buildings(file, section, grid), 0.0)
    cover = read_land_cover(file, written["land_cover"], grid, domain)
    loss = written["loss"]
    if loss.get("infiltration") and cover is None:
        raise InputError(
            "no land cover to infiltrate by", file=file, place="[loss] infiltration", expected="a [land_cover] section"
        )
    drainage = read_drainage(file, loss, grid, domain)
    inflows = tuple(read_inflow(file, k, v, grid, domain) for k, v in enumerate(written["inflow"], start=1))
    stages = tuple(read_stage(file, k, v, grid, domain) for k, v in enumerate(written["stage"], start=1))
    gauges = read_gauges(file, written["gauge"], grid, domain)
    run = written["run"]
    barriers = section.get("barriers")
    case = FloodCase(
        file=file,
        grid=grid,
        bed=bed,
        building_height=heights,
        barriers=None if barriers is None else read_vectors(file.parent / barriers, BARRIERS, "line", grid.crs),
        manning_n=read_roughness(file, written, grid, domain, cover),
        initial_depth=read_initial_depth(file, written["initial"], grid, domain, bed + heights),
        edges={side: read_edge(file, condition) for side, condition in _sides(written["edges"]).items()},
        duration_s=run["duration_s"],
        output_step_s=run["output_step_s"],
        gauge_step_s=run.get("gauge_step_s", run["output_step_s"]),
        threads=run.get("threads"),
        rain=_rain(file, written["rain"], run["duration_s"], grid),
        loss_rate_m_s=mm_h_to_m_s(loss.get("rate_mm_h", 0.0)),
        land_cover=cover[0] if cover and loss.get("infiltration") else None,
        land_cover_table=cover[1] if cover else None,
        drainage_m_s=None if drainage is None else mm_h_to_m_s(drainage),
        inflows=inflows,
        stages=stages,
        gauges=gauges,
        notes=(),
    )
    drains, doubts = read_drains(file, written["drains"], grid, bed)
    return replace(case, drains=drains, notes=notes_on(case, section.get("buildings")) + doubts)


def _sides(written: dict[str, Any]) -> dict[str, Any]:
    return written or dict.fromkeys(("west", "east", "south", "north"), "closed")


def _check_times(file: Path, written: dict[str, Any]) -> None:
    run = written["run"]
    for name in ("output_step_s", "gauge_step_s"):
        if run.get(name, 0.0) > run["duration_s"]:
            raise InputError(
                "longer than the run",
                file=file,
                place=f"[run] {name}",
                value=run[name],
                expected=f"at most duration_s = {run['duration_s']:g} s",
            )
        if run.get(name, run["duration_s"]) < run["duration_s"] / _MOST_INSTANTS:
            raise InputError(
                "too fine",
                file=file,
                place=f"[run] {name}",
                value=run[name],
                expected=f"at least {run['duration_s'] / _MOST_INSTANTS:g} s, a millionth of duration_s",
            )
    rain = written["rain"]
    if "until_s" in rain and "rate_mm_h" not in rain:
        raise InputError(
            "goes with rate_mm_h only", file=file, place="[rain] until_s", value=rain["until_s"], expected="rate_mm_h"
        )


def _rain(file: Path, section: dict[str, Any], duration_s: float, grid: Grid) -> RainSeries | RainGrid | None:
    if "rate_mm_h" in section:
        until_s = section.get("until_s", duration_s)
        rate = mm_h_to_m_s(section["rate_mm_h"])
        return RainSeries(np.array([0.0, until_s]), np.array([rate])) if until_s > 0.0 else None
    if "series" in section:
        return RainSeries(*read_rain_series(file.parent / section["series"]))
    if "grid" in section:
        return read_rain_grid(file.parent / section["grid"], grid)
    return None
