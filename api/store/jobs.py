"""The table of jobs: who asked for what, who works on it, how far it is. It is the truth about jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from api.store.audit import ReadAudit
from api.store.entries import WriteEntries
from api.store.errors import Conflict, Missing
from api.store.records import Job
from api.store.tables import jobs
from data.errors import InputError

DONE = ("succeeded", "failed", "cancelled")
MOST_ATTEMPTS = 3
_NAMES = tuple(Job.__dataclass_fields__)
_MAY_CHANGE = frozenset({"state", "progress", "stage", "finished", "heartbeat", "error", "folder", "cancel_asked"})


class ReadJobs(ReadAudit):
    """Reading jobs."""

    def job(self, id_: str) -> Job | None:
        """One job."""
        row = self._first(_jobs().where(jobs.c.id == id_))
        return None if row is None else Job(**row._mapping)

    def jobs(
        self,
        states: Sequence[str] | None = None,
        kind: str | None = None,
        created_by: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[Job]:
        """Jobs, the newest first, `limit` at most; `after`: those older than this id (InputError: unknown)."""
        found = _jobs().order_by(jobs.c.number.desc()).limit(limit)
        if states is not None:
            found = found.where(jobs.c.state.in_(states))
        if kind is not None:
            found = found.where(jobs.c.kind == kind)
        if created_by is not None:
            found = found.where(jobs.c.created_by == created_by)
        if after is not None:
            number = self._value(select(jobs.c.number).where(jobs.c.id == after))
            if number is None:
                raise InputError("no such job", place="after", value=after, expected="the last of the page before")
            found = found.where(jobs.c.number < number)
        return [Job(**row._mapping) for row in self._all(found)]


class WriteJobs(WriteEntries, ReadJobs):
    """Asking for jobs, taking them, reporting on them."""

    def add_job(self, job: Job) -> None:
        """Put a job at the end of the queue. Raises Conflict "duplicate"."""
        if self.job(job.id) is not None:
            raise Conflict("duplicate", f"job {job.id} is there already")
        number = (self._value(select(func.max(jobs.c.number))) or 0) + 1
        self._run(insert(jobs).values(vars(job) | {"number": number}))
        self.audit("job", job.id, {"kind": job.kind, "params_sha256": job.params_sha256, "seed": job.seed})

    def claim_job(
        self,
        worker: str,
        now: datetime,
        lease_s: float,
        kinds: Sequence[str] | None = None,
        most_attempts: int = MOST_ATTEMPTS,
    ) -> Job | None:
        """Take the oldest job that waits, or whose worker has not been heard of for `lease_s`; None: nothing to do.

        A job lost with its `most_attempts`-th worker fails; one lost after it was to be cancelled is cancelled.
        The pair (worker, attempt) is what `update_job` knows its owner by.
        """
        self._give_up(now - timedelta(seconds=lease_s), most_attempts, now)
        lost = (jobs.c.state == "running") & (jobs.c.heartbeat < now - timedelta(seconds=lease_s))
        found = _jobs().where((jobs.c.state == "queued") | lost).order_by(jobs.c.number).limit(1)
        if kinds is not None:
            found = found.where(jobs.c.kind.in_(kinds))
        row = self._first(found)
        if row is None:
            return None
        taken = {
            "state": "running",
            "worker": worker,
            "attempt": row.attempt + 1,
            "started": row.started or now,
            "heartbeat": now,
            "progress": 0.0,
            "stage": "",
        }
        self._run(update(jobs).where(jobs.c.id == row.id).values(taken))
        return self.job(row.id)

    def update_job(self, id_: str, worker: str, attempt: int, **changes: Any) -> Job | None:
        """Report on a job: progress, stage, heartbeat, state, finished, error, folder; returns it as it is now.

        None where the job is no longer this worker's attempt: it was lost, given to another, ended or cancelled;
        whoever gets None stops and puts nothing in place.
        """
        if wrong := set(changes) - _MAY_CHANGE:
            raise ValueError(f"cannot change {', '.join(sorted(wrong))} of a job")
        mine = (jobs.c.id == id_, jobs.c.state == "running", jobs.c.worker == worker, jobs.c.attempt == attempt)
        if not self._run(update(jobs).where(*mine).values({"heartbeat": self.now} | changes)):
            return None
        if changes.get("state") in DONE:
            self.audit(f"job_{changes['state']}", id_, {"worker": worker, "attempt": attempt})
        return self.job(id_)

    def cancel_job(self, id_: str) -> Job:
        """Ask for a job to stop: at once where it waits, which is told; else its worker sees `cancel_asked` and tells.

        Raises Missing.
        """
        job = self.job(id_)
        if job is None:
            raise Missing(f"no job {id_}")
        if job.state in DONE:
            return job
        changes: dict[str, Any] = {"cancel_asked": True}
        if job.state == "queued":
            changes |= {"state": "cancelled", "finished": self.now}
        self._run(update(jobs).where(jobs.c.id == id_).values(changes))
        self.audit("job_cancel", id_, {"state": job.state})
        if job.state == "queued":
            self.entry("job", id_, {"kind": job.kind, "state": "cancelled"})
        kept = self.job(id_)
        assert kept is not None
        return kept

    def _give_up(self, silent_since: datetime, most_attempts: int, now: datetime) -> None:
        """End jobs whose worker is lost and that nobody shall try again."""
        lost = (jobs.c.state == "running", jobs.c.heartbeat < silent_since)
        for row in self._all(_jobs().where(*lost, (jobs.c.attempt >= most_attempts) | jobs.c.cancel_asked)):
            state = "cancelled" if row.cancel_asked else "failed"
            changes: dict[str, Any] = {"state": state, "finished": now}
            if state == "failed":
                changes["error"] = {
                    "type": "/problems/worker-lost",
                    "title": "Worker lost",
                    "status": 500,
                    "detail": f"The worker of attempt {row.attempt} was lost, and there are no more attempts.",
                }
            self._run(update(jobs).where(jobs.c.id == row.id).values(changes))
            self.audit(f"job_{state}", row.id, {"worker": row.worker, "attempt": row.attempt, "lost": True})
            self.entry("job", row.id, {"kind": row.kind, "state": state})


def _jobs() -> Select[Any]:
    return select(*(jobs.c[name] for name in _NAMES))
