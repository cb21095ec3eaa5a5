"""In whose name the watch loop publishes: its own, which is always an exercise, or that of a key it was given."""

from __future__ import annotations

import logging
from datetime import datetime

from api.service.principal import SYSTEM, Principal
from api.service.settings import Settings
from api.store.records import ApiKey
from api.store.store import Store

NAME = "watch.key"  # of the value in the store: why the key given does not count; null where it does
_LOG = logging.getLogger("rongan.watch")


def watch_principal(store: Store, settings: Settings) -> Principal:
    """Who publishes what a forecast cycle asks for; looked up afresh for every cycle, so a revoked key counts no more.

    The key of `settings.watch_key`, where the switches of the service say Actual, the key is in use, for the whole
    city, and may be Actual: its messages are then Actual, and the higher colours still wait for a second person, whose
    key is another. Else the service itself. A key that was given and does not count is told once, as an entry "fault".
    """
    if not (settings.watch_key and settings.allow_actual and settings.mode == "actual"):
        return SYSTEM
    with store.reading() as rx:
        key, known, now = rx.key(settings.watch_key), rx.get(NAME), rx.now
    principal = None if key is None else Principal(key.id, key.role, key.area, key.actual, key.name)
    why = ""
    if key is None or principal is None:
        why = "there is no such key"
    elif not _in_use(key, now):
        why = "the key was revoked or has expired"
    elif not principal.may_be_actual(settings):
        why = "the key may not be Actual (officer, approver or admin, made with --actual)"
    elif key.area:
        why = f"the key speaks for {key.area} alone; the watch warns the whole city"
    if why != (known or ""):
        with store.writing(SYSTEM.actor) as tx:
            tx.put(NAME, why or None)
            body = {"what": "watch_key", "key": settings.watch_key, "state": "failed" if why else "over", "error": why}
            tx.entry("fault", "watch", body)
            tx.audit("watch_key", settings.watch_key, body)
    if why:
        _LOG.error("key %s: %s; what the watch publishes is an exercise", settings.watch_key, why)
    return SYSTEM if why or principal is None else principal


def _in_use(key: ApiKey, now: datetime) -> bool:
    return key.revoked is None and (key.expires is None or key.expires > now)
