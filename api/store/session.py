"""What every part of the store asks its database through: one connection inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, Row
from sqlalchemy.exc import SQLAlchemyError

from api.store.faults import meaning


class Session:
    """One transaction. `now` is its moment: everything written in it carries the same."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self.now = now
        self.failure: Exception | None = None  # an error of the database; nothing can be kept after one

    def _execute(self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None) -> CursorResult[Any]:
        try:
            return self._connection.execute(statement, rows)
        except (SQLAlchemyError, OverflowError) as error:
            told = meaning(error)
            self.failure = told or error
            if told is None:
                raise
            raise told from error

    def _all(self, statement: Executable) -> Sequence[Row[Any]]:
        return self._execute(statement).all()

    def _first(self, statement: Executable) -> Row[Any] | None:
        return self._execute(statement).first()

    def _value(self, statement: Executable) -> Any:
        return self._execute(statement).scalar()

    def _run(self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None) -> int:
        """Write; returns how many rows were touched. `rows`: the statement once for each."""
        return 0 if rows is not None and not rows else self._execute(statement, rows).rowcount


class WriteSession(Session):
    """A transaction that writes, in the name of `actor`."""

    def __init__(self, connection: Connection, now: datetime, actor: str) -> None:
        super().__init__(connection, now)
        self.actor = actor
