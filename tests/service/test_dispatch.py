"""The outbox is worked through: at least once, never for ever, and nobody waits for somebody else's trouble."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.service.dispatch import Dispatcher
from api.service.settings import Settings
from api.service.webhook_call import Outcome, judged
from api.service.webhooks import new_secret
from api.store import Store
from api.store.records import ApiKey, Webhook
from tests.service.receiver import receiving

START = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)


class HandClock:
    """A clock that is set by hand."""

    speed = 1.0

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def later(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[Store]:
    with Store.open(f"sqlite:///{tmp_path / 'rongan.db'}", now=clock.now) as opened:
        yield opened


def subscribe(store: Store, id_: str, url: str = "http://127.0.0.1:1/", **changes) -> Webhook:
    given = {"kinds": ("warning",), "area": "", "least_level": 0, "created": START} | changes
    hook = Webhook(id=id_, url=url, secret=new_secret(), **given)
    with store.writing("test") as tx:
        tx.save_webhook(hook)
    return hook


def enter(store: Store, *subjects: str, **options) -> None:
    with store.writing("test") as tx:
        for subject in subjects:
            tx.entry("warning", subject, {"said": subject}, **options)


def states(store: Store, hook: str | None = None) -> list[str]:
    with store.reading() as rx:
        return [one.state for one in rx.deliveries(webhook=hook, limit=1000)]


def settings(**changes) -> Settings:
    return Settings(**{"webhook_private": True, "webhook_timeout_s": 2.0, "webhook_retry_s": 5.0} | changes)


class Script:
    """Stands in for the network: outcomes by URL, the calls that were made."""

    def __init__(self, **outcomes: Outcome) -> None:
        self.outcomes = outcomes
        self.calls: list[tuple[str, str]] = []

    async def __call__(self, url, headers, body, **limits) -> Outcome:
        self.calls.append((url, json.loads(body)["subject"]))
        await asyncio.sleep(0)
        return self.outcomes.get(url, Outcome("delivered"))


def work(store: Store, clock: HandClock, calls=None, passes: int = 1, step_s: float = 0.0, **changes) -> None:
    """Run the outbox until nothing is due, `passes` times, the clock `step_s` further each time."""

    async def run() -> None:
        options = {"calls": calls} if calls is not None else {}
        dispatcher = Dispatcher(store, settings(**changes), clock, chance=random.Random(1), **options)
        for _ in range(passes):
            await dispatcher.drain()
            clock.later(step_s)
            for subscriber in dispatcher._subscribers.values():
                subscriber.quiet_until -= step_s
        await dispatcher.close()

    asyncio.run(run())


def test_every_entry_reaches_every_subscriber_in_order_signed(store, clock):
    with receiving() as one, receiving() as two:
        hooks = [subscribe(store, "one", one.url), subscribe(store, "two", two.url)]
        enter(store, *"abcde")
        work(store, clock)
    for hook, subscriber in zip(hooks, (one, two), strict=True):
        assert [json.loads(call.body)["subject"] for call in subscriber.got] == list("abcde")
        assert [call.id for call in subscriber.got] == [f"{hook.id}.{number}" for number in range(1, 6)]
        assert subscriber.signed_by(hook.secret)
    assert states(store) == ["delivered"] * 10


def test_only_whom_it_concerns(store, clock):
    script = Script()
    subscribe(store, "all", "all")
    subscribe(store, "high", "high", least_level=3)
    subscribe(store, "here", "here", area="A1")
    subscribe(store, "plans", "plans", kinds=("plan",))
    subscribe(store, "off", "off", active=False)
    enter(store, "low", areas=("A2", "A"), level=1)
    enter(store, "red", areas=("A1", "A"), level=4)
    work(store, clock, script)
    assert sorted(script.calls) == [("all", "low"), ("all", "red"), ("here", "red"), ("high", "red")]


def test_trouble_is_tried_again_with_growing_waits_and_then_a_dead_letter(store, clock):
    script = Script(bad=Outcome("trouble", "answered 503"))
    subscribe(store, "bad", "bad")
    enter(store, "a")
    work(store, clock, script, webhook_attempts=3)
    with store.reading() as rx:
        first = rx.deliveries("waiting")[0]
    assert 2.5 <= (first.next_at - clock.now()).total_seconds() <= 7.5
    assert first.error == "answered 503"
    work(store, clock, script, passes=4, step_s=30.0, webhook_attempts=3)
    assert len(script.calls) == 3
    assert states(store) == ["dead"]
    with store.reading() as rx:
        assert [row.action for row in rx.audit_rows()].count("dead_letter") == 1


def test_a_dead_letter_can_be_sent_again(store, clock):
    script = Script(bad=Outcome("never", "answered 410 Gone"))
    subscribe(store, "bad", "bad")
    enter(store, "a")
    work(store, clock, script)
    assert states(store) == ["dead"]
    script.outcomes.clear()
    with store.writing("officer") as tx:
        tx.republish(tx.deliveries("dead")[0].id)
    work(store, clock, script)
    assert states(store) == ["delivered"]


def test_a_dead_subscriber_costs_one_call_not_one_per_entry_and_delays_nobody(store, clock):
    script = Script(bad=Outcome("trouble", "no answer"))
    subscribe(store, "bad", "bad")
    subscribe(store, "good", "good")
    enter(store, *(f"e{n}" for n in range(30)))
    work(store, clock, script)
    assert [url for url, _ in script.calls].count("bad") == 1
    assert states(store, "good") == ["delivered"] * 30
    assert states(store, "bad") == ["waiting"] * 30
    script.outcomes.clear()
    work(store, clock, script, passes=6, step_s=60.0)
    assert states(store, "bad") == ["delivered"] * 30


def test_thousands_that_wait_for_a_dead_subscriber_hide_nothing_from_the_others(store, clock):
    """More than are looked at or taken at a time, not due yet or due before: whoever is well is called at once."""
    subscribe(store, "dead", "dead")
    enter(store, *(f"old{n}" for n in range(1100)))
    script = Script(dead=Outcome("trouble", "no answer"))
    work(store, clock, script)
    subscribe(store, "well", "well")
    enter(store, "new")
    work(store, clock, script)
    assert states(store, "well") == ["delivered"]
    clock.later(86_400.0)  # all of the old are due again, in front of the next
    enter(store, "newer")

    async def one_step() -> None:
        dispatcher = Dispatcher(store, settings(), clock, calls=script)
        await dispatcher.step()
        await asyncio.sleep(0.05)
        await dispatcher.close()

    asyncio.run(one_step())
    assert states(store, "well") == ["delivered"] * 2


def test_one_bad_entry_does_not_hold_up_the_others_of_its_subscriber(store, clock):
    class Picky(Script):
        async def __call__(self, url, headers, body, **limits) -> Outcome:
            await super().__call__(url, headers, body)
            return Outcome("later", "answered 400") if b'"b"' in body else Outcome("delivered")

    subscribe(store, "one", "one")
    enter(store, *"abc")
    work(store, clock, Picky())
    assert states(store) == ["delivered", "waiting", "delivered"]


def test_gone_ends_the_subscription(store, clock):
    with receiving() as subscriber:
        subscriber.answer = lambda call: (410, {}, b"")
        subscribe(store, "one", subscriber.url)
        enter(store, "a")
        work(store, clock)
        enter(store, "b")
        work(store, clock)
    assert len(subscriber.got) == 1
    with store.reading() as rx:
        assert rx.webhook("one").active is False
    assert states(store) == ["dead"]


def test_retry_after_is_heeded(store, clock):
    subscribe(store, "one", "one")
    enter(store, "a")
    work(store, clock, Script(one=Outcome("trouble", "answered 429", 120.0)))
    with store.reading() as rx:
        assert (rx.deliveries()[0].next_at - clock.now()).total_seconds() == 120.0


def test_retry_after_puts_off_what_comes_later_no_longer_than_our_own_longest_wait(store, clock):
    subscribe(store, "one", "one")
    enter(store, "a", "b")
    work(store, clock, Script(one=judged(503, "9" * 400)), webhook_longest_retry_s=600.0)
    with store.reading() as rx:
        waits = [(one.next_at - clock.now()).total_seconds() for one in rx.deliveries()]
    assert len(waits) == 2
    assert waits[0] == 600.0
    assert waits[1] <= 600.0
    assert judged(503, "²").wait_s == 0.0


def test_a_sender_that_died_is_followed_by_another(store, clock):
    """Taken and never reported on: due again when the lease has run out, with the same identifier."""
    subscribe(store, "one", "one")
    enter(store, "a")
    with store.writing("dispatch") as tx:
        assert len(tx.due_deliveries(clock.now())) == 1
    script = Script()
    work(store, clock, script)
    assert script.calls == []
    clock.later(61.0)
    work(store, clock, script)
    assert script.calls == [("one", "a")]


def test_a_call_that_outlasts_its_lease_is_not_made_twice_at_once(store, clock):
    class Slow(Script):
        async def __call__(self, url, headers, body, **limits) -> Outcome:
            self.calls.append((url, ""))
            await asyncio.sleep(0.05)
            return Outcome("delivered")

    script = Slow()
    subscribe(store, "one", "one")
    enter(store, "a")

    async def run() -> None:
        dispatcher = Dispatcher(store, settings(), clock, calls=script)
        await dispatcher.step()
        clock.later(61.0)
        await dispatcher.drain()
        await dispatcher.close()

    asyncio.run(run())
    assert (len(script.calls), states(store)) == (1, ["delivered"])


def test_a_fault_of_the_caller_is_a_failure_of_that_call_only(store, clock):
    class Faulty(Script):
        async def __call__(self, url, headers, body, **limits) -> Outcome:
            if b'"a"' in body:
                raise ZeroDivisionError
            return await super().__call__(url, headers, body)

    subscribe(store, "one", "one")
    enter(store, *"ab")
    work(store, clock, Faulty())
    assert states(store) == ["waiting", "delivered"]


def test_reports_are_kept_while_the_database_is_away(store, clock, monkeypatch):
    script = Script()
    subscribe(store, "one", "one")
    enter(store, "a")

    async def run() -> None:
        dispatcher = Dispatcher(store, settings(), clock, calls=script)
        await dispatcher.step()
        await asyncio.sleep(0.01)
        with monkeypatch.context() as away:
            away.setattr(store, "writing", lambda actor: (_ for _ in ()).throw(OSError("away")))
            with pytest.raises(OSError, match="away"):
                await dispatcher.step()
        await dispatcher.drain()
        await dispatcher.close()

    asyncio.run(run())
    assert (script.calls, states(store)) == ([("one", "a")], ["delivered"])


def test_who_subscribed_with_a_key_that_counts_no_more_is_called_no_more(store, clock):
    for id_, ends in (("a", {"revoked": START}), ("b", {"expires": START}), ("c", {})):
        with store.writing("test") as tx:
            tx.save_key(ApiKey(id_, id_, "poller", id_ * 64, created=START, **ends))
        subscribe(store, f"{id_}.0123")
    called = []

    async def calls(url, told, body, **_):
        called.append(told["webhook-id"])
        return Outcome("delivered")

    enter(store, "one")
    dispatcher = Dispatcher(store, Settings(), clock, calls)

    async def whole():
        await dispatcher.drain()
        await dispatcher.close()

    asyncio.run(whole())
    assert [id_.partition(".")[0] for id_ in called] == ["c"]
    with store.reading() as rx:
        assert {hook.id[0]: hook.active for hook in rx.webhooks()} == {"a": False, "b": False, "c": True}
        assert len(rx.deliveries("dead")) == 2
