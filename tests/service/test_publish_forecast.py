"""Publishing by the forecast over a real database: chains, crashes, faults, lapses, escalation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.http.stream import Wanted, default_kinds, told_of
from api.service.press import Fault, Press
from api.service.principal import Principal
from api.service.publisher import Publisher
from api.service.signing_keys import SigningKeys
from api.store.messages import MessageFilter
from api.store.records import Entry, Message
from api.warning.keys import PinnedKeys
from api.warning.notice import Notice
from api.warning.rules import check_messages
from api.warning.signing import Signer
from sim.forecast.outlook import Gauges
from tests.outlook_case import BEGIN, area_outlook, outlook
from tests.publish_case import KEY, OFFICER, TurnedClock, publisher

CITY, DISTRICT, STREET, GRID = "510100", "510105", "510105001", "510105001001-3"


class Watch:
    """The loop: a cycle at a minute."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.clock = TurnedClock()
        self.publisher = publisher(folder, self.clock, **given)

    def cycle(self, minute: float, colours: dict[str, int], by: Principal | None = None, **areas: Any) -> list[Message]:
        self.clock.at(minute)
        said = outlook(minute, colours, areas.get("areas"))
        return self.publisher.take_outlook(said) if by is None else self.publisher.take_outlook(said, by)

    def all(self) -> list[Message]:
        with self.publisher.store.reading() as rx:
            return list(reversed(rx.messages(MessageFilter(), limit=1000)))

    def entries(self, kind: str) -> list[Any]:
        with self.publisher.store.reading() as rx:
            return [entry for entry in rx.entries(0, 1000) if entry.kind == kind]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def kinds(messages: list[Message]) -> list[tuple[str, str, int]]:
    return [(m.area, m.msg_type, m.level) for m in messages]


def test_a_chain_from_alert_to_cancel_with_its_episode(watch: Watch) -> None:
    (first,) = watch.cycle(0, {CITY: 2})
    (second,) = watch.cycle(10, {CITY: 4})
    assert watch.cycle(20, {CITY: 1}) == []
    (third,) = watch.cycle(50, {CITY: 0})
    assert kinds([first, second, third]) == [(CITY, "Alert", 2), (CITY, "Update", 4), (CITY, "Update", 1)]
    (last,) = watch.cycle(90, {})
    assert kinds([last]) == [(CITY, "Cancel", 0)]
    assert [m.predecessor for m in watch.all()] == ["", first.identifier, second.identifier, third.identifier]
    assert {m.chain for m in watch.all()} == {first.identifier}
    with watch.publisher.store.reading() as rx:
        record = rx.episode(first.episode)
        assert record is not None
        assert (record.state, record.level, record.last) == ("closed", 0, last.identifier)
        states = [step.state for step in rx.episode_steps(record.id)]
        assert states == ["detected", "assessed", "issued", "issued", "issued", "closed"]
        assert rx.check_audit() is None
        assert rx.active(watch.clock.now()) == []
    bounds, keys = watch.publisher.places.bounds, watch.publisher.press.signing.at(watch.clock.now())[1]
    assert check_messages([m.cap for m in watch.all()], bounds, keys=keys, schema=True) == []


def test_everything_automatic_is_an_exercise_and_says_so(tmp_path: Path) -> None:
    watch = Watch(tmp_path, mode="actual", allow_actual=True)
    (message,) = watch.cycle(0, {CITY: 4})
    notice = Notice.from_json(message.notice)
    assert (message.status, message.scope) == ("Exercise", "Restricted")
    assert "【演练】" in notice.words["zh-CN"].headline
    assert notice.drill in notice.note


def test_the_same_cycle_and_an_older_one_publish_nothing(watch: Watch) -> None:
    assert len(watch.cycle(10, {CITY: 2, STREET: 3})) == 2
    assert watch.cycle(10, {CITY: 2, STREET: 3}) == []
    assert watch.cycle(10, {CITY: 4, STREET: 4}) == []
    assert watch.publisher.take_outlook(outlook(5, {CITY: 4})) == []
    assert len(watch.all()) == 2


