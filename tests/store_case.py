"""The store on both databases, for every test that needs one: fixtures `cluster`, `database_url`, `clock`, `store`.

A conftest takes them by `from tests.store_case import clock, cluster, database_url, store`.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.store import Store
from api.store.records import Message
from tests import postgres

T0 = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
_DATABASES = itertools.count(1)


class HandClock:
    """A clock that a test sets."""

    def __init__(self, moment: datetime = T0) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def pass_s(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster | None]:
    """A PostgreSQL of this process of the tests, with a database `fresh` that is up to date; None: none here."""
    if postgres.missing():
        yield None
        return
    with postgres.running() as running:
        Store.open(running.create("fresh")).close()
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, cluster: postgres.Cluster | None) -> Iterator[str]:
    """An empty store's URL, on either database; the test runs once on each."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rongan.db'}"
        return
    if cluster is None:
        pytest.skip(postgres.missing())
    name = f"test{next(_DATABASES)}"
    yield cluster.create(name, "fresh")
    cluster.drop(name)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(database_url: str, clock: HandClock) -> Iterator[Store]:
    """An empty store on either database, with a clock set by hand."""
    with Store.open(database_url, now=clock) as opened:
        yield opened


def make_message(identifier: str, **given: Any) -> Message:
    """A message that can be published; `after`: the message it succeeds."""
    after: Message | None = given.pop("after", None)
    sent = given.get("sent", after.sent if after else T0)
    cap = given.get("cap", f"<alert>{identifier} 暴雨</alert>".encode())
    values: dict[str, Any] = {
        "sender": "drill@rongan.invalid",
        "sent": sent,
        "status": after.status if after else "Exercise",
        "msg_type": "Update" if after else "Alert",
        "scope": "Restricted",
        "predecessor": after.identifier if after else "",
        "chain": after.chain if after else identifier,
        "episode": "",
        "area": after.area if after else "510104",
        "area_level": "district",
        "event": "rainstorm",
        "level": 2,
        "onset": sent,
        "expires": sent + timedelta(hours=3),
        "cap": cap,
        "notice": {"headline": "【演练】暴雨"},
        "sha256": hashlib.sha256(cap).hexdigest(),
    }
    return Message(identifier=identifier, **(values | given))
