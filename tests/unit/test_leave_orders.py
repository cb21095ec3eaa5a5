"""Orders to leave: one per area by the rules, earliest order first by a script, nobody forgotten."""

from __future__ import annotations

import numpy as np

from sim.area_map import warned_areas
from sim.command.script import Order
from sim.demand import Timing
from sim.leave_orders import blocks_of_areas, orders_of_rules, told_by
from tests.tiny_city import tiny_city


def _blocks():
    city = tiny_city()
    warned = warned_areas(city)
    return blocks_of_areas(city, warned), warned


def test_every_level_names_its_blocks():
    blocks, _ = _blocks()
    assert len(blocks["510100"]) == 36
    west, east = blocks["510101"], blocks["510102"]
    assert sorted([*west, *east]) == list(range(36))


def test_the_rules_order_each_area_once_at_its_first_moment():
    blocks, warned = _blocks()
    told = np.full(36, 3000.0)
    told[blocks["510102"]] = 1200.0
    demand = np.ones(36, np.int64)
    orders = orders_of_rules(Timing(told, told + 3600.0), demand, blocks, warned)
    assert [(order.targets, order.at_min) for order in orders] == [(("510102",), 20.0), (("510101",), 50.0)]


def test_an_area_without_people_in_danger_gets_no_order():
    blocks, warned = _blocks()
    demand = np.zeros(36, np.int64)
    demand[blocks["510101"][0]] = 5
    orders = orders_of_rules(Timing(np.zeros(36), np.zeros(36)), demand, blocks, warned)
    assert [order.targets for order in orders] == [("510101",)]


def test_the_earliest_order_that_names_a_block_counts_and_others_are_never_told():
    blocks, _ = _blocks()
    orders = [Order("a", "leave", 40.0, ("510100",)), Order("b", "leave", 30.0, ("510101",)), Order("c", "stay", 1.0)]
    told = told_by(orders, Timing(np.zeros(36), np.zeros(36)), blocks).told_s
    assert set(told[blocks["510101"]]) == {1800.0}
    assert set(told[blocks["510102"]]) == {2400.0}
    assert np.isinf(told_by(orders[2:], Timing(np.zeros(36), np.zeros(36)), blocks).told_s).all()
