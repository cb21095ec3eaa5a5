"""Jobs on a Dask cluster: the same process for each job, started by a worker that shares the home folder.

Dask only says where. Results go to the home folder and never through the scheduler, progress and the wish to stop are
small files there, so losing the scheduler loses nothing but time: the table starts the job again.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.jobs.faults import lost
from api.jobs.limits import Limits
from api.jobs.place import work_folder
from api.jobs.process import ChildRun, Look
from api.jobs.task import Task

if TYPE_CHECKING:
    from distributed import Client, Future

_RETRIES = 2
_LOOK_S = 0.2  # between two looks of a worker at its process
_CONNECT_S = 5.0
_OUT_OF_TOUCH_S = 30.0  # without the scheduler: what it was given is taken for lost
_STOP_S = 20.0  # for a worker to end a run


def run_on_worker(task: dict[str, Any], home: str, attempt: int, limits: dict[str, Any] | None) -> dict | None:
    """On a worker: do the task in a process of its own. None, or problem details where there is no result."""
    given = None if limits is None else Limits(**{**limits, "samples": tuple(limits["samples"])})
    job, base = Task(**task), work_folder(Path(home), task["id"], attempt)
    progress, stop = _marks(base)
    progress.parent.mkdir(parents=True, exist_ok=True)
    run = ChildRun(job, Path(home), base.with_name(f"{base.name}-{uuid.uuid4().hex[:8]}"), given)
    try:
        while not (look := run.look()).ended:
            if stop.exists():
                return lost(attempt)
            _write(progress, {"stage": look.stage, "fraction": look.fraction})
            run.wait(_LOOK_S)
        return look.fault
    finally:
        run.stop()


class DaskRun:
    """A job that a Dask cluster has."""

    def __init__(self, client: Client, future: Future, base: Path) -> None:
        self._client, self._future = client, future
        self._progress, self._stop = _marks(base)
        self._touch = time.monotonic()

    def look(self) -> Look:
        last = self._last()
        if self._client.status == "running":
            self._touch = time.monotonic()
        elif self._client.status == "closed" or time.monotonic() - self._touch > _OUT_OF_TOUCH_S:
            return Look(last.stage, last.fraction, True, lost(1))
        status = self._future.status
        if status == "finished":
            return Look(last.stage, 1.0, True, self._future.result(timeout=_CONNECT_S))
        if status in ("error", "lost", "cancelled"):  # KilledWorker too: each of its workers died
            return Look(last.stage, last.fraction, True, lost(1))
        return last

    def stop(self) -> None:
        self._stop.parent.mkdir(parents=True, exist_ok=True)
        self._stop.touch()
        until = time.monotonic() + _STOP_S
        with contextlib.suppress(Exception):  # a lost scheduler must not keep a job from being cancelled
            while self._future.status == "pending" and self._started() and time.monotonic() < until:
                time.sleep(_LOOK_S)
            self._future.cancel()

    def _started(self) -> bool:
        return self._progress.exists()

    def _last(self) -> Look:
        try:
            told = json.loads(self._progress.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return Look("Waiting for a worker")
        return Look(told["stage"], told["fraction"])


class DaskBackend:
    """Jobs by the scheduler at a URL; its workers see the home folder under the same path."""

    def __init__(self, scheduler: str, home: Path, limits: Limits | None = None) -> None:
        self._scheduler, self._home, self._limits = scheduler, home.resolve(), limits
        self._client: Client | None = None

    def ready(self) -> bool:
        """Whether the scheduler answers and has workers; a client that lost it is replaced."""
        from distributed import Client

        if self._client is not None and self._client.status != "running":
            with contextlib.suppress(Exception):
                self._client.close(timeout=1)
            self._client = None
        try:
            if self._client is None:
                self._client = Client(self._scheduler, timeout=_CONNECT_S, set_as_default=False)
            return bool(self._client.nthreads())
        except (OSError, TimeoutError, ValueError, RuntimeError):
            return False

    def start(self, task: Task, attempt: int) -> DaskRun:
        assert self._client is not None, "ask `ready` first"
        base = work_folder(self._home, task.id, attempt)
        future = self._client.submit(
            run_on_worker,
            asdict(task),
            str(self._home),
            attempt,
            self._limits and asdict(self._limits),
            key=f"rongan-{task.id}-{attempt}-{uuid.uuid4().hex[:8]}",
            pure=False,
            retries=_RETRIES,
        )
        return DaskRun(self._client, future, base)

    def close(self) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.close(timeout=_CONNECT_S)


def _marks(base: Path) -> tuple[Path, Path]:
    """Beside the work folder of an attempt: how far it is, and the wish that it stops."""
    return base.with_name(base.name + ".progress"), base.with_name(base.name + ".stop")


def _write(file: Path, told: dict[str, Any]) -> None:
    fresh = file.with_name(file.name + ".new")
    fresh.write_text(json.dumps(told), encoding="utf-8")
    os.replace(fresh, file)
