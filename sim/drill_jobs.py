"""One drill run again with something changed - another seed, an order left out - side by side in processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sim.command.incident import run_incident
from sim.command.record import DrillRecord
from sim.command.setup import DrillSetup
from sim.workers import run_in_processes

T = TypeVar("T")
Job = Callable[[DrillSetup, DrillRecord], T]  # a function that processes can find by name
Change = Mapping[str, Any]  # fields of DrillSetup and their other values

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
    if usable > 1:
        return run_in_processes(partial(_lent, job), list(changes), usable, _lend, (setup,), tell)
    made: list[T] = []
    for change in changes:
        made.append(_variant(job, setup, change))
        tell(len(made) / len(changes))
    return made


def workers_for(setup: DrillSetup) -> int:
    """Processes for a drill: as many as processors, one for few people."""
    return 1 if int(setup.plan.persons.sum()) < _FEWEST_PEOPLE else len(os.sched_getaffinity(0))


def _variant(job: Job[T], setup: DrillSetup, change: Change) -> T:
    changed = replace(setup, **change)
    return job(changed, run_incident(changed))


_LENT: dict[str, DrillSetup] = {}  # of a worker process: the drill, sent once


def _lend(setup: DrillSetup) -> None:
    _LENT["setup"] = setup


def _lent(job: Job[T], change: Change) -> T:
    return _variant(job, _LENT["setup"], change)
