"""What a database error means for whoever called."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.store.errors import Conflict, StoreBusy, StoreUnavailable
from data.errors import InputError, RonganError

_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_PG_BUSY = ("55P03", "40001", "40P01", "25P03")  # lock not available, serialisation, deadlock, idle too long


def meaning(error: Exception) -> RonganError | None:
    """The error of ours that an error of SQLAlchemy stands for; None: it is a fault of the program."""
    if isinstance(error, PoolTimeout):
        return StoreBusy("every connection to the database is in use")
    if isinstance(error, StatementError) and isinstance(error.orig, RonganError):
        return error.orig
    if isinstance(error, OverflowError):  # as SQLite's driver says it
        return InputError("a number too large to be kept", value=str(error))
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    told = str(error.orig).strip()
    code = getattr(error.orig, "sqlstate", None) or ""
    if any(word in told for word in _BUSY) or code in _PG_BUSY:
        return StoreBusy(f"the database is busy: {told}")
    if isinstance(error, IntegrityError):
        return Conflict("duplicate" if "unique" in told.lower() else "contradiction", told.splitlines()[0])
    if code == "22003":
        return InputError("a number too large to be kept", value=told.splitlines()[0])
    if isinstance(error.orig, sqlite3.ProgrammingError) or (code.startswith("42") and code != "42501"):
        return None  # SQL that is wrong
    return StoreUnavailable(f"the database cannot do its work: {told.splitlines()[0] if told else type(error.orig)}")
