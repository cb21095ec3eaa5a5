"""Takes jobs from the table and sees them through: the table is the truth, and whoever works may die at any moment."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.jobs.backend import Backend, Running
from api.jobs.faults import is_final, lost, too_long
from api.jobs.limits import Limits
from api.jobs.manifest import check_result, read_manifest
from api.jobs.place import JOBS, is_finished, result_folder, take_away
from api.jobs.process import Look
from api.jobs.progress import overall
from api.jobs.task import Task
from api.service.clock import ServiceClock
from api.store.errors import StoreError
from api.store.jobs import MOST_ATTEMPTS
from api.store.records import Job
from api.store.store import Store, Writer

LOST = "lost"  # how an attempt can end besides the states of a job
_LOG = logging.getLogger("rongan.jobs")


@dataclass(frozen=True)
class Terms:
    """How a runner keeps time; all in seconds on the machine's clock."""

    lease_s: float = 30.0  # a job whose runner has not been heard of for so long is given to another
    heartbeat_s: float = 2.0  # also how soon a wish to cancel is seen
    poll_s: float = 0.5  # between two looks for new jobs


@dataclass
class _Held:
    """A job that this runner has."""

    job: Job
    running: Running | None  # None: its result was there already
    begun: float = field(default_factory=time.monotonic)
    reported: float = 0.0
    progress: float = 0.0
    stage: str = ""


class _NotStarted:
    """What never began."""

    def look(self) -> Look:
        return Look("", 0.0, True, lost(1))

    def stop(self) -> None:
        return None


