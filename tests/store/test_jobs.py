"""The table of jobs: one owner at a time, lost work found again, no second result."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.store import Conflict, Missing, Store
from api.store.records import Job
from data.errors import InputError
from tests.store_case import T0, HandClock

LEASE = 30.0


def make_job(identifier: str, **given: Any) -> Job:
    values: dict[str, Any] = {
        "kind": "drill", "params": {"city": "sample", "雨": [1, 2.5]}, "params_sha256": "a" * 64, "seed": 7,
        "state": "queued", "progress": 0.0, "stage": "", "attempt": 0, "worker": "", "created": T0,
        "created_by": "planner",
    }  # fmt: skip
    return Job(id=identifier, **(values | given))


def _add(store: Store, *jobs: Job) -> None:
    with store.writing("planner") as tx:
        for job in jobs:
            tx.add_job(job)


def _claim(store: Store, worker: str, after_s: float = 0.0, **more: Any) -> Job | None:
    with store.writing(worker) as tx:
        return tx.claim_job(worker, T0 + timedelta(seconds=after_s), LEASE, **more)


def test_jobs_are_taken_in_the_order_they_came(store: Store) -> None:
    _add(store, *(make_job(name, kind=kind) for name, kind in (("b", "drill"), ("a", "siting"), ("c", "drill"))))
    first = _claim(store, "w1")
    assert first == make_job("b", state="running", attempt=1, worker="w1", started=T0, heartbeat=T0)
    other = _claim(store, "w2", kinds=("drill",))
    assert other is not None
    assert other.id == "c"
    last = _claim(store, "w3")
    assert last is not None
    assert last.id == "a"
    assert _claim(store, "w4") is None
    with pytest.raises(Conflict, match="there already"):
        _add(store, make_job("b"))


def test_an_owner_reports_and_ends(store: Store, clock: HandClock) -> None:
    _add(store, make_job("a"))
    _claim(store, "w1")
    clock.pass_s(10)
    with store.writing("w1") as tx:
        job = tx.update_job("a", "w1", 1, progress=0.5, stage="flood")
        assert job is not None
        assert (job.progress, job.stage, job.heartbeat) == (0.5, "flood", clock())
        assert tx.update_job("a", "w2", 1, progress=0.9) is None
        assert tx.update_job("a", "w1", 2, progress=0.9) is None
        assert tx.update_job("b", "w1", 1, progress=0.9) is None
        with pytest.raises(ValueError, match="cannot change seed, started"):
            tx.update_job("a", "w1", 1, seed=3, state="failed", started=None)
        done = tx.update_job("a", "w1", 1, state="succeeded", progress=1.0, folder="jobs/a", finished=clock())
        assert done is not None
        assert done.state == "succeeded"
        assert tx.update_job("a", "w1", 1, state="failed") is None  # it is over
        assert tx.job("a") == done
        assert [row.action for row in tx.audit_rows()] == ["job", "job_succeeded"]


def test_lost_work_is_given_to_another_and_its_first_owner_shut_out(store: Store) -> None:
    _add(store, make_job("a"))
    _claim(store, "w1")
    assert _claim(store, "w2", after_s=LEASE) is None
    again = _claim(store, "w2", after_s=LEASE + 1)
    assert again is not None
    assert (again.worker, again.attempt, again.started) == ("w2", 2, T0)
    with store.writing("w1") as tx:
        assert tx.update_job("a", "w1", 1, state="succeeded") is None
    same = _claim(store, "w2", after_s=3 * LEASE)  # a worker that began anew is another attempt too
    assert same is not None
    assert same.attempt == 3
    assert _claim(store, "w3", after_s=5 * LEASE) is None
    with store.reading() as rx:
        job = rx.job("a")
    assert job is not None
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["status"] == 500


def test_a_job_is_cancelled_waiting_running_or_lost(store: Store, clock: HandClock) -> None:
    _add(store, make_job("waits"), make_job("runs"), make_job("lost"))
    with store.writing("planner") as tx:
        assert tx.cancel_job("waits").state == "cancelled"
        assert tx.cancel_job("waits").state == "cancelled"
    assert [_claim(store, "w1").id, _claim(store, "w2").id] == ["runs", "lost"]  # type: ignore[union-attr]
    with store.writing("planner") as tx:
        asked = tx.cancel_job("runs")
        assert (asked.state, asked.cancel_asked) == ("running", True)
        tx.cancel_job("lost")
        with pytest.raises(Missing):
            tx.cancel_job("nothing")
    with store.writing("w1") as tx:
        seen = tx.update_job("runs", "w1", 1)
        assert seen is not None
        assert seen.cancel_asked
        tx.update_job("runs", "w1", 1, state="cancelled", finished=clock())
    assert _claim(store, "w3", after_s=LEASE + 1) is None
    with store.reading() as rx:
        assert {job.id: job.state for job in rx.jobs()} == dict.fromkeys(("waits", "runs", "lost"), "cancelled")
        told = [(entry.kind, entry.subject, entry.body["state"]) for entry in rx.entries(0, 10)]
    # Each once; the worker of the one that ran tells of it itself.
    assert told == [("job", "waits", "cancelled"), ("job", "lost", "cancelled")]


def test_jobs_are_listed(store: Store) -> None:
    _add(store, *(make_job(f"j{n}", created_by=f"p{n % 2}", kind=("drill", "siting")[n // 3]) for n in range(6)))
    _claim(store, "w1")
    with store.reading() as rx:
        assert [job.id for job in rx.jobs()] == ["j5", "j4", "j3", "j2", "j1", "j0"]
        assert [job.id for job in rx.jobs(states=("queued",), created_by="p0")] == ["j4", "j2"]
        assert [job.id for job in rx.jobs(kind="drill", limit=2)] == ["j2", "j1"]
        assert [job.id for job in rx.jobs(kind="drill", limit=2, after="j1")] == ["j0"]
        with pytest.raises(InputError, match="no such job"):
            rx.jobs(after="j9")
