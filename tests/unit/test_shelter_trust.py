"""Which rows of sites and people are trusted: each reason by itself, in its order, and in files as they come."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from data.checks import check_city
from data.city_writer import write_city
from data.errors import InputError
from data.readers.city import read_city
from data.readers.columns import fill_absent
from data.readers.sites import read_sites
from data.readers.trust import COLUMNS, MESSAGES, Limits, sift, trust_limits
from data.rules_file import load_rules
from data.schema import CANDIDATES, SHELTERS, City
from tests.pack_files import edit_table, write_pack
from tests.tiny_city import tiny_city

LIMITS = Limits(least_m2=20.0, most_m2=2e7, apart_m=5.0, m2_per_person=0.5)
HEAD = "id,name,lon,lat,site_type,area_m2"


def _sites(**columns: list) -> pd.DataFrame:
    """Sound sites 100 m apart, but for the given columns."""
    count = len(next(iter(columns.values())))
    frame = pd.DataFrame(
        {
            "id": [f"X{number}" for number in range(count)], "name": [f"场{number}" for number in range(count)],
            "lon": 104.06, "lat": 30.65, "site_type": "park", "area_m2": 1000.0,
            "x_m": 100.0 * np.arange(count), "y_m": 0.0,
        }
    )  # fmt: skip
    return fill_absent(frame.assign(**columns), SHELTERS)


def _sift(frame: pd.DataFrame, layer: str = "shelters", existing: pd.DataFrame | None = None) -> dict[str, str]:
    """The reason for each id that is left out."""
    astray = np.full(len(frame), "", object)
    kept, left_out = sift(frame, [f"f.csv, row {k + 2}" for k in range(len(frame))], astray, layer, LIMITS, existing)
    assert set(kept["id"]) | {one.id for one in left_out} == set(frame["id"])
    assert len(kept) + len(left_out) == len(frame)
    assert list(kept.index) == list(range(len(kept)))
    return {one.id: one.reason for one in left_out}


def test_sound_sites_stay() -> None:
    assert _sift(_sites(area_m2=[20.0, 2e7, 600.0])) == {}


def test_limits_are_those_of_the_rules() -> None:
    assert trust_limits() == LIMITS


def test_area_of_nothing_and_in_another_unit() -> None:
    found = _sift(_sites(area_m2=[0.0, 19.999, 2.0000001e7, 1e-9]))
    assert found == {"X0": "no_area", "X1": "area_unit", "X2": "area_unit", "X3": "area_unit"}


@pytest.mark.parametrize(
    ("area", "words"),
    [
        (3.5, "perhaps 35000 m2 if the file gives ha or 3500000 m2 if the file gives km2"),
        (0.001, "perhaps 1000 m2 if the file gives km2"),  # 10 m2 as ha: less than any site
        (19.0, "perhaps 190000 m2 if the file gives ha or 19000000 m2 if the file gives km2"),
        (3e7, "20 to 20000000"),
    ],
)
def test_a_probable_unit_is_named(area: float, words: str) -> None:
    frame = _sites(area_m2=[area])
    _, left_out = sift(frame, ["f.csv, row 2"], np.array([""], object), "shelters", LIMITS)
    assert left_out[0].remedy.endswith(words)
    assert left_out[0].value == f"{area:g}"


def test_more_inside_than_there_is_room() -> None:
    """1000 m2 x 0.5 usable at 0.5 m2 each hold 1000: a full site stays, one person more is too many."""
    frame = _sites(occupants=[1000.0, 1001.0, 1000.5]).assign(usable_share=0.5)
    assert _sift(frame) == {"X1": "overfull", "X2": "overfull"}


def test_room_is_not_lost_to_rounding() -> None:
    """600 m2 x 0.7 at 0.7 m2 hold 600, although the product of the floats is a hair less."""
    frame = _sites(area_m2=[600.0], usable_share=[0.7], occupants=[600.0])
    astray = np.array([""], object)
    assert sift(frame, ["f"], astray, "shelters", replace(LIMITS, m2_per_person=0.7))[1] == ()


def test_the_first_of_two_in_one_place_stays() -> None:
    """Sites at 0, 4, 8 and 13.01 m: 4 repeats 0; 8 is 8 m from 0 and stays; 13.01 is 5.01 m from 8 and stays."""
    frame = _sites(x_m=[0.0, 4.0, 8.0, 13.01])
    assert _sift(frame) == {"X1": "duplicate"}
    assert _sift(_sites(x_m=[0.0, 5.0])) == {"X1": "duplicate"}


def test_a_site_left_out_shadows_no_other() -> None:
    """The first row has no area, so the second, in the same place, is the site."""
    assert _sift(_sites(x_m=[0.0, 0.0], area_m2=[0.0, 900.0])) == {"X0": "no_area"}


def test_a_candidate_that_exists() -> None:
    """By place or by id; 5.1 m away is another site, and two candidates may not repeat each other either."""
    existing = _sites(x_m=[0.0, 1000.0]).assign(id=["S1", "X3"])
    frame = _sites(x_m=[3.0, 5.1, 5.2, 500.0])
    assert _sift(frame, "candidates", existing) == {"X0": "existing", "X2": "duplicate", "X3": "existing"}


def test_of_people_only_the_place_is_judged() -> None:
    frame = pd.DataFrame(
        {"id": ["B0", "B1"], "lon": [0.0, 104.0], "lat": [30.0, 30.0], "population_night": [70.0, 3.0]}
    )
    frame = frame.assign(x_m=0.0, y_m=0.0)
    kept, left_out = sift(frame, ["p, row 2", "p, row 3"], np.array(["zero_coordinates", ""], object), "people", LIMITS)
    assert kept["id"].tolist() == ["B1"]
    assert left_out[0].value == "0, 30 (70 people at night)"


def test_every_reason_has_words() -> None:
    assert set(MESSAGES) == set(COLUMNS)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0.0, 3.0, 50.0, 1e3, 5e7]), st.sampled_from([0.0, 10.0, 1e5]), st.floats(0.0, 40.0),
            st.sampled_from(["", "", "outside", "zero_coordinates"]),
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_nothing_doubtful_is_used_and_nothing_is_lost(rows: list[tuple[float, float, float, str]]) -> None:
    """Every row is kept or listed, once; of those kept no two are within 5 m and each holds who is inside."""
    area, inside, x, astray = (list(column) for column in zip(*rows, strict=True))
    frame = _sites(area_m2=area, occupants=inside, x_m=x)
    kept, left_out = sift(frame, [str(k) for k in range(len(rows))], np.array(astray, object), "shelters", LIMITS)
    assert sorted([*kept["id"], *(one.id for one in left_out)]) == sorted(frame["id"])
    assert kept["area_m2"].between(20.0, 2e7).all()
    assert (kept["occupants"] <= kept["area_m2"] / 0.5).all()
    assert (np.diff(np.sort(kept["x_m"])) > 5.0).all()
    for one in left_out:
        if one.reason == "duplicate":  # a sound site stands in the same place
            row = frame.loc[frame["id"] == one.id, "x_m"].iloc[0]
            assert (np.abs(kept["x_m"] - row) <= 5.0).any()


# --- in files ---------------------------------------------------------------------------------------------------


@pytest.fixture
def city() -> City:
    return tiny_city()


def _write(folder: Path, rows: list[str], head: str = HEAD, end: str = "\n", start: str = "") -> Path:
    file = folder / "more.csv"
    file.write_bytes((start + end.join([head, *rows]) + end).encode("utf-8"))
    return file


GOOD = "X1,新园,104.0630,30.6540,park,3000"


def test_a_file_of_more_sites(tmp_path: Path, city: City) -> None:
    rows = [GOOD, "X2,零,0,0,park,900", "X3,远,104.9,30.654,park,900", "S2,旧,104.0641,30.6545,park,900"]
    rows += ["X4,无,104.0632,30.6541,park,0", "X5,又,104.06300,30.65401,park,500", "X6,好,104.0625,30.6545,park,700"]
    frame, left_out = read_sites(_write(tmp_path, rows), city, CANDIDATES)
    assert frame["id"].tolist() == ["X1", "X6"]
    assert {"cost", "x_m", "y_m", *SHELTERS.names} <= set(frame.columns)
    assert [(one.id, one.reason, one.place) for one in left_out] == [
        ("X2", "zero_coordinates", "more.csv, row 3"),
        ("X3", "outside", "more.csv, row 4"),
        ("S2", "existing", "more.csv, row 5"),
        ("X4", "no_area", "more.csv, row 6"),
        ("X5", "duplicate", "more.csv, row 7"),
    ]
    assert {one.layer for one in left_out} == {"candidates"}


def test_a_mark_of_order_and_line_ends_of_windows_do_no_harm(tmp_path: Path, city: City) -> None:
    frame, _ = read_sites(_write(tmp_path, [GOOD], end="\r\n", start="\ufeff"), city, SHELTERS)
    assert frame["name"].tolist() == ["新园"]
    assert "cost" not in frame


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp"])
def test_a_layer_of_points(tmp_path: Path, city: City, suffix: str) -> None:
    """Shapefile names end after ten letters: those of the test are short."""
    values = {"id": ["X1", "X2"], "name": ["新园", "无"], "site_type": "park", "area_m2": [3000.0, 0.0]}
    points = [Point(104.063, 30.654), Point(104.0625, 30.6545)]
    file = tmp_path / f"more.{suffix}"
    gpd.GeoDataFrame(values, geometry=points, crs="EPSG:4326").to_file(file, engine="pyogrio", encoding="utf-8")
    frame, left_out = read_sites(file, city, SHELTERS)
    assert frame["id"].tolist() == ["X1"]
    assert [(one.place, one.reason) for one in left_out] == [(f"more.{suffix}, feature 2", "no_area")]
    metric, _ = read_sites(_metric(file, tmp_path), city, SHELTERS)
    np.testing.assert_allclose(metric[["x_m", "y_m"]], frame[["x_m", "y_m"]], atol=1e-3)


def _metric(file: Path, folder: Path) -> Path:
    gpd.read_file(file).to_crs("EPSG:32648").to_file(folder / "metric.gpkg", engine="pyogrio")
    return folder / "metric.gpkg"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["X1,园,30.6540,104.0630,park,3000"], "swapped"),
        (["X1,园,nan,30.6540,park,3000"], "not a finite number"),
        (["X1,园,1e30,30.6540,park,3000"], "impossible coordinates"),
        (["X1,园,104.063,30.654,park,1e30"], "above the range"),
        (["X1,园,104.063,30.654,park,-5"], "negative"),
        (["X1,园,104.063,30.654,park,nan"], "not a finite number"),
        (["X1,园,104.063,30.654,park,"], "empty"),
        (["X1,园,104.063,30.654,castle,900"], "unknown word"),
        ([GOOD, "X1,又,104.0632,30.6542,park,900"], "twice"),
        ([GOOD, "X2,断,104.06"], "truncated"),
        ([], "no rows below the header"),
        (["X1,园,0,0,park,3000"], "1 of 1 points lie outside"),
        (["X7,园,116.4,39.9,park,3000", "X2,园,116.5,39.9,park,3000", GOOD], "2 of 3 points lie outside"),
        (["X7,园,104.064,30.654,park,0.3", "X8,园,104.065,30.654,park,2.5", GOOD], "2 of 3 areas are in the wrong"),
        (["X1,园,104.063,30.654,park,0"], "not one of 1 sites can be used"),
        (["S1,园,104.063,30.654,park,900"], "not one of 1 sites can be used"),
    ],
)  # fmt: skip
def test_files_that_are_refused(tmp_path: Path, city: City, rows: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_sites(_write(tmp_path, rows), city, SHELTERS)
    assert caught.value.exit_code == 2
    assert Path(caught.value.file).name == "more.csv"


def test_a_line_is_no_site(tmp_path: Path, city: City) -> None:
    file = tmp_path / "line.geojson"
    file.write_text('{"type":"LineString","coordinates":[[104.063,30.654],[104.064,30.655]]}')
    with pytest.raises(InputError, match="not a point"):
        read_sites(file, city, SHELTERS)
    file.write_text("")
    with pytest.raises(InputError, match="empty file"):
        read_sites(file, city, SHELTERS)


def test_a_pack_lists_what_it_leaves_out(tmp_path: Path) -> None:
    """A shelter without area takes its power line with it; a candidate in the place of a shelter goes too."""
    pack = write_pack(tmp_path / "pack")
    edit_table(pack, "shelters.csv", 0, "area_m2", 0)
    shelters = pd.read_csv(pack / "shelters.csv")
    edit_table(pack, "candidates.csv", 1, "lon", shelters["lon"].iloc[3])
    edit_table(pack, "candidates.csv", 1, "lat", shelters["lat"].iloc[3])
    edit_table(pack, "people.csv", 4, "lat", 31.9)
    city = read_city(pack)
    assert [(one.layer, one.id, one.reason) for one in city.left_out] == [
        ("people", "B04", "outside"), ("shelters", "S1", "no_area"), ("candidates", "C2", "existing")
    ]  # fmt: skip
    assert city.shelters is not None
    assert "S1" not in set(city.shelters["id"])
    assert city.lifelines is not None
    assert not (city.lifelines["asset_id"] == "S1").any()
    assert "1 row of shelters left out (area 0), the first S1" in city.notes
    findings = check_city(pack)
    assert {finding.severity for finding in findings} == {"warning"}
    (told,) = [f for f in findings if f.message == MESSAGES["no_area"]]
    assert (Path(told.file).name, told.place, told.value) == ("shelters.csv", "row 2, area_m2", "0")
    again = read_city(write_city(city, tmp_path / "again"))
    assert again.left_out == ()
    assert check_city(tmp_path / "again") == []


def test_people_outside_all_areas_stay_and_are_told_by_row(tmp_path: Path) -> None:
    city = tiny_city()
    assert city.areas is not None
    west = city.areas[city.areas["code"] == "510101"].assign(parent="")
    pack = write_city(replace(city, areas=west), tmp_path / "pack")
    findings = [f for f in check_city(pack) if "in no area" in f.message]
    assert len(findings) == 18
    assert findings[0].place == "row 5, lon, lat"
    assert findings[0].value == "50 people at night"
    back = read_city(pack)
    assert back.people is not None
    assert len(back.people) == 36
    assert back.left_out == ()
    words = "18 of 36 population blocks (900 people at night) lie in no area: counted as outside all areas"
    assert words in back.notes


def test_rules_of_another_folder_are_taken(tmp_path: Path, city: City) -> None:
    rules = load_rules()
    told = {**rules.files, "shelters": {**rules["shelters"]}}
    told["shelters"]["doubt_area_least_m2"] = replace(rules["shelters"]["doubt_area_least_m2"], value=5000.0)
    own = type(rules)(told)
    with pytest.raises(InputError, match="areas are in the wrong unit"):
        read_sites(_write(tmp_path, [GOOD]), city, SHELTERS, rules=own)
