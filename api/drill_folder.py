"""Writes the run folder of a drill: every file of the design, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import tomli_w
from shapely import linestrings

from api.command_files import write_command
from api.report import write_report
from api.warning.drill import drill_profile, write_cap
from api.warning.geojson import write_warnings_geojson
from data.rules_file import load_rules
from data.run_folder import SUMMARY, RunFolder
from data.schema import AREAS_RESULT, PLAN, TIMELINE
from sim.flooding import DrillStopped
from sim.result import Result
from sim.scenario import Scenario
from sim.sewer_files import write_sewers
from sim.summary import plain

_VERSIONS = ("rongan", "numpy", "numba", "ortools")


def write_drill(result: Result, out: Path, on_progress: Callable[[str, float], None]) -> dict[str, Any]:
    """Write the folder and return its summary, the time of the writing included."""
    clock = time.perf_counter()
    rules = load_rules()
    profile = drill_profile(result, rules)
    with RunFolder(out) as folder:
        on_progress("Writing the water", 0.0)
        folder.write_flood(
            result.city.grid,
            result.flood.time_s,
            result.flood.variables(),
            start=result.start,
            title=f"Exercise: surface flood of {result.city.name_en or result.city.name}",
        )
        on_progress("Writing tables and warnings", 0.0)
        folder.write_table(AREAS_RESULT, result.areas)
        folder.write_table(PLAN, result.plan)
        folder.write_table(TIMELINE, result.timeline)
        if result.flood.drains is not None and result.city.drainage is not None:
            write_sewers(folder, result.city.drainage, result.flood.drains)
        write_cap(result, folder.path / "warnings", profile)
        write_warnings_geojson(result, folder.path / "warnings.geojson", profile)
        folder.write_text("plan.geojson", plan_geojson(result))
        folder.write_text("scenario.toml", scenario_toml(result))
        on_progress("Writing the report", 0.0)
        write_report(result, folder.path / "report.html")
        found = write_command(folder, result, rules)
        wall = result.summary["wall_s"]
        report_s = time.perf_counter() - clock
        summary = {
            **result.summary,
            **({} if found is None else {"readiness": found.readiness.score}),
            "wall_s": {**wall, "report": round(report_s, 2), "total": round(wall["total"] + report_s, 2)},
        }
        folder.write_json("summary.json", summary)
    return summary


def write_stopped(stop: DrillStopped, scenario: Scenario, out: Path) -> None:
    """What a drill had when its water stopped itself: flood.nc, and a summary that says where and when."""
    resolved = scenario.resolved()
    book = stop.run.book
    with RunFolder(out) as folder:
        folder.write_flood(
            stop.city.grid,
            stop.run.time_s,
            stop.run.variables(),
            start=scenario.start,
            title=f"Exercise, stopped at {stop.time_s:.0f} s: {stop.city.name_en or stop.city.name}",
        )
        if stop.run.drains is not None and stop.city.drainage is not None:
            write_sewers(folder, stop.city.drainage, stop.run.drains)
        folder.write_json(
            SUMMARY,
            {
                "city": stop.city.name,
                "exercise": True,
                "synthetic": list(stop.city.synthetic),
                "scenario": {**resolved, "start": scenario.start.isoformat()},
                "stopped": stop.told,
                "flood": {"steps": stop.run.steps, "continuity_error": plain(book.continuity_error)},
            },
        )


def plan_geojson(result: Result) -> str:
    """The plan as straight lines from block to shelter, WGS84; people without a place are in plan.csv alone."""
    placed = result.plan[result.plan["shelter"] != ""]
    blocks = result.blocks.set_index("id").loc[placed["block"], ["lon", "lat"]].to_numpy(float)
    sites = result.sites.set_index("id").loc[placed["shelter"], ["lon", "lat"]].to_numpy(float)
    ends = [[block, site] for block, site in zip(blocks.tolist(), sites.tolist(), strict=True)]
    lines = linestrings(ends) if ends else []
    frame = gpd.GeoDataFrame(placed.reset_index(drop=True), geometry=list(lines), crs="EPSG:4326")
    return frame.to_json(drop_id=True, ensure_ascii=False, to_wgs84=True) + "\n"


def scenario_toml(result: Result) -> str:
    """The resolved scenario with the versions and the rules it ran on; `rongan drill --scenario` takes it again."""
    versions = {name: version(name) for name in _VERSIONS}
    made_by = {**versions, "rules_hash": result.rules_hash}
    return tomli_w.dumps({**result.scenario, "made_by": made_by})
