"""Designated evacuation sites of Fukuoka and Kumamoto by `build_city`: which are fit for surface-water flood."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.build import build_city
from data.checks import check_city
from data.city_writer import write_city
from data.readers.city import read_city
from data.schema import City
from tests.shared_data import ROOT, shared

FUKUOKA = (129.99, 33.38, 130.53, 33.92)
KUMAMOTO = (130.53, 32.63, 130.85, 33.01)
HAZARDS = {
    "fit_for_flood": "洪水",
    "fit_for_waterlogging": "内水氾濫",
    "fit_for_landslide": "崖崩れ、土石流及び地滑り",
    "fit_for_earthquake": "地震",
    "fit_for_fire": "大規模な火事",
}
EXAMPLE = ROOT / "docs" / "examples" / "kumamoto.toml"


def _properties(code: str) -> list[dict]:
    text = shared("shelters_japan", f"emergency_{code}.json").read_text(encoding="utf-8")
    return [feature["properties"] for feature in json.loads(text)["features"]]


def _built(folder: Path, code: str, bounds: tuple[float, ...]) -> City:
    """The city of the example's build file, for another code and rectangle."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert "431001" in text
    text = text.replace("431001", code).replace(str(list(KUMAMOTO)), str(list(bounds)))
    (folder / f"{code}.toml").write_text(text, encoding="utf-8")
    return build_city(folder / f"{code}.toml", source_folder=shared("shelters_japan").parent)


@pytest.mark.parametrize(
    ("code", "bounds", "count", "flood", "waterlogging"),
    [("401307", FUKUOKA, 786, 583, 0), ("431001", KUMAMOTO, 317, 220, 317)],
)
def test_fitness_is_that_of_the_files(
    tmp_path: Path, code: str, bounds: tuple[float, ...], count: int, flood: int, waterlogging: int
) -> None:
    """Site by site and column by column as the JSON has it: "1" is fit, an empty text is not."""
    sites = _built(tmp_path, code, bounds).shelters
    said = _properties(code)
    assert sites is not None
    assert len(sites) == len(said) == count
    by_id = {one["共通ID"]: one for one in said}
    for column, hazard in HAZARDS.items():
        expected = [by_id[name][hazard] == "1" for name in sites["id"]]
        assert sites[column].tolist() == expected, column
    assert int(sites["fit_for_flood"].sum()) == flood
    assert int(sites["fit_for_waterlogging"].sum()) == waterlogging


def test_river_flood_does_not_make_a_site_fit_for_waterlogging(tmp_path: Path) -> None:
    """Fukuoka: 583 sites are fit for river flood, and not one of them for water on the streets."""
    sites = _built(tmp_path, "401307", FUKUOKA).shelters
    assert sites is not None
    dry = sites[sites["fit_for_flood"]]
    assert len(dry) == 583
    assert not dry["fit_for_waterlogging"].any()
    said = {one["共通ID"]: one for one in _properties("401307")}
    assert all(said[name]["洪水"] == "1" and said[name]["内水氾濫"] == "" for name in dry["id"])


def test_kumamoto_is_a_pack_that_reads_back(tmp_path: Path) -> None:
    """97 sites are fit for water on the streets and not for the river: one flag does not stand for the other."""
    city = _built(tmp_path, "431001", KUMAMOTO)
    assert city.left_out == ()
    write_city(city, tmp_path / "pack")
    assert [f for f in check_city(tmp_path / "pack") if f.severity == "error"] == []
    back = read_city(tmp_path / "pack").shelters
    assert back is not None
    assert int((back["fit_for_waterlogging"] & ~back["fit_for_flood"]).sum()) == 97
    assert back["name"].iloc[0] == city.shelters["name"].iloc[0]  # type: ignore[index]
    assert any("area" in note for note in city.notes)


def test_shelters_without_hazard_columns_are_read_too(tmp_path: Path) -> None:
    """The lists of shelters to stay in say nothing of hazards; two of Fukuoka stand in one place, one is left out."""
    text = EXAMPLE.read_text(encoding="utf-8").replace("emergency_431001", "evacuation_401307")
    text = text.replace(str(list(KUMAMOTO)), str(list(FUKUOKA)))
    head, _, rest = text.partition("fit_for_flood =")
    rest = rest.partition("}\nempty")[2].partition("\n")[2]
    (tmp_path / "stay.toml").write_text(head.rstrip().rstrip(",") + "}\n" + rest, encoding="utf-8")
    city = build_city(tmp_path / "stay.toml", source_folder=shared("shelters_japan").parent)
    assert city.shelters is not None
    assert len(city.shelters) == 438
    assert [one.reason for one in city.left_out] == ["duplicate"]
    assert "照葉はばたき" in city.left_out[0].value
