"""From a good case file and its rasters, vectors and series to arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.errors import InputError
from data.flood_case import FloodCase, RainSeries, Series, load_flood_case
from tests.api.flood_case_files import CASE, COLS, ROWS, level, write_asc, write_good_case

_CRS = '"crs":{"type":"name","properties":{"name":"EPSG:32648"}}'


def _geojson(path: Path, geometry: str, properties: str = "{}") -> None:
    path.write_text(
        f'{{"type":"FeatureCollection",{_CRS},"features":'
        f'[{{"type":"Feature","properties":{properties},"geometry":{geometry}}}]}}'
    )


def _square(west: float, south: float, size: float) -> str:
    ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
    return f'{{"type":"Polygon","coordinates":[{ring}]}}'


def _load(folder: Path, text: str = CASE) -> FloodCase:
    write_good_case(folder)
    (folder / "case.toml").write_text(text)
    return load_flood_case(folder / "case.toml")


def test_good_case_is_read_into_si(tmp_path: Path) -> None:
    case = _load(tmp_path)
    assert case.grid.shape == (ROWS, COLS)
    assert np.allclose(case.bed, level(), atol=1e-4)
    assert case.manning_n.shape == (ROWS, COLS)
    assert np.all(case.manning_n == 0.03)
    assert case.initial_depth is None
    assert case.edges == {"west": "closed", "east": "open", "south": "closed", "north": "closed"}
    assert isinstance(case.rain, RainSeries)
    assert case.rain.edges_s.tolist() == [0.0, 60.0]
    assert case.rain.rate_m_s == pytest.approx([60.0 / 3.6e6])
    assert case.inflows[0].rows.tolist() == [6, 7]  # 3392020 to 3392030 with the north edge at 3392060
    assert case.inflows[0].cols.tolist() == [0, 0]
    assert case.inflows[0].series.value.tolist() == [0.1, 0.2]
    assert (case.gauges[0].row, case.gauges[0].col) == (6, 8)
    assert case.gauge_step_s == case.output_step_s == 60.0


def test_buildings_zones_and_walls_are_laid_on_the_grid(tmp_path: Path) -> None:
    _geojson(tmp_path / "houses.geojson", _square(411010, 3392010, 10))
    _geojson(tmp_path / "tower.geojson", _square(411010, 3392010, 10), '{"height_m": 30}')
    _geojson(tmp_path / "road.geojson", _square(411000, 3392000, 5))
    _geojson(tmp_path / "wall.geojson", '{"type":"LineString","coordinates":[[411020,3392000],[411020,3392060]]}',
             '{"crest_m": 501}')  # fmt: skip
    zone = '[[manning_zone]]\npolygons = "road.geojson"\nvalue = 0.013'
    text = CASE.replace("manning = 0.03", 'manning = 0.03\nbuildings = "houses.geojson"\nbarriers = "wall.geojson"')
    case = _load(tmp_path, text + zone)
    assert np.argwhere(case.building_height).tolist() == [[8, 2], [8, 3], [9, 2], [9, 3]]
    assert case.building_height.max() == 3.0
    assert case.barriers["crest_m"].tolist() == [501.0]
    assert np.argwhere(case.manning_n == 0.013).tolist() == [[11, 0]]
    other = _load(tmp_path, text.replace("houses", "tower").replace("barriers", "building_height_m = 9\nbarriers"))
    assert other.building_height.max() == 30.0
    assert _load(tmp_path, text.replace("barriers", "building_height_m = 9\nbarriers")).building_height.max() == 9.0


def test_rasters_give_roughness_water_and_drains(tmp_path: Path) -> None:
    ramp = np.linspace(0.01, 0.1, ROWS * COLS).reshape(ROWS, COLS)
    for name in ("n", "wet", "drain"):
        write_asc(tmp_path / f"{name}.asc", ramp)
    text = CASE.replace("manning = 0.03", 'manning = "n.asc"')
    case = _load(tmp_path, text + '[initial]\ndepth = "wet.asc"\n[loss]\nrate_mm_h = 36\ndrainage_mm_h = "drain.asc"')
    assert np.allclose(case.manning_n, ramp, atol=1e-4)
    assert np.allclose(case.initial_depth, ramp, atol=1e-4)
    assert np.allclose(case.drainage_m_s, ramp / 3.6e6, atol=1e-10)
    assert case.loss_rate_m_s == pytest.approx(1e-5)


def test_initial_level_fills_what_lies_below_it(tmp_path: Path) -> None:
    case = _load(tmp_path, CASE + "[initial]\nstage = 499.7")
    assert np.allclose(case.initial_depth, np.maximum(499.7 - level(), 0.0), atol=1e-4)


def test_land_cover_gives_roughness_and_infiltration(tmp_path: Path) -> None:
    cover = np.where(np.arange(COLS)[None, :] < 4, 1, 7) * np.ones((ROWS, 1))
    write_asc(tmp_path / "cover.asc", cover)
    (tmp_path / "cover.csv").write_text(
        "code,name,manning_n,infiltration,constant_mm_h\n1,road,0.015,none,0\n7,lawn,0.2,constant,12\n"
    )
    head = CASE.replace("manning = 0.03\n", "")
    section = '[land_cover]\nraster = "cover.asc"\ntable = "cover.csv"\n[loss]\ninfiltration = "land_cover"'
    case = _load(tmp_path, head + section)
    assert np.unique(case.manning_n).tolist() == [0.015, 0.2]
    assert case.land_cover.dtype == np.uint8
    assert case.land_cover_table["constant_mm_h"].tolist() == [0.0, 12.0]
    (tmp_path / "cover.csv").write_text("code,name,manning_n\n1,road,0.015\n")
    with pytest.raises(InputError, match=r"cover\.asc, class 7: 144 cells"):
        _load(tmp_path, head + section)
    with pytest.raises(InputError, match=r"\[terrain\] manning: no roughness"):
        _load(tmp_path, head)


def test_held_edge_and_level_are_series(tmp_path: Path) -> None:
    (tmp_path / "sea.csv").write_text("time_s,stage_m\n0,499.0\n120,499.5\n")
    text = CASE.replace('east = "open"', 'east = { stage = "sea.csv" }')
    case = _load(tmp_path, text + "[[stage]]\npolygon = [[411000, 3392000], [411010, 3392000], [411010, 3392010]]\n"
                                  "stage_m = 500.2")  # fmt: skip
    assert isinstance(case.edges["east"], Series)
    assert case.edges["east"].value.tolist() == [499.0, 499.5]
    assert case.stages[0].series.value.tolist() == [500.2]


def test_doubts_are_told(tmp_path: Path) -> None:
    _geojson(tmp_path / "houses.geojson", _square(411000, 3392020, 10))
    _geojson(tmp_path / "far.geojson", _square(500000, 3392020, 10))
    text = CASE.replace("duration_s = 120", "duration_s = 240")
    notes = _load(tmp_path, text.replace("manning =", 'buildings = "houses.geojson"\nmanning =')).notes
    assert any("inflow 1: 2 of 2 cells are raised by a building" in note for note in notes)
    assert any("its series ends at 120 s; the last value 0.2 holds until 240 s" in note for note in notes)
    far = _load(tmp_path, CASE.replace("manning =", 'buildings = "far.geojson"\nmanning ='))
    assert any("no polygon of far.geojson covers" in note for note in far.notes)
