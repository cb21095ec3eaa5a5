"""Which sites the plan gives places of, and whom the others still let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from data.rules_file import load_rules
from shelters.graph import RoadGraph
from sim.failures import Failure
from sim.scenario import CHINA, Plan, Scenario
from sim.site_stock import stock_sites
from sim.streets import Streets
from tests.tiny_city import tiny_city
from tests.unit.test_dark_shelters import dark_city

RULES = load_rules()
TIME_S = np.array([0.0, 300.0, 600.0])


def _stock(scenario: Scenario = Scenario(), wet=None, cut=None, city=None, **columns):
    """Sites S1 (school), S2 (park), S3 (hall), S4 (school) with 100, 500, 200 and 400 places; each on its own edge."""
    city = city or tiny_city()
    city = replace(city, shelters=city.shelters.assign(**columns))
    graph = RoadGraph.build(np.full(4, 4), np.arange(4), np.ones(4), 5)
    walk = np.ones((3, 4)) if cut is None else np.where(cut, np.inf, 1.0)
    doors = np.arange(4, dtype=np.int32)
    streets = Streets(graph, np.zeros(0, np.int32), np.zeros(0), doors, np.zeros(4), 1.0, walk)
    wet = np.zeros((3, 4), bool) if wet is None else wet
    return stock_sites(city, wet, streets, TIME_S, scenario, RULES)


def _from(step: int, site: int) -> np.ndarray:
    table = np.zeros((3, 4), bool)
    table[step:, site] = True
    return table


def test_on_a_dry_day_every_roofed_site_has_its_places():
    stock = _stock()
    assert stock.excluded.tolist() == ["", "open_air", "", ""]
    assert stock.open_capacity.tolist() == stock.capacity.tolist() == [100, 0, 200, 400]
    assert np.isinf(stock.closed_at_s).all()


def test_the_scenario_may_let_people_into_the_open_air():
    stock = _stock(Scenario(plan=Plan(open_air=True)))
    assert stock.open_capacity.tolist() == [100, 500, 200, 400]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"fit_for_flood": False}, "not_fit"),
        ({"fit_for_waterlogging": False}, "not_fit"),
        ({"in_floodplain": True}, "floodplain"),
        ({"open_year": 2027.0}, "not_open"),
        ({"occupants": 500.0}, "no_capacity"),
    ],
)
def test_sites_that_serve_nobody_let_nobody_in(columns, reason):
    stock = _stock(**columns)
    assert stock.excluded.tolist() == [reason] * 4
    assert not stock.capacity.any()
    assert not stock.open_capacity.any()


def test_a_site_opens_with_the_year_of_the_scenario():
    later = Scenario(start=datetime(2027, 7, 15, 20, 0, tzinfo=CHINA))
    assert _stock(later, open_year=2027.0).open_capacity.tolist() == [100, 0, 200, 400]


def test_people_already_inside_take_places():
    assert _stock(occupants=[30.2, 0.0, 0.0, 0.0]).open_capacity.tolist() == [69, 0, 200, 400]


def test_a_site_that_the_water_closes_later_has_no_places_in_the_plan_but_an_open_door_until_then():
    wet = _stock(wet=_from(1, 3))
    assert wet.excluded.tolist() == ["", "open_air", "", "flooded"]
    assert wet.capacity.tolist() == [100, 0, 200, 400]
    assert wet.open_capacity.tolist() == [100, 0, 200, 0]
    assert wet.closed_at_s.tolist() == wet.wet_at_s.tolist() == [np.inf, np.inf, np.inf, 300.0]
    cut = _stock(cut=_from(2, 0))
    assert cut.excluded[0] == "cut_off"
    assert cut.closed_at_s[0] == 600.0
    assert np.isinf(cut.wet_at_s[0])


def test_a_field_that_floods_lets_nobody_in_before():
    stock = _stock(wet=_from(1, 1))
    assert stock.excluded[1] == "flooded"
    assert stock.capacity[1] == 0


def test_the_plan_does_not_know_of_a_power_cut():
    scenario = Scenario(failure=(Failure("power", "SS1", from_min=5.0),))
    stock = _stock(scenario, city=dark_city())
    assert stock.open_capacity.tolist() == stock.capacity.tolist() == [100, 0, 200, 400]
    assert stock.excluded.tolist() == ["", "open_air", "", ""]
    assert stock.closed_at_s.tolist() == stock.dark_at_s.tolist() == [300.0, np.inf, np.inf, 300.0]


def test_a_site_whose_power_comes_back_is_not_closed_for_good():
    back = Scenario(failure=(Failure("power", "SS1", from_min=5.0, until_min=8.0),))
    stock = _stock(back, city=dark_city())
    assert np.isinf(stock.closed_at_s).all()
    assert [(span.site, span.from_s, span.until_s) for span in stock.dark] == [(0, 300.0, 480.0), (3, 300.0, 480.0)]
