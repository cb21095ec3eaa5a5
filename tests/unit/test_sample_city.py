"""The sample city of streets and houses: totals, shape, order and repeatability."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.ndimage import maximum_filter
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data.checks import check_city
from data.city_writer import write_city
from data.errors import InputError
from data.readers.city import read_city
from data.readers.trust import sift, trust_limits
from data.sample import sample_city
from data.sample.hollows import spill_levels
from data.sample.people import largest_remainder
from data.schema import (
    AREA_LEVELS,
    AREAS,
    BARRIERS,
    BUILDINGS,
    CANDIDATES,
    LAND_COVER,
    PEOPLE,
    RIVERS,
    ROADS,
    SHELTERS,
    SOURCES,
    TEAMS,
    UNDERPASSES,
    City,
    Table,
)

LAYERS = (
    "buildings",
    "barriers",
    "underpasses",
    "rivers",
    "areas",
    "people",
    "shelters",
    "candidates",
    "pumps",
    "gates",
    "lifelines",
    "teams",
    "sensors",
)


@cache
def _small(seed: int = 1) -> City:
    return sample_city("small", seed)


def _same(a: City, b: City) -> bool:
    frames = all(
        pd.DataFrame(getattr(a, name)).map(str).equals(pd.DataFrame(getattr(b, name)).map(str)) for name in LAYERS
    )
    assert a.roads is not None
    assert b.roads is not None
    assert a.drainage is not None
    assert b.drainage is not None
    drains = a.drainage.inp.lines == b.drainage.inp.lines and a.drainage.inlets.equals(b.drainage.inlets)
    roads = a.roads.nodes.equals(b.roads.nodes) and a.roads.edges.equals(b.roads.edges)
    return (
        frames
        and roads
        and drains
        and a.terrain.tobytes() == b.terrain.tobytes()
        and np.array_equal(a.land_cover, b.land_cover)
    )


def test_one_seed_gives_one_city() -> None:
    assert _same(_small(1), sample_city("small", 1))


def test_another_seed_gives_another_city() -> None:
    assert not _same(_small(1), _small(2))
    assert not np.array_equal(_small(1).terrain, _small(2).terrain)


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(InputError, match="small, city, megacity"):
        sample_city("village")


@pytest.mark.parametrize("seed", [1, 2])
def test_totals_are_those_of_the_plan(seed: int) -> None:
    city = _small(seed)
    assert city.grid.cells * city.grid.cell_area_m2 == 36e6
    assert city.people["population_night"].sum() == 300_000
    assert city.people["population_day"].sum() == 300_000
    effective = (city.shelters["area_m2"] * city.shelters["usable_share"]).sum()
    assert 1.4 <= effective / 300_000 <= 1.6
    assert len(city.underpasses) >= 10


@pytest.mark.parametrize(("size", "seed"), [("small", 1), ("small", 2)])
def test_every_site_can_be_trusted(size: str, seed: int) -> None:
    """No site is entered twice, no candidate exists: a pack of the city has as many rows as the city."""
    city = sample_city(size, seed)
    for name in ("shelters", "candidates"):
        frame = getattr(city, name)
        places, astray = [str(k) for k in range(len(frame))], np.full(len(frame), "", object)
        existing = city.shelters if name == "candidates" else None
        assert sift(frame, places, astray, name, trust_limits(), existing)[1] == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_candidates_suffice_for_the_target_and_some_would_flood(seed: int) -> None:
    """They hold more than the gap from 1.5 to 2.0 m2 per person; at least three lie in hollows of 0.5 m or more.

    The hollow at a site is the deepest within 50 m: a site is a point, its block is 100 m wide.
    """
    city = _small(seed)
    sites = city.candidates
    assert sites["id"].tolist() == [f"C{number:02d}" for number in range(1, len(sites) + 1)]
    assert 20 <= len(sites) <= 24
    assert (sites["area_m2"] * sites["usable_share"]).sum() > 0.5 * 300_000
    assert (sites["cost"] > 0).all()
    assert set(sites["site_type"]) == {"park", "square", "school", "building"}
    hollow = maximum_filter(spill_levels(city.terrain) - city.terrain, size=11)
    row, col = city.grid.cell_of(sites["x_m"].to_numpy(float), sites["y_m"].to_numpy(float))
    deep = hollow[row, col]
    assert (deep > 0.5).sum() >= 3
    assert (deep < 0.3).sum() >= 12


def test_sites_say_what_they_hold_and_what_they_are_fit_for() -> None:
    sites = _small().shelters
    riverside = sites["site_type"] == "greenway"
    assert riverside.any()
    for name in ("fit_for_flood", "fit_for_waterlogging"):
        assert (sites[name] == ~riverside).all()
    assert (sites["in_floodplain"] == riverside).all()
    for flag, stock in (("water", "water_l"), ("toilets", "toilet_count"), ("supplies", "kits")):
        known = sites[stock].notna()
        assert 0.6 < known.mean() < 1.0
        assert ((sites.loc[known, stock] > 0) == sites.loc[known, flag]).all()
    assert sites["open_year"].isna().mean() > 0.5
    assert sites["open_year"].max() < 2020
    people = _small().people
    patients = (people["share_hospital"] * people["population_night"]).sum()
    assert 100 < patients < 3_000
    shares = people[["share_65", "share_14", "share_disabled", "share_hospital"]].sum(axis=1)
    assert shares.max() <= 1.0


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_of_team_stands_on_a_crossing(seed: int) -> None:
    """For 300,000: 24 rescue crews, 6 ambulances, 30 buses, 4 pump crews, 6 road crews; a reserve on each side."""
    city = _small(seed)
    teams = city.teams
    own = teams[~teams["regional"]]
    assert own.groupby("kind")["vehicles"].sum().to_dict() == {
        "ambulance": 6, "bus": 30, "pump": 4, "rescue": 24, "road": 6,
    }  # fmt: skip
    assert teams["regional"].sum() == 4
    away = [
        np.hypot(city.roads.nodes["x_m"] - t.x_m, city.roads.nodes["y_m"] - t.y_m).min() for t in teams.itertuples()
    ]
    assert max(away) < 0.02  # degrees are rounded to 7 decimals: 1 cm
    assert (teams.loc[teams["kind"].isin(["bus", "ambulance", "rescue"]), "seats"] > 0).all()


def test_the_plain_falls_from_northwest_to_southeast() -> None:
    """A plane fitted to the ground falls 3 to 4 per mille towards south-east, within 15 degrees."""
    city = _small()
    x, y = np.meshgrid(city.grid.x_centres, city.grid.y_centres)
    ground = np.isin(city.land_cover, (2, 3, 4))
    a = np.column_stack([x[ground] - x.mean(), y[ground] - y.mean(), np.ones(ground.sum())])
    slope_x, slope_y, _ = np.linalg.lstsq(a, city.terrain[ground], rcond=None)[0]
    assert 0.003 <= np.hypot(slope_x, slope_y) <= 0.004
    assert abs(np.rad2deg(np.arctan2(-slope_y, -slope_x)) + 45.0) < 15.0


def test_areas_of_each_level_cover_the_domain_and_lie_in_their_parents() -> None:
    city = _small()
    areas = city.areas
    whole = shapely.box(*city.grid.bounds).area
    assert areas["code"].is_unique
    assert set(areas["level"]) == set(AREA_LEVELS[:4])
    by_code = areas.set_index("code")
    for level in AREA_LEVELS[:4]:
        mine = areas[areas["level"] == level]
        assert mine.area.sum() == pytest.approx(whole, rel=1e-9)
        assert shapely.union_all(mine.geometry.to_numpy()).area == pytest.approx(whole, rel=1e-9)
    for row in areas[areas["parent"] != ""].itertuples():
        parent = by_code.loc[row.parent]
        assert AREA_LEVELS.index(parent["level"]) == AREA_LEVELS.index(row.level) - 1
        assert row.geometry.difference(parent["geometry"]).area < 1.0
    assert set(city.people["area"]) <= set(areas.loc[areas["level"] == "community", "code"])
    assert {"old_town", "new_town", "key_area", "hub"} == set(areas["drainage_class"])


def test_roads_are_one_network_in_both_directions() -> None:
    roads = _small().roads
    edges = roads.edges
    n = len(roads.nodes)
    graph = coo_matrix((np.ones(len(edges)), (edges["tail"], edges["head"])), shape=(n, n))
    assert connected_components(graph, directed=True, connection="strong")[0] == 1
    ends = shapely.get_coordinates(shapely.get_point(edges.geometry.to_numpy(), -1))
    assert np.allclose(ends, roads.nodes.loc[edges["head"], ["x_m", "y_m"]].to_numpy(), atol=1e-3)
    assert (edges["length_m"] > 0).all()
    assert edges.loc[edges["underpass"], "length_m"].between(60, 110).all()


def test_underpasses_lie_3_to_5_m_below_their_street() -> None:
    """The lowest cell lies below the ends of the sunken road by its depth; 0.5 m is the fall of the road between."""
    city = _small()
    for polygon in city.underpasses.geometry:
        inside = rasterize([polygon], out_shape=city.grid.shape, transform=Affine(*city.grid.affine)).astype(bool)
        beside = rasterize([polygon.buffer(40.0)], out_shape=city.grid.shape, transform=Affine(*city.grid.affine))
        street = np.median(city.terrain[beside.astype(bool) & ~inside])
        assert 2.5 <= street - city.terrain[inside].min() <= 5.5


def test_rivers_flow_down_below_their_banks() -> None:
    city = _small()
    water = city.land_cover == 5
    bank = rasterize(
        list(city.rivers.buffer(40.0)), out_shape=city.grid.shape, transform=Affine(*city.grid.affine)
    ).astype(bool)
    ground = bank & np.isin(city.land_cover, (3, 4))
    assert np.median(city.terrain[ground]) - np.median(city.terrain[water]) > 2.5
    assert (city.rivers["base_depth_m"].between(0.3, 2.0)).all()
    rows, cols = np.nonzero(water)
    edge = (rows == 0) | (cols == 0)
    assert city.terrain[rows[edge], cols[edge]].min() > city.terrain[water].min()


def test_houses_leave_the_streets_open() -> None:
    """No house stands on a street cell, and the open ground hangs together."""
    city = _small()
    house = rasterize(list(city.buildings.geometry), out_shape=city.grid.shape, transform=Affine(*city.grid.affine))
    roads = rasterize(
        list(city.roads.edges.geometry.buffer(10.0, cap_style="flat")),
        out_shape=city.grid.shape,
        transform=Affine(*city.grid.affine),
    )
    assert not (house & roads).any()
    assert (city.land_cover == 2).sum() == house.sum()
    assert 0.08 <= house.mean() <= 0.30
    assert city.buildings.geometry.is_valid.all()


@pytest.mark.parametrize("seed", [1, 2])
def test_every_value_lies_in_the_range_of_the_schema(seed: int) -> None:
    city = _small(seed)
    edges = city.roads.edges
    for table, frame in (
        (BUILDINGS, city.buildings),
        (BARRIERS, city.barriers),
        (UNDERPASSES, city.underpasses),
        (RIVERS, city.rivers),
        (AREAS, city.areas),
        (PEOPLE, city.people),
        (SHELTERS, city.shelters),
        (CANDIDATES, city.candidates),
        (LAND_COVER, city.land_cover_table),
        (ROADS, edges),
        (TEAMS, city.teams),
    ):
        _check_table(table, frame)
    assert set(np.unique(city.land_cover)) <= set(city.land_cover_table["code"])
    assert np.isfinite(city.terrain).all()


def _check_table(table: Table, frame: pd.DataFrame | gpd.GeoDataFrame) -> None:
    for field in table:
        if field.required:
            assert field.name in frame, f"{table.name} lacks {field.name}"
        if field.name not in frame or field.dtype == "geometry":
            continue
        values = frame[field.name]
        place = f"{table.name}.{field.name}"
        if field.required or field.default is not None:
            assert values.notna().all(), place
        values = values.dropna()
        if values.empty:
            continue
        if field.choices:
            assert set(values) <= {*field.choices, *([] if field.required else [""])}, place
        if field.minimum is not None:
            assert values.min() >= field.minimum, place
        if field.maximum is not None:
            assert values.max() <= field.maximum, place
        if field.name in ("id", "code"):
            assert values.is_unique, place
        if field.name in ("name", "name_en") and table not in (BARRIERS, ROADS):
            assert (values != "").all(), place


def test_every_layer_says_where_it_comes_from() -> None:
    city = _small()
    layers = {*LAYERS, "terrain", "land_cover", "roads"}
    assert layers <= set(city.provenance)
    assert layers <= set(city.synthetic)
    for words in city.provenance.values():
        label, _, rest = words.partition(": ")
        assert label in SOURCES
        assert len(rest) > 10


def test_a_pack_reads_back_as_it_was_written(tmp_path) -> None:
    city = _small()
    write_city(city, tmp_path / "pack")
    assert check_city(tmp_path / "pack") == []
    again = read_city(tmp_path / "pack")
    assert np.array_equal(again.terrain, city.terrain)
    assert np.array_equal(again.land_cover, city.land_cover)
    assert again.people["population_night"].sum() == 300_000
    assert list(again.people["area"]) == list(city.people["area"])
    assert again.left_out == ()
    for name in ("shelters", "candidates", "teams"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(city, name), check_dtype=False)
    assert len(again.roads.nodes) == len(city.roads.nodes)
    assert len(again.roads.edges) == len(city.roads.edges)
    assert len(again.buildings) == len(city.buildings)
    assert again.provenance == city.provenance
    assert again.drainage is not None
    assert city.drainage is not None
    assert again.drainage.inp.lines == city.drainage.inp.lines
    pd.testing.assert_frame_equal(again.drainage.inlets, city.drainage.inlets, check_dtype=False)
    pd.testing.assert_frame_equal(
        pd.DataFrame(again.drainage.links.drop(columns="geometry")),
        pd.DataFrame(city.drainage.links.drop(columns="geometry")),
        check_dtype=False,
    )
    for name in ("pumps", "gates", "lifelines"):
        read, drawn = getattr(again, name), getattr(city, name)
        assert len(read) == len(drawn)
        assert list(read.iloc[:, 0].astype(str)) == list(drawn[read.columns[0]].astype(str)), name


def test_largest_remainder_keeps_the_total() -> None:
    parts = largest_remainder(np.array([1.0, 1.0, 1.0, 0.0]), 100)
    assert list(parts) == [34, 33, 33, 0]


@pytest.mark.slow
def test_the_city_of_a_million() -> None:
    city = sample_city("city", 1)
    assert city.grid.shape == (1_000, 1_000)
    assert city.people["population_night"].sum() == 1_000_000
    assert (city.people["area"] != "").all()
    effective = (city.shelters["area_m2"] * city.shelters["usable_share"]).sum()
    assert 1.4 <= effective / 1e6 <= 1.6
