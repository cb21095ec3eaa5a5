"""A copy of a SQLite database while it is in use, checked before it counts; and back again.

PostgreSQL brings its own tools: docs/store.md names the commands.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from api.store.check import check
from api.store.connection import parse_url
from api.store.errors import StoreUnavailable
from api.store.records import AuditHead, News
from api.store.store import Store
from data.errors import InputError

_TOOLS = {
    "backup": "pg_dump --format=custom --file=FILE URL",
    "restore": "createdb NAME, then pg_restore --dbname=URL --exit-on-error FILE",
}


@dataclass(frozen=True)
class Copied:
    """What a copy holds."""

    path: Path
    size_bytes: int
    news: News  # its last entry and audit row


def backup(url: str, out: Path, verify: Callable[[AuditHead], bool] | None = None) -> Copied:
    """Copy the database as it is at one moment into the new file `out`; writers go on meanwhile.

    The copy is checked whole before it takes its name. Raises InputError for PostgreSQL, where there is no database,
    where `out` exists, or where what was copied does not hold together; StoreUnavailable where it cannot be written.
    """
    source = _sqlite_path(url, "backup")
    _is_there(source)
    if out.exists():
        raise InputError("there already", file=out, expected="a new file")
    partial = out.with_name(f"{out.name}.partial")
    with _written(partial):
        _copy(source, partial)
        news = _checked(partial, source, verify)
        partial.rename(out)
    return Copied(out, out.stat().st_size, news)


def restore(source: Path, url: str, replace: bool = False, verify: Callable[[AuditHead], bool] | None = None) -> Copied:
    """Put a backup in the place of the database; one that is there is kept as *.before-restore, with `replace` only.

    The backup is checked first. Raises InputError as `backup` does, and where a service has the database open.
    """
    target = _sqlite_path(url, "restore")
    _is_there(source)
    kept = target.with_name(f"{target.name}.before-restore")
    if target.exists() and (not replace or kept.exists()):
        place = kept if replace else target
        expected = (
            "no such file: it is what the restore before this one replaced; keep it elsewhere or remove it"
            if replace
            else "no such file, or --replace, which keeps it as *.before-restore"
        )
        raise InputError("there already", file=place, expected=expected)
    partial = target.with_name(f"{target.name}.partial")
    with _written(partial):
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, partial)
        news = _checked(partial, source, verify)
        if target.exists():
            _let_go(target)
            target.rename(kept)
        partial.rename(target)
    return Copied(target, target.stat().st_size, news)


def _sqlite_path(url: str, what: str) -> Path:
    parsed = parse_url(url)
    if parsed.get_backend_name() != "sqlite":
        raise InputError(f"PostgreSQL has tools of its own to {what}", place="database_url", expected=_TOOLS[what])
    return Path(str(parsed.database))


def _is_there(path: Path) -> None:
    if not path.is_file():
        raise InputError("no database here", file=path, expected="a SQLite file")


@contextlib.contextmanager
def _written(partial: Path) -> Iterator[None]:
    """Nothing is left of `partial` where it does not come to its end."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"{partial.with_suffix('')}: cannot be written: {error}") from None
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            partial.with_name(partial.name + ending).unlink(missing_ok=True)


def _copy(source: Path, partial: Path) -> None:
    """A consistent copy in one file, on the disk when this returns."""
    os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600))
    with (
        contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as old,
        contextlib.closing(sqlite3.connect(partial)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    with partial.open("rb+") as file:
        os.fsync(file.fileno())


def _checked(partial: Path, source: Path, verify: Callable[[AuditHead], bool] | None) -> News:
    """Open the copy, upgrade it where it is older, and look at all of it."""
    with Store.open(f"sqlite:///{partial}") as store:
        if wrong := check(store, verify):
            raise InputError(f"does not hold together: {'; '.join(wrong[:3])}", file=source)
        news = store.news()
    with contextlib.closing(sqlite3.connect(partial)) as copy:
        copy.execute("PRAGMA journal_mode=DELETE")
    return news


def _let_go(target: Path) -> None:
    """Fold the WAL into the file; whoever else has it open holds this up."""
    with contextlib.closing(sqlite3.connect(target, timeout=1.0)) as old:
        try:
            mode = old.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        except sqlite3.OperationalError:
            mode = "wal"
    if mode != "delete":
        expected = "a database that nobody uses: stop the service before"
        raise InputError("a service has it open", file=target, expected=expected)
