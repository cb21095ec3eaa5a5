"""`build_city` on a small city of raw files, and every way such files go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.build import build_city
from data.checks import check_city
from data.city_writer import write_city
from data.datum import WGS84, gcj02_from_wgs84, transform
from data.errors import InputError
from data.readers.city import read_city

CRS = "EPSG:32648"
WEST, SOUTH, EAST, NORTH = 104.00, 30.60, 104.04, 30.63  # 3.8 x 3.3 km

BUILD = """
name = "小城"
name_en = "Small"
crs = "EPSG:32648"
[grid]
cell_m = 50.0
bounds = [104.00, 30.60, 104.04, 30.63]
[terrain.synthetic]
mean_level_m = 500.0
slope = 0.004
falls_to_deg = 135.0
relief = [[200.0, 0.5]]
seed = 3
[areas]
code = "510100"
datum = "GCJ-02"
street_table = { code = 1, name = 2, level = 3, street = "town", lon = 4, lat = 5 }
[[areas.district]]
code = "510104"
name = "东区"
name_en = "East"
polygon = "district.json"
streets = "streets.csv"
[people]
file = "night.csv"
columns = { id = "cell", lon = "x", lat = "y", footprint_m2 = "area", population_night = "persons" }
values = { share_65 = 0.2 }
[[people.join]]
file = "day.csv"
key = "cell"
columns = { population_day = "persons" }
[shelters]
file = "sites.csv"
columns = { id = "id", name = "name", lon = "x", lat = "y", area_m2 = "area", site_type = "kind" }
[shelters.types]
"学校" = { site_type = "school", usable_share = 0.6, indoor = true }
"公园" = { site_type = "park", usable_share = 0.8 }
[roads]
[[roads.file]]
file = "roads.shp"
crs = "EPSG:4326"
class_column = "highway"
two_way = false
[roads.lattice]
spacing_m = 250.0
[provenance]
people = "fact: a count"
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """The raw files of a small city; its districts are drawn in GCJ-02, all else in WGS84."""
    night = ["cell,x,y,area,persons"] + [f"c{i},{104.01 + 0.004 * i},{30.61},10000,{100 * i}" for i in range(5)]
    (tmp_path / "night.csv").write_text("\ufeff" + "\n".join(night) + "\n", encoding="utf-8")
    day = ["persons,cell"] + [f"{10 * i},c{i}" for i in reversed(range(5))]
    (tmp_path / "day.csv").write_text("\n".join(day) + "\n", encoding="utf-8")
    sites = "id,name,kind,x,y,area\ns1,一小,学校,104.012,30.615,5000\ns2,绿园,公园,104.03,30.62,20000\n"
    (tmp_path / "sites.csv").write_text(sites, encoding="utf-8")
    square = shapely.box(WEST + 0.001, SOUTH + 0.001, EAST - 0.001, NORTH - 0.001)
    drawn = shapely.transform(square, lambda xy: np.column_stack(gcj02_from_wgs84(xy[:, 0], xy[:, 1])))
    (tmp_path / "district.json").write_text(shapely.to_geojson(drawn), encoding="utf-8")
    points = zip(*gcj02_from_wgs84(np.array([104.01, 104.03]), np.array([30.615, 30.615])), strict=True)
    streets = [f"51010400{n},第{n}街道办事处,town,{lon},{lat}" for n, (lon, lat) in enumerate(points, start=1)]
    streets += ["510104003,无址街道,town,,", "510104001001,社区,village,104.01,30.61"]
    (tmp_path / "streets.csv").write_text("\n".join(streets) + "\n", encoding="utf-8")
    lines = [shapely.LineString([(104.005, 30.61), (104.02, 30.61), (104.035, 30.61)])]
    roads = gpd.GeoDataFrame({"highway": ["primary_link"]}, geometry=lines)
    roads.set_crs(WGS84).to_file(tmp_path / "roads.shp", engine="pyogrio")
    (tmp_path / "roads.prj").unlink()
    (tmp_path / "build.toml").write_text(BUILD, encoding="utf-8")
    return tmp_path


