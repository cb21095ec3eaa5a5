"""Who drives: nobody from where no car gets to the site of the plan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.command.car_ways import car_parts, shares_with_ways
from sim.command.incident import run_incident
from sim.movement.units import NO_SITE
from tests.command_case import CITY, PERSONS, drill_setup, order

EVERYBODY = 36 * (PERSONS - 10)


def _without_cars(setup, closed):
    """The setup with these edges (bool) closed to cars."""
    links, edges = setup.roads.links, setup.roads.graph.edges
    storage = links.storage.copy()
    storage[edges:][closed] = 0
    return replace(setup, roads=replace(setup.roads, links=links._replace(storage=storage)))


def _footways_in_the_west(setup):
    west = setup.roads.node_x_m < setup.roads.node_x_m.min() + 275.0
    graph = setup.roads.graph
    return _without_cars(setup, west[graph.tail] | west[graph.head]), west


def test_where_there_are_only_footways_all_walk_and_arrive():
    """The west has no roads for cars: its people walk to S1, and no car stands there without a way."""
    setup, west = _footways_in_the_west(drill_setup(order("leave", 5, CITY), people={"car": 0.5}))
    shares = shares_with_ways(setup)
    assert (shares.car == np.where(west[setup.blocks.node], 0.0, 0.5)).all()
    outcome = run_incident(setup).outcome
    assert outcome.final("sheltered") == EVERYBODY
    assert outcome.final("stranded") == 0


def test_a_block_drives_only_if_all_its_people_can():
    """East: half of block 35 is sent to S1 in the west, where no car comes; another has no site and may go anywhere."""
    setup, west = _footways_in_the_west(drill_setup(people={"car": 0.5}))
    plan = setup.plan
    block = np.append(plan.block, 35).astype(np.int32)
    site = np.append(plan.site, 0).astype(np.int32)
    site[34] = NO_SITE
    assert not west[setup.blocks.node[[34, 35]]].any()
    plan = replace(plan, block=block, site=site, persons=np.append(plan.persons, 5))
    shares = shares_with_ways(replace(setup, plan=plan))
    assert shares.car[35] == 0.0
    assert shares.car[34] == 0.5


def test_one_ways_are_ways_one_way_only():
    """A street that can be left and not be come back to is no part of the roads it leads to."""
    setup = drill_setup(people={"car": 0.5})
    graph = setup.roads.graph
    corner = int(np.argmin(setup.roads.node_x_m + setup.roads.node_y_m))
    into = _without_cars(setup, graph.head == corner)
    parts = car_parts(into.roads.links, graph.nodes)
    assert len(set(parts.tolist())) == 2
    assert (parts == parts[corner]).sum() == 1


def test_without_any_road_for_cars_everybody_walks():
    setup = drill_setup(order("leave", 5, CITY), people={"car": 1.0})
    record = run_incident(_without_cars(setup, np.ones(setup.roads.graph.edges, bool)))
    assert record.outcome.final("sheltered") == EVERYBODY
