"""Forgetting what nobody needs any more. Messages, entries, episodes and the audit are never forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from api.store.store import Store


@dataclass(frozen=True)
class Tidied:
    """How many rows were removed."""

    observations: int
    plans: int
    answers: int
    canaries: int


def tidy(store: Store, keep: timedelta, actor: str = "service") -> Tidied:
    """Remove observations, plans but the current one, answers to idempotency keys and canaries older than `keep`.

    In transactions of their own, so that publishing waits for none of them long; audited.
    """
    removed = {}
    for kind in Tidied.__dataclass_fields__:
        removed[kind] = 0
        while count := _forget(store, kind, keep, actor):
            removed[kind] += count
    return Tidied(**removed)


def _forget(store: Store, kind: str, keep: timedelta, actor: str) -> int:
    with store.writing(actor) as tx:
        count: int = getattr(tx, f"forget_{kind}")(tx.now - keep)
        if count:
            tx.audit("tidy", kind, {"removed": count, "before": (tx.now - keep).isoformat()})
    return count
