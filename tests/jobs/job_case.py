"""A home folder with a small city, and params of jobs that take seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.jobs.limits import Limits
from api.jobs.queue import add_job, new_job
from api.jobs.registry import Registry
from api.jobs.runner import Terms
from api.jobs.task import Task
from api.store import Store
from api.store.records import Job
from data.city_writer import write_city
from tests.tiny_city import tiny_city

LIMITS = Limits(samples=("small",), water_h=24.0, replicates=10, waiting_per_key=3, minutes=5.0)
QUICK = Terms(lease_s=30.0, heartbeat_s=0.1, poll_s=0.05)
MIDDLE = ("Planning", "Moving", "Summing", "Running", "Writing")  # stages after the flood: some work is done, not all
DRILL: dict[str, Any] = {
    "scenario": {
        "city": {"name": "tiny"},
        "storm": {"return_period_a": 20, "duration_min": 30, "lead_min": 0},
        "flood": {"duration_h": 1},
        "drill": {"worth": False},
    }
}


def make_home(folder: Path) -> Path:
    """A home folder in which the tiny city is registered as "tiny"."""
    home = folder / "home"
    home.mkdir(parents=True)
    pack = write_city(tiny_city(), folder / "pack")
    Registry(home).register_city("tiny", pack)
    return home


def drill_task(number: int = 1, **scenario: Any) -> Task:
    """A drill of the tiny city."""
    params = {"scenario": {**DRILL["scenario"], **scenario}}
    return Task(f"{number:032x}", "drill", params, seed=7)


def add_drill(store: Store, home: Path, **scenario: Any) -> Job:
    """Put a drill of the tiny city, seed 7, into the table."""
    params = {"scenario": {**DRILL["scenario"], "seed": 7, **scenario}}
    job = new_job("drill", params, Registry(home), LIMITS, "planner")
    with store.writing("planner") as tx:
        add_job(tx, job, LIMITS)
    return job


def job_of(store: Store, job: Job) -> Job:
    """The job as the table has it now."""
    with store.reading() as rx:
        found = rx.job(job.id)
    assert found is not None
    return found


def until(true: Callable[[], bool], seconds: float = 240.0) -> None:
    """Ask until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.03)