class Runner:
    """One process that runs up to `slots` jobs at a time. Any number of them may share a table."""

    def __init__(
        self,
        store: Store,
        home: Path,
        backend: Backend,
        *,
        slots: int = 1,
        limits: Limits | None = None,
        terms: Terms | None = None,
        name: str = "",
    ) -> None:
        self.name = name or f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._store, self._home, self._backend = store, home, backend
        self._slots, self._limits, self._terms = slots, limits, terms or Terms()
        self._clock = ServiceClock()  # leases are of the machine, whatever time the service plays
        self._held: dict[str, _Held] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; then jobs under way go back into the queue."""
        try:
            while not stop.is_set():
                self.step()
                stop.wait(min(self._terms.poll_s, self._terms.heartbeat_s))
        finally:
            self.release()
            self._backend.close()

    def step(self) -> None:
        """One look at the jobs at hand, and new ones into free slots. The database may be away: the next step tries
        again.
        """
        for held in list(self._held.values()):
            try:
                self._tend(held)
            except StoreError as error:
                _LOG.warning("job %s: %s", held.job.id, error)
        try:
            while len(self._held) < self._slots and self._take():
                pass
        except StoreError as error:
            _LOG.warning("no jobs can be taken: %s", error)

    @property
    def busy(self) -> int:
        """Jobs at hand."""
        return len(self._held)

    def release(self) -> None:
        """Stop what runs and put it back into the queue: not a fault of the job."""
        for held in list(self._held.values()):
            self._stop(held)
            try:
                with self._store.writing(self.name) as tx:
                    state = "cancelled" if held.job.cancel_asked else "queued"
                    self._update(tx, held, state=state, stage="", progress=0.0)
            except StoreError as error:
                _LOG.warning("job %s was not given back, its lease will end: %s", held.job.id, error)
            del self._held[held.job.id]

    def _take(self) -> bool:
        """Take one job; whether there was one. Looks first, so that an idle runner writes nothing."""
        now = self._clock.now()
        with self._store.reading() as rx:
            waits = bool(rx.jobs(states=("queued",), limit=1))
            silent = [
                job
                for job in rx.jobs(states=("running",), limit=1000)
                if job.heartbeat is None or (now - job.heartbeat).total_seconds() > self._terms.lease_s
            ]
        if not (waits or silent) or not self._backend.ready():
            return False
        with self._store.writing(self.name) as tx:
            job = tx.claim_job(self.name, now, self._terms.lease_s)
        if job is None:
            return False
        self._held[job.id] = _Held(job, None if self._is_there(job) else self._start(job))
        return True

    def _start(self, job: Job) -> Running:
        _LOG.info("job %s (%s), attempt %d", job.id, job.kind, job.attempt)
        try:
            return self._backend.start(Task(job.id, job.kind, job.params, job.seed), job.attempt)
        except Exception as error:  # no process, no memory, no cluster: another attempt may find one
            _LOG.warning("job %s was not started: %s", job.id, error)
            return _NotStarted()

    def _is_there(self, job: Job) -> bool:
        """Whether an attempt that was lost had put its result in place; a damaged one is taken away."""
        folder = result_folder(self._home, job.id)
        if not is_finished(folder):
            return False
        manifest = read_manifest(folder)
        if manifest["params_sha256"] == job.params_sha256 and not check_result(folder):
            return True
        take_away(self._home, job.id, result=True)
        return False

    def _tend(self, held: _Held) -> None:
        look = held.running.look() if held.running is not None else Look(held.stage, 1.0, True)
        held.progress = overall(held.job.kind, look.stage, look.fraction, held.progress)
        if look.ended:
            self._conclude(held, look)
            return
        now = time.monotonic()
        if self._limits is not None and now - held.begun > 60.0 * self._limits.minutes:
            self._stop(held)
            self._end(held, "failed", too_long(self._limits.minutes))
            return
        due = now - held.reported >= self._terms.heartbeat_s or look.stage != held.stage
        if not due:
            return
        held.reported, held.stage = now, look.stage
        with self._store.writing(self.name) as tx:
            job = self._update(tx, held, progress=round(held.progress, 4), stage=look.stage)
        if job is None:  # given to another, or ended by one who took us for lost
            self._stop(held)
            del self._held[held.job.id]
        elif job.cancel_asked:
            self._stop(held)
            self._end(held, "cancelled", None)
        else:
            held.job = job

    def _conclude(self, held: _Held, look: Look) -> None:
        if look.fault is None and is_finished(result_folder(self._home, held.job.id)):
            self._end(held, "succeeded", None)
            return
        fault = look.fault or lost(held.job.attempt)
        if is_final(fault):
            self._end(held, "failed", fault)
        elif held.job.attempt >= MOST_ATTEMPTS:
            self._end(held, "failed", {**fault, **lost(held.job.attempt)})
        else:
            _LOG.warning("job %s was lost in attempt %d: %s", held.job.id, held.job.attempt, fault.get("log", ""))
            self._end(held, "queued", None)

    def _end(self, held: _Held, state: str, fault: dict[str, Any] | None) -> None:
        """Write how an attempt ended; the row names the result after the result is in place."""
        changes: dict[str, Any] = {"state": state, "error": fault}
        if state == "queued":
            changes |= {"progress": 0.0, "stage": ""}
        else:
            changes["finished"] = self._clock.now()
        if state == "succeeded":
            changes |= {"progress": 1.0, "stage": "", "folder": f"{JOBS}/{held.job.id}"}
        with self._store.writing(self.name) as tx:
            job = tx.job(held.job.id)
            if job is not None and job.cancel_asked and state in ("succeeded", "queued"):
                state = changes["state"] = "cancelled"  # asked for before the end was written: it stands
                changes |= {"folder": "", "finished": self._clock.now()}
            mine = self._update(tx, held, **changes) is not None
            if mine and state != "queued":
                tx.entry("job", held.job.id, {"kind": held.job.kind, "state": state})
        del self._held[held.job.id]
        if mine:
            take_away(self._home, held.job.id, result=state == "cancelled")

    def _update(self, tx: Writer, held: _Held, **changes: Any) -> Job | None:
        return tx.update_job(held.job.id, self.name, held.job.attempt, **changes)

    def _stop(self, held: _Held) -> None:
        if held.running is not None:
            held.running.stop()
