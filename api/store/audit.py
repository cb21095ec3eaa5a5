"""The audit: numbered rows, each with a hash over its content and the hash before; heads of it are signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from api.store.columns import canonical, iso
from api.store.records import AuditBreak, AuditHead, AuditRow
from api.store.session import Session, WriteSession
from api.store.tables import audit, audit_heads

FIRST = "0" * 64  # stands before the first row
_CHUNK = 1000


def row_hash(
    number: int, time: datetime, actor: str, action: str, subject: str, body: dict[str, Any], previous: str
) -> str:
    """SHA-256, hex, of a row: over the canonical JSON list of its values."""
    told = canonical([number, iso(time), actor, action, subject, body, previous])
    return hashlib.sha256(told.encode("utf-8")).hexdigest()


def head_bytes(number: int, audit_number: int, hash_: str, time: datetime) -> bytes:
    """What is signed of a head."""
    return canonical(["rongan audit head", number, audit_number, hash_, iso(time)]).encode("utf-8")


class ReadAudit(Session):
    """Reading and checking the audit."""

    def audit_rows(self, after: int = 0, limit: int = 100) -> list[AuditRow]:
        """Rows with a number above `after`, in order, `limit` at most."""
        found = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
        return [AuditRow(**row._mapping) for row in self._all(found)]

    def last_audit(self) -> AuditRow | None:
        """The newest row."""
        row = self._first(select(audit).order_by(audit.c.number.desc()).limit(1))
        return None if row is None else AuditRow(**row._mapping)

    def audit_heads(self) -> list[AuditHead]:
        """All signed heads, the oldest first."""
        return [AuditHead(**row._mapping) for row in self._all(select(audit_heads).order_by(audit_heads.c.number))]

    def check_audit(self, verify: Callable[[AuditHead], bool] | None = None) -> AuditBreak | None:
        """The first row that does not hold, or None.

        Every row's number, hash and link is checked, and every head against its row; `verify` says whether a head's
        signature over `head_bytes` holds (not given: signatures are not looked at).
        """
        heads = {head.audit: head for head in self.audit_heads()}
        for head in heads.values():
            if verify is not None and not verify(head):
                return AuditBreak(head.audit, f"signature of head {head.number} does not hold")
        previous, number = FIRST, 0
        while rows := self.audit_rows(number, _CHUNK):
            for row in rows:
                if row.number != number + 1:
                    return AuditBreak(number + 1, f"missing; the next row is {row.number}")
                if row.previous != previous:
                    return AuditBreak(row.number, "does not follow from the row before")
                told = row_hash(row.number, row.time, row.actor, row.action, row.subject, row.body, previous)
                if told != row.hash:
                    return AuditBreak(row.number, "was changed after it was written")
                if row.number in heads and heads[row.number].hash != row.hash:
                    return AuditBreak(row.number, "is not the row that was signed")
                previous, number = row.hash, row.number
        beyond = [head.audit for head in heads.values() if head.audit > number]
        return AuditBreak(number + 1, f"rows up to {max(beyond)} were signed and are gone") if beyond else None


class WriteAudit(WriteSession, ReadAudit):
    """Adding to the audit."""

    def audit(self, action: str, subject: str = "", body: dict[str, Any] | None = None) -> AuditRow:
        """Write down who did what, as part of the same transaction."""
        last = self._first(select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1))
        number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
        plain = json.loads(canonical(body or {}))  # as it will be read back: a key 1 becomes "1"
        told = row_hash(number, self.now, self.actor, action, subject, plain, previous)
        row = AuditRow(number, self.now, self.actor, action, subject, plain, previous, told)
        self._run(insert(audit).values(vars(row)))
        return row

    def sign_audit(self, sign: Callable[[bytes], bytes], key: str) -> AuditHead | None:
        """Sign the end of the audit with `sign`; None where nothing was added since the last head."""
        last = self._first(select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1))
        signed = self._value(select(func.max(audit_heads.c.audit)))
        if last is None or last.number == signed:
            return None
        number = (self._value(select(func.max(audit_heads.c.number))) or 0) + 1
        signature = sign(head_bytes(number, last.number, last.hash, self.now))
        head = AuditHead(number, last.number, last.hash, self.now, key, signature)
        self._run(insert(audit_heads).values(vars(head)))
        return head
