"""Who may ask (API keys by their SHA-256), what was answered (idempotency keys), and small named values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from api.store.audit import ReadAudit, WriteAudit
from api.store.errors import KeyReused
from api.store.records import Answer, ApiKey
from api.store.tables import answers, keys, values


class ReadKeys(ReadAudit):
    """Reading keys, answers and values."""

    def key(self, id_: str) -> ApiKey | None:
        """One key."""
        row = self._first(select(keys).where(keys.c.id == id_))
        return None if row is None else ApiKey(**row._mapping)

    def key_by_hash(self, sha256: str) -> ApiKey | None:
        """The key with this SHA-256 (hex), revoked or not."""
        row = self._first(select(keys).where(keys.c.sha256 == sha256))
        return None if row is None else ApiKey(**row._mapping)

    def keys(self) -> list[ApiKey]:
        """All keys, by name."""
        return [ApiKey(**row._mapping) for row in self._all(select(keys).order_by(keys.c.name, keys.c.id))]

    def idempotent(self, principal: str, key: str, route: str, body_sha256: str) -> Answer | None:
        """What was answered when this came before; None: it did not.

        Raises KeyReused where the key came before with another body or to another route.
        """
        row = self._first(select(answers).where(answers.c.principal == principal, answers.c.key == key))
        if row is None:
            return None
        if row.route != route or row.body_sha256 != body_sha256:
            raise KeyReused(f"idempotency key {key} came before with another request")
        return Answer(row.status, row.headers, row.body, row.created)

    def get(self, name: str, default: Any = None) -> Any:
        """A named value."""
        row = self._first(select(values.c.body).where(values.c.name == name))
        return default if row is None else row.body


class WriteKeys(WriteAudit, ReadKeys):
    """Writing keys, answers and values."""

    def save_key(self, key: ApiKey) -> None:
        """Keep a key, new or changed; a key is revoked by its time, never removed."""
        if not self._run(update(keys).where(keys.c.id == key.id).values(vars(key))):
            self._run(insert(keys).values(vars(key)))
        told = {"name": key.name, "role": key.role, "area": key.area, "actual": key.actual}
        self.audit("key_revoked" if key.revoked else "key", key.id, told)

    def remember_answer(
        self,
        principal: str,
        key: str,
        route: str,
        body_sha256: str,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
    ) -> None:
        """Keep what is answered, in the transaction of the work it answers."""
        kept = Answer(status, dict(headers), body, self.now)
        asked = {"principal": principal, "key": key, "route": route, "body_sha256": body_sha256}
        self._run(insert(answers).values(asked | vars(kept)))

    def forget_answers(self, before: datetime) -> int:
        """Remove answers older than this; returns how many."""
        return self._run(delete(answers).where(answers.c.created < before))

    def put(self, name: str, value: Any) -> None:
        """Keep a small named JSON value; not audited."""
        kept = {"body": value, "changed": self.now}
        if not self._run(update(values).where(values.c.name == name).values(kept)):
            self._run(insert(values).values(kept | {"name": name}))
