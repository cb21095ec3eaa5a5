"""The process that watches a city: `python -m api.cli.watch_child`, a child of `rongan serve`."""

from __future__ import annotations

import logging
import sys
import threading
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from api.cli.watch_options import city_of, swmm_form
from api.service.child import Orders, guarded, stop_at_signal, take_orders
from api.service.sources import Source, past_event, source_of
from api.service.watch_open import WatchTerms, watching
from api.store.store import Store
from data.rules_file import load_rules

MODULE = "api.cli.watch_child"
_LOG = logging.getLogger("rongan.watch")


def watch_orders(
    city: Path | None,
    sample: str | None,
    rain: list[Path],
    swmm: str | None,
    terms: WatchTerms,
    until: datetime | None = None,
) -> dict[str, Any]:
    """What the parent tells this child, as JSON. `until`: end of a replay, whose rain comes as its clock reaches it."""
    plain = asdict(terms) | {"forecast": None if terms.forecast is None else str(terms.forecast.resolve())}
    return {
        "city": None if city is None else str(city.resolve()),
        "sample": sample,
        "rain": [str(place.resolve()) for place in rain],
        "swmm": swmm,
        "terms": plain,
        "until": None if until is None else until.isoformat(),
    }


def watch(orders: Orders, stop: threading.Event) -> None:
    """Watch until `stop`, or until the event that is replayed is over; then wait to be stopped."""
    told = orders.more or {}
    settings, clock = orders.settings, orders.clock
    form = swmm_form(told["swmm"])
    places = [Path(place) for place in told["rain"]]
    until = None if told["until"] is None else datetime.fromisoformat(told["until"])
    sources: list[Source] = [past_event(places, form)] if until else [source_of(place, form) for place in places]
    said = told["terms"]
    terms = WatchTerms(**(said | {"forecast": None if said["forecast"] is None else Path(said["forecast"])}))
    city = city_of(None if told["city"] is None else Path(told["city"]), told["sample"])
    with (
        Store.open(settings.url, now=clock.now) as store,
        watching(city, store, settings, clock, sources, terms, load_rules(), _LOG.warning) as loop,
    ):
        loop.on_cycle = lambda outlook, sent: _LOG.info(
            "cycle %s done in %.1f s, %d messages", outlook.cycle, outlook.wall_s, len(sent)
        )
        loop.run(stop.is_set, until)
        if not stop.is_set():
            _LOG.info("the event is over")
            stop.wait()


def main() -> int:
    """Watch until SIGTERM."""
    orders = take_orders()
    stop = threading.Event()
    stop_at_signal(stop)
    return guarded(watch, orders, stop)


if __name__ == "__main__":
    sys.exit(main())
