"""`rongan site`: which candidate sites to build, and how much better any other set could be."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.progress import progress_bars
from data.errors import InputError

if TYPE_CHECKING:
    from data.schema import City
    from sim.scenario import Scenario
    from sim.siting_result import Siting

PLAN_COUNT = 23  # first-class shelters of the city's plan for 2021-25; taken where nothing else is asked


def site_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the city of the scenario.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="Scenario file (TOML), see docs/drill.md.")] = None,
    candidates: Annotated[
        Path | None, typer.Option(help="Candidate sites (CSV or points); default: those of the pack.")
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(help=f"Build at most so many; default without --budget: {PLAN_COUNT}, as the plan has."),
    ] = None,
    budget: Annotated[float | None, typer.Option(help="Spend at most so much (10,000 CNY).")] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="AREA=N", help="At most N new sites in an area (its code); may be given again."),
    ] = None,
    cover: Annotated[
        float | None, typer.Option(help="A place counts within so many metres of walking; default: by the stay.")
    ] = None,
    storm: Annotated[
        str | None, typer.Option(help='"50a" or "50a/120min" (return period, duration), or a .csv or .nc file of rain.')
    ] = None,
    stay: Annotated[
        str | None, typer.Option(help="emergency, temporary, short, medium or long: sets m2 per person.")
    ] = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which the solver stops with what it has.")] = 120.0,
    out: Annotated[Path, typer.Option(help="Folder for the page, tables and layers.")] = Path("out/site"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")] = False,
) -> None:
    """Choose the sites that give most people a dry place within walking distance, with a proof (an exercise)."""
    from api.siting_folder import siting_folder, write_siting
    from data.rules_file import load_rules
    from sim.run import load_city
    from sim.scenario import Scenario, parse_storm, read_scenario
    from sim.siting import find_sites
    from sim.siting_result import SitingQuestion

    _check_numbers(count, budget, cover, time_limit)
    limits = _limits(limit or [])
    chosen = read_scenario(scenario) if scenario else Scenario(name="site")
    if city is not None:
        chosen = replace(chosen, city=city)
    if storm is not None:
        chosen = replace(chosen, storm=parse_storm(storm, chosen.storm))
    chosen = _with_stay(chosen, stay)
    siting_folder(out).refuse_foreign()
    siting_folder(out).refuse_unwritable()
    rules = load_rules()
    with progress_bars(quiet=as_json) as report:
        report("Reading the city", 0.0)
        place = _with_candidates(load_city(chosen), candidates)
        _check_areas(limits, place)
        wanted, note = _capped(count, budget, place)
        reach = rules.number(f"shelters.distance_m_{chosen.plan.stay}") if cover is None else cover
        question = SitingQuestion(wanted, budget, limits, reach, time_limit)
        found = find_sites(place, chosen, rules, question, tell=report)
        report("Writing the page", 0.0)
        told = write_siting(found, rules, out)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(found, told["lead"]["en"], note, out)


def _check_numbers(count: int | None, budget: float | None, cover: float | None, time_limit: float) -> None:
    if count is not None and count < 1:
        raise InputError("nothing to choose", place="--count", value=count, expected="a whole number of at least 1")
    numbers = (
        ("--budget", budget, "10,000 CNY"),
        ("--cover", cover, "metres"),
        ("--time-limit", time_limit, "seconds"),
    )
    for place, value, unit in numbers:
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise InputError("not a usable number", place=place, value=value, expected=f"a number above 0, in {unit}")


def _limits(texts: list[str]) -> tuple[tuple[str, int], ...]:
    """The pairs of area and number in "AREA=N"."""
    pairs: dict[str, int] = {}
    for text in texts:
        code, equals, number = text.rpartition("=")
        code = code.strip()
        if not (equals and code and number.strip().isdecimal()):
            expected = "AREA=N, such as 510104=2, N at least 0"
            raise InputError("not a limit", place="--limit", value=text, expected=expected)
        if code in pairs:
            raise InputError("area limited twice", place="--limit", value=text, expected="one limit for each area")
        pairs[code] = int(number)
    return tuple(pairs.items())


def _with_stay(scenario: Scenario, stay: str | None) -> Scenario:
    from data.schema import STAYS
    from data.suggest import closest

    if stay is None:
        return scenario
    if stay not in STAYS:
        raise InputError("unknown stay", place="--stay", value=stay, expected=closest(stay, STAYS))
    return replace(scenario, plan=replace(scenario.plan, stay=stay))


def _with_candidates(city: City, file: Path | None) -> City:
    """The city with the candidates of a file in place of its own; rows that cannot be trusted are listed."""
    from data.readers.sites import read_sites
    from data.schema import CANDIDATES

    if file is not None:
        frame, left_out = read_sites(file, city, CANDIDATES)
        kept = tuple(one for one in city.left_out if one.layer != "candidates")
        made_up = len(frame) > 0 and bool((frame["source"] == "synthetic").all())
        synthetic = tuple(name for name in city.synthetic if name != "candidates")
        city = replace(
            city,
            candidates=frame,
            left_out=(*kept, *left_out),
            synthetic=(*synthetic, "candidates") if made_up else synthetic,
        )
    if city.candidates is None or city.candidates.empty:
        raise InputError(
            "no candidate sites", place="--candidates", expected="a file of candidates, or a pack with a [candidates]"
        )
    return city


def _check_areas(limits: tuple[tuple[str, int], ...], city: City) -> None:
    from data.suggest import closest

    known = [] if city.areas is None else city.areas["code"].astype(str).tolist()
    for code, _ in limits:
        if code not in known:
            expected = closest(code, known) if known else "no --limit: the city has no areas"
            raise InputError("unknown area", place="--limit", value=code, expected=_short(expected))


def _short(expected: str, most: int = 300) -> str:
    return expected if len(expected) <= most else expected[:most].rpartition(",")[0] + ", ..."


def _capped(count: int | None, budget: float | None, city: City) -> tuple[int | None, str]:
    """How many to choose at most, and a sentence where the candidates are fewer than asked for."""
    from api.report.bilingual import say

    assert city.candidates is not None
    asked = PLAN_COUNT if count is None and budget is None else count
    have = len(city.candidates)
    if asked is None or asked <= have:
        return asked, ""
    return have, say("siting.cli.capped", have=have, asked=asked).en


def _print(found: Siting, lead: str, note: str, out: Path) -> None:
    from rich.console import Console

    from api.cli.tables import print_table
    from data.records import records

    console = Console(highlight=False, soft_wrap=True)
    console.print("EXERCISE 演练 · " + (found.city.name_en or found.city.name), style="bold", markup=False)
    if found.city.synthetic:
        console.print(f"Synthetic data: {', '.join(found.city.synthetic)}", style="yellow", markup=False)
    console.print(lead, style="bold", markup=False)
    if note:
        console.print(note, style="yellow", markup=False)
    if found.city.left_out:
        lost = len(found.city.left_out)
        console.print(f"Rows left out because they cannot be trusted: {lost:,} (listed on the page)", style="yellow")
    body = []
    for row in records(found.candidates[found.candidates["chosen"]]):
        cost = "-" if math.isnan(row["cost"]) else f"{row['cost']:,.0f}"
        figures = (f"{row[key]:,}" for key in ("served_gain", "served_alone", "capacity"))
        body.append([str(row["rank"]), row["name_en"] or row["name"] or row["id"], *figures, cost])
    print_table(console, ("", "", "more served", "alone", "places", "cost 10⁴ CNY"), body, texts=(1,))
    console.print(f"Page: {out / 'siting.html'}", style="bold", markup=False)
