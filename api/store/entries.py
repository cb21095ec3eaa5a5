"""The public stream: entries numbered without gaps in the order of commits, and the outbox that calls subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from api.store.audit import ReadAudit, WriteAudit
from api.store.errors import Missing
from api.store.records import Delivery, Entry, News, Webhook
from api.store.tables import audit, deliveries, entries, webhooks

LEASE_S = 60.0  # a delivery taken and not reported on is due again after this


class ReadEntries(ReadAudit):
    """Reading the stream and the outbox."""

    def entries(self, after: int = 0, limit: int = 100) -> list[Entry]:
        """Entries with a number above `after`, in order, `limit` at most."""
        found = select(entries).where(entries.c.number > after).order_by(entries.c.number).limit(limit)
        return [Entry(**row._mapping) for row in self._all(found)]

    def entry_at(self, number: int) -> Entry | None:
        """One entry."""
        row = self._first(select(entries).where(entries.c.number == number))
        return None if row is None else Entry(**row._mapping)

    def last_entry(self) -> int:
        """The number of the newest entry, 0 where there is none."""
        return self._value(select(func.max(entries.c.number))) or 0

    def first_entry(self) -> int:
        """The number of the oldest entry kept, 0 where there is none."""
        return self._value(select(func.min(entries.c.number))) or 0

    def news(self) -> News:
        """The last numbers of entries and audit, in one look: cheap enough to ask many times a second."""
        last_entry = select(func.max(entries.c.number)).scalar_subquery()
        last_audit = select(func.max(audit.c.number)).scalar_subquery()
        row = self._first(select(last_entry.label("entry"), last_audit.label("audit")))
        return News(*(number or 0 for number in row)) if row is not None else News(0, 0)

    def webhooks(self, active: bool | None = None) -> list[Webhook]:
        """Subscribers, the oldest first; `active`: only those that are or are not."""
        found = select(webhooks).order_by(webhooks.c.created, webhooks.c.id)
        if active is not None:
            found = found.where(webhooks.c.active == active)
        return [_webhook(row) for row in self._all(found)]

    def webhook(self, id_: str) -> Webhook | None:
        """One subscriber."""
        row = self._first(select(webhooks).where(webhooks.c.id == id_))
        return None if row is None else _webhook(row)

    def deliveries(
        self, state: str | None = None, webhook: str | None = None, after: int = 0, limit: int = 100
    ) -> list[Delivery]:
        """The outbox in order, `limit` at most with an id above `after`."""
        found = select(deliveries).where(deliveries.c.id > after).order_by(deliveries.c.id).limit(limit)
        if state is not None:
            found = found.where(deliveries.c.state == state)
        if webhook is not None:
            found = found.where(deliveries.c.webhook == webhook)
        return [Delivery(**row._mapping) for row in self._all(found)]

    def has_due_deliveries(self, now: datetime) -> bool:
        """Whether any delivery waits to be taken."""
        return self._first(select(deliveries.c.id).where(*_due(now)).limit(1)) is not None

    def delivery(self, id_: int) -> Delivery | None:
        """One row of the outbox."""
        row = self._first(select(deliveries).where(deliveries.c.id == id_))
        return None if row is None else Delivery(**row._mapping)


class WriteEntries(WriteAudit, ReadEntries):
    """Adding to the stream; working through the outbox."""

    def entry(self, kind: str, subject: str, body: dict[str, Any], areas: Sequence[str] = (), level: int = 0) -> Entry:
        """Add an entry and put it into the outbox of every subscriber it concerns.

        `areas`: the area it is about and those above it; empty: it concerns whoever asked for no area or for any.
        `level`: subscribers with a higher least level are not called.
        """
        number = self.last_entry() + 1
        entry = Entry(number, kind, self.now, subject, body)
        self._run(insert(entries).values(vars(entry)))
        due = [
            {"entry": number, "webhook": hook.id, "attempts": 0, "next_at": self.now, "state": "waiting", "error": ""}
            for hook in self.webhooks(active=True)
            if kind in hook.kinds and level >= hook.least_level and (not hook.area or hook.area in areas)
        ]
        self._run(insert(deliveries), due)
        return entry

    def save_webhook(self, webhook: Webhook) -> None:
        """Keep a subscriber, new or changed."""
        kept = vars(webhook) | {"kinds": list(webhook.kinds)}
        if not self._run(update(webhooks).where(webhooks.c.id == webhook.id).values(kept)):
            self._run(insert(webhooks).values(kept))
        self.audit("webhook", webhook.id, {"url": webhook.url, "active": webhook.active, "kinds": kept["kinds"]})

    def due_deliveries(self, now: datetime, limit: int = 100, lease_s: float = LEASE_S) -> list[Delivery]:
        """Take what is due, the oldest of every subscriber first; taken, it is nobody else's for `lease_s`.

        In turns, so that thousands due to one that does not answer stand in nobody's way.
        Every taking counts as an attempt, so a sender that dies on a delivery does not try for ever.
        """
        turn = func.row_number().over(partition_by=deliveries.c.webhook, order_by=deliveries.c.id)
        turns = select(deliveries.c.id, turn.label("turn")).where(*_due(now)).subquery()
        due = select(deliveries).join(turns, turns.c.id == deliveries.c.id).order_by(turns.c.turn, turns.c.id)
        until = now + timedelta(seconds=lease_s)
        taken = [Delivery(**row._mapping) for row in self._all(due.limit(limit))]
        ids = [delivery.id for delivery in taken]
        change = update(deliveries).where(deliveries.c.id.in_(ids))
        self._run(change.values(attempts=deliveries.c.attempts + 1, next_at=until))
        return [Delivery(**(vars(one) | {"attempts": one.attempts + 1, "next_at": until})) for one in taken]

    def delivered(self, id_: int) -> None:
        """It has arrived."""
        self._change(id_, state="delivered", error="")

    def failed(self, id_: int, error: str, next_at: datetime) -> None:
        """It has not; try again at `next_at`."""
        self._change(id_, state="waiting", error=error, next_at=next_at)

    def dead(self, id_: int, error: str) -> None:
        """It is given up: a dead letter, to be seen and sent again by hand."""
        self._change(id_, state="dead", error=error)
        self.audit("dead_letter", str(id_), {"error": error})

    def republish(self, id_: int) -> None:
        """Send a dead letter, or anything of the outbox, once more from the beginning."""
        self._change(id_, state="waiting", attempts=0, next_at=self.now)
        self.audit("republish", str(id_))

    def _change(self, id_: int, **changes: Any) -> None:
        if not self._run(update(deliveries).where(deliveries.c.id == id_).values(changes)):
            raise Missing(f"no delivery {id_}")


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return deliveries.c.state == "waiting", deliveries.c.next_at <= now


def _webhook(row: Any) -> Webhook:
    kept = dict(row._mapping)
    return Webhook(**(kept | {"kinds": tuple(kept["kinds"])}))
