"""Signs of life in the store: what runs beside the web, when it was last there and how it fares."""

from __future__ import annotations

import os
import shutil
import socket
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.service.clock import ServiceClock
    from api.service.settings import Settings
    from api.store import Reader, Store

PREFIX = "heartbeat."


def beat(store: Store, clock: ServiceClock, name: str, **told: Any) -> None:
    """Leave a sign of life under `heartbeat.<name>`."""
    body = {"at": clock.now().isoformat(), "host": socket.gethostname(), "pid": os.getpid(), **told}
    with store.writing(name) as tx:
        tx.put(PREFIX + name, body)


def last_beat(rx: Reader, name: str) -> dict[str, Any] | None:
    """The last sign of life, None where there was none."""
    found: dict[str, Any] | None = rx.get(PREFIX + name)
    return found


def silent_s(rx: Reader, name: str, now: datetime) -> float | None:
    """Seconds since the last sign of life on the clock of the service; None where there was none."""
    last = last_beat(rx, name)
    return None if last is None else (now - datetime.fromisoformat(last["at"])).total_seconds()


def state_of(store: Store, settings: Settings) -> dict[str, Any]:
    """What a sign of life of the background tells: the outbox, and room on the disk of the home folder."""
    with store.reading() as rx:
        waiting = len(rx.deliveries("waiting", limit=1000))
        dead = len(rx.deliveries("dead", limit=1000))
    return {
        "deliveries_waiting": waiting,
        "dead_letters": dead,
        "disk_free_mb": round(shutil.disk_usage(settings.home).free / 1e6),
    }
