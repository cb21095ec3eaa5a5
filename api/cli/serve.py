"""`rongan serve`: the service on one machine, without set-up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from data.errors import InputError

if TYPE_CHECKING:
    from data.schema import City


def serve_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the sample city.")
    ] = None,
    home: Annotated[Path | None, typer.Option(help="Folder of database, keys and results [out/service].")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen at [127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at; 0 takes a free one [8000].")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer HTTP [1].")] = None,
    jobs: Annotated[int | None, typer.Option(help="Jobs that run at a time; 0: none here [1].")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler for jobs, tcp://host:8786.")] = None,
    sample: Annotated[str | None, typer.Option(help="Size of the sample city: small, city or megacity.")] = None,
) -> None:
    """Serve warnings, plans, drills and observations over HTTP; an exercise unless set up otherwise."""
    from api.cli.serving import checked_settings, prepare, run
    from api.jobs.registry import Registry
    from api.service.clock import ServiceClock

    if city is not None and sample is not None:
        raise InputError("city named twice", place="--sample", value=sample, expected="either a city pack or --sample")
    settings = checked_settings(home, host=host, port=port, workers=workers, jobs=jobs, scheduler=scheduler)
    console = Console(highlight=False, soft_wrap=True)
    ready = prepare(settings, ServiceClock())
    with console.status("Reading the city..."):
        pack = _city(city, sample)
    Registry(ready.settings.home).serve_city(city)

    def tell() -> None:
        set_ = ready.settings
        state = "Actual" if set_.allow_actual and set_.mode == "actual" else "exercise only"
        lines = [
            f"Rong'an serves {pack.name_en or pack.name} at {ready.url}  ({state})",
            f"  warnings   {ready.url}/v1/warnings   stream {ready.url}/v1/events   feed {ready.url}/v1/feed.atom",
            f"  how it is  {ready.url}/freshness" + (f"   API {ready.url}/docs" if set_.docs else ""),
            f"  database   {ready.database}",
            f"  signed by  {ready.signing_key}",
            f"  processes  {set_.workers} web, 1 background, {set_.jobs} jobs at a time",
        ]
        if ready.admin:
            lines += [
                "",
                f"First admin key, shown this once: {ready.admin}",
                "Give it as X-API-Key. More keys: rongan keys new NAME --role officer",
            ]
        lines.append("Ctrl-C ends it.")
        console.print("\n".join(lines), markup=False)

    run(ready, pack, tell=tell)
    console.print("Stopped.", markup=False)


def _city(path: Path | None, sample: str | None) -> City:
    if path is not None:
        from data.readers.city import read_city

        return read_city(path)
    from data.sample import SIZES, sample_city

    if sample is not None and sample not in SIZES:
        raise InputError("unknown size", place="--sample", value=sample, expected=", ".join(SIZES))
    return sample_city(sample or "small")
