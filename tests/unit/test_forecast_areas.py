"""What an outlook says of an area, by hand: colour, onset, people, evidence, and the last moment to leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from api.service.content import of_outlook
from data.rules_file import load_rules
from hazards import Rule, RuleSeries
from sim.forecast.areas import LevelMembers, area_outlooks
from sim.forecast.colouring import member_to_plan
from sim.forecast.levels import levels_of
from sim.forecast.outlook import AreaOutlook
from sim.forecast.planning import CyclePlan, nobody_goes
from sim.result import ShelterUse
from sim.scenario import CHINA
from sim.warning_chain import Destinations
from tests.tiny_city import tiny_city

RULES = load_rules()
NOW = datetime(2026, 7, 15, 20, 0, tzinfo=CHINA)
TOLD = Rule("people_told", 3, 1.0, "persons")
STREETS = replace(levels_of(tiny_city(), RULES)[1], told=TOLD)  # two streets; warnings are issued for them
TIME_S = np.array([0.0, 300.0, 600.0])
BLUE = Rule("rain_12h", 1, 50.0, "mm")
SHELTER = ShelterUse("S1", "一号", "One", 40, 12.0, leave_by_s=900.0)


def member(west_blue: list[float], west_told: list[float], east_blue: list[float]) -> RuleSeries:
    """One member of the two streets: mm of rain, and persons told to leave in the west."""
    value = np.zeros((3, 2, 2))
    value[:, 0, 0], value[:, 0, 1], value[:, 1, 0] = west_blue, west_told, east_blue
    met = np.stack([rule.holds(value[:, :, k]) for k, rule in enumerate((BLUE, TOLD))], axis=2)
    return RuleSeries(TIME_S, (BLUE, TOLD), value, met)


def found(people: list[list[float]], *members: RuleSeries) -> LevelMembers:
    return LevelMembers(STREETS, members, np.array(people))


FIVE = (
    member([40, 60, 70], [0, 0, 12], [0, 0, 60]),
    member([40, 55, 80], [0, 8, 30], [0, 0, 10]),
    member([40, 45, 45], [0, 0, 0], [0, 0, 10]),
    member([40, 45, 45], [0, 0, 0], [0, 0, 60]),
    member([40, 45, 60], [0, 0, 0], [0, 0, 10]),
)
PEOPLE = [[10.0, 0.0], [30.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.5, 0.0]]


def outlooks(plan: CyclePlan) -> list[AreaOutlook]:
    return area_outlooks(found(PEOPLE, *FIVE), NOW, plan, RULES)


def going(leave_by_s: float, danger_s: float | None) -> CyclePlan:
    code = str(STREETS.area_map.areas["code"].iloc[0])
    danger = {} if danger_s is None else {code: danger_s}
    return replace(nobody_goes(), going={code: Destinations((SHELTER,), leave_by_s)}, danger_s=danger)


def test_two_of_five_are_enough_for_orange_and_not_for_blue() -> None:
    """The order to leave brings orange, of which 40 % warn; blue asks for half. East has two of five: nothing."""
    west, east = outlooks(nobody_goes())
    assert west.probability == pytest.approx((0.6, 0.4, 0.4, 0.0))
    assert (west.colour, west.colour_now) == (3, 0)
    assert west.onset == NOW + timedelta(seconds=600)  # one of five is not enough at 300 s
    assert (east.colour, east.onset, east.event, east.evidence) == (0, None, "", ())
    assert east.probability == pytest.approx((0.4, 0.0, 0.0, 0.0))


def test_people_are_the_mean_rounded_up_and_the_range_of_the_rules() -> None:
    """(10 + 30 + 0 + 0 + 0.5) / 5 = 8.1; the 10th percentile is 0, the 90th 10 + 0.6 * 20 = 22."""
    west, east = outlooks(nobody_goes())
    assert (west.people, west.people_range) == (9, (0, 22))
    assert east.people == 1


def test_evidence_is_of_one_member_that_shows_the_colour_worst_rule_first() -> None:
    """Two members reach orange; the one with more people of the two stands for them, each rule at its greatest."""
    west = outlooks(nobody_goes())[0]
    assert [(one.rule, one.value) for one in west.evidence] == [(TOLD.name, 30.0), ("rain_12h_expected", 80.0)]
    assert west.event == "waterlogging"


def test_rain_that_has_fallen_is_told_apart_from_rain_expected_and_one_threshold_of_a_rule() -> None:
    yellow = Rule("rain_12h", 2, 75.0, "mm")
    value = np.zeros((3, 2, 2))
    value[:, 0] = [[60.0, 60.0], [70.0, 70.0], [80.0, 80.0]]
    value[:, 1] = [[90.0, 90.0], [80.0, 80.0], [70.0, 70.0]]
    met = np.stack([rule.holds(value[:, :, k]) for k, rule in enumerate((BLUE, yellow))], axis=2)
    one = found([[0.0, 0.0]], RuleSeries(TIME_S, (BLUE, yellow), value, met))
    west, east = area_outlooks(one, NOW, nobody_goes(), RULES)
    assert [(e.rule, e.value, e.threshold) for e in west.evidence] == [
        ("rain_12h_expected", 80.0, 75.0), ("rain_12h", 60.0, 50.0),
    ]  # fmt: skip
    assert [(e.rule, e.value, e.threshold) for e in east.evidence] == [("rain_12h", 90.0, 75.0)]
    assert (west.event, east.event) == ("rainstorm", "rainstorm")


@pytest.mark.parametrize(
    ("leave_by_s", "danger_s", "expected_s"),
    [
        (500.7, 1200.0, 500.0),  # the way closes first; never rounded up
        (900.7, 300.0, 300.0),  # the danger begins first
        (900.7, 1200.0, 600.0),  # the plan's member comes later than the onset that the message tells
        (np.inf, 1200.0, 600.0),  # no way ever closes
        (-60.0, 300.0, 0.0),  # too late for a safe departure: now
        (np.inf, None, 600.0),
    ],
)  # fmt: skip
def test_the_last_moment_to_leave(leave_by_s: float, danger_s: float | None, expected_s: float) -> None:
    west, east = outlooks(going(leave_by_s, danger_s))
    assert west.leave_by == NOW + timedelta(seconds=expected_s)
    assert west.onset is not None
    assert west.leave_by <= west.onset
    assert west.shelters == (SHELTER,)
    assert (east.leave_by, east.shelters) == (None, ())


def test_an_area_that_too_few_members_tell_to_leave_is_sent_nowhere() -> None:
    one = found([[10.0, 0.0], *[[0.0, 0.0]] * 3], FIVE[0], *FIVE[2:])
    west = area_outlooks(one, NOW, going(900.0, 300.0), RULES)[0]
    assert west.probability[2] == 0.25
    assert (west.leave_by, west.shelters) == (None, ())


def test_the_departure_of_a_shelter_is_counted_from_the_time_of_the_outlook() -> None:
    """A message that is sent later must not shift it."""
    west = outlooks(going(540.0, 1200.0))[0]
    content = of_outlook(west, NOW, west.colour, west.event, ())
    assert content.shelters[0].leave_by == NOW + timedelta(seconds=900)
    assert content.leave_by == NOW + timedelta(seconds=540)
    sent = NOW + timedelta(seconds=120)
    warning = content.warning("Alert", "", sent, sent + timedelta(hours=6))
    assert warning.shelters[0].leave_by_s == 780.0
    assert warning.leave_by_s == 420.0


def test_the_plan_is_made_for_a_member_with_people_wherever_an_area_is_told() -> None:
    """By people the 70th percentile of five is the second worst, which has people in the west as the order asks."""
    assert member_to_plan((found(PEOPLE, *FIVE),), RULES) == 0
    elsewhere = [[0.0, 10.0], *PEOPLE[1:]]  # nobody in the west: the worst member has
    assert member_to_plan((found(elsewhere, *FIVE),), RULES) == 1