@pytest.mark.parametrize("survivors", [0, 1, 2])
def test_a_crash_between_two_areas_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survivors: int
) -> None:
    watch = Watch(tmp_path)
    made = Press.message
    count = 0

    def crash(self: Press, *given: Any) -> Message:
        nonlocal count
        count += 1
        if count > survivors:
            raise KeyboardInterrupt
        return made(self, *given)

    colours = {CITY: 2, STREET: 3, GRID: 4}
    with monkeypatch.context() as patch:
        patch.setattr(Press, "message", crash)
        with pytest.raises(KeyboardInterrupt):
            watch.cycle(0, colours)
    assert len(watch.all()) == survivors
    watch.publisher = publisher(tmp_path, watch.clock)  # started again
    assert len(watch.cycle(0, colours)) == 3 - survivors
    assert sorted(kinds(watch.all())) == [(CITY, "Alert", 2), (STREET, "Alert", 3), (GRID, "Alert", 4)]
    assert watch.cycle(0, colours) == []


def test_what_breaks_a_rule_is_not_sent_but_told_and_those_below_are_warned(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Press.message

    def broken(self: Press, rx: Any, notice: Notice, *rest: Any) -> Message:
        if notice.area == CITY:
            notice = replace(notice, expires=notice.sent)  # rule 7
        return made(self, rx, notice, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Press, "message", broken)
        sent = watch.cycle(0, {CITY: 3, DISTRICT: 3, STREET: 2})
    assert kinds(sent) == [(DISTRICT, "Alert", 3)]
    (fault,) = watch.entries("fault")
    assert fault.subject == CITY
    assert "rule 7" in " ".join(fault.body["breaches"])
    with watch.publisher.store.reading() as rx:
        assert [row.subject for row in rx.audit_rows(0, 100) if row.action == "fault"] == [CITY]
        assert rx.open_episode(CITY, "Exercise") is None
    assert kinds(watch.cycle(10, {CITY: 3, DISTRICT: 3, STREET: 2})) == [(CITY, "Alert", 3)]


def test_a_key_that_is_not_pinned_any_more_sends_nothing(watch: Watch) -> None:
    pinned = PinnedKeys.of([KEY.certificate]).revoke(KEY.id, BEGIN)
    watch.publisher.press.signing = SigningKeys(Signer(KEY), pinned)
    assert watch.cycle(0, {CITY: 3}) == []
    (fault,) = watch.entries("fault")
    assert "rule 18" in fault.body["breaches"][0]


def test_a_fault_in_the_middle_of_a_chain_leaves_the_message_in_force_and_is_tried_again(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = watch.cycle(0, {CITY: 2})

    def never(self: Press, rx: Any, notice: Notice, *rest: Any) -> Message:
        raise Fault(notice.area, notice.msg_type, notice.level, ["made up"])

    with monkeypatch.context() as patch:
        patch.setattr(Press, "message", never)
        assert watch.cycle(10, {CITY: 4}) == []
    with watch.publisher.store.reading() as rx:
        assert [m.identifier for m in rx.active(watch.clock.now())] == [first.identifier]
    assert kinds(watch.cycle(20, {CITY: 4})) == [(CITY, "Update", 4)]


def assert_told_as(entry: Entry, status: str) -> None:
    """It says of which status it is, and readers of the stream who want the other are not told."""
    assert entry.body["status"] == status
    told = {one for one in ("Exercise", "Actual") if Wanted(default_kinds(), one).has(told_of(entry))}
    assert told == {status}


def test_without_a_forecast_it_is_renewed_twice_then_it_lapses_and_both_are_said(watch: Watch) -> None:
    (first,) = watch.cycle(0, {CITY: 3})
    origin = Notice.from_json(first.notice).made_from
    renewed = []
    for minute in range(0, 20 * 60, 5):
        watch.clock.at(minute)
        renewed += watch.publisher.expire()
    assert kinds(renewed) == [(CITY, "Update", 3)] * 2
    for message in renewed:
        assert Notice.from_json(message.notice).made_from == (*origin, "no_forecast")
    (lapsed,) = watch.entries("lapsed")
    assert (lapsed.subject, lapsed.body["level"]) == (renewed[-1].identifier, 3)
    assert_told_as(lapsed, "Exercise")
    with watch.publisher.store.reading() as rx:
        assert rx.open_episodes() == []
    assert kinds(watch.cycle(20 * 60, {CITY: 3})) == [(CITY, "Alert", 3)]  # the danger is still there


def test_no_all_clear_while_no_gauge_is_heard(watch: Watch) -> None:
    watch.cycle(0, {CITY: 3})
    sent: list[Message] = []
    for minute in range(10, 120, 10):
        watch.clock.at(minute)
        sent += watch.publisher.take_outlook(replace(outlook(minute, {}), gauges=Gauges(0, 38)))
    assert {(m.msg_type, m.level) for m in sent} <= {("Update", 3)}
    for minute in range(120, 180, 10):
        watch.clock.at(minute)
        sent += watch.publisher.take_outlook(replace(outlook(minute, {}), gauges=Gauges(38, 38)))
    assert kinds(sent)[-1] == (CITY, "Cancel", 0)


def test_after_a_long_stop_what_lapsed_is_said_and_the_danger_warned_of_afresh(watch: Watch) -> None:
    (first,) = watch.cycle(0, {CITY: 3})
    (second,) = watch.cycle(8 * 60, {CITY: 3})
    assert second.msg_type == "Alert"
    assert [entry.subject for entry in watch.entries("lapsed")] == [first.identifier]


def test_a_clock_set_back_after_running_ahead_succeeds_what_is_in_force(watch: Watch) -> None:
    (first,) = watch.cycle(0, {CITY: 3})
    watch.clock.at(7 * 60)
    assert watch.publisher.expire() == []  # late: it has lapsed, by this clock
    (second,) = watch.cycle(10, {CITY: 4})
    assert (second.msg_type, second.predecessor) == ("Update", first.identifier)
    assert len(watch.entries("lapsed")) == 1


def test_nobody_acknowledges_so_the_areas_above_are_told_one_after_the_other(watch: Watch) -> None:
    (message,) = watch.cycle(0, {STREET: 3})
    assert watch.publisher.escalate() == []
    told = []
    for minute in (14, 15, 20, 30, 45, 90):
        watch.clock.at(minute)
        told += [(minute, record.escalated) for record in watch.publisher.escalate()]
    assert told == [(15, True), (30, True)]
    assert [entry.body["to"] for entry in watch.entries("escalation")] == [DISTRICT, CITY]
    assert {entry.subject for entry in watch.entries("escalation")} == {message.identifier}
    for entry in watch.entries("escalation"):
        assert_told_as(entry, "Exercise")
    watch.clock.at(100)
    watch.publisher.acknowledge(message.identifier, OFFICER)
    (raised,) = watch.cycle(101, {STREET: 4})
    with watch.publisher.store.reading() as rx:
        record = rx.episode(raised.episode)
    assert record is not None
    assert (record.state, record.escalated) == ("issued", False)  # raised: to be acknowledged afresh
    watch.clock.at(120)
    assert len(watch.publisher.escalate()) == 1


def test_at_the_top_nobody_is_above_and_that_is_said_once(watch: Watch) -> None:
    watch.cycle(0, {CITY: 3})
    watch.clock.at(20)
    assert len(watch.publisher.escalate()) == 1
    assert watch.entries("escalation")[0].body["to"] == ""
    watch.clock.at(60)
    assert watch.publisher.escalate() == []


def test_a_key_of_one_district_publishes_its_own_areas_only(watch: Watch) -> None:
    officer = Principal("o", "officer", area=DISTRICT)
    sent = watch.cycle(0, {CITY: 2, STREET: 3}, by=officer)
    assert kinds(sent) == [(STREET, "Alert", 3)]
    assert kinds(watch.cycle(0, {CITY: 2, STREET: 3})) == [(CITY, "Alert", 2)]  # the rest, by the service itself


def test_held_colours_keep_the_evidence_they_were_given_for(watch: Watch) -> None:
    watch.cycle(0, {CITY: 3})
    for minute in range(10, 330, 10):
        watch.cycle(minute, {CITY: 3})
    quiet = area_outlook(CITY, 0)
    (renewed,) = watch.cycle(335, {}, areas={CITY: quiet})
    notice = Notice.from_json(renewed.notice)
    assert (renewed.level, renewed.msg_type) == (3, "Update")
    assert notice.evidence


def test_a_warning_watched_and_gone_leaves_no_message(watch: Watch) -> None:
    watched = {CITY: area_outlook(CITY, 0, blue=0.4)}
    assert watch.cycle(0, {}, areas=watched) == []
    with watch.publisher.store.reading() as rx:
        assert [r.state for r in rx.open_episodes()] == ["detected"]
    watch.cycle(40, {})
    with watch.publisher.store.reading() as rx:
        assert rx.open_episodes() == []
    assert watch.all() == []


def test_publisher_opens_on_a_city_pack(tmp_path: Path) -> None:
    from api.service.settings import Settings
    from api.store.store import Store
    from data.rules_file import load_rules
    from tests.tiny_city import tiny_city

    clock = TurnedClock()
    with Store.open(f"sqlite:///{tmp_path}/rongan.db", clock.now) as store:
        made = Publisher.open(store, Settings(home=tmp_path), clock, tiny_city(), load_rules())
        code = next(iter(made.places)).code
        outcome = made.issue(code, 2, OFFICER)
        assert outcome.message is not None
        again = Publisher.open(store, Settings(home=tmp_path), clock, tiny_city(), load_rules())
        assert again.press.signing.at(clock.now())[0].key_id == made.press.signing.at(clock.now())[0].key_id


def test_an_upgrade_is_sent_though_the_clock_was_set_back_by_much(watch: Watch) -> None:
    (first,) = watch.cycle(60, {CITY: 2})
    watch.clock.at(30)
    (second,) = watch.publisher.take_outlook(outlook(61, {CITY: 4}))
    assert (second.level, second.predecessor, second.sent) == (4, first.identifier, first.sent)
    assert watch.entries("fault") == []


def test_two_loops_on_one_cycle_send_each_message_once(watch: Watch, tmp_path: Path) -> None:
    said = outlook(0, {CITY: 2, STREET: 3})
    late, other = watch.publisher, publisher(tmp_path, watch.clock)
    steps = late._steps(said, "Exercise", watch.clock.now(), frozenset())
    assert len(other.take_outlook(said)) == 2
    taken = [late._take(step, said, "Exercise", OFFICER, watch.clock.now()) for step in steps]
    assert taken == [None, None]
    assert len(watch.all()) == 2


def test_cycles_of_a_clock_that_was_hours_ahead_hold_up_no_later_one(watch: Watch) -> None:
    """The clock of the machine is five hours ahead for one cycle and is then put right: real time goes on before it."""
    (first,) = watch.cycle(0, {CITY: 1})
    watch.cycle(300, {CITY: 1})
    (raised,) = watch.cycle(10, {CITY: 3})
    assert (raised.area, raised.level) == (CITY, 3)
    assert watch.cycle(10, {CITY: 4}) == []  # the same cycle again
    (again,) = watch.cycle(20, {CITY: 4})
    assert (again.level, again.chain) == (4, first.chain)
    assert watch.entries("fault") == []


def test_an_area_whose_message_cannot_be_made_keeps_no_other_from_its_warning(watch: Watch, monkeypatch) -> None:
    made = Press.notice

    def broken(press: Press, rx: Any, content: Any, *rest: Any) -> Notice:
        if content.area == CITY:
            raise KeyError("no such text")
        return made(press, rx, content, *rest)

    monkeypatch.setattr(Press, "notice", broken)
    sent = watch.cycle(0, {CITY: 4, DISTRICT: 4, STREET: 4})
    assert kinds(sent) == [(DISTRICT, "Alert", 4)]  # nobody is left without: the area below speaks for itself
    (fault,) = watch.entries("fault")
    assert "KeyError" in str(fault.body)
    monkeypatch.setattr(Press, "notice", made)
    assert (CITY, "Alert", 4) in kinds(watch.cycle(10, {CITY: 4, DISTRICT: 4}))


def test_one_message_that_cannot_be_renewed_keeps_no_other_from_it(watch: Watch, monkeypatch) -> None:
    watch.cycle(0, areas={}, colours={CITY: 1, GRID: 3})
    made = Press.notice

    def broken(press: Press, rx: Any, content: Any, *rest: Any) -> Notice:
        if content.area == CITY:
            raise KeyError("no such text")
        return made(press, rx, content, *rest)

    monkeypatch.setattr(Press, "notice", broken)
    watch.clock.at(350)
    renewed = watch.publisher.expire()
    assert [m.area for m in renewed] == [GRID]
    watch.clock.at(365)
    watch.publisher.expire()
    assert [entry.body["area"] for entry in watch.entries("lapsed")] == [CITY]
