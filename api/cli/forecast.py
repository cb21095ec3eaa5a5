"""`rongan forecast`: one forecast cycle into a folder."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.progress import progress_bars
from data.errors import InputError

if TYPE_CHECKING:
    from sim.forecast.outlook import Outlook


def forecast_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the sample city.")
    ] = None,
    rain: Annotated[
        str | None,
        typer.Option(help='Rain that has fallen until --at and then goes on: "50a", "50a/120min", a .csv or .nc file. '
                     "With --obs: a NetCDF forecast with absolute times, or a folder of its members."),
    ] = None,
    obs: Annotated[Path | None, typer.Option(help="Observations of the sensors of the pack (CSV).")] = None,
    at: Annotated[
        str | None,
        typer.Option(help="Time of the cycle, ISO 8601 with its offset. Default: 60 min into --rain, or the last "
                     "observation."),
    ] = None,
    start: Annotated[
        str, typer.Option(help="When the rain of --rain begins, ISO 8601 with its offset.")
    ] = "2026-07-15T20:00:00+08:00",
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out/forecast"),
    members: Annotated[int, typer.Option(min=1, max=1000, help="Members of the ensemble of rain.")] = 1,
    rain_only: Annotated[bool, typer.Option("--rain-only", help="Rain signals alone, without water.")] = False,
    horizon_min: Annotated[
        float | None, typer.Option(min=5.0, max=1440.0, help="Minutes to look ahead; default: from the rules.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the members.")] = 1,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Members at a time; default: the cores.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler for the members, tcp://HOST:PORT.")] = None,
    size: Annotated[str, typer.Option("--sample", help="Size of the sample city.")] = "small",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:  # fmt: skip
    """Forecast the next hours of a city: colours and their probability for every area (an exercise)."""
    from api.forecast_folder import forecast_folder, write_forecast
    from data.readers.city import read_city
    from data.rules_file import load_rules
    from data.sample import sample_city
    from data.units import minutes_to_s
    from sim.forecast.cycle import ForecastCycle
    from sim.forecast.given import given_rain, observed_rain
    from sim.forecast.terms import ForecastTerms
    from sim.scenario import parse_storm

    if obs is None:
        parse_storm(rain or "50a")  # what is wrong is told before anything takes long
    elif not obs.exists():
        raise InputError("no such file", file=obs, place="--obs", expected="observations (CSV)")
    forecast_folder(out).refuse_foreign()
    forecast_folder(out).refuse_unwritable()
    begins = _moment(start, "--start")
    moment = None if at is None else _moment(at, "--at")
    rules = load_rules()
    terms = ForecastTerms(
        flood=not rain_only, horizon_s=None if horizon_min is None else float(minutes_to_s(horizon_min))
    )
    with progress_bars(quiet=as_json) as report:
        report("Reading the city", 0.0)
        place = sample_city(size) if city is None else read_city(city)
        if obs is None:
            given = given_rain(rain or "50a", place, begins, moment, rules)
        else:
            supplied = None if rain is None else Path(rain)
            given = observed_rain(obs, place, moment, supplied, terms.horizon(rules), rules)
        with ForecastCycle(place, rules, terms, workers=workers, scheduler=scheduler) as cycle:
            outlook = cycle.run(
                given.time, given.observed, given.epoch, given.ahead, members=members, wetness=given.wetness, seed=seed,
                sensors_used=given.sensors_used, sensors_silent=given.sensors_silent, notes=given.notes,
                gauges=given.gauges, tell=report,
            )  # fmt: skip
            assert cycle.detail is not None
            told = write_forecast(outlook, cycle.detail, place, rules, out)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(outlook, told, out)


def _moment(text: str, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InputError("not a time with its offset", place=place, value=text, expected="2026-07-15T20:00:00+08:00")
    return moment


def _print(outlook: Outlook, told: dict[str, Any], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from api.messages import text
    from api.wording import EN
    from data.schema import LEVELS

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"EXERCISE 演练 · {told['city_en'] or told['city']} · {told['time']}", style="bold", markup=False)
    if told["synthetic"]:
        console.print(f"Synthetic data: {', '.join(told['synthetic'])}", style="yellow", markup=False)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("Area", "Now", "Warn of", "P", "From", "In danger"):
        table.add_column(name, justify="right" if name in ("P", "In danger") else "left")
    shown = [area for area in outlook.areas if area.area_level in ("city", "district", "street") and area.colour]
    for area in shown[:25]:
        onset = "now" if area.onset is None or area.onset <= outlook.time else f"{area.onset:%H:%M}"
        table.add_row(
            area.name_en or area.name, LEVELS[area.colour_now], LEVELS[area.colour],
            f"{area.probability[area.colour - 1]:.0%}", onset, f"{area.people:,}" if outlook.counted else "?",
        )  # fmt: skip
    if shown:
        console.print(table)
    else:
        console.print("No area needs a warning.", markup=False)
    for key in outlook.notes:
        console.print(f"- {text(key, EN)}", style="yellow", markup=False)
    console.print(f"{told['wall_s']:.0f} s. Page: {out / 'forecast.html'}", style="bold", markup=False)
