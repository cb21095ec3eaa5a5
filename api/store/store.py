"""The store: open it, read a snapshot of it, write to it one transaction at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from api.store.connection import SINGLE, WRITING, open_engine, parse_url
from api.store.cycles import ReadCycles, WriteCycles
from api.store.episodes import ReadEpisodes, WriteEpisodes
from api.store.errors import StoreBusy
from api.store.faults import meaning
from api.store.jobs import ReadJobs, WriteJobs
from api.store.keys import ReadKeys, WriteKeys
from api.store.messages import ReadMessages, WriteMessages
from api.store.observations import ReadObservations, WriteObservations
from api.store.records import News
from api.store.schema import upgrade
from data.errors import InputError

WAIT_S = 10.0


class Reader(ReadMessages, ReadEpisodes, ReadKeys, ReadObservations, ReadCycles, ReadJobs):
    """A snapshot: everything read through it is of one moment."""


class Writer(WriteMessages, WriteEpisodes, WriteKeys, WriteObservations, WriteCycles, WriteJobs, Reader):
    """The one transaction that writes just now; it reads what it has written."""


def _machine_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """SQLite or PostgreSQL by URL. May be used by many threads; every process opens its own."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], wait_s: float) -> None:
        self._engine = engine
        self._now = now
        self._wait_s = wait_s
        # Threads of one process queue here, in order; SQLite's own waiting is by turns of sleep.
        self._turn = threading.Lock()
        self._inside = threading.local()
        self._single = SINGLE | ({"isolation_level": "AUTOCOMMIT"} if self.dialect == "postgresql" else {})

    @classmethod
    def open(cls, url: str, now: Callable[[], datetime] | None = None, wait_s: float = WAIT_S) -> Store:
        """Open a database and bring its tables up to date; an absent SQLite file is made.

        `now`: the clock that times are taken from; `wait_s`: how long a writer waits for the others.
        Raises InputError where there is no such database or it cannot be opened, SchemaNewer where a newer program
        has upgraded it.
        """
        parsed = parse_url(url)
        engine = open_engine(parsed, wait_s)
        try:
            upgrade(engine)
        except SQLAlchemyError as error:
            engine.dispose()
            told = meaning(error)
            if told is None:
                raise
            raise InputError(f"cannot open the database: {told}", place=_shown(parsed)) from None
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, now or _machine_now, wait_s)

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return _shown(self._engine.url)

    @property
    def dialect(self) -> str:
        """Which database: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def writing(self, actor: str) -> Iterator[Writer]:
        """One transaction that writes, alone among all processes; kept whole at the end, or not at all on an error.

        `actor`: in whose name, for the audit. Raises StoreBusy, StoreUnavailable; after either nothing has been kept,
        save where the connection to PostgreSQL was lost while it committed: then look before trying again.
        """
        if getattr(self._inside, "writing", False):
            raise RuntimeError("writing() inside of writing(): use the transaction that is open")
        if not self._turn.acquire(timeout=self._wait_s):
            raise StoreBusy("another thread has been writing for too long")
        self._inside.writing = True
        try:
            with self._transaction(WRITING) as connection:
                writer = Writer(connection, self._now(), actor)
                yield writer
                if writer.failure is not None:
                    # Whoever went on after it believes that the rest is kept; PostgreSQL would drop it in silence.
                    raise writer.failure
        finally:
            self._inside.writing = False
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A consistent snapshot, which no writer disturbs nor waits for. Raises StoreUnavailable."""
        with self._transaction({}) as connection:
            yield Reader(connection, self._now())

    def news(self) -> News:
        """The last numbers of entries and audit: one cheap look for whoever polls."""
        with self._transaction(self._single) as connection:
            return Reader(connection, self._now()).news()

    @contextmanager
    def _transaction(self, options: dict[str, Any]) -> Iterator[Connection]:
        try:
            with self._engine.connect() as plain:
                connection = plain.execution_options(**options) if options else plain
                with connection.begin():
                    yield connection
        except SQLAlchemyError as error:
            told = meaning(error)
            if told is None:
                raise
            raise told from error


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)
