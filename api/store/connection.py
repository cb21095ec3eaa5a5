"""How the two databases are spoken to: durable, serialised when writing, a snapshot when reading."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from data.errors import InputError

WRITING = {"rongan_writing": True}  # option of a connection whose transaction will write
SINGLE = {"rongan_single": True}  # one statement, which is its own transaction
_LOCK = 0x526F6E67  # key of the advisory lock that writers of PostgreSQL hold, "Rong"


def parse_url(url: str) -> URL:
    """A database URL with the driver we use. InputError where it names another database or none."""
    expected = "sqlite:///folder/rongan.db or postgresql://user@host/database"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InputError("not a database URL", place="database_url", expected=expected) from None
    kind = parsed.drivername.split("+")[0]
    if kind in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise InputError("not a database we know", place="database_url", value=kind, expected=expected)
    if parsed.database in (None, "", ":memory:") or str(parsed.database).startswith("file:"):
        raise InputError("a database in memory is lost with its process", place="database_url", expected=expected)
    return parsed.set(drivername="sqlite+pysqlite")


def open_engine(url: URL, wait_s: float) -> Engine:
    """An engine whose transactions are begun by `begin` below; `wait_s`: how long to wait for other writers."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, wait_s)
    return _postgresql(url, wait_s)


def _sqlite(url: URL, wait_s: float) -> Engine:
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # It holds secrets of subscribers: nobody else's to read. WAL and index take the mode of the database.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise InputError("cannot make the database", file=path, value=error.strerror) from None
    engine = create_engine(url, connect_args={"timeout": wait_s}, pool_timeout=wait_s)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={int(wait_s * 1000)}",
            "journal_mode=WAL",
            "synchronous=FULL",  # what was answered as done survives a power cut
            "foreign_keys=ON",
            "recursive_triggers=ON",  # REPLACE meets the triggers of DELETE too
            "trusted_schema=OFF",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if not options.get("rongan_single"):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("rongan_writing") else "BEGIN")

    return engine


def _postgresql(url: URL, wait_s: float) -> Engine:
    options = (
        "-c synchronous_commit=on -c timezone=UTC -c client_encoding=UTF8 -c idle_in_transaction_session_timeout=60000"
        f" -c lock_timeout={int(wait_s * 1000)}"
    )
    engine = create_engine(
        url,
        connect_args={"options": options, "connect_timeout": max(2, int(wait_s))},
        pool_pre_ping=True,
        pool_timeout=wait_s,
        isolation_level="READ COMMITTED",
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("rongan_single"):
            return
        if options.get("rongan_writing"):
            # READ COMMITTED: what follows sees all that was committed by those who held the lock before.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return engine
