"""The folder of a siting: every file reads back, and the chosen sites are a layer of shelters."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from api.siting_folder import chosen_sites, siting_summary, write_siting
from data.errors import InputError
from data.readers.sites import read_sites
from data.rules_file import load_rules
from data.schema import SHELTERS, SITING, SITING_AREAS, SITING_FRONT
from sim.scenario import read_scenario
from tests.api.siting_factory import PEOPLE, SERVED, SERVED_BEFORE, make_siting

RULES = load_rules()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("siting") / "out"
    siting = make_siting()
    return siting, out, write_siting(siting, RULES, out)


def test_every_file_is_there(written) -> None:
    assert {path.name for path in written[1].iterdir()} == {
        "siting.json", "siting.csv", "siting_areas.csv", "front.csv", "candidates.geojson", "siting.gpkg",
        "siting.html", "chosen.csv", "scenario.toml",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("table", "attribute"), [(SITING, "candidates"), (SITING_AREAS, "areas"), (SITING_FRONT, "front")]
)
def test_tables_read_back_as_they_were(written, table, attribute) -> None:
    siting, out, _ = written
    text = {field.name: str for field in table if field.dtype == "text"}
    frame = pd.read_csv(out / table.name, dtype=text, keep_default_na=False,
                        na_values={name: [""] for name in table.names if name not in text})  # fmt: skip
    assert tuple(frame.columns) == table.names
    expected = getattr(siting, attribute)
    for name in table.names:
        if table[name].dtype == "float":
            np.testing.assert_allclose(frame[name], expected[name], rtol=1e-9, err_msg=name)
        else:
            assert frame[name].tolist() == expected[name].tolist(), name


def test_layers_open_with_their_columns(written) -> None:
    siting, out, _ = written
    assert {name for name, _ in pyogrio.list_layers(out / "siting.gpkg")} == {"candidates", "existing", "areas"}
    areas = gpd.read_file(out / "siting.gpkg", layer="areas")
    assert areas.crs.to_epsg() == 4326
    assert areas["without_place_after"].tolist() == siting.areas["without_place_after"].tolist()
    existing = gpd.read_file(out / "siting.gpkg", layer="existing")
    assert list(existing["excluded"]) == ["", "open_air", "", "flooded"]
    features = json.loads((out / "candidates.geojson").read_text(encoding="utf-8"))
    assert features["exercise"] is True
    assert "candidates" in features["syntheticLayers"]
    assert set(features["features"][0]["properties"]) == set(SITING.names)
    points = gpd.read_file(out / "candidates.geojson")
    np.testing.assert_allclose(points.geometry.x, siting.candidates["lon"], atol=1e-6)


def test_the_chosen_sites_are_shelters_that_the_readers_take(written) -> None:
    siting, out, _ = written
    ids = siting.candidates.loc[siting.candidates["chosen"], "id"].tolist()
    frame, left_out = read_sites(out / "chosen.csv", siting.city, SHELTERS)
    assert not left_out
    assert frame["id"].tolist() == ids
    expected = siting.city.candidates.set_index("id").loc[ids]
    for name in ("site_type", "indoor", "area_m2", "usable_share", "longest_stay", "fit_for_flood", "water_l"):
        assert frame[name].astype(str).tolist() == expected[name].astype(str).tolist(), name
    np.testing.assert_allclose(frame["x_m"], expected["x_m"], atol=0.05)  # seven decimals of a degree are 1 cm
    assert "cost" not in frame


def test_json_holds_question_totals_and_proof(written) -> None:
    _, out, returned = written
    told = json.loads((out / "siting.json").read_text(encoding="utf-8"))
    assert told == json.loads(json.dumps(returned))
    assert told["exercise"] is True
    assert told["totals"]["served_more"] == SERVED - SERVED_BEFORE
    assert told["totals"]["without_place_after"] == PEOPLE - SERVED
    assert told["totals"]["excluded"] == 4
    assert told["question"]["area_limits"] == {"510199001": 2}
    assert told["rules_hash"] == RULES.hash
    assert told["proof"]["most_served"] >= told["totals"]["served_after"]
    assert len(told["candidates"]) == 20
    assert told["unverified_rules"] == RULES.unverified()


def test_the_scenario_can_be_run_again(written) -> None:
    siting, out, _ = written
    again = read_scenario(out / "scenario.toml")
    assert replace(again, file=None) == siting.scenario
    assert tomllib.loads((out / "scenario.toml").read_text())["made_by"]["rules_hash"] == RULES.hash


def test_unknown_costs_and_a_city_without_areas_are_no_numbers_in_json(tmp_path) -> None:
    siting = make_siting(costs=False)
    siting = replace(siting, areas=siting.areas.iloc[:0], shapes=siting.shapes.iloc[:0])
    told = siting_summary(siting, RULES)
    assert told["totals"]["cost"] is None
    assert told["totals"]["m2_per_person_before"] is None
    write_siting(siting, RULES, tmp_path / "out")
    assert {name for name, _ in pyogrio.list_layers(tmp_path / "out" / "siting.gpkg")} == {"candidates", "existing"}


def test_nothing_is_written_where_a_table_breaks_its_schema(tmp_path) -> None:
    siting = make_siting()
    broken = replace(siting, candidates=siting.candidates.assign(served_gain=-1))
    with pytest.raises(ValueError, match="served_gain"):
        write_siting(broken, RULES, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="will not overwrite"):
        write_siting(siting, RULES, tmp_path)


def test_nobody_chosen_is_an_empty_layer() -> None:
    siting = make_siting()
    none = replace(siting, candidates=siting.candidates.assign(chosen=False))
    assert list(chosen_sites(none).columns) == list(SHELTERS.names)
    assert chosen_sites(none).empty
