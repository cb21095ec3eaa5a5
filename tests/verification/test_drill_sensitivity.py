"""Which way a drill moves when its terms do: compliance, the time of the order, cars, desks, the size of platoons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.rules_file import load_rules
from sim.command.incident import run_incident
from sim.command.setup import DrillSetup
from sim.movement.outcome import MovementOutcome
from sim.stability_rules import harm_limits
from tests.command_case import CITY, PERSONS, drill_setup, order

EVERYBODY = 36 * (PERSONS - 10)


def _outcome(setup: DrillSetup) -> MovementOutcome:
    outcome = run_incident(setup).outcome
    assert outcome.balance_error == 0
    return outcome


def _setup(at_min: float = 5.0, service_s: float = 2.0, **people: float) -> DrillSetup:
    setup = drill_setup(order("leave", at_min, CITY), people=dict(people))
    return replace(setup, doors=replace(setup.doors, service_s=service_s))


def test_the_more_comply_the_more_arrive() -> None:
    """On dry roads with room for all exactly the whole people who comply."""
    arrived = [_outcome(_setup(compliance=share)).final("sheltered") for share in (0.0, 0.5, 0.85, 1.0)]
    assert arrived == [round(share * EVERYBODY) for share in (0.0, 0.5, 0.85, 1.0)]


def test_the_earlier_the_order_the_more_arrive_before_the_water() -> None:
    """All roads close at minute 40 for good: whoever is told later has less time."""
    closed = {2400.0: dict.fromkeys(range(528), 2.0)}
    arrived = []
    for at_min in (0.0, 10.0, 20.0, 30.0, 50.0):
        outcome = _outcome(drill_setup(order("leave", at_min, CITY), depth_m=closed))
        assert sum(outcome.final(place) for place in ("home", "moving", "sheltered", "stranded")) == EVERYBODY
        arrived.append(outcome.final("sheltered"))
    assert arrived == sorted(arrived, reverse=True)
    assert arrived[0] > arrived[2] > arrived[-1]
    beside_a_shelter = np.isin(drill_setup().blocks.node, drill_setup().sites.node)  # who lives there needs no road
    assert arrived[-1] <= (PERSONS - 10) * beside_a_shelter.sum()


def test_desks_hold_people_up_and_lose_nobody() -> None:
    """20 s at a desk instead of none: everybody waits at least that long, and half of them are in later."""
    free, checked = _outcome(_setup(service_s=0.0)), _outcome(_setup(service_s=20.0))
    assert free.door_wait_mean_s == 0.0
    assert checked.door_wait_mean_s >= 20.0
    assert checked.t50_s >= free.t50_s + 20.0
    assert checked.final("sheltered") == free.final("sheltered") == EVERYBODY


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_cars_on_free_roads_shorten_the_trip(share: float) -> None:
    walking, driving = _outcome(_setup()), _outcome(_setup(car=share))
    assert driving.final("sheltered") == walking.final("sheltered") == EVERYBODY
    assert driving.trip_mean_s < walking.trip_mean_s


def test_the_later_the_order_the_more_stood_at_home_in_the_worst_water() -> None:
    """The water is worst at minute 40. Everybody told after it left too late, or is at home at the end."""
    late = []
    for at_min in (0.0, 20.0, 30.0, 50.0):
        setup = drill_setup(order("leave", at_min, CITY))
        blocks = replace(setup.blocks, worst_s=np.full(36, 2400.0))
        outcome = _outcome(replace(setup, blocks=blocks))
        late.append(int(outcome.late_by_block.sum() + outcome.home_by_block.sum()))
    assert late == sorted(late)
    assert late[0] < late[-1] == EVERYBODY
    assert not _outcome(drill_setup(order("leave", 50.0, CITY))).late_by_block.any()  # no water at any home


def test_who_is_caught_is_counted_on_the_road_that_caught_them() -> None:
    """Roads rise to 2 m while people walk; with what people can stand, the struck are those ever caught or stalled."""
    setup = drill_setup(order("leave", 5.0, CITY), depth_m={1500.0: dict.fromkeys(range(528), 2.0)})
    outcome = _outcome(replace(setup, harm=harm_limits(load_rules())))
    assert outcome.caught > 0
    assert outcome.struck_by_edge.sum() == outcome.caught + outcome.stalled
