"""Publishing by hand: rights, second person, answers, and how hand and forecast get along."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.service.episodes_ask import BY_HAND
from api.service.outlook_form import save_outlook
from api.service.press import Fault, Press
from api.service.principal import SYSTEM, Principal
from api.service.publisher import Publisher
from api.service.refused import Refused
from api.store.errors import Conflict, Missing
from api.store.records import Message, Webhook
from api.warning.notice import Notice
from api.warning.provenance import made_from
from data.errors import InputError
from sim.result import ShelterUse
from tests.outlook_case import BEGIN, area_outlook, outlook
from tests.publish_case import (
    ACTUAL_APPROVER,
    ACTUAL_OFFICER,
    APPROVER,
    OFFICER,
    VIEWER,
    TurnedClock,
    publisher,
)

CITY, DISTRICT, OTHER, STREET = "510100", "510105", "510104", "510105001"


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def made(tmp_path: Path, clock: TurnedClock) -> Publisher:
    return publisher(tmp_path, clock)


@pytest.fixture
def actual(tmp_path: Path, clock: TurnedClock) -> Publisher:
    return publisher(tmp_path, clock, mode="actual", allow_actual=True)


def issued(made: Publisher, area: str = CITY, level: int = 2, by: Principal = OFFICER, **more: Any) -> Message:
    message = made.issue(area, level, by, **more).message
    assert message is not None
    return message


def active(made: Publisher) -> list[tuple[str, int, str]]:
    with made.store.reading() as rx:
        return [(m.area, m.level, m.status) for m in rx.active(made.clock.now())]


def refused(reason: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.reason == reason)


def test_issue_update_cancel_is_one_chain(made: Publisher, clock: TurnedClock) -> None:
    first = issued(made, hours=3.0, event="waterlogging")
    clock.at(10)
    second = made.update(first.identifier, OFFICER, level=4, note="more water").message
    assert second is not None
    clock.at(20)
    last = made.cancel(second.identifier, OFFICER, note="over")
    assert [m.msg_type for m in (first, second, last)] == ["Alert", "Update", "Cancel"]
    assert {m.chain for m in (first, second, last)} == {first.identifier}
    assert (first.expires - first.sent).total_seconds() == 3 * 3600
    assert Notice.from_json(second.notice).made_from == ("issued_by_hand",)
    assert "可能受" in Notice.from_json(second.notice).words["zh-CN"].description  # nobody has observed anything
    lifted = Notice.from_json(last.notice)
    assert (lifted.people, lifted.certainty, lifted.made_from) == (None, "Unknown", ("issued_by_hand",))
    assert "值班人员已解除" in lifted.words["zh-CN"].description
    assert active(made) == []
    with made.store.reading() as rx:
        notes = [(step.who, step.note) for step in rx.episode_steps(first.episode) if step.note]
    assert notes == [("officer-1", "issued by hand"), ("officer-1", "more water"), ("officer-1", "over")]


def test_only_the_message_in_force_can_be_changed(made: Publisher, clock: TurnedClock) -> None:
    first = issued(made)
    clock.at(1)
    second = made.update(first.identifier, OFFICER, level=3).message
    assert second is not None
    with refused("over"):
        made.update(first.identifier, OFFICER, level=4)
    with refused("over"):
        made.cancel(first.identifier, OFFICER)
    made.cancel(second.identifier, OFFICER)
    with refused("over"):
        made.update(second.identifier, OFFICER, level=1)
    with pytest.raises(Missing):
        made.cancel("nothing", OFFICER)


def test_an_area_warned_already_is_not_warned_twice(made: Publisher) -> None:
    issued(made)
    with refused("state"):
        made.issue(CITY, 3, APPROVER)


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": 0}, {"level": 5}, {"level": True}, {"event": "alien_landing"}, {"hours": 0.0}, {"hours": 24.5},
        {"hours": float("nan")}, {"area": "000000"},
    ],
)  # fmt: skip
def test_wrong_wishes_are_refused_and_leave_nothing(made: Publisher, wrong: dict[str, Any]) -> None:
    wish = {"area": CITY, "level": 2} | wrong
    with pytest.raises(InputError):
        made.issue(wish.pop("area"), wish.pop("level"), OFFICER, **wish)
    with made.store.reading() as rx:
        assert rx.last_entry() == 0
        assert rx.open_episodes() == []


def test_rights_by_role_and_area(made: Publisher) -> None:
    local = Principal("o-9", "officer", area=DISTRICT)
    with refused("role"):
        made.issue(CITY, 2, VIEWER)
    with refused("scope"):
        made.issue(CITY, 2, local)
    with refused("scope"):
        made.issue(OTHER, 2, local)
    message = issued(made, STREET, by=local)
    for role in ("viewer", "poller", "planner"):
        for do in (made.acknowledge, made.act, made.close):
            with refused("role"):
                do(message.identifier, Principal("x", role))
        with refused("role"):
            made.cancel(message.identifier, Principal("x", role))
    with refused("scope"):
        made.cancel(message.identifier, Principal("o-8", "officer", area=OTHER))
    assert active(made) == [(STREET, 2, "Exercise")]


def test_actual_needs_switch_mode_key_and_role(tmp_path: Path, clock: TurnedClock) -> None:
    worlds: list[dict[str, Any]] = [{}, {"mode": "actual"}, {"allow_actual": True}]
    for number, world in enumerate(worlds):
        made = publisher(tmp_path / str(number), clock, **world)
        with refused("actual"):
            made.issue(CITY, 1, ACTUAL_OFFICER, actual=True)
        assert issued(made, by=ACTUAL_OFFICER).status == "Exercise"
    made = publisher(tmp_path / "actual", clock, mode="actual", allow_actual=True)
    for by in (OFFICER, SYSTEM):
        with refused("actual"):
            made.issue(CITY, 1, by, actual=True)
    message = issued(made, by=ACTUAL_OFFICER)
    assert (message.status, message.scope) == ("Actual", "Public")
    assert "【演练】" not in Notice.from_json(message.notice).words["zh-CN"].headline
    with refused("actual"):
        made.cancel(message.identifier, OFFICER)
    assert issued(made, by=ACTUAL_OFFICER, actual=False).status == "Exercise"  # beside it, in a chain of its own
    assert sorted(active(made)) == [(CITY, 2, "Actual"), (CITY, 2, "Exercise")]


def test_orange_and_red_wait_for_a_second_person(actual: Publisher, clock: TurnedClock) -> None:
    outcome = actual.issue(CITY, 4, ACTUAL_OFFICER, hours=2.0)
    approval = outcome.approval
    assert outcome.message is None
    assert approval is not None
    assert active(actual) == []
    assert Notice.from_json(approval.body["notice"]).level == 4  # what would be sent, to be read before
    with refused("state"):
        actual.issue(CITY, 4, ACTUAL_OFFICER)
    twin = Principal(ACTUAL_OFFICER.key, "approver", actual=True)
    with refused("second_person"):
        actual.approve(approval.id, twin)
    with refused("second_person"):
        actual.reject(approval.id, twin)
    with refused("role"):
        actual.approve(approval.id, Principal("o-3", "officer", actual=True))
    with refused("actual"):
        actual.approve(approval.id, APPROVER)
    with pytest.raises(Missing):
        actual.approve("none", ACTUAL_APPROVER)
    clock.at(7)
    message = actual.approve(approval.id, ACTUAL_APPROVER).message
    assert message is not None
    assert (message.level, message.status, message.sent) == (4, "Actual", clock.now())
    assert (message.expires - message.sent).total_seconds() == 2 * 3600
    with pytest.raises((Conflict, Refused)):
        actual.approve(approval.id, ACTUAL_APPROVER)
    lowered = actual.update(message.identifier, ACTUAL_OFFICER, level=3)
    assert lowered.message is not None  # down needs nobody
    again = actual.update(lowered.message.identifier, ACTUAL_OFFICER, level=4)
    assert again.message is None  # up does


def test_a_question_refused_or_too_old_sends_nothing(actual: Publisher, clock: TurnedClock) -> None:
    first = actual.issue(CITY, 3, ACTUAL_OFFICER).approval
    assert first is not None
    assert actual.reject(first.id, ACTUAL_APPROVER, "not so bad").state == "rejected"
    second = actual.issue(CITY, 3, ACTUAL_OFFICER).approval
    assert second is not None
    clock.at(31)
    with refused("over"):
        actual.approve(second.id, ACTUAL_APPROVER)
    actual.expire()
    with actual.store.reading() as rx:
        kept = rx.approval(second.id)
        assert rx.open_episodes() == []
    assert kept is not None
    assert kept.state == "lapsed"
    assert active(actual) == []
    with actual.store.reading() as rx:
        told = [entry for entry in rx.entries(0, 100) if entry.kind == "approval"]
    assert [(entry.subject == first.id, entry.body["state"]) for entry in told] == [
        (True, "waiting"), (True, "rejected"), (False, "waiting"), (False, "lapsed"),
    ]  # fmt: skip
    assert {(entry.body["status"], entry.body["area"], entry.body["level"]) for entry in told} == {("Actual", CITY, 3)}


def test_that_a_second_person_agreed_is_told_to_subscribers_of_approvals_of_the_area(actual: Publisher) -> None:
    with actual.store.writing("test") as tx:
        for name, area in (("above", CITY), ("elsewhere", OTHER)):
            tx.save_webhook(Webhook(name, "https://example.com", "whsec_x", ("approval",), area, 0, tx.now))
    asked = actual.issue(DISTRICT, 3, ACTUAL_OFFICER).approval
    assert asked is not None
    actual.approve(asked.id, ACTUAL_APPROVER)
    with actual.store.reading() as rx:
        entries = [rx.entry_at(one.entry) for one in rx.deliveries(webhook="above")]
        assert [entry.body["state"] for entry in entries if entry is not None] == ["waiting", "approved"]
        assert rx.deliveries(webhook="elsewhere") == []


def test_the_forecast_outside_of_exercises_sends_yellow_at_once_and_asks_for_red(
    actual: Publisher, clock: TurnedClock
) -> None:
    (sent,) = actual.take_outlook(outlook(0, {CITY: 4}), ACTUAL_OFFICER)
    assert (sent.level, sent.status) == (2, "Actual")
    with actual.store.reading() as rx:
        (question,) = rx.approvals("waiting")
    assert (question.level, question.area) == (4, CITY)
    clock.at(10)
    assert actual.take_outlook(outlook(10, {CITY: 4}), ACTUAL_OFFICER) == []
    raised = actual.approve(question.id, ACTUAL_APPROVER).message
    assert raised is not None
    assert (raised.msg_type, raised.level, raised.predecessor) == ("Update", 4, sent.identifier)
    clock.at(20)
    assert actual.take_outlook(outlook(20, {CITY: 4}), ACTUAL_OFFICER) == []


def test_agreed_to_when_the_water_has_fallen_sends_no_more_than_is_needed(
    actual: Publisher, clock: TurnedClock
) -> None:
    actual.take_outlook(outlook(0, {CITY: 4}), ACTUAL_OFFICER)
    with actual.store.reading() as rx:
        (question,) = rx.approvals("waiting")
    for minute in (10, 20, 29):
        clock.at(minute)
        actual.take_outlook(outlook(minute, {CITY: 1 if minute > 10 else 3}), ACTUAL_OFFICER)
    message = actual.approve(question.id, ACTUAL_APPROVER).message
    assert message is not None
    assert message.level == 4  # still held: the rules gave it within the half hour
    clock.at(70)
    actual.take_outlook(outlook(70, {CITY: 1}), ACTUAL_OFFICER)
    assert active(actual) == [(CITY, 1, "Actual")]


def test_answers_move_the_episode_and_are_written_down(made: Publisher, clock: TurnedClock) -> None:
    message = issued(made)
    assert made.acknowledge(message.identifier, OFFICER, "on duty").state == "acknowledged"
    assert made.acknowledge(message.identifier, APPROVER).state == "acknowledged"  # twice is no fault
    assert made.act(message.identifier, OFFICER, "gates closed").state == "acted"
    assert made.acknowledge(message.identifier, OFFICER).state == "acted"
    with made.store.reading() as rx:
        assert [row.actor for row in rx.audit_rows(0, 100) if row.action == "acknowledge"] == [
            "officer-1", "approver-1", "officer-1",
        ]  # fmt: skip
    clock.at(5)
    assert made.close(message.identifier, OFFICER).state == "closed"
    assert active(made) == []
    with refused("over"):
        made.acknowledge(message.identifier, OFFICER)


def test_nothing_is_closed_that_nobody_has_acknowledged(made: Publisher) -> None:
    message = issued(made)
    with refused("state"):
        made.close(message.identifier, OFFICER)
    assert active(made) == [(CITY, 2, "Exercise")]


def test_an_answer_to_a_message_since_raised_is_refused_since_lowered_it_counts(
    made: Publisher, clock: TurnedClock
) -> None:
    first = issued(made, level=2)
    clock.at(1)
    second = made.update(first.identifier, OFFICER, level=3).message
    assert second is not None
    with refused("over"):
        made.acknowledge(first.identifier, OFFICER)
    clock.at(2)
    made.update(second.identifier, OFFICER, level=1)
    assert made.acknowledge(second.identifier, OFFICER).state == "acknowledged"


def test_lifted_by_hand_the_rules_do_not_bring_it_back_for_the_same(made: Publisher, clock: TurnedClock) -> None:
    (sent,) = made.take_outlook(outlook(0, {CITY: 2}))
    clock.at(5)
    made.cancel(sent.identifier, OFFICER, note="false gauge")
    for minute in (10, 30, 60):
        clock.at(minute)
        assert made.take_outlook(outlook(minute, {CITY: 2})) == []
    clock.at(62)
    (worse,) = made.take_outlook(outlook(62, {CITY: 3}))
    assert worse.msg_type == "Alert"


def test_lifted_by_hand_it_comes_back_after_an_hour(made: Publisher, clock: TurnedClock) -> None:
    (sent,) = made.take_outlook(outlook(0, {CITY: 2}))
    made.cancel(sent.identifier, OFFICER)
    clock.at(61)
    (again,) = made.take_outlook(outlook(61, {CITY: 2}))
    assert again.msg_type == "Alert"


def test_issued_by_hand_it_holds_to_its_end_while_the_rules_say_nothing(made: Publisher, clock: TurnedClock) -> None:
    message = issued(made, hours=2.0)
    for minute in range(10, 120, 10):
        clock.at(minute)
        assert made.take_outlook(outlook(minute, {})) == []
        assert made.expire() == []
    assert active(made) == [(CITY, 2, "Exercise")]
    clock.at(120)
    made.expire()
    assert active(made) == []
    with made.store.reading() as rx:
        (lapsed,) = [entry for entry in rx.entries(0, 100) if entry.kind == "lapsed"]
    assert lapsed.subject == message.identifier
    assert lapsed.body["why"] == "as its sender set"


def test_a_fault_by_hand_is_refused_told_and_leaves_nothing(made: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: Press, rx: Any, notice: Notice, *rest: Any) -> Message:
        raise Fault(notice.area, notice.msg_type, notice.level, ["made up"])

    monkeypatch.setattr(Press, "message", never)
    with refused("fault"):
        made.issue(CITY, 2, OFFICER)
    with pytest.raises(Fault) as caught, made.store.writing("officer-1") as tx:
        made.issue(CITY, 2, OFFICER, tx=tx)
    with made.store.reading() as rx:
        assert [entry.kind for entry in rx.entries(0, 10)] == ["fault"]  # the second is the caller's to tell
        assert rx.open_episodes() == []
    made.report(caught.value, OFFICER)
    with made.store.reading() as rx:
        assert [entry.kind for entry in rx.entries(0, 10)] == ["fault", "fault"]


def test_work_inside_of_a_callers_transaction_is_part_of_it(made: Publisher) -> None:
    class Gone(Exception):
        pass

    def leave() -> None:
        with made.store.writing("officer-1") as tx:
            assert made.issue(CITY, 2, OFFICER, tx=tx).message is not None
            raise Gone

    with pytest.raises(Gone):
        leave()
    assert active(made) == []
    with made.store.writing("officer-1") as tx:
        made.issue(CITY, 2, OFFICER, tx=tx)
    assert active(made) == [(CITY, 2, "Exercise")]


def test_a_warning_by_hand_carries_what_the_newest_outlook_knows(made: Publisher, clock: TurnedClock) -> None:
    school = ShelterUse("s1", "第一小学", "First School", 40, 6.0, 5400.0, ("临江路", "桥头巷"), (), 104.01, 30.61)
    onset = BEGIN + timedelta(minutes=95)
    area = area_outlook(STREET, 2, onset=onset, leave_by=BEGIN + timedelta(minutes=80), shelters=(school,))
    said = outlook(0, {}, {STREET: area})
    with made.store.writing("watch") as tx:
        save_outlook(tx, said)
    clock.at(29)
    notice = Notice.from_json(issued(made, STREET, 1).notice)
    assert notice.people == 20
    assert (notice.onset, notice.leave_by) == (onset, BEGIN + timedelta(minutes=80))
    (refuge,) = notice.refuges
    assert (refuge.id, refuge.leave_by) == ("s1", BEGIN + timedelta(minutes=90))
    assert (refuge.way, refuge.lon, refuge.lat) == (("临江路", "桥头巷"), 104.01, 30.61)
    assert notice.made_from == (*made_from(said), BY_HAND)
    assert notice.evidence[0].rule == "rain_3h"
    with made.store.reading() as rx:
        record = rx.open_episode(STREET, "Exercise")
    assert record is not None
    assert record.memory["hand"] == {"level": 1, "seen": 2, "until_s": clock.now().timestamp() + 3600.0}
    clock.at(31)
    assert Notice.from_json(issued(made, OTHER, 1).notice).people is None


def test_facts_too_old_are_not_repeated(made: Publisher, clock: TurnedClock) -> None:
    said = outlook(0, {STREET: 2})
    with made.store.writing("watch") as tx:
        save_outlook(tx, said)
    clock.at(31)
    assert Notice.from_json(issued(made, STREET, 2).notice).evidence == ()
