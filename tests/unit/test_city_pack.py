"""A city written and read back is the same city; files that are not ours are left alone."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import fields, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, box

from data.checks import check_city
from data.city_writer import write_city
from data.datum import gcj02_from_wgs84, transform, wgs84_from_gcj02
from data.errors import InputError
from data.readers.city import read_city
from data.readers.city_file import LAYERS, read_city_file
from data.readers.report import Report
from data.readers.roads import build_network
from data.schema import City, DrainageNetwork, Grid
from tests.pack_files import edit_text, full_city, write_pack
from tests.shared_data import ROOT
from tests.tiny_city import tiny_city


def _assert_same(a: City, b: City) -> None:
    """Equal to the last bit, but for x_m and y_m, which come from degrees: 1 micrometre."""
    for field in fields(City):
        one, other = getattr(a, field.name), getattr(b, field.name)
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, other, equal_nan=field.name == "terrain"), field.name
            assert one.dtype == other.dtype, field.name
        elif isinstance(one, pd.DataFrame):
            _assert_same_frame(one, other, field.name)
        elif field.name == "roads":
            assert one.nodes.equals(other.nodes)
            _assert_same_frame(one.edges, other.edges, "roads")
        elif field.name == "river_series":
            assert one.keys() == other.keys()
            for name, series in one.items():
                _assert_same_frame(series, other[name], name)
        elif isinstance(one, DrainageNetwork):
            assert one.inp.lines == other.inp.lines
            for name in ("nodes", "links", "inlets"):
                _assert_same_frame(getattr(one, name), getattr(other, name), name)
        else:
            assert one == other, field.name


def _assert_same_frame(one: pd.DataFrame, other: pd.DataFrame, name: str) -> None:
    assert set(one.columns) == set(other.columns), name
    for column in one.columns:
        if column == "geometry":
            assert list(one.geometry.to_wkb()) == list(other.geometry.to_wkb()), name
        elif column in ("x_m", "y_m", "to_x_m", "to_y_m"):
            np.testing.assert_allclose(one[column], other[column], rtol=0.0, atol=1e-6, err_msg=name)
        else:
            pd.testing.assert_series_equal(
                one[column], other[column], check_exact=True, check_dtype=False, obj=f"{name} {column}"
            )


def test_city_comes_back_as_it_was(tmp_path: Path) -> None:
    city = full_city()
    assert write_city(city, tmp_path / "pack") == tmp_path / "pack"
    back = read_city(tmp_path / "pack")
    _assert_same(city, back)
    write_city(back, tmp_path / "again")
    _assert_same(back, read_city(tmp_path / "again"))
    assert check_city(tmp_path / "again") == []


def test_terrain_with_an_outside_comes_back(tmp_path: Path) -> None:
    city = tiny_city()
    terrain = city.terrain.copy()
    terrain[:5, :] = np.nan
    back = read_city(write_city(replace(city, terrain=terrain), tmp_path / "pack"))
    assert np.array_equal(back.terrain, terrain, equal_nan=True)


def test_terrain_alone_is_a_city_and_says_what_is_missing(tmp_path: Path) -> None:
    city = tiny_city()
    bare = City(name="小城", name_en="", grid=city.grid, terrain=city.terrain)
    back = read_city(write_city(bare, tmp_path / "pack"))
    assert back.people is None
    assert back.roads is None
    assert len(back.notes) == 11
    assert any(note.startswith("no shelters") for note in back.notes)
    assert read_city(write_city(back, tmp_path / "again")).notes == back.notes


def test_same_city_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_pack(tmp_path / name)
    digests = [
        {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted((tmp_path / name).iterdir())}
        for name in ("a", "b")
    ]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 23


def test_earlier_pack_is_replaced_and_a_foreign_folder_refused(tmp_path: Path) -> None:
    write_pack(tmp_path / "pack")
    (tmp_path / "pack" / "old.csv").write_text("left over")
    write_pack(tmp_path / "pack")
    assert not (tmp_path / "pack" / "old.csv").exists()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.txt").write_text("dear")
    (tmp_path / "file").write_text("dear")
    for name in ("home", "file"):
        with pytest.raises(InputError, match="will not overwrite"):
            write_pack(tmp_path / name)
    assert (tmp_path / "home" / "thesis.txt").read_text() == "dear"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "home", "pack"]


def test_failure_leaves_the_earlier_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pack(tmp_path / "pack")
    before = (tmp_path / "pack" / "people.csv").read_bytes()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("data.city_writer._write_csv", fail)
    with pytest.raises(OSError, match="disk full"):
        write_pack(tmp_path / "pack")
    assert (tmp_path / "pack" / "people.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["pack"]


def test_people_belong_to_the_lowest_area(tmp_path: Path) -> None:
    city = read_city(write_pack(tmp_path / "pack"))
    assert city.people is not None
    assert set(city.people["area"]) == {"510101", "510102"}


def test_shelters_in_gcj02_are_moved(tmp_path: Path) -> None:
    city = tiny_city()
    assert city.shelters is not None
    lon, lat = gcj02_from_wgs84(city.shelters["lon"].to_numpy(), city.shelters["lat"].to_numpy())
    write_city(replace(city, shelters=city.shelters.assign(lon=lon, lat=lat)), tmp_path / "pack")
    text = (tmp_path / "pack" / "city.toml").read_text(encoding="utf-8")
    head, _, tail = text.partition("[shelters]")
    (tmp_path / "pack" / "city.toml").write_text(
        head + "[shelters]" + tail.replace("WGS84", "GCJ-02", 1), encoding="utf-8"
    )
    back = read_city(tmp_path / "pack")
    assert back.shelters is not None
    for column in ("x_m", "y_m"):
        assert np.abs(back.shelters[column] - city.shelters[column]).max() < 1e-3


def _town(seed: int = 3) -> City:
    """4 km x 4 km of streets 80 to 200 m apart with 150 shelters at the kerb."""
    rng = np.random.default_rng(seed)
    grid = Grid(80, 80, 50.0, 410_000.0, 3_392_000.0, "EPSG:32648")
    xs, ys = (np.unique(np.cumsum(rng.uniform(80, 200, 40))[:28]) for _ in range(2))
    xs, ys = xs[xs < 3950] + grid.west_m, ys[ys < 3950] + grid.south_m
    lines = [LineString([(x, y) for y in ys]) for x in xs] + [LineString([(x, y) for x in xs]) for y in ys]
    roads = build_network(_streets(lines, grid))
    x = rng.choice(xs, 150) + rng.choice([-8.0, 8.0], 150)
    y = rng.uniform(ys[0], ys[-1], 150)
    lon, lat = transform(x, y, grid.crs, "EPSG:4326")
    shelters = pd.DataFrame(
        {"id": [f"S{k}" for k in range(150)], "name": "校", "lon": lon, "lat": lat, "site_type": "school"}
    ).assign(area_m2=1e3)
    return City("镇", "Town", grid, np.full(grid.shape, 500.0), shelters=shelters, roads=roads)


@pytest.mark.parametrize(
    ("given", "declared", "doubt"),
    [("WGS84", "WGS84", ""), ("GCJ-02", "WGS84", "GCJ-02"), ("GCJ-02", "GCJ-02", ""), ("WGS84", "GCJ-02", "WGS84")],
)
def test_wrong_datum_is_a_warning(tmp_path: Path, given: str, declared: str, doubt: str) -> None:
    city = _town()
    assert city.shelters is not None
    lon, lat = city.shelters["lon"].to_numpy(), city.shelters["lat"].to_numpy()
    if given == "GCJ-02":
        lon, lat = gcj02_from_wgs84(lon, lat)
    assert np.allclose(wgs84_from_gcj02(*gcj02_from_wgs84(lon, lat))[0], lon)
    pack = write_city(replace(city, shelters=city.shelters.assign(lon=lon, lat=lat)), tmp_path / "pack")
    edit_text(pack, "city.toml", 'datum = "WGS84"', f'datum = "{declared}"')
    findings = [f for f in check_city(pack) if "datum" in f.place]
    assert [f.severity for f in findings] == (["warning"] if doubt else [])
    if doubt:
        assert f'datum = "{doubt}"' in findings[0].remedy
        assert Path(findings[0].file).name == "shelters.csv"
        assert any("real places" in note for note in read_city(pack).notes)


def _streets(lines: list[LineString], grid: Grid) -> gpd.GeoDataFrame:
    values = {"two_way": True, "road_class": "residential", "lanes": 1, "speed_m_s": 8.3, "bridge": False}
    frame = gpd.GeoDataFrame({"id": [str(k) for k in range(len(lines))]}, geometry=lines, crs=grid.crs)
    return frame.assign(**values, underpass=False)


def test_large_pack_reads_fast(tmp_path: Path) -> None:
    """10,000 buildings and 10,000 road rows: 2 s on an idle machine; here CPU time, doubled for a busy one."""
    city = _town()
    grid = city.grid
    corner = [(grid.west_m + x, grid.south_m + y) for x in np.arange(100) * 39.0 for y in np.arange(100) * 39.0]
    houses = [box(x, y, x + 10.0, y + 10.0) for x, y in corner]
    near = corner[: 53 * 53]
    lines = [LineString([(x, y), (x + 39.0, y)]) for x, y in near] + [
        LineString([(x, y), (x, y + 39.0)]) for x, y in near
    ]
    roads = build_network(_streets(lines, grid))
    assert len(roads.edges) > 10_000
    buildings = gpd.GeoDataFrame({"height_m": 3.0}, index=range(len(houses)), geometry=houses, crs=grid.crs)
    pack = write_city(replace(city, buildings=buildings, roads=roads), tmp_path / "pack")
    clock = time.process_time()
    read_city(pack)
    assert time.process_time() - clock < 4.0


def test_city_file_of_the_docs_reads_as_written(tmp_path: Path) -> None:
    """Every key that docs/city-pack.md shows is known, and a misspelt one is not."""
    page = (ROOT / "docs" / "city-pack.md").read_text(encoding="utf-8")
    block = page.split("```toml\n")[1].split("```")[0]
    for name in re.findall(r'^(?:file|table|inlets|pipes|hotstart) = "([^"]+)"', block, re.MULTILINE):
        (tmp_path / name).touch()
    (tmp_path / "city.toml").write_text(block, encoding="utf-8")
    pack = read_city_file(tmp_path, Report())
    assert set(pack.layers) == set(LAYERS)
    assert pack.layers["areas"].datum == "GCJ-02"
    assert pack.layers["rivers"].crs == "EPSG:32648"
    tntp = dict.fromkeys(("nodes", "length_unit", "time_unit"))
    assert pack.layers["roads"].options == {"snap_m": 0.5, "noded": False, **tntp}
    assert pack.provenance["terrain"] == "fact: airborne survey"
    (tmp_path / "city.toml").write_text(block.replace("snap_m", "snap"), encoding="utf-8")
    with pytest.raises(InputError, match="snap_m"):
        read_city_file(tmp_path, Report())
