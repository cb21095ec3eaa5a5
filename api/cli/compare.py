"""`rongan compare`: a flood before and after, in one line first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.progress import progress_bars

if TYPE_CHECKING:
    import pandas as pd

    from sim.compare import Comparison


def compare_command(
    base: Annotated[str, typer.Argument(help='What is there: a scenario file, a run folder, or the word "default".')],
    other: Annotated[
        Path, typer.Argument(metavar="WITH", help="What is tried: a scenario file laid over BASE (measures, failures).")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for compare.csv, compare.json and compare.html; default: terminal only.")
    ] = None,
    city: Annotated[Path | None, typer.Option(help="City pack instead of the city of BASE.")] = None,
    each: Annotated[bool, typer.Option("--each", help="Every measure alone, ranked by risk removed per cost.")] = False,
    pipes: Annotated[int, typer.Option(min=0, max=1000, help="Repair so many damaged pipes one by one and rank.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Floods at a time; default: by cores and memory.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON and nothing else.")] = False,
) -> None:
    """Compare a flood before and after: people in danger, risk, water and drain-down, area by area (an exercise)."""
    from api.comparison_folder import comparison_folder, comparison_summary, write_comparison
    from data.rules_file import load_rules
    from sim.compare import compare
    from sim.overlay import overlay, read_base
    from sim.run import load_city

    before = read_base(base)
    if city is not None:
        before = replace(before, city=city)
    after = overlay(before, other)
    if out is not None:
        comparison_folder(out).refuse_foreign()
        comparison_folder(out).refuse_unwritable()
    rules = load_rules()
    with progress_bars(quiet=as_json) as report:
        report("Reading the city", 0.0)
        place = load_city(before)
        found = compare(place, before, after, rules, each=each, pipes=pipes, workers=workers, tell=report)
        told = comparison_summary(found, rules) if out is None else write_comparison(found, rules, out)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(found, told["lead"]["en"], out)


def _print(found: Comparison, lead: str, out: Path | None) -> None:
    from rich.console import Console

    from api.report.compare_page import totals_table

    console = Console(highlight=False, soft_wrap=True)
    console.print("EXERCISE 演练 · " + (found.city.name_en or found.city.name), style="bold", markup=False)
    if found.city.synthetic:
        console.print(f"Synthetic data: {', '.join(found.city.synthetic)}", style="yellow", markup=False)
    console.print(lead, style="bold", markup=False)
    _print_table(
        console,
        ["", "before", "after", "change"],
        [[_plain(cell.show) for cell in row] for row in totals_table(found).rows],
    )
    for title, ranking in (("Measures, each alone", found.ranking), ("Pipes, each repaired alone", found.pipes)):
        if len(ranking):
            console.print(title, style="bold")
            _print_table(console, ["", "", "cost 10⁴ CNY", "risk removed", "per 10⁴ CNY", "fewer in danger"],
                         _ranked(ranking))  # fmt: skip
    if out is not None:
        console.print(f"Page: {out / 'compare.html'}", style="bold", markup=False)


def _ranked(ranking: pd.DataFrame) -> list[list[str]]:
    from data.records import records

    rows = []
    for row in records(ranking):
        name = row["name_en"] or row["name"] or row["id"]
        cost, per_cost = row["cost"], row["risk_per_cost"]
        if row["stopped"]:
            rows.append([str(row["rank"]), name, "", row["stopped"], "", ""])
            continue
        rows.append([
            str(row["rank"]), name, "-" if cost != cost else f"{cost:,.0f}", f"{row['person_risk_removed']:,.1f}",
            "-" if per_cost != per_cost else f"{per_cost:.3g}", f"{row['people_h3_up_removed']:,}",
        ])  # fmt: skip
    return rows


def _print_table(console: object, head: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    assert isinstance(console, Console)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for number, name in enumerate(head):
        table.add_column(name, justify="left" if number == 0 or not name else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _plain(shown: object) -> str:
    return str(getattr(shown, "en", shown))
