"""Jobs on a Dask cluster: the same bytes as on this machine, whichever worker or scheduler dies on the way."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from distributed import LocalCluster

from api.jobs.dask_backend import DaskBackend
from api.jobs.manifest import read_manifest
from api.jobs.place import JOBS, result_folder
from api.jobs.runner import Runner
from api.store import Store
from api.store.records import Job
from tests.jobs.job_case import LIMITS, MIDDLE, QUICK, add_drill, job_of, until

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


def test_a_drill_on_dask_whose_worker_is_killed_ends_with_the_bytes_of_this_machine(
    tiny_home, undisturbed, cluster, tmp_path
):
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}") as store:
        job = add_drill(store, tiny_home)
        backend = DaskBackend(cluster.scheduler_address, tiny_home, LIMITS)
        runner = Runner(store, tiny_home, backend, terms=QUICK)
        killed: list[int] = []

        def step() -> bool:
            runner.step()
            now = job_of(store, job)
            if not killed and now.stage.startswith(MIDDLE):
                killed.append(_worker_of(backend))
                os.kill(killed[0], signal.SIGKILL)
            return now.state in ("succeeded", "failed")

        until(step, 240.0)
        now = job_of(store, job)
        backend.close()
    assert killed
    assert (now.state, now.error) == ("succeeded", None)
    assert read_manifest(result_folder(tiny_home, job.id))["sha256"] == undisturbed
    assert not list((tiny_home / JOBS / ".work").glob(f"{job.id}*"))


def test_a_lost_scheduler_gives_the_job_back_and_a_cancelled_one_stops(tiny_home, tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}") as store:
        job = add_drill(store, tiny_home, city={"sample": "small"})  # long enough not to be done before
        with _one_worker() as first:
            backend = DaskBackend(first.scheduler_address, tiny_home)
            runner = Runner(store, tiny_home, backend, terms=QUICK)
            until(lambda: _steps_until_it_reads(runner, store, job))
        until(lambda: bool(runner.step() or job_of(store, job).state == "queued"), 120.0)
        runner.step()
        assert job_of(store, job).state == "queued"  # there is no cluster
        with _one_worker() as second:
            again = DaskBackend(second.scheduler_address, tiny_home)
            heir = Runner(store, tiny_home, again, terms=QUICK)
            until(lambda: _steps_until_it_reads(heir, store, job))
            assert job_of(store, job).attempt == 2
            with store.writing("planner") as tx:
                tx.cancel_job(job.id)
            until(lambda: bool(heir.step() or job_of(store, job).state == "cancelled"), 60.0)
            again.close()
    assert not result_folder(tiny_home, job.id).exists()
    assert not list((tiny_home / JOBS / ".work").glob(f"{job.id}*"))


def _steps_until_it_reads(runner: Runner, store: Store, job: Job) -> bool:
    runner.step()
    return job_of(store, job).stage.startswith(("Reading", "Flooding"))


def _one_worker() -> LocalCluster:
    return LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50)


def _worker_of(backend: DaskBackend) -> int:
    """Process of the worker that has a task."""
    assert backend._client is not None
    busy = [address for address, tasks in backend._client.processing().items() if tasks]
    pids: dict[str, int] = backend._client.run(os.getpid, workers=busy)
    return next(iter(pids.values()))
