"""A parent in a process of its own, so that tests can kill it: `python -m tests.service.parent_case FILE`."""

from __future__ import annotations

import signal
import sys
import threading

from api.service.child import Orders
from api.service.clock import ServiceClock
from api.service.settings import Settings
from api.service.supervise import Child, Supervisor


def main() -> None:
    orders = Orders("kid", Settings(), ServiceClock(), more={"file": sys.argv[1]})
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    supervisor = Supervisor([Child("tests.service.child_case", orders)])
    supervisor.start()
    supervisor.run(stop)


if __name__ == "__main__":
    main()
