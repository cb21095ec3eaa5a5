"""`rongan drill`: the main job, from rain to the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from api.cli.progress import progress_bars
from data.errors import InputError


def drill_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the sample city.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="Scenario file (TOML), see docs/drill.md.")] = None,
    storm: Annotated[
        str | None, typer.Option(help='"50a" or "50a/120min" (return period, duration), or a .csv or .nc file of rain.')
    ] = None,
    sample: Annotated[str | None, typer.Option(help="Size of the sample city: small, city or megacity.")] = None,
    out: Annotated[Path, typer.Option(help="Run folder to write.")] = Path("out/drill"),
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="Draws when people set out.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Threads of the surface flow.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Storm a city: flood, danger, warnings, shelter plan and evacuation, and a report of it all (an exercise)."""
    from api.cli.told import print_drill
    from api.drill_folder import write_drill, write_stopped
    from data.run_folder import RunFolder
    from sim.flooding import DrillStopped
    from sim.run import run
    from sim.scenario import Scenario, parse_storm, read_scenario

    chosen = read_scenario(scenario) if scenario else Scenario()
    if city is not None and sample is not None:
        raise InputError("city named twice", place="--sample", value=sample, expected="either a city pack or --sample")
    if city is not None:
        name = chosen.name if scenario else city.resolve().name
        chosen = replace(chosen, city=city, name=name)
    if sample is not None:
        chosen = replace(chosen, sample=_size(sample), city=None)
    if storm is not None:
        chosen = replace(chosen, storm=parse_storm(storm, chosen.storm))
    if seed is not None:
        chosen = replace(chosen, seed=seed)
    if threads is not None:
        chosen = replace(chosen, flood=replace(chosen.flood, threads=threads))
    RunFolder(out).check()
    with progress_bars(quiet=as_json) as report:
        try:
            result = run(chosen, on_progress=report)
        except DrillStopped as stop:
            write_stopped(stop, chosen, out)
            raise
        summary = write_drill(result, out, on_progress=report)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        print_drill(result, summary, out)


def _size(sample: str) -> str:
    from data.sample import SIZES

    if sample not in SIZES:
        raise InputError("unknown size", place="--sample", value=sample, expected=", ".join(SIZES))
    return sample
