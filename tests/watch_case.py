"""A tiny city with gauges, watched by rain alone: for tests of the watch loop and of replays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from api.service.clock import ServiceClock
from api.service.settings import Settings
from api.service.sources import Source
from api.service.watch import WatchLoop
from api.service.watch_open import WatchTerms, watching
from api.store.store import WAIT_S, Store
from data.readers.observations import RawObservation
from data.rules_file import load_rules
from tests.tiny_city import tiny_city

START = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)


def rain_rows(minutes: int, mm_5min: float, start: datetime = START, begin: int = 0) -> list[RawObservation]:
    """Steady rain at both gauges, a row every five minutes from `begin` on."""
    return [
        RawObservation(sensor, "", start + timedelta(minutes=minute), mm_5min, "", f"row {minute}")
        for minute in range(begin + 5, minutes + 1, 5)
        for sensor in ("R1", "R2")
    ]


@contextmanager
def watch_of(
    home: Path,
    clock: ServiceClock,
    sources: Sequence[Source],
    flood: bool = False,
    wait_s: float = WAIT_S,
    **given: Any,
) -> Iterator[tuple[WatchLoop, Store]]:
    """A loop over the tiny city with its store in `home`; `given` are settings."""
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(home=home, **given)
    terms = WatchTerms(flood=flood, cycle_min=10.0, workers=1, threads=1)
    with (
        Store.open(settings.url, now=clock.now, wait_s=wait_s) as store,
        watching(tiny_city(), store, settings, clock, sources, terms, load_rules()) as loop,
    ):
        yield loop, store
