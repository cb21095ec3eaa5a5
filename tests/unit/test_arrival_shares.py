"""t50, t90 and t95 are of those who set out or will; whom no order reached is said beside them."""

from __future__ import annotations

import math

import numpy as np

from sim.behaviour.channels import Channel
from sim.command.incident import run_incident
from sim.departure import Weibull
from tests.behaviour_case import behaviour
from tests.command_case import CITY, EAST, drill_setup, order

PEOPLE = 36 * 40
SOME_HEAR = behaviour(Channel("app", 0.7, 60.0, Weibull(600.0, 1.0)), contagion_per_s=0.0)


def test_whom_no_order_reached_is_counted_beside_the_times() -> None:
    """Seven in ten have the app and nobody tells his neighbour: the others stay at home and hold no time up."""
    found = run_incident(drill_setup(order("leave", 5, CITY), behaviour=SOME_HEAR, until_s=4 * 3600.0)).outcome
    assert found.not_reached == found.final("home") > 0.25 * PEOPLE
    assert found.final("sheltered") == PEOPLE - found.not_reached
    assert 0.0 < found.t50_s < found.t90_s < found.t95_s
    arrived = found.timeline.set_index("time_s")["sheltered"] / (PEOPLE - found.not_reached)
    assert arrived[arrived.index < found.t90_s + 300.0 - 60.0].max() < 0.9 <= arrived[found.t90_s + 300.0 :].max()


def test_people_who_hear_and_are_still_at_home_are_waited_for() -> None:
    """A run too short for most: they are neither unreached nor left out, and half are never in."""
    found = run_incident(drill_setup(order("leave", 5, CITY), until_s=1200.0)).outcome
    assert found.not_reached < found.final("home")
    assert found.final("sheltered") < 0.4 * PEOPLE
    assert math.isnan(found.t90_s)


def test_people_told_to_stay_after_all_hold_no_time_up() -> None:
    """The east is told to stay half a minute later, before anybody has heard; the west goes."""
    orders = order("leave", 5, CITY), order("stay", 5.5, EAST)
    found = run_incident(drill_setup(*orders, until_s=4 * 3600.0)).outcome
    assert found.not_reached == 0
    assert found.final("home") == found.final("ordered") - found.final("sheltered") > 0
    assert math.isfinite(found.t95_s)


def test_who_would_refuse_but_never_heard_is_counted_once() -> None:
    setup = drill_setup(order("leave", 5, CITY), behaviour=SOME_HEAR, people={"compliance": 0.8}, until_s=4 * 3600.0)
    found = run_incident(setup).outcome
    assert found.final("refused") > 0
    assert np.isclose(found.final("sheltered") + found.final("refused") + found.not_reached, PEOPLE)
    assert math.isfinite(found.t95_s)
