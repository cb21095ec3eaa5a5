"""Keys of callers: made here, shown once, kept only as SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from api.service.settings import ROLES
from api.store.records import ApiKey
from data.errors import InputError

if TYPE_CHECKING:
    from api.store import Store

PREFIX = "rongan_"  # so that scanners of code and logs know what they found
_SECRET_BYTES = 32
_LONGEST_NAME = 100
FIRST_ADMIN = "first admin"


def new_access(
    name: str,
    role: str,
    now: datetime,
    *,
    area: str = "",
    actual: bool = False,
    expires: datetime | None = None,
    made_by: str = "",
) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can read again later. InputError for a bad role, name or time.

    `made_by`: the key that it is made with, "" at the command line.
    """
    if role not in ROLES:
        raise InputError("unknown role", place="role", value=role, expected=", ".join(ROLES))
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InputError("not a name", place="name", value=name, expected=f"1-{_LONGEST_NAME} printable characters")
    if actual and role not in ("officer", "approver", "admin"):
        raise InputError("this role issues nothing", place="actual", value=role, expected="officer, approver or admin")
    if expires is not None and expires <= now:
        raise InputError(
            "expires before it begins", place="expires", value=expires.isoformat(), expected="a later time"
        )
    secret = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
    made = ApiKey(
        secrets.token_hex(6), name.strip(), role, digest(secret), area, actual,
        created=now, expires=expires, made_by=made_by,
    )  # fmt: skip
    return made, secret


def digest(secret: str) -> str:
    """SHA-256, hex. Secrets are 256 random bits, so a slow hash would add nothing but work at every request."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def revoke_access(store: Store, given: str, now: datetime, actor: str) -> ApiKey:
    """Revoke the key of an id or, where only one has it, of a name. InputError where no such key is in use."""
    with store.writing(actor) as tx:
        known_keys = tx.keys()
        found = [key for key in known_keys if given in (key.id, key.name) and key.revoked is None]
        if len(found) != 1:
            known = "the id of one key (rongan keys list)"
            raise InputError("no such key" if not found else "several keys of that name", value=given, expected=known)
        revoked = replace(found[0], revoked=now)
        tx.save_key(revoked)
    return revoked


def first_admin(store: Store, now: datetime) -> str | None:
    """The secret of an admin key where the store never had a key; None where it has one.

    One transaction looks and writes, so two servers that start together make one key between them.
    """
    with store.writing("first start") as tx:
        if tx.keys():
            return None
        made, secret = new_access(FIRST_ADMIN, "admin", now)
        tx.save_key(made)
    return secret
