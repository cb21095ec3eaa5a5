"""One area through time: raised at once, lowered with hysteresis, renewed before the end, changed with the reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.rules_file import load_rules
from sim.episode.decide import (
    Decision,
    by_hand,
    decide,
    decide_blind,
    lapsed,
    more_particular,
    published,
    sendable_level,
)
from sim.episode.memory import EpisodeMemory, Hand
from sim.episode.terms import EpisodeTerms, episode_terms
from tests.outlook_case import BEGIN, area_outlook

TERMS = episode_terms(load_rules())
STREET = "510105001"


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


class Area:
    """Looks, and sends whatever is decided."""

    def __init__(self, terms: EpisodeTerms = TERMS) -> None:
        self.memory = EpisodeMemory()
        self.terms = terms
        self.minute = 0.0

    def look(self, minute: float, colour: int, *, deaf: bool = False, **more: object) -> Decision | None:
        self.minute = minute
        area = area_outlook(STREET, colour, **more)  # type: ignore[arg-type]
        self.memory, decision = decide(self.memory, area, at(minute), self.terms, deaf)
        if decision is not None and decision.message_type:
            self.send(decision, minute, area.leave_by, area.onset)
        return decision

    def send(
        self, decision: Decision, minute: float, leave_by: datetime | None = None, onset: datetime | None = None
    ) -> None:
        ends = at(minute) + timedelta(seconds=self.terms.validity_s)
        self.memory = published(self.memory, decision, at(minute), ends, leave_by is not None, leave_by, onset)
        assert EpisodeMemory.from_json(json.loads(json.dumps(self.memory.to_json(), allow_nan=False))) == self.memory


def kind(decision: Decision | None) -> tuple[str, int, str] | None:
    return None if decision is None else (decision.message_type, decision.level, decision.reason)


def test_a_warning_begins_rises_holds_and_is_lifted() -> None:
    area = Area()
    assert area.look(0, 0) is None
    assert kind(area.look(10, 2)) == ("Alert", 2, "begun")
    assert area.look(20, 2) is None
    assert kind(area.look(21, 4)) == ("Update", 4, "raised")  # at once, however short after the last
    assert area.look(30, 1) is None  # held
    assert area.look(50, 1) is None
    assert kind(area.look(61, 1)) == ("Update", 1, "lowered")
    assert area.look(70, 0) is None
    assert kind(area.look(100, 0)) == ("Cancel", 0, "lifted")
    assert area.memory.level == 0


def test_watched_before_it_comes_to_a_warning_and_passed() -> None:
    area = Area()
    seen = area.look(0, 0, blue=TERMS.detect_probability)
    assert seen is not None
    assert (seen.state, seen.message_type) == ("detected", "")
    assert area.look(10, 0, blue=0.1) is None
    gone = area.look(30, 0, blue=0.1)
    assert gone is not None
    assert (gone.state, gone.reason) == ("closed", "passed")
    quiet = Area()
    assert quiet.look(0, 0, blue=TERMS.detect_probability - 0.01) is None


def test_renewed_before_the_end_and_not_earlier() -> None:
    area = Area()
    area.look(0, 2)
    due = (TERMS.validity_s - TERMS.renew_before_s) / 60.0
    assert area.look(due - 1, 2) is None
    assert kind(area.look(due, 2)) == ("Update", 2, "renewed")
    assert area.memory.expires_s == at(due).timestamp() + TERMS.validity_s


def test_what_was_foretold_is_told_once_when_it_has_come() -> None:
    area = Area()
    area.look(0, 3, onset=at(45), leave_by=at(25))
    assert area.look(10, 3, onset=at(45), leave_by=at(25)) is None
    assert area.look(20, 3, onset=at(45), leave_by=at(25)) is None
    assert kind(area.look(30, 3, onset=at(45), leave_by=at(30))) == ("Update", 3, "come")  # the last departure
    assert area.look(40, 3, onset=at(45), leave_by=at(40)) is None
    assert kind(area.look(50, 3, onset=at(50), leave_by=at(50))) == ("Update", 3, "come")  # the onset
    for minute in (60, 70, 80):
        assert area.look(minute, 3, onset=at(minute), leave_by=at(minute)) is None


def test_a_danger_that_did_not_come_is_not_told_as_here() -> None:
    area = Area()
    area.look(0, 3, onset=at(15), leave_by=at(15))
    assert area.look(20, 1, onset=at(40)) is None  # held, to be lowered soon


def test_another_reason_is_told_only_where_it_says_more() -> None:
    area = Area()
    area.look(0, 2, event="rainstorm")
    assert area.look(5, 2, event="waterlogging") is None  # not so soon
    assert kind(area.look(10, 2, event="waterlogging")) == ("Update", 2, "event")
    assert area.look(30, 2, event="rainstorm") is None
    assert area.look(31, 1, event="rainstorm") is None
    assert area.memory.event == "waterlogging"  # what the held level was given for
    assert more_particular("waterlogging", "rainstorm")
    assert not more_particular("rainstorm", "waterlogging")
    assert more_particular("debris_flow", "waterlogging")
    assert not more_particular("rainstorm", "rainstorm")


def test_an_order_to_leave_is_told_at_once_and_again_where_time_shrinks() -> None:
    area = Area()
    area.look(0, 2)
    assert kind(area.look(1, 2, leave_by=at(90))) == ("Update", 2, "order")
    assert area.look(15, 2, leave_by=at(85)) is None  # hardly earlier
    assert kind(area.look(20, 2, leave_by=at(60))) == ("Update", 2, "order")
    assert area.look(40, 2, leave_by=at(90)) is None  # later is no news


def test_a_message_that_did_not_go_out_is_decided_again() -> None:
    memory, first = decide(EpisodeMemory(), area_outlook(STREET, 3), at(0), TERMS)
    memory, second = decide(memory, area_outlook(STREET, 3), at(10), TERMS)
    assert kind(first) == kind(second) == ("Alert", 3, "begun")
    assert memory.level == 0


def test_without_a_forecast_it_is_renewed_so_often_and_then_lapses() -> None:
    area = Area()
    area.look(0, 3)
    renewals = 0
    minute = 0.0
    while not lapsed(area.memory, at(minute)):
        decision = decide_blind(area.memory, at(minute), TERMS)
        if decision is not None:
            assert (decision.message_type, decision.level, decision.reason) == ("Update", 3, "blind")
            area.send(decision, minute)
            renewals += 1
        minute += 1.0
    assert renewals == TERMS.blind_renewals
    area.look(minute, 3)
    assert area.memory.blind == 0


def test_while_no_gauge_is_heard_nothing_falls_and_it_is_renewed_so_often_and_then_lapses() -> None:
    area = Area()
    area.look(0, 3)
    sent = []
    minute = 10.0
    while not lapsed(area.memory, at(minute)):
        decision = area.look(minute, 0, deaf=True)
        sent += [kind(decision)] if decision is not None else []
        minute += 10.0
    assert sent == [("Update", 3, "blind")] * TERMS.blind_renewals


def test_what_rises_though_no_gauge_is_heard_is_told_and_hearing_again_lifts() -> None:
    area = Area()
    area.look(0, 2)
    assert area.look(10, 0, deaf=True) is None
    assert kind(area.look(20, 3, deaf=True)) == ("Update", 3, "raised")
    hold = TERMS.hysteresis.downgrade_hold_s / 60.0
    assert area.look(30 + 2 * hold, 0, deaf=True) is None  # long below, had it been heard
    assert area.look(40 + 2 * hold, 0) is None  # the hold begins when gauges are heard again
    lifted = [area.look(40 + 2 * hold + minute, 0) for minute in (10, 20, hold, 2 * hold)]
    assert ("Cancel", 0, "lifted") in [kind(decision) for decision in lifted]


def test_no_blind_renewal_while_the_forecast_still_looks() -> None:
    area = Area()
    area.look(0, 3)
    end = TERMS.validity_s / 60.0
    memory = replace(area.memory, look=replace(area.memory.look, seen_s=at(end - 20).timestamp()))
    assert decide_blind(memory, at(end - 1), TERMS) is None
    assert decide_blind(area.memory, at(end - 16), TERMS) is None
    assert decide_blind(area.memory, at(end - 15), TERMS) is not None
    assert decide_blind(area.memory, at(end), TERMS) is None  # too late: it has lapsed


def test_beyond_the_ceiling_the_highest_that_may_go_out_goes_at_once_and_the_rest_is_asked_for() -> None:
    area = Area(replace(TERMS, ceiling=2))
    first = area.look(0, 4)
    assert kind(first) == ("Alert", 2, "begun")
    assert first is not None
    assert first.ask == 4
    area.memory = replace(area.memory, asked=4, asked_s=at(0).timestamp())
    assert area.look(10, 4) is None  # waits
    again = area.look(30, 4)
    assert again is not None  # nobody answered
    assert (again.message_type, again.ask) == ("", 4)
    area.memory = replace(area.memory, granted=4)
    assert kind(area.look(40, 4)) == ("Update", 4, "raised")
    area.look(80, 1), area.look(120, 1)
    assert area.memory.level == 1
    assert area.memory.granted == 1  # what was agreed to is spent once it was lowered
    raised = area.look(130, 3)
    assert raised is not None
    assert (raised.level, raised.ask) == (2, 3)


def test_a_refusal_holds_for_a_while_but_not_against_more() -> None:
    area = Area(replace(TERMS, ceiling=2))
    area.look(0, 3)
    area.memory = replace(area.memory, asked=0, refused=3, refused_s=at(1).timestamp())
    assert area.look(10, 3) is None
    more = area.look(20, 4)
    assert more is not None
    assert more.ask == 4
    later = area.look(1 + TERMS.ask_again_s / 60.0, 3)
    assert later is not None
    assert later.ask == 4  # still held at red by hysteresis or asked afresh


def test_who_refuses_red_has_not_refused_orange() -> None:
    area = Area(replace(TERMS, ceiling=2))
    area.look(0, 4)
    area.memory = replace(area.memory, asked=0, refused=4, refused_s=at(1).timestamp())
    assert area.look(10, 4) is None
    asks = [area.look(10.0 + minute, 3) for minute in range(10, 50, 10)]
    assert 3 in [decision.ask for decision in asks if decision is not None]


def test_a_level_by_hand_holds_against_the_rules_unless_they_say_more() -> None:
    hand = Hand(1, 3, at(60).timestamp())
    assert hand.wanted(3, at(10).timestamp()) == 1
    assert hand.wanted(0, at(10).timestamp()) == 1
    assert hand.wanted(4, at(10).timestamp()) == 4
    assert hand.wanted(3, at(60).timestamp()) == 3
    area = Area()
    area.look(0, 3)
    area.memory = by_hand(area.memory, 1, 3, at(5), at(65))
    area.send(Decision("Update", "issued", 3, 1, "rainstorm", "lowered"), 5)
    assert area.look(10, 3) is None
    assert area.look(20, 2) is None
    assert area.memory.level == 1
    assert kind(area.look(30, 4)) == ("Update", 4, "raised")
    assert area.memory.hand is None


def test_a_warning_by_hand_ends_when_its_sender_said() -> None:
    memory = by_hand(EpisodeMemory(), 2, 0, at(0), at(60))
    memory = published(memory, Decision("Alert", "issued", 0, 2, "rainstorm", "begun"), at(0), at(60), False, None)
    for minute in range(0, 60, 5):
        memory, decision = decide(memory, area_outlook(STREET, 0), at(minute), TERMS)
        assert decision is None
        assert decide_blind(memory, at(minute), TERMS) is None
    assert lapsed(memory, at(60))


def test_a_clock_that_was_set_back_raises_at_once() -> None:
    area = Area()
    area.look(60, 2)
    assert kind(area.look(0, 4)) == ("Update", 4, "raised")
    assert area.memory.look.seen_s == at(0).timestamp()


def test_a_clock_that_ran_a_day_ahead_holds_a_level_no_longer_than_its_time() -> None:
    area = Area()
    area.look(0, 3)
    area.look(24 * 60, 3)
    for minute in range(10, 40, 10):  # put right: the rules say nothing any more
        assert area.look(minute, 0) is None
    assert kind(area.look(40, 0)) == ("Cancel", 0, "lifted")


def test_a_clock_set_back_does_not_lower_early() -> None:
    area = Area()
    area.look(0, 3)
    area.look(10, 0)
    for minute in (30, 5, 10, 20, 30):  # below for 20 min, then 25 min back
        assert area.look(minute, 0) is None
    assert kind(area.look(35, 0)) == ("Cancel", 0, "lifted")


def test_an_earlier_departure_is_told_though_a_clock_ran_ahead() -> None:
    area = Area()
    area.look(24 * 60, 2, leave_by=at(120))
    area.look(10, 2, leave_by=at(120))
    assert kind(area.look(21, 2, leave_by=at(60))) == ("Update", 2, "order")


@pytest.mark.parametrize("ahead_min", [24 * 60, 0])
def test_a_question_and_a_refusal_count_by_the_clock_they_were_noted_by(ahead_min: int) -> None:
    """Seen by a clock that runs `ahead_min` ahead, then asked and refused by the right one."""
    area = Area(replace(TERMS, ceiling=2))
    area.look(ahead_min, 2)
    decision = area.look(10, 4)
    assert decision is not None
    assert decision.ask == 4
    area.memory = replace(area.memory, asked=4, asked_s=at(10).timestamp())
    assert all((seen := area.look(minute, 4)) is None or not seen.ask for minute in (20, 30, 39))
    area.memory = replace(area.memory, asked=0, refused=4, refused_s=at(40).timestamp())
    assert all((seen := area.look(minute, 4)) is None or not seen.ask for minute in (50, 70, 99))
    decision = area.look(101, 4)
    assert decision is not None
    assert decision.ask == 4


def test_what_a_clock_noted_that_ran_a_day_ahead_keeps_no_question_back() -> None:
    area = Area(replace(TERMS, ceiling=2))
    area.look(24 * 60, 4)
    area.memory = replace(area.memory, asked=4, asked_s=at(24 * 60).timestamp())
    decision = area.look(10, 4)
    assert decision is not None
    assert decision.ask == 4


LOOKS = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 4), st.sampled_from(["rainstorm", "waterlogging"]), st.booleans()),
    min_size=1,
    max_size=40,
)


@given(LOOKS, st.integers(0, 4))
def test_what_is_in_force_is_never_below_what_the_rules_say(
    looks: list[tuple[int, int, str, bool]], grant: int
) -> None:
    """Over any course: upgrades at once, chains legal, an unbroken chain never lapses between looks in time."""
    area = Area(replace(TERMS, ceiling=max(1, grant)))
    minute = 0.0
    sent: list[Decision] = []
    for gap, colour, event, leave in looks:
        minute += min(gap, TERMS.renew_before_s / 60.0)
        leave_by = at(minute + 60) if leave and colour else None
        decision = area.look(minute, colour, event=event if colour else "", leave_by=leave_by)
        if decision is not None and decision.message_type:
            sent.append(decision)
        assert area.memory.level >= min(colour, area.terms.ceiling)
        assert area.memory.level == sendable_level(area.memory, area.terms)
        if area.memory.level:
            assert not lapsed(area.memory, at(minute))
            assert area.memory.expires_s - at(minute).timestamp() > 0.0
    open_ = False
    for decision in sent:
        assert (decision.message_type == "Alert") == (not open_)
        assert (decision.level == 0) == (decision.message_type == "Cancel")
        open_ = decision.message_type != "Cancel"


@pytest.mark.parametrize("field", ["renew_before_s", "own_colour_down_to", "second_person_level"])
def test_terms_that_make_no_sense_are_refused(field: str) -> None:
    wrong = {"renew_before_s": TERMS.validity_s, "own_colour_down_to": "planet", "second_person_level": 9}[field]
    with pytest.raises(ValueError, match=field):
        replace(TERMS, **{field: wrong})


def test_a_memory_with_unknown_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="mood"):
        EpisodeMemory.from_json({"mood": 1})
