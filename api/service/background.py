"""The one background process: `python -m api.service.background`, a child of `rongan serve`.

It calls subscribers, flies the canary, renews or ends what no forecast renews, tells the area above of messages that
nobody acknowledged, signs the end of the audit, removes what is old, and leaves a sign of life. Two of them beside
each other do no harm: every step is taken in a transaction that looks first.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable

from api.service.areas_known import keep_areas
from api.service.canary import Canary
from api.service.child import LAST_SECONDS, Orders, end_in, guarded, take_orders
from api.service.dispatch import Dispatcher
from api.service.heartbeat import beat, state_of
from api.service.publisher import Publisher
from api.service.upkeep import look_after_store
from api.store import Store
from api.store.errors import StoreBusy, StoreUnavailable
from data.rules_file import load_rules

NAME = "background"
LOOK_S = 10.0  # between two looks at what has lapsed and what is overdue; on the clock of the service
_LOG = logging.getLogger("rongan.background")


def work(orders: Orders) -> None:
    """Run until SIGTERM. `orders.more["url"]`: where the web processes answer."""
    settings, clock = orders.settings, orders.clock
    url = (orders.more or {})["url"]
    with Store.open(settings.url, now=clock.now) as store:
        asyncio.run(_run(orders, store, url))


async def _run(orders: Orders, store: Store, url: str) -> None:
    settings, clock = orders.settings, orders.clock
    stop = asyncio.Event()

    def asked() -> None:
        stop.set()
        end_in(LAST_SECONDS)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked)
    tasks = [
        asyncio.create_task(Dispatcher(store, settings, clock).run(stop)),
        asyncio.create_task(every(min(LOOK_S, settings.canary_s), stop, lambda: _beat(orders, store))),
    ]
    city = await asyncio.to_thread(orders.city)
    if city is not None:
        rules = load_rules()
        publisher = await asyncio.to_thread(Publisher.open, store, settings, clock, city, rules)
        await asyncio.to_thread(keep_areas, store, (place.code for place in publisher.places))
        canary = Canary(publisher, rules, url)
        tasks += [
            asyncio.create_task(every(settings.canary_s, stop, lambda: canary.fly(stop))),
            asyncio.create_task(every(LOOK_S / max(1.0, clock.speed), stop, lambda: _look(publisher))),
            asyncio.create_task(every(LOOK_S, stop, lambda: asyncio.to_thread(look_after_store, publisher))),
        ]
    await asyncio.gather(*tasks)


async def every(seconds: float, stop: asyncio.Event, work_: Callable[[], Awaitable[object]]) -> None:
    """Call it at once and then every so many seconds until `stop`; a fault ends that call and nothing else."""
    while not stop.is_set():
        try:
            await work_()
        except (StoreBusy, StoreUnavailable) as away:
            _LOG.warning("a step of the background waits for the database: %s", away)
        except Exception:
            _LOG.exception("a step of the background failed")
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            continue


async def _beat(orders: Orders, store: Store) -> None:
    def leave() -> None:
        beat(store, orders.clock, NAME, **state_of(store, orders.settings))

    await asyncio.to_thread(leave)


async def _look(publisher: Publisher) -> None:
    for message in await asyncio.to_thread(publisher.expire):
        _LOG.warning("%s was renewed without a forecast", message.area)
    for record in await asyncio.to_thread(publisher.escalate):
        _LOG.warning("nobody has acknowledged the warning of %s; told to the area above", record.area)


if __name__ == "__main__":
    sys.exit(guarded(work, take_orders()))
