"""The sample city of twenty million: districts, facts, totals."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.checks import check_city
from data.city_writer import write_city
from data.sample import sample_city
from data.sample.districts import CITY_RESIDENTS_2020, DISTRICTS, city_area_km2, units
from data.sample.hollows import spill_levels
from data.schema import SOURCES, City
from tests.shared_data import shared


@cache
def _mega() -> City:
    return sample_city("megacity", 1)


def test_facts_are_those_of_the_source() -> None:
    """Every area and every figure of 2010 equals the transcribed table, and nothing is left out."""
    with (shared("chengdu_reference_facts") / "districts.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert set(rows) == {d.name for d in DISTRICTS}
    for d in DISTRICTS:
        row = rows[d.name]
        assert d.code == row["adcode"]
        assert d.area_km2 == float(row["area_km2"])
        said = row["resident_population_2010_10k"]
        assert (said == "" and np.isnan(d.residents_2010_10k)) or float(said) == d.residents_2010_10k


def test_units_share_out_the_area_and_the_residents() -> None:
    found = units()
    assert len(found) == 23
    assert sum(u.area_km2 for u in found) == pytest.approx(city_area_km2())
    assert sum(u.residents for u in found) == pytest.approx(CITY_RESIDENTS_2020)
    assert sum(u.source == "fact" for u in found) == 17


def test_districts_have_their_areas_and_cover_the_city() -> None:
    """The raster is 0.03 % smaller than the sum of the areas, and every district with it."""
    areas = _mega().areas
    districts = areas[areas["level"] == "district"].set_index("name")
    for unit in units():
        assert districts.loc[unit.name].geometry.area / 1e6 == pytest.approx(unit.area_km2, rel=4e-4)
    for level in ("city", "district", "street", "community"):
        covered = areas.loc[areas["level"] == level].area.sum()
        assert covered == pytest.approx(_mega().grid.cells * 1e4, rel=1e-9)


def test_areas_nest() -> None:
    areas = _mega().areas.set_index("code")
    below = areas[areas["parent"] != ""]
    parent = areas.loc[below["parent"]]
    inner, outer = below.bounds.to_numpy(), parent.bounds.to_numpy()
    assert (inner[:, :2] >= outer[:, :2] - 1e-6).all()
    assert (inner[:, 2:] <= outer[:, 2:] + 1e-6).all()
    assert _mega().people["area"].isin(areas.index[areas["level"] == "community"]).all()


def test_people_add_up_to_the_census() -> None:
    people = _mega().people
    assert people["population_night"].sum() == CITY_RESIDENTS_2020
    assert people["population_day"].sum() == CITY_RESIDENTS_2020
    assert people["id"].is_unique
    assert 15_000 <= len(people) <= 35_000


def test_shelters_reach_the_level_of_2020() -> None:
    shelters = _mega().shelters
    effective = shelters["area_m2"] * shelters["usable_share"]
    assert 1.4 <= effective.sum() / CITY_RESIDENTS_2020 <= 1.6
    assert len(shelters) > 1_000
    assert not (shelters["source"] == "plan").any()


def test_the_plans_23_slots_are_candidates_that_bring_the_city_to_its_target() -> None:
    """Areas are rounded to 100 m2, so the sum is within 23 x 50 m2 of the gap: far below 0.01 m2 per person."""
    city = _mega()
    slots, shelters = city.candidates, city.shelters
    assert len(slots) == 23
    assert set(slots["source"]) == {"plan"}
    assert slots["cost"].isna().all()
    built = sum((sites["area_m2"] * sites["usable_share"]).sum() for sites in (shelters, slots))
    assert built / CITY_RESIDENTS_2020 == pytest.approx(2.0, abs=0.01)
    districts = city.areas[city.areas["level"] == "district"]
    at = shapely.points(slots["x_m"], slots["y_m"])
    assert [int(polygon.contains(at).sum()) for polygon in districts.geometry] == [1] * 23
    assert any("candidate slots with synthetic places" in note for note in city.notes)


def test_main_roads_are_one_network() -> None:
    roads = _mega().roads
    n = len(roads.nodes)
    graph = coo_matrix((np.ones(len(roads.edges)), (roads.edges["tail"], roads.edges["head"])), shape=(n, n))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1
    assert roads.edges["bridge"].any()


def test_spill_levels_of_a_bowl() -> None:
    """A bowl with one low gap in its rim fills to the gap; ground that drains stays as it is."""
    land = np.full((5, 5), 3.0)
    land[2, 2] = 0.0
    land[2, 3] = land[2, 4] = 1.0
    level = spill_levels(land)
    assert level[2, 2] == 1.0
    land[2, 2] = 1.0
    assert np.array_equal(level, land)


def test_no_hollow_is_deeper_than_a_metre() -> None:
    land = _mega().terrain
    assert (spill_levels(land) - land).max() == pytest.approx(1.0, abs=1e-6)


def test_plain_rivers_and_labels() -> None:
    city = _mega()
    assert np.isfinite(city.terrain).all()
    assert set(np.unique(city.land_cover)) <= set(city.land_cover_table["code"])
    assert all(words.partition(":")[0] in SOURCES for words in city.provenance.values())
    again = sample_city("megacity", 1)
    assert again.terrain.tobytes() == city.terrain.tobytes()
    assert again.people.equals(city.people)
    assert again.shelters.equals(city.shelters)
    assert not sample_city("megacity", 2).people.equals(city.people)


@pytest.mark.slow
def test_its_pack_has_no_defect(tmp_path) -> None:
    write_city(_mega(), tmp_path / "pack")
    assert [f for f in check_city(tmp_path / "pack") if f.severity == "error"] == []
