"""Five levels, one combined message per area: who is told by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.rules_file import load_rules
from sim.episode.combine import Standing, own_messages
from sim.episode.decide import published
from sim.episode.look import Step, look
from sim.episode.memory import EpisodeMemory, Hand
from sim.episode.terms import episode_terms
from tests.outlook_case import AREAS, BEGIN, area_outlook, outlook

TERMS = episode_terms(load_rules())
CITY, DISTRICT, STREET, COMMUNITY, GRID = "510100", "510105", "510105001", "510105001001", "510105001001-3"


def standing(code: str, level: int, event: str = "rainstorm", ordered: bool = False, begun: bool = False) -> Standing:
    return Standing(code, AREAS[code][0], AREAS[code][1], level, event, ordered, begun)


def own(*given: Standing, fail: frozenset[str] = frozenset()) -> set[str]:
    named = {one.area for one in given}
    rest = [standing(code, 0, "") for code in AREAS if code not in named]
    return own_messages([*given, *rest], TERMS, fail)


def test_a_child_is_not_told_what_the_area_above_says() -> None:
    assert own(standing(CITY, 2), standing(STREET, 2)) == {CITY}
    assert own(standing(CITY, 3), standing(DISTRICT, 2), standing(STREET, 1)) == {CITY}
    assert own(standing(STREET, 2)) == {STREET}  # nobody above says anything


def test_a_child_is_told_a_higher_colour_and_a_more_particular_reason() -> None:
    assert own(standing(CITY, 2), standing(STREET, 3)) == {CITY, STREET}
    assert own(standing(CITY, 2), standing(STREET, 2, "waterlogging")) == {CITY, STREET}
    assert own(standing(CITY, 2, "waterlogging"), standing(STREET, 2)) == {CITY}
    assert own(standing(CITY, 3), standing(STREET, 2, "waterlogging")) == {CITY}
    assert own(standing(CITY, 1), standing(STREET, 3), standing(GRID, 4)) == {CITY, STREET, GRID}


def test_a_child_is_told_its_own_order_down_to_the_community() -> None:
    assert own(standing(CITY, 3), standing(COMMUNITY, 2, ordered=True)) == {CITY, COMMUNITY}
    assert own(standing(CITY, 3), standing(GRID, 2, ordered=True)) == {CITY}
    assert own(standing(GRID, 2, ordered=True)) == {GRID}


def test_what_has_begun_goes_on_and_what_failed_covers_nobody() -> None:
    assert own(standing(CITY, 4), standing(STREET, 2, begun=True)) == {CITY, STREET}
    assert own(standing(CITY, 2), standing(STREET, 2), fail=frozenset({CITY})) == {CITY, STREET}


def test_areas_that_name_each_other_as_parent_are_not_walked_for_ever() -> None:
    ring = [
        Standing("a", "street", "b", 2, "rainstorm", False, False),
        Standing("b", "street", "a", 2, "rainstorm", False, False),
    ]
    assert own_messages(ring, TERMS)


LEVELS = st.fixed_dictionaries({code: st.integers(0, 4) for code in AREAS})


@given(LEVELS, st.sets(st.sampled_from(sorted(AREAS))), st.sets(st.sampled_from(sorted(AREAS))))
def test_every_danger_is_said_to_everybody_in_it(levels: Mapping[str, int], begun: set[str], failed: set[str]) -> None:
    """Whoever has a colour gets a message as high from their own area or one above that did not fail."""
    areas = [standing(code, level, begun=code in begun) for code, level in levels.items()]
    found = own_messages(areas, TERMS, frozenset(failed))
    for code, level in levels.items():
        lineage, up = [code], AREAS[code][1]
        while up:
            lineage.append(up)
            up = AREAS[up][1]
        speak = [one for one in lineage if one in found and (one == code or one not in failed)]
        assert max((levels[one] for one in speak), default=0) >= level


def test_a_cycle_sends_the_worst_first_and_the_all_clear_last() -> None:
    steps = {step.area.area: step for step in look(outlook(0, {CITY: 1}), {}, {}, BEGIN, TERMS)}
    later = BEGIN + timedelta(minutes=40)
    known = {CITY: _sent(steps[CITY])}
    again = look(outlook(40, {DISTRICT: 2, STREET: 4}), known, {}, later, TERMS)
    assert [(s.area.area, s.decision.message_type) for s in again if s.decision] == [
        (STREET, "Alert"),
        (DISTRICT, "Alert"),
    ]
    cleared = look(outlook(80, {STREET: 3}), {CITY: again[-1].memory}, {}, BEGIN + timedelta(minutes=80), TERMS)
    assert [(s.area.area, s.decision.message_type) for s in cleared if s.decision] == [
        (STREET, "Alert"),
        (CITY, "Cancel"),
    ]


def test_the_same_cycle_again_has_nothing_to_do() -> None:
    one = outlook(0, {CITY: 2})
    (step,) = look(one, {}, {}, BEGIN, TERMS)
    (again,) = look(one, {CITY: _sent(step)}, {}, BEGIN, TERMS)
    assert again.decision is None


def test_quiet_areas_have_no_step_and_a_watched_child_of_a_watched_city_neither() -> None:
    assert look(outlook(0, {}), {}, {}, BEGIN, TERMS) == []
    watched = {code: area_outlook(code, 0, blue=0.4) for code in (CITY, STREET)}
    assert [step.area.area for step in look(outlook(0, {}, watched), {}, {}, BEGIN, TERMS)] == [CITY]


def test_a_warning_lifted_by_hand_stays_lifted_until_the_rules_say_more() -> None:
    held = {CITY: Hand(0, 2, BEGIN.timestamp() + 3600.0)}
    (step,) = look(outlook(0, {CITY: 2}), {}, held, BEGIN, TERMS)
    assert step.decision is not None
    assert (step.decision.message_type, step.decision.state) == ("", "detected")
    (step,) = look(outlook(0, {CITY: 3}), {}, held, BEGIN, TERMS)
    assert step.decision is not None
    assert step.decision.message_type == "Alert"


def test_raised_to_the_colour_of_the_child_the_city_takes_no_message_from_it() -> None:
    """The child's own goes on: an all clear while the city is yellow would be believed."""
    (first,) = look(outlook(0, {STREET: 2}), {}, {}, BEGIN, TERMS)
    steps = look(outlook(10, {CITY: 2, STREET: 2}), {STREET: _sent(first)}, {}, BEGIN + timedelta(minutes=10), TERMS)
    assert [(s.area.area, s.decision and s.decision.message_type) for s in steps] == [(CITY, "Alert"), (STREET, None)]


def _sent(step: Step) -> EpisodeMemory:
    assert step.decision is not None
    ends = BEGIN + timedelta(seconds=TERMS.validity_s)
    memory = published(step.memory, step.decision, BEGIN, ends, False, None)
    return replace(memory, cycle=step.memory.cycle)
