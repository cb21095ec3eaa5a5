"""What can go wrong between the service and its database, each by its own name."""

from __future__ import annotations

from data.errors import InputError, RonganError


class StoreError(RonganError):
    """Base of what the store raises on purpose; nothing of the transaction has been kept."""


class Conflict(StoreError):
    """What is asked for contradicts what is there; `reason` is a word for programs, the message is for people.

    Reasons: "duplicate", "unknown_predecessor", "succeeded", "chain_closed", "sender", "status", "area", "chain",
    "earlier", "area_has_chain", "area_has_episode", "not_waiting", "same_person".
    """

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class KeyReused(StoreError):
    """An idempotency key came again with another request."""


class Missing(StoreError):
    """Nothing of this name is kept."""


class StoreBusy(StoreError):
    """Others held the write lock for longer than we wait; the same call may be tried again."""


class StoreUnavailable(StoreError):
    """Disk full, read-only, connection lost: the database cannot do its work now."""


class SchemaNewer(InputError):
    """The database was upgraded by a newer program; this one must not touch it."""
