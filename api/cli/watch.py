"""`rongan watch` and `rongan replay`: the operational loop, live or over a past event."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from data.errors import InputError

if TYPE_CHECKING:
    from api.service.watch_open import WatchTerms
    from data.readers.swmm_rain import SwmmRainForm
    from data.schema import City

_CITY = typer.Argument(help="City pack (a folder with city.toml); default: the sample city.")
_RAIN = typer.Option(
    "--rain", help="Folder of CSV files, a CSV file or a SWMM rain file (.dat) of observations; may be given again."
)
_SWMM = typer.Option(help="How SWMM rain files are written: form/interval/unit/offset, VOLUME/300s/MM/+08:00.")
_FORECAST = typer.Option(help="Supplied rain ahead: a NetCDF file, or a folder with one per member.")
_MEMBERS = typer.Option(min=1, max=1000, help="Members of the ensemble of rain.")
_CYCLE = typer.Option("--cycle-min", min=0.5, max=1440.0, help="Minutes between two cycles [from the rules: 10].")
_SIGNALS = typer.Option("--rain-only", help="Rain signals alone: no water is computed.")
_SCHEDULER = typer.Option(help="Dask scheduler for members, tcp://host:8786.")
_SEED = typer.Option(min=0, max=2**31 - 1, help="Draws the members.")
_SAMPLE = typer.Option(help="Size of the sample city: small, city or megacity.")


def watch_command(
    city: Annotated[Path | None, _CITY] = None,
    rain: Annotated[list[Path] | None, _RAIN] = None,
    home: Annotated[Path | None, typer.Option(help="Home folder of the service [out/service].")] = None,
    forecast: Annotated[Path | None, _FORECAST] = None,
    members: Annotated[int, _MEMBERS] = 1,
    cycle_min: Annotated[float | None, _CYCLE] = None,
    rain_only: Annotated[bool, _SIGNALS] = False,
    swmm: Annotated[str | None, _SWMM] = None,
    sample: Annotated[str | None, _SAMPLE] = None,
    scheduler: Annotated[str | None, _SCHEDULER] = None,
    seed: Annotated[int, _SEED] = 1,
    once: Annotated[bool, typer.Option("--once", help="One cycle now, then end.")] = False,
) -> None:
    """Watch a city: observations in, a forecast cycle every few minutes, warnings out. Ctrl-C ends it.

    Observations that come over HTTP (POST /v1/observations of `rongan serve` with the same home) count too.
    """
    from api.cli.serving import checked_settings
    from api.cli.watched import tell_cycle
    from api.service.clock import ServiceClock
    from api.service.sources import source_of
    from api.service.watch_open import watching
    from api.store.store import Store
    from data.rules_file import load_rules

    clock, console = ServiceClock(), Console(highlight=False, soft_wrap=True)
    settings = checked_settings(home, scheduler=scheduler)
    sources = [source_of(place, _form(swmm)) for place in rain or []]
    terms = _terms(forecast, members, cycle_min, rain_only, seed, settings.scheduler)
    with console.status("Preparing the city..."):
        pack = _city(city, sample)
    _ready(pack, sources)
    settings.home.mkdir(parents=True, exist_ok=True)
    with (
        Store.open(settings.url, now=clock.now) as store,
        watching(pack, store, settings, clock, sources, terms, load_rules(), console.print) as loop,
        _stopped() as stop,
    ):
        loop.on_cycle = lambda outlook, sent: tell_cycle(console, outlook, sent)
        console.print(f"Watching {pack.name_en or pack.name}, home {settings.home}, every {loop.cycle_s / 60:g} min")
        if once:
            loop.once(loop.due(clock.now()))
        else:
            loop.run(stop.is_set)


def replay_command(
    city: Annotated[Path | None, _CITY] = None,
    rain: Annotated[list[Path] | None, _RAIN] = None,
    out: Annotated[Path, typer.Option(help="Run folder to write.")] = Path("out/replay"),
    speed: Annotated[
        float | None, typer.Option(min=0.1, max=100_000.0, help="Times real time; without it as fast as it can.")
    ] = None,
    begin: Annotated[str | None, typer.Option("--from", help="Begin, ISO 8601 with offset [first row].")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, ISO 8601 with offset [last row].")] = None,
    forecast: Annotated[Path | None, _FORECAST] = None,
    members: Annotated[int, _MEMBERS] = 1,
    cycle_min: Annotated[float | None, _CYCLE] = None,
    rain_only: Annotated[bool, _SIGNALS] = False,
    swmm: Annotated[str | None, _SWMM] = None,
    sample: Annotated[str | None, _SAMPLE] = None,
    scheduler: Annotated[str | None, _SCHEDULER] = None,
    seed: Annotated[int, _SEED] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Run a past event as if live: the same loop under a clock set to then. Leaves messages and their verification."""
    from api.cli.watched import tell_cycle, tell_replay
    from api.replay_folder import write_replay
    from api.service.sources import past_event
    from data.run_folder import RunFolder

    if not rain:
        raise InputError("no observations", place="--rain", expected="a folder or file of the event's observations")
    console = Console(highlight=False, soft_wrap=True, quiet=as_json)
    event = past_event(rain, _form(swmm))
    first = _moment(begin, "--from") or event.first
    last = _moment(end, "--to") or event.last
    if not last > first:
        raise InputError("ends before it begins", place="--to", value=last.isoformat(), expected=f"after {first}")
    terms = _terms(forecast, members, cycle_min, rain_only, seed, scheduler or "")
    with console.status("Preparing the city..."):
        pack = _city(city, sample)
    _ready(pack, [event])
    RunFolder(out).check()
    summary = write_replay(
        out, pack, event, first, last, speed, terms,
        lambda outlook, sent: tell_cycle(console, outlook, sent), console.print,
    )  # fmt: skip
    if as_json:
        import json

        typer.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        tell_replay(console, summary, out)


