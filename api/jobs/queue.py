"""Putting a job into the table: read first, then counted against what its asker may have waiting."""

from __future__ import annotations

from typing import Any

from api.jobs.asked import read_asked
from api.jobs.limits import Limits
from api.jobs.registry import Registry
from api.jobs.task import new_id, params_sha256
from api.service.clock import ServiceClock
from api.store.jobs import DONE
from api.store.records import Job
from api.store.store import Writer
from data.errors import RonganError

WAITING = ("queued", "running")


class QueueFull(RonganError):
    """The key has as many jobs waiting as it may have."""


def new_job(kind: str, params: dict[str, Any], registry: Registry, limits: Limits, by: str) -> Job:
    """A job that has been read and is not yet in the table. InputError where its params ask for what cannot be."""
    asked = read_asked(kind, params, registry, limits)
    return Job(
        id=new_id(),
        kind=kind,
        params=params,
        params_sha256=params_sha256(kind, params),
        seed=asked.scenario.seed,
        state="queued",
        progress=0.0,
        stage="",
        attempt=0,
        worker="",
        created=ServiceClock().now(),  # of the machine: jobs do not live in replayed time
        created_by=by,
    )


def add_job(tx: Writer, job: Job, limits: Limits) -> None:
    """Put a job at the end of the queue. QueueFull where its key has too many there."""
    waiting = tx.jobs(states=WAITING, created_by=job.created_by, limit=limits.waiting_per_key)
    if len(waiting) >= limits.waiting_per_key:
        raise QueueFull(f"{len(waiting)} jobs of this key wait or run; {limits.waiting_per_key} may")
    tx.add_job(job)


__all__ = ["DONE", "WAITING", "QueueFull", "add_job", "new_job"]