def test_every_layer_is_built(raw: Path) -> None:
    city = build_city(raw / "build.toml")
    assert city.people is not None
    assert city.people["population_night"].tolist() == [0, 100, 200, 300, 400]
    assert city.people["population_day"].tolist() == [0, 10, 20, 30, 40]
    assert set(city.people["share_65"]) == {0.2}
    assert city.shelters is not None
    assert city.shelters[["site_type", "usable_share", "indoor"]].to_numpy().tolist() == [
        ["school", 0.6, True],
        ["park", 0.8, False],
    ]
    assert city.areas is not None
    assert city.areas["level"].tolist() == ["city", "district", "street", "street"]
    assert city.areas["name"].tolist()[2:] == ["第1街道", "第2街道"]
    assert city.people["area"].tolist() == ["510104001", "510104001", "510104001", "510104002", "510104002"]
    assert city.synthetic == ("terrain", "roads")
    assert city.provenance["terrain"].startswith("synthetic: ")
    assert city.provenance["people"] == "fact: a count"


def test_districts_come_out_in_wgs84(raw: Path) -> None:
    """The square drawn in GCJ-02 lies where it was in WGS84, to a millimetre (inverse exact to 1e-11 degrees)."""
    city = build_city(raw / "build.toml")
    assert city.areas is not None
    corners = shapely.get_coordinates(city.areas.geometry.iloc[1])
    x, y = transform(np.array([WEST + 0.001, EAST - 0.001]), np.array([SOUTH + 0.001, NORTH - 0.001]), WGS84, CRS)
    for corner in zip(x, y, strict=True):
        assert np.hypot(*(corners - corner).T).min() < 1e-3


def test_streets_share_out_their_district(raw: Path) -> None:
    """Streets of the nearest point cover the district without overlap: the areas add up to rounding."""
    city = build_city(raw / "build.toml")
    assert city.areas is not None
    area = city.areas.geometry.area
    assert area.iloc[2:].sum() == pytest.approx(area.iloc[1], rel=1e-9)


def test_footways_fill_what_the_roads_leave(raw: Path) -> None:
    """One network: the known road is on it, crossings of footways keep 125 m from it, links alone touch it."""
    city = build_city(raw / "build.toml")
    assert city.roads is not None
    edges = city.roads.edges
    known = edges["source"] == "fact"
    assert edges.loc[known, "length_m"].sum() == pytest.approx(2 * 2875.0, rel=0.01)  # 0.03 degrees, both ways
    assert set(edges.loc[known, "road_class"]) == {"primary"}
    assert set(edges.loc[~known, "road_class"]) == {"footway"}
    assert (edges.loc[~known, "speed_m_s"] == 0.0).all()
    road = shapely.union_all(edges.geometry[known].to_numpy())
    nodes = city.roads.nodes
    from_road = shapely.distance(shapely.points(nodes["x_m"], nodes["y_m"]), road)
    assert ((from_road < 1e-6) | (from_road >= 125.0 - 1e-6)).all()
    touching = edges[~known & (edges.geometry.distance(road) < 1e-6)]
    on_road = from_road < 1e-6
    assert (on_road[touching["tail"]] != on_road[touching["head"]]).all()
    assert len(touching) >= 2 * 2 * 8  # links on both sides, both ways
    nodes_per_km2 = 16.0
    assert city.areas is not None
    assert len(nodes) > 0.8 * nodes_per_km2 * city.areas.geometry.iloc[0].area / 1e6


def test_a_built_city_reads_back(raw: Path, tmp_path: Path) -> None:
    city = build_city(raw / "build.toml")
    write_city(city, tmp_path / "pack")
    back = read_city(tmp_path / "pack")
    assert [f for f in check_city(tmp_path / "pack") if f.severity == "error"] == []
    assert np.array_equal(back.terrain, city.terrain)
    assert back.roads is not None
    assert city.roads is not None
    assert back.roads.edges["length_m"].tolist() == pytest.approx(city.roads.edges["length_m"].tolist())
    assert back.synthetic == city.synthetic


