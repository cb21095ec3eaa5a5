"""`rongan headroom`: how much more rain until streets no longer drain in time or stand as a sea."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.progress import progress_bars
from data.errors import InputError

if TYPE_CHECKING:
    from sim.headroom import Headroom


def headroom_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the city of the scenario.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="Scenario file (TOML) whose rain is scaled.")] = None,
    storm: Annotated[
        str | None, typer.Option(help='"50a" or "50a/120min" (return period, duration), or a .csv or .nc file of rain.')
    ] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option("--class", help="old_town, new_town, key_area or hub; may be given again. Default: all present."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for headroom.json and headroom.html.")] = Path("out/headroom"),
    tolerance: Annotated[float, typer.Option(help="The limit is found to within this share of the rain.")] = 0.05,
    most: Annotated[float, typer.Option(help="Greatest factor on the rain that is tried.")] = 3.0,
    least: Annotated[float, typer.Option(help="Least factor on the rain that is tried.")] = 0.1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Floods at a time; default: by cores and memory.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")] = False,
) -> None:
    """Scale the rain until drain-down or the "sea" criterion fails, for each class of areas (an exercise)."""
    from api.headroom_folder import headroom_folder, write_headroom, write_stopped
    from data.rules_file import load_rules
    from sim.headroom import HeadroomStopped, SearchParameters, find_headroom
    from sim.run import load_city
    from sim.scenario import Scenario, parse_storm, read_scenario

    chosen = read_scenario(scenario) if scenario else Scenario()
    if city is not None:
        chosen = replace(chosen, city=city)
    if storm is not None:
        chosen = replace(chosen, storm=parse_storm(storm, chosen.storm))
    _check_classes(classes or [])
    try:
        parameters = SearchParameters(least=least, most=most, tolerance=tolerance)
    except ValueError as error:
        raise InputError(
            str(error), place="--tolerance, --least, --most", expected="0 < least < 1 < most and a tolerance above 0"
        ) from None
    headroom_folder(out).refuse_foreign()
    headroom_folder(out).refuse_unwritable()
    rules = load_rules()
    with progress_bars(quiet=as_json) as report:
        report("Reading the city", 0.0)
        place = load_city(chosen)
        try:
            found = find_headroom(
                place, chosen, rules, classes=classes or (), parameters=parameters, workers=workers, tell=report
            )
        except HeadroomStopped as stop:
            write_stopped(stop, place, chosen, rules, out)
            raise
        told = write_headroom(found, rules, out)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(found, told["lead"]["en"], out)


def _check_classes(classes: list[str]) -> None:
    from data.schema import DRAINAGE_CLASSES

    for name in classes:
        if name not in DRAINAGE_CLASSES:
            raise InputError("unknown class", place="--class", value=name, expected=", ".join(DRAINAGE_CLASSES))


def _print(found: Headroom, lead: str, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from api.report.bilingual import say
    from api.report.headroom_page import limits_table

    console = Console(highlight=False, soft_wrap=True)
    console.print("EXERCISE 演练 · " + (found.city.name_en or found.city.name), style="bold", markup=False)
    if found.city.synthetic:
        console.print(f"Synthetic data: {', '.join(found.city.synthetic)}", style="yellow", markup=False)
    console.print(lead, style="bold", markup=False)
    sheet = limits_table(found)
    table = Table(box=None, padding=(0, 2, 0, 0))
    names = [column.name.en for column in sheet.columns]
    shown = [names.index(say(f"headroom.column.{key}").en) for key in ("holds", "rain", "fails", "place")]
    for name in ("", *(names[k] for k in shown)):
        table.add_column(name, justify="left" if name in ("", names[shown[-1]]) else "right", overflow="fold")
    for row in sheet.rows:
        cells = [str(getattr(cell.show, "en", cell.show)) for cell in row]
        table.add_row(f"{cells[0]}, {cells[1]}", *(cells[k] for k in shown))
    console.print(table)
    console.print(f"Page: {out / 'headroom.html'}", style="bold", markup=False)
