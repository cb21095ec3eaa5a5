"""The folder of a study: tables as the schema has them, GIS layers that read back equal, JSON without NaN."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import Polygon, box, shape

from api.adequacy_folder import write_adequacy
from api.vector_files import outlined, points, write_geojson, write_geopackage
from data.errors import InputError
from data.rules_file import load_rules
from data.schema import (
    ADEQUACY,
    ADEQUACY_BLOCKS,
    ADEQUACY_CURVE,
    ADEQUACY_SITES,
    ADEQUACY_YEARS,
    AID,
)
from sim.adequacy_result import Adequacy
from sim.scenario import Scenario, read_scenario
from tests.api.adequacy_factory import make_adequacy

RULES = load_rules()
LAYERS = {"areas": ADEQUACY, "sites": ADEQUACY_SITES, "blocks": ADEQUACY_BLOCKS}


@pytest.fixture(scope="module")
def found() -> Adequacy:
    return make_adequacy(changed=True)


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("adequacy") / "out"
    write_adequacy(found, RULES, out)
    return out


def _same(read: pd.DataFrame, given: pd.DataFrame) -> None:
    for name in given.columns:
        left, right = read[name].to_numpy(), given[name].to_numpy()
        if given[name].dtype.kind in "fi":
            np.testing.assert_allclose(left.astype(float), right.astype(float), rtol=1e-9, err_msg=name)
        else:
            assert [str(v) for v in read[name].fillna("")] == [str(v) for v in given[name]], name


def test_the_folder_has_every_file(folder):
    assert {path.name for path in folder.iterdir()} == {
        "adequacy.json", "adequacy.csv", "sites.csv", "blocks.csv", "curve.csv", "years.csv", "aid.csv", "stages.csv",
        "areas.geojson", "sites.geojson", "blocks.geojson", "adequacy.gpkg", "adequacy.html", "scenario.toml",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "part"),
    [(ADEQUACY, "areas"), (ADEQUACY_SITES, "sites"), (ADEQUACY_BLOCKS, "blocks"), (ADEQUACY_CURVE, "curve"),
     (ADEQUACY_YEARS, "years"), (AID, "aid")],
)  # fmt: skip
def test_tables_read_back_as_they_were(folder, found, table, part):
    given = getattr(found, part)
    read = pd.read_csv(folder / table.name, dtype={f.name: str for f in table if f.dtype == "text"})
    assert tuple(read.columns) == table.names
    assert not re.search(
        r"(^|,)nan(,|$)", (folder / table.name).read_text(encoding="utf-8"), re.MULTILINE | re.IGNORECASE
    )
    _same(read, given.loc[:, list(table.names)])


def test_the_geopackage_has_three_layers_with_the_columns_of_the_schema(folder, found):
    listed = dict(pyogrio.list_layers(folder / "adequacy.gpkg").tolist())
    assert listed == {"areas": "MultiPolygon", "sites": "Point", "blocks": "Point"}
    for name, table in LAYERS.items():
        layer = gpd.read_file(folder / "adequacy.gpkg", layer=name)
        assert tuple(layer.columns) == (*table.names, "geometry")
        assert layer.crs == "EPSG:4326"
        assert layer.geometry.is_valid.all()
        _same(layer, getattr(found, name).loc[:, list(table.names)])
    areas = gpd.read_file(folder / "adequacy.gpkg", layer="areas")
    assert areas["target_ok"].dtype == bool


@pytest.mark.parametrize("name", LAYERS)
def test_geojson_reads_back_as_it_was(folder, found, name):
    told = json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))
    assert told["exercise"] is True
    assert told["syntheticLayers"] == ["terrain", "people", "shelters"]
    given = getattr(found, name).loc[:, list(LAYERS[name].names)]
    read = pd.DataFrame([feature["properties"] for feature in told["features"]])
    assert tuple(read.columns) == LAYERS[name].names
    _same(read.convert_dtypes().astype(object).where(read.notna(), np.nan), given)
    layer = gpd.read_file(folder / f"{name}.geojson")
    assert len(layer) == len(given)
    assert layer.geometry.is_valid.all()


def test_a_missing_value_is_null_and_never_a_number(folder):
    told = json.loads((folder / "sites.geojson").read_text(encoding="utf-8"))
    assert any(feature["properties"]["wet_at_min"] is None for feature in told["features"])
    layer = pyogrio.read_dataframe(folder / "adequacy.gpkg", layer="sites", use_arrow=False)
    assert layer["kits_short"].isna().all()


def test_the_summary_holds_verdicts_storms_changes_and_what_was_left_out(folder, found):
    told = json.loads((folder / "adequacy.json").read_text(encoding="utf-8"))
    assert told["exercise"] is True
    assert told["verdicts"]["below_target"] == ["510102"]
    assert told["verdicts"]["level"] == "district"
    assert [storm["label"] for storm in told["storms"]] == ["dry", "5a/120min", "20a/120min", "50a/120min"]
    assert [change["kind"] for change in told["changes"]] == ["add", "remove", "resize"]
    assert told["before"]["dry_m2_per_person"] < told["totals"]["dry_m2_per_person"]
    assert [row["id"] for row in told["left_out"]] == ["S77", "S78", "B999"]
    assert "shelters.distance_m_short" in told["unverified_rules"]
    assert told["rules_hash"] == RULES.hash
    assert told["proof"] == {"certified": True, "gap": 0.0, "rounds": 3}
    assert set(told["made_by"]) == {"rongan", "numpy", "numba", "ortools"}


def test_the_scenario_can_be_run_again(folder, found):
    read = read_scenario(folder / "scenario.toml")
    assert read.plan == found.scenario.plan == Scenario().plan


def test_the_same_study_gives_the_same_bytes(folder, found, tmp_path):
    write_adequacy(found, RULES, tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_a_fault_on_the_way_leaves_nothing(found, tmp_path, monkeypatch):
    monkeypatch.setattr("api.adequacy_folder.render_adequacy", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_adequacy(found, RULES, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_folder_is_left_alone(found, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="will not overwrite"):
        write_adequacy(found, RULES, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_rings_run_counter_clockwise_and_one_type_holds_all(tmp_path):
    clockwise = Polygon([(0, 0), (0, 1), (1, 1), (1, 0)])
    frame = make_adequacy().areas.head(2)
    shapes = gpd.GeoDataFrame(
        {"code": frame["code"]}, geometry=[clockwise, shapely.union(box(2, 2, 3, 3), box(4, 4, 5, 5))], crs="EPSG:4326"
    )
    layer = outlined(ADEQUACY, frame, shapes)
    assert set(layer.geometry.geom_type) == {"MultiPolygon"}
    write_geojson(layer, tmp_path / "a.geojson")
    told = json.loads((tmp_path / "a.geojson").read_text())
    first = shape(told["features"][0]["geometry"])
    assert all(part.exterior.is_ccw for part in first.geoms)
    with pytest.raises(ValueError, match="same areas"):
        outlined(ADEQUACY, frame.iloc[::-1], shapes)


def test_a_layer_without_rows_is_written_too(tmp_path):
    layer = points(ADEQUACY_SITES, make_adequacy().sites.head(0))
    write_geojson(layer, tmp_path / "none.geojson")
    write_geopackage({"sites": layer}, tmp_path / "none.gpkg")
    assert json.loads((tmp_path / "none.geojson").read_text())["features"] == []
    assert len(gpd.read_file(tmp_path / "none.gpkg", layer="sites")) == 0
