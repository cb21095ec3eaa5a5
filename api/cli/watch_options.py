"""Options that `rongan watch`, `rongan replay` and `rongan serve` share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from data.errors import InputError

if TYPE_CHECKING:
    from api.service.sources import PastEvent
    from api.service.watch_open import WatchTerms
    from data.readers.swmm_rain import SwmmRainForm
    from data.schema import City

CITY = typer.Argument(help="City pack (a folder with city.toml); default: the sample city.")
RAIN = typer.Option(
    "--rain", help="Folder of CSV files, a CSV file or a SWMM rain file (.dat) of observations; may be given again."
)
SWMM = typer.Option(help="How SWMM rain files are written: form/interval/unit/offset, VOLUME/300s/MM/+08:00.")
FORECAST = typer.Option(help="Supplied rain ahead: a NetCDF file, or a folder with one per member.")
MEMBERS = typer.Option(min=1, max=1000, help="Members of the ensemble of rain.")
CYCLE = typer.Option("--cycle-min", min=0.5, max=1440.0, help="Minutes between two cycles (from the rules: 10).")
SIGNALS = typer.Option("--rain-only", help="Rain signals alone: no water is computed.")
SCHEDULER = typer.Option(help="Dask scheduler for members, tcp://host:8786.")
SEED = typer.Option(min=0, max=2**31 - 1, help="Draws the members.")
SAMPLE = typer.Option(help="Size of the sample city: small, city or megacity.")

_DRY_AFTER_S = 7200.0  # of a synthetic event: long enough for warnings to be lifted


def watch_terms(
    forecast: Path | None, members: int, cycle_min: float | None, rain_only: bool, seed: int, scheduler: str
) -> WatchTerms:
    """How a city is watched, by the options. InputError where the supplied rain is not there."""
    from api.service.watch_open import WatchTerms

    if forecast is not None and not forecast.exists():
        raise InputError("no such file", file=forecast, expected="a NetCDF file or a folder of them")
    return WatchTerms(forecast, members, cycle_min, not rain_only, seed, scheduler or None)


def ready_to_watch(city: City, sources: list[Any]) -> None:
    """Sources need sensors to know what their rows mean."""
    if sources and city.sensors is None:
        raise InputError(
            "the city has no sensors", place="--rain", expected="a [sensors] table in city.toml that names the gauges"
        )


def city_of(path: Path | None, sample: str | None) -> City:
    """The pack of a folder, or the sample city of a size (None: small)."""
    if path is not None:
        if sample is not None:
            raise InputError("city named twice", place="--sample", value=sample, expected="a pack or --sample")
        from data.readers.city import read_city

        return read_city(path)
    from data.sample import SIZES, sample_city

    if sample is not None and sample not in SIZES:
        raise InputError("unknown size", place="--sample", value=sample, expected=", ".join(SIZES))
    return sample_city(sample or "small")


def stormy_event(city: City, spec: str) -> PastEvent:
    """What the rain gauges of a city would send of a storm (synthetic), beginning at the start of a drill."""
    from api.service.sources import PastEvent
    from data.rules_file import load_rules
    from sim.observing.stream import gauge_stream
    from sim.scenario import Scenario, parse_storm
    from sim.storm import make_rain

    rain = make_rain(parse_storm(spec), city.grid, load_rules())
    assert city.sensors is not None
    return PastEvent(
        f"storm {spec} (synthetic)", gauge_stream(rain, city.grid, city.sensors, Scenario().start, _DRY_AFTER_S)
    )


def swmm_form(text: str | None) -> SwmmRainForm | None:
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
