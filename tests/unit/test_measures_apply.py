"""Measures built into the tiny city: what each changes, what it leaves alone, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from data.datum import WGS84, transform
from data.errors import InputError
from data.rules_file import load_rules
from sim.apply_measures import apply_measures
from sim.measures import Drainage, GreenRoof, Inlets, Pipes, PondingPark, Pump, Sponge, Tank
from tests.tiny_city import NORTH_M, WEST_M, tiny_city

RULES = load_rules()


def _city():
    """The tiny city with a park of 100 m x 100 m (code 4) among paving (code 3), a house and a river."""
    city = tiny_city()
    cover = np.full(city.grid.shape, 3, np.uint8)
    cover[20:30, 20:30] = 4
    table = pd.DataFrame({"code": [3, 4], "name": ["paved", "park"], "manning_n": 0.03, "infiltration": "none"})
    house = gpd.GeoDataFrame(
        {"height_m": [6.0]}, geometry=[box(WEST_M, NORTH_M - 50, WEST_M + 100, NORTH_M)], crs=city.grid.crs
    )
    river = gpd.GeoDataFrame(
        {"name": ["河"], "base_depth_m": [0.5]},
        geometry=[box(WEST_M, NORTH_M - 600, WEST_M + 600, NORTH_M - 580)], crs=city.grid.crs,
    )  # fmt: skip
    return replace(city, land_cover=cover, land_cover_table=table, buildings=house, rivers=river)


def _lonlat(city, x_m, y_m):
    lon, lat = transform(np.array(WEST_M + x_m), np.array(city.grid.south_m + y_m), city.grid.crs, WGS84)
    return float(lon), float(lat)


def _built(city, *measures):
    return apply_measures(city, measures, RULES)


def test_a_sponge_lies_on_the_ground_of_its_codes_and_areas():
    sponge = _built(_city(), Sponge("sponge", "s", areas=("510101",), land_cover=(4,), storage_mm=20.0,
                                    infiltration_mm_h=36.0, share=0.5)).sponge  # fmt: skip
    expected = np.zeros((60, 60))
    expected[20:30, 20:30] = 0.010  # half of 20 mm; the park lies in the western area
    np.testing.assert_allclose(sponge.storage_m, expected, rtol=1e-12)
    np.testing.assert_allclose(sponge.rate_m_s, expected / 0.010 * 5e-6, rtol=1e-12)


def test_a_sponge_everywhere_leaves_houses_and_river_out():
    city = _city()
    storage = _built(city, Sponge("sponge", "s", storage_mm=20.0)).sponge.storage_m
    assert (storage[:5, :10] == 0.0).all()  # house
    assert (storage[58:] == 0.0).all()  # river
    assert (storage > 0.0).sum() == 3600 - 50 - 120


def test_green_roofs_lie_on_houses_alone_and_measures_add_up():
    city = _built(_city(), GreenRoof("green_roof", "g", storage_mm=30.0), Sponge("sponge", "s", storage_mm=20.0))
    storage = city.sponge.storage_m
    np.testing.assert_allclose(storage[:5, :10], 0.030)
    assert storage.sum() == pytest.approx(50 * 0.030 + (3600 - 50 - 120) * 0.020)


def test_a_tank_lies_under_the_lowest_cell_near_its_place():
    city = _city()
    storage = _built(city, Tank("tank", "t", volume_m3=500.0, at=_lonlat(city, 255.0, 345.0))).sponge.storage_m
    (row,), (col,) = np.nonzero(storage)
    assert storage[row, col] * city.grid.cell_area_m2 == pytest.approx(500.0)
    near = city.terrain[24:27, 24:27]
    assert city.terrain[row, col] == near.min()


def test_a_park_that_may_pond_is_lowered_and_is_no_shelter():
    city = _city()
    built = _built(city, PondingPark("ponding_park", "p", depth_m=0.5, land_cover=(4,)))
    lowered = city.terrain - built.terrain
    assert set(np.unique(np.round(lowered, 9))) == {0.0, 0.5}
    assert (lowered > 0.0).sum() == 100
    row, col = city.grid.cell_of(city.shelters["x_m"].to_numpy(), city.shelters["y_m"].to_numpy())
    inside = lowered[row, col] > 0.0
    np.testing.assert_array_equal(built.shelters["fit_for_flood"].to_numpy(bool), ~inside)
    assert inside.sum() == 1


def test_a_park_named_by_its_site_is_as_large_as_the_site():
    city = _city()
    built = _built(city, PondingPark("ponding_park", "p", depth_m=0.5, sites=("S2",)))
    cells = (city.terrain > built.terrain).sum()
    assert abs(cells * city.grid.cell_area_m2 - 1000.0) <= 4 * 100.0  # a circle of 36 m across in cells of 10 m
    assert built.shelters.set_index("id")["fit_for_flood"].to_dict() == {
        "S1": True,
        "S2": False,
        "S3": True,
        "S4": True,
    }


def test_a_pump_is_one_more_row():
    city = _city()
    at, to = _lonlat(city, 250.0, 350.0), _lonlat(city, 300.0, 10.0)
    pump = Pump("pump", "P1", at=at, rate_m3_s=2.0, on_depth_m=0.2, off_depth_m=0.1, to=to)
    pumps = _built(city, pump).pumps
    assert len(pumps) == 1
    assert (pumps["x_m"][0] - WEST_M, pumps["to_y_m"][0] - city.grid.south_m) == pytest.approx((250.0, 10.0), abs=0.01)
    away = _built(_built(city, pump), replace(pump, id="P2", to=None)).pumps
    assert away["id"].tolist() == ["P1", "P2"]
    assert np.isnan(away["to_x_m"][1])
    with pytest.raises(InputError, match="pumping station of this id"):
        _built(_built(city, pump), pump)


def test_a_capacity_reaches_everything_below_its_area():
    areas = _built(_city(), Drainage("drainage", "d", mm_h=60.0, areas=("510100",))).areas
    assert areas["drainage_mm_h"].tolist() == [60.0, 60.0, 60.0]
    areas = _built(_city(), Drainage("drainage", "d", mm_h=60.0, areas=("510102",))).areas
    assert areas["drainage_mm_h"].tolist() == [5.0, 5.0, 60.0]


@pytest.mark.parametrize(
    ("measure", "key"),
    [
        (Sponge("sponge", "m", areas=("51010",), storage_mm=1.0), "areas"),
        (Sponge("sponge", "m", land_cover=(9,), storage_mm=1.0), "land_cover"),
        (GreenRoof("green_roof", "m", areas=("510102",), storage_mm=1.0), "green_roof"),
        (Tank("tank", "m", volume_m3=1.0, at=(105.0, 30.0)), "at"),
        (Tank("tank", "m", volume_m3=1.0, node="J1"), "kind"),
        (PondingPark("ponding_park", "m", depth_m=1.0, sites=("S9",)), "sites"),
        (PondingPark("ponding_park", "m", depth_m=1.0, sites=("S1",)), "sites"),  # a school
        (Pump("pump", "m", at=(105.0, 30.0), rate_m3_s=1.0, on_depth_m=0.2, off_depth_m=0.1), "at"),
        (Pipes("pipes", "m", ids=("C1",)), "kind"),
        (Inlets("inlets", "m", nodes=("J1",)), "kind"),
        (Drainage("drainage", "m", mm_h=1.0, areas=("x",)), "areas"),
    ],
)
def test_what_does_not_fit_the_city_is_named(measure, key):
    with pytest.raises(InputError) as caught:
        _built(_city(), measure)
    assert caught.value.place == f'[measure "m"] {key}'


@given(st.lists(st.floats(0.1, 500.0), min_size=1, max_size=4), st.floats(0.01, 1.0))
def test_storage_on_the_ground_is_the_sum_of_what_was_asked_for(storages, share):
    city = tiny_city()
    measures = [Sponge("sponge", f"s{k}", storage_mm=mm, share=share) for k, mm in enumerate(storages)]
    storage = apply_measures(city, tuple(measures), RULES).sponge.storage_m
    np.testing.assert_allclose(storage, share * sum(storages) / 1000.0, rtol=1e-12)
