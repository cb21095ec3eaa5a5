"""What a web process knows: messages in force and their feeds, the stream, the keys; looked up again on any news.

One thread per process asks the database for its last numbers every `refresh_s`; only where they have moved is more
read. What lapses leaves the feeds at its minute without any news: every answer looks at the clock first. Where the
clock was put back, what is in force is read again, as a process that starts now would.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from api.http.feeds import STATUSES, feeds
from api.http.items import Item, item_of
from api.http.prebuilt import Prebuilt
from api.http.stream import Stream

if TYPE_CHECKING:
    from api.http.keyring import KeyRing
    from api.service.clock import ServiceClock
    from api.service.settings import Settings
    from api.store import Reader, Store
    from api.store.records import Entry

_LOG = logging.getLogger("rongan.http")
_REMEMBERED = 2_000  # messages no longer in force that stay at hand
_BATCH = 1_000


class Board:
    """The memory of one web process."""

    def __init__(self, settings: Settings, store: Store, clock: ServiceClock, keys: KeyRing) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._keys = keys
        self._lock = threading.RLock()
        self._active: dict[str, Item] = {}
        self._past: dict[str, Item] = {}
        self._changed: dict[str, datetime] = {}  # status -> when what is in force last changed
        self._told_changed: dict[str, datetime] = {}
        self._judged: datetime | None = None  # the moment at which it was last looked for what has lapsed
        self._audit = -1
        self._loaded = False
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.stream = Stream()
        self.feeds: dict[tuple[str, str], Prebuilt] = {}
        self.in_force: dict[str, tuple[Item, ...]] = {}
        self.next_lapse_s = float("inf")  # machine time at which the first message lapses
        self.heard_s = float("-inf")  # monotonic time of the last look that succeeded

    # --- looking -----------------------------------------------------------------------------------------------

    def refresh(self) -> bool:
        """One look at the database; whether anything was new. A caller sees at once what it has just written."""
        with self._lock:
            with self._store.reading() as rx:
                if not self._loaded:
                    self._load(rx)
                    new = True
                else:
                    back = self._judged is not None and self._clock.now() < self._judged
                    if back:
                        self._take_stock(rx)
                    news = rx.news()
                    new = back or news.entry > self.stream.last or news.audit != self._audit
                    if news.audit != self._audit:
                        self._keys.take(rx.keys())
                        self._audit = news.audit
                    entries: list[Entry] = []
                    while news.entry > self.stream.last + len(entries):
                        batch = rx.entries(self.stream.last + len(entries), _BATCH)
                        if not batch:
                            break
                        entries += batch
                    if entries:
                        self._take(rx, entries)
            self.heard_s = time.monotonic()
            return new

    def _load(self, rx: Reader) -> None:
        """Everything from the beginning."""
        news = rx.news()
        self._keys.take(rx.keys())
        self.stream.begin(rx.entries(max(0, news.entry - _BATCH), _BATCH), news.entry)
        self._audit = news.audit
        self._loaded = True
        self._take_stock(rx)

    def _take_stock(self, rx: Reader) -> None:
        """What is in force by the clock as it is now."""
        now = self._clock.now()
        gone, self._active, self._changed = self._active, {}, {}
        for status in STATUSES:
            for message in rx.active(now, status):
                self._active[message.identifier] = item_of(message)
            changed = rx.last_change(now, status)
            if changed is not None:
                self._changed[status] = changed
        for identifier in gone.keys() - self._active.keys():
            self._remember(gone[identifier])
        self._rebuild()

    def _take(self, rx: Reader, entries: list[Entry]) -> None:
        """New entries: messages change what is in force, then the feeds, then readers are told."""
        changed = False
        for entry in entries:
            if entry.kind not in ("warning", "canary"):
                continue
            message = rx.message(entry.subject)
            if message is None:
                continue
            item = item_of(message)
            if message.status in STATUSES:
                self._note_change(message.status, message.sent)
                changed = True
            if message.predecessor in self._active:
                self._remember(self._active.pop(message.predecessor))
            if message.status in STATUSES and message.msg_type in ("Alert", "Update"):
                self._active[message.identifier] = item
            else:
                self._remember(item)
        if changed:
            self._rebuild()
        self.stream.add(entries)  # last: who hears of a message finds it in the feed

    def _remember(self, item: Item) -> None:
        self._past[item.identifier] = item
        while len(self._past) > _REMEMBERED:
            del self._past[next(iter(self._past))]

    def _note_change(self, status: str, at: datetime) -> None:
        self._changed[status] = max(at, self._changed.get(status, at))

    # --- what lapses ---------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Take out what has lapsed; nearly free where nothing has."""
        if time.time() >= self.next_lapse_s:
            with self._lock:
                self._rebuild()

    def _rebuild(self) -> None:
        now = self._clock.now()
        for item in [item for item in self._active.values() if item.expires <= now]:
            self._remember(self._active.pop(item.identifier))
            self._note_change(item.status, item.expires)
        self._judged = now
        in_force = {status: tuple(self._of(status)) for status in STATUSES}
        if in_force != self.in_force or self._changed != self._told_changed or not self.feeds:
            built = feeds(in_force, self._changed, [])
            same = {key: old for key, old in self.feeds.items() if old.body == built[key].body}
            self.feeds = built | same  # what did not change keeps its date
            self.in_force, self._told_changed = in_force, dict(self._changed)
        waits = [self._clock.wait_s(item.expires) for item in self._active.values()]
        self.next_lapse_s = time.time() + min(waits) if waits else float("inf")

    def _of(self, status: str) -> Iterable[Item]:
        return sorted((item for item in self._active.values() if item.status == status), key=lambda item: item.rank)

    # --- asking --------------------------------------------------------------------------------------------------

    def item(self, identifier: str) -> Item | None:
        """A message at hand: in force, or one of the last that were."""
        return self._active.get(identifier) or self._past.get(identifier)

    def fetch(self, identifier: str) -> Item | None:
        """A message at hand or out of the database; None where there is no such message."""
        item = self.item(identifier)
        if item is None:
            with self._store.reading() as rx:
                message = rx.message(identifier)
            if message is not None:
                item = item_of(message)
                with self._lock:
                    self._remember(item)
        return item

    def silent_s(self) -> float:
        """Seconds since the database was last heard of."""
        return time.monotonic() - self.heard_s

    # --- the thread ----------------------------------------------------------------------------------------------

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look from now on, every `refresh_s`."""
        self.stream.attach(loop)
        self._stop.clear()
        self._try()
        self._thread = threading.Thread(target=self._watch, name="rongan-board", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
            self._thread = None

    def _watch(self) -> None:
        while not self._stop.wait(self._settings.refresh_s):
            self._try()
            self.tick()

    def _try(self) -> None:
        """A database that is away makes the board stale, never gone: what was last known is still answered."""
        try:
            self.refresh()
        except Exception:
            if self.silent_s() > self._settings.stale_after_s or not self._loaded:
                _LOG.exception("the board cannot read the database")
