"""What `rongan city` says and writes about a drainage network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from data.errors import InputError

_WIDE = ("city", "district")  # levels of areas whose census the check prints; census.csv has all


def network_command(
    path: Annotated[Path, typer.Argument(help="City pack with a drainage network, or a SWMM input (.inp).")],
    crs: Annotated[
        str | None, typer.Option(help="CRS of the coordinates of an .inp by itself, such as EPSG:4547.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("out/network"),
) -> None:
    """Export a drainage network: network.geojson, findings.csv, census.csv and map.html."""
    from api.network_page import write_network_folder
    from data.checks import check_inp, check_pack

    if is_inp(path):
        checked = check_inp(path, known_crs(crs, path, needed=True))
    elif crs is not None:
        raise InputError("the pack says its own CRS", place="--crs", value=crs, expected="no --crs with a pack")
    else:
        checked = check_pack(path)
    if checked.network is None:
        for finding in checked.findings:
            if finding.severity == "error":
                raise finding.as_error()
        raise InputError("no drainage network", file=path, expected="a [drainage] section in city.toml")
    write_network_folder(checked, out)
    console = Console(highlight=False, soft_wrap=True)
    tell_network(console, checked)
    errors = checked.errors
    console.print(
        f"{len(checked.findings) - errors} warnings, {errors} errors: {out / 'findings.csv'}; map: {out / 'map.html'}",
        markup=False,
    )


def is_inp(path: Path) -> bool:
    """Whether a path is meant as a SWMM input."""
    return path.suffix.lower() == ".inp"


def known_crs(crs: str | None, path: Path, *, needed: bool = False) -> str | None:
    """The CRS given for an .inp, where it is one."""
    from data.datum import is_crs

    if crs is None and needed:
        raise InputError("an .inp does not say its CRS", file=path, place="--crs", expected="--crs EPSG:...")
    if crs is not None and not is_crs(crs):
        raise InputError("unknown coordinate reference system", place="--crs", value=crs, expected="EPSG:4547")
    return crs


def tell_network(console: Console, checked: object) -> None:
    """Print size and census of the network that a check read."""
    from data.checks import Checked
    from data.records import records
    from data.swmm.census import census_completeness
    from data.swmm.summary import network_summary

    assert isinstance(checked, Checked)
    if checked.network is None:
        return
    console.print(f"drainage: {network_summary(checked.network)}", markup=False)
    if checked.network.links["kind"].eq("conduit").any():
        areas = checked.city.areas if checked.city else None
        rows = records(census_completeness(checked.network, areas))
        console.print(
            f"census of pipes: {rows[0]['known_share']:.0%} of {rows[0]['conduit_m'] / 1000:,.1f} km known",
            markup=False,
        )
        wide = [row for row in rows[1:] if row["level"] in _WIDE]
        for row in wide or rows[1:]:
            name = f"{row['code']} {row['name']} {row['name_en']}".strip()
            console.print(f"  {name}: {row['known_share']:.0%} of {row['conduit_m'] / 1000:,.1f} km", markup=False)
