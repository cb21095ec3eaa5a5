"""A child for the tests of the supervisor: notes its life in a file, and behaves as its orders say."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from api.service.child import end_in, stop_at_signal, take_orders


def main() -> int:
    orders = take_orders()
    more = orders.more or {}
    with Path(more["file"]).open("a") as log:
        log.write(f"{os.getpid()} {orders.settings.database_url}\n")
    if more.get("exit") is not None:
        return int(more["exit"])
    stop = threading.Event()
    if more.get("deaf"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_in(30.0)
    else:
        stop_at_signal(stop)
    stop.wait(60.0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
