"""The process that runs jobs: `run_jobs(settings, stop)`, called by `rongan serve`, or alone on another machine."""

from __future__ import annotations

import threading
from pathlib import Path

from api.jobs.backend import Backend, LocalBackend
from api.jobs.dask_backend import DaskBackend
from api.jobs.limits import Limits
from api.jobs.runner import Runner, Terms
from api.service.settings import Settings
from api.store.store import Store


def run_jobs(settings: Settings, stop: threading.Event, terms: Terms | None = None) -> None:
    """Run jobs of the table, `settings.jobs` at a time, until `stop` is set."""
    limits = Limits.of(settings)
    store = Store.open(settings.url)
    try:
        runner = Runner(
            store, settings.home, backend_of(settings, limits), slots=settings.jobs, limits=limits, terms=terms
        )
        runner.run(stop)
    finally:
        store.close()


def backend_of(settings: Settings, limits: Limits | None = None) -> Backend:
    """A Dask cluster where the settings name its scheduler, else processes of this machine."""
    home = Path(settings.home)
    return DaskBackend(settings.scheduler, home, limits) if settings.scheduler else LocalBackend(home, limits)
