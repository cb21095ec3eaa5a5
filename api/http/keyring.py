"""Keys in the memory of a web process: who a secret belongs to, without a question to the database per request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from api.store.records import ApiKey


def digest(secret: str) -> str:
    """SHA-256 of a key, hex: all that the store knows of it. Keys are random, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


class KeyRing:
    """All keys by their SHA-256; the board hands them over again whenever one has changed."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def take(self, keys: Iterable[ApiKey]) -> None:
        """All keys there are."""
        self._keys = {key.sha256: key for key in keys}

    def of(self, secret: str, now: datetime) -> ApiKey | None:
        """The key, if it is known, not revoked and not expired at `now`."""
        key = self._keys.get(digest(secret))
        if key is None or key.revoked is not None or (key.expires is not None and key.expires <= now):
            return None
        return key