def _terms(
    forecast: Path | None, members: int, cycle_min: float | None, rain_only: bool, seed: int, scheduler: str
) -> WatchTerms:
    from api.service.watch_open import WatchTerms

    if forecast is not None and not forecast.exists():
        raise InputError("no such file", file=forecast, expected="a NetCDF file or a folder of them")
    return WatchTerms(forecast, members, cycle_min, not rain_only, seed, scheduler or None)


def _ready(city: City, sources: list[Any]) -> None:
    """Sources need sensors to know what their rows mean."""
    if sources and city.sensors is None:
        raise InputError(
            "the city has no sensors", place="--rain", expected="a [sensors] table in city.toml that names the gauges"
        )


def _city(path: Path | None, sample: str | None) -> City:
    if path is not None:
        if sample is not None:
            raise InputError("city named twice", place="--sample", value=sample, expected="a pack or --sample")
        from data.readers.city import read_city

        return read_city(path)
    from data.sample import SIZES, sample_city

    if sample is not None and sample not in SIZES:
        raise InputError("unknown size", place="--sample", value=sample, expected=", ".join(SIZES))
    return sample_city(sample or "small")


def _moment(text: str | None, place: str) -> datetime | None:
    from data.readers.observations import parse_time

    return None if text is None else parse_time(text, place)


def _form(text: str | None) -> SwmmRainForm | None:
    """form/interval/unit/offset as SwmmRainForm."""
    if text is None:
        return None
    from data.readers.swmm_rain import SwmmRainForm

    expected = "form/interval/unit/offset, such as VOLUME/300s/MM/+08:00"
    try:
        form, interval, unit, offset = text.split("/")
        zone = datetime.fromisoformat(f"2000-01-01T00:00:00{offset}").tzinfo
        if zone is None or not interval.endswith("s"):
            raise ValueError
        return SwmmRainForm(form.upper(), float(interval[:-1]), unit.upper(), zone)
    except ValueError:
        raise InputError("not a form of rain files", place="--swmm", value=text, expected=expected) from None


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Set by SIGTERM and Ctrl-C: the cycle that runs is finished first; a second Ctrl-C ends at once."""
    event = threading.Event()

    def asked(number: int, frame: object) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
