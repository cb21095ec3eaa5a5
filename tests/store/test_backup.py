"""Copies and restorations: consistent while others write, checked, never over something that is in use."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from api.cli.main import run
from api.store import Store, StoreUnavailable
from api.store.backup import backup, restore
from api.store.check import check
from api.store.connection import WRITING
from api.store.heads import sign_end, verifier
from api.store.records import News
from api.store.schema import REVISION
from api.warning.keys import PinnedKeys, new_key
from data.errors import InputError
from tests import postgres
from tests.store_case import HandClock, make_message


def _fill(url: str, count: int, first: int = 0) -> None:
    with Store.open(url, now=HandClock()) as store:
        for number in range(first, first + count):
            with store.writing("officer") as tx:
                tx.publish(make_message(f"m{number}", area=f"a{number}"))


def _url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_a_copy_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    url = _url(tmp_path / "rongan.db")
    _fill(url, 3)
    writer = threading.Thread(target=_fill, args=(url, 60, 3))
    writer.start()
    copies = [backup(url, tmp_path / f"copy{number}.db") for number in range(3)]
    writer.join()
    for copied in copies:
        assert copied.path.stat().st_mode & 0o077 == 0
        with sqlite3.connect(copied.path) as plain:
            numbers = [row[0] for row in plain.execute("SELECT number FROM entries ORDER BY number")]
            assert numbers == list(range(1, copied.news.entry + 1))
            assert plain.execute("SELECT count(*) FROM messages").fetchone() == (copied.news.entry,)
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy0.db", "copy1.db", "copy2.db"]
    with pytest.raises(InputError, match="there already"):
        backup(url, tmp_path / "copy0.db")


def test_a_backup_comes_back(tmp_path: Path) -> None:
    url = _url(tmp_path / "home" / "rongan.db")
    _fill(url, 3)
    copied = backup(url, tmp_path / "copy.db")
    _fill(url, 2, 3)
    with pytest.raises(InputError, match="or --replace"):
        restore(tmp_path / "copy.db", url)
    with Store.open(url), pytest.raises(InputError, match="has it open"):
        restore(tmp_path / "copy.db", url, replace=True)
    assert restore(tmp_path / "copy.db", url, replace=True).news == copied.news == News(3, 3)
    with Store.open(url) as store:
        assert store.news() == News(3, 3)
        assert check(store) == []
    with Store.open(_url(tmp_path / "home" / "rongan.db.before-restore")) as before:
        assert before.news() == News(5, 5)
    with pytest.raises(InputError, match="before-restore: there already; expected no such file: it is what"):
        restore(tmp_path / "copy.db", url, replace=True)
    elsewhere = _url(tmp_path / "new" / "rongan.db")
    assert restore(tmp_path / "copy.db", elsewhere).news == News(3, 3)
    _fill(elsewhere, 1, 3)
    leftover = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert not {name for name in leftover if "partial" in name or "-wal" in name}


def test_a_copy_that_does_not_hold_together_is_none(tmp_path: Path) -> None:
    url = _url(tmp_path / "rongan.db")
    _fill(url, 3)
    with sqlite3.connect(tmp_path / "rongan.db") as plain:
        plain.execute("DROP TRIGGER messages_update")
        plain.execute("UPDATE messages SET cap = x'00' WHERE identifier = 'm1'")
    with pytest.raises(InputError, match="message m1: is not the one that was published"):
        backup(url, tmp_path / "copy.db")
    (tmp_path / "text.db").write_text("no database" * 100)
    with pytest.raises((InputError, StoreUnavailable)):
        restore(tmp_path / "text.db", _url(tmp_path / "new.db"))
    with pytest.raises(InputError, match="no database here"):
        restore(tmp_path / "missing.db", _url(tmp_path / "new.db"))
    with pytest.raises(InputError, match="no database here"):
        backup(_url(tmp_path / "missing.db"), tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir() if "rongan" not in path.name) == ["text.db"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("DELETE FROM messages WHERE identifier = 'm1'", "message m1: was published and is gone"),
        ("UPDATE messages SET identifier = 'x' WHERE identifier = 'm1'", "message x: the audit knows no"),
        ("UPDATE messages SET sha256 = 'x' WHERE identifier = 'm1'", "message m1: is not the one"),
        ("UPDATE entries SET subject = 'x' WHERE number = 2", "message m1: entry 2 is not of it"),
        ("UPDATE audit SET actor = 'x' WHERE number = 2", "audit row 2: was changed"),
    ],
)
def test_a_check_sees(store: Store, sql: str, told: str) -> None:
    with store.writing("officer") as tx:
        for number in range(3):
            tx.publish(make_message(f"m{number}", area=f"a{number}", status="Test" if number == 2 else "Exercise"))
    assert check(store) == []
    with store.writing("service") as tx:
        tx.forget_canaries(datetime(2030, 1, 1, tzinfo=UTC))
    assert check(store) == []
    with store._engine.connect().execution_options(**WRITING) as connection:
        for table in ("messages", "entries", "audit"):
            for name in ("update", "delete") if store.dialect == "sqlite" else ("rows",):
                on = "" if store.dialect == "sqlite" else f" ON {table}"
                connection.execute(text(f"DROP TRIGGER {table}_{name}{on}"))
        if store.dialect == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            connection.execute(text("ALTER TABLE messages DROP CONSTRAINT fk_messages_chain"))
        if "identifier = 'x'" in sql and store.dialect == "sqlite":
            connection.execute(text("UPDATE messages SET identifier = 'x', chain = 'x' WHERE identifier = 'm1'"))
        else:
            connection.execute(text(sql))
        connection.commit()
    assert any(line.startswith(told) for line in check(store)), check(store)


def test_heads_are_believed_by_pinned_keys_alone(store: Store, clock: HandClock) -> None:
    key, stranger = (new_key(name, clock()) for name in ("service", "stranger"))
    pinned = PinnedKeys.of([key.certificate])
    with store.writing("officer") as tx:
        tx.publish(make_message("m1"))
    assert sign_end(store, key) is not None
    assert sign_end(store, key) is None
    assert check(store, verifier(pinned)) == []
    assert "signature" in check(store, verifier(PinnedKeys.of([stranger.certificate])))[0]
    assert "signature" in check(store, verifier(pinned.revoke(key.id, clock())))[0]
    with store.writing("officer") as tx:
        tx.audit("later")
        tx.sign_audit(lambda told: b"forged", key.id)
    assert "signature" in check(store, verifier(pinned))[0]


def test_postgresql_comes_back_from_its_own_tools(tmp_path: Path, cluster: postgres.Cluster | None) -> None:
    if cluster is None:
        pytest.skip(postgres.missing())
    url = cluster.create("dumped")
    _fill(url, 3)
    with pytest.raises(InputError, match="pg_dump"):
        backup(url, tmp_path / "copy.db")
    with pytest.raises(InputError, match="pg_restore"):
        restore(tmp_path / "copy.db", url)
    cluster.run("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", url)
    other = cluster.create("restored")
    cluster.run("pg_restore", f"--dbname={other}", "--exit-on-error", str(tmp_path / "dump"))
    with Store.open(other) as store:
        assert check(store) == []
        assert store.news() == News(3, 3)
    _fill(other, 1, 3)
    with pytest.raises(psycopg.Error, match="append-only"):
        cluster.sql("restored", "DELETE FROM audit")
    for name in ("dumped", "restored"):
        cluster.drop(name)


def _told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = run(["store", *arguments])
    told = capsys.readouterr()
    return code, told.out + told.err


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home, copy = str(tmp_path / "home"), str(tmp_path / "copy.db")
    assert _told(capsys, "check", "--home", home)[0] == 2
    assert not (tmp_path / "home").exists()
    assert _told(capsys, "upgrade", "--home", home) == (0, f"version none -> {REVISION}\n")
    assert _told(capsys, "upgrade", "--home", home) == (0, f"version {REVISION}, as it was\n")
    _fill(_url(tmp_path / "home" / "rongan.db"), 2)
    code, told = _told(capsys, "check", "--home", home)
    assert (code, "2 entries, 2 audit rows, 0 errors" in told) == (0, True)
    code, told = _told(capsys, "tidy", "--home", home)
    assert (code, told) == (0, "0 observations, 0 plans, 0 answers, 0 canaries removed\n")
    assert _told(capsys, "backup", copy, "--home", home)[0] == 0
    assert _told(capsys, "backup", copy, "--home", home)[0] == 2
    assert _told(capsys, "restore", copy, "--home", home)[0] == 2
    assert _told(capsys, "restore", copy, "--home", home, "--replace")[0] == 0
    with sqlite3.connect(tmp_path / "home" / "rongan.db") as plain:
        plain.execute("DROP TRIGGER audit_update")
        plain.execute("UPDATE audit SET actor = 'x' WHERE number = 2")
    code, told = _told(capsys, "check", "--home", home)
    assert (code, "audit row 2: was changed" in told) == (2, True)
    code, told = _told(capsys, "check", "--database", "mysql://x/y")
    assert (code, "not a database we know" in told) == (2, True)
