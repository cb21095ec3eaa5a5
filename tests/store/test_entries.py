"""The stream and the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.store import Missing, Store
from api.store.records import News, Webhook
from tests.store_case import T0, HandClock

MINUTE = timedelta(minutes=1)


def _fill(store: Store, count: int) -> None:
    with store.writing("service") as tx:
        tx.save_webhook(Webhook("w", "https://a.test", "s", ("plan",), "", 0, T0))
        for number in range(count):
            tx.entry("plan", f"p{number}", {"number": number})


def test_entries_are_numbered_without_gaps_also_past_what_was_undone(store: Store) -> None:
    with store.reading() as rx:
        assert (rx.first_entry(), rx.last_entry(), rx.entries()) == (0, 0, [])
    _fill(store, 3)
    with pytest.raises(Missing), store.writing("service") as tx:
        tx.delivered(tx.entry("plan", "lost", {}).number + 7)
    _fill(store, 2)
    with store.reading() as rx:
        assert [entry.number for entry in rx.entries()] == [1, 2, 3, 4, 5]
        assert [entry.number for entry in rx.entries(after=3)] == [4, 5]
        assert [entry.number for entry in rx.entries(after=1, limit=2)] == [2, 3]
        assert (rx.first_entry(), rx.last_entry()) == (1, 5)
        assert rx.entry_at(2) == rx.entries()[1]
        assert rx.entry_at(6) is None
        assert rx.news() == News(5, 2)
    assert store.news() == News(5, 2)


def test_a_delivery_taken_is_nobody_elses_until_its_lease_ends(store: Store) -> None:
    _fill(store, 3)
    with store.writing("sender 1") as tx:
        mine = tx.due_deliveries(T0, limit=2, lease_s=30)
    with store.writing("sender 2") as tx:
        other = tx.due_deliveries(T0, limit=2, lease_s=30)
        assert tx.due_deliveries(T0 + timedelta(seconds=29)) == []
        again = tx.due_deliveries(T0 + timedelta(seconds=30), lease_s=30)
        assert [one.id for one in again] == [one.id for one in (*mine, *other)]
    assert [one.entry for one in mine] == [1, 2]
    assert [one.entry for one in other] == [3]
    assert [one.attempts for one in again] == [2, 2, 2]
    with store.reading() as rx:
        assert rx.deliveries("waiting") == again


def test_deliveries_arrive_are_tried_again_or_given_up(store: Store, clock: HandClock) -> None:
    _fill(store, 3)
    with store.writing("sender") as tx:
        first, second, third = tx.due_deliveries(T0)
        tx.delivered(first.id)
        tx.failed(second.id, "503", T0 + 5 * MINUTE)
        tx.dead(third.id, "gone")
    with store.writing("sender") as tx:
        assert tx.due_deliveries(T0 + 4 * MINUTE) == []
        (late,) = tx.due_deliveries(T0 + 5 * MINUTE)
        assert (late.id, late.attempts, late.error) == (second.id, 2, "503")
        assert [one.error for one in tx.deliveries("dead", webhook="w")] == ["gone"]
        assert tx.deliveries("dead", webhook="v") == []
        assert [one.id for one in tx.deliveries(after=first.id, limit=1)] == [second.id]
    clock.pass_s(600)
    with store.writing("admin") as tx:
        tx.republish(third.id)
        again = tx.delivery(third.id)
        assert again is not None
        assert (again.state, again.attempts, again.next_at) == ("waiting", 0, clock())
        with pytest.raises(Missing):
            tx.delivered(99)
    with store.reading() as rx:
        assert [row.action for row in rx.audit_rows()] == ["webhook", "dead_letter", "republish"]


def test_a_subscriber_changes_and_is_called_no_more(store: Store) -> None:
    _fill(store, 1)
    with store.writing("admin") as tx:
        hook = tx.webhook("w")
        assert hook is not None
        tx.save_webhook(Webhook(**(vars(hook) | {"active": False, "url": "https://b.test"})))
        tx.entry("plan", "p", {})
        assert len(tx.deliveries()) == 1
        assert [one.url for one in tx.webhooks(active=False)] == ["https://b.test"]
        assert tx.webhooks(active=True) == []
