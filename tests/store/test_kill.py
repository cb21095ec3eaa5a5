"""Killed at every step of publishing: never lost, never twice, never by halves."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from sqlalchemy import func, select

from api.store import Store, tables
from api.store.check import check
from api.store.records import Webhook
from api.store.schema import REVISION
from tests import postgres
from tests.store import killed
from tests.store.processes import start
from tests.store_case import T0, HandClock

_STEPS = 24  # at least so many steps are counted in one publication


def _prepare(url: str) -> Store:
    store = Store.open(url, now=HandClock())
    with store.writing("admin") as tx:
        for name in ("one", "two"):
            tx.save_webhook(Webhook(name, "https://a.test", "s", ("warning",), "", 0, T0))
    return store


def _is_whole(store: Store, count: int) -> None:
    """Exactly the first `count` messages are there, each with all that belongs to it, once."""
    with store.writing("check") as tx:  # behind whatever the dead one's connection still holds
        assert [one.identifier for one in reversed(tx.messages(limit=10_000))] == [f"m{n}" for n in range(count)]
        entries = tx.entries(limit=10_000)
        assert [entry.number for entry in entries] == list(range(1, count + 1))
        assert [entry.subject for entry in entries] == [f"m{n}" for n in range(count)]
        sent = tx.deliveries(limit=10_000)
        assert sorted((one.entry, one.webhook) for one in sent) == [
            (n + 1, name) for n in range(count) for name in ("one", "two")
        ]
        audited = [row.subject for row in tx.audit_rows(limit=100_000) if row.action == "publish"]
        assert audited == [f"m{n}" for n in range(count)]
        assert tx._value(select(func.count()).select_from(tables.answers)) == count
        assert tx._value(select(func.count()).select_from(tables.plans)) == count
        assert tx._value(select(func.count()).select_from(tables.episode_steps)) == count
        assert tx.get("last") == (f"m{count - 1}" if count else None)
        assert tx.check_audit() is None


def test_killed_at_every_step(database_url: str) -> None:
    """An Alert, an Update and a Cancel in turn, each killed one step later than the one before of its kind."""
    store = _prepare(database_url)
    point, done, kept_by_the_dead, number = [1, 1, 1], [False] * 3, 0, 0
    while not all(done):
        kind = number % 3
        if not done[kind]:
            process, pipe = start(killed.die_at, database_url, number, point[kind])
            process.join(30)
            done[kind] = process.exitcode == 0
            assert process.exitcode in (0, -signal.SIGKILL)
            with store.writing("check") as tx:
                there = tx.message(f"m{number}") is not None
            assert there or not done[kind]
            kept_by_the_dead += there and not done[kind]
            _is_whole(store, number + there)
            assert not done[kind] or pipe.recv() == number + 1
            point[kind] += 1
        # Whoever did not hear that it was done asks again, with the same key.
        assert killed.publish(store, number) == number + 1
        number += 1
    _is_whole(store, number)
    assert kept_by_the_dead == 3  # killed after the commit, before the answer
    assert min(point) > _STEPS
    assert sum(point) - 6 >= 75  # kills; with those of the other test 200 over both databases
    store.close()


def test_killed_while_the_tables_are_made(tmp_path: Path, cluster: postgres.Cluster | None) -> None:
    urls = [f"sqlite:///{tmp_path / 'rongan.db'}"] + ([] if cluster is None else [cluster.create("dying")])
    for url in urls:
        deaths = 0
        for point in range(2, 1000, 9):
            process, pipe = start(killed.die_upgrading, url, point)
            process.join(30)
            if process.exitcode == 0:
                break
            assert process.exitcode == -signal.SIGKILL
            deaths += 1
        assert deaths > 5
        assert pipe.recv() == (None, REVISION)  # from nothing at all: the dead left no table behind
        with Store.open(url) as store:
            assert check(store) == []
    if cluster is not None:
        cluster.drop("dying")


def test_killed_at_any_moment(database_url: str) -> None:
    """Publishing without a pause, killed somewhere: inside of the commit too."""
    store = _prepare(database_url)
    chance, count = random.Random(20260701), 0
    for _ in range(25):
        process, pipe = start(killed.publish_on, database_url, count)
        acknowledged = [pipe.recv()]
        time.sleep(chance.uniform(0.0, 0.03))
        process.kill()
        process.join(30)
        try:
            while True:
                acknowledged.append(pipe.recv())
        except EOFError:
            pass
        with store.writing("check") as tx:
            there = tx.last_entry()
        assert acknowledged == list(range(count + 1, count + len(acknowledged) + 1))
        assert there - (count + len(acknowledged)) in (0, 1)  # the last may be kept and not yet acknowledged
        count = there
        _is_whole(store, count)
    store.close()
