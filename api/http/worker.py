"""One web process: `python -m api.http.worker`, a child of `rongan serve`. Several share the port (SO_REUSEPORT)."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from api.http.app import create_app
from api.http.context import Context
from api.http.rsgi import RsgiDoor
from api.service.child import LAST_SECONDS, Orders, end_in, guarded, take_orders
from api.store import Store
from data.rules_file import load_rules

_BACKLOG = 1024
_SETTLED_S = 3.0  # from the start until everything is loaded
_HEADER_TIMEOUT_MS = 10_000  # a client that dribbles its headers is cut off after this


def work(orders: Orders) -> None:
    """Serve until SIGTERM."""
    settings, clock = orders.settings, orders.clock
    city = orders.city()
    with Store.open(settings.url, now=clock.now) as store:
        if city is None:
            context = Context(settings, store, clock)
        else:
            context = Context.of_city(settings, store, clock, city, load_rules())
        door = create_app(context)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(serve(door, settings.host, settings.port))


async def serve(door: RsgiDoor, host: str, port: int) -> None:
    """Serve on the running loop until SIGTERM or SIGINT; open requests may end, streams are cut."""
    server = Server(
        door.__rsgi__,  # without its own start and stop, which granian would call on a loop that runs already
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        backlog=_BACKLOG,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_TIMEOUT_MS),
        log_enabled=False,
    )
    await door.start()
    loop = asyncio.get_running_loop()

    def asked() -> None:
        server.stop()
        end_in(LAST_SECONDS)

    # What is loaded stays: to look through it for garbage now and then would hold every event up for 150 ms.
    gc.collect()
    gc.freeze()
    loop.call_later(_SETTLED_S, gc.freeze)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)
    try:
        await server.serve()
    finally:
        await door.stop()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # there is none for this system: slower, otherwise the same
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


if __name__ == "__main__":
    sys.exit(guarded(work, take_orders()))
