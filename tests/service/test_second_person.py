"""The second person: what is asked, what they see, what becomes of it once the chain has moved on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.service.access import new_access
from api.service.episodes_ask import BY_HAND
from api.service.principal import Principal
from api.service.publisher import Publisher
from api.service.refused import Refused
from api.store.records import Approval, Message
from api.warning.notice import Notice
from tests.outlook_case import BEGIN, area_outlook, outlook
from tests.publish_case import ACTUAL_APPROVER, ACTUAL_OFFICER, TurnedClock, publisher

AREA = "510104"
WATCH = Principal("watch", "officer", actual=True)
SOON = BEGIN + timedelta(minutes=60)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def made(tmp_path: Path, clock: TurnedClock) -> Publisher:
    return publisher(tmp_path, clock, mode="actual", allow_actual=True)


def cycle(made: Publisher, clock: TurnedClock, minute: float, colour: int, **more: Any) -> list[Message]:
    clock.at(minute)
    return made.take_outlook(outlook(minute, {}, {AREA: area_outlook(AREA, colour, **more)} if colour else {}), WATCH)


def in_force(made: Publisher) -> Message:
    with made.store.reading() as rx:
        (message,) = rx.active(made.clock.now(), "Actual")
    return message


def waiting(made: Publisher) -> list[Approval]:
    with made.store.reading() as rx:
        return rx.approvals("waiting")


def state_of(made: Publisher, question: Approval) -> str:
    with made.store.reading() as rx:
        kept = rx.approval(question.id)
    assert kept is not None
    return kept.state


def asked(made: Publisher, level: int, **more: Any) -> Approval:
    """A question by the officer about the message in force."""
    question = made.update(in_force(made).identifier, ACTUAL_OFFICER, level=level, **more).approval
    assert question is not None
    return question


def refused(reason: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.reason == reason)


def test_an_old_question_never_lowers_what_is_in_force(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER)
    orange = asked(made, 3)
    cycle(made, clock, 5, 4)
    (red,) = waiting(made)  # the higher question has taken the place of the lower one
    assert (red.level, state_of(made, orange)) == (4, "void")
    clock.at(6)
    made.approve(red.id, ACTUAL_APPROVER)
    with refused("over"):
        made.approve(orange.id, ACTUAL_APPROVER)
    assert in_force(made).level == 4


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_lifted_by_hand_nothing_waits_any_more(made: Publisher, clock: TurnedClock, end: str) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER)
    orange = asked(made, 3)
    made.acknowledge(in_force(made).identifier, ACTUAL_OFFICER)
    getattr(made, end)(in_force(made).identifier, ACTUAL_OFFICER)
    assert state_of(made, orange) == "void"
    for decide in (made.approve, made.reject):
        with refused("over"):
            decide(orange.id, ACTUAL_APPROVER)


def test_once_the_colour_was_lowered_it_must_be_agreed_to_again(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 4)
    (red,) = waiting(made)
    clock.at(5)
    made.update(in_force(made).identifier, ACTUAL_OFFICER, level=1, note="false echo")
    clock.at(6)
    with refused("over"):
        made.approve(red.id, ACTUAL_APPROVER)
    clock.at(20)
    again = made.update(in_force(made).identifier, ACTUAL_OFFICER, level=4)
    assert again.message is None
    assert again.approval is not None
    made.reject(again.approval.id, ACTUAL_APPROVER)
    cycle(made, clock, 140, 4)  # the rules, once the hand no longer holds
    assert in_force(made).level == 2
    assert [one.level for one in waiting(made)] == [4]


def test_a_grant_that_sends_nothing_is_not_kept(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 4)
    for minute in (1, 10, 20, 30):
        cycle(made, clock, minute, 2)
        made.expire()
    (red,) = waiting(made)  # the second question: nobody answered the first
    cycle(made, clock, 40, 2)
    clock.at(41)
    outcome = made.approve(red.id, ACTUAL_APPROVER)
    assert outcome.message is None
    assert outcome.approval is not None
    assert outcome.approval.state == "approved"
    cycle(made, clock, 50, 4)
    assert in_force(made).level == 2
    assert [one.level for one in waiting(made)] == [4]  # asked again at once


def test_an_order_in_force_is_not_dropped_by_agreeing(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 3)
    (orange,) = waiting(made)
    cycle(made, clock, 10, 3, leave_by=SOON, onset=SOON)
    assert Notice.from_json(in_force(made).notice).leave_by == SOON
    (shown,) = waiting(made)
    assert shown.id == orange.id
    assert Notice.from_json(shown.body["notice"]).leave_by == SOON  # the second person sees it too
    clock.at(11)
    made.approve(orange.id, ACTUAL_APPROVER)
    notice = Notice.from_json(in_force(made).notice)
    assert (notice.level, notice.leave_by) == (3, SOON)


def test_a_question_by_hand_takes_over_an_order_given_since(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER)
    orange = asked(made, 3, event="waterlogging", hours=3.0)
    cycle(made, clock, 5, 2, leave_by=SOON, onset=SOON)
    clock.at(6)
    made.approve(orange.id, ACTUAL_APPROVER)
    message = in_force(made)
    notice = Notice.from_json(message.notice)
    assert (notice.level, notice.event, notice.leave_by) == (3, "waterlogging", SOON)
    assert message.expires - message.sent == timedelta(hours=3)
    assert BY_HAND in notice.made_from


def test_a_message_first_sent_since_is_updated_not_begun_again(made: Publisher, clock: TurnedClock) -> None:
    orange = made.issue(AREA, 3, ACTUAL_OFFICER).approval
    assert orange is not None
    (yellow,) = cycle(made, clock, 5, 2)
    (shown,) = waiting(made)
    assert (shown.message_type, shown.body["notice"]["msgType"]) == ("Update", "Update")
    message = made.approve(orange.id, ACTUAL_APPROVER).message
    assert message is not None
    assert (message.msg_type, message.predecessor) == ("Update", yellow.identifier)


def test_red_can_be_asked_for_while_orange_waits(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 3)
    (orange,) = waiting(made)
    clock.at(1)
    red = asked(made, 4)
    assert [one.id for one in waiting(made)] == [red.id]
    assert state_of(made, orange) == "void"
    for level in (3, 4):  # no more than what waits already
        with refused("state"):
            made.update(in_force(made).identifier, ACTUAL_OFFICER, level=level)
    cycle(made, clock, 10, 4)
    assert [one.id for one in waiting(made)] == [red.id]  # nor does the forecast ask twice


def test_refused_once_the_same_is_not_asked_for_beside_it(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 3)
    (orange,) = waiting(made)
    cycle(made, clock, 10, 4)
    with refused("over"):
        made.reject(orange.id, ACTUAL_APPROVER)
    cycle(made, clock, 20, 4)
    assert [one.level for one in waiting(made)] == [4]


@pytest.mark.parametrize("upkeep", [False, True])
def test_agreed_to_after_the_message_ran_out_it_is_an_alert(made: Publisher, clock: TurnedClock, upkeep: bool) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER, hours=0.1)
    orange = asked(made, 3, note="levee seeps")
    clock.at(10)
    if upkeep:  # has told of the lapse before the answer came
        made.expire()
    outcome = made.approve(orange.id, ACTUAL_APPROVER)
    assert outcome.message is not None
    assert (outcome.message.msg_type, outcome.message.predecessor, outcome.message.level) == ("Alert", "", 3)
    assert outcome.message.expires - outcome.message.sent == timedelta(hours=6)
    with made.store.reading() as rx:
        kinds = [entry.kind for entry in rx.entries(0, 10)]
        assert [kind for kind in kinds if kind != "approval"] == ["warning", "lapsed", "warning"]
        assert kinds.count("approval") == 2, "asked, approved"
        assert [one.id for one in rx.open_episodes("Actual")] == [outcome.episode.id]


def test_a_question_that_outlived_its_message_ends_like_any_other(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER, hours=0.1)
    orange = asked(made, 3)
    clock.at(10)
    made.expire()
    clock.at(31)
    made.expire()
    assert state_of(made, orange) == "lapsed"
    with made.store.reading() as rx:
        assert rx.open_episodes("Actual") == []


def test_an_area_whose_message_has_run_out_is_warned_again_at_once(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER, hours=0.1)
    clock.at(10)
    message = made.issue(AREA, 2, ACTUAL_OFFICER).message
    assert message is not None
    assert message.msg_type == "Alert"
    with made.store.reading() as rx:
        assert [entry.kind for entry in rx.entries(0, 10)] == ["warning", "lapsed", "warning"]


def test_the_rules_lift_nothing_while_a_person_has_asked_for_more(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 2)
    cycle(made, clock, 1, 0)
    clock.at(25)
    orange = asked(made, 3)
    assert cycle(made, clock, 35, 0) == []
    clock.at(36)
    made.approve(orange.id, ACTUAL_APPROVER)
    assert in_force(made).level == 3


def test_the_rules_lift_it_once_the_question_is_refused(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 2)
    cycle(made, clock, 1, 0)
    clock.at(25)
    orange = asked(made, 3)
    cycle(made, clock, 35, 0)
    made.reject(orange.id, ACTUAL_APPROVER)
    (lifted,) = cycle(made, clock, 45, 0)
    assert lifted.msg_type == "Cancel"


def changed(shown: dict[str, Any], message: Message) -> set[str]:
    """Members of the notice that are not as they were shown; an outline may begin at another corner."""
    sent = message.notice
    assert sorted(sent["polygon"][0][1:]) == sorted(shown["polygon"][0][1:])
    return {name for name, value in sent.items() if shown[name] != value} - {"polygon"}


SENT_LATER = ("identifier", "sent", "onset", "expires", "leadTimeMinutes")  # what the moment of sending changes
TEXTS_WITH_TIME = ("headline", "description", "headline_en", "description_en")


@pytest.mark.parametrize("hours", [None, 2.0])
def test_the_second_person_sees_what_is_sent(made: Publisher, clock: TurnedClock, hours: float | None) -> None:
    question = made.issue(AREA, 4, ACTUAL_OFFICER, hours=hours).approval
    assert question is not None
    shown = question.body["notice"]
    assert shown["identifier"] == ""  # another message may take the one that it would have now
    assert shown["madeFrom"] == [BY_HAND]
    seen = Notice.from_json(shown)
    assert seen.expires - seen.sent == timedelta(hours=hours or 6.0)
    message = made.approve(question.id, ACTUAL_APPROVER).message
    assert message is not None
    assert changed(shown, message) == {"identifier"}


def test_an_update_asked_for_ends_when_the_message_does(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER, hours=2.0)
    ends = in_force(made).expires
    clock.at(5)
    question = asked(made, 4)
    assert Notice.from_json(question.body["notice"]).expires == ends
    clock.at(9)
    message = made.approve(question.id, ACTUAL_APPROVER).message
    assert message is not None
    assert message.expires == ends
    assert changed(question.body["notice"], message) <= {
        *SENT_LATER,
        "headline",
        "description",
        "headline_en",
        "description_en",
    }


def test_an_update_without_hours_leaves_the_end_as_it_is(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 1, ACTUAL_OFFICER, hours=2.0)
    ends = in_force(made).expires
    clock.at(30)
    made.update(in_force(made).identifier, ACTUAL_OFFICER, level=2)
    assert in_force(made).expires == ends
    made.update(in_force(made).identifier, ACTUAL_OFFICER, hours=4.0)
    assert in_force(made).expires == clock.now() + timedelta(hours=4)


def test_why_it_was_asked_stands_in_question_history_and_audit(made: Publisher, clock: TurnedClock) -> None:
    made.issue(AREA, 2, ACTUAL_OFFICER)
    question = asked(made, 4, note="levee seeps at K3")
    assert question.body["note"] == "levee seeps at K3"
    clock.at(3)
    outcome = made.approve(question.id, ACTUAL_APPROVER)
    with made.store.reading() as rx:
        steps = [(step.who, step.note) for step in rx.episode_steps(outcome.episode.id) if step.note]
        audited = [row.body["note"] for row in rx.audit_rows(0, 100) if row.action == "ask_approval"]
    assert ("officer-2", "levee seeps at K3") in steps
    assert ("approver-2", "agreed by approver-2") in steps
    assert audited == ["levee seeps at K3"]


def test_a_key_made_since_or_with_the_key_that_asked_is_no_second_person(made: Publisher, clock: TurnedClock) -> None:
    def key(made_by: str = "", **more: Any) -> Principal:
        new, _ = new_access("one", "approver", clock.now(), actual=True, made_by=made_by, **more)
        with made.store.writing("test") as tx:
            tx.save_key(new)
        return Principal(new.id, "approver", actual=True)

    asker, other = key(), key()
    child = key(asker.key)
    grandchild = key(child.key)
    clock.at(1)
    question = made.issue(AREA, 4, asker).approval
    assert question is not None
    late = key(other.key)
    clock.at(2)
    later = key()
    for one in (asker, child, grandchild, late, later):
        for decide in (made.approve, made.reject):
            with refused("second_person"):
                decide(question.id, one)
    assert made.approve(question.id, other).message is not None


def test_who_made_the_key_that_asked_is_no_second_person(made: Publisher, clock: TurnedClock) -> None:
    def key(role: str, made_by: str = "") -> Principal:
        new, _ = new_access("one", role, clock.now(), actual=True, made_by=made_by)
        with made.store.writing("test") as tx:
            tx.save_key(new)
        return Principal(new.id, role, actual=True)

    admin = key("admin")
    child = key("admin", admin.key)
    asker, colleague = key("officer", child.key), key("approver", admin.key)
    clock.at(1)
    question = made.issue(AREA, 4, asker).approval
    assert question is not None
    clock.at(2)
    for one in (admin, child):
        with refused("second_person"):
            made.approve(question.id, one)
    assert made.approve(question.id, colleague).message is not None


def test_another_end_by_hand_voids_nothing_that_the_rules_have_asked(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 3)
    (orange,) = waiting(made)
    clock.at(5)
    longer = made.update(in_force(made).identifier, ACTUAL_OFFICER, hours=6).message
    assert longer is not None
    assert state_of(made, orange) == "waiting"
    clock.at(6)
    assert made.approve(orange.id, ACTUAL_APPROVER).message is not None
    assert in_force(made).level == 3


def test_refused_red_the_rules_ask_for_orange_again(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 3)
    clock.at(1)
    red = asked(made, 4)
    made.reject(red.id, ACTUAL_APPROVER)
    cycle(made, clock, 10, 3)
    assert [one.level for one in waiting(made)] == [3]


def test_a_question_void_with_its_episode_is_told_as_void(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 3)
    (orange,) = waiting(made)
    clock.at(20)
    made.expire()
    clock.at((in_force(made).expires - BEGIN).total_seconds() / 60.0 + 1.0)
    with made.store.reading() as rx:
        before = [e.body["state"] for e in rx.entries(0, 1000) if e.kind == "approval" and e.subject == orange.id]
    made.expire()
    with made.store.reading() as rx:
        told = [e.body["state"] for e in rx.entries(0, 1000) if e.kind == "approval" and e.subject == orange.id]
    assert before == ["waiting"]
    assert told[1:] in (["void"], ["lapsed"])
    assert told[-1] == state_of(made, orange)


def test_renewed_without_a_forecast_a_question_keeps_its_own_facts(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 0, 2)
    ends = (in_force(made).expires - clock.now()).total_seconds() / 60.0
    cycle(made, clock, ends - 31, 3)
    (orange,) = waiting(made)
    clock.at(ends - 14)
    made.expire()
    (kept,) = waiting(made)
    assert Notice.from_json(in_force(made).notice).people == 20
    assert Notice.from_json(kept.body["notice"]).people == Notice.from_json(orange.body["notice"]).people == 30
    assert kept.body["notice"]["references"] != orange.body["notice"]["references"]


def test_a_clock_that_ran_ahead_for_one_cycle_asks_once_and_takes_a_no(made: Publisher, clock: TurnedClock) -> None:
    cycle(made, clock, 24 * 60, 2)
    for minute in (10, 20, 30):
        cycle(made, clock, minute, 4)
        made.expire()
    with made.store.reading() as rx:
        (red,) = rx.approvals()
    made.reject(red.id, ACTUAL_APPROVER)
    cycle(made, clock, 40, 4)
    assert waiting(made) == []


def test_a_question_of_a_clock_that_ran_ahead_is_void_once_it_is_put_right(made: Publisher, clock: TurnedClock) -> None:
    clock.at(24 * 60)
    red = made.issue(AREA, 4, ACTUAL_OFFICER).approval
    assert red is not None
    clock.at(10)
    with refused("over"):
        made.approve(red.id, ACTUAL_APPROVER)
    made.expire()
    assert waiting(made) == []


def test_warnings_of_before_and_during_a_leap_of_the_clock_are_lifted_when_the_rules_say_nothing(
    made: Publisher, clock: TurnedClock
) -> None:
    cycle(made, clock, 0, 2)
    cycle(made, clock, 24 * 60, 2)
    for minute in range(10, 120, 10):
        cycle(made, clock, minute, 0)
        made.expire()
    with made.store.reading() as rx:
        assert rx.active(clock.now(), "Actual") == []
        assert rx.open_episodes("Actual") == []
