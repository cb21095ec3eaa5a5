"""`rongan city`: check a pack, export its drainage, write the sample city, build a pack from raw files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.network import is_inp, known_crs, network_command, tell_network
from data.errors import InputError

city_app = typer.Typer(
    help="City packs: write the sample city, check a pack, build one from raw files.", no_args_is_help=True
)


@city_app.command("check")
def check(
    pack: Annotated[Path, typer.Argument(help="City pack: a folder with city.toml; or a SWMM input (.inp) by itself.")],
    crs: Annotated[str | None, typer.Option(help="CRS of the coordinates of an .inp, such as EPSG:4547.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Read a city pack or a drainage network whole and list every defect on a line.

    A line gives file, place, what is wrong, the value found and what is expected.
    """
    from dataclasses import asdict

    from data.checks import check_inp, check_pack

    if is_inp(pack):
        checked = check_inp(pack, known_crs(crs, pack))
    elif crs is not None:
        raise InputError("the pack says its own CRS", place="--crs", value=crs, expected="no --crs with a pack")
    elif not (pack / "city.toml").is_file() and pack.name != "city.toml":
        raise InputError("no city pack here", file=pack, expected="a folder with city.toml, or a file *.inp")
    else:
        checked = check_pack(pack)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in checked.findings], ensure_ascii=False, indent=2))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for finding in checked.findings:
            style = "red" if finding.severity == "error" else "yellow"
            console.print(f"{finding.severity}: {finding.as_error()}", markup=False, style=style)
        tell_network(console, checked)
        warnings = len(checked.findings) - checked.errors
        console.print(f"{pack}: {_count(checked.errors, 'error')}, {_count(warnings, 'warning')}", markup=False)
    if checked.errors:
        raise typer.Exit(InputError.exit_code)


city_app.command("network")(network_command)


@city_app.command("sample")
def sample(
    size: Annotated[str, typer.Option(help="small (36 km2), city (100 km2) or megacity (14,000 km2).")] = "small",
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Seed of the generator: the same seed draws the same city.")
    ] = 1,
    out: Annotated[Path, typer.Option(help="Folder to write the pack to.")] = Path("out/sample"),
) -> None:
    """Write the synthetic sample city as a city pack."""
    from data.city_writer import write_city
    from data.sample import SIZES, sample_city

    if size not in SIZES:
        raise InputError("unknown size", place="--size", value=size, expected=", ".join(SIZES))
    city = sample_city(size, seed=seed)
    write_city(city, out)
    _tell(city, out)


@city_app.command("build")
def build(
    spec: Annotated[Path, typer.Argument(help="Build file (TOML): which raw files become which layer.")],
    source: Annotated[Path | None, typer.Option(help="Folder that the paths of the build file start from.")] = None,
    out: Annotated[Path, typer.Option(help="Folder to write the pack to.")] = Path("out/city"),
) -> None:
    """Build a city pack from raw files: people, shelters, roads, areas, terrain."""
    from data.build import build_city
    from data.city_writer import write_city

    city = build_city(spec, source_folder=source)
    write_city(city, out)
    _tell(city, out)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _tell(city: object, out: Path) -> None:
    from data.schema import City

    assert isinstance(city, City)
    console = Console(highlight=False, soft_wrap=True)
    grid = city.grid
    console.print(f"{city.name} ({city.name_en}) written to {out}", markup=False)
    console.print(
        f"  {grid.rows} x {grid.cols} cells of {grid.cell_m:g} m, {grid.cells * grid.cell_area_m2 / 1e6:,.1f} km2"
    )
    if city.people is not None:
        console.print(
            f"  {int(city.people['population_night'].sum()):,} people at night in {len(city.people):,} blocks"
        )
    if city.shelters is not None:
        console.print(f"  {len(city.shelters):,} shelter sites")
    if city.roads is not None:
        dropped = f", {city.roads.dropped_edges} edges left out" if city.roads.dropped_edges else ""
        console.print(f"  {len(city.roads.edges):,} road edges, {len(city.roads.nodes):,} nodes{dropped}")
    for note in city.notes:
        console.print(f"  note: {note}", markup=False)
    if city.synthetic:
        console.print(f"  synthetic: {', '.join(city.synthetic)}")
