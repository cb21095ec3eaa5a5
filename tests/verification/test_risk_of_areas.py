"""The risk score of a flooded city, end to end: it adds up, and water, people, shelters and drains move it one way."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from data.rules_file import load_rules
from data.schema import City
from sim.coping import coping_of_flood, in_danger
from sim.flood_jobs import FloodOutcome, flood_outcome
from sim.flooding import FloodedCity, flood_city
from sim.rulebook import score_weights
from sim.scenario import Flood, Scenario, Storm
from sim.storm import make_rain
from sim.streets import lay_streets
from tests.tiny_city import tiny_city

RULES = load_rules()
PARTS = ["person_risk", "waterlogging_excess", "coping_gap", "risk_score"]
UPLIFTS = (0.6, 1.0, 1.4, 2.0)
ROUNDING = 0.0005  # of each figure in the table


def scenario(uplift: float = 1.0, drainage_factor: float = 1.0) -> Scenario:
    return Scenario(
        storm=Storm(uplift=uplift, lead_min=30.0), flood=Flood(duration_h=4.0, drainage_factor=drainage_factor)
    )


@pytest.fixture(scope="module")
def by_storm() -> list[FloodOutcome]:
    """Four storms, each with more rain at every moment than the one before."""
    return [flood_outcome(scenario(uplift), tiny_city(), RULES) for uplift in UPLIFTS]


@pytest.fixture(scope="module")
def flooded() -> FloodedCity:
    city, case = tiny_city(), scenario()
    return flood_city(case, city, make_rain(case.storm, city.grid, RULES), RULES, 4 * 3600.0, lambda _: None)


def test_the_score_is_its_weighted_parts_and_streets_add_up_to_the_city(by_storm) -> None:
    weights = score_weights(RULES)
    for outcome in by_storm:
        areas = outcome.areas
        total = areas["person_risk"] + weights.excess * areas["waterlogging_excess"] + weights.gap * areas["coping_gap"]
        np.testing.assert_allclose(areas["risk_score"], total, atol=3 * ROUNDING)
        streets, city = areas[areas["level"] == "street"], areas[areas["level"] == "city"]
        np.testing.assert_allclose(streets[PARTS].sum(), city[PARTS].iloc[0], atol=3 * ROUNDING)


def test_no_area_scores_less_in_a_wetter_storm(by_storm) -> None:
    for drier, wetter in pairwise(by_storm):
        for name in (*PARTS, "risk_index"):
            assert (wetter.areas[name] >= drier.areas[name]).all(), name
    worst = by_storm[-1].areas.set_index("code").loc["510101"]
    assert (worst[PARTS] > by_storm[0].areas.set_index("code").loc["510101", PARTS]).all()


def test_better_drains_raise_no_score(by_storm) -> None:
    better = flood_outcome(scenario(drainage_factor=3.0), tiny_city(), RULES).areas
    assert (better[PARTS] <= by_storm[1].areas[PARTS]).all(axis=None)
    assert better["risk_score"].sum() < by_storm[1].areas["risk_score"].sum()


def gap_with(flooded: FloodedCity, city: City) -> np.ndarray:
    """Coping gap of each block with the shelters of `city`; sites keep the water that the watch saw."""
    return coping_of_flood(scenario(), city, flooded, 0.0, RULES, lay_streets(city, flooded.watch, RULES))


def enlarged(city: City, factor: float) -> City:
    assert city.shelters is not None
    return replace(city, shelters=city.shelters.assign(area_m2=city.shelters["area_m2"] * factor))


def test_larger_sites_raise_no_gap(flooded) -> None:
    factors = (0.25, 1.0, 1.5, 4.0, 50.0)
    gaps = [gap_with(flooded, enlarged(tiny_city(), factor)) for factor in factors]
    for smaller, larger in pairwise(gaps):
        assert (larger <= smaller).all()
    assert gaps[-1].sum() < gaps[0].sum()


def test_a_city_without_shelters_or_roads_has_no_place_for_those_in_danger(flooded) -> None:
    danger = in_danger(flooded, 3)
    assert danger.sum() > 10.0
    bare = replace(tiny_city(), shelters=None)
    roadless = replace(tiny_city(), roads=None)
    nothing = replace(tiny_city(), shelters=tiny_city().shelters.iloc[:0])
    for city in (bare, roadless, nothing):
        assert coping_of_flood(scenario(), city, flooded, 0.0, RULES).tolist() == danger.tolist()
    assert (gap_with(flooded, tiny_city()) <= danger).all()


def test_no_rain_no_score() -> None:
    dry = flood_outcome(Scenario(storm=Storm(uplift=1e-6), flood=Flood(duration_h=1.0)), tiny_city(), RULES).areas
    assert (dry[[*PARTS, "risk_index"]] == 0.0).all(axis=None)


def test_more_people_lower_no_score(by_storm) -> None:
    city = tiny_city()
    assert city.people is not None
    twice = replace(city, people=city.people.assign(population_night=2 * city.people["population_night"]))
    more = flood_outcome(scenario(), twice, RULES).areas
    assert (more[PARTS] >= by_storm[1].areas[PARTS]).all(axis=None)


def test_a_city_without_people_scores_nothing() -> None:
    nobody = flood_outcome(scenario(), replace(tiny_city(), people=None), RULES).areas
    assert isinstance(nobody, pd.DataFrame)
    assert (nobody[PARTS] == 0.0).all(axis=None)
