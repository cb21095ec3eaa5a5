"""`rongan drill`: the main job, from rain to the report."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.progress import progress_bars
from data.errors import InputError

if TYPE_CHECKING:
    from sim.command.record import DrillRecord
    from sim.command.setup import DrillSetup
    from sim.run import Conduct
    from sim.scenario import Scenario


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
    orders: Annotated[
        str | None, typer.Option(help='Who tells people to leave: "rules", "script" (the [[order]] tables) or "none".')
    ] = None,
    plans: Annotated[
        Path | None, typer.Option(help="Plan library to hold the drill against (TOML file or folder).")
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(min=0, max=10_000, help="More runs, for bands on every figure.")
    ] = None,
    worth: Annotated[bool | None, typer.Option("--worth/--no-worth", help="Run again without each order.")] = None,
    interactive: Annotated[bool, typer.Option("--interactive", help="Step through the drill and give orders.")] = False,
    replay: Annotated[
        Path | None, typer.Option(help="Event log (events.jsonl) to run again; its scenario.toml lies beside it.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Threads of the surface flow.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Storm a city: flood, danger, warnings, shelter plan and evacuation, and a report of it all (an exercise)."""
    from api.cli.told import print_drill
    from api.drill_folder import write_drill, write_stopped
    from data.run_folder import RunFolder
    from sim.after_action.plans import read_plans
    from sim.command.event_log import read_log
    from sim.flooding import DrillStopped
    from sim.run import run
    from sim.scenario import Scenario, parse_storm, read_scenario

    if replay is not None and scenario is None:
        scenario = replay.parent / "scenario.toml"
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
    chosen = _judged(chosen, orders, plans, replicates, worth)
    read_plans(chosen.drill.plans)  # a bad library or log is told before the long run
    conduct = _conduct(interactive, None if replay is None else read_log(replay)[0], replay)
    if interactive and (as_json or replay is not None):
        raise InputError(
            "options do not go together", place="--interactive", expected="neither --json nor --replay beside it"
        )
    RunFolder(out).check()
    if interactive:
        typer.echo("Flooding the city first; this takes a minute.", err=True)
    with progress_bars(quiet=as_json or interactive) as report:
        try:
            result = run(chosen, on_progress=report, conduct=conduct)
        except DrillStopped as stop:
            write_stopped(stop, chosen, out)
            raise
        summary = write_drill(result, out, on_progress=report)
    if as_json:
        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        print_drill(result, summary, out)


def _judged(
    scenario: Scenario, orders: str | None, plans: Path | None, replicates: int | None, worth: bool | None
) -> Scenario:
    """The scenario with what the command line says about orders and judgement."""
    if orders is not None:
        choices = ("rules", "script", "none")
        if orders not in choices:
            raise InputError("unknown choice", place="--orders", value=orders, expected=", ".join(choices))
        scenario = replace(scenario, evacuation=replace(scenario.evacuation, orders=orders))
    said: dict[str, Any] = {"plans": plans, "replicates": replicates, "worth": worth}
    return replace(scenario, drill=replace(scenario.drill, **{key: v for key, v in said.items() if v is not None}))


def _conduct(interactive: bool, header: dict[str, Any] | None, log: Path | None) -> Conduct:
    """How command and movement are run: at once, from a log with this header, or step by step at the terminal."""
    from api.cli.console import run_console
    from sim.command.event_log import replay_of
    from sim.command.incident import run_incident
    from sim.command.live import LiveDrill

    def conduct(setup: DrillSetup) -> DrillRecord:
        if header is not None:
            return run_incident(replay_of(setup, header, log))
        if not interactive:
            return run_incident(setup)
        record = run_console(LiveDrill(setup), sys.stdin, sys.stdout)
        if record is None:
            raise typer.Exit(0)
        return record

    return conduct


def _size(sample: str) -> str:
    from data.sample import SIZES

    if sample not in SIZES:
        raise InputError("unknown size", place="--sample", value=sample, expected=", ".join(SIZES))
    return sample
