"""What the background does for the store now and then: sign the end of the audit, forget what nobody needs."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from api.service.publisher import Publisher
from api.store.heads import sign_end
from api.store.store import Store
from api.store.tidy import tidy

SIGNED, TIDIED = "upkeep.signed", "upkeep.tidied"  # values in the store: when it was last done, by whichever process
_TIDY_EVERY = timedelta(days=1)
_LOG = logging.getLogger("rongan.background")


def look_after_store(publisher: Publisher) -> None:
    """Sign and tidy where it is time; to be called every few seconds. Two processes that do so share the work."""
    store, settings, now = publisher.store, publisher.settings, publisher.clock.now()
    if _is_due(store, SIGNED, now, timedelta(seconds=settings.audit_sign_s)):
        signer, pinned = publisher.press.signing.at(now)
        if pinned.usable(signer.key_id, now) is None:
            _LOG.error("the audit is not signed: no key is valid")
        else:
            sign_end(store, signer.key)
    if _is_due(store, TIDIED, now, _TIDY_EVERY):
        removed = {
            kind: count for kind, count in vars(tidy(store, timedelta(days=settings.keep_days))).items() if count
        }
        if removed:
            _LOG.info("removed what is older than %g days: %s", settings.keep_days, removed)


def _is_due(store: Store, name: str, now: datetime, every: timedelta) -> bool:
    """Whether so much time has passed, or the clock was set back; noted before it is done, so that one process does."""
    with store.reading() as rx:
        if not _passed(rx.get(name), now, every):
            return False
    with store.writing("service") as tx:
        due = _passed(tx.get(name), now, every)
        if due:
            tx.put(name, now.isoformat())
    return due


def _passed(last: str | None, now: datetime, every: timedelta) -> bool:
    return last is None or not timedelta(0) <= now - datetime.fromisoformat(last) < every
