"""`rongan evacuate`: an evacuation on any road network, without a flood, for transport engineers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.cli.progress import progress_bars


def evacuate_command(
    case: Annotated[Path, typer.Argument(help="The case, a TOML file; docs/evacuation-case.md describes it.")],
    out: Annotated[
        Path, typer.Option("--out", help="Folder for summary.json, timeline.csv, links.csv and shelters.csv.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary to standard output.")] = False,
) -> None:
    """Run an evacuation case: people leave for shelters on dry roads; how long it takes and where it jams."""
    from data.rules_file import load_rules
    from data.run_folder import RunFolder
    from sim.evacuation_case import read_evacuation_case
    from sim.evacuation_files import write_evacuation_case
    from sim.evacuation_run import run_evacuation_case

    rules = load_rules()
    read = read_evacuation_case(case, rules)
    RunFolder(out).check()
    with progress_bars(quiet=as_json) as report:
        report("Reading roads and people", 0.0)
        run = run_evacuation_case(read, rules, lambda fraction: report("People on the move", fraction))
    summary = write_evacuation_case(run, out)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        _print(summary, out)


def _print(summary: dict[str, Any], out: Path) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    people = summary["people"]
    told = [f"{people['sheltered']:,} of {people['total']:,} people in a shelter"]
    told += [f"{share} % after {summary[f't{share}_min']:g} min" for share in (50, 90, 95) if summary[f"t{share}_min"]]
    told += [f"{people[state]:,} {state.replace('_', ' ')}" for state in _NOT_WELL if people[state]]
    console.print("; ".join(told), markup=False)
    for note in summary["notes"]:
        console.print(f"Note: {note}", markup=False)
    console.print(f"Written to {out}", markup=False)


_NOT_WELL = ("home", "moving", "at_door", "stranded", "turned_away", "refused", "off_network")
