"""Who can go by car at all: people of whose blocks no car gets to the site of the plan walk like the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.behaviour.people import PeopleShares
from sim.command.setup import DrillSetup
from sim.movement.links import Links
from sim.movement.units import NO_SITE


def shares_with_ways(setup: DrillSetup) -> PeopleShares:
    """The people of a setup; by car only in blocks from which all sites of the plan for them can be reached by car.

    Where the plan knows no site for people of a block, any site will do. Roads count as they are without water: whom
    the water cuts off has left by car and is stuck with it.
    """
    plan, nodes = setup.plan, len(setup.roads.links.out_first) - 1
    part = car_parts(setup.roads.links, nodes)
    home, there = part[setup.blocks.node], part[setup.sites.node]
    drives = np.isin(home, there)
    placed = plan.site != NO_SITE
    astray = home[plan.block[placed]] != there[plan.site[placed]]
    drives[plan.block[placed][astray]] = False
    return replace(setup.people, car=np.where(drives, setup.people.car, 0.0))


def car_parts(links: Links, nodes: int) -> np.ndarray:
    """Number of each node's part of the roads for cars, int32 (nodes,): in one part there is a way by car from every
    node to every other.
    """
    edges = len(links.area_m2)
    open_to_cars = np.flatnonzero(links.storage[edges:] > 0)
    ends = links.tail[open_to_cars], links.head[open_to_cars]
    roads = coo_array((np.ones(len(open_to_cars), np.int8), ends), (nodes, nodes))
    return connected_components(roads, directed=True, connection="strong")[1]
