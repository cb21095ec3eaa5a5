"""Takes entries out of the outbox to their subscribers: at least once, and one slow subscriber holds up no other.

A sender that dies leaves its deliveries taken; their lease runs out and they are due again. Receivers drop what they
have seen by `webhook-id`.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from api.service.clock import ServiceClock
from api.service.webhook_call import Outcome, call
from api.service.webhooks import content, headers, retry_after_s
from api.store.errors import StoreError

if TYPE_CHECKING:
    from api.service.settings import Settings
    from api.store import Store, Writer
    from api.store.records import Delivery, Entry, Webhook

ACTOR = "dispatch"
_LOG = logging.getLogger("rongan.dispatch")
_BATCH = 100  # deliveries taken at a time
Call = Callable[..., Awaitable[Outcome]]


@dataclass
class _Subscriber:
    """What the dispatcher remembers of one subscriber: its queue, and until when it is left alone."""

    queue: asyncio.Queue[tuple[Delivery, Entry, Webhook]]
    task: asyncio.Task[None]
    quiet_until: float = 0.0  # monotonic seconds
    trouble: str = ""


class Dispatcher:
    """Works through the outbox. `clock`: that of the store's entries; `calls`: how a subscriber is called."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: ServiceClock | None = None,
        calls: Call = call,
        chance: random.Random | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock or ServiceClock()
        self._call = calls
        self._chance = chance or random.Random()
        self._subscribers: dict[str, _Subscriber] = {}
        self._underway: set[int] = set()
        self._reports: list[tuple[Delivery, Outcome]] = []

    async def run(self, stop: asyncio.Event, every_s: float = 0.2) -> None:
        """Until `stop` is set; then what has come back is still written down. The database may be away for a while."""
        while not stop.is_set():
            try:
                await self.step()
            except StoreError as error:
                _LOG.warning("deliveries wait: %s", error)
            try:
                await asyncio.wait_for(stop.wait(), every_s)
            except TimeoutError:
                continue
        await self.close()

    async def step(self) -> int:
        """Write down what came back, take what is due. Returns how many deliveries are under way."""
        self._report()
        for delivery, entry, webhook in self._take():
            self._underway.add(delivery.id)
            self._subscriber(webhook.id).queue.put_nowait((delivery, entry, webhook))
        await asyncio.sleep(0)
        return len(self._underway)

    async def drain(self, seconds: float = 10.0) -> None:
        """Steps until nothing is under way or due; for tests and for one pass by hand."""
        until = time.monotonic() + seconds
        while await self.step() or self._reports:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(self._underway)} deliveries still under way")
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Stop calling; what came back is written, the rest is due again when its lease ends."""
        tasks = [subscriber.task for subscriber in self._subscribers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._report()

    def _take(self) -> list[tuple[Delivery, Entry, Webhook]]:
        now = self._clock.now()
        with self._store.reading() as rx:  # the write lock is taken only where there is something to take
            if not rx.has_due_deliveries(now):
                return []
        found: list[tuple[Delivery, Entry, Webhook]] = []
        with self._store.writing(ACTOR) as tx:
            for delivery in tx.due_deliveries(now, _BATCH):
                if delivery.id in self._underway:
                    continue
                entry, webhook = tx.entry_at(delivery.entry), tx.webhook(delivery.webhook)
                if entry is None or webhook is None or not webhook.active:
                    tx.dead(delivery.id, "the subscription has ended")
                elif _disowned(tx, webhook, now):
                    tx.dead(delivery.id, "the key that subscribed was revoked or has expired")
                    tx.save_webhook(replace(webhook, active=False))
                else:
                    found.append((delivery, entry, webhook))
        return found

    def _subscriber(self, id_: str) -> _Subscriber:
        found = self._subscribers.get(id_)
        if found is None:
            queue: asyncio.Queue[tuple[Delivery, Entry, Webhook]] = asyncio.Queue()
            found = _Subscriber(queue, asyncio.get_running_loop().create_task(self._serve(id_, queue)))
            self._subscribers[id_] = found
        return found

    async def _serve(self, id_: str, queue: asyncio.Queue[tuple[Delivery, Entry, Webhook]]) -> None:
        """One subscriber's calls, one after another.

        After trouble the rest of its queue waits untried: a dead subscriber costs one time-out, not one per entry.
        """
        while True:
            delivery, entry, webhook = await queue.get()
            this = self._subscribers[id_]
            if time.monotonic() < this.quiet_until:
                rest_s = this.quiet_until - time.monotonic()
                outcome = Outcome("later", f"waits for the subscriber: {this.trouble}", rest_s)
            else:
                outcome = await self._once(delivery, entry, webhook)
                if outcome.verdict == "trouble":
                    this.trouble = outcome.error
                    wait_s = max(self._settings.webhook_retry_s, self._asked_s(outcome))
                    this.quiet_until = time.monotonic() + wait_s
            self._reports.append((delivery, outcome))

    async def _once(self, delivery: Delivery, entry: Entry, webhook: Webhook) -> Outcome:
        body = content(entry)
        # The receiver compares with its own clock, so the stamp is the machine's even where a past event is replayed.
        stamp = int(ServiceClock().now().timestamp())
        told = headers(webhook.secret, identifier(delivery), stamp, body)
        try:
            return await self._call(
                webhook.url,
                told,
                body,
                private=self._settings.webhook_private,
                timeout_s=self._settings.webhook_timeout_s,
            )
        except Exception as fault:  # a fault of ours must not end the deliveries of this subscriber
            return Outcome("later", f"fault: {fault!r}"[:300])

    def _report(self) -> None:
        """Write down what came back, all in one transaction; kept for the next step where the database is away."""
        if not self._reports:
            return
        reports = list(self._reports)
        with self._store.writing(ACTOR) as tx:
            for delivery, outcome in reports:
                self._settle(tx, delivery, outcome)
        del self._reports[: len(reports)]
        self._underway -= {delivery.id for delivery, _ in reports}

    def _asked_s(self, outcome: Outcome) -> float:
        """The wait that a subscriber asked for, never longer than our own longest: warnings wait behind it."""
        return min(self._settings.webhook_longest_retry_s, outcome.wait_s)

    def _settle(self, tx: Writer, delivery: Delivery, outcome: Outcome) -> None:
        if outcome.verdict == "delivered":
            tx.delivered(delivery.id)
        elif outcome.verdict == "never" or delivery.attempts >= self._settings.webhook_attempts:
            tx.dead(delivery.id, outcome.error)
            webhook = tx.webhook(delivery.webhook)
            if outcome.gone and webhook is not None:
                tx.save_webhook(replace(webhook, active=False))
        else:
            own = retry_after_s(
                delivery.attempts, self._settings.webhook_retry_s, self._settings.webhook_longest_retry_s, self._chance
            )
            wait_s = max(own, self._asked_s(outcome))
            tx.failed(delivery.id, outcome.error, self._clock.now() + timedelta(seconds=wait_s * self._clock.speed))


def _disowned(tx: Writer, webhook: Webhook, now: datetime) -> bool:
    """Whether the key that subscribed counts no more. Its id stands before the point in that of the subscription."""
    key = tx.key(webhook.id.partition(".")[0])
    return key is not None and (key.revoked is not None or (key.expires is not None and key.expires <= now))


def identifier(delivery: Delivery) -> str:
    """What a receiver tells repeated calls by: the same for each attempt, another for each entry."""
    return f"{delivery.webhook}.{delivery.entry}"
