"""`rongan adequacy` from outside: the verdict first, its files, every bad option refused before the flood."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

import sim.adequacy
from api.adequacy_folder import write_adequacy
from api.cli.main import run
from api.report.adequacy_areas import steps_down, whole
from data.city_writer import write_city
from data.rules_file import load_rules
from data.schema import ADEQUACY, ADEQUACY_SITES
from tests.api.adequacy_factory import make_adequacy
from tests.tiny_city import tiny_city

SCENARIO = (
    '[city]\npath = "tiny"\n[storm]\nreturn_period_a = 20\nduration_min = 30\nlead_min = 0\n[flood]\nduration_h = 1\n'
)
SITE = "id,name,name_en,lon,lat,site_type,area_m2,indoor\n{id},新馆,New Hall,{lon},{lat},building,{area},true\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("adequacy")
    write_city(tiny_city(), folder / "tiny")
    (folder / "s.toml").write_text(SCENARIO, encoding="utf-8")
    (folder / "new.csv").write_text(_site("N1", 900), encoding="utf-8")
    return folder


def _site(name: str, area: float, lon: float | None = None, lat: float | None = None) -> str:
    people = tiny_city().people
    return SITE.format(id=name, area=area, lon=people["lon"].iloc[20] if lon is None else lon,
                       lat=people["lat"].iloc[20] if lat is None else lat)  # fmt: skip


@pytest.fixture(scope="module")
def studied(folder) -> Path:
    arguments = ["adequacy", "--scenario", str(folder / "s.toml"), "--storm", "5a/30min", "--storm", "50a/30min"]
    assert run([*arguments, "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_a_study_leaves_its_files(studied):
    assert {path.name for path in studied.iterdir()} == {
        "adequacy.json", "adequacy.csv", "sites.csv", "blocks.csv", "curve.csv", "years.csv", "aid.csv", "stages.csv",
        "areas.geojson", "sites.geojson", "blocks.geojson", "adequacy.gpkg", "adequacy.html", "scenario.toml",
    }  # fmt: skip
    assert tuple(pd.read_csv(studied / "adequacy.csv").columns) == ADEQUACY.names
    assert tuple(pd.read_csv(studied / "sites.csv").columns) == ADEQUACY_SITES.names
    told = json.loads((studied / "adequacy.json").read_text(encoding="utf-8"))
    assert [storm["label"] for storm in told["storms"]] == ["dry", "5a/30min", "50a/30min"]
    assert told["totals"]["people"] == 36 * 50


def test_the_way_down_of_a_real_study_adds_up(folder, monkeypatch, tmp_path):
    kept = []
    monkeypatch.setattr("api.adequacy_folder.write_adequacy", lambda found, *rest: kept.append(found) or _told())
    assert run(["adequacy", "--scenario", str(folder / "s.toml"), "--out", str(tmp_path / "o"), "--json"]) == 0
    (found,) = kept
    to_dry, to_storm = steps_down(found.sites)
    city = whole(found)
    assert city["effective_m2"] - sum(step.m2 for step in to_dry) == pytest.approx(city["dry_m2"])
    assert city["dry_m2"] - sum(step.m2 for step in to_storm) == pytest.approx(city["storm_m2"])


def _told() -> dict:
    return {}


def test_the_terminal_gives_the_verdict_first(folder, tmp_path, capsys):
    arguments = ["adequacy", "--scenario", str(folder / "s.toml"), "--out", str(tmp_path / "out")]
    assert run(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("EXERCISE 演练")
    assert lines[1].startswith("Synthetic data: ")
    assert re.match(r"(\d of 2|All 2) streets (is|are|have) ", lines[2])
    assert "not a legal duty" in "".join(lines[3:5])
    assert "adequacy.html" in lines[-1]


def test_json_alone_is_printed_when_asked_for(folder, tmp_path, capsys):
    assert run(["adequacy", "--scenario", str(folder / "s.toml"), "--out", str(tmp_path / "o"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["storm"] == "20a/30min"
    assert told["verdicts"]["areas"] == 2


def test_a_change_is_told_before_and_after(folder, tmp_path, capsys):
    arguments = ["adequacy", "--scenario", str(folder / "s.toml"), "--add", str(folder / "new.csv"), "--remove", "S1",
                 "--resize", "S3=600", "--out", str(tmp_path / "out")]  # fmt: skip
    assert run(arguments) == 0
    told = json.loads((tmp_path / "out/adequacy.json").read_text(encoding="utf-8"))
    assert {(c["kind"], c["site"], c["before_m2"], c["after_m2"]) for c in told["changes"]} == {
        ("add", "N1", 0.0, 900.0), ("remove", "S1", 200.0, 0.0), ("resize", "S3", 400.0, 600.0),
    }  # fmt: skip
    assert told["totals"]["effective_m2"] - told["before"]["effective_m2"] == pytest.approx(900 - 200 + 200)
    said = capsys.readouterr().out
    assert "Added: New Hall, 900 m²" in said
    assert re.search(r"With the change: ② \d+\.\d\d → \d+\.\d\d m² per person", said)
    assert " -> " in said


BAD = [
    (["--stay", "shrt"], "perhaps short"),
    (["--target", "0"], "no target"),
    (["--target", "-2"], "no target"),
    (["--target", "nan"], "no target"),
    (["--target", "1e-300"], "no target"),
    (["--target", "inf"], "no target"),
    (["--target", "20000"], "no target"),
    (["--storm", "many"], "not a storm"),
    (["--storm", "0a"], "formula"),
    (["--storm", "50a", "--storm", "9999999a"], "formula"),
    (["--storm", "50a", "--storm", "gone.csv"], "no such file"),
    (["--storm", "50a", "--storm", "50a"], "storm named twice"),
    (["--remove", "S22"], "perhaps S2"),
    (["--remove", "nowhere"], "no such shelter"),
    (["--remove", "S1", "--remove", "S1"], "named twice"),
    (["--resize", "S1"], "ID=AREA"),
    (["--resize", "S1="], "ID=AREA"),
    (["--resize", "=500"], "ID=AREA"),
    (["--resize", "S1=nan"], "ID=AREA"),
    (["--resize", "S1=inf"], "ID=AREA"),
    (["--resize", "S1=8ha"], "ID=AREA"),
    (["--resize", "S1=0"], "wrong unit"),
    (["--resize", "S1=-500"], "wrong unit"),
    (["--resize", "S1=0.8"], "wrong unit"),
    (["--resize", "S1=9e7"], "wrong unit"),
    (["--resize", "S22=500"], "perhaps S2"),
    (["--resize", "S1=500", "--remove", "S1"], "removed and resized"),
    (["--add", "gone.csv"], "gone.csv"),
    (["--scenario", "gone.toml"], "gone.toml"),
    (["--workers", "0"], "workers"),
]


@pytest.mark.parametrize(("options", "said"), BAD, ids=[" ".join(options) for options, _ in BAD])
def test_bad_options_end_with_2_before_any_flood_and_write_nothing(
    folder, tmp_path, monkeypatch, capsys, options, said
):
    monkeypatch.setattr(sim.adequacy, "assess", None)
    monkeypatch.chdir(tmp_path)
    scenario = [] if "--scenario" in options else ["--scenario", str(folder / "s.toml")]
    assert run(["adequacy", *scenario, *options, "--out", "out"]) == 2
    assert not (tmp_path / "out").exists()
    assert said in re.sub(r"\s+", " ", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_site("S1", 900), "S1"),  # an id that is taken
        (_site("N1", 900, 0.0, 0.0), "terrain"),
        (_site("N1", 900, 10.0, 50.0), "outside"),
        (_site("N1", 0), "area"),
        ("id,name\nN1,x\n", "column"),
        ("", ""),
        ("\x00\x01\x02", ""),
    ],
)
def test_a_file_of_sites_that_cannot_be_used_ends_with_2(folder, tmp_path, monkeypatch, capsys, text, said):
    monkeypatch.setattr(sim.adequacy, "assess", None)
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    arguments = ["adequacy", "--scenario", str(folder / "s.toml"), "--add", str(tmp_path / "new.csv")]
    assert run([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    assert said in capsys.readouterr().err


def test_rows_of_a_file_that_cannot_be_trusted_are_listed_and_not_used(folder, tmp_path):
    lines = _site("N1", 900) + _site("N2", 0).splitlines()[1] + "\n"
    (tmp_path / "new.csv").write_text(lines, encoding="utf-8")
    arguments = ["adequacy", "--scenario", str(folder / "s.toml"), "--add", str(tmp_path / "new.csv")]
    assert run([*arguments, "--out", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out/adequacy.json").read_text(encoding="utf-8"))
    assert [change["site"] for change in told["changes"]] == ["N1"]
    assert [(row["id"], row["reason"]) for row in told["left_out"]] == [("N2", "no_area")]


def test_a_site_may_be_tried_in_the_place_of_one_that_is_removed(folder, tmp_path):
    """S1, a school of 200 m2, is rebuilt on its own ground: the new row is no second site there."""
    old = tiny_city().shelters.iloc[0]
    (tmp_path / "new.csv").write_text(_site("S1", 900, old["lon"], old["lat"]), encoding="utf-8")
    arguments = ["adequacy", "--scenario", str(folder / "s.toml"), "--add", str(tmp_path / "new.csv")]
    assert run([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert run([*arguments, "--remove", "S1", "--out", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out/adequacy.json").read_text(encoding="utf-8"))
    assert told["left_out"] == []
    assert told["totals"]["effective_m2"] - told["before"]["effective_m2"] == pytest.approx(900 - 200)


def test_a_foreign_folder_is_refused_before_the_floods(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sim.adequacy, "assess", None)
    (tmp_path / "letter.txt").write_text("dear")
    assert run(["adequacy", "--scenario", str(folder / "s.toml"), "--out", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert "will not overwrite" in capsys.readouterr().err


def test_an_earlier_study_is_replaced(tmp_path):
    out = tmp_path / "out"
    write_adequacy(make_adequacy(), load_rules(), out)
    (out / "old.txt").write_text("old")
    write_adequacy(make_adequacy(), load_rules(), out)
    assert not (out / "old.txt").exists()
