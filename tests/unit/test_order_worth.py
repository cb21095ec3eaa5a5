"""What each order was worth: the drill run again without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.casualties import DeadlyWater
from sim.command.incident import run_incident
from sim.order_worth import orders_worth
from tests.command_case import CITY, PERSONS, drill_setup, order

LEAVE, PUMP = order("leave", 5, CITY, id="leave"), order("pump", 2, "U1", id="pump")


def _setup():
    setup = drill_setup(teams=True)
    setup = replace(setup, places=replace(setup.places, underpasses={"U1": setup.places.roads["R7"]}))
    return setup.with_inputs([replace(one, order=each) for one, each in _given()], ())


def _given():
    given = drill_setup(LEAVE).orders[0]
    return [(given, PUMP), (given, LEAVE)]


@pytest.mark.parametrize("arrives", [True, False])
def test_a_pump_that_is_in_the_water_of_every_run_is_given_no_worth(arrives: bool) -> None:
    setup = _setup()
    record = run_incident(setup)
    assert record.pumps["arrived_s"].notna().all()
    if not arrives:
        record = replace(record, pumps=record.pumps.assign(arrived_s=np.nan))
    nodes, edges = len(setup.roads.node_x_m), setup.roads.graph.edges
    people = np.full(36, PERSONS - 10)
    deadly = DeadlyWater(np.full(36, 0.5), np.zeros(nodes), np.zeros(edges), np.zeros(4), people)
    worth = orders_worth(setup, record, deadly).set_index("id")
    assert worth.index.tolist() == (["leave"] if arrives else ["pump", "leave"])
    assert worth.loc["leave", "worth_arrived"] == record.outcome.final("sheltered") > 0
    assert worth.loc["leave", "worth_deaths"] > 0.0
