"""Publishing: kept whole, numbered, told to whom it concerns; illegal chains refused with nothing left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.store import Conflict, MessageFilter, Store
from api.store.records import Message, News, Webhook
from data.errors import InputError
from tests.store_case import T0, HandClock, make_message

HOUR = timedelta(hours=1)


def _publish(store: Store, *messages: Message) -> None:
    for message in messages:
        with store.writing("officer") as tx:
            tx.publish(message)


def _refused(store: Store, message: Message) -> str:
    """The reason for which a message is refused; nothing of it is kept."""
    with store.reading() as rx:
        before = rx.news()
    with pytest.raises(Conflict) as refused, store.writing("officer") as tx:
        tx.publish(message)
    with store.reading() as rx:
        assert rx.news() == before
    return refused.value.reason


def test_a_message_comes_back_as_it_was(store: Store) -> None:
    message = make_message("m1", notice={"深度": 0.15, "list": [1, None, "雨"]}, cap=b"\x00\xff<alert/>")
    with store.writing("officer") as tx:
        entry = tx.publish(message, {"headline": "暴雨"})
        assert tx.message("m1") == message
    with store.reading() as rx:
        assert rx.message("m1") == message
        assert rx.message("m2") is None
        assert rx.entries() == [entry]
    assert (entry.number, entry.kind, entry.subject, entry.time) == (1, "warning", "m1", T0)
    assert entry.body["headline"] == "暴雨"
    assert entry.body["sha256"] == message.sha256


def test_a_chain_is_a_line(store: Store) -> None:
    first = make_message("m1")
    second = make_message("m2", after=first, sent=T0 + HOUR)
    _publish(store, first, second)
    assert _refused(store, make_message("m1")) == "duplicate"
    assert _refused(store, make_message("m3", after=first)) == "succeeded"
    assert _refused(store, make_message("m3", after=make_message("m0"))) == "unknown_predecessor"
    assert _refused(store, make_message("m3", after=second, predecessor="")) == "unknown_predecessor"
    assert _refused(store, make_message("m3", after=second, sent=T0)) == "earlier"
    end = make_message("m3", after=second, msg_type="Cancel", level=0)
    _publish(store, end)
    assert _refused(store, make_message("m4", after=end)) == "chain_closed"
    with store.reading() as rx:
        assert [message.identifier for message in rx.chain("m1")] == ["m1", "m2", "m3"]
        assert rx.successor("m1") == second


@pytest.mark.parametrize("name", ["sender", "status", "area", "chain"])
def test_a_successor_is_of_the_same_kind(store: Store, name: str) -> None:
    first = make_message("m1")
    _publish(store, first, make_message("n1", area="510105"))
    wrong = {"status": "Actual", "chain": "n1"}.get(name, "other")
    assert _refused(store, make_message("m2", after=first, **{name: wrong})) == name


def test_an_alert_begins_its_own_chain_in_an_area_without_one(store: Store) -> None:
    first = make_message("m1")
    _publish(store, first)
    assert _refused(store, make_message("m2", area="x", chain="m1")) == "chain"
    assert _refused(store, make_message("m2", area="x", predecessor="m1")) == "chain"
    assert _refused(store, make_message("m2")) == "area_has_chain"
    _publish(store, make_message("m2", status="Actual"))  # the other status has its own
    _publish(store, make_message("m3", sent=first.expires))  # the first has lapsed
    assert _refused(store, make_message("m4", after=first, sent=first.expires)) == "area_has_chain"
    _publish(store, make_message("m4", after=first, sent=first.expires, msg_type="Cancel"))
    _publish(store, *(make_message(f"t{number}", status="Test") for number in range(3)))  # canaries do not count


def test_what_is_wrong_in_itself_is_refused(store: Store) -> None:
    for wrong in ({"msg_type": "Ack"}, {"sha256": "0" * 64}, {"sent": T0.replace(tzinfo=None)}):
        with pytest.raises(InputError), store.writing("officer") as tx:
            tx.publish(make_message("m1", **{"expires": T0 + HOUR, "onset": T0} | wrong))
    with store.reading() as rx:
        assert rx.news() == News(0, 0)


def test_in_force_are_the_last_of_their_chains_until_they_expire(store: Store) -> None:
    first = make_message("m1")
    other = make_message("n1", area="510105", expires=T0 + HOUR)
    second = make_message("m2", after=first, sent=T0 + HOUR, expires=T0 + 2 * HOUR)
    _publish(store, first, other, second, make_message("t1", status="Test"))

    def active(hours: float, status: str | None = "Exercise") -> list[str]:
        with store.reading() as rx:
            return [message.identifier for message in rx.active(T0 + hours * HOUR, status)]

    assert active(0.5) == ["n1", "m2"]
    assert active(0.5, None) == ["n1", "m2", "t1"]
    assert active(0.5, "Actual") == []
    assert active(1.0) == ["m2"]  # expired on the moment
    assert active(2.5) == []  # the Alert would still hold, but was succeeded
    _publish(store, make_message("m3", after=second, msg_type="Cancel", level=0))
    assert active(0.5) == ["n1"]


def test_messages_are_found_and_paged(store: Store) -> None:
    for number in range(7):
        sent, level = T0 + number * HOUR, number % 5
        _publish(store, make_message(f"m{number}", area=f"a{number % 2}-{number}", sent=sent, level=level))
    with store.reading() as rx:
        pages, after = [], None
        while page := rx.messages(limit=3, after=after):
            pages.append([message.identifier for message in page])
            after = page[-1].identifier
        assert pages == [["m6", "m5", "m4"], ["m3", "m2", "m1"], ["m0"]]

        def found(**wanted: object) -> list[str]:
            return [message.identifier for message in rx.messages(MessageFilter(**wanted))]  # type: ignore[arg-type]

        assert found(least_level=3) == ["m4", "m3"]
        assert found(areas=("a0-2", "a1-3")) == ["m3", "m2"]
        assert found(since=T0 + HOUR, until=T0 + 3 * HOUR) == ["m2", "m1"]
        assert found(event="flood") == found(status="Actual") == found(episode="e") == []
        assert found(chain="m5") == ["m5"]
        assert found(active=T0 + 5 * HOUR, least_level=1) == ["m6", "m4", "m3"]
        with pytest.raises(InputError, match="no such message"):
            rx.messages(after="m7")


def test_subscribers_hear_of_what_concerns_them(store: Store) -> None:
    hooks = {
        "all": Webhook("all", "https://a.test", "s", ("warning", "plan"), "", 0, T0),
        "city": Webhook("city", "https://a.test", "s", ("warning",), "510100", 0, T0),
        "other": Webhook("other", "https://a.test", "s", ("warning",), "510105", 0, T0),
        "red": Webhook("red", "https://a.test", "s", ("warning",), "", 4, T0),
        "off": Webhook("off", "https://a.test", "s", ("warning",), "", 0, T0, active=False),
    }
    with store.writing("admin") as tx:
        for hook in hooks.values():
            tx.save_webhook(hook)
        assert {hook.id: hook for hook in tx.webhooks()} == hooks

    def told(message: Message) -> list[str]:
        with store.writing("officer") as tx:
            number = tx.publish(message, above=("510100",)).number
            return sorted(one.webhook for one in tx.deliveries() if one.entry == number)

    first = make_message("m1", level=2)
    worse = make_message("m2", after=first, level=4)
    better = make_message("m3", after=worse, level=1)
    assert told(first) == ["all", "city"]
    assert told(worse) == ["all", "city", "red"]
    assert told(better) == ["all", "city", "red"]  # who was told of the red is told of its end
    assert told(make_message("m4", after=better, msg_type="Cancel", level=0)) == ["all", "city", "red"]
    assert told(make_message("t1", status="Test", level=4)) == []


def test_canaries_are_forgotten_and_nothing_else(store: Store, clock: HandClock) -> None:
    first = make_message("t1", status="Test")
    _publish(store, first, make_message("t2", after=first, msg_type="Cancel"), make_message("m1"))
    _publish(store, make_message("t3", status="System", sent=T0 + HOUR))
    with store.writing("service") as tx:
        assert tx.forget_canaries(T0 + HOUR) == 2
    with store.reading() as rx:
        assert [message.identifier for message in rx.messages()] == ["t3", "m1"]
        assert [entry.number for entry in rx.entries()] == [1, 2, 3, 4]
        assert rx.check_audit() is None
