"""Puts a watch loop together from a city, a home folder and sources; the same for live watching and for replays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.service.clock import ServiceClock
from api.service.intake import Intake
from api.service.publisher import Publisher
from api.service.settings import Settings
from api.service.sources import Source
from api.service.watch import WatchLoop
from api.store.store import Store
from data.rules_file import Rules
from data.schema import City
from sim.forecast.cycle import ForecastCycle
from sim.forecast.terms import ForecastTerms


@dataclass(frozen=True)
class WatchTerms:
    """How a city is watched; None: from the rules."""

    forecast: Path | None = None  # supplied rain ahead: NetCDF file or folder
    members: int = 1
    cycle_min: float | None = None
    flood: bool = True  # False: rain signals alone
    seed: int = 1
    scheduler: str | None = None  # Dask, for members
    workers: int | None = None
    threads: int | None = None


@contextmanager
def watching(
    city: City,
    store: Store,
    settings: Settings,
    clock: ServiceClock,
    sources: Sequence[Source],
    terms: WatchTerms,
    rules: Rules,
    tell: Callable[[str], None] = lambda line: None,
) -> Iterator[WatchLoop]:
    """A loop that is ready; its processes end with the context. States of the water are kept in the home folder."""
    publisher = Publisher.open(store, settings, clock, city, rules)
    with ForecastCycle(
        city, rules, ForecastTerms(flood=terms.flood), folder=settings.home / "forecast",
        workers=terms.workers, scheduler=terms.scheduler, threads=terms.threads,
    ) as cycle:  # fmt: skip
        cycle_s = rules.number("forecast.cycle_s") if terms.cycle_min is None else 60.0 * terms.cycle_min
        yield WatchLoop(
            store, clock, publisher, cycle, Intake(city.sensors, rules), sources, rules, cycle_s,
            forecast=terms.forecast, members=terms.members, seed=terms.seed, tell=tell,
        )  # fmt: skip
