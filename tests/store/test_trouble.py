"""A database that is busy, full, read-only, gone or broken: said clearly, nothing kept by halves."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import event, text

from api.store import Conflict, Store, StoreBusy, StoreUnavailable
from api.store.records import ApiKey, News
from data.errors import InputError
from tests import postgres
from tests.store_case import HandClock, make_message


def _publish(store: Store, identifier: str, size: int = 10) -> None:
    cap = os.urandom(size)
    new = make_message(identifier, area=identifier, cap=cap, sha256=hashlib.sha256(cap).hexdigest())
    with store.writing("officer") as tx:
        tx.publish(new)


def _nothing_happened(store: Store, before: News) -> None:
    """What was before is there, whole, and the next publication goes through."""
    assert store.news() == before
    with store.reading() as rx:
        assert rx.message("lost") is None
        assert rx.check_audit() is None
    _publish(store, "after")
    assert store.news() == News(before.entry + 1, before.audit + 1)


def test_a_writer_waits_and_then_says_that_it_is_busy(database_url: str) -> None:
    with Store.open(database_url, wait_s=0.2) as first, Store.open(database_url, wait_s=0.2) as second:
        _publish(first, "m1")
        with first.writing("officer") as tx:
            tx.put("a", 1)
            with pytest.raises(StoreBusy, match="busy"):
                _publish(second, "lost")
            with second.reading() as rx:  # readers do not wait
                assert rx.get("a") is None
        _nothing_happened(second, News(1, 1))


def test_more_readers_than_connections_are_told(database_url: str) -> None:
    with Store.open(database_url, wait_s=0.2) as store, ExitStack() as readers:
        with pytest.raises(StoreBusy, match="in use"):
            _ = [readers.enter_context(store.reading()) for _ in range(100)]
        readers.close()
        assert store.news() == News(0, 0)


@contextmanager
def _small_files(path: Path, room: int) -> Iterator[None]:
    """No file of this process may grow by more than `room`: as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(file.stat().st_size for file in path.glob("rongan.db*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 5_000, 50_000, 150_000])
def test_a_disk_that_is_full(tmp_path: Path, room: int) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}", now=HandClock()) as store:
        _publish(store, "m1")
        with _small_files(tmp_path, room), pytest.raises(StoreUnavailable, match="cannot do its work"):
            _publish(store, "lost", size=200_000)
        _nothing_happened(store, News(1, 1))


def test_a_database_that_may_not_grow(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}") as store:
        _publish(store, "m1")
        with store._engine.connect() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            connection.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
        with pytest.raises(StoreUnavailable, match="full"):
            _publish(store, "lost", size=200_000)
        with store._engine.connect() as connection:
            connection.execute(text("PRAGMA max_page_count = 1000000"))
        _nothing_happened(store, News(1, 1))


def test_a_database_that_may_only_be_read(store: Store) -> None:
    _publish(store, "m1")

    @event.listens_for(store._engine, "begin")
    def read_only(connection: object) -> None:
        if writable:
            return
        sql = {"sqlite": "PRAGMA query_only=ON", "postgresql": "SET TRANSACTION READ ONLY"}
        connection.exec_driver_sql(sql[store.dialect])  # type: ignore[attr-defined]

    writable: list[bool] = []
    with pytest.raises(StoreUnavailable, match=r"readonly|read-only"):
        _publish(store, "lost")
    assert store.news() == News(1, 1)
    writable.append(True)
    if store.dialect == "sqlite":
        store._engine.dispose()
    _nothing_happened(store, News(1, 1))


def _publish_cut(store: Store, cluster: postgres.Cluster) -> None:
    with store.writing("officer") as tx:
        assert tx.publish(make_message("lost")).number == 2
        others = "pid <> pg_backend_pid() AND state = 'idle in transaction'"
        cluster.sql("postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


def test_a_connection_that_is_cut_while_writing(database_url: str, cluster: postgres.Cluster | None) -> None:
    if cluster is None or database_url.startswith("sqlite"):
        pytest.skip("SQLite has no connection that could be cut")
    with Store.open(database_url, now=HandClock()) as store:
        _publish(store, "m1")
        with pytest.raises(StoreUnavailable):
            _publish_cut(store, cluster)
        _nothing_happened(store, News(1, 1))


def test_a_server_that_crashes_and_comes_back() -> None:
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.running() as cluster, Store.open(cluster.create("crash"), wait_s=5.0) as store:
        for number in range(3):
            _publish(store, f"m{number}")
            cluster.stop()
            with pytest.raises(StoreUnavailable):
                store.news()
            cluster.start()
            assert store.news() == News(number + 1, number + 1)
        _nothing_happened(store, News(3, 3))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "rongan.db"
    path.write_bytes(b"this is no database " * 1000)
    with pytest.raises(InputError, match="cannot open the database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes().startswith(b"this is no database")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot make the database"):
        Store.open(f"sqlite:///{tmp_path / 'file' / 'rongan.db'}")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot open the database"):
        Store.open(f"sqlite:///{tmp_path / 'folder'}")


def test_an_error_of_the_database_has_its_own_name_inside_of_the_transaction(store: Store) -> None:
    with store.writing("admin") as tx:
        tx.save_key(ApiKey("k1", "a", "viewer", "1" * 64))
    with pytest.raises(Conflict) as refused:
        _save_and_go_on(store, ApiKey("k2", "b", "viewer", "1" * 64))
    assert refused.value.reason == "duplicate"  # also for who does not listen: nothing of it is kept
    with store.reading() as rx:
        assert rx.get("a") is None


def _save_and_go_on(store: Store, key: ApiKey) -> None:
    with store.writing("admin") as tx:
        tx.put("a", 1)
        with suppress(Conflict):
            tx.save_key(key)
