"""The process that runs jobs: `python -m api.cli.jobs_child`, a child of `rongan serve`."""

from __future__ import annotations

import sys
import threading

from api.jobs.serve import run_jobs
from api.service.child import guarded, stop_at_signal, take_orders


def main() -> int:
    """Run jobs of the table until SIGTERM."""
    orders = take_orders()
    stop = threading.Event()
    stop_at_signal(stop)
    return guarded(run_jobs, orders.settings, stop)


if __name__ == "__main__":
    sys.exit(main())
