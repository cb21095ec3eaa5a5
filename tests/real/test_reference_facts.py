"""The 35 shelters of 2010: 1,972,178 m2 for 986,092 people is 2.0 m2 each, to the digits that anybody states."""

from __future__ import annotations

import csv
from fractions import Fraction

import numpy as np

from data.sample.districts import units
from shelters import capacity_persons
from tests.shared_data import shared

AREA_M2 = 1_972_178
PERSONS = 986_092


def _rows(name: str) -> list[dict[str, str]]:
    with shared("chengdu_reference_facts", name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_totals_are_those_of_the_source() -> None:
    text = shared("chengdu_reference_facts", "SOURCE.md").read_text(encoding="utf-8")
    assert f"{AREA_M2:,} m2" in text
    assert f"capacity {PERSONS:,}" in text


def test_two_square_metres_per_person() -> None:
    """The ratio is 1.999994: 6 m2 short of two for everybody, so 2.0 to five decimals and not exactly.

    At 2 m2 each the area holds 986,089 whole people, three fewer than stated; at the ratio itself, all of them.
    """
    ratio = Fraction(AREA_M2, PERSONS)
    assert 2 * PERSONS - AREA_M2 == 6
    assert 2 - ratio == Fraction(6, PERSONS)
    assert f"{float(ratio):.1f}" == "2.0"
    assert round(float(ratio), 4) == 2.0
    assert float(ratio) < 2.0
    area, whole = np.array([float(AREA_M2)]), np.array([1.0])
    assert capacity_persons(area, whole, 2.0).tolist() == [986_089]
    assert capacity_persons(area, whole, float(ratio)).tolist() == [PERSONS]


def test_thirty_five_shelters_stand_in_districts_that_exist() -> None:
    """All names differ; every district is one of the 20 or a zone cut out of them."""
    shelters, districts = _rows("shelters_2010_35.csv"), _rows("districts.csv")
    assert len(shelters) == 35
    assert len({(row["district"], row["name"]) for row in shelters}) == 35
    assert {row["district"] for row in shelters} - {row["name"] for row in districts} == {"高新区"}
    assert any("高新" in unit.name for unit in units())


def test_a_mean_shelter_is_first_class_and_one_person_in_thirteen_had_a_place() -> None:
    """56,348 m2 each, more than the 2,000 m2 that the rules of 2010 ask for; 7.4 % of 13.3 million residents."""
    residents = sum(float(row["resident_population_2010_10k"] or 0.0) for row in _rows("districts.csv")) * 1e4
    assert AREA_M2 // 35 == 56_347
    assert 0.070 < PERSONS / residents < 0.075
