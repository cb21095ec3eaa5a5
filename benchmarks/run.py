"""Runs every benchmark in one go and prints its tables as Markdown: `python -m benchmarks.run [name ...]`."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from datetime import date
from importlib.metadata import version

from benchmarks import (
    allocation,
    commit_visible,
    coupling,
    day_of_polling,
    drill,
    events_stream,
    forecast,
    messages,
    movement,
    movement_grid,
    movement_routes,
    polling,
    replicates,
    routing,
    sewer_engine,
    store,
    surface_flow,
    what_if,
)

BENCHMARKS: dict[str, tuple[str, Callable[[], list[dict[str, object]]]]] = {
    "surface": ("Surface flow: rain on a tilted V-valley", surface_flow.run),
    "engine": ("Driving the sewer engine: what a window costs beside its steps", sewer_engine.run),
    "coupling": ("Street and sewer together against each alone", coupling.run),
    "routing": ("Shortest paths on the road graph", routing.run),
    "allocation": ("Shelter assignment with certificate", allocation.run),
    "movement_grid": ("Leaving a grid, beside SUMO and UXsim", movement_grid.run),
    "movement": ("A million units and more on roads that flood", movement.run),
    "movement_routes": ("Ways to shelters: whole, in reach, after a flood", movement_routes.run),
    "replicates": ("Replicates of a drill", replicates.run),
    "what_if": ("What one shelter more or less changes, area by area", what_if.run),
    "messages": ("Messages: composed, signed, checked, exported", messages.run),
    "store": ("The store: publications, news, observations, audit", store.run),
    "drill": ("The sample drill, whole process", drill.run),
    "polling": ("304 polling of the warnings feed, beside nginx", polling.run),
    "events": ("Events to 1,000 readers", events_stream.run),
    "visible": ("From commit to visible", commit_visible.run),
    "day": ("A day of polling by 10,000 clients, compressed", day_of_polling.run),
    "forecast": ("Forecast cycles: one member and twenty", forecast.run),
}
PACKAGES = ("numpy", "numba", "scipy", "ortools")


def table(rows: list[dict[str, object]]) -> str:
    """Rows as a Markdown table; columns in the order of their first appearance."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    lines += [f"| {' | '.join(str(row.get(column, '')) for column in columns)} |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Run the named benchmarks, or all."""
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"unknown benchmark {unknown[0]}; expected {', '.join(BENCHMARKS)}")
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"{date.today().isoformat()}, Python {platform.python_version()}, {packages}\n")
    for name in names:
        title, measure = BENCHMARKS[name]
        print(f"## {title}\n", flush=True)
        print(table(measure()) + "\n", flush=True)


if __name__ == "__main__":
    main()
