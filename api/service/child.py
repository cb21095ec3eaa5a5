"""A child process of `rongan serve`: how it gets its orders, and how it never outlives its parent.

The parent writes one line of JSON to the child's standard input and keeps that pipe open. The settings may hold the
password of a database, so they go neither through arguments nor through the environment, which others can read. When
the parent is gone, however it went, the pipe ends and the child stops.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from api.service.clock import ServiceClock
from api.service.settings import Settings
from data.errors import RonganError
from data.schema import City

LAST_SECONDS = 15.0  # a child that has not stopped by then is ended hard
_LOG = logging.getLogger("rongan.child")


@dataclass(frozen=True)
class Orders:
    """What a child is to do."""

    name: str  # of the child, for the log and the heartbeat
    settings: Settings
    clock: ServiceClock
    city_file: str = ""  # pickle that the parent wrote for this run; "": no city
    more: dict[str, Any] | None = None  # of this kind of child

    def line(self) -> bytes:
        """As the parent writes it."""
        clock = self.clock
        told = {
            "name": self.name,
            "settings": self.settings.model_dump(mode="json"),
            "clock": [clock.origin.isoformat() if clock.origin else None, clock.machine_s, clock.speed],
            "city_file": self.city_file,
            "more": self.more or {},
        }
        return json.dumps(told).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Orders:
        """What a parent wrote."""
        told = json.loads(line)
        origin, machine_s, speed = told["clock"]
        clock = ServiceClock(datetime.fromisoformat(origin) if origin else None, machine_s, speed)
        return cls(told["name"], Settings(**told["settings"]), clock, told["city_file"], told["more"])

    def city(self) -> City | None:
        """The city, as the parent read it."""
        if not self.city_file:
            return None
        city: City = pickle.loads(Path(self.city_file).read_bytes())
        return city


def take_orders() -> Orders:
    """Read the orders, watch the parent, log to standard error; the first thing a child does."""
    line = sys.stdin.buffer.readline()
    if not line:
        sys.exit("no orders: this process is started by `rongan serve`")
    orders = Orders.read(line)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {orders.name} %(levelname)s %(message)s")
    for talker in ("httpx", "fontTools"):
        logging.getLogger(talker).setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    threading.Thread(target=_watch_parent, name="rongan-parent", daemon=True).start()
    return orders


def stop_at_signal(stop: threading.Event) -> None:
    """Set `stop` at SIGTERM or SIGINT; end hard where that does not end the process in time."""

    def asked(*_: object) -> None:
        stop.set()
        end_in(LAST_SECONDS)

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)


def end_in(seconds: float) -> None:
    """End this process hard after so many seconds."""

    def end() -> None:
        time.sleep(seconds)
        _LOG.warning("did not stop in time")
        os._exit(1)

    threading.Thread(target=end, name="rongan-end", daemon=True).start()


def guarded(work: Any, *given: Any) -> int:
    """Run a child's work; an expected error is one line in the log. Returns the exit code."""
    try:
        work(*given)
    except RonganError as error:
        _LOG.error("%s", error)
        return error.exit_code
    return 0


def _watch_parent() -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock a thread may not hold when the interpreter ends
        continue
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGTERM)  # to the process it may reach this thread, and the main one sleeps on
    end_in(LAST_SECONDS)