def test_synthetic_ground_follows_its_plane(raw: Path) -> None:
    """Regression of the levels on x and y gives the slope within the relief's own (0.5 m over 3 km: 2e-4)."""
    city = build_city(raw / "build.toml")
    x, y = np.meshgrid(city.grid.x_centres, city.grid.y_centres)
    terms = np.column_stack([x.ravel() - x.mean(), y.ravel() - y.mean(), np.ones(x.size)])
    fall_x, fall_y, mean = np.linalg.lstsq(terms, city.terrain.ravel(), rcond=None)[0]
    assert mean == pytest.approx(500.0, abs=0.01)
    assert [fall_x, fall_y] == pytest.approx([-0.004 * 0.5**0.5, 0.004 * 0.5**0.5], abs=2e-4)
    assert np.array_equal(city.terrain, build_city(raw / "build.toml").terrain)


def test_a_raster_is_brought_onto_the_grid(raw: Path) -> None:
    """A plane of levels keeps its values through bilinear interpolation (to 1 mm, float64 on a small grid)."""
    source = build_city(raw / "build.toml")
    plane = 500.0 + 1e-3 * (source.grid.x_centres[None, :] - source.grid.west_m) + 0.0 * source.grid.y_centres[:, None]
    write_city(type(source)("a", "a", source.grid, plane), raw / "dem")
    text = BUILD.replace("cell_m = 50.0", "cell_m = 40.0")
    start, end = text.index("[terrain.synthetic]"), text.index("[areas]")
    (raw / "build.toml").write_text(
        text[:start] + '[terrain]\nfile = "dem/terrain.tif"\n' + text[end:], encoding="utf-8"
    )
    city = build_city(raw / "build.toml")
    inner = city.terrain[3:-3, 3:-3]
    expected = 500.0 + 1e-3 * (city.grid.x_centres[None, 3:-3] - source.grid.west_m) + 0.0 * inner
    assert np.abs(inner - expected).max() < 1e-3
    assert "terrain" not in city.synthetic


