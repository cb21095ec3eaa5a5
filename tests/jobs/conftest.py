"""Stores and home folders for the tests of jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.jobs.manifest import read_manifest
from api.jobs.place import result_folder, work_folder
from api.jobs.process import ChildRun
from tests.jobs.job_case import drill_task, make_home
from tests.store_case import cluster, database_url

__all__ = ["cluster", "database_url"]


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory) -> Path:
    """A home folder in which the tiny city is registered; jobs of different ids do not meet."""
    return make_home(tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="session")
def undisturbed(tiny_home: Path) -> str:
    """SHA-256 of the result of the drill, run once without trouble."""
    task = drill_task(1)
    run = ChildRun(task, tiny_home, work_folder(tiny_home, task.id, 1))
    assert run.wait(240.0)
    assert run.look().fault is None
    sha256: str = read_manifest(result_folder(tiny_home, task.id))["sha256"]
    return sha256
