"""Issued messages: kept once, never changed, each with its entry, outbox and audit in the same transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select

from api.store.entries import ReadEntries, WriteEntries
from api.store.errors import Conflict
from api.store.records import Entry, Message
from api.store.tables import messages
from data.errors import InputError

PRIVATE = ("Test", "System")  # statuses of canaries: never in a public feed, forgotten in time
_TYPES = ("Alert", "Update", "Cancel")
_NAMES = tuple(column for column in Message.__dataclass_fields__)


@dataclass(frozen=True)
class MessageFilter:
    """Which messages are asked for; what is not given does not matter."""

    areas: tuple[str, ...] = ()
    status: str | None = None
    least_level: int | None = None
    event: str | None = None
    chain: str | None = None
    episode: str | None = None
    since: datetime | None = None  # sent at or after
    until: datetime | None = None  # sent before
    active: datetime | None = None  # in force at this moment


class ReadMessages(ReadEntries):
    """Reading messages."""

    def message(self, identifier: str) -> Message | None:
        """One message."""
        return _one(self._first(_messages().where(messages.c.identifier == identifier)))

    def successor(self, identifier: str) -> Message | None:
        """The message that succeeds it."""
        return _one(self._first(_messages().where(messages.c.predecessor == identifier)))

    def chain(self, identifier: str) -> list[Message]:
        """The messages of the chain that began with this Alert, in order."""
        found = _messages().where(messages.c.chain == identifier).order_by(messages.c.entry)
        return [_message(row) for row in self._all(found)]

    def active(self, now: datetime, status: str | None = None) -> list[Message]:
        """Messages in force: the last of their chains, not cancelled, not expired; in the order of their entries."""
        found = _filtered(_messages(), MessageFilter(active=now, status=status))
        return [_message(row) for row in self._all(found.order_by(messages.c.entry))]

    def last_change(self, now: datetime, status: str) -> datetime | None:
        """When what is in force last changed: the newest was sent, or the newest that nothing succeeded ran out."""
        later, own = messages.alias("later"), messages.c.status == status
        succeeded = select(later.c.identifier).where(later.c.predecessor == messages.c.identifier).exists()
        over = (messages.c.expires <= now, messages.c.msg_type != "Cancel", ~succeeded)
        moments = (
            self._value(select(func.max(messages.c.sent)).where(own)),
            self._value(select(func.max(messages.c.expires)).where(own, *over)),
        )
        return max((moment for moment in moments if moment is not None), default=None)

    def messages(
        self, wanted: MessageFilter | None = None, limit: int = 100, after: str | None = None
    ) -> list[Message]:
        """The newest first, `limit` at most; `after`: those older than this identifier (InputError: unknown)."""
        found = _filtered(_messages(), wanted or MessageFilter()).order_by(messages.c.entry.desc()).limit(limit)
        if after is not None:
            number = self._value(select(messages.c.entry).where(messages.c.identifier == after))
            if number is None:
                raise InputError("no such message", place="after", value=after, expected="the last of the page before")
            found = found.where(messages.c.entry < number)
        return [_message(row) for row in self._all(found)]


class WriteMessages(WriteEntries, ReadMessages):
    """Publishing."""

    def publish(self, message: Message, body: dict[str, Any] | None = None, above: Sequence[str] = ()) -> Entry:
        """Keep a message, number it, put it into the outbox and write the audit; all or nothing.

        `body`: what subscribers are told, beside identifier, area, level and the like. `above`: codes of the areas
        above its own, whose subscribers it concerns too. A subscriber with a least level hears of the whole chain
        once the chain has reached it, its end included.
        Raises Conflict: see `errors.Conflict` for the reasons. Clocks may jump back; whoever makes a successor gives
        it a time not before that of its predecessor.
        """
        self._check(message)
        reached = self._value(select(func.max(messages.c.level)).where(messages.c.chain == message.chain)) or 0
        told = {
            "identifier": message.identifier,
            "msg_type": message.msg_type,
            "status": message.status,
            "area": message.area,
            "area_level": message.area_level,
            "event": message.event,
            "level": message.level,
            "expires": message.expires.isoformat(),
            "chain": message.chain,
            "sha256": message.sha256,
        }
        kind = "canary" if message.status in PRIVATE else "warning"
        level = max(message.level, reached)
        entry = self.entry(kind, message.identifier, (body or {}) | told, (message.area, *above), level)
        self._run(insert(messages).values(_kept(message) | {"entry": entry.number}))
        self.audit("publish", message.identifier, told | {"entry": entry.number, "predecessor": message.predecessor})
        return entry

    def forget_canaries(self, before: datetime) -> int:
        """Remove Test and System messages sent before; the one kind of message that may go. Returns how many."""
        old = (messages.c.status.in_(PRIVATE), messages.c.sent < before)
        # Successors first: each points at the one before.
        chains = self._all(select(messages.c.identifier).where(*old).order_by(messages.c.entry.desc()))
        for row in chains:
            self._run(delete(messages).where(messages.c.identifier == row.identifier))
        return len(chains)

    def _check(self, message: Message) -> None:
        if message.msg_type not in _TYPES:
            expected = ", ".join(_TYPES)
            raise InputError("not a type of message", place="msg_type", value=message.msg_type, expected=expected)
        if hashlib.sha256(message.cap).hexdigest() != message.sha256:
            raise InputError("not the SHA-256 of its CAP", place="sha256", value=message.sha256)
        if self.message(message.identifier) is not None:
            raise Conflict("duplicate", f"message {message.identifier} is there already")
        if message.msg_type == "Alert":
            self._check_alert(message)
        else:
            self._check_successor(message)
        if message.msg_type != "Cancel" and message.status not in PRIVATE:
            self._check_area(message)

    def _check_alert(self, message: Message) -> None:
        if message.predecessor or message.chain != message.identifier:
            raise Conflict("chain", f"Alert {message.identifier} does not begin a chain of its own")

    def _check_area(self, message: Message) -> None:
        """An area hears one chain of a status; one that lapsed does not come back beside its successor."""
        wanted = MessageFilter(areas=(message.area,), status=message.status, active=message.sent)
        for other in self.messages(wanted):
            if other.chain != message.chain:
                raise Conflict("area_has_chain", f"area {message.area} is warned already by {other.identifier}")

    def _check_successor(self, message: Message) -> None:
        before = self.message(message.predecessor) if message.predecessor else None
        if before is None:
            raise Conflict("unknown_predecessor", f"{message.predecessor or 'nothing'} is no message of ours")
        if before.msg_type == "Cancel":
            raise Conflict("chain_closed", f"chain {before.chain} was closed by {before.identifier}")
        if (other := self.successor(before.identifier)) is not None:
            raise Conflict("succeeded", f"{before.identifier} was succeeded by {other.identifier}")
        for name in ("sender", "status", "area", "chain"):
            if getattr(message, name) != getattr(before, name):
                found, wanted = getattr(message, name), getattr(before, name)
                raise Conflict(name, f"{name} {found} is not that of {before.identifier}, {wanted}")
        if message.sent < before.sent:
            raise Conflict("earlier", f"{message.identifier} is sent before {before.identifier}, which it succeeds")


def _messages() -> Select[Any]:
    return select(*(messages.c[name] for name in _NAMES))


def _filtered(found: Select[Any], wanted: MessageFilter) -> Select[Any]:
    table = messages.c
    given = {
        "status": (table.status == wanted.status),
        "event": (table.event == wanted.event),
        "chain": (table.chain == wanted.chain),
        "episode": (table.episode == wanted.episode),
        "least_level": table.level >= (wanted.least_level or 0),
    }
    found = found.where(*(condition for name, condition in given.items() if getattr(wanted, name) is not None))
    if wanted.areas:
        found = found.where(table.area.in_(wanted.areas))
    if wanted.since is not None:
        found = found.where(table.sent >= wanted.since)
    if wanted.until is not None:
        found = found.where(table.sent < wanted.until)
    if wanted.active is not None:
        later = messages.alias("later")
        succeeded = select(later.c.identifier).where(later.c.predecessor == table.identifier).exists()
        found = found.where(table.expires > wanted.active, table.msg_type != "Cancel", ~succeeded)
    return found


def _kept(message: Message) -> dict[str, Any]:
    return vars(message) | {"predecessor": message.predecessor or None}


def _message(row: Any) -> Message:
    kept = dict(row._mapping)
    return Message(**(kept | {"predecessor": kept["predecessor"] or ""}))


def _one(row: Any) -> Message | None:
    return None if row is None else _message(row)
