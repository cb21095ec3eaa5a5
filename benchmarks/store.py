"""The store: what publishing costs beside three bare inserts, news for those who poll, observations, the audit.

The reference is the database itself: one transaction of three inserts and its commit by the plain driver, on the same
disk in the same run. The PostgreSQL is the tests' own, which does not wait for the disk; its commits cost less than
those of a real one, its statements as much.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from api.store import Store
from sim.observing.observation import Observation
from tests import postgres
from tests.store_case import T0, make_message

PUBLICATIONS, LOOKS, OBSERVATIONS = 300, 2000, 62 * 12 * 24
_CAP = bytes(9000)  # a bilingual message with its signature


def run() -> list[dict[str, object]]:
    """Time both databases; PostgreSQL where it is installed."""
    with _databases() as databases:
        return [row for name, url in databases for row in _one(name, url)]


@contextlib.contextmanager
def _databases() -> Iterator[list[tuple[str, str]]]:
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        found = [("SQLite", f"sqlite:///{Path(folder) / 'rongan.db'}")]
        if not postgres.missing():
            found.append(("PostgreSQL", stack.enter_context(postgres.running()).create("bench")))
        yield found


def _one(name: str, url: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []

    def told(what: str, walls: list[float], cpu_s: float, per: int = 1) -> None:
        p50, p99 = np.percentile(walls, (50, 99)) * 1e3 / per
        rows.append(
            {"database": name, "what": what, "p50 ms": f"{p50:.3g}", "p99 ms": f"{p99:.3g}",
             "a second": f"{len(walls) * per / sum(walls):,.0f}", "our CPU ms": f"{cpu_s / len(walls) / per * 1e3:.3g}"}
        )  # fmt: skip

    if name == "SQLite":
        told("three bare inserts, committed", *_timed(PUBLICATIONS, _bare(url)))
    sha256 = hashlib.sha256(_CAP).hexdigest()
    messages = [
        replace(make_message(f"m{number}", area=f"a{number}"), cap=_CAP, sha256=sha256)
        for number in range(PUBLICATIONS)
    ]
    with Store.open(url, now=lambda: T0) as store:

        def publish(number: int) -> None:
            with store.writing("officer") as tx:
                tx.publish(messages[number])

        told("publication: message, entry, audit", *_timed(PUBLICATIONS, publish))
        told("look for news", *_timed(LOOKS, lambda _: store.news()))
        batch = [
            Observation(f"g{number % 62}", "rain", T0 + timedelta(minutes=5 * (number // 62)), 0.2, T0)
            for number in range(OBSERVATIONS)
        ]

        def observe(number: int) -> None:
            with store.writing("gauges") as tx:
                tx.add_observations(batch[number * 744 : (number + 1) * 744])

        told("one observation, in batches of 744", *_timed(OBSERVATIONS // 744, observe), per=744)

        def check(_: int) -> None:
            with store.reading() as rx:
                assert rx.check_audit() is None

        told("one row of the audit checked", *_timed(5, check), per=PUBLICATIONS)
    return rows


def _bare(url: str) -> Callable[[int], None]:
    """Three inserts in one transaction by the driver alone, as durable as ours."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///") + ".bare", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"):
        connection.execute(statement)
    for table in ("one", "two", "three"):
        connection.execute(f"CREATE TABLE {table} (number INTEGER PRIMARY KEY, body BLOB)")

    def insert(number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for table, body in (("one", _CAP), ("two", _CAP[:300]), ("three", _CAP[:500])):
            connection.execute(f"INSERT INTO {table} VALUES (?, ?)", (number, body))
        connection.execute("COMMIT")

    return insert


def _timed(count: int, work: Callable[[int], object]) -> tuple[list[float], float]:
    """Wall seconds of each call, and CPU seconds of this process for all."""
    walls, cpu = [], time.process_time()
    for number in range(count):
        began = time.perf_counter()
        work(number)
        walls.append(time.perf_counter() - began)
    return walls, time.process_time() - cpu
