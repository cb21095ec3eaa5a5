"""What must not be lost: messages, episodes, observations, jobs, keys, and the audit of every step."""

from api.store.errors import Conflict, KeyReused, Missing, StoreBusy, StoreError, StoreUnavailable
from api.store.messages import MessageFilter
from api.store.store import Reader, Store, Writer

__all__ = [
    "Store", "Reader", "Writer", "MessageFilter",
    "Conflict", "KeyReused", "Missing", "StoreBusy", "StoreError", "StoreUnavailable",
]  # fmt: skip
