"""`rongan adequacy`: is shelter area there, dry, near and fair, district by district, and what a change would do."""

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
    from rich.console import Console

    from data.rules_file import Rules
    from data.schema import City
    from sim.adequacy_result import Adequacy
    from sim.scenario import Scenario, Storm
    from sim.what_if import Changes

_LEAST_TARGET_M2, _MOST_TARGET_M2 = 0.1, 100.0  # per person; less or more is taken for a slip
_SHOWN = 20  # areas on the terminal


def adequacy_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the city of the scenario.")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(help="Scenario file (TOML): storm, failures, plan.")] = None,
    storm: Annotated[
        list[str] | None,
        typer.Option(help='"50a" or "50a/120min", or a .csv or .nc file of rain; given again: a curve.'),
    ] = None,
    stay: Annotated[str | None, typer.Option(help="emergency, temporary, short, medium or long.")] = None,
    target: Annotated[float | None, typer.Option(help="m2 per person that areas are held against.")] = None,
    add: Annotated[Path | None, typer.Option(help="Sites to try beside those of the city (CSV, GeoJSON, ...).")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="Id of a site to try without; may be given again.")] = None,
    resize: Annotated[
        list[str] | None, typer.Option(metavar="ID=M2", help="New gross area of a site; may be given again.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the page, tables and GIS layers.")] = Path("out/adequacy"),
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Floods at a time; default: by cores and memory.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Shelter area per person: on paper, on dry ground, under a roof in the storm; who is short (an exercise)."""
    from api.adequacy_folder import adequacy_folder, write_adequacy
    from data.rules_file import load_rules
    from sim.adequacy import assess, check_city
    from sim.run import load_city
    from sim.scenario import Scenario, read_scenario
    from sim.storm import make_rain

    chosen = read_scenario(scenario) if scenario else Scenario()
    if city is not None:
        chosen = replace(chosen, city=city)
    storms = _storms(storm or [], chosen)
    stay = _stay(stay, chosen)
    _check_target(target)
    sizes = tuple(_size(text) for text in resize or [])
    adequacy_folder(out).refuse_foreign()
    adequacy_folder(out).refuse_unwritable()
    rules = load_rules()
    with progress_bars(quiet=as_json) as report:
        report("Reading the city", 0.0)
        place = load_city(chosen)
        check_city(place)
        for one in storms:
            make_rain(one, place.grid, rules)  # a storm outside the formula, or a damaged file, before the first flood
        place, changes = _changes(place, add, tuple(remove or ()), sizes, rules)
        report("Flooding the city", 0.0)
        found = assess(
            place, chosen, rules, storms=storms, stay=stay, target_m2=target, changes=changes, workers=workers,
            tell=report,
        )  # fmt: skip
        report("Writing the study", 0.0)
        told = write_adequacy(found, rules, out)
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(found, rules, out)


def _storms(specs: list[str], chosen: Scenario) -> tuple[Storm, ...]:
    """The storms to try, none twice; that of the scenario where none is named."""
    from sim.scenario import parse_storm

    storms = [parse_storm(spec, chosen.storm) for spec in specs]
    for number, one in enumerate(storms):
        if one in storms[:number]:
            raise InputError("storm named twice", place="--storm", value=specs[number], expected="each storm once")
    return tuple(storms) or (chosen.storm,)


def _stay(stay: str | None, chosen: Scenario) -> str:
    from data.schema import STAYS
    from data.suggest import closest

    if stay is None:
        return chosen.plan.stay
    if stay not in STAYS:
        raise InputError("unknown stay", place="--stay", value=stay, expected=closest(stay, STAYS))
    return stay


def _check_target(target: float | None) -> None:
    if target is not None and not _LEAST_TARGET_M2 <= target <= _MOST_TARGET_M2:
        raise InputError(
            "no target", place="--target", value=target,
            expected=f"m2 per person, {_LEAST_TARGET_M2:g} to {_MOST_TARGET_M2:g}",
        )  # fmt: skip


def _size(text: str) -> tuple[str, float]:
    """Id and gross area (m2) of "ID=AREA"."""
    site, sign, area = text.rpartition("=")
    try:
        size = float(area)
    except ValueError:
        size = math.nan
    if not sign or not site or not math.isfinite(size):
        raise InputError("not a new size", place="--resize", value=text, expected="ID=AREA, the area in m2: S012=8000")
    return site, size


def _changes(
    city: City, add: Path | None, remove: tuple[str, ...], sizes: tuple[tuple[str, float], ...], rules: Rules
) -> tuple[City, Changes | None]:
    """The changes asked for, checked against the city; rows of the file that cannot be trusted join those left out."""
    from data.readers.sites import read_sites
    from data.readers.trust import trust_limits
    from data.schema import SHELTERS
    from sim.what_if import Changes, check_changes

    if add is None and not remove and not sizes:
        return city, None
    limits = trust_limits(rules)
    for site, area in sizes:
        if not limits.least_m2 <= area <= limits.most_m2:
            raise InputError(
                "area in the wrong unit?", place="--resize", value=f"{site}={area:g}",
                expected=f"m2 from {limits.least_m2:g} to {limits.most_m2:.10g}",
            )  # fmt: skip
    added = None
    if add is not None:
        assert city.shelters is not None
        stay_there = city.shelters[~city.shelters["id"].isin(remove)]  # a site may be tried in the place of one removed
        added, left_out = read_sites(add, replace(city, shelters=stay_there), SHELTERS, rules=rules)
        city = replace(city, left_out=(*city.left_out, *left_out))
    changes = Changes(added, remove, sizes)
    assert city.shelters is not None
    check_changes(city.shelters, changes)
    return city, changes


def _print(found: Adequacy, rules: Rules, out: Path) -> None:
    from rich.console import Console

    from api.report.adequacy_words import change_lead, change_words, lead, practice_words, proof_words, remarks

    console = Console(highlight=False, soft_wrap=True)
    console.print("EXERCISE 演练 · " + (found.city.name_en or found.city.name), style="bold", markup=False)
    if found.city.synthetic:
        console.print(f"Synthetic data: {', '.join(found.city.synthetic)}", style="yellow", markup=False)
    console.print(lead(found).en, style="bold", markup=False)
    for remark in remarks(found, rules):
        console.print(remark.en, markup=False)
    changed = change_lead(found)
    if changed is not None:
        for change in found.changes:
            console.print(change_words(change).en, markup=False)
        console.print(changed.en, style="bold", markup=False)
    _print_areas(console, found)
    _print_curve(console, found)
    console.print(f"{practice_words(found).en} {proof_words(found).en}", markup=False)
    if found.city.left_out:
        count = len(found.city.left_out)
        console.print(
            f"{count} row{'' if count == 1 else 's'} of the data not trusted and left out; adequacy.json lists them.",
            style="yellow", markup=False,
        )  # fmt: skip
    console.print(f"Page: {out / 'adequacy.html'}   GIS: {out / 'adequacy.gpkg'}", style="bold", markup=False)


def _print_areas(console: Console, found: Adequacy) -> None:
    """Compared areas, the least dry ground first; with a change, before and after."""
    from api.cli.tables import print_table
    from api.report.adequacy_areas import compared, compared_level
    from api.report.bilingual import say
    from data.records import records

    rows = compared(found)
    rows = rows[rows["people"] > 0].sort_values(["dry_m2_per_person", "code"], kind="stable")
    before = {} if found.before is None else {row["code"]: row for row in records(found.before.areas)}
    head = [say(f"planner_map.level.{compared_level(found)}").en, "people", "① m2 each", "② dry", "③ in storm",
            "site near", "no place", "short of target"]  # fmt: skip
    body = []
    for row in records(rows.head(_SHOWN)):
        old = before.get(row["code"], row)
        body.append([
            row["name_en"] or row["name"] or row["code"], f"{row['people']:,}",
            *(_arrow(f"{old[key]:.2f}", f"{row[key]:.2f}")
              for key in ("m2_per_person", "dry_m2_per_person", "storm_m2_per_person")),
            _arrow(f"{old['in_reach_storm']:.0%}", f"{row['in_reach_storm']:.0%}"),
            _arrow(f"{old['without_place']:,}", f"{row['without_place']:,}"),
            _arrow(f"{old['deficit_persons']:,}", f"{row['deficit_persons']:,}"),
        ])  # fmt: skip
    print_table(console, head, body)
    if len(rows) > _SHOWN:
        console.print(f"{len(rows) - _SHOWN} more with more dry ground are on the page.", markup=False)


def _print_curve(console: Console, found: Adequacy) -> None:
    """The whole city under each storm, where there are several."""
    from api.cli.tables import print_table
    from api.report.adequacy_areas import whole
    from api.report.adequacy_words import storm_names
    from data.records import records

    if len(found.storms) < 3:
        return
    labels = storm_names(found.storms)
    head = ["storm", "rain mm", "① m2 each", "② dry", "③ in storm", "sites used", "site near", "no place", "in danger",
            "risk score"]  # fmt: skip
    rows = found.curve[found.curve["code"] == str(whole(found)["code"])]
    rows = rows if len(rows) else found.curve[found.curve["level"] == "city"]
    body = [
        [
            labels[row["storm"]].en if row["storm"] in labels else row["storm"], f"{row['rain_mm']:.0f}",
            *(f"{row[key]:.2f}" for key in ("m2_per_person", "dry_m2_per_person", "storm_m2_per_person")),
            f"{row['sites_used']:,}", f"{row['in_reach_storm']:.0%}", f"{row['without_place']:,}",
            f"{row['at_risk']:,}", f"{row['risk_score']:,.0f}",
        ]
        for row in records(rows)
    ]  # fmt: skip
    print_table(console, head, body)


def _arrow(before: str, after: str) -> str:
    return after if before == after else f"{before} -> {after}"
