"""The runner against the table, on both databases: attempts, leases, cancelling, two runners, a database away."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.jobs.faults import lost
from api.jobs.limits import Limits
from api.jobs.manifest import check_result
from api.jobs.place import JOBS, result_folder
from api.jobs.queue import QueueFull, add_job, new_job
from api.jobs.registry import Registry
from api.jobs.runner import Runner, Terms
from api.store import Store
from api.store.errors import StoreBusy
from api.store.records import Job
from tests.jobs.fake_backend import FakeBackend
from tests.jobs.job_case import LIMITS, job_of

AT_ONCE = Terms(lease_s=30.0, heartbeat_s=0.0, poll_s=0.01)
NO_LEASE = Terms(lease_s=0.0, heartbeat_s=0.0, poll_s=0.01)
WRONG = {"type": "urn:rongan:job:bad-input", "title": "x", "status": 422, "detail": "no such area"}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with Store.open(database_url) as opened:
        yield opened


def add(store: Store, home: Path, seed: int = 1, by: str = "planner") -> Job:
    job = new_job("drill", {"scenario": {"seed": seed}}, Registry(home), LIMITS, by)
    with store.writing(by) as tx:
        add_job(tx, job, LIMITS)
    return job


def test_a_job_is_taken_reported_and_done(store, tmp_path):
    backend = FakeBackend(tmp_path)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE, limits=LIMITS)
    job = add(store, tmp_path)
    runner.step()
    runner.step()
    now = job_of(store, job)
    assert (now.state, now.stage, now.attempt, now.worker) == ("running", "Flooding the city", 1, runner.name)
    assert now.progress == pytest.approx(0.35)
    backend.runs[0].finish()
    runner.step()
    now = job_of(store, job)
    assert (now.state, now.progress, now.folder) == ("succeeded", 1.0, f"{JOBS}/{job.id}")
    assert now.finished is not None
    assert check_result(tmp_path / now.folder) == []
    with store.reading() as rx:
        assert [(e.kind, e.subject, e.body["state"]) for e in rx.entries()] == [("job", job.id, "succeeded")]
    assert not list((tmp_path / JOBS / ".work").iterdir())


def test_bad_input_ends_a_job_and_a_lost_worker_does_not_until_the_third(store, tmp_path):
    backend = FakeBackend(tmp_path)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE)
    job = add(store, tmp_path)
    runner.step()
    backend.runs[0].fail(WRONG)
    runner.step()
    assert (job_of(store, job).state, job_of(store, job).error) == ("failed", WRONG)
    unlucky = add(store, tmp_path)
    for attempt in (1, 2, 3):
        runner.step()
        assert job_of(store, unlucky).attempt == attempt
        backend.runs[-1].fail(lost(attempt))
        runner.step()
    runner.step()
    now = job_of(store, unlucky)
    assert (now.state, backend.started[job.id], backend.started[unlucky.id]) == ("failed", 1, 3)
    assert now.error is not None
    assert now.error["detail"] == "given up after 3 attempts"


def test_a_job_of_a_dead_runner_goes_to_another_and_the_first_one_stops(store, tmp_path):
    first, second = FakeBackend(tmp_path), FakeBackend(tmp_path)
    dead = Runner(store, tmp_path, first, terms=AT_ONCE)
    heir = Runner(store, tmp_path, second, terms=NO_LEASE)
    job = add(store, tmp_path)
    dead.step()
    time.sleep(0.01)
    heir.step()
    assert job_of(store, job).worker == heir.name
    dead.step()  # it was only slow
    assert first.runs[0].stopped
    assert dead.busy == 0
    second.runs[0].finish()
    heir.step()
    assert (job_of(store, job).state, job_of(store, job).attempt) == ("succeeded", 2)


def test_a_result_that_is_in_place_is_taken_over_not_made_again(store, tmp_path):
    first, second = FakeBackend(tmp_path), FakeBackend(tmp_path)
    job = add(store, tmp_path)
    Runner(store, tmp_path, first, terms=AT_ONCE).step()
    first.runs[0].finish()  # and its runner is killed before the row is written
    time.sleep(0.01)
    heir = Runner(store, tmp_path, second, terms=NO_LEASE)
    heir.step()
    heir.step()
    assert job_of(store, job).state == "succeeded"
    assert not second.runs


def test_a_damaged_result_in_place_is_made_again(store, tmp_path):
    first, second = FakeBackend(tmp_path), FakeBackend(tmp_path)
    job = add(store, tmp_path)
    Runner(store, tmp_path, first, terms=AT_ONCE).step()
    first.runs[0].finish()
    (result_folder(tmp_path, job.id) / "summary.json").write_text("{}")
    time.sleep(0.01)
    heir = Runner(store, tmp_path, second, terms=NO_LEASE)
    heir.step()
    second.runs[0].finish()
    heir.step()
    assert job_of(store, job).state == "succeeded"
    assert check_result(result_folder(tmp_path, job.id)) == []


def test_cancelling_stops_what_runs_and_leaves_no_result(store, tmp_path):
    backend = FakeBackend(tmp_path)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE)
    running, waiting = add(store, tmp_path, 1), add(store, tmp_path, 2)
    runner.step()
    with store.writing("planner") as tx:
        tx.cancel_job(running.id)
        assert tx.cancel_job(waiting.id).state == "cancelled"
    runner.step()
    assert backend.runs[0].stopped
    assert job_of(store, running).state == "cancelled"
    runner.step()
    assert [run.task.id for run in backend.runs] == [running.id]


def test_a_wish_to_cancel_stands_though_the_result_was_just_finished(store, tmp_path):
    backend = FakeBackend(tmp_path)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE)
    job = add(store, tmp_path)
    runner.step()
    with store.writing("planner") as tx:
        tx.cancel_job(job.id)
    backend.runs[0].finish()
    runner.step()
    assert (job_of(store, job).state, job_of(store, job).folder) == ("cancelled", "")
    assert not result_folder(tmp_path, job.id).exists()


def test_a_runner_that_stops_gives_its_jobs_back(store, tmp_path):
    backend = FakeBackend(tmp_path)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE)
    job = add(store, tmp_path)
    runner.step()
    runner.release()
    assert (job_of(store, job).state, backend.runs[0].stopped) == ("queued", True)


def test_a_run_beyond_its_minutes_is_stopped(store, tmp_path):
    backend = FakeBackend(tmp_path)
    brief = Limits(samples=("small",), water_h=24.0, replicates=0, waiting_per_key=3, minutes=0.0)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE, limits=brief)
    job = add(store, tmp_path)
    runner.step()
    runner.step()
    now = job_of(store, job)
    assert now.error is not None
    assert (now.state, now.error["type"], backend.runs[0].stopped) == ("failed", "urn:rongan:job:too-long", True)


def test_without_a_cluster_nothing_is_taken(store, tmp_path):
    backend = FakeBackend(tmp_path)
    backend.is_ready = False
    job = add(store, tmp_path)
    Runner(store, tmp_path, backend, terms=AT_ONCE).step()
    assert (job_of(store, job).state, job_of(store, job).attempt) == ("queued", 0)


def test_a_database_that_is_away_costs_no_job(store, tmp_path, monkeypatch):
    backend = FakeBackend(tmp_path)
    runner = Runner(store, tmp_path, backend, terms=AT_ONCE)
    job = add(store, tmp_path)
    runner.step()
    backend.runs[0].finish()

    def away(actor: str) -> None:
        raise StoreBusy("away")

    with monkeypatch.context() as patched:
        patched.setattr(store, "writing", away)
        runner.step()
        runner.step()
    assert job_of(store, job).state == "running"
    runner.step()
    assert job_of(store, job).state == "succeeded"


def test_a_key_has_only_so_many_jobs_waiting(store, tmp_path):
    for seed in range(3):
        add(store, tmp_path, seed)
    with pytest.raises(QueueFull):
        add(store, tmp_path, 9)
    add(store, tmp_path, 9, by="another")


def test_two_runners_at_one_table_never_run_a_job_twice(store, tmp_path):
    jobs = [add(store, tmp_path, seed, by=f"key{seed}") for seed in range(16)]
    backends = [FakeBackend(tmp_path, at_once=True) for _ in range(3)]
    stop = threading.Event()
    runners = [Runner(store, tmp_path, backend, slots=2, terms=AT_ONCE) for backend in backends]
    threads = [threading.Thread(target=runner.run, args=(stop,)) for runner in runners]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 120.0
    while time.monotonic() < until and any(job_of(store, job).state != "succeeded" for job in jobs):
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert [job_of(store, job).state for job in jobs] == ["succeeded"] * len(jobs)
    assert sum((backend.started for backend in backends), Counter()) == Counter({job.id: 1 for job in jobs})
