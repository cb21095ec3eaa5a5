"""One drill run again with something changed - another seed, an order left out - side by side in processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import pandas as pd

from sim.command.circles import response_circles
from sim.command.incident import run_incident
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.workers import run_in_processes

T = TypeVar("T")
Job = Callable[[DrillSetup, DrillRecord], T]  # a function that processes can find by name
Change = Mapping[str, Any]  # fields of DrillSetup and their other values: orders, injects or seed

_FEWEST_PEOPLE = 300_000  # fewer have moved sooner than a process starts


def run_variants(
    job: Job[T],
    setup: DrillSetup,
    changes: Sequence[Change],
    *,
    workers: int | None = None,
    tell: Callable[[float], None] = lambda fraction: None,
) -> list[T]:
    """What `job` makes of the drill under each change, in order; the same whatever the number of workers.

    `workers` processes at most; None: one for each processor that this process may use, none beside this one for few
    people. Records stay where they were made: they may be large. RunStopped where a worker was killed.
    """
    usable = min(workers or workers_for(setup), len(changes))
    circles = response_circles(setup) if changes else None  # the same in all of them
    if usable > 1:
        return run_in_processes(_lent, list(changes), usable, _lend, (job, setup, circles), tell)
    made: list[T] = []
    for change in changes:
        made.append(_variant(job, setup, circles, change))
        tell(len(made) / len(changes))
    return made


def workers_for(setup: DrillSetup) -> int:
    """Processes for a drill: as many as processors, one for few people."""
    return 1 if int(setup.plan.persons.sum()) < _FEWEST_PEOPLE else len(os.sched_getaffinity(0))


def _variant(job: Job[T], setup: DrillSetup, circles: pd.DataFrame | None, change: Change) -> T:
    changed = replace(setup, **change)
    return job(changed, run_incident(changed, circles))


_LENT: dict[str, Any] = {}  # of a worker process: job, drill and circles, sent once


def _lend(job: Job[Any], setup: DrillSetup, circles: pd.DataFrame | None) -> None:
    _LENT.update(job=job, setup=setup, circles=circles)


def _lent(change: Change) -> Any:
    return _variant(_LENT["job"], _LENT["setup"], _LENT["circles"], change)
