"""Whether a database holds together: file, audit, numbers, messages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Row, select, text

from api.store.messages import PRIVATE
from api.store.records import AuditHead
from api.store.store import Reader, Store
from api.store.tables import audit, entries, messages

_CHUNK = 500


def check(store: Store, verify: Callable[[AuditHead], bool] | None = None) -> list[str]:
    """Everything that is wrong with a database, in words; empty: nothing.

    `verify`: says whether the signature of a head holds (see `api.store.heads`); not given: signatures are not
    looked at.
    """
    with store.reading() as rx:
        found = list(_file(rx, store.dialect))
        if broken := rx.check_audit(verify):
            found.append(f"audit row {broken.number}: {broken.reason}")
        return [*found, *_entries(rx), *_messages(rx)]


def _file(rx: Reader, dialect: str) -> Iterator[str]:
    """PostgreSQL watches over its own files (`pg_amcheck`, data checksums)."""
    if dialect == "sqlite":
        for (line,) in rx._all(text("PRAGMA integrity_check")):
            if line != "ok":
                yield f"database file: {line}"
        for row in rx._all(text("PRAGMA foreign_key_check")):
            told = row._mapping
            yield f"database file: row {told['rowid']} of {told['table']} points at nothing in {told['parent']}"


def _entries(rx: Reader) -> Iterator[str]:
    expected = max(1, rx.first_entry())
    for (number,) in rx._all(select(entries.c.number).order_by(entries.c.number)):
        if number != expected:
            yield f"entry {expected}: missing; the next one is {number}"
        expected = number + 1


def _messages(rx: Reader) -> Iterator[str]:
    """Every message has its entry and its row in the audit, and is the one that was published; none is gone."""
    wanted = (messages.c.identifier, messages.c.entry, messages.c.cap, messages.c.sha256, entries.c.subject)
    joined = select(*wanted).join_from(messages, entries)
    publications = select(audit.c.number, audit.c.subject, audit.c.body).where(audit.c.action == "publish")
    after = 0
    while rows := rx._all(publications.where(audit.c.number > after).order_by(audit.c.number).limit(_CHUNK)):
        after = rows[-1].number
        names = [row.subject for row in rows]
        kept = {row.identifier: row for row in rx._all(joined.where(messages.c.identifier.in_(names)))}
        for row in rows:
            yield from _message(row.subject, row.body, kept.get(row.subject))
    known = select(audit.c.subject).where(audit.c.action == "publish")
    for (identifier,) in rx._all(select(messages.c.identifier).where(messages.c.identifier.not_in(known))):
        yield f"message {identifier}: the audit knows no such publication"


def _message(identifier: str, told: dict[str, Any], kept: Row[Any] | None) -> Iterator[str]:
    if kept is None:
        if told["status"] not in PRIVATE:
            yield f"message {identifier}: was published and is gone"
        return
    if hashlib.sha256(kept.cap).hexdigest() != kept.sha256 or kept.sha256 != told["sha256"]:
        yield f"message {identifier}: is not the one that was published"
    if kept.entry != told["entry"] or kept.subject != identifier:
        yield f"message {identifier}: entry {kept.entry} is not of it"
