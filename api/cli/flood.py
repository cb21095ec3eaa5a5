"""`rongan flood`: surface water, and the sewers under it, for any terrain, rain, inflow, level and wall."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.progress import progress_bars


def flood_command(
    case: Annotated[Path, typer.Argument(help="The flood case, a TOML file; docs/flood-case.md describes it.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for flood.nc, gauges.csv and summary.json.")],
    checkpoint_min: Annotated[
        float | None,
        typer.Option(
            "--checkpoint-min",
            min=0.1,
            help="Keep the state every so many minutes of model time, in a folder beside OUT, until the run is done.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last checkpoint of this case and OUT.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary to standard output.")] = False,
) -> None:
    """Run a flood case: rain, inflow and levels on a terrain; what the water did goes into a folder."""
    from data.flood_case import load_flood_case
    from data.rules_file import load_rules
    from data.units import minutes_to_s
    from sim.flood_files import flood_into

    clock = time.perf_counter()
    read = load_flood_case(case)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for note in read.notes:
        console.print(f"Note: {note}", markup=False)
    with progress_bars(quiet=as_json) as report:
        summary, stopped = flood_into(
            out,
            read,
            load_rules(),
            clock,
            lambda _, fraction: report("Surface water", fraction),
            checkpoint_s=None if checkpoint_min is None else minutes_to_s(checkpoint_min),
            resume=resume,
        )
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        console.print(f"Written to {out}", markup=False)
    if stopped is not None:
        raise stopped
