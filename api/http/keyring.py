"""Keys in the memory of a web process: who a secret belongs to, without a question to the database per request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from api.service.access import digest
from api.store.records import ApiKey


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
