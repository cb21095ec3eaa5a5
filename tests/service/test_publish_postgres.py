"""The random steps of publishing on PostgreSQL: fewer of them, for what differs is the database alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests import postgres
from tests.publish_case import publisher
from tests.service.test_publish_machine import Life
from tests.store_case import cluster

__all__ = ["cluster"]
RUNS, PER_RUN = 8, 50


class OnPostgres(Life):
    """An exercise service; every run has a database of its own."""

    server: ClassVar[postgres.Cluster]
    numbers: ClassVar[Iterator[int]] = itertools.count(1)

    def __init__(self) -> None:
        self.name = f"life{next(self.numbers)}"
        self.given = {"database_url": self.server.create(self.name, "fresh")}  # type: ignore[misc]
        super().__init__()

    def teardown(self) -> None:
        super().teardown()
        self.server.drop(self.name)


@pytest.mark.slow
def test_random_steps_on_postgresql(cluster, tmp_path):
    if cluster is None:
        pytest.skip(postgres.missing())
    publisher(tmp_path).store.close()
    OnPostgres.template, OnPostgres.server = tmp_path / "rongan.db", cluster
    wanted = settings(
        max_examples=RUNS, stateful_step_count=PER_RUN, deadline=None, database=None, derandomize=True,
        phases=(Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(OnPostgres, settings=wanted)
    assert OnPostgres.steps > RUNS * PER_RUN // 4
