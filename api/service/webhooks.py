"""What subscribers are sent and how they know that it is from us; when a call that failed is made again.

Signatures follow Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, base64, with a
secret written `whsec_<base64>`; ready-made checks of it exist in many languages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from data.errors import InputError

if TYPE_CHECKING:
    import random

    from api.store.records import Entry

SECRET_PREFIX = "whsec_"
REPLAY_WINDOW_S = 300.0  # Standard Webhooks: a receiver refuses what was signed earlier or later than this
_SECRET_BYTES = 32  # of 24-64 allowed


class NotOurs(InputError):
    """A call that does not carry a valid signature."""


def new_secret() -> str:
    """A secret for one subscriber."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode("ascii")


def content(entry: Entry) -> bytes:
    """The body of a call: the entry as on the public stream. The same bytes at every attempt."""
    told = {
        "number": entry.number,
        "kind": entry.kind,
        "time": entry.time.isoformat(),
        "subject": entry.subject,
        "data": entry.body,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def headers(secret: str, identifier: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Headers of a call. `identifier` stays the same from attempt to attempt: receivers drop what they have seen."""
    return {
        "content-type": "application/json",
        "user-agent": "rongan-webhooks",
        "webhook-id": identifier,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{signature(secret, identifier, timestamp_s, body)}",
    }


def signature(secret: str, identifier: str, timestamp_s: int, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over `identifier.timestamp.body`."""
    signed = b".".join((identifier.encode(), str(timestamp_s).encode(), body))
    return base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode("ascii")


def verify(secret: str, given: Mapping[str, str], body: bytes, now_s: float) -> str:
    """Check a call as its receiver does; returns its identifier. `given`: headers by lower-case name.

    Raises `NotOurs` where a header is missing, the time is outside the replay window or no signature fits.
    """
    try:
        identifier, stamp, signatures = (given[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        timestamp_s = int(stamp)
    except (KeyError, ValueError):
        raise NotOurs("webhook-id, webhook-timestamp or webhook-signature is missing or malformed") from None
    if abs(now_s - timestamp_s) > REPLAY_WINDOW_S:
        raise NotOurs("signed too long ago, or in the future", place="webhook-timestamp", value=stamp)
    right = f"v1,{signature(secret, identifier, timestamp_s, body)}".encode()
    if not any(hmac.compare_digest(one.encode("utf-8", "replace"), right) for one in signatures.split()):
        raise NotOurs("no signature fits", place="webhook-signature")
    return identifier


def retry_after_s(attempt: int, first_s: float, longest_s: float, chance: random.Random) -> float:
    """Seconds to wait after attempt number `attempt` (from 1) failed: three times as long each time, up to `longest_s`.

    Spread over half to one and a half of it, so that subscribers behind one broken line do not come back together.
    """
    return min(longest_s, first_s * 3.0 ** min(attempt - 1, 40)) * chance.uniform(0.5, 1.5)


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise InputError("not a webhook secret", expected=f"{SECRET_PREFIX}<base64>") from None
