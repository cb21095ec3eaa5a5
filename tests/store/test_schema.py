"""The tables of a database: made, brought up to date, never taken for ours when they are not."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, select, text

from api.store import Store
from api.store.connection import WRITING, open_engine, parse_url
from api.store.errors import SchemaNewer
from api.store.schema import REVISION, alembic_config, current, upgrade
from api.store.tables import audit, keys, metadata
from data.errors import InputError
from tests import postgres
from tests.store_case import T0


def test_migrations_make_the_tables_that_the_program_means(store: Store) -> None:
    with store._engine.connect().execution_options(**WRITING) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        script = ScriptDirectory.from_config(alembic_config(connection))
        assert script.get_heads() == [REVISION]
        assert current(connection) == REVISION


def test_an_empty_database_is_upgraded_once(tmp_path: Path, cluster: postgres.Cluster | None) -> None:
    urls = [f"sqlite:///{tmp_path / 'deep' / 'below' / 'rongan.db'}"]
    if cluster is not None:
        urls.append(cluster.create("empty"))
    for url in urls:
        engine = open_engine(parse_url(url), 5.0)
        assert upgrade(engine) == (None, REVISION)
        assert upgrade(engine) == (REVISION, REVISION)
        engine.dispose()
    if cluster is not None:
        cluster.drop("empty")


def test_who_made_a_key_is_known_of_older_databases_too(tmp_path: Path, cluster: postgres.Cluster | None) -> None:
    urls = [f"sqlite:///{tmp_path / 'rongan.db'}"] + ([] if cluster is None else [cluster.create("older")])
    for url in urls:
        engine = open_engine(parse_url(url), 5.0)
        with engine.connect().execution_options(**WRITING) as connection, connection.begin():
            command.upgrade(alembic_config(connection), "0001")
            for number, (name, actor) in enumerate((("k1", "command line"), ("k2", "k1"), ("k3", "k2"))):
                key = {"id": name, "name": name, "role": "admin", "sha256": name, "area": "", "actual": True}
                connection.execute(insert(keys).values(key))
                row = {"actor": actor, "action": "key", "subject": name, "body": {}, "previous": "", "hash": ""}
                connection.execute(insert(audit).values(row | {"number": number + 1, "time": T0}))
        assert upgrade(engine) == ("0001", REVISION)
        with engine.connect() as connection:
            found = connection.execute(select(keys.c.made_by).order_by(keys.c.id)).scalars().all()
        assert found == ["", "k1", "k2"]
        engine.dispose()
    if cluster is not None:
        cluster.drop("older")


def _open(url: str, done: multiprocessing.queues.Queue[str]) -> None:
    try:
        with Store.open(url) as store, store.writing("starter") as tx:
            tx.audit("started")
        done.put("")
    except BaseException as error:
        done.put(repr(error))


def test_many_processes_start_at_once(tmp_path: Path, cluster: postgres.Cluster | None) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.store.killed"])
    urls = [f"sqlite:///{tmp_path / 'rongan.db'}"] + ([] if cluster is None else [cluster.create("starts")])
    for url in urls:
        done: multiprocessing.queues.Queue[str] = context.Queue()
        started = [context.Process(target=_open, args=(url, done), daemon=True) for _ in range(6)]
        for process in started:
            process.start()
        assert [done.get(timeout=60) for _ in started] == [""] * 6
        with Store.open(url) as store, store.reading() as rx:
            assert len(rx.audit_rows()) == 6
            assert rx.check_audit() is None


def test_what_is_committed_is_on_the_disk(store: Store) -> None:
    settings = {
        "sqlite": {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "recursive_triggers": 1},
        "postgresql": {"synchronous_commit": "on", "TimeZone": "UTC"},
    }[store.dialect]
    word = {"sqlite": "PRAGMA", "postgresql": "SHOW"}[store.dialect]
    for _ in range(2):  # also on a connection that was used before
        with store._engine.connect() as connection:
            found = {name: connection.execute(text(f"{word} {name}")).scalar_one() for name in settings}
            assert found == settings


def test_a_newer_database_is_left_alone(database_url: str) -> None:
    with Store.open(database_url) as store, store._engine.connect().execution_options(**WRITING) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    with pytest.raises(SchemaNewer, match="newer program") as refused:
        Store.open(database_url)
    assert refused.value.exit_code == 2
    engine = open_engine(parse_url(database_url), 5.0)
    with engine.connect() as connection:
        assert current(connection) == "9999"
    engine.dispose()


def test_a_database_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE photos (id INTEGER)"))
    engine.dispose()
    with pytest.raises(InputError, match="not ours"):
        Store.open(f"sqlite:///{path}")


def test_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "rongan.db"
    with Store.open(f"sqlite:///{path}") as store, store.writing("admin") as tx:
        tx.put("a", 1)
        for file in tmp_path.glob("rongan.db*"):
            assert file.stat().st_mode & 0o077 == 0, file


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory"],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(InputError, match="database"):
        Store.open(url)


def test_passwords_are_not_shown(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        Store.open("postgresql://user:secret@127.0.0.1:1/none", wait_s=2.0)
    assert "secret" not in str(refused.value)
    assert "cannot open the database" in str(refused.value)
