"""`rongan watch` and `rongan replay`: the operational loop, live or over a past event."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.watch_options import (
    CITY,
    CYCLE,
    FORECAST,
    MEMBERS,
    RAIN,
    SAMPLE,
    SCHEDULER,
    SEED,
    SIGNALS,
    SWMM,
    city_of,
    ready_to_watch,
    stormy_event,
    swmm_form,
    watch_terms,
)
from api.service.child import LAST_SECONDS
from data.errors import InputError


def watch_command(
    city: Annotated[Path | None, CITY] = None,
    rain: Annotated[list[Path] | None, RAIN] = None,
    home: Annotated[Path | None, typer.Option(help="Home folder of the service (default: out/service).")] = None,
    forecast: Annotated[Path | None, FORECAST] = None,
    members: Annotated[int, MEMBERS] = 1,
    cycle_min: Annotated[float | None, CYCLE] = None,
    rain_only: Annotated[bool, SIGNALS] = False,
    swmm: Annotated[str | None, SWMM] = None,
    sample: Annotated[str | None, SAMPLE] = None,
    scheduler: Annotated[str | None, SCHEDULER] = None,
    seed: Annotated[int, SEED] = 1,
    once: Annotated[bool, typer.Option("--once", help="One cycle now, then end.")] = False,
) -> None:
    """Watch a city: observations in, a forecast cycle every few minutes, warnings out. Ctrl-C ends it.

    Observations that come over HTTP (POST /v1/observations of `rongan serve` with the same home) count too.
    """
    from api.cli.serving import checked_settings
    from api.cli.watched import tell_cycle
    from api.service.clock import ServiceClock
    from api.service.sources import source_of
    from api.service.start_checks import check_city, check_sender, check_signers, forgotten_actual
    from api.service.watch_open import watching
    from api.store.store import Store
    from data.rules_file import load_rules

    clock, console = ServiceClock(), Console(highlight=False, soft_wrap=True)
    settings = checked_settings(home, scheduler=scheduler)
    sources = [source_of(place, swmm_form(swmm)) for place in rain or []]
    terms = watch_terms(forecast, members, cycle_min, rain_only, seed, settings.scheduler)
    check_sender(settings)
    with console.status("Preparing the city..."):
        pack = city_of(city, sample)
    ready_to_watch(pack, sources)
    check_city(settings, pack)
    settings.home.mkdir(parents=True, exist_ok=True)
    with Store.open(settings.url, now=clock.now) as store:
        check_signers(settings, store)
        if caution := forgotten_actual(settings, store):
            console.print(f"WARNING: {caution}", markup=False, style="bold red")
    with (
        Store.open(settings.url, now=clock.now) as store,
        watching(pack, store, settings, clock, sources, terms, load_rules(), console.print) as loop,
        _stopped(lambda: console.print("Stopping after this cycle. Again: at once.")) as stop,
    ):
        loop.on_cycle = lambda outlook, sent: tell_cycle(console, outlook, sent)
        console.print(f"Watching {pack.name_en or pack.name}, home {settings.home}, every {loop.cycle_s / 60:g} min")
        if once:
            loop.once(loop.due(clock.now()))
        else:
            loop.run(stop.is_set)


def replay_command(
    city: Annotated[Path | None, CITY] = None,
    rain: Annotated[list[Path] | None, RAIN] = None,
    storm: Annotated[
        str | None, typer.Option(help='Instead of --rain: what the gauges would send of a storm, "50a/120min".')
    ] = None,
    out: Annotated[Path, typer.Option(help="Run folder to write.")] = Path("out/replay"),
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=100_000.0, help="Times real time; without it as fast as it can.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--from", help="Begin, ISO 8601 with offset (default: first row).")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, ISO 8601 with offset (default: last row).")] = None,
    forecast: Annotated[Path | None, FORECAST] = None,
    members: Annotated[int, MEMBERS] = 1,
    cycle_min: Annotated[float | None, CYCLE] = None,
    rain_only: Annotated[bool, SIGNALS] = False,
    swmm: Annotated[str | None, SWMM] = None,
    sample: Annotated[str | None, SAMPLE] = None,
    scheduler: Annotated[str | None, SCHEDULER] = None,
    seed: Annotated[int, SEED] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Run a past event as if live: the same loop under a clock set to then. Leaves messages and their verification."""
    from api.cli.watched import tell_cycle, tell_replay
    from api.replay_folder import write_replay
    from api.service.sources import past_event
    from data.run_folder import RunFolder

    if bool(rain) == (storm is not None):
        raise InputError(
            "which event?", place="--rain", expected="observations (--rain) or a storm (--storm), one of both"
        )
    console = Console(highlight=False, soft_wrap=True, quiet=as_json)
    form = swmm_form(swmm)
    event = past_event(rain, form) if rain else None
    terms = watch_terms(forecast, members, cycle_min, rain_only, seed, scheduler or "")
    with console.status("Preparing the city..."):
        pack = city_of(city, sample)
    ready_to_watch(pack, [event])
    event = event or stormy_event(pack, storm or "")
    first = _moment(begin, "--from") or event.first
    last = _moment(end, "--to") or event.last
    if not last > first:
        raise InputError("ends before it begins", place="--to", value=last.isoformat(), expected=f"after {first}")
    RunFolder(out).check()
    said = "Stopping after this cycle; what was done is kept. Again: at once."
    with _stopped(lambda: console.print(said), patient=True) as stop:
        summary = write_replay(
            out, pack, event, first, last, speed, terms,
            lambda outlook, sent, pace: tell_cycle(console, outlook, sent, pace), console.print, stop.is_set,
        )  # fmt: skip
    if as_json:
        import json

        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        tell_replay(console, summary, out)
    if summary["stopped"]:
        raise typer.Exit(3)


def _moment(text: str | None, place: str) -> datetime | None:
    from data.readers.observations import parse_time

    return None if text is None else parse_time(text, place)


@contextmanager
def _stopped(tell: Callable[[], None], *, patient: bool = False) -> Iterator[threading.Event]:
    """Set by SIGTERM and Ctrl-C, and told: the cycle that runs is finished first; a second Ctrl-C ends at once.

    Unless it is `patient`, SIGTERM ends the process in any case, after some seconds: whoever sent it waits.
    """
    event = threading.Event()
    hard = threading.Timer(LAST_SECONDS, os._exit, (1,))
    hard.daemon = True

    def asked(number: int, frame: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()
        if number == signal.SIGTERM and not patient:
            hard.start()
        tell()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield event
    finally:
        hard.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
