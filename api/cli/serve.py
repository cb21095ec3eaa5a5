"""`rongan serve`: the service on one machine, without set-up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.watch_options import (
    CYCLE,
    FORECAST,
    MEMBERS,
    RAIN,
    SAMPLE,
    SIGNALS,
    SWMM,
    city_of,
    ready_to_watch,
    swmm_form,
    watch_terms,
)
from data.errors import InputError


def serve_command(
    city: Annotated[
        Path | None, typer.Argument(help="City pack (a folder with city.toml); default: the sample city.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(help="Folder of database, keys and results (default: out/service).")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen at (default: 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen at; 0 takes a free one (default: 8000).")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer HTTP (default: 1).")] = None,
    jobs: Annotated[int | None, typer.Option(help="Jobs that run at a time; 0: none here (default: 1).")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Dask scheduler for jobs, tcp://host:8786.")] = None,
    sample: Annotated[str | None, SAMPLE] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Watch the city too: a forecast cycle every few minutes.")
    ] = False,
    rain: Annotated[list[Path] | None, RAIN] = None,
    forecast: Annotated[Path | None, FORECAST] = None,
    members: Annotated[int, MEMBERS] = 1,
    cycle_min: Annotated[float | None, CYCLE] = None,
    rain_only: Annotated[bool, SIGNALS] = False,
    swmm: Annotated[str | None, SWMM] = None,
) -> None:
    """Serve warnings, plans, drills and observations over HTTP; an exercise unless set up otherwise."""
    from api.cli.serving import checked_settings, placed, prepare, run
    from api.cli.watch_child import MODULE, watch_orders
    from api.jobs.registry import Registry
    from api.service.child import Orders
    from api.service.clock import ServiceClock
    from api.service.sources import source_of
    from api.service.supervise import Child

    if rain and not watch:
        raise InputError("observations for nobody", place="--rain", expected="--watch beside it")
    terms = watch_terms(forecast, members, cycle_min, rain_only, 1, scheduler or "")
    sources = [source_of(place, swmm_form(swmm)) for place in rain or []]
    settings = checked_settings(home, host=host, port=port, workers=workers, jobs=jobs, scheduler=scheduler)
    console = Console(highlight=False, soft_wrap=True)
    settings = placed(settings)
    console.print("Reading the city...")
    pack = city_of(city, sample)
    ready_to_watch(pack, sources)
    ready = prepare(settings, ServiceClock(), pack)
    for caution in ready.cautions:
        console.print(f"WARNING: {caution}", markup=False, style="bold red")
    console.print(f"Starting {settings.workers} web processes; this may take a minute on a busy machine...")
    Registry(ready.settings.home).serve_city(city)

    def tell() -> None:
        set_ = ready.settings
        watched = ", 1 watch" if watch else ""
        state = "Actual: real warnings" if set_.actual else "exercise only"
        lines = [
            f"Rong'an serves {pack.name_en or pack.name} at {ready.url}  ({state})",
            f"  warnings   {ready.url}/v1/warnings   stream {ready.url}/v1/events   feed {ready.url}/v1/feed.atom",
            f"  how it is  {ready.url}/freshness" + (f"   API {ready.url}/docs" if set_.docs else ""),
            f"  database   {ready.database}",
            f"  signed by  {ready.signing_key}",
            f"  processes  {set_.workers} web, 1 background, {set_.jobs} jobs at a time{watched}",
        ]
        if ready.admin:
            lines += [
                "",
                f"First admin key, shown this once: {ready.admin}",
                "Give it as X-API-Key. More keys: rongan keys new NAME --role officer",
            ]
        lines.append("Ctrl-C ends it.")
        console.print("\n".join(lines), markup=False)

    told = watch_orders(city, sample, rain or [], swmm, terms)
    more = [Child(MODULE, Orders("watch", ready.settings, ready.clock, more=told))] if watch else []
    run(ready, pack, more, tell)
    console.print("Stopped.", markup=False)