def _edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _remove(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


@pytest.mark.parametrize(
    ("change", "file", "words"),
    [
        (_edit("build.toml", "cell_m = 50.0", "cel_m = 50.0"), "build.toml", "cell_m"),
        (_edit("build.toml", "spacing_m = 250.0", 'spacing_m = "wide"'), "build.toml", "not a number"),
        (_edit("build.toml", "[104.00, 30.60,", "[104.00, 30.70,"), "build.toml", "bounds"),
        (_edit("build.toml", "EPSG:32648", "EPSG:4326"), "build.toml", "metres"),
        (_edit("build.toml", "GCJ-02", "BD-09"), "build.toml", "GCJ-02"),
        (_edit("build.toml", 'people = "fact', 'people = "rumour'), "build.toml", "kind of source"),
        (_edit("build.toml", "night.csv", "nigth.csv"), "build.toml", "no such file"),
        (_edit("build.toml", "share_65", "share_66"), "build.toml", "share_65"),
        (_edit("build.toml", 'site_type = "school"', 'site_type = "castle"'), "sites.csv", "castle"),
        (_edit("build.toml", 'crs = "EPSG:4326"', ""), "roads.shp", "no coordinate reference system"),
        (_edit("build.toml", '"highway"', '"kind"'), "roads.shp", "highway"),
        (_edit("night.csv", "persons", "people"), "night.csv", "persons"),
        (_edit("night.csv", "c3,", "c3,,"), "night.csv", "row 5"),
        (_edit("night.csv", "10000,300", "10000,-300"), "night.csv", "negative"),
        (_edit("night.csv", "10000,300", "10000,nan"), "night.csv", "not a finite number"),
        (_edit("night.csv", "c3,", "c2,"), "night.csv", "twice"),
        (_edit("sites.csv", "104.012,30.615", "30.615,104.012"), "sites.csv", "swapped"),
        (_edit("sites.csv", "公园", "寺庙"), "sites.csv", "寺庙"),
        (_edit("day.csv", "40,c4", "40,c9"), "day.csv", "c4"),
        (_edit("district.json", "Polygon", "Polygone"), "district.json", "not a readable vector file"),
        (_edit("streets.csv", "town,,", "town,x,y"), "streets.csv", "row 3"),
        (_remove("roads.shp"), "build.toml", "no such file"),
    ],
)
def test_bad_input_is_named(raw: Path, change: Callable[[Path], None], file: str, words: str) -> None:
    change(raw)
    with pytest.raises(InputError) as caught:
        build_city(raw / "build.toml")
    assert Path(caught.value.file).name == file
    assert words in str(caught.value)


def test_people_outside_are_left_out_and_told(raw: Path) -> None:
    _edit("night.csv", "c3,104.022", "c3,104.222")(raw)
    city = build_city(raw / "build.toml")
    assert city.people is not None
    assert len(city.people) == 4
    assert "1 row of people left out (outside the terrain), the first c3" in city.notes
    assert [(one.layer, one.id, one.place, one.reason) for one in city.left_out] == [
        ("people", "c3", "night.csv, row 5", "outside")
    ]
    assert city.left_out[0].value == "104.222, 30.61 (300 people at night)"


def test_sites_that_cannot_be_trusted_are_left_out(raw: Path) -> None:
    """One sound site of each kind stays; each of the others is listed with its row."""
    rows = [
        "s1,一小,学校,104.012,30.615,5000", "s2,绿园,公园,104.03,30.62,20000", "s3,零,公园,0,0,900",
        "s4,无,公园,104.031,30.62,0", "s5,亩,公园,104.032,30.62,1.2", "s6,绿园,公园,104.03,30.62,20000",
    ]  # fmt: skip
    (raw / "sites.csv").write_text("id,name,kind,x,y,area\n" + "\n".join(rows) + "\n", encoding="utf-8")
    city = build_city(raw / "build.toml")
    assert city.shelters is not None
    assert city.shelters["id"].tolist() == ["s1", "s2"]
    assert [(one.id, one.place, one.reason) for one in city.left_out] == [
        ("s3", "sites.csv, row 4", "zero_coordinates"),
        ("s4", "sites.csv, row 5", "no_area"),
        ("s5", "sites.csv, row 6", "area_unit"),
        ("s6", "sites.csv, row 7", "duplicate"),
    ]


def test_candidates_come_from_a_layer_of_points_without_those_that_exist(raw: Path) -> None:
    points = shapely.points([[104.0200, 30.6200], [104.0120, 30.6150]])
    frame = gpd.GeoDataFrame({"nr": [7, 8], "was": ["空地", "学校"], "yen": [30.0, np.nan]}, geometry=points, crs=WGS84)
    frame.to_file(raw / "more.geojson", engine="pyogrio")
    text = (
        BUILD
        + """
[candidates]
file = "more.geojson"
columns = { id = "nr", name = "was", cost = "yen" }
values = { site_type = "square", area_m2 = 800.0 }
"""
    )
    (raw / "build.toml").write_text(text, encoding="utf-8")
    city = build_city(raw / "build.toml")
    assert city.candidates is not None
    assert city.candidates[["id", "name", "area_m2", "cost"]].to_numpy().tolist() == [["7", "空地", 800.0, 30.0]]
    assert [(one.layer, one.id, one.reason) for one in city.left_out] == [("candidates", "8", "existing")]


def test_an_empty_cell_means_what_the_build_file_says(raw: Path) -> None:
    """Unsaid, an empty cell takes the default of the schema: fit."""
    _edit("sites.csv", "area\n", "area,wet\n")(raw)
    _edit("sites.csv", "5000\n", "5000,\n")(raw)
    _edit("sites.csv", "20000\n", "20000,1\n")(raw)
    _edit("build.toml", 'site_type = "kind" }', 'site_type = "kind", fit_for_waterlogging = "wet" }')(raw)
    city = build_city(raw / "build.toml")
    assert city.shelters is not None
    assert city.shelters["fit_for_waterlogging"].tolist() == [True, True]
    _edit("build.toml", "[shelters.types]", "empty = { fit_for_waterlogging = false }\n[shelters.types]")(raw)
    city = build_city(raw / "build.toml")
    assert city.shelters is not None
    assert city.shelters["fit_for_waterlogging"].tolist() == [False, True]
    _edit("build.toml", "empty = { fit_for_waterlogging", "empty = { fit_for_fire")(raw)
    with pytest.raises(InputError, match="no column of the file stands for this"):
        build_city(raw / "build.toml")
