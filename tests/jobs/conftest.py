"""Stores and home folders for the tests of jobs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jobs.job_case import make_home
from tests.store_case import cluster, database_url

__all__ = ["cluster", "database_url"]


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory) -> Path:
    """A home folder in which the tiny city is registered; jobs of different ids do not meet."""
    return make_home(tmp_path_factory.mktemp("jobs"))
